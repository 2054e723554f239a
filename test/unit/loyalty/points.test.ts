import type { LedgerHead, LedgerOperation } from '../../../lib/loyalty/ledger';
import { changePointsIn, dueLedgers, pointsBalance, pointsHistory } from '../../../lib/loyalty/points';
import { keys } from '../../../lib/model/records';
import { openStore } from '../../../lib/store/open';
import type { Store, StoreHub } from '../../../lib/store/store';
import { transact } from '../../../lib/store/transaction';

const hubs: StoreHub[] = [];
afterEach(async () => {
	for (const hub of hubs.splice(0)) await hub.close();
});

function open(): Store {
	const hub = openStore({ driver: 'sqlite', file: ':memory:' });
	hubs.push(hub);
	return hub.scope('shop');
}

const change = async (store: Store, customerId: string, operation: LedgerOperation, nowMs: number) => await transact(store, async (tx) => await changePointsIn(tx, customerId, operation, nowMs));

/** Concurrency, repetition and both drivers: test/contract/points.test.ts. */
describe('points in the store', () => {
	it('keep a small head and the whole history', async () => {
		const store = open();
		for (let i = 0; i < 137; i++) await change(store, 'ann', { type: 'earn', reference: `${i}`, points: 1, expiresAtMs: 10_000 + i }, i);
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

	it('are found when something falls due, until it was settled', async () => {
		const store = open();
		for (let i = 0; i < 5; i++) await change(store, `c${i}`, { type: 'earn', reference: 'o', points: 10, expiresAtMs: 100 + i }, 0);
		await change(store, 'never', { type: 'earn', reference: 'o', points: 10 }, 0);
		await change(store, 'waits', { type: 'earn', reference: 'o', points: 10, availableAtMs: 50 }, 0);
		const dueAt = async (nowMs: number) => {
			const ids: string[] = [];
			for await (const id of dueLedgers(store, nowMs)) ids.push(id);
			return ids;
		};
		expect(await dueAt(49)).toEqual([]);
		expect(await dueAt(103)).toEqual(['waits', 'c0', 'c1', 'c2', 'c3']);
		for (const id of await dueAt(103)) await change(store, id, { type: 'settle' }, 103);
		expect(await dueAt(103)).toEqual([]);
		expect(await pointsBalance(store, 'waits', 103)).toMatchObject({ available: 10, pending: 0 });
		expect(await pointsBalance(store, 'c4', 103)).toMatchObject({ available: 10, expiring: [{ expiresAtMs: 104, points: 10 }] });
		expect(await pointsHistory(store, 'c3', { limit: 1 })).toMatchObject([{ type: 'expired', points: -10, balance: 0 }]);
	});
});
