import { compileCondition } from '../../../lib/segments/compile';
import { kinds, now, Random, randomCustomer, randomHistory, randomMeaning, settings } from './random';

const customers = 1_000_000;
/** What they are put together from: 5,000 times 5,000 times 5,000 different ones. */
const parts = 5_000;
/** Conditions that each customer is asked about; all of them take their turn. */
const perCustomer = 3;

describe('a million random customers', () => {
	it('are decided as plain predicates written by hand decide', () => {
		const seed = Date.now() % 2 ** 31;
		const random = new Random(seed);
		const meanings = Array.from({ length: kinds + 35 }, (_, position) => randomMeaning(random, position)).map(({ condition, holds }) => ({ condition, holds, isMatch: compileCondition(condition, settings), yes: 0, no: 0 }));
		const profiles = Array.from({ length: parts }, (_, number) => randomCustomer(random, `c${number}`));
		const buyers = Array.from({ length: parts }, () => randomCustomer(random, '')).map(({ orders, bought, visits, engagement, createdAtMs }) => ({ orders, bought, visits, engagement, createdAtMs }));
		const histories = Array.from({ length: parts }, () => randomHistory(random));
		const wrong: unknown[] = [];
		for (let number = 0; number < customers; number++) {
			const customer = { ...random.pick(profiles), ...random.pick(buyers) };
			const history = random.pick(histories);
			for (let turn = 0; turn < perCustomer; turn++) {
				const meaning = meanings[(number * perCustomer + turn) % meanings.length];
				const isMatch = meaning.isMatch({ customer, history }, now);
				if (isMatch !== meaning.holds(customer, history)) wrong.push({ seed, condition: meaning.condition, customer, history, isMatch });
				if (isMatch) meaning.yes++;
				else meaning.no++;
			}
			if (wrong.length > 2) break;
		}
		expect(wrong).toEqual([]);
		// Each kind of condition has met customers of both kinds, or the comparison says little.
		expect(meanings.slice(0, kinds).filter(({ yes, no }) => yes + no < 1000)).toEqual([]);
		expect(meanings.slice(0, kinds).filter(({ yes, no }) => yes > 0 && no > 0).length).toBeGreaterThan(kinds * 0.8);
	}, 120_000);
});
