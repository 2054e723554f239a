import type { IndexEntry, Store } from '../../../lib/store/store';
import type { Fixture } from './contractSuite';

async function fill(store: Store, index: string, entries: IndexEntry[]): Promise<void> {
	const commits = [];
	for (let from = 0; from < entries.length; from += 128) {
		commits.push(store.commit({ index: entries.slice(from, from + 128).map((entry) => ({ index, ...entry })) }));
	}
	await Promise.all(commits);
}

export function indexTests(fixture: Fixture): void {
	describe('walk and count', () => {
		it('walks between inclusive bounds, in the order of value and key bytes, and keeps numbers exact', async () => {
			const store = fixture.newScope();
			const values = [-1.5e300, -Number.MAX_SAFE_INTEGER, -0.1, 0, 5e-324, 0.1 + 0.2, 1_700_000_000_000, 1_700_000_000_000.5, Number.MAX_SAFE_INTEGER, 1e21];
			const entries = values.map((value, i) => ({ key: `k${i}`, value }));
			await fill(store, 'n', [...entries].reverse());
			expect(await store.walk('n', { limit: 100 })).toEqual(entries);
			expect(await store.walk('n', { from: -0.1, to: 1_700_000_000_000, limit: 100 })).toEqual(entries.slice(2, 7));
			expect(await store.walk('n', { from: 1e22, limit: 100 })).toEqual([]);
			expect(await store.walk('n', { from: 5, to: 4, limit: 100 })).toEqual([]);
			expect(await store.walk('n', { limit: 3 })).toEqual(entries.slice(0, 3));
			expect(await store.walk('absent', { limit: 3 })).toEqual([]);
			expect(await store.count('n', { limit: 100 })).toBe(10);
			expect(await store.count('n', { limit: 4 })).toBe(4);
			expect(await store.count('n', { from: -0.1, to: 1_700_000_000_000, limit: 100 })).toBe(5);
		});

		it('moves an entry and takes it out', async () => {
			const store = fixture.newScope();
			await fill(store, 'n', [{ key: 'a', value: 1 }, { key: 'b', value: 2 }]);
			await store.commit({ index: [{ index: 'n', key: 'a', value: 3 }, { index: 'other', key: 'a', value: 1 }, { index: 'n', key: 'absent', value: null }] });
			expect(await store.walk('n', { limit: 9 })).toEqual([{ key: 'b', value: 2 }, { key: 'a', value: 3 }]);
			await store.commit({ index: [{ index: 'n', key: 'b', value: null }] });
			expect(await store.walk('n', { limit: 9 })).toEqual([{ key: 'a', value: 3 }]);
			expect(await store.walk('other', { limit: 9 })).toEqual([{ key: 'a', value: 1 }]);
		});

		it('resumes behind an entry whether it is there, has moved, or never was', async () => {
			const store = fixture.newScope();
			const entries = ['a', 'b', 'ba', 'c', 'é', '\uff5e', '😀'].map((key) => ({ key, value: 7 }));
			await fill(store, 'n', [{ key: 'low', value: 6 }, ...entries, { key: 'high', value: 8 }]);
			const behind = async (key: string, value = 7) => (await store.walk('n', { after: { key, value }, limit: 99 })).map((entry) => entry.key);
			expect(await behind('b')).toEqual(['ba', 'c', 'é', '\uff5e', '😀', 'high']);
			expect(await behind('bb')).toEqual(['c', 'é', '\uff5e', '😀', 'high']);
			expect(await behind('high')).toEqual(['é', '\uff5e', '😀', 'high']);
			expect(await behind('z')).toEqual(['é', '\uff5e', '😀', 'high']);
			expect(await behind('zzz', 6.5)).toEqual([...entries.map(({ key }) => key), 'high']);
			expect(await behind('high', 8)).toEqual([]);
			expect(await store.walk('n', { from: 8, after: { key: 'b', value: 7 }, limit: 9 })).toEqual([{ key: 'high', value: 8 }]);
			expect(await store.walk('n', { from: 0, to: 7, after: { key: '\uff5e', value: 7 }, limit: 9 })).toEqual([{ key: '😀', value: 7 }]);
		});

		it('walks 100,000 equal values in pages without loss or repetition while some are removed', async () => {
			const store = fixture.newScope();
			const total = 100_000;
			const keyOf = (i: number) => `customer:${String(i).padStart(6, '0')}`;
			await fill(store, 'n', Array.from({ length: total }, (_, i) => ({ key: keyOf(i), value: 42 })));
			const seen: string[] = [];
			const removed = new Set<string>();
			let after: IndexEntry | undefined;
			for (;;) {
				const page = await store.walk('n', { from: 42, to: 42, after, limit: 1_009 });
				if (page.length === 0) break;
				seen.push(...page.map(({ key }) => key));
				after = page[page.length - 1];
				// One behind, the one resumed from, and one ahead.
				const position = seen.length + removed.size;
				const victims = [page[0].key, after.key, keyOf(Math.min(total - 1, position + 500))];
				await store.commit({ index: [...new Set(victims)].map((key) => ({ index: 'n', key, value: null })) });
				for (const key of victims) if (!seen.includes(key)) removed.add(key);
			}
			const expected = Array.from({ length: total }, (_, i) => keyOf(i)).filter((key) => !removed.has(key));
			expect(removed.size).toBeGreaterThan(50);
			expect(seen.length).toBe(expected.length);
			// Compared as one text: a difference in 100,000 lines would take Jest minutes to print.
			expect(seen.join() === expected.join()).toBe(true);
		}, 60_000);
	});
}
