import type { Claimed, Store } from '../../../lib/store/store';
import type { Fixture } from './contractSuite';

const index = 'due';
const put = (store: Store, entries: Record<string, number | null>) =>
	store.commit({ index: Object.entries(entries).map(([key, value]) => ({ index, key, value })) });
const claim = (store: Store, machineNowMs: number, leaseUntilMs: number, { dueMs = 1_000, limit = 10 } = {}) =>
	store.claim(index, { dueMs, machineNowMs, leaseUntilMs, limit });
const keysOf = (entries: Claimed[]) => entries.map(({ key }) => key);
const holds = (store: Store, { key, token }: Claimed) => store.holds({ index, key, token });
const commitUnder = (store: Store, { key, token }: Claimed) =>
	store.commit({ leases: [{ index, key, token }], counters: [{ group: 'done', field: 'n', add: 1 }] });

export function leaseTests(fixture: Fixture): void {
	describe('claim', () => {
		it('leases what is due, lowest value first, then in the order of key bytes', async () => {
			const store = fixture.newScope();
			await put(store, { late: 30, Z: 10, a: 10, '😀': 10, '\uff5e': 10, first: -5, future: 1_001 });
			const claimed = await claim(store, 0, 100);
			// U+FF5E comes after the emoji in UTF-16, before it in UTF-8.
			expect(keysOf(claimed)).toEqual(['first', 'Z', 'a', '\uff5e', '😀', 'late']);
			expect(claimed.map(({ value, attempt }) => [value, attempt])).toEqual([-5, 10, 10, 10, 10, 30].map((value) => [value, 1]));
			expect(new Set(claimed.map(({ token }) => token)).size).toBe(6);
			expect(await claim(store, 99, 200)).toEqual([]);
			expect(await claim(store, 99, 200, { dueMs: 1_001 })).toHaveLength(1);
		});

		it('respects the limit and passes over leased heads', async () => {
			const store = fixture.newScope();
			await put(store, Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`e${String(i).padStart(3, '0')}`, i])));
			const seen: string[] = [];
			for (let page; (page = await claim(store, 0, 100, { limit: 7 })).length > 0; ) seen.push(...keysOf(page));
			expect(seen).toEqual(Array.from({ length: 120 }, (_, i) => `e${String(i).padStart(3, '0')}`));
		});

		it('claims again what ran out, counts the attempt, and voids the old token everywhere', async () => {
			const store = fixture.newScope();
			await put(store, { a: 1 });
			const [old] = await claim(store, 0, 100);
			expect(await claim(store, 99, 200)).toEqual([]);
			const [fresh] = await claim(store, 100, 200);
			expect(fresh).toMatchObject({ key: 'a', value: 1, attempt: 2 });
			expect(fresh.token).not.toBe(old.token);
			expect(await holds(store, old)).toBe(false);
			expect(await commitUnder(store, old)).toEqual({ status: 'conflict', key: 'a', reason: 'lease' });
			expect(await store.renew(index, [old], 900)).toEqual([]);
			expect(await store.release(index, [old], 0)).toEqual([]);
			expect(await store.readCounters('done')).toEqual({});
			expect(await claim(store, 199, 300)).toEqual([]);
			expect(await holds(store, fresh)).toBe(true);
			expect(await commitUnder(store, fresh)).toEqual({ status: 'committed' });
			expect((await claim(store, 200, 300))[0].attempt).toBe(3);
		});

		it('lets a lease that ran out keep its token until somebody claims', async () => {
			const store = fixture.newScope();
			await put(store, { a: 1 });
			const [claimed] = await claim(store, 0, 100);
			expect(await commitUnder(store, claimed)).toEqual({ status: 'committed' });
			expect(await store.renew(index, [claimed], 300)).toEqual(['a']);
			expect(await claim(store, 299, 400)).toEqual([]);
		});

		it('renews only what holds', async () => {
			const store = fixture.newScope();
			await put(store, { a: 1, b: 2 });
			const [a, b] = await claim(store, 0, 100);
			expect(await store.renew(index, [a, { key: 'b', token: 'wrong' }, { key: 'gone', token: 'x' }], 500)).toEqual(['a']);
			expect(keysOf(await claim(store, 100, 600))).toEqual(['b']);
			expect(await holds(store, a)).toBe(true);
			expect(await holds(store, b)).toBe(false);
		});

		it('gives back: the token is void at once, the entry free from the time named, the attempts remembered', async () => {
			const store = fixture.newScope();
			await put(store, { a: 1 });
			const [claimed] = await claim(store, 0, 100);
			expect(await store.release(index, [claimed], 500)).toEqual(['a']);
			expect(await holds(store, claimed)).toBe(false);
			expect(await store.release(index, [claimed], 0)).toEqual([]);
			expect(await claim(store, 499, 600)).toEqual([]);
			expect(await claim(store, 500, 600)).toMatchObject([{ key: 'a', attempt: 2 }]);
			expect(await store.walk(index, { limit: 10 })).toEqual([{ key: 'a', value: 1 }]);
		});

		it.each([
			['moved', { a: 2 }, ['a']],
			['put again at the same value', { a: 1 }, ['a']],
			['taken out', { a: null }, []],
		])('voids a lease when its entry is %s, and counts attempts anew', async (_how, change, claimable) => {
			const store = fixture.newScope();
			await put(store, { a: 1 });
			const [claimed] = await claim(store, 0, 100);
			await put(store, change);
			expect(await holds(store, claimed)).toBe(false);
			expect(await commitUnder(store, claimed)).toMatchObject({ status: 'conflict', reason: 'lease' });
			expect(await store.renew(index, [claimed], 900)).toEqual([]);
			expect(await store.release(index, [claimed], 0)).toEqual([]);
			const again = await claim(store, 0, 100);
			expect(keysOf(again)).toEqual(claimable);
			for (const { attempt } of again) expect(attempt).toBe(1);
		});

		it('commits under a lease that holds and voids it in the same step, so that settling twice is impossible', async () => {
			const store = fixture.newScope();
			await put(store, { a: 1 });
			const [{ key, token }] = await claim(store, 0, 100);
			const settle = () =>
				store.commit({ leases: [{ index, key, token }], index: [{ index, key, value: 50 }], counters: [{ group: 'sent', field: 'n', add: 1 }] });
			const results = await Promise.all([settle(), settle(), settle()]);
			expect(results.map(({ status }) => status).sort()).toEqual(['committed', 'conflict', 'conflict']);
			expect(await store.readCounters('sent')).toEqual({ n: 1 });
		});

		it('never gives one entry to two claims at once', async () => {
			const store = fixture.newScope();
			await put(store, Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`e${i}`, 1])));
			const claims = await Promise.all(Array.from({ length: 40 }, () => claim(store, 0, 100, { limit: 5 })));
			const keys = claims.flatMap(keysOf);
			expect(keys).toHaveLength(100);
			expect(new Set(keys).size).toBe(100);
		});

		it('claims thousands in one call', async () => {
			const store = fixture.newScope();
			for (let from = 0; from < 3_000; from += 125) {
				await put(store, Object.fromEntries(Array.from({ length: 125 }, (_, i) => [`e${from + i}`, from + i])));
			}
			const claimed = await claim(store, 0, 100, { dueMs: 5_000, limit: 2_500 });
			expect(keysOf(claimed)).toEqual(Array.from({ length: 2_500 }, (_, i) => `e${i}`));
			expect(await store.release(index, claimed.slice(0, 1_000), 0)).toHaveLength(1_000);
			expect(keysOf(await claim(store, 0, 100, { dueMs: 5_000, limit: 1 }))).toEqual(['e0']);
		});
	});
}
