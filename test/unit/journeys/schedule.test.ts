import { applySchedule, claimEnded, finishEnded, settleFinished } from '../../../lib/journeys/engine';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { indexes } from '../../../lib/model/records';
import { anna, cartJourney, orderEvent } from '../record/shop';
import { leaseMs, type Running, runJourney } from './engine';

let running: Running;

beforeEach(async () => {
	running = await runJourney();
	await running.fill();
});
afterEach(() => running.shop.hub.close());

const pass = (ms: number) => running.shop.pass(ms);
const now = () => running.shop.now();
const settle = async () => settleFinished(running.engine, running.definition, [await running.claimOne()]);

describe('Ended', () => {
	const claim = () => claimEnded(running.engine, running.definition, running.settings, 10);

	it('gives one item per finished enrolment, with its reason', async () => {
		pass(2 * minuteMs);
		await running.shop.record(orderEvent(now(), {}, { customer: anna }));
		const [ended, ...more] = await claim();
		expect(more).toEqual([]);
		expect(ended).toMatchObject({ step: 3, item: { journey: { endReason: 'bought', endedAt: new Date(now()).toISOString(), enrolment: 'carts:cart-a' } } });
		await finishEnded(running.engine, running.definition, [ended]);
		pass(leaseMs);
		expect(await claim()).toEqual([]);
	});

	it('gives it again when the workflow did not finish, and not by a token that is void', async () => {
		pass(7 * dayMs + 1);
		await running.claim();
		const [first] = await claim();
		pass(leaseMs);
		const [second] = await claim();
		await finishEnded(running.engine, running.definition, [first]);
		expect(await running.shop.store.count(indexes.ended('carts'), { limit: 10 })).toBe(1);
		await finishEnded(running.engine, running.definition, [second]);
		expect(await running.shop.store.count(indexes.ended('carts'), { limit: 10 })).toBe(0);
	});
});

describe('an edited schedule', () => {
	const edit = async (delays: number[]) => {
		running.definition = await running.shop.switchOn({ steps: delays.map((delayMs) => ({ name: `${delayMs}`, delayMs })) });
		return await applySchedule(running.engine, running.definition);
	};

	it('moves enrolments under way, by step number', async () => {
		const enteredAtMs = now();
		pass(hourMs);
		await settle();
		expect(await edit([hourMs, 2 * dayMs, 4 * dayMs])).toBe(1);
		expect(await running.enrolment()).toMatchObject({ step: 1, dueAtMs: enteredAtMs + 2 * dayMs });
		expect(await edit([hourMs, 2 * dayMs, 4 * dayMs])).toBe(0);
	});

	it('keeps the gap after a late step', async () => {
		pass(hourMs + 30 * hourMs);
		await settle();
		await edit([hourMs, 11 * hourMs, 4 * dayMs]);
		expect(await running.enrolment()).toMatchObject({ step: 1, dueAtMs: now() + 10 * hourMs });
	});

	it('completes who is beyond the last step of a shortened one, when the old time comes', async () => {
		pass(hourMs);
		await settle();
		await edit([hourMs]);
		expect((await running.enrolment()).status).toBe('open');
		pass(dayMs);
		expect(await running.claim()).toEqual([]);
		expect(await running.enrolment()).toMatchObject({ status: 'ended', endReason: 'completed' });
	});

	it('goes on to the steps that a lengthened one added', async () => {
		pass(hourMs);
		await settle();
		pass(dayMs);
		await settle();
		await edit([...cartJourney.steps.map(({ delayMs }) => delayMs), 5 * dayMs]);
		pass(2 * dayMs);
		await settle();
		expect(await running.enrolment()).toMatchObject({ status: 'open', step: 3 });
	});

	it('voids the token of a step that falls on another time, so that it is emitted anew', async () => {
		pass(hourMs);
		const step = await running.claimOne();
		await edit([2 * hourMs, 3 * dayMs, 4 * dayMs]);
		expect(await running.holds(step)).toBe(false);
		pass(hourMs);
		expect(await running.claimOne()).toMatchObject({ step: 0 });
	});

	it('reaches all of more enrolments than fit into one commit', async () => {
		for (let index = 0; index < 120; index++) await running.fill(`cart-${index}`, { email: `customer${index}@example.com` });
		expect(await edit([2 * hourMs])).toBe(121);
		expect(await running.shop.store.count(indexes.due('carts'), { from: now() + 2 * hourMs, limit: 200 })).toBe(121);
	});
});
