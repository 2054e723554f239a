import { createClock, hourMs, secondMs } from '../../../lib/model/clock';
import { ShopJourneysError } from '../../../lib/model/errors';
import { indexes, keys } from '../../../lib/model/records';
import { openStore } from '../../../lib/store/open';
import type { Store, StoreHub } from '../../../lib/store/store';
import { transact } from '../../../lib/store/transaction';
import { addTask, type TaskHandler, type TaskRecord, workTasks } from '../../../lib/tasks/tasks';

let hub: StoreHub;
let store: Store;
let nowMs: number;
let shops = 0;
const clock = createClock({ machineMs: 0, journeyMs: 0, speed: 1 }, () => nowMs);

beforeEach(() => {
	nowMs = hourMs;
	hub = openStore({ driver: 'sqlite', file: ':memory:' });
	store = hub.scope(`tasks-${++shops}`);
});
afterEach(() => hub.close());

const add = (id: string, type = 'count', about: TaskRecord['about'] = { to: 3 }) => transact(store, async (tx) => void (await addTask(tx, { id, type, about }, nowMs)));
const waiting = async () => (await store.walk(indexes.tasks, { limit: 100 })).map(({ key }) => key);
const counted = async () => (await store.readCounters('done')) as Record<string, number>;

/** Counts up to a number, one per batch. */
const count: TaskHandler = async ({ id, about, position }, tx) => {
	const next = ((position as number | null) ?? 0) + 1;
	tx.count('done', id);
	return next < (about as { to: number }).to ? { position: next } : { done: true };
};

describe('a task', () => {
	it('is done batch by batch, and gone', async () => {
		await add('a');
		expect(await workTasks(store, clock, { count })).toBe(3);
		expect(await counted()).toEqual({ a: 3 });
		expect(await waiting()).toEqual([]);
		expect((await store.read([keys.task('a')]))[0].value).toBeNull();
	});

	it('added again while it waits is the same', async () => {
		await add('a');
		await add('a', 'count', { to: 9 });
		await workTasks(store, clock, { count });
		expect(await counted()).toEqual({ a: 3 });
	});

	it('goes on where it was when its process died in the middle of a batch', async () => {
		await add('a', 'count', { to: 5 });
		let batch = 0;
		const dies: TaskHandler = async (...args) => {
			const step = await count(...args);
			if (++batch === 3) throw new Error('killed');
			return step;
		};
		const failures: unknown[] = [];
		await workTasks(store, clock, { count: dies }, { onFailure: (_task, error) => failures.push(error) });
		expect(failures).toEqual([new Error('killed')]);
		expect(await counted()).toEqual({ a: 2 });
		// Not at once: what fails is not tried in a loop.
		expect(await workTasks(store, clock, { count })).toBe(0);
		nowMs += 5 * secondMs;
		expect(await workTasks(store, clock, { count })).toBe(3);
		expect(await counted()).toEqual({ a: 5 });
	});

	it('stopped half-way is free for the next process at once', async () => {
		await add('a', 'count', { to: 5 });
		let batches = 0;
		await workTasks(store, clock, { count }, { isStopped: () => batches++ > 4 });
		const before = (await counted()).a;
		expect(before).toBeLessThan(5);
		await workTasks(store, clock, { count });
		expect(await counted()).toEqual({ a: 5 });
	});

	it('of a process that vanished is taken over when its lease is over, and what that one still does is void', async () => {
		await add('a', 'count', { to: 4 });
		let takenOver: number | undefined;
		const slow: TaskHandler = async (...args) => {
			if (takenOver === undefined) {
				nowMs += 61 * secondMs;
				takenOver = await workTasks(store, clock, { count });
			}
			return await count(...args);
		};
		await workTasks(store, clock, { count: slow });
		expect(takenOver).toBe(4);
		expect(await counted()).toEqual({ a: 4 });
	});

	it('is done once by several processes at work together', async () => {
		for (let task = 0; task < 20; task++) await add(`t-${task}`);
		await Promise.all(Array.from({ length: 4 }, () => workTasks(store, clock, { count })));
		expect(Object.values(await counted())).toEqual(Array.from({ length: 20 }, () => 3));
		expect(await waiting()).toEqual([]);
	});

	it('that nobody can do does not keep the others from being done', async () => {
		await add('a', 'mystery');
		await add('b');
		const failures: string[] = [];
		await workTasks(store, clock, { count }, { onFailure: ({ id }, error) => failures.push(`${id}: ${(error as Error).message}`) });
		expect(failures).toEqual(['a: Nobody knows how to do tasks of type "mystery"']);
		expect(await counted()).toEqual({ b: 3 });
		expect(await waiting()).toEqual([keys.task('a')]);
	});

	it('waits longer after each failure, an hour at most', async () => {
		await add('a', 'fails');
		let attempts = 0;
		const fails: TaskHandler = async () => {
			attempts++;
			throw new Error('no');
		};
		const pauses: number[] = [];
		for (let last = nowMs; pauses.length < 8; nowMs += secondMs) {
			const before = attempts;
			await workTasks(store, clock, { fails });
			if (attempts > before) {
				pauses.push((nowMs - last) / secondMs);
				last = nowMs;
			}
		}
		expect(pauses).toEqual([0, 5, 20, 80, 320, 1280, 3600, 3600]);
	});

	it('tells whoever asked that the store is away, and is not lost', async () => {
		await add('a');
		const away: TaskHandler = async () => {
			throw new ShopJourneysError('STORE_UNAVAILABLE', 'The store is away');
		};
		await expect(workTasks(store, clock, { count: away })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
		nowMs += hourMs;
		await workTasks(store, clock, { count });
		expect(await counted()).toEqual({ a: 3 });
	});
});
