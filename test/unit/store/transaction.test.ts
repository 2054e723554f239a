import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../../lib/store/open';
import type { Store, StoreHub } from '../../../lib/store/store';
import { RecentDocuments } from '../../../lib/store/recent';
import { transact } from '../../../lib/store/transaction';

let hub: StoreHub;
let store: Store;
beforeEach(() => {
	hub = openStore({ driver: 'sqlite', file: ':memory:' });
	store = hub.scope('shop');
});
afterEach(() => hub.close());

const add = (document: string) =>
	transact(store, async (tx) => {
		await tx.load([document]);
		tx.set(document, { n: (tx.get<{ n: number }>(document)?.n ?? 0) + 1 });
	});

it('gets through although others change each of its documents all the time, and loses nothing of theirs', async () => {
	const documents = ['a:1', 'b:1', 'c:1'];
	let isOver = false;
	const counts = new Map(documents.map((document) => [document, 0]));
	const others = documents.flatMap((document) =>
		Array.from({ length: 5 }, async () => {
			while (!isOver) {
				await add(document);
				counts.set(document, counts.get(document)! + 1);
			}
		}),
	);
	let attempts = 0;
	const outcome = await transact(store, async (tx) => {
		attempts++;
		for (const document of documents) {
			await tx.load([document]);
			await sleep(3);
		}
		for (const document of documents) tx.set(document, { n: (tx.get<{ n: number }>(document)?.n ?? 0) + 1_000_000 });
	}).finally(async () => {
		isOver = true;
		await Promise.all(others);
	});
	expect(outcome.status).toBe('committed');
	// Beaten often enough to be let through in the end.
	expect(attempts).toBeGreaterThanOrEqual(10);
	for (const { key, value } of await store.read<{ n: number }>(documents)) expect(value!.n).toBe(1_000_000 + counts.get(key)!);
});

describe('documents that this process committed a moment ago', () => {
	const reads = () => jest.spyOn(store, 'read');
	const valueOf = async (key: string) => (await store.read([key]))[0].value;
	/** As another process would: past what this one remembers. */
	const writeElsewhere = async (key: string, value: { n: number } | null) => {
		const [{ version }] = await store.read([key]);
		expect(await store.commit({ writes: [{ key, version, value }] })).toEqual({ status: 'committed' });
	};

	it('are not read again', async () => {
		await add('a:1');
		const read = reads();
		await add('a:1');
		expect(read).not.toHaveBeenCalled();
		read.mockRestore();
		expect(await valueOf('a:1')).toEqual({ n: 2 });
	});

	it('are remembered as they would be read: without what is undefined', async () => {
		const value = { n: 1, gone: undefined, list: [{ x: undefined, y: [1] }], kept: { z: null } };
		await transact(store, async (tx) => {
			await tx.load(['a:1']);
			tx.set('a:1', value);
		});
		const seen = await transact(store, async (tx) => {
			await tx.load(['a:1']);
			return tx.get('a:1');
		});
		const [{ value: stored }] = await store.read(['a:1']);
		expect(seen).toStrictEqual({ status: 'committed', result: stored });
	});

	it('that somebody else has changed since are read again, and the change is not lost', async () => {
		await add('a:1');
		await writeElsewhere('a:1', { n: 40 });
		await add('a:1');
		expect(await valueOf('a:1')).toEqual({ n: 41 });
	});

	it('that somebody else has removed are seen as gone', async () => {
		await add('a:1');
		await writeElsewhere('a:1', null);
		await add('a:1');
		expect(await valueOf('a:1')).toEqual({ n: 1 });
	});

	it('are not taken for one of the same key that somebody else has made since', async () => {
		await add('a:1');
		await writeElsewhere('a:1', null);
		const other = openStore({ driver: 'sqlite', file: ':memory:' });
		await transact(other.scope('shop'), async (tx) => {
			await tx.load(['a:1']);
			tx.set('a:1', { n: 40 });
		});
		await add('a:1');
		expect(await valueOf('a:1')).toEqual({ n: 41 });
		await other.close();
	});

	it('make nothing fail that would not fail by what there is now', async () => {
		await add('a:1');
		await writeElsewhere('a:1', { n: 40 });
		const outcome = await transact(store, async (tx) => {
			await tx.load(['a:1']);
			const { n } = tx.get<{ n: number }>('a:1')!;
			if (n === 1) throw new Error('there is only one');
			return n;
		});
		expect(outcome).toEqual({ status: 'committed', result: 40 });
	});

	it('let what fails by the truth fail at once', async () => {
		await add('a:1');
		let runs = 0;
		const failing = transact(store, async (tx) => {
			runs++;
			await tx.load(['a:1']);
			throw new Error('no');
		});
		await expect(failing).rejects.toThrow('no');
		expect(runs).toBe(1);
	});

	it('are read where a commit on them is still under way', async () => {
		await add('a:1');
		await Promise.all(Array.from({ length: 20 }, () => add('a:1')));
		expect(await valueOf('a:1')).toEqual({ n: 21 });
	});

	it('are forgotten when it is not known whether a commit on them went through', async () => {
		await add('a:1');
		const commit = jest.spyOn(store, 'commit').mockImplementationOnce(async (what) => {
			await Object.getPrototypeOf(store).commit.call(store, what);
			throw new Error('the answer was lost');
		});
		await expect(add('a:1')).rejects.toThrow('lost');
		commit.mockRestore();
		await add('a:1');
		expect(await valueOf('a:1')).toEqual({ n: 3 });
	});
});

describe('the memory of documents', () => {
	const document = (n: number, version = 1) => ({ key: `a:${n}`, version, value: { n } });

	it('is bounded: what was committed longest ago goes', () => {
		const recent = new RecentDocuments();
		recent.remember(Array.from({ length: 4_010 }, (_, n) => document(n)));
		expect(recent.recall('a:9')).toBeUndefined();
		expect(recent.recall('a:10')).toEqual(document(10));
	});

	it('keeps the newer of two versions', () => {
		const recent = new RecentDocuments();
		recent.remember([document(1, 3)]);
		recent.remember([document(1, 2)]);
		expect(recent.recall('a:1')).toEqual(document(1, 3));
	});

	it('ends after half a minute', () => {
		const now = jest.spyOn(performance, 'now').mockReturnValue(1_000);
		const recent = new RecentDocuments();
		recent.remember([document(1)]);
		now.mockReturnValue(30_999);
		expect(recent.recall('a:1')).toEqual(document(1));
		now.mockReturnValue(31_000);
		expect(recent.recall('a:1')).toBeUndefined();
		now.mockRestore();
	});

	it('goes on for what commits go by all the time, and lets go of the rest', () => {
		const now = jest.spyOn(performance, 'now');
		const recent = new RecentDocuments();
		const hot = document(1);
		for (let second = 0; second <= 40; second++) {
			now.mockReturnValue(second * 1_000);
			recent.remember([hot, document(100 + second)]);
		}
		expect(recent.recall('a:1')).toBe(hot);
		expect(recent.size).toBeLessThanOrEqual(32);
		now.mockRestore();
	});
});
