import fc from 'fast-check';
import { checkCode, revokeCode } from '../../../lib/discounts/check';
import { codeLetters, drawCode, fewestLetters } from '../../../lib/discounts/code';
import { bookingMs, issueCode, type IssueOutcome } from '../../../lib/discounts/issue';
import { codesLeft, listSource, loadCodes } from '../../../lib/discounts/listSource';
import { stepPurpose } from '../../../lib/discounts/purpose';
import { codeKeysOf, redeemedBy } from '../../../lib/discounts/redemption';
import { shopSource } from '../../../lib/discounts/shopSource';
import { sweepCodes } from '../../../lib/discounts/sweep';
import { createClock, dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { type DiscountCodeRecord, indexes, keys } from '../../../lib/model/records';
import { openStore } from '../../../lib/store/open';
import type { Store, StoreHub } from '../../../lib/store/store';
import { contextOf, memoryShop, type Mishap } from './shops';

const startMs = Date.parse('2025-03-10T00:00:00Z');
let hub: StoreHub;
let store: Store;
let nowMs: number;
let shops = 0;
const clock = createClock({ machineMs: startMs, journeyMs: startMs, speed: 1 }, () => nowMs);
const terms = { value: { kind: 'percentage', percent: 10 }, currency: 'EUR' } as const;
const purposeOf = (enrolment: string, step = 1) => stepPurpose({ customerId: 'c1', journey: 'j1', enrolment, openedAtMs: startMs, step });
const fresh = () => (store = hub.scope(`discounts-${++shops}`));
const sourceIn = (shop: ReturnType<typeof memoryShop>, random?: (below: number) => number) => shopSource(shop.api, contextOf({}, () => nowMs), { pattern: 'TEA-########', clock, random });
const codeOf = (outcome: IssueOutcome) => (outcome.status === 'issued' ? outcome.code : undefined);
const recordOf = async (code: string) => (await store.read<DiscountCodeRecord>([keys.discountCode(code)]))[0].value;

beforeEach(() => {
	nowMs = startMs;
	hub = openStore({ driver: 'sqlite', file: ':memory:' });
	fresh();
});
afterEach(() => hub.close());

describe('a pattern', () => {
	it('keeps its own letters and draws at least eight that nobody mistakes', () => {
		fc.assert(fc.property(fc.stringMatching(/^[A-Z0-9-]{0,10}#{1,12}[A-Z0-9-]{0,10}$/), (pattern) => {
			const drawn = Math.max(fewestLetters, pattern.split('#').length - 1);
			const [, before, after] = /^([^#]*)#+([^#]*)$/.exec(pattern)!;
			expect(drawCode(pattern)).toMatch(new RegExp(`^${before}[${codeLetters}]{${drawn}}${after}$`));
		}));
		expect(drawCode('tea-####', () => 0)).toBe('TEA-CCCCCCCC');
	});

	it.each(['TEA', '', 'TEA #### 1', 'ÄTSCH-####', `${'X'.repeat(40)}#`])('%j is none', (pattern) => expect(() => drawCode(pattern)).toThrow('no pattern'));
});

describe('a code made in the shop', () => {
	it('is one for each enrolment and step, however often it is asked for', async () => {
		const shop = memoryShop();
		const ask = async (step: number) => await issueCode(store, sourceIn(shop), { purpose: purposeOf('e1', step), terms, expiresAtMs: startMs + dayMs }, clock);
		const first = await ask(1);
		expect(first).toEqual({ status: 'issued', code: expect.stringMatching(/^TEA-.{8}$/) as string, terms, expiresAtMs: startMs + dayMs, isNew: true });
		expect(await ask(1)).toEqual({ ...first, isNew: false });
		expect(codeOf(await ask(2))).not.toBe(codeOf(first));
		expect(shop.codes.size).toBe(2);
		expect(shop.codes.get(codeOf(first)!)!.discount).toMatchObject({ terms, startsAtMs: startMs, endsAtMs: startMs + dayMs });
	});

	it('ends in the shop by the wall clock when journeys run faster', async () => {
		const shop = memoryShop();
		const fast = createClock({ machineMs: startMs, journeyMs: startMs, speed: 60 }, () => nowMs);
		await issueCode(store, shopSource(shop.api, contextOf({}, () => nowMs), { pattern: '########', clock: fast }), { purpose: purposeOf('e1'), terms, expiresAtMs: startMs + hourMs }, fast);
		expect([...shop.codes.values()][0].discount.endsAtMs).toBe(startMs + minuteMs);
	});

	it('is never two for one purpose, and never one that the shop has not, whatever goes wrong on the way', async () => {
		const mishap = fc.constantFrom<Mishap>('none', 'none', 'down', 'late', 'refused', 'killed before', 'killed after');
		const round = fc.record({ mishaps: fc.array(mishap, { maxLength: 3 }), askers: fc.integer({ min: 1, max: 3 }), laterMs: fc.constantFrom(0, minuteMs, 6 * minuteMs) });
		await fc.assert(fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), async (rounds) => {
			fresh();
			nowMs = startMs;
			const shop = memoryShop();
			const told = new Set<string>();
			const ask = async () => {
				const outcome = await issueCode(store, sourceIn(shop), { purpose: purposeOf('e1'), terms }, clock).catch((error: Error) => {
					if (!['killed', 'refused'].includes(error.message)) throw error;
				});
				if (outcome?.status === 'issued') {
					expect(shop.codes.has(outcome.code)).toBe(true);
					told.add(outcome.code);
				}
			};
			for (const { mishaps, askers, laterMs } of rounds) {
				shop.mishaps.splice(0, Infinity, ...mishaps);
				await Promise.all(Array.from({ length: askers }, ask));
				nowMs += laterMs;
			}
			shop.mishaps.length = 0;
			nowMs += 6 * minuteMs;
			await ask();
			expect(told.size).toBe(1);
			expect(shop.codes.size).toBe(1);
			expect((await recordOf([...told][0]))!.state).toBe('issued');
		}), { numRuns: 60 });
	});

	it('is asked for by one at a time', async () => {
		const shop = memoryShop();
		const outcomes = await Promise.all(Array.from({ length: 30 }, () => issueCode(store, sourceIn(shop), { purpose: purposeOf('e1'), terms }, clock)));
		expect(outcomes.filter(({ status }) => status === 'issued')).toHaveLength(1);
		expect(outcomes.filter(({ status }) => status === 'unavailable')).toHaveLength(29);
		expect(shop.requests).toEqual(['create']);
		expect(shop.codes.size).toBe(1);
	});

	it('leaves nothing behind when the shop refuses it, but for what an earlier attempt may have made', async () => {
		const shop = memoryShop();
		const ask = () => issueCode(store, sourceIn(shop), { purpose: purposeOf('e1'), terms }, clock);
		shop.mishaps.push('refused');
		await expect(ask()).rejects.toThrow('refused');
		expect(await store.count(indexes.discountCodes, { limit: 10 })).toBe(0);
		shop.mishaps.push('killed after');
		await expect(ask()).rejects.toThrow('killed');
		const [code] = shop.codes.keys();
		nowMs += 6 * minuteMs;
		shop.mishaps.push('refused');
		await expect(ask()).rejects.toThrow('refused');
		expect((await recordOf(code))!.state).toBe('booked');
		nowMs += minuteMs;
		expect(codeOf(await ask())).toBe(code);
	});

	it('gives way to somebody else\'s of the same name', async () => {
		const shop = memoryShop();
		shop.codes.set('TEA-CCCCCCCC', { id: 'x', mark: 'Summer sale', isUsed: false, isActive: true, discount: undefined as never });
		let draws = 0;
		const outcome = await issueCode(store, sourceIn(shop, () => (draws++ < 8 ? 0 : 1)), { purpose: purposeOf('e1'), terms }, clock);
		expect(outcome).toMatchObject({ status: 'issued', code: 'TEA-DDDDDDDD' });
		expect(await recordOf('TEA-CCCCCCCC')).toBeNull();
		expect(shop.codes.get('TEA-CCCCCCCC')!.mark).toBe('Summer sale');
	});

	it('is unavailable while the shop is down, is nothing to anybody until it exists, and is swept away if nobody comes back', async () => {
		const shop = memoryShop();
		shop.mishaps.push('late');
		expect(await issueCode(store, sourceIn(shop), { purpose: purposeOf('e1'), terms }, clock)).toEqual({ status: 'unavailable', reason: 'late' });
		const [code] = shop.codes.keys();
		expect(await checkCode(store, code, () => sourceIn(shop), clock)).toBe('unknown');
		nowMs += bookingMs;
		shop.mishaps.push('down');
		expect(await sweepCodes(store, () => sourceIn(shop), clock, { limit: 10 })).toEqual({ expired: 0, forgotten: 0, left: 1 });
		nowMs += hourMs;
		expect(await sweepCodes(store, () => sourceIn(shop), clock, { limit: 10 })).toEqual({ expired: 0, forgotten: 1, left: 0 });
		expect(await recordOf(code)).toBeNull();
		expect(shop.codes.get(code)!.isActive).toBe(false);
		expect(await issueCode(store, sourceIn(shop), { purpose: purposeOf('e1'), terms }, clock)).toMatchObject({ status: 'issued', isNew: true });
	});

	it('is checked in the store and in the shop, and revoked in both', async () => {
		const shop = memoryShop();
		const check = async (code: string) => await checkCode(store, code, () => sourceIn(shop), clock);
		const issue = async (enrolment: string) => codeOf(await issueCode(store, sourceIn(shop), { purpose: purposeOf(enrolment), terms, expiresAtMs: startMs + dayMs }, clock))!;
		const [a, b, c, d] = [await issue('a'), await issue('b'), await issue('c'), await issue('d')];
		expect(await check(` ${a.toLowerCase()} `)).toBe('valid');
		expect(await check('TEA-NEVER')).toBe('unknown');
		shop.mishaps.push('down');
		expect(await check(a)).toBe('unavailable');
		shop.mishaps.push('down');
		expect(await revokeCode(store, a, () => sourceIn(shop))).toBe('unavailable');
		expect(await check(a)).toBe('valid');
		expect(await revokeCode(store, a, () => sourceIn(shop))).toBe('revoked');
		expect(shop.codes.get(a)!.isActive).toBe(false);
		expect(await check(a)).toBe('revoked');
		expect(await issueCode(store, sourceIn(shop), { purpose: purposeOf('a'), terms }, clock)).toEqual({ status: 'over', code: a, state: 'revoked' });
		shop.codes.get(b)!.isUsed = true;
		expect(await check(b)).toBe('redeemed');
		shop.codes.delete(c);
		expect(await check(c)).toBe('missing');
		nowMs += dayMs;
		expect(await check(d)).toBe('expired');
	});

	it.each([
		[{ value: { kind: 'percentage', percent: 101 }, currency: 'EUR' } as const],
		[{ value: { kind: 'amount', amountMinor: 0 }, currency: 'EUR' } as const],
		[{ value: { kind: 'gift', productId: 'p', worthMinor: 0 }, currency: 'EUR' } as const],
		[{ ...terms, productIds: [] }],
	])('is refused with terms that make no sense: %j', async (wrong) => {
		await expect(issueCode(store, sourceIn(memoryShop()), { purpose: purposeOf('e1'), terms: wrong }, clock)).rejects.toThrow('cannot be issued');
	});
});

describe('a list of codes', () => {
	const numbered = (count: number) => Array.from({ length: count }, (_none, index) => `L${String(index).padStart(4, '0')}`);
	const take = async (enrolment: string) => await issueCode(store, listSource(store, 'spring'), { purpose: purposeOf(enrolment), terms }, clock);

	it('hands out the oldest first, in the order of the file, and then says that it is empty', async () => {
		expect(await loadCodes(store, 'spring', ['zoo', 'ant', 'ZOO', ' '])).toEqual({ added: 2, known: 0 });
		expect(await loadCodes(store, 'spring', ['Ant', 'Bee'])).toEqual({ added: 1, known: 1 });
		expect([await take('1'), await take('2'), await take('1'), await take('3')].map(codeOf)).toEqual(['ZOO', 'ant', 'ZOO', 'Bee']);
		expect(await take('4')).toEqual({ status: 'used_up' });
		expect(await loadCodes(store, 'spring', ['zoo'])).toEqual({ added: 0, known: 1 });
		expect(await take('4')).toEqual({ status: 'used_up' });
	});

	it('never hands one out twice, however many take at once', async () => {
		await loadCodes(store, 'spring', numbered(50));
		const outcomes = await Promise.all(Array.from({ length: 60 }, (_none, index) => take(`e${index % 55}`)));
		const byEnrolment = new Map(outcomes.map((outcome, index) => [index % 55, codeOf(outcome)]));
		const codes = [...byEnrolment.values()].filter((code) => code !== undefined);
		expect(codes.toSorted()).toEqual(numbered(50));
		expect(outcomes.filter(({ status }) => status === 'unavailable')).toEqual([]);
		expect(await codesLeft(store, 'spring')).toBe(0);
	});

	it('passes over codes that are over, and the sweep takes them away in bounded batches', async () => {
		await loadCodes(store, 'spring', numbered(60), { expiresAtMs: startMs + hourMs });
		await loadCodes(store, 'spring', ['GOOD']);
		nowMs += hourMs;
		expect(codeOf(await take('1'))).toBe('GOOD');
		expect(await sweepCodes(store, () => undefined, clock, { limit: 40 })).toEqual({ expired: 40, forgotten: 0, left: 0 });
		expect(await sweepCodes(store, () => undefined, clock, { limit: 40 })).toEqual({ expired: 20, forgotten: 0, left: 0 });
		expect(await store.count(indexes.discountCodes, { limit: 10 })).toBe(0);
		expect(await codesLeft(store, 'spring')).toBe(0);
	});

	it('takes nothing of a file with something else in it', async () => {
		await expect(loadCodes(store, 'spring', ['GOOD', 'two words'])).rejects.toThrow('"two words" is no discount code');
		expect(await codesLeft(store, 'spring')).toBe(0);
	});
});

describe('a redeemed code', () => {
	const record: DiscountCodeRecord = { code: 'Tea-1', state: 'issued', source: 'shop', purpose: purposeOf('e1') };

	it('is credited to the order placed first, in whatever order and however often they are told', () => {
		const order = fc.record({ orderId: fc.constantFrom('a', 'b', 'c'), placedAtMs: fc.integer({ min: 0, max: 3 }) });
		fc.assert(fc.property(fc.array(order, { minLength: 1, maxLength: 6 }), (orders) => {
			const last = orders.reduce((known, told) => redeemedBy(known, { ...told, discountCodes: ['other', ' tea-1'] }) ?? known, record);
			const [first] = orders.toSorted((left, right) => left.placedAtMs - right.placedAtMs || left.orderId.localeCompare(right.orderId));
			expect(last).toMatchObject({ state: 'redeemed', redeemed: { orderId: first.orderId, atMs: first.placedAtMs } });
		}));
	});

	it('is not one that was never issued, or another', () => {
		const order = { orderId: 'a', placedAtMs: 1, discountCodes: ['TEA-1'] };
		expect(redeemedBy({ ...record, state: 'booked' }, order)).toBeNull();
		expect(redeemedBy({ ...record, state: 'free', purpose: undefined }, order)).toBeNull();
		expect(redeemedBy(record, { ...order, discountCodes: ['TEA-2'] })).toBeNull();
		expect(redeemedBy({ ...record, state: 'expired' }, order)).toMatchObject({ state: 'redeemed' });
		expect(codeKeysOf({ discountCodes: ['a', 'A ', '', 'ü'.repeat(300)] })).toEqual(['discount-code:A']);
	});
});
