import { hourMs, minuteMs } from '../../../lib/model/clock';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { HistoryKind } from '../../../lib/shops/api';
import { reconcile, reconcileEveryMs, reconcileSoon, reconciliationOf } from '../../../lib/shops/reconcile';
import { mockApiContext, mockShop, type MockShop } from '../../mocks/adapter';
import { customerByEmail, customerEvent, openShop, opening, orderById, orderEvent, type Shop } from '../record/shop';

let shop: Shop;
let there: MockShop;
beforeEach(() => {
	shop = openShop();
	there = mockShop();
});
afterEach(() => shop.hub.close());

const options = (extra: Partial<Parameters<typeof reconcile>[0]> = {}) => ({
	store: shop.store,
	clock: shop.clock,
	record: shop.record,
	api: there.adapter.api,
	context: async () => mockApiContext,
	normalise: { toJourneyMs: (ms: number) => ms, currency: 'EUR', shopUrl: '' },
	...extra,
});

/** Something that changed in the shop and was never delivered. */
function missed(kind: HistoryKind, name: string, changedAtMs = shop.now()): void {
	const customer = { email: `${name}@example.com` };
	const event = kind === 'orders' ? orderEvent(changedAtMs, { orderId: name }, { customer, dedupeId: name }) : customerEvent(changedAtMs, customer, { dedupeId: name });
	there.entries[kind].push({ changedAtMs, event });
}

describe('reconciliation', () => {
	test('records what changed since it was last asked, with an overlap, and leaves what lies before the connection', async () => {
		missed('orders', 'before', opening - hourMs);
		missed('orders', 'just-before', opening - minuteMs);
		await reconcileSoon(shop.store, shop.now());
		expect(await reconcile(options())).toEqual({ found: 1, recorded: 1, duplicate: 0, stale: 0, refused: 0 });
		expect(await orderById(shop, 'before')).toBeNull();
		expect(await orderById(shop, 'just-before')).not.toBeNull();

		shop.pass(reconcileEveryMs);
		missed('orders', 'o1', shop.now() - 30 * minuteMs);
		missed('customers', 'c1', shop.now() - 5 * minuteMs);
		expect(await reconcile(options())).toMatchObject({ found: 3, recorded: 2, duplicate: 1 });
		expect((await customerByEmail(shop, 'o1@example.com'))?.orders.count).toBe(1);
	});

	test('comes once an hour, at once after a start, and repeats nothing that is known', async () => {
		await reconcileSoon(shop.store, shop.now());
		missed('orders', 'o1');
		expect(await reconcile(options())).toMatchObject({ recorded: 1 });
		shop.pass(reconcileEveryMs - minuteMs);
		expect(await reconcile(options())).toBeNull();
		await reconcileSoon(shop.store, shop.now());
		expect(await reconcile(options())).toMatchObject({ found: 1, duplicate: 1, recorded: 0 });
		await reconcileSoon(shop.store, shop.now());
		expect(await reconcile(options())).toMatchObject({ found: 0 });
	});

	test('is done by one process at a time', async () => {
		await reconcileSoon(shop.store, shop.now());
		for (let i = 0; i < 5; i++) missed('customers', `c${i}`);
		const results = await Promise.all([reconcile(options()), reconcile(options())]);
		expect(results.filter((result) => result !== null)).toHaveLength(1);
		expect(there.calls).toEqual(['customers start', 'customers 2', 'customers 4', 'products start', 'orders start']);
	});

	test('goes on where it stopped, and loses nothing that changed meanwhile', async () => {
		await reconcileSoon(shop.store, shop.now());
		for (let i = 0; i < 5; i++) missed('customers', `c${i}`);
		missed('orders', 'o1');
		let pages = 0;
		expect(await reconcile(options({ isStopped: () => ++pages > 2 }))).toBeNull();
		shop.pass(10 * minuteMs);
		missed('orders', 'later');
		there.calls.length = 0;
		expect(await reconcile(options())).toMatchObject({ found: 7, recorded: 7 });
		expect(there.calls[0]).toBe('customers 4');
		// What changed while the round was under way is asked for again by the next one.
		expect((await reconciliationOf(shop.store))?.upToMs).toBe(opening);
	});

	test('of a process that was killed is taken over when its lease has run out, at once after a start', async () => {
		await reconcileSoon(shop.store, shop.now());
		missed('orders', 'o1');
		void reconcile(options({ context: () => new Promise(() => {}) }));
		await new Promise((resolve) => setImmediate(resolve));
		expect(await reconcile(options())).toBeNull();
		await reconcileSoon(shop.store, shop.now());
		expect(await reconcile(options())).toMatchObject({ recorded: 1 });
	});

	test('that fails says why and is tried again from the same page', async () => {
		await reconcileSoon(shop.store, shop.now());
		for (let i = 0; i < 3; i++) missed('orders', `o${i}`);
		there.failures.orders = new ShopJourneysError('SHOP_UNREACHABLE', 'The shop is down');
		await expect(reconcile(options())).rejects.toThrow('The shop is down');
		expect((await reconciliationOf(shop.store))?.failure).toBe('The shop is down');
		expect(await reconcile(options())).toBeNull();
		there.failures = {};
		shop.pass(6 * minuteMs);
		there.calls.length = 0;
		expect(await reconcile(options())).toMatchObject({ recorded: 3 });
		expect(there.calls).toEqual(['orders start', 'orders 2']);
		expect(await reconciliationOf(shop.store)).toEqual({ upToMs: opening, last: { atMs: shop.now(), counts: expect.anything(), refused: [] } });
	});

	test('goes on without a kind that the shop withholds and says so; a shop that withholds everything keeps its place', async () => {
		await reconcileSoon(shop.store, shop.now());
		missed('orders', 'o1');
		there.failures.products = new ShopJourneysError('SHOP_REFUSED', 'The key may not read products');
		expect(await reconcile(options())).toMatchObject({ recorded: 1 });
		expect((await reconciliationOf(shop.store))?.last?.refused).toEqual(['The key may not read products']);

		shop.pass(reconcileEveryMs);
		const refused = new ShopJourneysError('SHOP_REFUSED', 'The key is not known');
		there.failures = { customers: refused, products: refused, orders: refused };
		await expect(reconcile(options())).rejects.toThrow('The key is not known');
		expect((await reconciliationOf(shop.store))?.upToMs).toBe(opening);
		missed('customers', 'c1');
		there.failures = {};
		shop.pass(6 * minuteMs);
		expect(await reconcile(options())).toMatchObject({ recorded: 1 });
	});
});
