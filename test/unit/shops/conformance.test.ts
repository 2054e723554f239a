import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isShopJourneysError } from '../../../lib/model/errors';
import type { Normalised } from '../../../lib/shops/adapter';
import { genericAdapter } from '../../../lib/shops/generic';
import { shopifyAdapter } from '../../../lib/shops/shopify';
import { context } from './context';
import { normalise } from './shopify-delivery';

/** Other people's samples lie beside the repository, where they exist; none of them is copied into it. */
const samples = path.join(__dirname, '../../../../shared/fixtures');
const isThere = existsSync(samples);
const suite = isThere ? describe : describe.skip;
const skipped = isThere ? '' : ' (skipped: ../shared/fixtures does not exist here)';

const resources = ['app', 'carts', 'checkouts', 'customers', 'discounts', 'fulfillment_events', 'fulfillments', 'inventory_levels', 'order_transactions', 'orders', 'products', 'refunds', 'returns', 'shop', 'variants'];

/** `customers_update_2024-07.json` is customers/update. */
function topicOfSample(file: string): string {
	const name = file.replace(/(_\d{4}-\d\d)?\.json$/, '');
	const resource = resources.find((candidate) => name.startsWith(`${candidate}_`));
	if (!resource) throw new Error(`No topic for ${file}`);
	return `${resource}/${name.slice(resource.length + 1)}`;
}

const topicOfShape: Record<string, string> = {
	carts: 'carts/update',
	checkouts: 'checkouts/update',
	customers: 'customers/update',
	fulfillments: 'fulfillments/create',
	order: 'order_transactions/create',
	orders: 'orders/updated',
	products: 'products/update',
	refunds: 'refunds/create',
};

function filesIn(folder: string): string[] {
	return isThere ? readdirSync(path.join(samples, folder)).filter((file) => file.endsWith('.json') && !file.startsWith('_')) : ['none'];
}

/** What comes of a body: events, or a reason in words. Anything else is a crash and fails the test. */
function outcome(topic: string, body: string | Buffer): Normalised | string {
	try {
		return normalise(topic, body);
	} catch (error) {
		if (!isShopJourneysError(error, 'PAYLOAD_INVALID')) throw error;
		return error.message;
	}
}

/** The real shapes have their values taken out: puts plausible ones where only a value can be read. */
function withValues(value: unknown, key = ''): unknown {
	if (Array.isArray(value)) return value.map((entry) => withValues(entry, key));
	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'admin_graphql_api_id').map(([name, child]) => [name, withValues(child, name)]));
	}
	if (value !== 'example string') return value;
	if (/^(presentment_)?currency(_code)?$/.test(key)) return 'EUR';
	if (key === 'country_code') return 'DE';
	if (key.endsWith('_at')) return '2025-03-01T10:41:12+01:00';
	if (key === 'kind') return 'refund';
	return /price|amount|total|subtotal/.test(key) ? '12.34' : value;
}

suite(`samples of Shopify${skipped}`, () => {
	const read = (file: string) => readFileSync(path.join(samples, 'shopify', file));

	/** Samples that are answered with a reason (the parcel is under way, the merge has failed): everything else has to give events. */
	const withoutEvents = /^(app|discounts|fulfillment_events|fulfillments|inventory_levels|order_transactions|shop)\/|^orders\/(edited|delete)$|^customers\/(delete|merge)$/;

	it.each(filesIn('shopify'))('reads %s, or says why not', (file) => {
		const topic = topicOfSample(file);
		const result = outcome(topic, read(file));
		if (typeof result === 'string') throw new Error(result);
		// The two samples of consent tell of nobody's consent.
		const isEmpty = withoutEvents.test(topic) || topic.includes('marketing_consent');
		expect({ events: result.events.length > 0, ignored: result.ignored !== undefined }).toEqual({ events: !isEmpty, ignored: isEmpty });
	});

	it.each<[string, object]>([
		['customers_data_request.json', { type: 'data_requested', customer: { shopCustomerId: '191167', email: 'john@example.com' } }],
		['customers_redact.json', { type: 'customer_erased', customer: { shopCustomerId: '191167', email: 'john@example.com' } }],
		['returns_request.json', { type: 'return_updated', return: { returnId: '123134564567890', orderId: '4783296544821', status: 'requested' } }],
		['returns_approve.json', { type: 'return_updated', return: { returnId: '123134564567890', orderId: '4783296544821', status: 'approved' } }],
		['variants_in_stock.json', { type: 'product_updated', product: { productId: '788032119674292922', isPartial: true, variants: [{ variantId: '642667041472713922', stock: 75 }] } }],
		['variants_out_of_stock.json', { type: 'product_updated', product: { variants: [{ variantId: '642667041472713922', stock: 0 }] } }],
		['customers_update.json', { type: 'customer_updated', customer: { shopCustomerId: '706405506930370084', country: 'CA', city: 'Ottawa', postcode: 'K2P 2L8', hasAccount: false } }],
		['orders_create.json', { type: 'order_placed', order: { orderId: '820982911946154508', number: '#9999', totalMinor: 40495, awaitsPayment: false, statusUrl: expect.stringContaining('/orders/123456abcd/authenticate') } }],
	])('takes from %s what matters', (file, event) => {
		const result = outcome(topicOfSample(file), read(file));
		expect(typeof result === 'string' ? result : result.events[0]).toMatchObject(event);
	});

	it('takes the arrival from the carrier once it tells of one', () => {
		const arrived = read('fulfillment_events_create.json').toString().replace('"in_transit"', '"delivered"');
		const result = outcome('fulfillment_events/create', arrived);
		expect(typeof result === 'string' ? result : result.events[0]).toMatchObject({ type: 'order_delivered', parcel: { orderId: '820982911946154508' } });
	});

	it.each(filesIn('shopify/real_shapes'))('refuses %s with a reason while its values are taken out', (file) => {
		const topic = topicOfShape[file.split('_')[0]];
		const result = outcome(topic, read(`real_shapes/${file}`));
		if (typeof result === 'string') expect(result).toMatch(/^[\w.[\]]+ /);
		else expect(withoutEvents.test(topic)).toBe(true);
	});

	it.each(filesIn('shopify/real_shapes'))('reads the shape of %s once it has values', (file) => {
		const topic = topicOfShape[file.split('_')[0]];
		const result = outcome(topic, JSON.stringify(withValues(JSON.parse(read(`real_shapes/${file}`).toString()))));
		if (typeof result === 'string') throw new Error(result);
		expect(result.events.length > 0 || withoutEvents.test(topic)).toBe(true);
	});
});

suite(`signature vectors${skipped}`, () => {
	const vector = <T>(file: string) => JSON.parse(readFileSync(path.join(samples, 'vectors', file)).toString()) as T;

	it('Shopify: takes the genuine delivery and no other', () => {
		const { secret, body_raw, headers } = vector<{ secret: string; body_raw: string; headers: Record<string, string> }>('shopify_hmac.json');
		const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
		const delivery = { headers: lower, rawBody: Buffer.from(body_raw), receivedAtMs: 0 };
		expect(() => shopifyAdapter.verify(delivery, secret)).not.toThrow();
		expect(() => shopifyAdapter.verify(delivery, `${secret}x`)).toThrow('does not match');
		expect(() => shopifyAdapter.normalise(delivery, context)).toThrow('does not fit the topic');
	});

	it('Standard Webhooks: takes the genuine delivery and no other', () => {
		const { secret, id, timestamp, body_raw, signature } = vector<Record<'secret' | 'id' | 'timestamp' | 'body_raw' | 'signature', string>>('standard_webhooks.json');
		const headers = { 'x-shop-journeys-id': id, 'x-shop-journeys-timestamp': timestamp, 'x-shop-journeys-signature': signature };
		const delivery = { headers, rawBody: Buffer.from(body_raw), receivedAtMs: Number(timestamp) * 1000 };
		expect(() => genericAdapter.verify(delivery, secret)).not.toThrow();
		expect(() => genericAdapter.verify({ ...delivery, rawBody: Buffer.from(`${body_raw} `) }, secret)).toThrow('does not match');
	});
});
