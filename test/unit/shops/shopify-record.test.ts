import { keys } from '../../../lib/model/records';
import type { CustomerRecord, OrderRecord, ProductRecord } from '../../../lib/model/records';
import { shopifyAdapter } from '../../../lib/shops/shopify';
import { historyKinds } from '../../../lib/shops/api';
import { customerNode, lineNode, money, orderNode, productNode, variantNode } from '../../mocks/shopify-data';
import { openShop, type Shop } from '../record/shop';
import { context as normalise, fixture } from './context';
import { changed, normalise as fromWebhook } from './shopify-delivery';
import { closeShops, type Visit, visit } from './shopify-shop';

const maraId = '6940000000000000777';
const orderId = '5620000000000000321';

/** What Shopify holds of Mara's order. */
const held = () => ({
	customers: [customerNode(1, { id: `gid://shopify/Customer/${maraId}`, state: 'ENABLED', defaultEmailAddress: { emailAddress: 'mara.lind@customers.example', marketingState: 'SUBSCRIBED', marketingOptInLevel: 'SINGLE_OPT_IN', marketingUpdatedAt: '2025-02-11T08:00:00Z' } })],
	products: [productNode(1, { id: 'gid://shopify/Product/7310000000000000123', variants: [variantNode(1, { id: 'gid://shopify/ProductVariant/51200000000000017', inventoryQuantity: 0 }), variantNode(2)] })],
	orders: [
		orderNode(1, {
			id: `gid://shopify/Order/${orderId}`,
			name: '#2044',
			cartToken: 'hWN2bmtoZXk4MTQ',
			totalPriceSet: money('62.7'),
			displayFinancialStatus: 'PAID',
			transactions: [{ kind: 'SALE', status: 'SUCCESS', processedAt: '2025-03-01T09:41:11Z' }],
			customer: { id: `gid://shopify/Customer/${maraId}`, firstName: 'Mara', lastName: 'Lind', state: 'ENABLED', defaultEmailAddress: { emailAddress: 'mara.lind@customers.example' }, defaultPhoneNumber: null, defaultAddress: null },
			lineItems: [lineNode(1, { quantity: 2 })],
		}),
	],
});

async function bring(shop: Shop, { context }: Visit, sinceMs?: number): Promise<void> {
	for (const kind of historyKinds) {
		let cursor: string | null = null;
		do {
			const page = await shopifyAdapter.api!.history(context, kind, { cursor, normalise, ...(sinceMs !== undefined && { sinceMs }) });
			for (const event of page.events) await shop.record({ ...event, ...(sinceMs === undefined && { isHistory: true }) });
			cursor = page.cursor;
		} while (cursor !== null);
	}
}

async function read<T>(shop: Shop, key: string): Promise<T | null> {
	return (await shop.store.read<T & object>([key]))[0].value;
}

const mara = async (shop: Shop) => {
	const [alias] = await shop.store.read<{ id: string }>([keys.alias('shop-customer', maraId)]);
	return await read<CustomerRecord>(shop, keys.customer(alias.value!.id));
};

afterEach(closeShops);

describe('Shopify’s webhooks and history in one store', () => {
	const deliver = async (shop: Shop, topic: string, body: string | Buffer) => {
		for (const event of fromWebhook(topic, body).events) await shop.record(event);
	};

	it.each([
		['history first', ['history', 'webhooks']],
		['webhooks first', ['webhooks', 'history']],
		['both twice', ['webhooks', 'history', 'history', 'webhooks']],
		['missed changes last', ['webhooks', 'missed', 'missed']],
	])('count an order once: %s', async (_, steps) => {
		const shop = openShop();
		const place = await visit(held());
		for (const step of steps) {
			if (step === 'webhooks') {
				await deliver(shop, 'orders/create', changed('order.json', ['"pending"', '"paid"']));
				await deliver(shop, 'customers/update', fixture('shopify/customer.json'));
			} else await bring(shop, place, step === 'missed' ? Date.parse('2024-01-01T00:00:00Z') : undefined);
		}
		expect(await mara(shop)).toMatchObject({
			email: 'mara.lind@customers.example',
			orders: { count: 1, spentMinor: { EUR: 6270 } },
			consent: { email: { status: 'subscribed' } },
		});
		expect(await read<OrderRecord>(shop, keys.order(orderId))).toMatchObject({ totalMinor: 6270, cartToken: 'hWN2bmtoZXk4MTQ', paymentStatus: 'paid' });
	});

	it('learn of an arrival from a carrier that knows the order by its id only', async () => {
		const shop = openShop();
		await bring(shop, await visit(held()));
		const carrier = `{"id":9,"fulfillment_id":41,"order_id":${orderId},"status":"delivered","happened_at":"2025-03-05T07:55:00Z","admin_graphql_api_id":"gid://shopify/FulfillmentEvent/9"}`;
		await deliver(shop, 'fulfillment_events/create', carrier);
		const order = await read<OrderRecord>(shop, keys.order(orderId));
		expect(order).toMatchObject({ deliveredAtMs: normalise.toJourneyMs(Date.parse('2025-03-05T07:55:00Z')), totalMinor: 6270 });
	});

	it('learn of the stock of one variant and keep the others', async () => {
		const shop = openShop();
		await bring(shop, await visit(held()));
		await deliver(shop, 'variants/in_stock', '{"id":51200000000000017,"product_id":7310000000000000123,"title":"Variant 1","price":"13.90","inventory_policy":"deny","inventory_quantity":12}');
		const product = await read<ProductRecord>(shop, keys.product('7310000000000000123'));
		expect(product?.variants?.map(({ variantId, stock }) => [variantId, stock])).toEqual([['51200000000000017', 12], ['2', 5]]);
		expect(product?.title).toBe('Product 1');
	});

	it('have the whole product although a variant told of its stock first', async () => {
		const shop = openShop();
		await deliver(shop, 'variants/in_stock', '{"id":51200000000000017,"product_id":7310000000000000123,"title":"Whole beans","price":"13.90","inventory_policy":"deny","inventory_quantity":12}');
		await deliver(shop, 'products/update', changed('product.json', ['2025-02-20T12:00:00+01:00', '2025-03-09T23:59:58Z'], ['"inventory_quantity":-2', '"inventory_quantity":12']));
		const product = await read<ProductRecord>(shop, keys.product('7310000000000000123'));
		expect(product).toMatchObject({ title: 'Harbour Roast', variants: [{ stock: 12 }, {}, {}] });
	});
});
