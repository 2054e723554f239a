import * as fc from 'fast-check';
import { dayMs, minuteMs } from '../../../lib/model/clock';
import { foldLog } from '../../../lib/picks/fold';
import { halfLifeMs, maxNeighbours, type Neighbour, type ProductSignals, Signals } from '../../../lib/picks/signals';
import type { Store } from '../../../lib/store/store';
import { findRedisServer, RedisServer } from '../../contract/suite/redisServer';
import { openShop, type Shop } from '../record/shop';
import { document, fold, indexes, keys, look, order, signalsOf, tell } from './goods';

const weight = (neighbours: Neighbour[] | undefined, id: string) => neighbours?.find(([other]) => other === id)?.[1];

describe('signals from the log', () => {
	let shop: Shop;
	beforeEach(() => {
		shop = openShop();
	});
	afterEach(() => shop.hub.close());

	it('count an order once, however often it is told, and for whomever', async () => {
		const orderId = await order(shop, 'a@x.example', ['pot', 'tea']);
		await fold(shop);
		shop.pass(minuteMs);
		await order(shop, 'a@x.example', ['pot', 'tea'], { orderId });
		await order(shop, 'b@x.example', ['pot', 'tea'], { orderId });
		await fold(shop);
		const { bought, boughtWith } = (await signalsOf(shop, 'pot'))!;
		expect([bought, weight(boughtWith, 'tea')]).toEqual([1, 1]);
		expect(await document(shop, keys.soldOn(Math.floor(shop.now() / dayMs)))).toEqual({ '': [['pot', 1], ['tea', 1]] });
	});

	it('lose half their weight in a half-life, in whatever order events come', async () => {
		await order(shop, 'a@x.example', ['pot', 'tea'], { atMs: shop.now() - halfLifeMs, isHistory: true });
		await order(shop, 'b@x.example', ['pot', 'tea']);
		await order(shop, 'c@x.example', ['pot', 'tea'], { atMs: shop.now() - 2 * halfLifeMs, isHistory: true });
		await fold(shop);
		expect((await signalsOf(shop, 'pot'))!.bought).toBeCloseTo(1.75, 5);
	});

	it('give a cancelled order back', async () => {
		const atMs = shop.now();
		const orderId = await order(shop, 'a@x.example', ['pot', 'tea']);
		await order(shop, 'b@x.example', ['pot', 'tea']);
		await fold(shop);
		shop.pass(10 * dayMs);
		await order(shop, 'a@x.example', ['pot', 'tea'], { orderId, atMs, cancelledAtMs: shop.now() });
		await fold(shop);
		const { bought, boughtWith } = (await signalsOf(shop, 'pot'))!;
		expect(bought).toBeCloseTo(1, 5);
		expect(weight(boughtWith, 'tea')).toBeCloseTo(1, 5);
	});

	it('connect what is looked at within half an hour, once a visit', async () => {
		for (const id of ['pot', 'tea', 'pot', 'tea']) await look(shop, 'browser', id);
		shop.pass(31 * minuteMs);
		await look(shop, 'browser', 'cup');
		await look(shop, 'other-browser', 'pot');
		await fold(shop);
		expect((await signalsOf(shop, 'pot'))!).toMatchObject({ viewed: expect.closeTo(2, 3), viewedWith: [['tea', expect.closeTo(1, 3)]] });
		expect((await signalsOf(shop, 'cup'))!.viewedWith).toEqual([]);
	});

	it('do not connect a look with an order long after it', async () => {
		await look(shop, 'browser', 'pot');
		shop.pass(15 * dayMs);
		await order(shop, 'a@x.example', ['tea'], { visitorId: 'browser' });
		await fold(shop);
		expect((await signalsOf(shop, 'pot'))!.boughtAfter).toEqual([]);
	});

	it('keep the log until it is folded, and go on where it was trimmed all the same', async () => {
		await order(shop, 'a@x.example', ['pot', 'tea']);
		await fold(shop);
		await order(shop, 'b@x.example', ['pot', 'tea']);
		shop.pass(500 * dayMs);
		expect(await shop.store.trimLog({ beforeMs: shop.now(), limit: 1_000 })).toBeGreaterThan(0);
		expect((await shop.store.readLog({ afterSeq: 0, limit: 10 })).length).toBeGreaterThan(0);
		await shop.store.setLogReader('signals', null);
		await shop.store.trimLog({ beforeMs: shop.now(), limit: 1_000 });
		await order(shop, 'c@x.example', ['pot', 'cup']);
		await fold(shop);
		expect(weight((await signalsOf(shop, 'pot'))!.boughtWith, 'cup')).toBe(1);
	});

	it('remove days of sales that no period reaches', async () => {
		await order(shop, 'a@x.example', ['pot']);
		await fold(shop);
		shop.pass(150 * dayMs);
		await order(shop, 'b@x.example', ['pot']);
		await fold(shop);
		expect((await shop.store.walk(indexes.soldOn, { limit: 10 })).map(({ value }) => value)).toEqual([Math.floor(shop.now() / dayMs)]);
	});

	it('take a large order as far as one commit goes', async () => {
		const goods = Array.from({ length: 90 }, (_, n) => `p${n}`);
		await order(shop, 'a@x.example', goods);
		await fold(shop);
		expect((await signalsOf(shop, 'p39'))!.boughtWith).toHaveLength(39);
		expect(await signalsOf(shop, 'p40')).toBeNull();
	});
});

it('keeps the heaviest neighbours, and lets new ones in in place of the lightest', () => {
	const signals = new Signals(null, 0);
	for (let n = 0; n < maxNeighbours; n++) for (let times = 0; times < 2; times++) signals.addNeighbour('boughtWith', `p${n}`, 0);
	const known = new Signals(signals.toRecord(), 0);
	known.addNeighbour('boughtWith', 'new', 2 * halfLifeMs);
	const { boughtWith } = known.toRecord();
	expect(boughtWith).toHaveLength(maxNeighbours);
	expect(boughtWith[0]).toEqual(['new', 1]);
	expect(weight(boughtWith, 'p99')).toBeUndefined();
});

/** What a shop's orders come to, counted by hand. */
async function fill(shop: Shop): Promise<Record<string, number>> {
	const expected: Record<string, number> = {};
	for (let n = 0; n < 40; n++) {
		const goods = [`p${n % 7}`, `p${7 + (n % 5)}`, `p${12 + (n % 30)}`];
		await order(shop, `c${n % 6}@x.example`, goods);
		for (const id of goods) expected[id] = (expected[id] ?? 0) + 1;
	}
	return expected;
}

async function boughtIn(shop: Shop): Promise<Record<string, number>> {
	const ids = Array.from({ length: 42 }, (_, n) => `p${n}`);
	const found = await shop.store.read<ProductSignals>(ids.map(keys.signals));
	return Object.fromEntries(found.flatMap(({ value }, position) => (value ? [[ids[position], value.bought]] : [])));
}

/** A store whose process dies at a commit: before it, or right after it. */
function dying(store: Store, dies: (commit: number) => 'before' | 'after' | null, asleep?: Promise<void>): Store {
	let commits = 0;
	return new Proxy(store, {
		get(target, name: keyof Store) {
			if (name !== 'commit') return (target[name] as (...args: unknown[]) => unknown).bind?.(target) ?? target[name];
			return async (...args: Parameters<Store['commit']>) => {
				await asleep;
				const when = dies(++commits);
				if (when === 'before') throw new Error('killed');
				const result = await target.commit(...args);
				if (when === 'after') throw new Error('killed');
				return result;
			};
		},
	});
}

let server: RedisServer | undefined;
beforeAll(async () => {
	if (findRedisServer() === 'found') server = await RedisServer.start();
});
afterAll(async () => await server?.remove());

describe.each(process.env.SHOP_JOURNEYS_NO_REDIS_TESTS === '1' ? (['sqlite'] as const) : (['sqlite', 'redis'] as const))('folding the log, %s', (driver) => {
	let shop: Shop;
	beforeEach(async () => {
		shop = openShop(driver === 'sqlite' ? ':memory:' : { driver, url: server!.url });
	});
	afterEach(() => shop.hub.close());

	it('neither loses nor repeats anything when its process is killed at any commit', async () => {
		const expected = await fill(shop);
		for (let attempt = 1; attempt <= 40; attempt++) {
			const store = dying(shop.store, (commit) => (commit === (attempt % 3) + 1 ? (attempt % 2 ? 'before' : 'after') : null));
			await foldLog(store, shop.clock, { forMs: Infinity }).catch((error: Error) => expect(error.message).toBe('killed'));
			// The lease of the dead process runs out.
			shop.pass(2 * minuteMs);
		}
		await fold(shop);
		const found = await boughtIn(shop);
		for (const [id, count] of Object.entries(expected)) expect(found[id]).toBeCloseTo(count, 1);
		expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
	});

	it('is done once when many do it at the same time, while orders go on coming', async () => {
		const [first, ...rest] = await Promise.all([fill(shop), ...Array.from({ length: 8 }, () => foldLog(shop.store, shop.clock, { forMs: Infinity }))]);
		expect(rest).toHaveLength(8);
		await Promise.all(Array.from({ length: 5 }, () => foldLog(shop.store, shop.clock, { forMs: Infinity })));
		await fold(shop);
		expect(await boughtIn(shop)).toEqual(first);
	});

	it('yields the same however it is cut into turns', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 4 }), async (turns) => {
				const other = openShop(driver === 'sqlite' ? ':memory:' : { driver, url: server!.url });
				const expected = await fill(other);
				for (const steps of turns) {
					let left = steps;
					await foldLog(other.store, other.clock, { isStopped: () => left-- <= 0, forMs: Infinity });
				}
				await fold(other);
				expect(await boughtIn(other)).toEqual(expected);
				await other.hub.close();
			}),
			{ numRuns: 5 },
		);
	});

	it('is not done twice by a process that was thought dead and wakes up', async () => {
		const expected = await fill(shop);
		await fold(shop);
		await order(shop, 'late@x.example', ['p1']);
		let wake!: () => void;
		const asleep = new Promise<void>((resolve) => (wake = resolve));
		const sleeping = foldLog(dying(shop.store, () => null, asleep), shop.clock, { forMs: Infinity });
		await new Promise((resolve) => setTimeout(resolve, 50));
		shop.pass(2 * minuteMs);
		await fold(shop);
		wake();
		await sleeping;
		await fold(shop);
		expect((await boughtIn(shop)).p1).toBeCloseTo(expected.p1 + 1, 3);
	});
});

describe('product news besides', () => {
	it('are no signals', async () => {
		const shop = openShop();
		await tell(shop, 'pot');
		await fold(shop);
		expect(await signalsOf(shop, 'pot')).toBeNull();
		await shop.hub.close();
	});
});
