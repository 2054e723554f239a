import { spawnSync } from 'node:child_process';
import { hourMs, minuteMs } from '../../../lib/model/clock';
import type { ShopEvent } from '../../../lib/model/events';
import { RedisServer } from '../../contract/suite/redisServer';
import { indexes } from '../../../lib/model/records';
import { anna, cartEvent, countersOf, customerByAccount, customerByEmail, customerEvent, openShop, orderById, orderEvent, type Shop, viewEvent, waiting } from './shop';

let shop: Shop;
beforeEach(async () => {
	shop = openShop();
	await shop.switchOn({});
	shop.pass(hourMs);
});
afterEach(() => shop.hub.close());

describe('deliveries at once', () => {
	it('are recorded once when fifty carry the same event', async () => {
		const event = orderEvent(shop.now(), {}, { customer: anna });
		const outcomes = await Promise.all(Array.from({ length: 50 }, () => shop.record(event)));
		expect(outcomes.filter((outcome) => outcome === 'recorded')).toHaveLength(1);
		expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(49);
		expect((await customerByEmail(shop, 'anna@example.com'))?.orders).toMatchObject({ count: 1, spentMinor: { EUR: 1250 } });
		expect(await shop.store.readCounters('deliveries')).toEqual({ 'test.order_placed': 1 });
	});

	it('make one customer and lose none of two hundred orders', async () => {
		const orders = Array.from({ length: 200 }, (_order, index) => orderEvent(shop.now(), { orderId: `order-${index}`, totalMinor: 100 }, { customer: anna }));
		expect(new Set(await Promise.all(orders.map((order) => shop.record(order))))).toEqual(new Set(['recorded']));
		expect((await customerByEmail(shop, 'anna@example.com'))?.orders).toMatchObject({ count: 200, spentMinor: { EUR: 20_000 } });
	});

	it('leave one enrolment, due by the newest of forty changes', async () => {
		const changes = Array.from({ length: 40 }, (_change, index) => cartEvent(shop.now() - index * minuteMs, {}, { customer: anna }));
		await Promise.all(changes.map((change) => shop.record(change)));
		expect(await waiting(shop, 'carts')).toEqual([{ cart: 'cart-a', dueAtMs: shop.now() + hourMs }]);
	});

	it('keep a no that arrives together with carts', async () => {
		const no = customerEvent(shop.now(), { ...anna, emailConsent: { status: 'unsubscribed', basis: 'unknown', atMs: shop.now() } });
		await Promise.all([...Array.from({ length: 10 }, () => cartEvent(shop.now(), {}, { customer: anna })), no].map((event) => shop.record(event)));
		expect(await waiting(shop, 'carts')).toEqual([]);
	});
});

const hasRedis = spawnSync(process.env.REDIS_SERVER_BIN ?? 'redis-server', ['--version']).status === 0;

/** Orders, views and words on three names of one person, with what proves these to be one in between. */
function storm(nowMs: number): ShopEvent[] {
	const names = [{ email: 'anna@example.com' }, { shopCustomerId: '1' }, { visitorId: 'v1' }];
	const events = Array.from({ length: 60 }, (_event, index) => {
		const customer = names[index % 3];
		if (index % 3 < 2) return orderEvent(nowMs - index, { orderId: `o-${index}`, totalMinor: 100 }, { customer });
		return viewEvent(nowMs - index, { productId: `p-${index}` }, { customer });
	});
	events.splice(15, 0, customerEvent(nowMs, { shopCustomerId: '1', email: 'anna@example.com', emailConsent: { status: 'unsubscribed', basis: 'unknown', atMs: nowMs } }));
	events.splice(30, 0, { ...customerEvent(nowMs, { email: 'anna@example.com', visitorId: 'v1' }), type: 'identified', source: 'tracking' });
	events.push(...Array.from({ length: 10 }, (_cart, index) => cartEvent(nowMs + 2 * minuteMs + index, {}, { customer: names[index % 2] })));
	return events;
}

async function merging(busy: Shop): Promise<void> {
	await busy.switchOn({});
	busy.pass(hourMs);
	const events = storm(busy.now());
	busy.pass(hourMs);
	const work = async () => {
		for (let round = 0; round < 10; round++) await busy.workTasks();
	};
	const [outcomes] = await Promise.all([Promise.all(events.map((event) => busy.record(event))), work()]);
	expect(outcomes).not.toContain('duplicate');
	await busy.workTasks();
	const customer = (await customerByAccount(busy, '1'))!;
	expect(await customerByEmail(busy, 'anna@example.com')).toEqual(customer);
	expect(customer).toMatchObject({ orders: { count: 40, spentMinor: { EUR: 4_000 } }, bought: { items: 40 }, consent: { email: { status: 'unsubscribed' } } });
	expect(await countersOf(busy, customer.id)).toMatchObject({ order_placed: 40, product_viewed: 20, cart_updated: 10, identified: 1, customer_updated: 1 });
	expect(await waiting(busy, 'carts')).toEqual([]);
	for (let index = 0; index < 60; index++) if (index % 3 < 2) expect(await orderById(busy, `o-${index}`)).toMatchObject({ customerId: customer.id });
	const belongings = (await busy.store.walk(indexes.belongings(customer.id), { limit: 100 })).map(({ key }) => key);
	expect(belongings.filter((key) => key.startsWith('order:'))).toHaveLength(40);
	for (const other of customer.merged ?? []) expect(await busy.store.walk(indexes.belongings(other), { limit: 1 })).toEqual([]);
	expect(await busy.store.walk(indexes.tasks, { limit: 1 })).toEqual([]);
}

describe('a merge in the middle of seventy deliveries', () => {
	it('loses nothing of either customer in SQLite', async () => {
		await merging(shop);
	}, 30_000);

	(hasRedis ? it : it.skip)(`loses nothing of either customer in Redis${hasRedis ? '' : ' (skipped: no redis-server)'}`, async () => {
		const server = await RedisServer.start(['--appendonly', 'no']);
		const busy = openShop({ driver: 'redis', url: server.url });
		try {
			await merging(busy);
		} finally {
			await busy.hub.close();
			await server.remove();
		}
	}, 30_000);
});
