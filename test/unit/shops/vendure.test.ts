import fc from 'fast-check';
import { isShopJourneysError } from '../../../lib/model/errors';
import { eventCatalogue } from '../../../lib/model/events';
import { type CartRecord, keys, type OrderRecord, type ProductRecord } from '../../../lib/model/records';
import type { Delivery, NormaliseContext } from '../../../lib/shops/adapter';
import { signGeneric } from '../../../lib/shops/generic';
import { adapterFor } from '../../../lib/shops/registry';
import { vendureAdapter } from '../../../lib/shops/vendure';
import { customerByEmail, openShop, opening, type Shop } from '../record/shop';
import { at, context, fixture, refusal } from './context';

/* Recorded from a real Vendure 3.7.3 with the plugin of docker/vendure: a guest buys, an account is opened, the shop changes its goods. */

type Body = Record<string, unknown> & { id: string; topic: string; data: Record<string, Record<string, unknown>> };
type Told = 'cart' | 'cartWithCustomer' | 'cartWithAddress' | 'arrangingPayment' | 'settled' | 'placed' | 'shipped' | 'delivered' | 'refunded' | 'allocated' | 'restocked' | 'guest' | 'account' | 'productDeleted' | 'customerDeleted';

const secret = 'a-secret-of-the-tests-long-enough';
const receivedAtMs = Date.parse('2026-11-22T11:30:00Z');
const story = JSON.parse(fixture('vendure/story.json').toString()) as Record<Told, Body>;
/** What Vendure calls the order, and the cart before it. */
const code = story.cart.data.order.code as string;

function delivery(body: string | Buffer): Delivery {
	const rawBody = Buffer.from(body);
	return { headers: { ...signGeneric({ id: 'dlv-1', sentAtMs: receivedAtMs, body: rawBody, secret }) }, rawBody, receivedAtMs };
}

const normalise = (body: unknown, within: Partial<NormaliseContext> = {}) => vendureAdapter.normalise(delivery(JSON.stringify(body)), { ...context, ...within });

/** The events of a recorded delivery, with some of its entity's and of its own fields set anew. */
function told(name: Told, entity: Record<string, unknown> = {}, own: Record<string, unknown> = {}) {
	const [kind, recorded] = Object.entries(story[name].data)[0];
	return normalise({ ...story[name], ...own, data: { [kind]: { ...recorded, ...entity } } }).events;
}

describe('Vendure’s deliveries', () => {
	it('are known by the registry, and signed as those of a shop of one’s own', () => {
		expect(adapterFor('vendure')).toBe(vendureAdapter);
		const genuine = delivery(JSON.stringify(story.cart));
		expect(() => vendureAdapter.verify(genuine, secret)).not.toThrow();
		expect(refusal(() => vendureAdapter.verify({ ...genuine, rawBody: Buffer.concat([genuine.rawBody, Buffer.from(' ')]) }, secret)).code).toBe('SIGNATURE_INVALID');
		expect(refusal(() => vendureAdapter.verify({ ...genuine, headers: {} }, secret)).code).toBe('SIGNATURE_INVALID');
		expect(refusal(() => vendureAdapter.verify(genuine, '')).code).toBe('SECRET_MISSING');
	});

	it.each<[Told, string[]]>([
		['cart', ['cart_updated']],
		['cartWithCustomer', ['cart_updated']],
		['cartWithAddress', ['checkout_updated']],
		['arrangingPayment', ['checkout_updated']],
		['placed', ['order_placed']],
		['settled', ['order_paid']],
		['shipped', ['order_fulfilled']],
		['delivered', ['order_delivered']],
		['refunded', ['order_refunded']],
		['allocated', ['product_updated']],
		['restocked', ['product_updated']],
		['guest', ['customer_updated']],
		['account', ['customer_created', 'customer_updated']],
		['productDeleted', ['product_deleted']],
		['customerDeleted', ['customer_erased']],
	])('%s is %j', (name, types) => {
		const events = told(name);
		expect(events.map(({ type }) => type)).toEqual(types);
		for (const event of events) {
			expect(eventCatalogue[event.type].supply).toHaveProperty('vendure');
			expect(event).toMatchObject({ source: 'vendure', occurredAtMs: at(story[name].occurredAt as string), sequenceMs: at(story[name].readAt as string) });
		}
	});

	it('name the event, so that a delivery tried again counts once', () => {
		const ids = Object.values(story).flatMap((body) => normalise(body).events.map(({ dedupeId }) => dedupeId));
		expect(new Set(ids).size).toBe(ids.length);
		// Read anew for the second attempt.
		expect(told('cart', { totalWithTax: 5 }, { readAt: '2026-11-22T12:00:00.000Z' })[0].dedupeId).toBe(`vendure:event:${story.cart.id}`);
	});

	it('are ignored when their topic is of no use', () => {
		expect(normalise({ ...story.cart, topic: 'AssetEvent' })).toEqual({ events: [], ignored: 'The topic "AssetEvent" is not one that is used' });
	});

	it.each<[string, unknown, string]>([
		['no topic', { ...story.cart, topic: undefined }, 'topic is required'],
		['no id', { ...story.cart, id: '' }, 'id is required'],
		['no time', { ...story.cart, occurredAt: undefined }, 'occurredAt is required'],
		['a time without a zone', { ...story.cart, occurredAt: '2026-11-22T12:00:00' }, 'occurredAt has to be a time with its zone'],
		['the entity of another topic', { ...story.cart, topic: 'ProductEvent' }, 'data.product is missing: ProductEvent is about one'],
		['half a cent', { ...story.cart, data: { order: { ...story.cart.data.order, totalWithTax: 2.5 } } }, 'data.order.totalWithTax has to be a whole number'],
		['more than can be exact', { ...story.cart, moneyPrecision: 0, data: { order: { ...story.cart.data.order, totalWithTax: Number.MAX_SAFE_INTEGER } } }, 'data.order.totalWithTax is too large'],
		['no precision', { ...story.cart, moneyPrecision: -1 }, 'moneyPrecision has to be between'],
		['an order without its lines', { ...story.cart, data: { order: { ...story.cart.data.order, lines: undefined } } }, 'data.order.lines has to be a list'],
	])('with %s are refused, and the field is named', (_what, body, message) => {
		const error = refusal(() => normalise(body));
		expect([error.code, error.message]).toEqual(['PAYLOAD_INVALID', expect.stringContaining(message)]);
	});

	const run = (body: string) => {
		try {
			vendureAdapter.normalise(delivery(body), context);
		} catch (error) {
			if (!isShopJourneysError(error, 'PAYLOAD_INVALID')) throw error;
		}
	};

	it('never fail with anything but a reason, whatever a field is replaced by or wherever they are cut', () => {
		const bodies = Object.values(story);
		fc.assert(
			fc.property(fc.constantFrom(...bodies), fc.nat(), fc.jsonValue(), fc.double({ min: 0, max: 1, noNaN: true }), (body, place, value, share) => {
				const places: string[][] = [];
				const visit = (node: unknown, path: string[]) => {
					if (typeof node !== 'object' || node === null) return;
					for (const [key, child] of Object.entries(node)) {
						places.push([...path, key]);
						visit(child, [...path, key]);
					}
				};
				visit(body, []);
				const path = places[place % places.length];
				const mutated = structuredClone(body) as Record<string, unknown>;
				const parent = path.slice(0, -1).reduce<Record<string, unknown>>((node, key) => node[key] as Record<string, unknown>, mutated);
				parent[path.at(-1)!] = value;
				const text = JSON.stringify(mutated);
				run(text);
				run(text.slice(0, Math.floor(text.length * share)));
			}),
			{ numRuns: 500 },
		);
	});
});

describe('what Vendure’s orders say', () => {
	it('is a cart until they are placed: first of nobody, then of a guest', () => {
		const [cart] = told('cart');
		expect(cart.customer).toBeUndefined();
		expect(cart.cart).toEqual({
			cartToken: code,
			stage: 'cart',
			currency: 'USD',
			totalMinor: 2400,
			recoveryUrl: `https://tea.example/cart/restore/${code}`,
			updatedAtMs: at('2026-11-22T11:22:45.472Z'),
			items: [{ productId: '1', variantId: '1', sku: 'GREEN-50', title: 'Green Tea', variantTitle: '50 g', quantity: 2, unitPriceMinor: 1200, fullPriceMinor: undefined, imageUrl: undefined, url: 'https://tea.example/product/green-tea' }],
		});
		expect(told('cartWithCustomer')[0].customer).toMatchObject({ shopCustomerId: '1', email: 'mia@customers.example', phone: '+43 660 1234567', firstName: 'Mia', lastName: 'Berg', hasAccount: false });
		expect(told('cartWithAddress')[0]).toMatchObject({ customer: { country: 'AT', city: 'Linz', postcode: '4020' }, cart: { stage: 'checkout' } });
		expect(told('arrangingPayment')[0].customer).toMatchObject({ locale: 'en' });
	});

	it('is a cart again when the customer goes back to it without an address, and an emptied one without lines', () => {
		expect(told('arrangingPayment', { state: 'AddingItems', shippingAddress: {} })[0]).toMatchObject({ type: 'cart_updated', cart: { stage: 'cart' } });
		expect(told('cart', { lines: [], totalWithTax: 0 })[0].cart).toMatchObject({ items: [], totalMinor: 0 });
	});

	it('is a cart thrown away when Vendure deletes or cancels one that was never placed', () => {
		const [deleted] = normalise({ ...story.cart, topic: 'OrderEvent', type: 'deleted', data: { order: { id: '1', code, deleted: true } } }).events;
		expect(deleted).toMatchObject({ type: 'cart_updated', cart: { cartToken: code, closed: 'deleted', items: [] } });
		expect(told('cart', { state: 'Cancelled' })[0].cart).toMatchObject({ closed: 'deleted' });
	});

	it('leaves out what somebody of the shop is still writing, and the parts of an order split between sellers', () => {
		expect(normalise({ ...story.cart, data: { order: { ...story.cart.data.order, state: 'Draft' } } }).ignored).toContain('draft');
		expect(normalise({ ...story.placed, data: { order: { ...story.placed.data.order, type: 'Seller' } } }).ignored).toContain('sellers');
	});

	it('is an order with the cart’s code once it is placed', () => {
		expect(told('placed', { couponCodes: ['SPRING'] })[0].order).toMatchObject({
			orderId: '1',
			number: code,
			cartToken: code,
			currency: 'USD',
			totalMinor: 2900,
			refundedMinor: 0,
			discountCodes: ['SPRING'],
			placedAtMs: at(story.placed.data.order.orderPlacedAt as string),
			paymentStatus: 'paid',
			awaitsPayment: false,
			statusUrl: `https://tea.example/account/orders/${code}`,
			items: [{ quantity: 2, unitPriceMinor: 1200 }],
		});
	});

	it('tells when it was paid, sent, delivered and cancelled, and not before', () => {
		const of = (name: Told, entity = {}) => told(name, entity)[0].order!;
		expect(of('settled')).toMatchObject({ paidAtMs: expect.any(Number), fulfilledAtMs: undefined, deliveredAtMs: undefined, cancelledAtMs: undefined });
		expect(of('shipped')).toMatchObject({ fulfilledAtMs: at('2026-11-22T11:22:54.000Z'), deliveredAtMs: undefined, fulfilmentStatus: 'fulfilled' });
		expect(of('delivered')).toMatchObject({ deliveredAtMs: at('2026-11-22T11:22:56.000Z') });
		expect(of('placed', { payments: [{ id: '1', method: 'transfer', state: 'Authorized', amount: 2900 }], state: 'PaymentAuthorized', awaitsPayment: true })).toMatchObject({ paidAtMs: undefined, paymentStatus: 'authorized', awaitsPayment: true });
		expect(told('settled', { state: 'Cancelled', updatedAt: '2026-11-22T12:00:00.000Z' }, { toState: 'Cancelled' })[0]).toMatchObject({ type: 'order_cancelled', order: { cancelledAtMs: at('2026-11-22T12:00:00.000Z') } });
		expect(told('settled', { state: 'PartiallyShipped' }, { toState: 'PartiallyShipped' })[0]).toMatchObject({ type: 'order_updated', order: { fulfilmentStatus: 'partial', fulfilledAtMs: undefined } });
	});

	it('adds up what was paid back, once it is', () => {
		expect(told('refunded')[0]).toMatchObject({ order: { refundedMinor: 500 }, refund: { orderId: '1', refundId: '1', amountMinor: 500, currency: 'USD', items: [] } });
		const [pending] = told('refunded', { payments: [{ id: '1', method: 'card', state: 'Settled', amount: 2900, refunds: [{ id: '1', state: 'Pending', total: 500 }] }] }, { toState: 'Pending' });
		expect(pending).toMatchObject({ type: 'order_updated', order: { refundedMinor: 0 } });
		expect(pending.refund).toBeUndefined();
	});

	it('leaves lines out that were cancelled after the purchase, and shows both prices of a discounted one', () => {
		const [line] = story.placed.data.order.lines as Array<Record<string, unknown>>;
		expect(told('placed', { lines: [{ ...line, quantity: 0 }, { ...line, discountedUnitPriceWithTax: 900 }] })[0].order?.items).toMatchObject([{ unitPriceMinor: 900, fullPriceMinor: 1200 }]);
	});

	it.each([
		['USD', undefined, 2900, 2900],
		['JPY', 2, 190_000, 1900],
		['JPY', 0, 1900, 1900],
		['KWD', 2, 1999, 19_990],
		['EUR', 4, 123_450, 1235],
	])('counts %s kept with %s decimal places in minor units: %i is %i', (currencyCode, moneyPrecision, totalWithTax, minor) => {
		expect(told('placed', { currencyCode, totalWithTax }, { moneyPrecision })[0].order).toMatchObject({ currency: currencyCode, totalMinor: minor });
	});

	it('never puts a link into a message that leads nowhere good', () => {
		expect(told('cart', { url: 'javascript:alert(1)' })[0].cart?.recoveryUrl).toBeUndefined();
	});
});

describe('what Vendure’s customers and products say', () => {
	it('is an account where there is a user, and the name of a group is a tag', () => {
		const [created, updated] = told('account', { groups: [{ name: 'Trade' }], address: { city: 'Graz', countryCode: 'at', postalCode: '8010', phoneNumber: '+43 1' } }, { languageCode: 'pt_BR' });
		expect(created.dedupeId).toBe('vendure:customer:2:customer_created');
		expect(updated.customer).toEqual({ shopCustomerId: '2', email: 'olga@customers.example', phone: '+43 1', firstName: 'Olga', lastName: 'Holm', locale: 'pt-BR', country: 'AT', city: 'Graz', postcode: '8010', hasAccount: true, tags: ['Trade'] });
	});

	it('is no new account long after it was opened, though Vendure tells of its registration again', () => {
		expect(told('account', {}, { topic: 'AccountRegistrationEvent', occurredAt: '2026-11-29T11:23:01Z' }).map(({ type }) => type)).toEqual(['customer_updated']);
	});

	it('is a product with its variants, in the channel’s currency', () => {
		expect(told('allocated')[0].product).toMatchObject({
			productId: '1',
			title: 'Green Tea',
			url: 'https://tea.example/product/green-tea',
			tags: ['tea'],
			currency: 'USD',
			variants: [{ variantId: '1', sku: 'GREEN-50', title: '50 g', priceMinor: 1200, stock: 98 }, { variantId: '2', title: '100 g', priceMinor: 2160, stock: 100 }],
		});
		expect(told('allocated', { enabled: false })[0].product).toMatchObject({ deleted: true });
		expect(told('allocated', { hasMoreVariants: true })[0].product).toMatchObject({ isPartial: true });
		expect(told('allocated', { collections: [{ name: 'Teas' }, { name: 'All' }] })[0].product).toMatchObject({ category: 'Teas' });
	});

	it('has no stock where it is not tracked, and none left where more is allocated than there is', () => {
		const [variant] = story.restocked.data.product.variants as unknown as Array<Record<string, unknown>>;
		expect(told('restocked', { variants: [{ ...variant, saleableStock: null }, { ...variant, id: '4', saleableStock: -2 }] })[0].product?.variants?.map(({ stock }) => stock)).toEqual([undefined, 0]);
	});
});

describe('a Vendure shop’s story, recorded', () => {
	let shop: Shop;
	beforeEach(() => {
		shop = openShop();
		shop.pass(receivedAtMs - opening);
	});
	afterEach(() => shop.hub.close());

	const read = async <T>(key: string) => (await shop.store.read<T>([key]))[0].value;
	const buying: Told[] = ['cart', 'cartWithCustomer', 'cartWithAddress', 'arrangingPayment', 'settled', 'placed', 'shipped', 'delivered', 'refunded'];

	it.each([
		['in order', buying],
		['in reverse', [...buying].reverse()],
		['each twice', buying.flatMap((name) => [name, name])],
	])('ends in one closed cart and one order of a known customer: %s', async (_what, names) => {
		for (const name of names) for (const event of told(name)) await shop.record(event);
		expect(await read<CartRecord>(keys.cart(code))).toMatchObject({ closed: 'ordered' });
		expect(await read<OrderRecord>(keys.order('1'))).toMatchObject({ totalMinor: 2900, refundedMinor: 500, paidAtMs: expect.any(Number), fulfilledAtMs: expect.any(Number), deliveredAtMs: expect.any(Number) });
		expect(await customerByEmail(shop, 'mia@customers.example')).toMatchObject({ firstName: 'Mia', orders: { count: 1, spentMinor: { USD: 2400 } } });
	});

	it('knows what is back in stock', async () => {
		const [variant] = story.restocked.data.product.variants as unknown as Array<Record<string, unknown>>;
		for (const event of told('restocked', { variants: [{ ...variant, saleableStock: 0 }] }, { id: 'sold-out', occurredAt: '2026-11-22T11:00:00Z' })) await shop.record(event);
		expect((await read<ProductRecord>(keys.product('2')))?.variants).toMatchObject([{ stock: 0 }]);
		for (const event of told('restocked')) await shop.record(event);
		const log = await shop.store.readLog({ afterSeq: 0, limit: 100 });
		expect((await read<ProductRecord>(keys.product('2')))?.variants).toMatchObject([{ stock: 5 }]);
		expect(log.map(({ type }) => type)).toContain('product_restocked');
	});
});
