import type { LogAppend, Store } from '../../../lib/store/store';
import type { Fixture } from './contractSuite';

const append = (store: Store, ...log: LogAppend[]) => store.commit({ log });
const at = (atMs: number, subject?: string): LogAppend => ({ atMs, type: 't', ...(subject && { subject }), data: { atMs } });
const seqs = (entries: Array<{ seq: number }>) => entries.map(({ seq }) => seq);

export function logTests(fixture: Fixture): void {
	describe('event log', () => {
		it('gives entries back in the order appended, whatever their time, behind a cursor', async () => {
			const store = fixture.newScope();
			const data = { text: '😀\n', n: Number.MAX_SAFE_INTEGER };
			await append(store, { atMs: 1_700_000_000_000.5, type: 'order.placed', subject: 'customer:1', data }, at(5));
			await append(store, at(-3, 'customer:2'));
			expect(await store.readLog({ afterSeq: 0, limit: 10 })).toEqual([
				{ seq: 1, atMs: 1_700_000_000_000.5, type: 'order.placed', subject: 'customer:1', data },
				{ seq: 2, atMs: 5, type: 't', data: { atMs: 5 } },
				{ seq: 3, atMs: -3, type: 't', subject: 'customer:2', data: { atMs: -3 } },
			]);
			expect(seqs(await store.readLog({ afterSeq: 1, limit: 1 }))).toEqual([2]);
			expect(await store.readLog({ afterSeq: 3, limit: 10 })).toEqual([]);
		});

		it('numbers what is appended at once without gaps or repetition', async () => {
			const store = fixture.newScope();
			await Promise.all(Array.from({ length: 50 }, (_, i) => append(store, at(i, 'a'), at(i, 'b'))));
			const entries = await store.readLog({ afterSeq: 0, limit: 1_000 });
			expect(seqs(entries)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
			for (let i = 0; i < 100; i += 2) expect(entries[i].atMs).toBe(entries[i + 1].atMs);
		});

		it('shows a timeline newest first, in pages', async () => {
			const store = fixture.newScope();
			await append(store, at(1, 'a'), at(2, 'b'), at(3, 'a'), at(4), at(5, 'a'));
			expect(await store.readTimeline('a', { limit: 10 })).toMatchObject([{ seq: 5, subject: 'a', atMs: 5 }, { seq: 3 }, { seq: 1 }]);
			expect(seqs(await store.readTimeline('a', { limit: 2 }))).toEqual([5, 3]);
			expect(seqs(await store.readTimeline('a', { beforeSeq: 3, limit: 2 }))).toEqual([1]);
			expect(await store.readTimeline('nobody', { limit: 2 })).toEqual([]);
		});

		it('erases one subject in steps and leaves the others, without a cursor becoming too old', async () => {
			const store = fixture.newScope();
			await append(store, at(1, 'a'), at(2, 'b'), at(3, 'a'), at(4, 'a'));
			expect(await store.eraseTimeline('a', { limit: 2 })).toBe(2);
			expect(await store.eraseTimeline('a', { limit: 2 })).toBe(1);
			expect(await store.eraseTimeline('a', { limit: 2 })).toBe(0);
			expect(await store.readTimeline('a', { limit: 10 })).toEqual([]);
			expect(seqs(await store.readLog({ afterSeq: 1, limit: 10 }))).toEqual([2]);
			await append(store, at(9));
			expect(seqs(await store.readLog({ afterSeq: 0, limit: 10 }))).toEqual([2, 5]);
		});

		it('trims by age and by the slowest reader', async () => {
			const store = fixture.newScope();
			await append(store, ...[10, 20, 30, 40, 50].map((ms) => at(ms, 'a')));
			await store.setLogReader('slow', 2);
			await store.setLogReader('fast', 5);
			expect(await store.trimLog({ beforeMs: 40, limit: 100 })).toBe(2);
			expect(seqs(await store.readLog({ afterSeq: 2, limit: 10 }))).toEqual([3, 4, 5]);
			await store.setLogReader('slow', 5);
			expect(await store.trimLog({ beforeMs: 40, limit: 100 })).toBe(1);
			await store.setLogReader('slow', 0);
			expect(await store.trimLog({ beforeMs: 100, limit: 100 })).toBe(0);
			await store.setLogReader('slow', null);
			expect(await store.trimLog({ beforeMs: 100, limit: 1 })).toBe(1);
			expect(await store.trimLog({ beforeMs: 100, limit: 100 })).toBe(1);
			expect(await store.readTimeline('a', { limit: 10 })).toEqual([]);
			await append(store, at(1));
			expect(seqs(await store.readLog({ afterSeq: 5, limit: 10 }))).toEqual([6]);
		});

		it('says when a cursor is too old, and starts from the oldest entry kept at 0', async () => {
			const store = fixture.newScope();
			await append(store, at(10), at(20), at(30));
			await store.trimLog({ beforeMs: 25, limit: 100 });
			await expect(store.readLog({ afterSeq: 1, limit: 10 })).rejects.toMatchObject({ code: 'CURSOR_TOO_OLD' });
			expect(seqs(await store.readLog({ afterSeq: 2, limit: 10 }))).toEqual([3]);
			expect(seqs(await store.readLog({ afterSeq: 0, limit: 10 }))).toEqual([3]);
		});

		it('trims an old entry that was appended late, and past many that a reader still needs', async () => {
			const store = fixture.newScope();
			await append(store, at(100), at(1), at(100));
			expect(await store.trimLog({ beforeMs: 50, limit: 100 })).toBe(1);
			expect(seqs(await store.readLog({ afterSeq: 0, limit: 10 }))).toEqual([1, 3]);

			for (let i = 0; i < 40; i++) await append(store, ...Array.from({ length: 60 }, () => at(10)));
			await store.setLogReader('r', 3);
			await append(store, at(49));
			expect(await store.trimLog({ beforeMs: 50, limit: 100 })).toBe(0);
			await store.setLogReader('r', 1_203);
			expect(await store.trimLog({ beforeMs: 50, limit: 700 })).toBe(700);
			expect(await store.trimLog({ beforeMs: 50, limit: 700 })).toBe(500);
		});
	});
}
