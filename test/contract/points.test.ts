import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefinitionsCache } from '../../lib/journeys/definitions';
import type { LedgerHead, LedgerOperation, LedgerOutcome } from '../../lib/loyalty/ledger';
import { pointsBalance, pointsHistory } from '../../lib/loyalty/points';
import type { Clock } from '../../lib/model/clock';
import { type CustomerRecord, indexes, keys } from '../../lib/model/records';
import { changePointsOf, type PointsShop, sweepPointsOf } from '../../lib/record/points';
import { openStore } from '../../lib/store/open';
import type { Store, StoreConfig, StoreHub } from '../../lib/store/store';
import { findRedisServer, RedisServer } from './suite/redisServer';

/** Points in both drivers, changed from two connections at once, as by two processes of n8n. */

pointsSuite('SQLite', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'shop-journeys-points-'));
	return { config: { driver: 'sqlite', file: join(folder, 'store.sqlite') }, remove: async () => rmSync(folder, { recursive: true, force: true }) };
});
if (findRedisServer() === 'skip') {
	describe.skip('points: Redis (not tested: redis-server is missing and SHOP_JOURNEYS_NO_REDIS_TESTS is 1)', () => {
		it('keeps the ledger sound', () => undefined);
	});
} else {
	pointsSuite('Redis', async () => {
		const server = await RedisServer.start();
		return { config: { driver: 'redis', url: server.url }, remove: async () => await server.remove() };
	});
}

const references = ['a', 'b', 'c'];
const reference = fc.constantFrom(...references);
const points = fc.integer({ min: 1, max: 60 });
const operation: fc.Arbitrary<LedgerOperation> = fc.oneof(
	fc.record({ type: fc.constant('earn' as const), reference, points, expiresAtMs: fc.option(fc.integer({ min: 5, max: 40 }), { nil: undefined }) }),
	fc.record({ type: fc.constant('earn' as const), reference, points, availableAtMs: fc.integer({ min: 1, max: 20 }) }),
	fc.record({ type: fc.constant('redeem' as const), reference, points, upTo: fc.boolean() }),
	fc.record({ type: fc.constant('reserve' as const), reference, points, untilMs: fc.integer({ min: 1, max: 30 }) }),
	fc.record({ type: fc.constantFrom('confirm' as const, 'release' as const), reference }),
	fc.record({ type: fc.constant('give_back' as const), reference, earnReference: reference, redeemReference: fc.option(reference, { nil: undefined }), refundedMinor: fc.integer({ min: 1, max: 900 }), orderMinor: fc.constant(900), isTotal: fc.boolean() }),
	fc.record({ type: fc.constant('adjust' as const), reference, points: fc.integer({ min: -40, max: 40 }).filter((value) => value !== 0), by: fc.constant('Clara'), note: fc.constant('goodwill') }),
	fc.constant({ type: 'settle' as const }),
);

function pointsSuite(driver: string, makePlace: () => Promise<{ config: StoreConfig; remove(): Promise<void> }>): void {
	describe(`points: ${driver}`, () => {
		let place: Awaited<ReturnType<typeof makePlace>>;
		let hubs: StoreHub[] = [];
		let shops: PointsShop[];
		let store: Store;
		let nowMs = 0;
		let customers = 0;

		beforeAll(async () => {
			place = await makePlace();
			hubs = [openStore(place.config), openStore(place.config)];
			const clock: Clock = { speed: 1, machineNowMs: () => nowMs, journeyNowMs: () => nowMs, toJourneyMs: (wallMs) => wallMs };
			shops = hubs.map((hub) => ({ store: hub.scope('shop'), clock, definitions: new DefinitionsCache(hub.scope('shop')) }));
			[{ store }] = shops;
		});
		afterAll(async () => {
			for (const hub of hubs) await hub.close();
			await place?.remove();
		});
		beforeEach(() => (nowMs = 0));

		async function newCustomer(): Promise<string> {
			const id = `customer-${++customers}`;
			const record: CustomerRecord = { id, createdAtMs: 0, profileAtMs: 0, email: `${id}@example.com`, consent: {}, orders: { count: 0, spentMinor: {} }, open: {} };
			await store.commit({ writes: [{ key: keys.customer(id), version: 0, value: JSON.parse(JSON.stringify(record)) }] });
			return id;
		}
		/** The two connections in turn. */
		const change = async (id: string, each: LedgerOperation, turn = 0): Promise<LedgerOutcome> => (await changePointsOf(shops[turn % shops.length], id, each)).outcome;
		const headOf = async (id: string) => (await store.read<LedgerHead>([keys.points(id)]))[0].value;

		async function expectSound(id: string): Promise<void> {
			const head = await headOf(id);
			if (!head) return;
			const { available, pending, reserved, owed } = await pointsBalance(store, id, head.atMs);
			const { earned, givenBack, adjusted, redeemed, clawedBack, expired } = head.totals;
			expect(available + pending + reserved).toBe(earned + givenBack + adjusted - redeemed - clawedBack - expired);
			expect(Math.min(available, pending, reserved, owed)).toBeGreaterThanOrEqual(0);
			const history = await pointsHistory(store, id, { limit: 200 });
			expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: head.entries }, (_, i) => head.entries - 1 - i));
			expect(history.filter(({ type }) => type !== 'available').reduce((sum, entry) => sum + entry.points, 0)).toBe(available + pending);
			// What conditions and items are told is what the ledger says.
			const [{ value: customer }] = await store.read<CustomerRecord>([keys.customer(id)]);
			expect(customer!.points).toMatchObject({ available, pending });
		}

		it('lets exactly the possible ones of a thousand redemptions of the last 100 points succeed', async () => {
			const id = await newCustomer();
			await change(id, { type: 'earn', reference: 'order', points: 60 });
			await change(id, { type: 'earn', reference: 'other', points: 40, expiresAtMs: 1000 });
			const outcomes = await Promise.all(Array.from({ length: 1000 }, async (_, i) => await change(id, { type: 'redeem', reference: `${i}`, points: 1 }, i)));
			expect(outcomes.filter(({ status }) => status === 'done')).toHaveLength(100);
			expect(outcomes.filter(({ status }) => status === 'insufficient')).toHaveLength(900);
			expect(await pointsBalance(store, id, 0)).toEqual({ available: 0, pending: 0, reserved: 0, owed: 0, expiring: [] });
		}, 240_000);

		it('does so with redemptions of any size, and with repetitions', async () => {
			const id = await newCustomer();
			await change(id, { type: 'earn', reference: 'order', points: 100 });
			// Each reference is tried twice: the answer is the same, and it counts once.
			const wanted = Array.from({ length: 500 }, (_, i) => ({ reference: `${i}`, points: 1 + ((i * 7) % 23), upTo: i % 11 === 0 }));
			const outcomes = await Promise.all([...wanted, ...wanted].map(async (each, i) => ({ ...each, ...(await change(id, { type: 'redeem', reference: each.reference, points: each.points, upTo: each.upTo }, i)), wanted: each.points })));
			const { available } = await pointsBalance(store, id, 0);
			const succeeded = outcomes.filter(({ status, isRepeated }) => status === 'done' && !isRepeated);
			expect(new Set(succeeded.map((each) => each.reference)).size).toBe(succeeded.length);
			expect(succeeded.reduce((sum, { points: spent }) => sum + spent, 0)).toBe(100 - available);
			for (const { status, wanted: size, upTo } of outcomes) {
				if (status !== 'done') expect(upTo ? 1 : size).toBeGreaterThan(available);
			}
			// Nobody is told twice of two different things.
			const answers = new Map<string, number>();
			for (const { reference: name, points: spent } of outcomes.filter(({ status }) => status === 'done')) {
				expect(answers.get(name) ?? spent).toBe(spent);
				answers.set(name, spent);
			}
			await expectSound(id);
		}, 240_000);

		it('keeps the ledger sound, whatever is done in whatever order, at once and again', async () => {
			await fc.assert(
				fc.asyncProperty(fc.array(fc.tuple(fc.array(operation, { minLength: 3, maxLength: 8 }), fc.integer({ min: 0, max: 12 })), { minLength: 2, maxLength: 5 }), async (rounds) => {
					const id = await newCustomer();
					nowMs = 0;
					const counted = new Map<string, number>();
					for (const [operations, laterMs] of rounds) {
						const again = [...operations, ...operations].map((each) => ({ ...each }));
						const outcomes = await Promise.all(again.map(async (each, i) => ({ each, ...(await change(id, each, i)) })));
						for (const { each, status, isRepeated } of outcomes) {
							if (each.type !== 'earn' && each.type !== 'adjust' && each.type !== 'give_back') continue;
							if (status === 'done' && !isRepeated) counted.set(`${each.type}:${each.reference}`, (counted.get(`${each.type}:${each.reference}`) ?? 0) + 1);
						}
						await expectSound(id);
						nowMs += laterMs;
					}
					expect([...counted.values()].every((times) => times === 1)).toBe(true);
				}),
				{ numRuns: 60 },
			);
		}, 240_000);

		it('gives nobody anything for buying, redeeming, sending back and buying again, with each told twice and at once', async () => {
			const order = fc.record({ earns: fc.integer({ min: 1, max: 90 }), redeems: fc.integer({ min: 0, max: 90 }), refunds: fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 3 }) });
			await fc.assert(
				fc.asyncProperty(fc.array(order, { minLength: 1, maxLength: 4 }), async (orders) => {
					const id = await newCustomer();
					const twice = async (each: LedgerOperation) => await Promise.all([change(id, each, 0), change(id, each, 1)]);
					const refund = async (n: number, totalMinor: number) => {
						const known = await store.read([keys.pointsReceipt(id, `redeem:${n}`)]);
						await twice({ type: 'give_back', reference: `${n}/${totalMinor}`, earnReference: `${n}`, ...(known[0].value !== null && { redeemReference: `${n}` }), refundedMinor: totalMinor, orderMinor: 1000, isTotal: true });
					};
					for (const [n, { earns, redeems }] of orders.entries()) {
						if (redeems > 0) await twice({ type: 'redeem', reference: `${n}`, points: redeems, upTo: true });
						await twice({ type: 'earn', reference: `${n}`, points: earns });
					}
					// In whatever order the sums are told, and whichever comes twice.
					await Promise.all(orders.flatMap(({ refunds }, n) => refunds.map(async (totalMinor) => await refund(n, totalMinor))));
					for (const n of orders.keys()) await refund(n, 1000);
					const { available, owed } = await pointsBalance(store, id, 0);
					expect(available).toBe(owed);
					const { redeemed, givenBack } = (await headOf(id))!.totals;
					expect(redeemed).toBe(givenBack);
					await change(id, { type: 'earn', reference: 'rebuy', points: 50 });
					const after = await pointsBalance(store, id, 0);
					expect(after.available - after.owed).toBe(50);
					await expectSound(id);
				}),
				{ numRuns: 15 },
			);
		}, 240_000);

		it('settles everybody for whom something fell due once, also when both sweep at once', async () => {
			const ids = [];
			for (let i = 0; i < 12; i++) {
				const id = await newCustomer();
				await change(id, { type: 'earn', reference: 'order', points: 10, expiresAtMs: 100 + i });
				ids.push(id);
			}
			nowMs = 105;
			await Promise.all(shops.map(async (shop) => await sweepPointsOf(shop)));
			const histories = await Promise.all(ids.map(async (id) => (await pointsHistory(store, id, { limit: 9 })).map(({ type }) => type)));
			histories.forEach((history, i) => expect(history).toEqual(i <= 5 ? ['expired', 'earned'] : ['earned']));
			const due = await store.walk(indexes.pointsDue, { from: 100, to: 105, limit: 100 });
			expect(due).toEqual([]);
		}, 60_000);
	});
}
