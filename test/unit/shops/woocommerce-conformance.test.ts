import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { woocommerceAdapter } from '../../../lib/shops/woocommerce';
import { at, context } from './context';
import { normalise } from './woocommerce-delivery';

/** Other people's samples lie beside the repository, where they exist; none of them is copied into it. */
const samples = path.join(__dirname, '../../../../shared/fixtures');
const isThere = existsSync(samples);
const suite = isThere ? describe : describe.skip;
const skipped = isThere ? '' : ' (skipped: ../shared/fixtures does not exist here)';

/** What each sample has to come out as: its events by type, `ignored` with a reason, or a refusal that names what is wrong. */
const expected: Record<string, string[] | 'ignored' | RegExp> = {
	'action.woocommerce_add_to_cart.json': 'ignored',
	'coupon.created.json': 'ignored',
	'customer.created.json': ['customer_created', 'customer_updated'],
	'customer.updated.json': ['customer_created', 'customer_updated'],
	'order.created.json': ['order_placed', 'order_paid', 'order_updated'],
	'order.deleted.json': 'ignored',
	'order.list.json': /not a JSON object/,
	'order.updated.json': ['order_placed', 'order_paid', 'order_fulfilled', 'order_updated'],
	'order.updated_permission_error.json': 'ignored',
	'product.created.json': ['product_updated'],
	'product.created_variable.json': ['product_updated'],
	'product.updated.json': ['product_updated'],
	// Resources that no topic delivers: as an order or a product they are refused.
	'product_variation.resource.json': /is no order/,
	'refund.resource.json': /is no order/,
};

function topicOf(file: string): string {
	const [, topic] = /^(\w+\.[a-z]+)(?:_\w+)?\.json$/.exec(file) ?? [];
	return topic?.startsWith('action.') ? 'action.woocommerce_add_to_cart' : /\.(resource|list)$/.test(topic) ? 'order.updated' : topic;
}

suite(`samples of WooCommerce${skipped}`, () => {
	const files = isThere ? readdirSync(path.join(samples, 'woocommerce')).filter((file) => !file.startsWith('_')) : ['none'];
	const read = (file: string) => readFileSync(path.join(samples, 'woocommerce', file));

	it.each(files)('reads %s as what it is', (file) => {
		const wanted = expected[file];
		if (wanted instanceof RegExp) {
			expect(() => normalise(topicOf(file), read(file))).toThrow(wanted);
			return;
		}
		const { events, ignored } = normalise(topicOf(file), read(file));
		if (wanted === 'ignored') expect({ events, ignored }).toEqual({ events: [], ignored: expect.stringMatching(/^[A-Z].{15,}/) });
		else expect({ types: events.map(({ type }) => type), ignored }).toEqual({ types: wanted, ignored: undefined });
	});

	it('reads each order of a list', () => {
		const orders = JSON.parse(read('order.list.json').toString()) as unknown[];
		expect(orders.map((order) => normalise('order.updated', order).events[0].type)).toEqual(orders.map(() => 'order_placed'));
	});

	it('reads money, dates, people and lines of a guest’s order', () => {
		const [placed, paid] = normalise('order.created', read('order.created.json')).events;
		expect(placed).toMatchObject({
			occurredAtMs: at('2017-03-22T19:28:02Z'),
			customer: { shopCustomerId: undefined, email: 'john.doe@example.com', firstName: 'John', country: 'US', city: 'San Francisco', postcode: '94103' },
			order: {
				orderId: '727',
				number: '#727',
				currency: 'USD',
				totalMinor: 2935,
				awaitsPayment: false,
				items: [
					{ productId: '93', variantId: undefined, title: 'Woo Single #1', quantity: 2, unitPriceMinor: 300 },
					{ productId: '22', variantId: '23', title: 'Ship Your Idea – Color: Black, Size: M Test', sku: 'Bar3', unitPriceMinor: 1200 },
				],
			},
		});
		expect(placed.order?.paidAtMs).toBeUndefined();
		expect(paid).toMatchObject({ occurredAtMs: at('2017-03-22T19:28:08Z'), order: { paidAtMs: at('2017-03-22T19:28:08Z') } });
	});

	it('says in words that the owner of the webhook may not read any more', () => {
		expect(normalise('order.updated', read('order.updated_permission_error.json')).ignored).toContain('"Sorry, you cannot view this resource."');
	});

	it('knows a ping, and nothing else, for one', () => {
		const { headers, body_raw } = JSON.parse(read('_ping.json').toString()) as { headers: Record<string, string>; body_raw: string };
		const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
		expect(woocommerceAdapter.isPing?.({ headers: lower, rawBody: Buffer.from(body_raw), receivedAtMs: 0 })).toBe(true);
		expect(woocommerceAdapter.isPing?.({ headers: lower, rawBody: read('order.created.json'), receivedAtMs: 0 })).toBe(false);
	});

	it('takes the delivery signed with a secret of odd characters, and no other', () => {
		const { secret, body_raw, signature } = JSON.parse(readFileSync(path.join(samples, 'vectors/woocommerce_hmac_DERIVED.json')).toString()) as Record<string, string>;
		const delivery = { headers: { 'x-wc-webhook-signature': signature, 'x-wc-webhook-topic': 'order.created' }, rawBody: Buffer.from(body_raw), receivedAtMs: 0 };
		expect(() => woocommerceAdapter.verify(delivery, secret)).not.toThrow();
		expect(() => woocommerceAdapter.verify(delivery, `${secret}x`)).toThrow('does not match');
		expect(woocommerceAdapter.normalise(delivery, context).events).toHaveLength(3);
	});
});
