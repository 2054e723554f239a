import fc from 'fast-check';
import { isShopJourneysError } from '../../../lib/model/errors';
import { shopifyAdapter } from '../../../lib/shops/shopify';
import { at, context, fixture, refusal } from './context';
import { normalise, receivedAtMs, secret, shopifyDelivery } from './shopify-delivery';

const body = '{"id":1}';

describe('signatures of Shopify', () => {
	it('takes a known body with its known signature', () => {
		// Worked out with: printf '{"id":1}' | openssl dgst -sha256 -hmac the-app-secret-of-the-tests -binary | base64
		const delivery = shopifyDelivery('products/delete', body, { 'x-shopify-hmac-sha256': '7tc6xE+AXt70doWH6Z5t38DqqAPG4c8PAl6QSKBk2/M=' });
		expect(() => shopifyAdapter.verify(delivery, secret)).not.toThrow();
	});

	it('takes the header names without X-', () => {
		const { headers, ...rest } = shopifyDelivery('products/delete', body);
		const renamed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace('x-shopify-', 'shopify-'), value]));
		const delivery = { ...rest, headers: renamed };
		expect(() => shopifyAdapter.verify(delivery, secret)).not.toThrow();
		expect(shopifyAdapter.normalise(delivery, context)).toEqual(normalise('products/delete', body));
	});

	it.each<[string, string | undefined]>([
		['is missing', undefined],
		['is empty', ''],
		['is forged', `${'A'.repeat(43)}=`],
		['is cut', 'AAAA'],
	])('refuses a delivery whose signature %s', (_, signature) => {
		const delivery = shopifyDelivery('products/delete', body, { 'x-shopify-hmac-sha256': signature });
		expect(refusal(() => shopifyAdapter.verify(delivery, secret)).code).toBe('SIGNATURE_INVALID');
	});

	it('refuses a body that differs by one byte, or was cut', () => {
		const delivery = shopifyDelivery('orders/create', fixture('shopify/order.json'));
		const flipped = Buffer.from(delivery.rawBody);
		flipped[10] ^= 1;
		for (const rawBody of [flipped, delivery.rawBody.subarray(0, -1), Buffer.alloc(0)]) {
			expect(refusal(() => shopifyAdapter.verify({ ...delivery, rawBody }, secret)).code).toBe('SIGNATURE_INVALID');
		}
	});

	it('refuses a delivery signed with another secret', () => {
		expect(refusal(() => shopifyAdapter.verify(shopifyDelivery('products/delete', body), 'another')).code).toBe('SIGNATURE_INVALID');
	});

	it.each(['', '  '])('refuses every delivery while the secret is "%s"', (empty) => {
		expect(refusal(() => shopifyAdapter.verify(shopifyDelivery('products/delete', body), empty)).code).toBe('SECRET_MISSING');
	});
});

describe('telling deliveries of Shopify apart', () => {
	const cart = fixture('shopify/cart.json');
	const dedupeId = (topic: string, rawBody: Buffer, headers: Record<string, string | undefined> = {}) => normalise(topic, rawBody, headers).events[0].dedupeId;
	const id = dedupeId('carts/update', cart);

	it('knows a retry again, whenever it comes', () => {
		expect(dedupeId('carts/update', cart, { 'x-shopify-event-id': 'other' })).toBe(id);
		expect(id.length).toBeLessThanOrEqual(200);
	});

	it('takes a body with another webhook id for another delivery', () => {
		expect(dedupeId('carts/update', cart, { 'x-shopify-webhook-id': 'another' })).not.toBe(id);
	});

	it('does not let one body spend the webhook id of another', () => {
		expect(dedupeId('carts/update', Buffer.from(cart.toString().replace('"note":null', '"note":"x"')))).not.toBe(id);
		expect(dedupeId('carts/create', cart)).not.toBe(id);
	});

	it('tells deliveries apart by their bodies when no webhook id is sent', () => {
		const none = { 'x-shopify-webhook-id': undefined };
		expect(dedupeId('carts/update', cart, none)).toBe(dedupeId('carts/update', cart, none));
		expect(dedupeId('carts/update', cart, none)).not.toBe(dedupeId('carts/create', cart, none));
	});

	it('places an order once and pays it once, however many deliveries tell of it', () => {
		const order = fixture('shopify/order.json').toString();
		const paid = order.replace('"pending"', '"paid"');
		const [placed, paidAtOnce] = normalise('orders/create', paid).events;
		const [again] = normalise('orders/create', order, { 'x-shopify-webhook-id': 'forged' }).events;
		const [paidLater] = normalise('orders/paid', paid, { 'x-shopify-webhook-id': 'other' }).events;
		expect([placed.type, paidAtOnce.type, again.type, paidLater.type]).toEqual(['order_placed', 'order_paid', 'order_placed', 'order_paid']);
		expect(again.dedupeId).toBe(placed.dedupeId);
		expect(paidLater.dedupeId).toBe(paidAtOnce.dedupeId);
		expect(paidAtOnce.dedupeId).not.toBe(placed.dedupeId);
	});

	it('breaks ties by when Shopify sent the delivery off', () => {
		expect(normalise('carts/update', cart).events[0].sequenceMs).toBe(at('2025-03-09T23:59:58.123Z'));
		expect(normalise('carts/update', cart, { 'x-shopify-triggered-at': undefined }).events[0].sequenceMs).toBeUndefined();
		expect(normalise('carts/update', cart, { 'x-shopify-triggered-at': 'soon' }).events[0].sequenceMs).toBeUndefined();
	});

	it('does not believe a delivery that claims to come from the future', () => {
		const { events } = normalise('products/delete', body, { 'x-shopify-triggered-at': '2099-01-01T00:00:00Z' });
		expect(events[0]).toMatchObject({ sequenceMs: context.toJourneyMs(receivedAtMs), occurredAtMs: context.toJourneyMs(receivedAtMs) });
	});
});

describe('topics of Shopify', () => {
	it.each([
		'orders/edited', 'orders/delete', 'customers/delete', 'shop/redact', 'app/uninstalled', 'order_transactions/create',
		'inventory_levels/update', 'inventory_items/update', 'shop/update', 'themes/publish', 'constructor', '__proto__',
	])('answers %s with a reason and records nothing', (topic) => {
		const { events, ignored } = normalise(topic, body);
		expect(events).toEqual([]);
		expect(ignored).toMatch(/^[A-Za-z].{10,}/);
	});

	it('refuses a delivery without a topic', () => {
		expect(refusal(() => normalise('', body)).message).toContain('X-Shopify-Topic');
	});

	const bodies = ['cart', 'checkout', 'order', 'refund', 'customer', 'product'];
	const topicsOf: Record<string, string[]> = {
		cart: ['carts/create', 'carts/update'],
		checkout: ['checkouts/create', 'checkouts/update'],
		order: ['orders/create', 'orders/updated', 'orders/paid', 'orders/cancelled', 'orders/fulfilled', 'orders/partially_fulfilled'],
		refund: ['refunds/create'],
		// The consent to SMS is told in the words of the customer, date and all: as either topic it says the same.
		customer: ['customers/create', 'customers/update', 'customers/enable', 'customers/disable', 'customers/marketing_consent_update'],
		product: ['products/create', 'products/update'],
		none: [
			'checkouts/delete', 'products/delete', 'customers/email_marketing_consent_update', 'customers/redact', 'customers/data_request', 'customers/merge', 'variants/in_stock', 'variants/out_of_stock',
			'fulfillments/create', 'fulfillments/update', 'fulfillment_events/create', 'returns/request', 'returns/approve', 'returns/decline', 'returns/cancel', 'returns/close', 'returns/reopen', 'returns/update',
		],
	};
	const wrong = bodies.flatMap((name) => Object.entries(topicsOf).flatMap(([of, topics]) => (of === name ? [] : topics.map((topic) => [name, topic] as const))));

	it.each(wrong)('refuses the body of a %s sent on as %s', (name, topic) => {
		const error = refusal(() => normalise(topic, fixture(`shopify/${name}.json`)));
		expect(error.code).toBe('PAYLOAD_INVALID');
	});

	it.each(['', 'null', '[]', '"x"', '{"id":', '\ufeff{}'])('refuses the body %j', (text) => {
		expect(refusal(() => normalise('orders/create', text)).code).toBe('PAYLOAD_INVALID');
	});

	const pairs = Object.entries(topicsOf).flatMap(([name, topics]) => (name === 'none' ? [] : topics.map((topic) => ({ name, topic }))));
	const run = (topic: string, text: string) => {
		try {
			normalise(topic, text);
		} catch (error) {
			if (!isShopJourneysError(error, 'PAYLOAD_INVALID')) throw error;
		}
	};

	it('never fails with anything but a reason, whatever JSON it is given', () => {
		const topics = Object.values(topicsOf).flat();
		fc.assert(fc.property(fc.constantFrom(...topics), fc.jsonValue(), (topic, value) => run(topic, JSON.stringify(value))));
	});

	it('never fails with anything but a reason, whatever a field is replaced by', () => {
		fc.assert(
			fc.property(fc.constantFrom(...pairs), fc.nat(), fc.jsonValue(), ({ name, topic }, place, value) => {
				const mutated = JSON.parse(fixture(`shopify/${name}.json`).toString()) as Record<string, unknown>;
				replaceOne(mutated, place, value);
				run(topic, JSON.stringify(mutated));
			}),
			{ numRuns: 500 },
		);
	});

	it('never fails with anything but a reason, wherever a body is cut', () => {
		fc.assert(
			fc.property(fc.constantFrom(...pairs), fc.double({ min: 0, max: 1, noNaN: true }), ({ name, topic }, share) => {
				const text = fixture(`shopify/${name}.json`).toString();
				run(topic, text.slice(0, Math.floor(text.length * share)));
			}),
		);
	});
});

/** Puts `value` at one of the places of a JSON tree. */
function replaceOne(root: Record<string, unknown>, place: number, value: unknown): void {
	const places: Array<[Record<string, unknown>, string]> = [];
	const visit = (node: unknown) => {
		if (typeof node !== 'object' || node === null) return;
		for (const [key, child] of Object.entries(node)) {
			places.push([node as Record<string, unknown>, key]);
			visit(child);
		}
	};
	visit(root);
	const [parent, key] = places[place % places.length];
	parent[key] = value;
}
