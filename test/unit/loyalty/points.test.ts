import fc from 'fast-check';
import type { LedgerHead, LedgerOperation } from '../../../lib/loyalty/ledger';
import { changePoints, pointsBalance, pointsHistory, sweepPoints } from '../../../lib/loyalty/points';
import { keys } from '../../../lib/model/records';
import { openStore } from '../../../lib/store/open';
import type { Store, StoreHub } from '../../../lib/store/store';

const hubs: StoreHub[] = [];
afterEach(async () => {
	for (const hub of hubs.splice(0)) await hub.close();
});

function open(): Store {
	const hub = openStore({ driver: 'sqlite', file: ':memory:' });
	hubs.push(hub);
	return hub.scope('shop');
}

describe('points in the store', () => {
	it('are the same whatever interleaves and repeats', async () => {
		const reference = fc.constantFrom('a', 'b', 'c');
		const operation: fc.Arbitrary<LedgerOperation> = fc.oneof(
			fc.record({ type: fc.constant('earn' as const), reference, points: fc.integer({ min: 1, max: 50 }) }),
			fc.record({ type: fc.constant('redeem' as const), reference, points: fc.integer({ min: 1, max: 50 }), upTo: fc.boolean() }),
			fc.record({ type: fc.constant('reserve' as const), reference, points: fc.integer({ min: 1, max: 50 }), untilMs: fc.constant(1000) }),
			fc.record({ type: fc.constantFrom('confirm' as const, 'release' as const), reference }),
			fc.record({ type: fc.constant('give_back' as const), reference, earnReference: reference, refundedMinor: fc.integer({ min: 1, max: 100 }), orderMinor: fc.constant(100) }),
		);
		let round = 0;
		const store = open();
		await fc.assert(
			fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
				const customer = `c${round++}`;
				const results = await Promise.all([...operations, ...operations].map(async (each) => await changePoints(store, customer, each, 1)));
				const [{ value: head }] = await store.read<LedgerHead>([keys.points(customer)]);
				if (!head) return;
				const { available, pending, reserved, owed } = await pointsBalance(store, customer, 1);
				const { earned, givenBack, redeemed, clawedBack, expired } = head.totals;
				expect(available + pending + reserved).toBe(earned + givenBack - redeemed - clawedBack - expired);
				expect(Math.min(available, pending, reserved, owed)).toBeGreaterThanOrEqual(0);
				// Each reference counted for one of the calls.
				const first = operations.flatMap((each, i) => [i, i + operations.length].map((at) => ({ each, ...results[at].outcome }))).filter(({ each, status, isRepeated }) => each.type === 'earn' && status === 'done' && !isRepeated);
				expect(new Set(first.map(({ each }) => 'reference' in each && each.reference)).size).toBe(first.length);
				expect(first.reduce((sum, { points }) => sum + points, 0)).toBe(earned);
				const history = await pointsHistory(store, customer, { limit: 200 });
				expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: head.entries }, (_, i) => head.entries - 1 - i));
			}),
			{ numRuns: 40 },
		);
	}, 120_000);

	it('keep a small head and the whole history', async () => {
		const store = open();
		for (let i = 0; i < 137; i++) await changePoints(store, 'ann', { type: 'earn', reference: `${i}`, points: 1, expiresAtMs: 10_000 + i }, i);
		const [{ value: head }] = await store.read<LedgerHead>([keys.points('ann')]);
		expect(head!.recent).toHaveLength(137 % 20);
		expect(JSON.stringify(head).length).toBeLessThan(6_000);
		const seen: number[] = [];
		for (let beforeSeq: number | undefined; ; ) {
			const page = await pointsHistory(store, 'ann', { beforeSeq, limit: 25 });
			if (page.length === 0) break;
			seen.push(...page.map(({ seq }) => seq));
			beforeSeq = page.at(-1)!.seq;
		}
		expect(seen).toEqual(Array.from({ length: 137 }, (_, i) => 136 - i));
		expect(await pointsHistory(store, 'nobody', { limit: 5 })).toEqual([]);
	});

	it('expire in batches, each once', async () => {
		const store = open();
		for (let i = 0; i < 5; i++) await changePoints(store, `c${i}`, { type: 'earn', reference: 'o', points: 10, expiresAtMs: 100 + i }, 0);
		await changePoints(store, 'never', { type: 'earn', reference: 'o', points: 10 }, 0);
		await changePoints(store, 'waits', { type: 'earn', reference: 'o', points: 10, availableAtMs: 50 }, 0);
		expect(await sweepPoints(store, { nowMs: 49, limit: 2 })).toEqual({ swept: [], hasMore: false });
		const swept: string[] = [];
		for (let hasMore = true; hasMore; ) {
			const batch = await sweepPoints(store, { nowMs: 103, limit: 2 });
			swept.push(...batch.swept.map(({ customerId, entries }) => `${customerId} ${entries.map(({ type, points }) => `${type} ${points}`).join()}`));
			hasMore = batch.hasMore;
		}
		expect(swept).toEqual(['waits available 10', 'c0 expired -10', 'c1 expired -10', 'c2 expired -10', 'c3 expired -10']);
		expect(await pointsBalance(store, 'c4', 103)).toMatchObject({ available: 10, expiring: [{ expiresAtMs: 104, points: 10 }] });
		expect(await pointsHistory(store, 'c3', { limit: 1 })).toMatchObject([{ type: 'expired', points: -10, balance: 0 }]);
	});
});
