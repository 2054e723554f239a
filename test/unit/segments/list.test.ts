import { dayMs } from '../../../lib/model/clock';
import type { Condition } from '../../../lib/model/conditions';
import { type CustomerRecord, type HistoryRecord, keys } from '../../../lib/model/records';
import { indexChanges, indexEntries, isListed } from '../../../lib/segments/indexes';
import { countSegment, listSegment, walkSegment } from '../../../lib/segments/list';
import { countLimit, planListing } from '../../../lib/segments/plan';
import { openStore } from '../../../lib/store/open';
import type { Store, StoreConfig, StoreHub } from '../../../lib/store/store';
import { transact } from '../../../lib/store/transaction';
import { findRedisServer, RedisServer } from '../../contract/suite/redisServer';
import { anna, customerByEmail, customerEvent, openShop, orderEvent, tea } from '../record/shop';
import { now, Random, randomCustomer, randomHistory, randomMeaning, settings } from './random';

const options = { ...settings, nowMs: now };
const bare = (id: string): CustomerRecord => ({ id, createdAtMs: 0, profileAtMs: 0, email: `${id}@example.com`, consent: {}, orders: { count: 0, spentMinor: {} }, open: {} });

/** Writes customers, and what they did, as everything does that changes them. */
async function save(store: Store, customers: CustomerRecord[], histories = new Map<string, HistoryRecord | null>()): Promise<void> {
	const one = (customer: CustomerRecord) =>
		transact(store, async (tx) => {
			await tx.load([keys.customer(customer.id), keys.history(customer.id)]);
			tx.set(keys.customer(customer.id), customer);
			const history = histories.get(customer.id);
			if (history) tx.set(keys.history(customer.id), history);
			await indexChanges(tx);
		});
	for (let start = 0; start < customers.length; start += 100) await Promise.all(customers.slice(start, start + 100).map(one));
}

const ids = (customers: CustomerRecord[]) => customers.map(({ id }) => id).toSorted();

const drivers: Array<[string, () => Promise<{ config: StoreConfig; stop(): Promise<void> }>]> = [
	['SQLite', async () => ({ config: { driver: 'sqlite', file: ':memory:' }, stop: async () => undefined })],
	...(findRedisServer() === 'found'
		? [
				[
					'Redis',
					async () => {
						const server = await RedisServer.start();
						return { config: { driver: 'redis' as const, url: server.url }, stop: async () => await server.remove() };
					},
				] as (typeof drivers)[number],
			]
		: []),
];

describe.each(drivers)('listing the customers of a segment: %s', (_driver, start) => {
	let hub: StoreHub;
	let stop: () => Promise<void>;
	let scopes = 0;
	const newStore = () => hub.scope(`segments-${++scopes}`);
	beforeAll(async () => {
		const started = await start();
		hub = openStore(started.config);
		stop = started.stop;
	}, 30_000);
	afterAll(async () => {
		await hub.close();
		await stop();
	});

	it('finds whom a look at everybody finds, for any condition', async () => {
		const seed = Date.now() % 2 ** 31;
		const random = new Random(seed);
		const store = newStore();
		const customers = Array.from({ length: 600 }, (_, number) => randomCustomer(random, `c${number}`));
		const histories = new Map(customers.map(({ id }) => [id, randomHistory(random)]));
		await save(store, customers, histories);
		// Written again as somebody else, some only now reachable: what stood in the indexes before must not stay.
		const changed = customers.filter((_, number) => number % 2 === 0).map(({ id }) => randomCustomer(random, id));
		await save(store, changed);
		const after = new Map([...customers, ...changed].map((customer) => [customer.id, customer]));
		for (let position = 0; position < 110; position++) {
			const { condition, holds } = randomMeaning(random, position);
			const expected = [...after.values()].filter((customer) => isListed(customer) && holds(customer, histories.get(customer.id) ?? null));
			const { customers: found } = await listSegment(store, condition, { ...options, limit: 1_000 });
			expect({ seed, condition, found: ids(found) }).toEqual({ seed, condition, found: ids(expected) });
		}
	}, 60_000);

	it('reads no more than the smaller of two ranges, and only who stands in both where both are small', async () => {
		const store = newStore();
		const customers = Array.from({ length: 2_000 }, (_, n): CustomerRecord => ({ ...bare(`c${n}`), country: n % 30 === 0 ? 'AT' : 'DE', orders: { count: n % 40 === 0 ? 9 : 1, spentMinor: {} }, tags: n % 2 ? ['odd'] : ['even'] }));
		await save(store, customers);
		const both: Condition = { all: [{ field: 'tags', op: 'includes', value: 'even' }, { field: 'country', op: 'is', value: 'AT' }, { field: 'orders.count', op: 'at_least', value: 5 }] };
		const listing = await listSegment(store, both, { ...options, limit: 1_000 });
		expect(listing.customers).toHaveLength(17);
		expect(listing.documentsRead).toBe(17);
		const large: Condition = { all: [{ field: 'country', op: 'is', value: 'DE' }, { field: 'tags', op: 'includes', value: 'odd' }, { field: 'orders.count', op: 'more_than', value: 1 }] };
		expect((await planListing(store, large, options)).branches[0].ranges).toEqual([{ index: 'customers:orders.count', from: 2, to: Infinity }]);
	}, 30_000);

	it('counts at most a thousand entries of an index while it chooses', async () => {
		const store = newStore();
		const limits: number[] = [];
		const counting = new Proxy(store, {
			get: (target, name: keyof Store) =>
				name === 'count'
					? (index: string, range: { from?: number; to?: number; limit: number }) => {
							limits.push(range.limit);
							return target.count(index, range);
						}
					: (target[name] as (...args: unknown[]) => unknown).bind(target),
		});
		await listSegment(counting, { any: [{ field: 'orders.count', op: 'at_least', value: 1 }, { field: 'country', op: 'one_of', value: ['at', 'de'] }] }, { ...options, limit: 1 });
		expect(limits).toHaveLength(3);
		expect(Math.max(...limits)).toBeLessThanOrEqual(countLimit);
	});

	it('tells by a few customers which of two large groups is the smaller, and reads none of them twice', async () => {
		const store = newStore();
		await save(store, Array.from({ length: 3_600 }, (_, n) => ({ ...bare(`c${n}`), country: 'AT', tags: n % 3 ? [] : ['vip'], firstName: n % 2 ? 'Mia' : 'Ben' })));
		const condition: Condition = { all: [{ all: [{ field: 'country', op: 'is', value: 'AT' }] }, { field: 'tags', op: 'includes', value: 'vip' }, { field: 'firstName', op: 'is', value: 'Mia' }] };
		const { customers, documentsRead } = await listSegment(store, condition, { ...options, limit: 1_000 });
		expect(new Set(ids(customers)).size).toBe(600);
		expect(customers).toHaveLength(600);
		expect(documentsRead).toBeLessThanOrEqual(1_200 + 30);
	}, 30_000);

	it('stops when it has enough, and reads little more', async () => {
		const store = newStore();
		await save(store, Array.from({ length: 1_500 }, (_, n) => ({ ...bare(`c${n}`), tags: n % 3 ? [] : ['vip'] })));
		const { customers, documentsRead } = await listSegment(store, { field: 'tags', op: 'includes', value: 'vip' }, { ...options, limit: 100 });
		expect([customers.length, new Set(ids(customers)).size, documentsRead]).toEqual([100, 100, 100]);
		expect(await countSegment(store, { field: 'tags', op: 'includes', value: 'vip' }, options)).toBe(500);
	}, 30_000);

	it('puts them in the order of a fact, those who have none last', async () => {
		const store = newStore();
		const amounts = [300, undefined, 100, 500, 200];
		await save(store, amounts.map((lastAtMs, n) => ({ ...bare(`c${n}`), orders: { count: 1, spentMinor: {}, lastAtMs } })));
		const list = async (descending: boolean, limit = 9) => (await listSegment(store, { field: 'orders.count', op: 'is', value: 1 }, { ...options, limit, order: { field: 'orders.last', descending } })).customers.map(({ id }) => id);
		expect([await list(false), await list(true), await list(true, 2)]).toEqual([['c2', 'c4', 'c0', 'c3', 'c1'], ['c3', 'c0', 'c4', 'c2', 'c1'], ['c3', 'c0']]);
		await expect(listSegment(store, { field: 'email', op: 'is_set' }, { ...options, limit: 1, order: { field: 'tags', descending: false } })).rejects.toMatchObject({ code: 'CONDITION_INVALID' });
	});

	it('meets each customer once, though several ranges hold them', async () => {
		const store = newStore();
		await save(store, Array.from({ length: 50 }, (_, n) => ({ ...bare(`c${n}`), country: 'AT', tags: ['a', 'b'] })));
		const found: string[] = [];
		for await (const batch of walkSegment(store, { any: [{ field: 'tags', op: 'includes', value: ['a', 'b'] }, { field: 'country', op: 'is', value: 'at' }] }, options)) found.push(...ids(batch));
		expect([found.length, new Set(found).size]).toEqual([50, 50]);
	});

	it('reads what customers did only of those who are possible without it', async () => {
		const store = newStore();
		const history: HistoryRecord = { days: { [Math.floor(now / dayMs)]: { searched: 1 } }, recent: [] };
		const customers = Array.from({ length: 40 }, (_, n) => ({ ...bare(`c${n}`), city: n < 4 ? 'Linz' : 'Graz' }));
		await save(store, customers, new Map(customers.map(({ id }) => [id, history])));
		const { customers: found, documentsRead } = await listSegment(store, { all: [{ field: 'city', op: 'starts_with', value: 'li' }, { event: 'searched', times: 'at_least', count: 1, withinDays: 1 }] }, { ...options, limit: 100 });
		expect([found.length, documentsRead]).toEqual([4, 44]);
	});
});

describe('the indexes of customers', () => {
	it('hold nobody who cannot be reached and has no account, nor the erased and the merged', () => {
		const listed = (change: Partial<CustomerRecord>) => indexEntries({ ...bare('a'), ...change }).size > 0;
		expect([listed({}), listed({ email: undefined }), listed({ email: undefined, hasAccount: true }), listed({ erasedAtMs: 1 }), listed({ mergedInto: 'b' })]).toEqual([true, false, true, false, false]);
	});

	it('stay bounded, so that a change of everything fits into one commit', () => {
		const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
		const full = (count: number, prefix: string): CustomerRecord => ({
			...randomCustomer(new Random(1), 'a'),
			email: 'a@example.com',
			tags: many(count, (n) => `${prefix}tag${n}`),
			children: many(count, (n) => ({ birthday: `2020-01-${String((n % 28) + 1).padStart(2, '0')}` })),
			bought: {
				items: 1,
				saleItems: 0,
				categories: Object.fromEntries(many(count, (n) => [`${prefix}${n}`, { items: 1, lastAtMs: 0 }])),
				products: Object.fromEntries(many(count, (n) => [`${prefix}${n}`, { items: 1, lastAtMs: 0 }])),
			},
		});
		expect(indexEntries(full(24, 'a')).size).toBeLessThan(100);
		expect(indexEntries(full(200, 'a')).size).toBeLessThan(30);
		const names = new Set([...indexEntries(full(24, 'a')).keys(), ...indexEntries(full(24, 'b')).keys()]);
		expect(names.size).toBeLessThan(200);
	});

	it('take words that no index could be named by', () => {
		const entries = indexEntries({ ...bare('a'), city: `\0${'😀'.repeat(300)}`, tags: ['', ' '] });
		for (const name of entries.keys()) {
			expect(Buffer.byteLength(name)).toBeLessThanOrEqual(500);
			expect(name.isWellFormed() && !name.includes('\0')).toBe(true);
		}
	});

	it('are written with what is recorded, and emptied by an erasure', async () => {
		const shop = openShop();
		await shop.record(customerEvent(shop.now(), { ...anna, country: 'AT', emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: shop.now() } }));
		await shop.record(orderEvent(shop.now(), { items: [tea] }, { customer: anna }));
		const list = async (condition: Condition) => (await listSegment(shop.store, condition, { currency: 'EUR', timezone: 'UTC', nowMs: shop.now(), limit: 10 })).customers.map(({ email }) => email);
		const conditions: Condition[] = [
			{ field: 'country', op: 'is', value: 'at' },
			{ field: 'orders.count', op: 'at_least', value: 1 },
			{ field: 'orders.spent', op: 'at_least', value: 1_250 },
			{ field: 'consent.email', op: 'is', value: 'subscribed' },
		];
		for (const condition of conditions) expect([condition, await list(condition)]).toEqual([condition, ['anna@example.com']]);
		const { id } = (await customerByEmail(shop, 'anna@example.com'))!;
		await shop.record(customerEvent(shop.now(), anna, { type: 'customer_erased' }));
		for (const condition of conditions) expect([condition, await list(condition)]).toEqual([condition, []]);
		const entries = await Promise.all(['created', 'country=at', 'orders.count', 'orders.last'].map((fact) => shop.store.walk(`customers:${fact}`, { limit: 10 })));
		expect(entries.flat().filter(({ key }) => key === keys.customer(id))).toEqual([]);
	});
});
