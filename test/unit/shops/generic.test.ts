import fc from 'fast-check';
import { isShopJourneysError } from '../../../lib/model/errors';
import type { Delivery } from '../../../lib/shops/adapter';
import { genericAdapter, genericHeaders, signGeneric } from '../../../lib/shops/generic';
import { at, context, fixture, refusal } from './context';

const secret = 'a-secret-of-the-tests';
const receivedAtMs = Date.parse('2025-03-01T10:00:00Z');

function delivery(body: string | Buffer, overrides: Record<string, string | undefined> = {}, id = 'dlv-1'): Delivery {
	const rawBody = Buffer.from(body);
	return { headers: { ...signGeneric({ id, sentAtMs: receivedAtMs, body: rawBody, secret }), ...overrides }, rawBody, receivedAtMs };
}

function normalise(body: unknown) {
	return genericAdapter.normalise(delivery(JSON.stringify(body)), context);
}

const cartEvent = () => ({
	type: 'cart_updated',
	occurredAt: '2025-03-01T09:30:00Z',
	cart: { cartToken: 'basket-1', items: [{ productId: 1, title: 'Cup', quantity: 3, unitPrice: '4.50' }] as Array<Record<string, unknown>> },
});

describe('signatures of the generic shop', () => {
	const body = '{"type":"cart_updated"}';

	it('takes what signGeneric signed', () => {
		expect(() => genericAdapter.verify(delivery(body), secret)).not.toThrow();
	});

	it('signs a known delivery with known bytes', () => {
		// Worked out with: printf 'dlv-1.1740823200.{"type":"cart_updated"}' | openssl dgst -sha256 -hmac a-secret-of-the-tests -binary | base64
		expect(signGeneric({ id: 'dlv-1', sentAtMs: receivedAtMs, body, secret })).toEqual({
			'x-shop-journeys-id': 'dlv-1',
			'x-shop-journeys-timestamp': '1740823200',
			'x-shop-journeys-signature': 'v1,yMT7iymv1ukV7bA2Gw/cu3aXkiKpj0nwLjr/oyFiFxo=',
		});
	});

	it('reads what follows whsec_ as base64', () => {
		const raw = Buffer.from('sixteen bytes...');
		const prefixed = `whsec_${raw.toString('base64')}`;
		const headers = signGeneric({ id: 'dlv-1', sentAtMs: receivedAtMs, body, secret: prefixed });
		expect(headers).toEqual(signGeneric({ id: 'dlv-1', sentAtMs: receivedAtMs, body, secret: raw.toString() }));
		expect(() => genericAdapter.verify({ headers, rawBody: Buffer.from(body), receivedAtMs }, prefixed)).not.toThrow();
	});

	it('takes a delivery signed with the old and the new secret', () => {
		const old = delivery(body).headers[genericHeaders.signature];
		const fresh = signGeneric({ id: 'dlv-1', sentAtMs: receivedAtMs, body, secret: 'new' })[genericHeaders.signature];
		const both = delivery(body, { [genericHeaders.signature]: `${fresh} v1a,other ${old}` });
		expect(() => genericAdapter.verify(both, secret)).not.toThrow();
		expect(() => genericAdapter.verify(both, 'new')).not.toThrow();
	});

	it.each([
		['unsigned', { [genericHeaders.signature]: undefined }],
		['without an id', { [genericHeaders.id]: undefined }],
		['without a time', { [genericHeaders.timestamp]: undefined }],
		['with another id', { [genericHeaders.id]: 'dlv-2' }],
		['with another time', { [genericHeaders.timestamp]: String(receivedAtMs / 1000 - 1) }],
		['with a time in milliseconds', { [genericHeaders.timestamp]: String(receivedAtMs) }],
		['with a time that is no number', { [genericHeaders.timestamp]: '1e9' }],
		['with a forged signature', { [genericHeaders.signature]: `v1,${'A'.repeat(43)}=` }],
		['with a cut signature', { [genericHeaders.signature]: 'v1,' }],
		['with an id too long to remember', { [genericHeaders.id]: 'x'.repeat(151) }],
	])('refuses a delivery %s', (_, headers) => {
		expect(refusal(() => genericAdapter.verify(delivery(body, headers), secret)).code).toBe('SIGNATURE_INVALID');
	});

	it('refuses a changed body', () => {
		const genuine = delivery(body);
		expect(refusal(() => genericAdapter.verify({ ...genuine, rawBody: Buffer.from(`${body} `) }, secret)).code).toBe('SIGNATURE_INVALID');
	});

	it.each([
		[5 * 60_000, true],
		[5 * 60_000 + 1, false],
		[-5 * 60_000, true],
		[-5 * 60_000 - 1, false],
	])('received %i ms after it was signed: taken is %s', (laterMs, isTaken) => {
		const late = { ...delivery(body), receivedAtMs: receivedAtMs + laterMs };
		const verify = () => genericAdapter.verify(late, secret);
		if (isTaken) expect(verify).not.toThrow();
		else expect(refusal(verify).message).toContain('five minutes');
	});

	it.each(['', '   ', 'whsec_'])('refuses every delivery while the secret is "%s"', (empty) => {
		expect(refusal(() => genericAdapter.verify(delivery(body), empty)).code).toBe('SECRET_MISSING');
		expect(refusal(() => signGeneric({ id: '1', sentAtMs: 0, body, secret: empty })).code).toBe('SECRET_MISSING');
	});
});

describe('events of the generic shop', () => {
	it('reads a batch: checkout with customer and consent, then the order', () => {
		const { events, ignored } = genericAdapter.normalise(delivery(fixture('generic/checkout-and-order.json')), context);
		expect(ignored).toBeUndefined();
		expect(events).toHaveLength(2);
		expect(events[0]).toMatchObject({
			type: 'checkout_updated',
			dedupeId: 'generic:event:evt-7001',
			source: 'generic',
			occurredAtMs: at('2025-03-01T09:30:00Z'),
			customer: {
				shopCustomerId: '9007199254740993',
				email: 'mara.lind@customers.example',
				emailConsent: { status: 'subscribed', basis: 'double_opt_in', atMs: at('2025-02-11T08:00:00Z') },
			},
			cart: {
				cartToken: 'basket-55',
				checkoutToken: 'co-55',
				stage: 'checkout',
				totalMinor: 2875,
				updatedAtMs: at('2025-03-01T09:30:00Z'),
				recoveryUrl: 'https://shop.example/checkout/co-55?resume=1',
				acceptsMarketing: true,
				items: [{ productId: 'beans-500', quantity: 2, unitPriceMinor: 1190, fullPriceMinor: 1390, imageUrl: 'https://shop.example/img/beans.jpg' }],
			},
		});
		expect(events[1]).toMatchObject({
			type: 'order_placed',
			dedupeId: 'generic:delivery:dlv-1:1',
			order: { orderId: '820000000000000123', totalMinor: 2875, placedAtMs: at('2025-03-01T09:41:12Z'), discountCodes: ['SPRING-4K2P'], items: [{ unitPriceMinor: 1190 }] },
		});
	});

	it('adds up a cart without a total, in the currency of the shop', () => {
		expect(normalise(cartEvent()).events[0].cart).toMatchObject({ stage: 'cart', totalMinor: 1350, currency: undefined });
	});

	it('takes an emptied cart', () => {
		const event = cartEvent();
		event.cart.items = [];
		expect(normalise(event).events[0].cart).toMatchObject({ items: [], totalMinor: 0 });
	});

	it('dates a payment that comes without its time by the event', () => {
		const order = { id: 'o1', items: [], currency: 'JPY', total: 1900, placedAt: '2025-03-01T08:00:00Z' };
		const [event] = normalise({ type: 'order_paid', occurredAt: '2025-03-01T09:00:00Z', order }).events;
		expect(event.order).toMatchObject({ totalMinor: 1900, paidAtMs: at('2025-03-01T09:00:00Z'), updatedAtMs: at('2025-03-01T09:00:00Z') });
		expect(event.order?.cancelledAtMs).toBeUndefined();
	});

	it('reads products, deleted ones and customers to erase', () => {
		const { events } = normalise({
			events: [
				{ type: 'product_updated', occurredAt: '2025-03-01T09:00:00Z', product: { id: 5, title: 'Cup', variants: [{ id: 51, price: '4.50', stock: 0 }] } },
				{ type: 'product_deleted', occurredAt: '2025-03-01T09:00:00Z', product: { id: 5 } },
				{ type: 'customer_erased', occurredAt: '2025-03-01T09:00:00Z', customer: { email: 'gone@customers.example' } },
			],
		});
		expect(events[0].product).toMatchObject({ productId: '5', currency: 'EUR', variants: [{ variantId: '51', priceMinor: 450, stock: 0 }] });
		expect(events[1].product).toMatchObject({ productId: '5', deleted: true });
		expect(events[2].customer).toMatchObject({ email: 'gone@customers.example' });
	});

	const badItem = (change: Record<string, unknown>) => ({ ...cartEvent(), cart: { ...cartEvent().cart, items: [{ ...cartEvent().cart.items[0], ...change }] } });

	it.each<[string, unknown, string]>([
		['a misspelt field', { ...cartEvent(), occuredAt: 'x' }, 'occuredAt'],
		['a time without a zone', { ...cartEvent(), occurredAt: '2025-03-01T09:30:00' }, 'occurredAt: has to be a time with its zone'],
		['no quantity at all', badItem({ quantity: 0 }), 'cart.items[0].quantity'],
		['a negative price', badItem({ unitPrice: '-1' }), 'cart.items[0].unitPrice: has to be an amount'],
		['a price with a comma', badItem({ unitPrice: '4,50' }), 'cart.items[0].unitPrice: has to be an amount'],
		['a price too large to be exact', badItem({ unitPrice: '900719925474099.99' }), 'cart.items[0].unitPrice'],
		['a price too small to be written out', badItem({ unitPrice: 1e-7 }), 'cart.items[0].unitPrice'],
		['a script for a link', badItem({ url: 'javascript:alert(1)' }), 'cart.items[0].url: has to be an absolute https address'],
		['a link over plain http', badItem({ imageUrl: 'http://shop.example/a.png' }), 'cart.items[0].imageUrl'],
		['a cart without a token', { ...cartEvent(), cart: { items: [] } }, 'cart: needs a cartToken or a checkoutToken'],
		['a customer without an address', { ...cartEvent(), customer: { firstName: 'Mara' } }, 'customer: needs an id, an email or a phone'],
		['an unknown type', { ...cartEvent(), type: 'cart_stolen' }, 'type'],
		['a list', [cartEvent()], 'The body'],
		['an empty batch', { events: [] }, 'events'],
		['a batch of 101', { events: Array.from({ length: 101 }, cartEvent) }, 'events'],
	])('refuses %s and names the field', (_, body, message) => {
		const error = refusal(() => normalise(body));
		expect(error.code).toBe('PAYLOAD_INVALID');
		expect(error.message).toContain(message);
	});

	it('refuses a batch with one bad event whole, and names that event', () => {
		expect(refusal(() => normalise({ events: [cartEvent(), badItem({ quantity: 1.5 })] })).message).toContain('events[1].cart.items[0].quantity');
		expect(refusal(() => normalise({ events: [cartEvent(), badItem({ unitPrice: '900719925474099.99' })] })).message).toMatch(/^events\[1\]\.cart\.items\[0\]\.unitPrice/);
	});

	it('takes a batch of 100', () => {
		const { events } = normalise({ events: Array.from({ length: 100 }, cartEvent) });
		expect(new Set(events.map(({ dedupeId }) => dedupeId)).size).toBe(100);
	});

	it.each(['', 'null', '"text"', '12', '{', '{"events":[', '\u0000'])('refuses the body %j', (body) => {
		expect(refusal(() => genericAdapter.normalise(delivery(body), context)).code).toBe('PAYLOAD_INVALID');
	});

	it('never fails with anything but a reason, whatever JSON it is given', () => {
		const anyValue = fc.jsonValue();
		fc.assert(
			fc.property(fc.oneof(anyValue, anyValue.map((value) => ({ ...cartEvent(), cart: value })), anyValue.map((value) => badItem({ unitPrice: value }))), (body) => {
				try {
					normalise(body);
				} catch (error) {
					if (!isShopJourneysError(error, 'PAYLOAD_INVALID')) throw error;
				}
			}),
		);
	});
});

describe('what a shop of one’s own can tell besides carts, orders and products', () => {
	const base = { occurredAt: '2025-03-01T09:30:00Z', customer: { id: 5, email: 'mia@example.org' } };
	const order = { id: 'o-1', items: [], currency: 'EUR', total: '20.00', placedAt: '2025-03-01T09:00:00Z' };

	it('is read with its own facts', () => {
		const [event] = normalise({ ...base, type: 'customer_updated', customer: { id: 5, birthday: '--04-23', children: [{ birthday: '2019-02-28' }], attributes: { shoeSize: 38, old: null }, postcode: '1010', latitude: 48.2, longitude: 16.4, hasAccount: true } }).events;
		expect(event.customer).toMatchObject({ shopCustomerId: '5', birthday: '--04-23', children: [{ birthday: '2019-02-28' }], attributes: { shoeSize: 38, old: null }, postcode: '1010', hasAccount: true });
		expect(normalise({ ...base, type: 'customers_merged', mergedIds: [7, '8'] }).events[0].mergedShopCustomerIds).toEqual(['7', '8']);
		expect(normalise({ ...base, type: 'custom', name: 'contact', data: { topic: 'sizes', urgent: true } }).events[0].custom).toEqual({ name: 'contact', data: { topic: 'sizes', urgent: true } });
		expect(normalise({ ...base, type: 'restock_requested', product: { id: 9 }, variantId: 91 }).events[0]).toMatchObject({ product: { productId: '9' }, variantId: '91' });
		expect(normalise({ ...base, type: 'return_updated', return: { id: 3, orderId: 4, status: 'received', needsBankDetails: true, formUrl: 'https://shop.example/form' } }).events[0].return).toEqual({
			returnId: '3', orderId: '4', status: 'received', needsBankDetails: true, formUrl: 'https://shop.example/form', updatedAtMs: at('2025-03-01T09:30:00Z'),
		});
	});

	it('says of an order that it waits for money or goods, and until when', () => {
		const { order: held } = normalise({ ...base, type: 'order_held', order: { ...order, waitsFor: ['Linen Throw'], awaitsPayment: true, paymentDueAt: '2025-03-15T00:00:00Z', statusUrl: 'https://shop.example/o/1' } }).events[0];
		expect(held).toMatchObject({ waitsFor: ['Linen Throw'], awaitsPayment: true, paymentDueAtMs: at('2025-03-15T00:00:00Z'), statusUrl: 'https://shop.example/o/1' });
		expect(normalise({ ...base, type: 'order_delivered', order }).events[0].order?.deliveredAtMs).toBe(at('2025-03-01T09:30:00Z'));
	});

	it.each([
		['a birthday that is no day', { type: 'customer_updated', customer: { id: 5, birthday: '23.4.1990' } }, 'customer.birthday'],
		['a status that is none', { type: 'return_updated', return: { id: 3, status: 'lost' } }, 'return.status'],
		['a custom event without a name', { type: 'custom' }, 'name'],
		['a restock request of nobody', { type: 'restock_requested', customer: undefined, product: { id: 9 } }, 'customer'],
	])('refuses %s and names the field', (_what, change, field) => {
		expect(() => normalise({ ...base, ...change })).toThrow(expect.objectContaining({ code: 'PAYLOAD_INVALID', message: expect.stringContaining(field) }));
	});
});
