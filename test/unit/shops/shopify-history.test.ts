import { isShopJourneysError, type ShopJourneysError } from '../../../lib/model/errors';
import type { ShopEvent } from '../../../lib/model/events';
import type { HistoryKind, HistoryPage, ShopApiContext } from '../../../lib/shops/api';
import { shopifyAdapter } from '../../../lib/shops/shopify';
import type { Node } from '../../mocks/shopify';
import { addressNode, customerNode, lineNode, money, orderNode, picture, productNode, variantNode } from '../../mocks/shopify-data';
import { at, context as normalise, fixture } from './context';
import { changed, normalise as fromWebhook } from './shopify-delivery';
import { closeShops, visit } from './shopify-shop';

afterEach(closeShops);

const page = (context: ShopApiContext, kind: HistoryKind, cursor: string | null = null, sinceMs?: number) => shopifyAdapter.api!.history(context, kind, { cursor, normalise, ...(sinceMs !== undefined && { sinceMs }) });

/** All pages of a kind. */
async function all(context: ShopApiContext, kind: HistoryKind, sinceMs?: number): Promise<HistoryPage[]> {
	const pages = [await page(context, kind, null, sinceMs)];
	while (pages.at(-1)!.cursor !== null) pages.push(await page(context, kind, pages.at(-1)!.cursor, sinceMs));
	return pages;
}

async function refused(asking: Promise<unknown>): Promise<ShopJourneysError> {
	const error: unknown = await asking.then(() => undefined, (reason: unknown) => reason);
	if (!isShopJourneysError(error)) throw error ?? new Error('Nothing was refused');
	return error;
}

const types = (events: ShopEvent[]) => events.map(({ type }) => type);
const many = <T>(count: number, make: (number: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index + 1));

/** The order of the fixture, as the Admin API holds it. */
const mara = (overrides: Node = {}): Node =>
	orderNode(1, {
		id: 'gid://shopify/Order/5620000000000000321',
		name: '#2044',
		email: 'mara.lind@customers.example',
		customerAcceptsMarketing: true,
		cartToken: 'hWN2bmtoZXk4MTQ',
		discountCodes: ['SPRING-4K2P'],
		paymentGatewayNames: [],
		statusPageUrl: null,
		totalPriceSet: money('62.7'),
		billingAddress: addressNode({ firstName: 'Mara', lastName: 'Lind', zip: null }),
		shippingAddress: addressNode({ firstName: 'Gift', lastName: 'Taker', city: 'Wien', zip: null, countryCodeV2: 'AT' }),
		customer: {
			id: 'gid://shopify/Customer/6940000000000000777',
			firstName: 'Mara',
			lastName: 'Lind',
			state: null,
			defaultEmailAddress: { emailAddress: 'mara.lind@customers.example' },
			defaultPhoneNumber: { phoneNumber: '+4930555012' },
			defaultAddress: addressNode({ zip: null }),
		},
		lineItems: [
			lineNode(1, {
				title: 'Harbour Roast',
				variantTitle: 'Whole beans',
				sku: 'HR-500-W',
				quantity: 2,
				product: { id: 'gid://shopify/Product/7310000000000000123' },
				variant: { id: 'gid://shopify/ProductVariant/51200000000000017' },
				discountAllocations: [{ allocatedAmountSet: money('4.0') }],
			}),
			lineNode(2, { title: 'Tip', product: null, variant: null, originalUnitPriceSet: money('2.0') }),
		],
		...overrides,
	});

/** Without what only one of the two tells: the token of the checkout, and how deliveries are ordered. */
const facts = ({ order, customer }: ShopEvent) => ({ order: { ...order, checkoutToken: undefined }, customer });

describe('one order, told by webhook and by the API', () => {
	const told = async (overrides: Node = {}) => {
		const { context } = await visit({ orders: [mara(overrides)] });
		return (await page(context, 'orders')).events;
	};

	it('has the same facts while it is new', async () => {
		const [byWebhook] = fromWebhook('orders/create', fixture('shopify/order.json')).events;
		const events = await told();
		expect(types(events)).toEqual(['order_placed', 'order_updated']);
		expect(facts(events[0])).toEqual(facts(byWebhook));
		expect(events[0]).toMatchObject({ dedupeId: byWebhook.dedupeId, occurredAtMs: byWebhook.occurredAtMs, source: 'shopify' });
	});

	it('has the same facts when it was paid by instalments, sent, delivered, refunded and cancelled', async () => {
		const text = changed(
			'order.json',
			['"pending"', '"partially_refunded"'],
			['"fulfillment_status":null', '"fulfillment_status":"fulfilled"'],
			['"cancelled_at":null', '"cancelled_at":"2025-03-08T08:00:00+01:00"'],
			['10:41:13+01:00', '18:00:00+01:00'],
			['"refunds":[]', `"refunds":[${fixture('shopify/refund.json').toString()}],"payment_terms":{"payment_schedules":[{"due_at":"2025-03-31T00:00:00Z","completed_at":"2025-03-02T00:00:00Z"}]},"payment_gateway_names":["Bank Deposit"],"order_status_url":"https://quay.myshopify.example/orders/1"`],
			['"fulfillments":[]', '"fulfillments":[{"status":"success","shipment_status":"delivered","created_at":"2025-03-03T07:00:00Z","updated_at":"2025-03-05T07:00:00Z"}]'],
		);
		const byWebhook = fromWebhook('orders/updated', text).events;
		const [byRefund] = fromWebhook('refunds/create', fixture('shopify/refund.json')).events;
		const events = await told({
			updatedAt: '2025-03-01T17:00:00Z',
			cancelledAt: '2025-03-08T07:00:00Z',
			displayFinancialStatus: 'PARTIALLY_REFUNDED',
			displayFulfillmentStatus: 'FULFILLED',
			statusPageUrl: 'https://quay.myshopify.example/orders/1',
			paymentGatewayNames: ['Bank Deposit'],
			paymentTerms: { paymentSchedules: [{ id: 1, dueAt: '2025-03-31T00:00:00Z', completedAt: '2025-03-02T00:00:00Z' }] },
			transactions: [
				{ kind: 'AUTHORIZATION', status: 'SUCCESS', processedAt: '2025-03-01T10:00:00Z' },
				{ kind: 'CAPTURE', status: 'FAILURE', processedAt: '2025-03-04T10:00:00Z' },
				{ kind: 'CAPTURE', status: 'SUCCESS', processedAt: '2025-03-02T10:00:00Z' },
			],
			fulfillments: [{ status: 'SUCCESS', displayStatus: 'DELIVERED', createdAt: '2025-03-03T07:00:00Z', updatedAt: '2025-03-05T07:00:00Z', deliveredAt: '2025-03-05T07:00:00Z' }],
			refunds: [
				{
					id: 'gid://shopify/Refund/930000000000000055',
					createdAt: '2025-03-09T07:00:00Z',
					transactions: [{ id: 1, kind: 'REFUND', status: 'SUCCESS', processedAt: '2025-03-09T07:00:00Z', amountSet: money('11.9') }],
					refundLineItems: [{ id: 1, quantity: 1, subtotalSet: money('11.9'), totalTaxSet: money('1.9'), lineItem: { id: 'gid://shopify/LineItem/1' } }],
				},
			],
		});
		expect(types(events)).toEqual(['order_placed', 'order_paid', 'order_cancelled', 'order_fulfilled', 'order_delivered', 'order_refunded', 'order_updated']);
		expect(facts(events.at(-1)!)).toEqual(facts(byWebhook[0]));
		expect(events[1]).toMatchObject({ occurredAtMs: at('2025-03-02T10:00:00Z'), order: { paidAtMs: at('2025-03-02T10:00:00Z') } });
		const refunded = events.find(({ type }) => type === 'order_refunded');
		expect({ ...refunded, customer: undefined, order: undefined }).toEqual({ ...byRefund, sequenceMs: undefined });
		expect(refunded?.order).toEqual(events.at(-1)?.order);
		expect(events.find(({ type }) => type === 'order_delivered')?.dedupeId).toBe(byWebhook[1].dedupeId);
	});
});

describe('one customer and one product, told by webhook and by the API', () => {
	it('is the same customer', async () => {
		const node = customerNode(1, {
			id: 'gid://shopify/Customer/6940000000000000777',
			firstName: 'Mara',
			lastName: 'Lind',
			state: 'ENABLED',
			tags: ['vip', 'wholesale'],
			locale: null,
			defaultEmailAddress: { emailAddress: 'mara.lind@customers.example', marketingState: 'SUBSCRIBED', marketingOptInLevel: 'CONFIRMED_OPT_IN', marketingUpdatedAt: '2025-02-11T08:00:00Z' },
			defaultPhoneNumber: { phoneNumber: '+4930555012', marketingState: 'NOT_SUBSCRIBED', marketingOptInLevel: 'SINGLE_OPT_IN', marketingUpdatedAt: null },
		});
		const { context } = await visit({ customers: [node] });
		const { events } = await page(context, 'customers');
		const [byWebhook] = fromWebhook('customers/update', fixture('shopify/customer.json')).events;
		expect(types(events)).toEqual(['customer_created', 'customer_updated']);
		expect(events[0]).toMatchObject({ dedupeId: 'shopify:customer:6940000000000000777:customer_created', occurredAtMs: at('2024-11-02T07:00:00Z') });
		expect(events[1].customer).toEqual(byWebhook.customer);
		expect(events[1].occurredAtMs).toBe(byWebhook.occurredAtMs);
	});

	it('is the same product, with pictures, and stock only where it counts', async () => {
		const node = productNode(1, {
			id: 'gid://shopify/Product/7310000000000000123',
			title: 'Harbour Roast',
			handle: 'harbour-roast',
			tags: ['beans', 'organic'],
			featuredMedia: picture('https://cdn.shop.example/roast.jpg'),
			variants: [
				variantNode(1, { id: 'gid://shopify/ProductVariant/51200000000000017', title: 'Whole beans', sku: 'HR-500-W', inventoryQuantity: -2, media: [picture('https://cdn.shop.example/roast-whole.jpg')] }),
				variantNode(2, { id: 'gid://shopify/ProductVariant/51200000000000018', title: 'Ground', sku: null, inventoryPolicy: 'CONTINUE', inventoryQuantity: 0 }),
				variantNode(3, { id: 'gid://shopify/ProductVariant/51200000000000019', title: 'Subscription', sku: null, price: '14.00', inventoryItem: { tracked: false }, inventoryQuantity: 0 }),
			],
		});
		const { context } = await visit({ products: [node] });
		const { events } = await page(context, 'products');
		expect(types(events)).toEqual(['product_updated']);
		expect(events[0].product).toEqual(fromWebhook('products/update', fixture('shopify/product.json')).events[0].product);
	});

	it.each(['DRAFT', 'ARCHIVED'])('takes a product that is %s off the shelf', async (status) => {
		const { context } = await visit({ products: [productNode(1, { status })] });
		expect((await page(context, 'products')).events[0].product?.deleted).toBe(true);
	});
});

describe('the history of a Shopify shop', () => {
	it('comes in pages, whole, each once, with how many there are', async () => {
		const { context } = await visit({ customers: many(230, (number) => customerNode(number)), products: many(60, (number) => productNode(number)), orders: many(50, (number) => orderNode(number)) });
		for (const [kind, count] of [['customers', 230], ['products', 60], ['orders', 50]] as const) {
			const pages = await all(context, kind);
			expect(pages.length).toBeGreaterThan(2);
			expect(pages[0].total).toBe(count);
			expect(pages[1].total).toBeUndefined();
			expect(pages.every(({ cursor }) => (cursor ?? '').length < 2000)).toBe(true);
			const ids = pages.flatMap(({ events }) => events.map(({ dedupeId }) => dedupeId));
			expect(new Set(ids).size).toBe(ids.length);
			const things = pages.flatMap(({ events }) => events.filter(({ type }) => type.endsWith('_updated')));
			expect(things).toHaveLength(count);
		}
	});

	it('goes on where it was, in another process and after a while', async () => {
		const { shop, context } = await visit({ customers: many(150, (number) => customerNode(number)) });
		const { cursor } = await page(context, 'customers');
		shop.customers.unshift(customerNode(0));
		const rest = await page({ ...context }, 'customers', cursor);
		expect(rest.events[0].customer?.shopCustomerId).toBe('101');
		expect(rest.cursor).toBeNull();
	});

	it('is recognised when it is repeated, and apart when it changed', async () => {
		const { shop, context } = await visit({ orders: [orderNode(1)] });
		const first = (await page(context, 'orders')).events;
		expect((await page(context, 'orders')).events).toEqual(first);
		shop.orders[0] = orderNode(1, { updatedAt: '2025-03-05T00:00:00Z' });
		const again = (await page(context, 'orders')).events;
		expect(again[0].dedupeId).toBe(first[0].dedupeId);
		expect(again[1].dedupeId).not.toBe(first[1].dedupeId);
	});

	it('has all lines of a large order and all variants of a large product', async () => {
		const { context } = await visit({
			orders: [orderNode(1, { lineItems: many(260, (number) => lineNode(number)) })],
			products: [productNode(1, { variants: many(170, (number) => variantNode(number)) })],
		});
		expect((await page(context, 'orders')).events[0].order?.items).toHaveLength(260);
		expect((await page(context, 'products')).events[0].product?.variants).toHaveLength(170);
	});

	it('takes the sum of refunds where there are too many to tell', async () => {
		const refund = (number: number) => ({ id: `gid://shopify/Refund/${number}`, createdAt: '2025-03-09T07:00:00Z', refundLineItems: [], transactions: [{ id: 1, kind: 'REFUND', status: 'SUCCESS', processedAt: '2025-03-09T07:00:00Z', amountSet: money('1.00') }] });
		const { context } = await visit({ orders: [orderNode(1, { refunds: many(7, refund), totalRefundedSet: money('7.0') })] });
		expect((await page(context, 'orders')).events.at(-1)?.order?.refundedMinor).toBe(700);
	});

	it('names an entry that cannot be read and goes on with the others', async () => {
		const { context } = await visit({ orders: [orderNode(1), orderNode(2, { totalPriceSet: money('a lot') }), orderNode(3)] });
		const { events, refused: notRead } = await page(context, 'orders');
		expect(new Set(events.map(({ order }) => order?.orderId))).toEqual(new Set(['1', '3']));
		expect(notRead).toEqual([expect.stringMatching(/^#2 \(order\): total_price has to be an amount of money/)]);
	});

	it('refuses a place it cannot read', async () => {
		const { context } = await visit();
		expect((await refused(page(context, 'orders', 'somewhere'))).code).toBe('PARAMETER_INVALID');
	});
});

describe('what changed in a Shopify shop since', () => {
	const sinceMs = Date.parse('2025-03-05T00:00:00Z');

	it('leaves out what did not change', async () => {
		const { shop, context } = await visit({
			customers: [customerNode(1), customerNode(2, { updatedAt: '2025-03-06T00:00:00Z' })],
			products: [productNode(1, { updatedAt: '2025-03-05T00:00:00Z' }), productNode(2)],
			orders: [orderNode(1), orderNode(2, { updatedAt: '2025-03-06T00:00:00Z' })],
		});
		expect((await all(context, 'customers', sinceMs)).flatMap(({ events }) => events.map(({ customer }) => customer?.shopCustomerId))).toEqual(['2']);
		expect((await all(context, 'products', sinceMs)).flatMap(({ events }) => events.map(({ product }) => product?.productId))).toEqual(['1']);
		expect((await all(context, 'orders', sinceMs)).flatMap(({ events }) => events.map(({ order }) => order?.orderId))).toEqual(['2']);
		expect(shop.asked[0].variables.query).toBe("updated_at:>='2025-03-05T00:00:00.000Z'");
	});

	it('comes in the order of change', async () => {
		const { context } = await visit({ customers: [customerNode(1, { updatedAt: '2025-03-07T00:00:00Z' }), customerNode(2, { updatedAt: '2025-03-06T00:00:00Z' })] });
		expect((await page(context, 'customers', null, sinceMs)).events.map(({ customer }) => customer?.shopCustomerId)).toEqual(['2', '1']);
	});

	it('tells the steps that were missed and none of those before', async () => {
		const { context } = await visit({
			orders: [
				// Placed and paid long ago, sent now.
				orderNode(1, {
					updatedAt: '2025-03-06T10:00:00Z',
					displayFinancialStatus: 'PAID',
					displayFulfillmentStatus: 'FULFILLED',
					transactions: [{ kind: 'SALE', status: 'SUCCESS', processedAt: '2025-03-01T10:00:00Z' }],
					fulfillments: [{ status: 'SUCCESS', displayStatus: 'IN_TRANSIT', createdAt: '2025-03-06T10:00:00Z', updatedAt: '2025-03-06T10:00:00Z', deliveredAt: null }],
				}),
				orderNode(2, { createdAt: '2025-03-06T11:00:00Z', processedAt: '2025-03-06T11:00:00Z', updatedAt: '2025-03-06T11:00:00Z' }),
			],
		});
		const { events } = await page(context, 'orders', null, sinceMs);
		expect(events.map(({ order, type }) => `${order?.orderId} ${type}`)).toEqual(['1 order_fulfilled', '1 order_updated', '2 order_placed', '2 order_updated']);
	});

	it('tells a new account, not one that has been there', async () => {
		const { context } = await visit({ customers: [customerNode(1, { state: 'ENABLED', updatedAt: '2025-03-06T00:00:00Z' }), customerNode(2, { state: 'ENABLED', createdAt: '2025-03-06T00:00:00Z', updatedAt: '2025-03-06T00:00:00Z' })] });
		const { events } = await page(context, 'customers', null, sinceMs);
		expect(events.map(({ customer, type }) => `${customer?.shopCustomerId} ${type}`)).toEqual(['1 customer_updated', '2 customer_created', '2 customer_updated']);
	});
});

describe('what a Shopify shop keeps back', () => {
	const before = Date.parse('2025-03-09T00:00:00Z');

	it('names the scope without which there is nothing', async () => {
		const { context } = await visit({ scopes: ['read_products'] });
		const error = await refused(page(context, 'customers'));
		expect(error).toMatchObject({ code: 'SHOP_REFUSED', message: expect.stringContaining('read_customers'), hint: expect.stringContaining('Grant it to the app') });
	});

	it('says once that older orders are missing, and has the others', async () => {
		const orders = [orderNode(1, { createdAt: '2024-03-01T00:00:00Z' }), ...many(45, (number) => orderNode(number + 1))];
		const { context } = await visit({ scopes: ['read_orders', 'read_payment_terms'], orders });
		const pages = await all(context, 'orders');
		expect(new Set(pages.flatMap(({ events }) => events.map(({ order }) => order?.orderId))).size).toBe(45);
		expect(pages.flatMap(({ refused: notRead }) => notRead ?? [])).toEqual([expect.stringContaining('read_all_orders')]);
	});

	it('does not speak of older orders where it is about the last days', async () => {
		const { shop, context } = await visit({ scopes: ['read_orders', 'read_payment_terms'], orders: [orderNode(1)] });
		expect((await page(context, 'orders', null, before)).refused).toBeUndefined();
		expect(shop.asked.map(({ operation }) => operation)).toEqual(['ShopJourneysHistory']);
	});

	it('has orders without their payment terms where those are not allowed, and says so once', async () => {
		const { context } = await visit({ scopes: ['read_orders', 'read_all_orders'], orders: many(45, (number) => orderNode(number)) });
		const pages = await all(context, 'orders');
		expect(pages.flatMap(({ events }) => events)).toHaveLength(90);
		expect(pages.flatMap(({ refused: notRead }) => notRead ?? [])).toEqual(['Shopify does not tell "paymentTerms" of the orders: grant the app the scope read_payment_terms']);
	});

	it('has customers without their addresses where those were not approved, and says so', async () => {
		const { context } = await visit({ isApprovedForCustomerData: false, customers: many(3, (number) => customerNode(number)) });
		const { events, refused: notRead } = await page(context, 'customers');
		expect(events.map(({ customer }) => customer?.email)).toEqual([undefined, undefined, undefined]);
		expect(notRead).toEqual([expect.stringMatching(/defaultEmailAddress.*protected customer data/), expect.stringMatching(/defaultPhoneNumber.*protected customer data/)]);
	});
});

describe('the throttle of Shopify', () => {
	it('is never run into: each page leaves room for the next', async () => {
		const { shop, context, slept } = await visit({ customers: many(900, (number) => customerNode(number)), bucket: { maximum: 100, restoreRate: 10 } });
		const spy = jest.spyOn(context, 'http');
		const pages = await all(context, 'customers');
		expect(pages.flatMap(({ events }) => events)).toHaveLength(900);
		expect(slept.length).toBeGreaterThan(0);
		const answers = await Promise.all(spy.mock.results.map(({ value }) => value as Promise<{ body: unknown }>));
		expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain('THROTTLED');
		expect(shop.available()).toBeGreaterThanOrEqual(0);
	});

	it('is waited for when another process has emptied the bucket', async () => {
		const { shop, context, slept } = await visit({ customers: many(5, (number) => customerNode(number)), bucket: { maximum: 200, restoreRate: 10 } });
		const http = context.http;
		let isEmptied = false;
		context.http = async (request) => {
			if (!isEmptied) {
				isEmptied = true;
				return { status: 200, headers: {}, body: { errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }], extensions: { cost: { requestedQueryCost: 60, actualQueryCost: null, throttleStatus: { maximumAvailable: 200, currentlyAvailable: 10, restoreRate: 10 } } } } };
			}
			return await http(request);
		};
		expect((await page(context, 'customers')).events).toHaveLength(5);
		expect(slept).toEqual([5000]);
		expect(shop.asked).toHaveLength(1);
	});

	it('is given up when it never clears', async () => {
		const { shop, context, slept } = await visit();
		shop.faults.push(...many(20, () => ({ status: 200, body: { errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }] } })));
		const error = await refused(page(context, 'customers'));
		expect(error).toMatchObject({ code: 'SHOP_UNREACHABLE', message: expect.stringContaining('Throttled') });
		expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(120_000);
	});

	it('asks for smaller pages where Shopify finds them too much, and remembers', async () => {
		const { shop, context } = await visit({ orders: many(9, (number) => orderNode(number)), costShare: 0.5 });
		const pages = await all(context, 'orders');
		expect(new Set(pages.flatMap(({ events }) => events.map(({ order }) => order?.orderId))).size).toBe(9);
		const sizes = shop.asked.filter(({ operation }) => operation === 'ShopJourneysHistory').map(({ variables }) => variables.first as number);
		expect(sizes.slice(0, 3)).toEqual([20, 10, 5]);
		expect(sizes.filter((size) => size === 20)).toHaveLength(1);
	});

	it('bears the cost of one order even where long lists are counted in full', async () => {
		const { context } = await visit({ orders: [orderNode(1), orderNode(2)], products: [productNode(1), productNode(2)], costShare: 1 });
		expect((await all(context, 'orders')).flatMap(({ events }) => events)).toHaveLength(4);
		expect((await all(context, 'products')).flatMap(({ events }) => events)).toHaveLength(2);
	});

	it('gets through faults on the way', async () => {
		const { shop, context } = await visit({ customers: [customerNode(1)] });
		shop.faults.push({ status: 502, body: '<html>' }, 'hang up', { status: 429, headers: { 'retry-after': '3' } });
		expect((await page(context, 'customers')).events).toHaveLength(1);
	});

	it.each<[string, unknown, string]>([
		['an answer that is not Shopify’s', '<html>Welcome</html>', 'is not Shopify'],
		['a question that it does not know', { errors: [{ message: "Field 'x' doesn't exist on type 'Customer'", extensions: { code: 'undefinedField' } }] }, "Field 'x'"],
		['a text for an error', { errors: 'Unavailable Shop' }, 'Unavailable Shop'],
	])('refuses %s', async (_, body, message) => {
		const { shop, context } = await visit();
		shop.faults.push({ status: 200, body });
		expect(await refused(page(context, 'customers'))).toMatchObject({ code: 'SHOP_REFUSED', message: expect.stringContaining(message) });
	});
});

describe('products as they are at this moment', () => {
	it('are asked for ten at a time; what is gone or no longer sold comes as deleted', async () => {
		const nodes = many(23, (number) => productNode(number, { variants: [variantNode(number, { inventoryQuantity: number })], ...(number === 2 && { status: 'DRAFT' }) }));
		const { context, shop } = await visit({ products: nodes });
		const asked = ['999999', ...nodes.map(({ id }) => String(id).split('/').at(-1)!)];
		const products = await shopifyAdapter.api!.products!(context, asked, normalise);
		expect(products.map(({ productId }) => productId)).toEqual(asked);
		expect(products.flatMap(({ deleted }, index) => (deleted ? [index] : []))).toEqual([0, 2]);
		expect(products.slice(1).map(({ variants }) => variants?.[0].stock)).toEqual(nodes.map((_node, index) => index + 1));
		expect(shop.asked).toHaveLength(3);
	});
});
