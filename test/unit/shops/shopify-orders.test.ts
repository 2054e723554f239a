import { at, fixture, refusal } from './context';
import { changed, normalise } from './shopify-delivery';

describe('orders of Shopify', () => {
	const order = (topic: string, ...changes: Array<[string, string]>) => normalise(topic, changed('order.json', ...changes)).events;

	it('reads a placed order with all that joins it to cart, checkout and customer', () => {
		const events = order('orders/create');
		expect(events).toHaveLength(1);
		expect(events[0]).toMatchObject({
			type: 'order_placed',
			dedupeId: 'shopify:order:5620000000000000321:order_placed',
			occurredAtMs: at('2025-03-01T09:41:11Z'),
			customer: {
				shopCustomerId: '6940000000000000777',
				email: 'mara.lind@customers.example',
				phone: '+4930555012',
				firstName: 'Mara',
				locale: 'de-DE',
				country: 'DE',
				city: 'Berlin',
				emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: at('2025-03-01T09:41:12Z') },
			},
			order: {
				orderId: '5620000000000000321',
				number: '#2044',
				cartToken: 'hWN2bmtoZXk4MTQ',
				checkoutToken: 'c0ffee5511',
				currency: 'EUR',
				totalMinor: 6270,
				refundedMinor: undefined,
				discountCodes: ['SPRING-4K2P'],
				placedAtMs: at('2025-03-01T09:41:11Z'),
				updatedAtMs: at('2025-03-01T09:41:13Z'),
				paymentStatus: 'pending',
				items: [
					{ productId: '7310000000000000123', variantId: '51200000000000017', quantity: 2, unitPriceMinor: 1190, fullPriceMinor: 1390 },
					{ productId: 'custom:Tip', title: 'Tip', quantity: 1, unitPriceMinor: 200 },
				],
			},
		});
	});

	it('tells of payment as well when an order is paid as it is placed', () => {
		const [placed, paid] = order('orders/create', ['"pending"', '"paid"']);
		expect(placed.order?.paidAtMs).toBeUndefined();
		expect(paid).toMatchObject({ type: 'order_paid', occurredAtMs: at('2025-03-01T09:41:11Z'), order: { paidAtMs: at('2025-03-01T09:41:11Z') } });
	});

	it('dates a later payment by the change that brought it', () => {
		const [paid] = order('orders/paid', ['"pending"', '"paid"'], ['10:41:13+01:00', '18:00:00+01:00']);
		expect(paid).toMatchObject({ type: 'order_paid', occurredAtMs: at('2025-03-01T17:00:00Z'), order: { paidAtMs: at('2025-03-01T17:00:00Z') } });
	});

	it('dates a cancellation and a fulfilment by their own times', () => {
		expect(order('orders/cancelled', ['"cancelled_at":null', '"cancelled_at":"2025-03-02T08:00:00+01:00"'])[0]).toMatchObject({
			type: 'order_cancelled',
			occurredAtMs: at('2025-03-02T07:00:00Z'),
			order: { cancelledAtMs: at('2025-03-02T07:00:00Z') },
		});
		const parcels = '"fulfillments":[{"created_at":"2025-03-03T08:00:00+01:00"},{"created_at":"2025-03-04T08:00:00+01:00"}]';
		expect(order('orders/fulfilled', ['"fulfillment_status":null', '"fulfillment_status":"fulfilled"'], ['"fulfillments":[]', parcels])[0]).toMatchObject({
			type: 'order_fulfilled',
			occurredAtMs: at('2025-03-04T07:00:00Z'),
			order: { fulfilmentStatus: 'fulfilled' },
		});
	});

	it.each(['orders/updated', 'orders/paid', 'orders/cancelled', 'orders/fulfilled', 'orders/partially_fulfilled'])('records what the body says, not what the topic %s claims', (topic) => {
		expect(order(topic)).toMatchObject([{ type: 'order_updated', occurredAtMs: at('2025-03-01T09:41:13Z') }]);
	});

	it('is delivered when all was sent and all that was sent has arrived, once', () => {
		const parcels = (second: string) =>
			`"fulfillments":[{"status":"success","shipment_status":"delivered","created_at":"2025-03-03T08:00:00Z","updated_at":"2025-03-05T08:00:00Z"},{"status":"success","shipment_status":${second},"created_at":"2025-03-04T08:00:00Z","updated_at":"2025-03-06T08:00:00Z"},{"status":"cancelled","shipment_status":null,"created_at":"2025-03-02T08:00:00Z"}]`;
		const sent = (state: string, second: string) => order('orders/updated', ['"fulfillment_status":null', `"fulfillment_status":${state}`], ['"fulfillments":[]', parcels(second)]);
		expect(sent('"fulfilled"', '"in_transit"')[0].order?.deliveredAtMs).toBeUndefined();
		expect(sent('"partial"', '"delivered"')[0].order?.deliveredAtMs).toBeUndefined();
		expect(sent('"fulfilled"', '"delivered"')).toMatchObject([
			{ type: 'order_updated', order: { deliveredAtMs: at('2025-03-06T08:00:00Z') } },
			{ type: 'order_delivered', dedupeId: 'shopify:order:5620000000000000321:order_delivered', occurredAtMs: at('2025-03-06T08:00:00Z') },
		]);
	});

	const gateway = (...names: string[]): [string, string] => ['"fulfillments":[]', `"fulfillments":[],"payment_gateway_names":${JSON.stringify(names)}`];

	it.each(['Bank Deposit', 'manual', 'Money Order', 'Überweisung (Vorkasse)', 'Kauf auf Rechnung'])('awaits payment by %s', (name) => {
		expect(order('orders/create', gateway(name))[0].order?.awaitsPayment).toBe(true);
	});

	it.each(['shopify_payments', 'paypal', 'Cash on Delivery (COD)', 'klarna'])('does not ask for payment by %s', (name) => {
		expect(order('orders/create', gateway(name))[0].order?.awaitsPayment).toBe(false);
	});

	it('no longer awaits payment once it is paid or cancelled', () => {
		expect(order('orders/updated', gateway('manual'), ['"pending"', '"paid"'])[0].order?.awaitsPayment).toBe(false);
		expect(order('orders/updated', gateway('manual'), ['"cancelled_at":null', '"cancelled_at":"2025-03-02T08:00:00Z"'])[0].order?.awaitsPayment).toBe(false);
	});

	it('knows until when an invoice is to be paid: the earliest part still open', () => {
		const terms = '"fulfillments":[],"payment_terms":{"payment_terms_type":"net","payment_schedules":[{"due_at":"2025-03-10T00:00:00Z","completed_at":"2025-03-09T00:00:00Z"},{"due_at":"2025-04-30T00:00:00Z","completed_at":null},{"due_at":"2025-03-31T00:00:00Z","completed_at":null}]}';
		expect(order('orders/updated', ['"fulfillments":[]', terms])[0].order).toMatchObject({ awaitsPayment: true, paymentDueAtMs: at('2025-03-31T00:00:00Z') });
	});

	it('links to the page of the order, on https only', () => {
		const page = (url: string) => order('orders/create', ['"fulfillments":[]', `"fulfillments":[],"order_status_url":"${url}"`])[0].order?.statusUrl;
		expect(page('https://quay.myshopify.example/1/orders/0rdertoken/authenticate?key=k')).toBe('https://quay.myshopify.example/1/orders/0rdertoken/authenticate?key=k');
		expect(page('javascript:alert(1)')).toBeUndefined();
	});

	it('places the customer by the address beside it only when it is the same place', () => {
		const located = (city: string) => order('orders/create', ['"city":"Berlin","country_code":"DE","phone":null', `"city":"${city}","country_code":"DE","zip":"10115","latitude":52.53,"longitude":13.38,"phone":null`], ['{"id":1,"city":"Berlin"', '{"id":1,"zip":"10115","city":"Berlin"'])[0].customer;
		expect(located('Berlin')).toMatchObject({ city: 'Berlin', postcode: '10115', latitude: 52.53, longitude: 13.38 });
		expect(located('Potsdam')).toMatchObject({ city: 'Berlin', postcode: '10115', latitude: undefined, longitude: undefined });
	});

	it('adds up what was paid back, but not what failed', () => {
		const refund = (amount: string, status: string, currency = 'EUR') => `{"transactions":[{"kind":"refund","status":"${status}","amount":"${amount}","currency":"${currency}"}],"refund_line_items":[{"quantity":1,"subtotal":9.99,"total_tax":1.6}]}`;
		const refunded = (...refunds: string[]) => order('orders/updated', ['"refunds":[]', `"refunds":[${refunds.join(',')}]`])[0].order?.refundedMinor;
		expect(refunded(refund('11.90', 'success'), refund('2.10', 'pending'), refund('40.00', 'failure'))).toBe(1400);
		// Paid in another currency: the lines, in the shop's.
		expect(refunded(refund('10.80', 'success', 'USD'))).toBe(999);
	});

	it('does not take the phone or the name of whom a gift goes to', () => {
		const text = changed('order.json', ['"phone":"+4930555012",', ''], ['"first_name":"Mara","last_name":"Lind","email"', '"first_name":null,"email"']);
		expect(normalise('orders/create', text).events[0].customer).toMatchObject({ firstName: 'Mara', country: 'DE', phone: undefined });
	});

	it('belongs to nobody when sold over the counter', () => {
		const text = changed('order.json', ['"contact_email":"mara.lind@customers.example"', '"contact_email":null'], ['"email":"mara.lind@customers.example","financial', '"email":"","financial']).replace(/"customer":\{.*?\}\},/s, '"customer":null,');
		expect(normalise('orders/create', text).events[0].customer).toBeUndefined();
	});

	it.each<[string, [string, string], string]>([
		['an order without an id', ['"id":5620000000000000321', '"id":null'], 'id is required'],
		['an order without a total', ['"total_price":"62.70"', '"total_price":null'], 'total_price is required'],
		['a currency that is none', ['"currency":"EUR"', '"currency":"euro"'], 'currency has to be a currency code'],
	])('refuses %s', (_, change, message) => {
		expect(refusal(() => order('orders/create', change)).message).toContain(message);
	});
});

describe('refunds of Shopify', () => {
	it('tells what was paid back for which order, once per refund', () => {
		expect(normalise('refunds/create', fixture('shopify/refund.json')).events).toEqual([
			{
				type: 'order_refunded',
				dedupeId: 'shopify:refund:930000000000000055:order_refunded',
				occurredAtMs: at('2025-03-09T07:00:00Z'),
				sequenceMs: at('2025-03-09T23:59:58.123Z'),
				source: 'shopify',
				refund: {
					orderId: '5620000000000000321',
					refundId: '930000000000000055',
					amountMinor: 1190,
					currency: 'EUR',
					items: [expect.objectContaining({ productId: '7310000000000000123', quantity: 1, unitPriceMinor: 1190 })],
				},
			},
		]);
	});

	it('is nothing to tell when goods came back but no money went', () => {
		const text = changed('refund.json', ['"status":"success"', '"status":"failure"']);
		expect(normalise('refunds/create', text)).toEqual({ events: [], ignored: expect.stringContaining('nothing was paid back') });
	});

	it('reads the currency from the lines when the payments do not say', () => {
		const text = fixture('shopify/refund.json').toString().replaceAll('"currency":"EUR"', '"currency":null').replaceAll('"EUR"', '"KWD"').replaceAll('11.90', '11.900');
		expect(normalise('refunds/create', text).events[0].refund).toMatchObject({ currency: 'KWD', amountMinor: 11900 });
	});
});
