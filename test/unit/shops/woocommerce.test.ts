import fc from 'fast-check';
import { isShopJourneysError } from '../../../lib/model/errors';
import { woocommerceAdapter } from '../../../lib/shops/woocommerce';
import { at, context, fixture, refusal } from './context';
import { normalise, receivedAtMs, sample, secret, wooDelivery } from './woocommerce-delivery';

const order = (changes: Record<string, unknown> = {}, topic = 'order.updated') => normalise(topic, sample('order', changes)).events;
const types = (changes: Record<string, unknown> = {}) => order(changes).map(({ type }) => type);
const unpaid = { date_paid_gmt: null, transaction_id: '' };

describe('orders of WooCommerce', () => {
	it('reads who bought what, when and for how much', () => {
		const [placed, paid, updated] = order();
		expect(placed).toMatchObject({
			type: 'order_placed',
			dedupeId: 'woocommerce:order:5120:order_placed',
			occurredAtMs: at('2025-03-01T09:43:04Z'),
			customer: { shopCustomerId: '88', email: 'mara.lind@customers.example', phone: '+49 30 555012', firstName: 'Mara', lastName: 'Lind & Co', country: 'DE', city: 'Berlin', postcode: '10997', hasAccount: true },
			order: {
				orderId: '5120',
				number: '#5120',
				checkoutToken: 'order-5120',
				currency: 'EUR',
				totalMinor: 3794,
				discountCodes: ['spring-4k2p'],
				awaitsPayment: false,
				updatedAtMs: at('2025-03-01T09:43:05Z'),
				items: [
					{ productId: '310', variantId: '312', sku: 'TEA-L-250', title: 'Harbour Tea', variantTitle: 'Loose, 250 g', quantity: 2, unitPriceMinor: 952, fullPriceMinor: 1190, imageUrl: 'https://shop.example/wp-content/uploads/tea.jpg' },
					{ productId: 'custom:Cup', title: 'Cup', quantity: 1, unitPriceMinor: 1390, fullPriceMinor: undefined },
				],
			},
		});
		expect(placed.order?.paidAtMs).toBeUndefined();
		expect(paid).toMatchObject({ type: 'order_paid', occurredAtMs: at('2025-03-01T09:43:04Z'), order: { paidAtMs: at('2025-03-01T09:43:04Z') } });
		expect(updated).toMatchObject({ type: 'order_updated', occurredAtMs: at('2025-03-01T09:43:05Z'), sequenceMs: context.toJourneyMs(receivedAtMs) });
	});

	it('shows prices without tax where the shop enters them so', () => {
		expect(order({ prices_include_tax: false })[0].order?.items.map(({ unitPriceMinor }) => unitPriceMinor)).toEqual([800, 1168]);
	});

	it('reads money of currencies with other decimals', () => {
		expect(order({ currency: 'JPY', total: '3794' })[0].order).toMatchObject({ totalMinor: 3794, items: [{ unitPriceMinor: 10 }, { unitPriceMinor: 14 }] });
		expect(order({ currency: 'KWD', total: '3.79' })[0].order?.totalMinor).toBe(3790);
	});

	it('tells the same whatever the topic claims', () => {
		for (const topic of ['order.created', 'order.restored']) expect(order({}, topic)).toEqual(order());
	});

	it('dates an order paid in the checkout by its payment, others by when they were made', () => {
		expect(order({ payment_method: 'cod' })[0].order?.placedAtMs).toBe(at('2025-03-01T09:41:11Z'));
		expect(order({ created_via: 'admin' })[0].order?.placedAtMs).toBe(at('2025-03-01T09:41:11Z'));
		expect(order()[0].order?.placedAtMs).toBe(at('2025-03-01T09:43:04Z'));
	});

	it('tells of completion and cancellation by their dates', () => {
		const completed = order({ status: 'completed', date_completed_gmt: '2025-03-03T08:00:00', date_modified_gmt: '2025-03-03T08:00:01' });
		expect(completed.find(({ type }) => type === 'order_fulfilled')).toMatchObject({ occurredAtMs: at('2025-03-03T08:00:00Z'), order: { fulfilledAtMs: at('2025-03-03T08:00:00Z'), paidAtMs: at('2025-03-01T09:43:04Z') } });
		expect(order({ status: 'cancelled' }).find(({ type }) => type === 'order_cancelled')).toMatchObject({ occurredAtMs: at('2025-03-01T09:43:05Z'), order: { cancelledAtMs: at('2025-03-01T09:43:05Z') } });
	});

	it('adds refunds up, each told once', () => {
		const refunds = [{ id: 61, reason: 'Broken', total: '-10.00' }, { id: 62, reason: '', total: '-2.5' }];
		const told = order({ refunds }).filter(({ type }) => type === 'order_refunded');
		expect(told.map(({ dedupeId, refund, order: facts }) => [dedupeId, refund?.amountMinor, facts?.refundedMinor])).toEqual([
			['woocommerce:refund:61:order_refunded', 1000, 1000],
			['woocommerce:refund:62:order_refunded', 250, 1250],
		]);
		expect(order({ refunds }).at(-1)?.order?.refundedMinor).toBe(1250);
		expect(order({ status: 'refunded' }).find(({ type }) => type === 'order_refunded')?.refund).toMatchObject({ amountMinor: 3794 });
	});

	it('does not tell again weeks later what happened before', () => {
		expect(types({ status: 'completed', date_modified_gmt: '2025-03-20T10:00:00', date_completed_gmt: '2025-03-20T10:00:00' })).toEqual(['order_fulfilled', 'order_updated']);
	});

	it.each<[string, Record<string, unknown>, boolean]>([
		['bank transfer on hold', { status: 'on-hold', payment_method: 'bacs', ...unpaid }, true],
		['cheque on hold', { status: 'on-hold', payment_method: 'cheque', ...unpaid }, true],
		['card on hold', { status: 'on-hold', payment_method: 'stripe', date_paid_gmt: null }, false],
		['cash on delivery', { status: 'processing', payment_method: 'cod', ...unpaid }, false],
		['an invoice that the shop wrote', { status: 'pending', created_via: 'admin', ...unpaid }, true],
		['a subscription that could not be charged', { status: 'failed', created_via: 'subscription', ...unpaid }, true],
		['a transfer that came', { status: 'processing', payment_method: 'bacs' }, false],
	])('knows whether %s awaits payment', (_, changes, awaits) => {
		const [placed] = order(changes);
		expect(placed).toMatchObject({ type: 'order_placed', order: { awaitsPayment: awaits } });
		if (changes.status === 'pending') expect(placed.order?.statusUrl).toContain('/order-pay/5120/');
	});

	it.each(['trash', 'auto-draft'])('does not take %s for an order', (status) => {
		expect(normalise('order.updated', sample('order', { status }))).toEqual({ events: [], ignored: expect.stringContaining(status) });
	});

	it('belongs to nobody when it names nobody', () => {
		expect(order({ customer_id: 0, billing: { first_name: 'Mara', email: '', phone: '' } })[0].customer).toBeUndefined();
	});

	it.each<[string, Record<string, unknown>, string]>([
		['without an id', { id: 0 }, 'id is required'],
		['without a total', { total: '' }, 'total is required'],
		['with a currency that is none', { currency: 'Euro' }, 'currency has to be'],
		['without a date', { date_modified_gmt: null, date_created_gmt: null }, 'date_modified_gmt is required'],
		['with a date that is none', { date_modified_gmt: 'yesterday' }, 'date_modified_gmt has to be a time'],
	])('refuses one %s', (_, changes, message) => {
		expect(refusal(() => order(changes)).message).toContain(message);
	});
});

describe('checkouts of WooCommerce', () => {
	const draft = { status: 'checkout-draft', created_via: 'store-api', payment_url: '', ...unpaid };

	it('takes a draft for a checkout under way', () => {
		expect(order(draft)).toMatchObject([
			{ type: 'checkout_updated', occurredAtMs: at('2025-03-01T09:43:05Z'), customer: { email: 'mara.lind@customers.example' }, cart: { checkoutToken: 'order-5120', stage: 'checkout', totalMinor: 3794, recoveryUrl: undefined, items: [{ quantity: 2 }, { quantity: 1 }] } },
		]);
	});

	it.each(['pending', 'failed'])('links to the page where a %s one is paid', (status) => {
		const payPage = 'https://shop.example/checkout/order-pay/5120/?pay_for_order=true&key=wc_order_k7Qx2pLm';
		expect(order({ status, ...unpaid })).toMatchObject([{ type: 'checkout_updated', cart: { recoveryUrl: payPage } }]);
		expect(order({ status, ...unpaid, payment_url: undefined })[0].cart?.recoveryUrl).toBe(payPage);
		expect(order({ status, ...unpaid, payment_url: 'javascript:alert(1)' })[0].cart?.recoveryUrl).toBe(payPage);
	});

	it('keeps one that WooCommerce cancelled unpaid as a cart, without the dead link', () => {
		expect(order({ status: 'cancelled', ...unpaid })).toMatchObject([{ type: 'checkout_updated', cart: { recoveryUrl: 'https://shop.example/cart' } }]);
		expect(order({ status: 'cancelled', ...unpaid, payment_method: 'bacs' }).map(({ type }) => type)).toContain('order_cancelled');
	});

	it('is closed by the order that it became', () => {
		expect(order()[0].order?.checkoutToken).toBe(order(draft)[0].cart?.checkoutToken);
	});
});

describe('customers of WooCommerce', () => {
	it('reads an account, whichever topic tells of it', () => {
		for (const topic of ['customer.created', 'customer.updated']) {
			expect(normalise(topic, sample('customer')).events).toMatchObject([
				{ type: 'customer_created', dedupeId: 'woocommerce:customer:88:customer_created', occurredAtMs: at('2025-02-27T08:00:00Z') },
				{ type: 'customer_updated', occurredAtMs: at('2025-03-01T09:43:06Z'), customer: { shopCustomerId: '88', email: 'mara.lind@customers.example', firstName: 'Mara', lastName: 'Lind', phone: '+49 30 555012', country: 'DE', city: 'Berlin', postcode: '10997', hasAccount: true } },
			]);
		}
	});

	it('does not call an old account created', () => {
		expect(normalise('customer.updated', sample('customer', { date_created_gmt: '2021-01-01T00:00:00' })).events.map(({ type }) => type)).toEqual(['customer_updated']);
	});

	it('says nothing of consent, of which WooCommerce knows nothing', () => {
		const { customer } = normalise('customer.updated', sample('customer')).events[1];
		expect([customer?.emailConsent, customer?.smsConsent]).toEqual([undefined, undefined]);
	});

	it('takes nobody who works for the shop for a customer', () => {
		expect(normalise('customer.updated', sample('customer', { role: 'administrator' }))).toEqual({ events: [], ignored: expect.any(String) });
	});

	it('forgets who was deleted', () => {
		expect(normalise('customer.deleted', { id: 88 }).events).toMatchObject([{ type: 'customer_erased', occurredAtMs: context.toJourneyMs(receivedAtMs), customer: { shopCustomerId: '88' } }]);
	});
});

describe('products of WooCommerce', () => {
	const product = (changes: Record<string, unknown> = {}) => normalise('product.updated', sample('product', changes)).events[0].product;

	it('reads what is shown and what is left', () => {
		expect(product()).toEqual({
			productId: '330', title: 'Cup & Saucer', url: 'https://shop.example/product/cup/', imageUrl: 'https://shop.example/wp-content/uploads/cup.jpg', tags: ['stoneware'], category: 'Cups & Plates', vendor: 'Quay',
			variants: [{ variantId: '330', sku: 'CUP-1', priceMinor: 1390, fullPriceMinor: 1590, stock: 7 }], currency: 'EUR', createdAtMs: at('2024-11-05T09:00:00Z'), updatedAtMs: at('2025-03-01T10:00:00Z'),
		});
	});

	it.each<[string, Record<string, unknown>, number | undefined]>([
		['is counted', {}, 7],
		['is not counted', { manage_stock: false, stock_quantity: null }, undefined],
		['is out, though nobody counts', { manage_stock: false, stock_quantity: null, stock_status: 'outofstock' }, 0],
		['is sold on at zero', { stock_quantity: -3, backorders_allowed: true }, undefined],
		['is on back-order', { stock_quantity: -3, stock_status: 'onbackorder' }, undefined],
		['is oversold', { stock_quantity: -3 }, 0],
		['comes as text', { stock_quantity: '4' }, 4],
	])('knows the stock of what %s', (_, changes, stock) => {
		expect(product(changes)?.variants?.[0].stock).toBe(stock);
	});

	it('leaves variations alone that it only has the ids of', () => {
		expect(product({ type: 'variable', variations: [331, 332], price: '' })).toMatchObject({ isPartial: true, variants: undefined });
	});

	it('reads a variation, which is delivered as a product, as a part of its own', () => {
		const variation = product({ id: 332, parent_id: 330, type: 'variation', attributes: [{ id: 1, name: 'Colour', option: 'Blue' }, { id: 2, name: 'Size', option: 'L' }], stock_quantity: 2 });
		expect(variation).toMatchObject({ productId: '330', isPartial: true, variants: [{ variantId: '332', title: 'Blue, L', stock: 2, priceMinor: 1390 }] });
		expect(variation?.title).toBeUndefined();
	});

	it.each(['draft', 'private', 'pending'])('takes a %s one off the shelf', (status) => {
		expect(product({ status })?.deleted).toBe(true);
	});

	it('tells of a deleted one', () => {
		expect(normalise('product.deleted', { id: 330 }).events).toMatchObject([{ type: 'product_deleted', product: { productId: '330', deleted: true } }]);
	});
});

describe('deliveries of WooCommerce', () => {
	it('takes a known body with its known signature', () => {
		// Worked out with: printf '{"id":1}' | openssl dgst -sha256 -hmac the-webhook-secret-of-the-tests -binary | base64
		const delivery = wooDelivery('product.deleted', '{"id":1}', { 'x-wc-webhook-signature': 'y+FokCkQNcU7lIoO63fw43Wd8xlb0LJJdMnErUiN1ow=' });
		expect(() => woocommerceAdapter.verify(delivery, secret)).not.toThrow();
	});

	it.each<[string, string | undefined]>([['missing', undefined], ['empty', ''], ['forged', `${'A'.repeat(43)}=`], ['cut', 'AAAA']])('refuses a signature that is %s', (_, signature) => {
		expect(refusal(() => woocommerceAdapter.verify(wooDelivery('order.created', '{"id":1}', { 'x-wc-webhook-signature': signature }), secret)).code).toBe('SIGNATURE_INVALID');
	});

	it('refuses a body that differs by one byte, and any body while there is no secret', () => {
		const delivery = wooDelivery('order.created', fixture('woocommerce/order.json'));
		expect(refusal(() => woocommerceAdapter.verify({ ...delivery, rawBody: Buffer.concat([delivery.rawBody, Buffer.from(' ')]) }, secret)).code).toBe('SIGNATURE_INVALID');
		for (const empty of ['', ' ']) expect(refusal(() => woocommerceAdapter.verify(delivery, empty)).code).toBe('SECRET_MISSING');
	});

	it('takes for a ping only what can say nothing else', () => {
		const isPing = (body: string, headers: Record<string, string | undefined> = {}) => woocommerceAdapter.isPing!({ rawBody: Buffer.from(body), headers, receivedAtMs });
		expect(isPing('webhook_id=12')).toBe(true);
		for (const body of ['webhook_id=12&id=1', 'webhook_id=', '{"id":1}', '', `webhook_id=${'1'.repeat(100)}`]) expect(isPing(body)).toBe(false);
		expect(isPing('webhook_id=12', { 'x-wc-webhook-signature': 'x' })).toBe(false);
	});

	it('knows a repetition again, and tells states of the same second apart', () => {
		const ids = (changes: Record<string, unknown> = {}) => order(changes).map(({ dedupeId }) => dedupeId);
		expect(ids({ meta_data: [{ id: 1, key: 'x', value: 1 }] })).toEqual(ids());
		expect(new Set(ids()).size).toBe(3);
		expect(ids({ status: 'completed', date_completed_gmt: '2025-03-01T09:43:05' }).at(-1)).not.toBe(ids().at(-1));
		expect(ids({ total: '38.00' }).at(-1)).not.toBe(ids().at(-1));
		for (const id of ids()) expect(id.length).toBeLessThanOrEqual(200);
	});

	it('says in words that the key’s user may not read any more', () => {
		const error = { code: 'woocommerce_rest_cannot_view', message: 'Sorry, you cannot view this resource.', data: { status: 403 } };
		for (const topic of ['order.updated', 'customer.created', 'product.updated']) expect(normalise(topic, error).ignored).toContain('lost the permission');
	});

	it.each(['coupon.created', 'action.woocommerce_add_to_cart', 'order.deleted', 'customer.restored', 'constructor', '__proto__'])('answers %s with a reason and records nothing', (topic) => {
		expect(normalise(topic, { id: 1 })).toEqual({ events: [], ignored: expect.stringMatching(/^[A-Z].{10,}/) });
	});

	it('refuses a delivery without a topic', () => {
		expect(refusal(() => normalise('', '{"id":1}')).message).toContain('X-WC-Webhook-Topic');
	});

	const topicsOf = { order: ['order.created', 'order.updated', 'order.restored'], customer: ['customer.created', 'customer.updated'], product: ['product.created', 'product.updated', 'product.restored'], none: ['customer.deleted', 'product.deleted'] } as const;
	const names = ['order', 'customer', 'product'] as const;
	const wrong = names.flatMap((name) => Object.entries(topicsOf).flatMap(([of, topics]) => (of === name ? [] : topics.map((topic) => [name, topic] as const))));

	it.each(wrong)('refuses the body of a %s sent on as %s', (name, topic) => {
		expect(refusal(() => normalise(topic, sample(name))).code).toBe('PAYLOAD_INVALID');
	});

	it('reads lists that PHP wrote as objects', () => {
		const lines = sample('order').line_items as unknown[];
		expect(order({ line_items: { 1: lines[0], 4: lines[1] } })[0].order?.items).toHaveLength(2);
	});

	it('reads quantities in text and in halves', () => {
		const [line] = sample('order').line_items as Array<Record<string, unknown>>;
		const quantityOf = (quantity: unknown) => order({ line_items: [{ ...line, quantity }] })[0].order?.items[0]?.quantity;
		expect([quantityOf('3'), quantityOf(2.5), quantityOf(0.25), quantityOf(0)]).toEqual([3, 3, 1, undefined]);
	});

	const run = (topic: string, body: unknown) => {
		try {
			normalise(topic, body);
		} catch (error) {
			if (!isShopJourneysError(error, 'PAYLOAD_INVALID')) throw error;
		}
	};

	it('never fails with anything but a reason, whatever JSON it is given', () => {
		fc.assert(fc.property(fc.constantFrom(...Object.values(topicsOf).flat()), fc.jsonValue(), (topic, value) => run(topic, JSON.stringify(value))));
	});

	it('never fails with anything but a reason, whatever a field is replaced by, and wherever it is cut', () => {
		fc.assert(
			fc.property(fc.constantFrom(...names), fc.nat(), fc.jsonValue(), fc.double({ min: 0, max: 1, noNaN: true }), (name, place, value, share) => {
				const body = sample(name);
				const places: Array<[Record<string, unknown>, string]> = [];
				const visit = (node: unknown): void => {
					if (typeof node !== 'object' || node === null) return;
					for (const [key, child] of Object.entries(node)) {
						places.push([node as Record<string, unknown>, key]);
						visit(child);
					}
				};
				visit(body);
				const [parent, key] = places[place % places.length];
				parent[key] = value;
				const text = JSON.stringify(body);
				run(topicsOf[name][0], text);
				run(topicsOf[name][0], text.slice(0, Math.floor(text.length * share)));
			}),
			{ numRuns: 400 },
		);
	});
});
