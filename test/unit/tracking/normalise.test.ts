import fc from 'fast-check';
import { eventCatalogue, type ShopEvent } from '../../../lib/model/events';
import { isShopJourneysError } from '../../../lib/model/errors';
import { normaliseBatch } from '../../../lib/tracking/normalise';
import { context, event, nowMs, receive, visitor } from './batch';

const normalise = (events: unknown[], change: Partial<typeof context> = {}) => normaliseBatch(receive(events), { ...context, ...change });
const tea = { id: 'p1', name: 'Green Tea', variant: '250 g', category: 'Tea', price: 12.5, discount: 2.5, quantity: 2 };

describe('events of a browser', () => {
	test('become views under the visitor, with a time counted back from their arrival', () => {
		expect(normalise([event('product_viewed', { age: 4_000, path: '/tea/green', product: 'p1', name: 'Green Tea', category: 'Tea', price: 12.5, currency: 'EUR' })])).toEqual([
			{
				type: 'product_viewed',
				dedupeId: `tracking:${visitor}:event-0001`,
				occurredAtMs: nowMs - 4_000,
				source: 'tracking',
				customer: { visitorId: visitor },
				view: { path: '/tea/green', productId: 'p1', productTitle: 'Green Tea', category: 'Tea', priceMinor: 1250 },
			},
		]);
	});

	test('are never of the future, and forgotten after a day', () => {
		expect(receive([event('page_viewed', { age: -5 })]).events).toEqual([]);
		expect(normalise([event('page_viewed', { age: 86_400_001 })])).toEqual([]);
		expect(normalise([event('page_viewed', { age: 86_400_000 })])).toHaveLength(1);
	});

	test('tell where a visit came from, with known UTM fields only', () => {
		const [{ view }] = normalise([event('visited', { path: '/', title: 'Tea\nHouse', referrer: 'https://search.example/find', utm: { source: 'news', gclid: 'x' } })]);
		expect(view).toEqual({ path: '/', title: 'Tea House', referrer: 'https://search.example/find', utm: { source: 'news' } });
	});

	test('tell searches, categories and dwell', () => {
		const views = normalise([event('searched', { query: ' green tea ' }), event('category_viewed', { category: 'Tea' }), event('dwelled', { seconds: 12.4, product: 'p1' })]).map(({ view }) => view);
		expect(views).toEqual([{ query: 'green tea' }, { category: 'Tea' }, { productId: 'p1', seconds: 12 }]);
	});

	test('read Shopify’s composed ids of its Google channel', () => {
		expect(normalise([event('product_viewed', { product: 'shopify_DE_123_456' })])[0].view?.productId).toBe('123');
		expect(normalise([event('cart_updated', { cart: 'cart-0001', items: [{ ...tea, id: 'shopify_DE_123_456' }] })])[0].cart?.items[0]).toMatchObject({ productId: '123', variantId: '456' });
	});

	test('leave out a price in a currency that is not the shop’s', () => {
		expect(normalise([event('product_viewed', { product: 'p1', price: 12.5, currency: 'USD' })])[0].view).toEqual({ productId: 'p1' });
	});

	test('take pictures from the shop only', () => {
		const image = (url: string) => normalise([event('product_viewed', { product: 'p1', image: url })])[0].view?.imageUrl;
		expect(image('https://shop.example.com/tea.png')).toBe('https://shop.example.com/tea.png');
		expect(image('https://shop.example.com.evil.example/tea.png')).toBeUndefined();
		expect(image('javascript:alert(1)')).toBeUndefined();
	});

	test('carry custom names and plain data', () => {
		expect(normalise([event('custom', { name: 'size_chosen', data: { size: 'M', count: 2, gift: true } })])[0].custom).toEqual({ name: 'size_chosen', data: { size: 'M', count: 2, gift: true } });
		expect(receive([event('custom', { name: 'deep', data: { deep: { er: 1 } } })]).events).toEqual([]);
	});
});

describe('identify', () => {
	const identified = (facts: Record<string, unknown>) => normalise([event('identified', facts)])[0]?.customer;

	test('names the customer in the ways that the page knows', () => {
		const named = { visitorId: visitor, email: 'mia@example.com', shopCustomerId: '42', phone: '+4930123456' };
		expect(identified({ email: ' mia@example.com ', phone: '+4930123456', customer: '42', firstName: 'Mia', locale: 'de-AT' })).toEqual({ ...named, firstName: 'Mia', locale: 'de-AT' });
		expect(identified({ phone: '+4930123456' })).toEqual({ visitorId: visitor, phone: '+4930123456' });
	});

	test('says nothing without a way, with an address that is none, or with a link for a name', () => {
		expect(identified({ firstName: 'Mia' })).toBeUndefined();
		expect(identified({ email: 'mia' })).toBeUndefined();
		expect(identified({ email: 'mia@example.com', firstName: 'Win at evil.example' })).toEqual({ visitorId: visitor, email: 'mia@example.com' });
	});

	test('grants no consent, whatever is sent', () => {
		const sent = { email: 'mia@example.com', emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: nowMs }, tags: ['vip'], acceptsMarketing: true };
		expect(identified(sent)).toEqual({ visitorId: visitor, email: 'mia@example.com' });
	});
});

describe('carts', () => {
	test('are whole carts under the browser’s token, with money in minor units', () => {
		expect(normalise([event('cart_updated', { age: 1_000, cart: 'cart-0001', items: [tea], currency: 'EUR' })])[0].cart).toEqual({
			cartToken: 'cart-0001',
			stage: 'cart',
			items: [{ productId: 'p1', title: 'Green Tea', variantTitle: '250 g', category: 'Tea', quantity: 2, unitPriceMinor: 1250, fullPriceMinor: 1500 }],
			currency: 'EUR',
			totalMinor: 2500,
			updatedAtMs: nowMs - 1_000,
		});
	});

	test('know no total where a price is missing, and take floats as they come', () => {
		expect(normalise([event('cart_updated', { cart: 'cart-0001', items: [{ id: 'p1', quantity: 1 }] })])[0].cart).toMatchObject({ items: [{ title: 'p1', unitPriceMinor: 0 }] });
		expect(normalise([event('cart_updated', { cart: 'cart-0001', items: [{ id: 'p1', quantity: 1 }] })])[0].cart).not.toHaveProperty('totalMinor');
		expect(normalise([event('cart_updated', { cart: 'cart-0001', items: [{ id: 'p1', quantity: 3, price: 0.1 + 0.2 }] })])[0].cart?.totalMinor).toBe(90);
		expect(normalise([event('cart_updated', { cart: 'cart-0001', items: [{ id: 'p1', quantity: 1, price: 1e-7 }], currency: 'JPY' })])[0].cart?.totalMinor).toBe(0);
	});

	test('keep their token at the checkout', () => {
		expect(normalise([event('checkout_updated', { cart: 'cart-0001', items: [tea] })])[0]).toMatchObject({ type: 'checkout_updated', cart: { cartToken: 'cart-0001', stage: 'checkout' } });
	});

	test('show no addresses in titles, of which mail programs would make links', () => {
		const [{ title }] = normalise([event('cart_updated', { cart: 'cart-0001', items: [{ ...tea, name: 'Win at https://evil.example/x' }] })])[0].cart!.items;
		expect(title).toBe('Win at https evil. example/x');
	});

	test('are an event of the visitor’s only, where the shop itself tells of carts', () => {
		const events = normalise([event('cart_updated', { cart: 'cart-0001', items: [tea] })], { takesCarts: false });
		expect(events).toMatchObject([{ type: 'custom', custom: { name: 'cart_updated', data: { items: 1 } }, customer: { visitorId: visitor } }]);
		expect(events[0]).not.toHaveProperty('cart');
	});
});

describe('a purchase', () => {
	const purchase = event('purchased', { order: '1001', cart: 'cart-0001', items: [tea], value: 1 });

	test('closes the browser’s cart and says which order it was, but is no order', () => {
		const events = normalise([purchase]);
		expect(events).toMatchObject([
			{ type: 'checkout_updated', dedupeId: `tracking:${visitor}:event-0001:cart`, cart: { cartToken: 'cart-0001', closed: 'completed' } },
			{ type: 'custom', dedupeId: `tracking:${visitor}:event-0001`, custom: { name: 'purchase', data: { orderId: '1001' } }, customer: { visitorId: visitor } },
		]);
		for (const told of events) expect(told).not.toHaveProperty('order');
	});

	test('closes nothing where the shop itself tells of carts', () => {
		expect(normalise([purchase], { takesCarts: false }).map(({ type }) => type)).toEqual(['custom']);
	});
});

describe('web push', () => {
	const keys = { p256dh: `B${'a'.repeat(86)}`, auth: 'b'.repeat(22) };
	const endpoint = 'https://fcm.googleapis.com/fcm/send/abc:def';

	test('allowed by a click is the browser’s own permission, and so a consent', () => {
		expect(normalise([event('push_subscribed', { age: 1_000, endpoint, ...keys, asked: true })])).toEqual([
			{
				type: 'push_subscribed',
				dedupeId: `tracking:${visitor}:event-0001`,
				occurredAtMs: nowMs - 1_000,
				source: 'tracking',
				customer: { visitorId: visitor, pushConsent: { status: 'subscribed', basis: 'opt_in', atMs: nowMs - 1_000 } },
				push: { endpoint, ...keys },
			},
		]);
	});

	test('at a new address grants nothing anew, whatever else is sent', () => {
		const [told] = normalise([event('push_subscribed', { endpoint, ...keys, pushConsent: { status: 'subscribed' }, emailConsent: { status: 'subscribed' } })]);
		expect(told.customer).toEqual({ visitorId: visitor });
	});

	test('takes keys as browsers pad them', () => {
		expect(normalise([event('push_subscribed', { endpoint, p256dh: `${keys.p256dh}=`, auth: `${keys.auth}==` })])[0].push).toEqual({ endpoint, ...keys });
	});

	test('ends by its address alone', () => {
		expect(normalise([event('push_unsubscribed', { endpoint })])).toMatchObject([{ type: 'push_unsubscribed', push: { endpoint }, customer: { visitorId: visitor } }]);
	});

	test.each([
		['without https', 'http://push.example.com/x'],
		['on this machine', 'https://localhost/x'],
		['on this machine, by number', 'https://127.0.0.1/x'],
		['in a private network', 'https://10.0.0.8/x'],
		['in a private network, in one number', 'https://167772168/x'],
		['of a private IPv6 network', 'https://[fd00::1]/x'],
		['by a name of one’s own network', 'https://printer.internal/x'],
		['by a name without a dot', 'https://redis/x'],
		['by a name with a dot at its end', 'https://localhost./x'],
		['on another port', 'https://push.example.com:6379/x'],
		['with a password', 'https://user:secret@push.example.com/x'],
		['of another scheme', 'ftp://push.example.com/x'],
		['that is none', 'push.example.com'],
	])('is left out at an address %s', (_title, address) => {
		expect(normalise([event('push_subscribed', { endpoint: address, ...keys })])).toEqual([]);
		expect(normalise([event('push_unsubscribed', { endpoint: address })])).toEqual([]);
	});

	test('is taken on this machine in a demo', () => {
		expect(normalise([event('push_subscribed', { endpoint: 'http://127.0.0.1:4711/x', ...keys })], { allowsLoopback: true })).toHaveLength(1);
	});

	test.each([
		['an address that is too long', { endpoint: `${endpoint}${'x'.repeat(1_000)}` }],
		['no public key', { p256dh: undefined }],
		['a compressed key', { p256dh: `A${'a'.repeat(43)}` }],
		['a short secret', { auth: 'b'.repeat(21) }],
	])('is refused with %s', (_title, change) => {
		expect(receive([event('push_subscribed', { endpoint, ...keys, ...change })]).refused).toHaveLength(1);
	});
});

describe('garbage', () => {
	const types = ['visited', 'page_viewed', 'product_viewed', 'category_viewed', 'searched', 'dwelled', 'identified', 'custom', 'cart_updated', 'checkout_updated', 'purchased', 'order_placed'];
	const key = fc.constantFrom('path', 'title', 'referrer', 'utm', 'product', 'name', 'category', 'query', 'price', 'currency', 'image', 'seconds', 'email', 'phone', 'customer', 'firstName', 'locale', 'data', 'cart', 'items', 'order', '__proto__');
	const item = fc.record({ id: fc.string({ maxLength: 160 }), name: fc.string(), price: fc.oneof(fc.double(), fc.double({ min: 0, max: 1e9 })), discount: fc.double(), quantity: fc.oneof(fc.integer(), fc.integer({ min: 1, max: 10_000 })) }, { requiredKeys: ['id'] });
	const value = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.jsonValue({ maxDepth: 2 }), fc.array(item, { maxLength: 5 }), fc.constantFrom('cart-0001', 'EUR', 'mia@example.com', 'https://shop.example.com/x.png'));
	const fields = fc.dictionary(key, value, { maxKeys: 12 });
	const anyEvent = fc.oneof(fc.jsonValue(), fc.tuple(fc.constantFrom(...types), fc.nat({ max: 90_000_000 }), fields).map(([type, age, rest]) => ({ id: 'event-0001', age, product: 'p1', category: 'Tea', query: 'tea', seconds: 2, name: 'x', cart: 'cart-0001', items: [], order: '1', ...rest, type })));

	test('is left out or read, and never anything but a refusal of ours', () => {
		fc.assert(
			fc.property(fc.oneof({ weight: 1, arbitrary: fc.string() }, { weight: 9, arbitrary: fc.array(anyEvent, { minLength: 1, maxLength: 8 }).map((events) => JSON.stringify({ visitor, events })) }), fc.boolean(), (raw, takesCarts) => {
				let events: ShopEvent[] = [];
				try {
					events = normaliseBatch(receive([], { raw }), { ...context, takesCarts });
				} catch (error) {
					expect(isShopJourneysError(error, 'PAYLOAD_INVALID')).toBe(true);
				}
				for (const told of events) expectSound(told);
			}),
			{ numRuns: 1_000 },
		);
	});

	function expectSound({ type, dedupeId, occurredAtMs, customer, cart, view, order }: ShopEvent): void {
		expect(Object.keys(eventCatalogue)).toContain(type);
		expect(dedupeId.length).toBeLessThanOrEqual(200);
		expect(Number.isSafeInteger(occurredAtMs) && occurredAtMs <= nowMs).toBe(true);
		expect(customer?.visitorId).toBe(visitor);
		expect([customer?.emailConsent, customer?.smsConsent, customer?.pushConsent, order]).toEqual([undefined, undefined, undefined, undefined]);
		for (const { quantity, unitPriceMinor, fullPriceMinor = 0, title } of cart?.items ?? []) {
			expect(Number.isSafeInteger(quantity) && Number.isSafeInteger(unitPriceMinor) && Number.isSafeInteger(fullPriceMinor) && unitPriceMinor >= 0).toBe(true);
			expect(title).not.toBe('');
		}
		if (view?.priceMinor !== undefined) expect(Number.isSafeInteger(view.priceMinor)).toBe(true);
	}
});
