import { hourMs, minuteMs } from '../../../lib/model/clock';
import { anna, cartEvent, customerByEmail, customerEvent, openShop, orderEvent, type Shop, waiting } from './shop';

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
