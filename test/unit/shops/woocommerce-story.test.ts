import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { type CustomerRecord, type EnrolmentRecord, keys, type OrderRecord, type ProductRecord } from '../../../lib/model/records';
import type { NormaliseContext } from '../../../lib/shops/adapter';
import { historyKinds, type ShopApiContext } from '../../../lib/shops/api';
import { woocommerceAdapter } from '../../../lib/shops/woocommerce';
import { startWooShop, type WooShop } from '../../mocks/woocommerce';
import { checkoutJourney, customerByEmail, opening, openShop, type Shop } from '../record/shop';
import { wooDelivery } from './woocommerce-delivery';

/** The adapter and the recorder together: what a WooCommerce shop does, told by deliveries or found by asking, is known rightly. */

const email = 'guest@customers.example';
const context: NormaliseContext = { toJourneyMs: (wallMs) => wallMs, currency: 'EUR', shopUrl: 'https://shop.example' };
let shop: Shop;
let woo: WooShop;

beforeEach(async () => {
	shop = openShop();
	woo = await startWooShop({ nowMs: () => shop.now() });
});
afterEach(async () => {
	await woo.close();
	await shop.hub.close();
});

/** What the deliveries of this body do. */
async function delivered(topic: string, body: unknown): Promise<string[]> {
	const { events } = woocommerceAdapter.normalise({ ...wooDelivery(topic, JSON.stringify(body)), receivedAtMs: shop.now() }, context);
	const outcomes: string[] = [];
	for (const event of events) outcomes.push(`${event.type}: ${await shop.record(event)}`);
	return outcomes;
}

/** Asks the shop for all that changed since, or for everything. */
async function asked(sinceMs?: number): Promise<string[]> {
	const apiContext: ShopApiContext = {
		credential: woo.credential,
		nowMs: () => shop.now(),
		sleep: async () => undefined,
		http: async ({ url, query }) => {
			const address = new URL(url);
			for (const [name, value] of Object.entries(query ?? {})) address.searchParams.set(name, String(value));
			const answer = await fetch(address);
			return { status: answer.status, headers: Object.fromEntries(answer.headers), body: (await answer.json()) as unknown };
		},
	};
	const recorded: string[] = [];
	for (const kind of historyKinds) {
		for (let cursor: string | null | undefined; cursor !== null; ) {
			const page = await woocommerceAdapter.api!.history(apiContext, kind, { sinceMs, cursor: cursor ?? null, normalise: context });
			for (const event of page.events) if ((await shop.record(sinceMs === undefined ? { ...event, isHistory: true } : event)) === 'recorded') recorded.push(event.type);
			cursor = page.cursor;
		}
	}
	return recorded;
}

const read = async <T>(key: string) => (await shop.store.read<T>([key]))[0].value;
const gmt = () => new Date(shop.now()).toISOString().slice(0, 19);

test('a checkout that was left is reminded of, until it is paid through its link', async () => {
	await shop.switchOn(checkoutJourney);
	const unpaid = { created_via: 'store-api', date_paid_gmt: null, transaction_id: '' };
	const order = await woo.placeOrder({ status: 'checkout-draft', ...unpaid });
	await delivered('order.created', order);
	shop.pass(2 * minuteMs);
	await delivered('order.updated', await woo.update('orders', order.id, { status: 'pending' }));
	const customer = await customerByEmail(shop, email);
	const [id] = Object.keys(customer!.open);
	expect((await read<EnrolmentRecord>(keys.enrolment(id)))?.status).toBe('open');
	expect(customer!.orders.count).toBe(0);

	// An hour later WooCommerce cancels what was not paid: the customer's wish is as it was.
	shop.pass(hourMs);
	await delivered('order.updated', await woo.update('orders', order.id, { status: 'cancelled' }));
	expect((await read<EnrolmentRecord>(keys.enrolment(id)))?.status).toBe('open');

	shop.pass(3 * hourMs);
	await delivered('order.updated', await woo.update('orders', order.id, { status: 'processing', date_paid_gmt: gmt() }));
	expect(await read<EnrolmentRecord>(keys.enrolment(id))).toMatchObject({ status: 'ended', endReason: 'bought' });
	expect((await customerByEmail(shop, email))?.orders).toMatchObject({ count: 1, spentMinor: { EUR: 2000 }, lastAtMs: shop.now() });
});

test('what happened to an order counts once, however often and by whomever it is told', async () => {
	const order = await woo.placeOrder();
	expect(await delivered('order.created', order)).toEqual(['order_placed: recorded', 'order_paid: recorded', expect.stringMatching(/^order_updated: /)]);
	expect(await delivered('order.updated', order)).toEqual(['order_placed: duplicate', 'order_paid: duplicate', 'order_updated: duplicate']);
	shop.pass(10 * dayMs);
	const completed = await woo.update('orders', order.id, { status: 'completed', date_completed_gmt: gmt() });
	expect(await delivered('order.updated', completed)).toEqual(['order_fulfilled: recorded', expect.stringMatching(/^order_updated: /)]);
	shop.pass(dayMs);
	expect((await delivered('order.updated', await woo.refund(order.id, '5.00')))).toContain('order_refunded: recorded');
	expect(await asked(opening)).toEqual([]);
	expect(await asked()).toEqual([]);
	expect(await read<OrderRecord>(keys.order(String(order.id)))).toMatchObject({ refundedMinor: 500, paidAtMs: opening, fulfilledAtMs: opening + 10 * dayMs });
	expect((await customerByEmail(shop, email))?.orders).toMatchObject({ count: 1, spentMinor: { EUR: 1500 } });
});

test('deliveries in the wrong order leave the same order behind', async () => {
	const order = structuredClone(await woo.placeOrder({ status: 'on-hold', payment_method: 'bacs', date_paid_gmt: null, transaction_id: '' }));
	shop.pass(dayMs);
	const paid = structuredClone(await woo.update('orders', order.id, { status: 'processing', date_paid_gmt: gmt() }));
	await delivered('order.updated', paid);
	await delivered('order.created', order);
	expect(await read<OrderRecord>(keys.order(String(order.id)))).toMatchObject({ paymentStatus: 'paid', awaitsPayment: false, paidAtMs: opening + dayMs, placedAtMs: opening });
	expect((await customerByEmail(shop, email))?.orders.count).toBe(1);
});

test('asking finds what no delivery told, and what was imported is the same as what was delivered', async () => {
	const account = await woo.addCustomer({ email: 'ida@customers.example' });
	const cup = await woo.addProduct({ stock_quantity: 0, stock_status: 'outofstock' });
	await woo.placeOrder({ customer_id: account.id, billing: { ...(account.billing as object), email: 'ida@customers.example' } });
	shop.pass(minuteMs);
	expect(await asked(opening)).toEqual(expect.arrayContaining(['customer_created', 'product_updated', 'order_placed', 'order_paid']));
	expect(await customerByEmail(shop, 'ida@customers.example')).toMatchObject({ shopCustomerId: String(account.id), hasAccount: true, orders: { count: 1 } } satisfies Partial<Record<keyof CustomerRecord, unknown>>);
	expect((await read<ProductRecord>(keys.product(String(cup.id))))?.variants?.[0].stock).toBe(0);
	expect(await asked(opening)).toEqual([]);
});

test('the stock of a variation is known from its own delivery and from asking', async () => {
	const tea = await woo.addProduct();
	const small = await woo.addVariation(tea.id, { stock_quantity: 4 });
	const large = await woo.addVariation(tea.id, { stock_quantity: 9 });
	await asked();
	shop.pass(hourMs);
	await delivered('product.updated', { ...small, ...{ name: 'Tea', permalink: 'https://shop.example/product/tea/', type: 'variation', parent_id: tea.id, stock_quantity: 3, date_modified_gmt: gmt() } });
	const stock = (await read<ProductRecord>(keys.product(String(tea.id))))?.variants?.map((variant) => [variant.variantId, variant.stock]);
	expect(stock).toEqual([[String(small.id), 3], [String(large.id), 9]]);
});

test('an account that was deleted is forgotten', async () => {
	const account = await woo.addCustomer({ email: 'ida@customers.example' });
	await delivered('customer.created', account);
	shop.pass(dayMs);
	await delivered('customer.deleted', { id: account.id });
	expect(await customerByEmail(shop, 'ida@customers.example')).toBeNull();
});
