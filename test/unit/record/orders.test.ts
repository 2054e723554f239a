import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { anna, ben, cartEvent, checkoutEvent, checkoutJourney, customerByEmail, enrolmentOf, openShop, orderById, orderEvent, type Shop, waiting } from './shop';

let shop: Shop;

beforeEach(async () => {
	shop = openShop();
	await shop.switchOn({});
	await shop.switchOn(checkoutJourney);
	shop.pass(hourMs);
});
afterEach(() => shop.hub.close());

const totals = async (email = 'anna@example.com') => (await customerByEmail(shop, email))?.orders;
const placed = (extra = {}) => orderEvent(shop.now(), { totalMinor: 10_000, ...extra }, { customer: anna });
const changed = (extra: object) => orderEvent(shop.now(), { totalMinor: 10_000, updatedAtMs: shop.now() + minuteMs, ...extra }, { customer: anna, type: 'order_updated' });

describe('what a customer has bought', () => {
	it('adds up over orders, each currency by itself', async () => {
		await shop.record(placed());
		await shop.record(placed({ orderId: 'order-2', totalMinor: 500 }));
		await shop.record(placed({ orderId: 'order-3', totalMinor: 700, currency: 'JPY', placedAtMs: shop.now() - dayMs }));
		expect(await totals()).toEqual({ count: 3, spentMinor: { EUR: 10_500, JPY: 700 }, firstAtMs: shop.now() - dayMs, lastAtMs: shop.now() });
	});

	it('counts an order once, however many deliveries tell of it', async () => {
		for (const type of ['order_placed', 'order_paid', 'order_updated'] as const) await shop.record({ ...placed(), type });
		expect(await totals()).toMatchObject({ count: 1, spentMinor: { EUR: 10_000 } });
	});

	it('loses what was refunded, and everything once cancelled', async () => {
		await shop.record(placed());
		await shop.record(changed({ refundedMinor: 2_500 }));
		expect(await totals()).toMatchObject({ count: 1, spentMinor: { EUR: 7_500 } });
		await shop.record(changed({ refundedMinor: 10_000, cancelledAtMs: shop.now(), updatedAtMs: shop.now() + 2 * minuteMs }));
		expect(await totals()).toMatchObject({ count: 0, spentMinor: { EUR: 0 } });
	});

	it('is the same when the cancellation arrives before the order', async () => {
		await shop.record(changed({ cancelledAtMs: shop.now() }));
		await shop.record(placed());
		expect(await totals()).toMatchObject({ count: 0, spentMinor: { EUR: 0 } });
		expect(await orderById(shop, 'order-1')).toMatchObject({ cancelledAtMs: shop.now() });
	});

	it('moves along when an order turns out to be somebody else’s', async () => {
		await shop.record(placed());
		await shop.record({ ...changed({}), customer: ben });
		expect(await totals()).toMatchObject({ count: 0, spentMinor: { EUR: 0 } });
		expect(await totals('ben@example.com')).toMatchObject({ count: 1, spentMinor: { EUR: 10_000 } });
	});

	it('stays with its customer when a delivery that names another arrives late', async () => {
		await shop.record(changed({}));
		await shop.record({ ...placed(), customer: ben });
		expect(await totals()).toMatchObject({ count: 1 });
		expect(await totals('ben@example.com')).toMatchObject({ count: 0 });
	});

	it('changes currency without leaving the old amount behind', async () => {
		await shop.record(placed());
		await shop.record(changed({ currency: 'CHF', totalMinor: 9_000 }));
		expect(await totals()).toMatchObject({ count: 1, spentMinor: { EUR: 0, CHF: 9_000 } });
	});
});

describe('an order', () => {
	it('keeps of each field the latest word, in whatever order three updates arrive', async () => {
		const at = (minutes: number, facts: object) => orderEvent(shop.now(), { updatedAtMs: shop.now() + minutes * minuteMs, ...facts });
		const updates = [at(1, { paymentStatus: 'pending' }), at(2, { paymentStatus: 'paid' }), at(3, { fulfilmentStatus: 'fulfilled' })];
		for (const index of [2, 0, 1]) await shop.record(updates[index]);
		expect(await orderById(shop, 'order-1')).toMatchObject({ paymentStatus: 'paid', fulfilmentStatus: 'fulfilled', updatedAtMs: shop.now() + 3 * minuteMs });
	});

	it('ends the journeys of its customer, whichever cart they are about', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		shop.pass(10 * minuteMs);
		await shop.record(placed());
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'ended', endReason: 'bought' });
	});

	it('ends the journey of its cart when a guest bought it under another address', async () => {
		await shop.record(checkoutEvent(shop.now(), {}, { customer: anna }));
		shop.pass(10 * minuteMs);
		await shop.record({ ...placed({ checkoutToken: 'checkout-a' }), customer: ben });
		expect(await enrolmentOf(shop, 'checkouts')).toMatchObject({ status: 'ended', endReason: 'bought' });
		expect((await customerByEmail(shop, 'anna@example.com'))?.open).toEqual({});
	});

	it('keeps a cart of the purchase out that is delivered after it', async () => {
		const cart = cartEvent(shop.now(), {}, { customer: anna });
		shop.pass(10 * minuteMs);
		await shop.record(placed({ cartToken: 'cart-a' }));
		await shop.record(cart);
		await shop.record(cartEvent(shop.now() + minuteMs, {}, { customer: anna }));
		expect(await waiting(shop, 'carts')).toEqual([]);
	});

	it('of last week, updated now, does not end the journey of today’s cart', async () => {
		const lastWeekMs = shop.now() - 7 * dayMs;
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		await shop.record(orderEvent(lastWeekMs, { updatedAtMs: shop.now(), fulfilledAtMs: shop.now() }, { customer: anna, type: 'order_fulfilled' }));
		expect(await waiting(shop, 'carts')).toHaveLength(1);
	});

	it('is not followed by a reminder of what the shop clears up within the next minute', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		shop.pass(10 * minuteMs);
		await shop.record(placed());
		shop.pass(30_000);
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		expect(await waiting(shop, 'carts')).toEqual([]);
	});

	it.each(['order first', 'cart first'])('leaves a cart alone that was touched well after it (%s)', async (first) => {
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		shop.pass(10 * minuteMs);
		const order = placed();
		shop.pass(10 * minuteMs);
		const cart = cartEvent(shop.now(), {}, { customer: anna });
		for (const event of first === 'order first' ? [order, cart] : [cart, order]) await shop.record(event);
		expect(await waiting(shop, 'carts')).toEqual([{ cart: 'cart-a', dueAtMs: shop.now() + hourMs }]);
	});

	it('without its customer known still closes its cart', async () => {
		await shop.record(checkoutEvent(shop.now(), {}, { customer: anna }));
		await shop.record(orderEvent(shop.now(), { cartToken: 'cart-a' }));
		expect(await waiting(shop, 'checkouts')).toEqual([]);
	});
});
