import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { ShopEvent } from '../../../lib/model/events';
import type { Delivery } from '../../../lib/shops/adapter';
import type { HistoryKind, ShopApiContext, ShopHttp } from '../../../lib/shops/api';
import { parseExactJson } from '../../../lib/shops/exact-json';
import { woocommerceAdapter } from '../../../lib/shops/woocommerce';
import { type Fault, startWooShop, type WooShop } from '../../mocks/woocommerce';
import { context as normalise } from './context';

const api = woocommerceAdapter.api!;
const secret = ['made', 'by', 'the', 'installation'].join('-');
const startMs = Date.parse('2025-03-01T10:00:00Z');
let nowMs = startMs;
let shop: WooShop;
let slept: number[] = [];

beforeEach(async () => {
	nowMs = startMs;
	slept = [];
	shop = await startWooShop({ nowMs: () => nowMs });
});
afterEach(async () => await shop.close());

/** What lib/n8n does with n8n's helpers, with fetch. */
const http: ShopHttp = async ({ method, url, query, headers, body }) => {
	const address = new URL(url);
	for (const [name, value] of Object.entries(query ?? {})) address.searchParams.set(name, String(value));
	let answer: Response;
	let bytes: Buffer;
	try {
		answer = await fetch(address, { method, headers: { 'content-type': 'application/json', ...headers }, body: body === undefined ? undefined : JSON.stringify(body), redirect: 'manual' });
		bytes = Buffer.from(await answer.arrayBuffer());
	} catch (error) {
		throw new ShopJourneysError('SHOP_UNREACHABLE', `${address.host} did not answer`, { cause: error });
	}
	let parsed: unknown = bytes.toString();
	try {
		parsed = parseExactJson(bytes);
	} catch {
		// Not JSON: the text as it is.
	}
	return { status: answer.status, headers: Object.fromEntries(answer.headers), body: parsed };
};

function contextOf(credential: Record<string, unknown> = shop.credential): ShopApiContext {
	return { http, credential, nowMs: () => nowMs, sleep: async (ms) => void slept.push(ms) };
}

async function refused(asking: Promise<unknown>): Promise<ShopJourneysError> {
	const error: unknown = await asking.then(() => undefined, (reason: unknown) => reason);
	expect(error).toBeInstanceOf(ShopJourneysError);
	return error as ShopJourneysError;
}

/** Goes through all pages of a kind. `between` runs before each further one. */
async function through(kind: HistoryKind, options: { sinceMs?: number; between?: (page: number) => Promise<void>; credential?: Record<string, unknown> } = {}) {
	const events: ShopEvent[] = [];
	const refusedRows: string[] = [];
	let cursor: string | null = null;
	let pages = 0;
	let total: number | undefined;
	do {
		if (pages > 0) await options.between?.(pages);
		const page = await api.history(contextOf(options.credential), kind, { sinceMs: options.sinceMs, cursor, normalise });
		expect(page.cursor?.length ?? 0).toBeLessThan(2000);
		events.push(...page.events);
		refusedRows.push(...(page.refused ?? []));
		cursor = page.cursor;
		total ??= page.total;
	} while (cursor !== null && ++pages < 50);
	return { events, refused: refusedRows, total, pages: pages + 1 };
}

const ofType = (events: ShopEvent[], type: string) => events.filter((event) => event.type === type);

describe('registering with WooCommerce', () => {
	let receiver: Server;
	let address: string;
	let received: Delivery[] = [];
	let answers = 200;

	beforeEach(async () => {
		received = [];
		answers = 200;
		receiver = createServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
				received.push({ headers: request.headers as Record<string, string>, rawBody: Buffer.concat(chunks), receivedAtMs: nowMs });
				response.writeHead(answers).end();
			});
		});
		await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
		address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhook/7d1c/shop`;
	});
	afterEach(async () => await new Promise((resolve) => receiver.close(resolve)));

	const register = async (to = address) => await api.register(contextOf(), { address: to, secret });

	it('makes a webhook for every topic that is read, each of which pings', async () => {
		const { topics, problems } = await register();
		expect(problems).toEqual([]);
		expect(topics).toEqual(shop.webhooks.map(({ topic }) => topic));
		expect(topics).toEqual(expect.arrayContaining(['order.created', 'order.updated', 'customer.deleted', 'product.deleted']));
		expect(received).toHaveLength(topics.length);
		expect(received.every((delivery) => woocommerceAdapter.isPing?.(delivery))).toBe(true);
	});

	it('is delivered what happens, signed with the secret that it handed over', async () => {
		await register();
		received = [];
		await shop.placeOrder();
		expect(received).toHaveLength(1);
		expect(() => woocommerceAdapter.verify(received[0], secret)).not.toThrow();
		expect(() => woocommerceAdapter.verify(received[0], `${secret}x`)).toThrow('does not match');
		expect(woocommerceAdapter.normalise(received[0], normalise).events.map(({ type }) => type)).toEqual(['order_placed', 'order_paid', 'order_updated']);
	});

	it('changes nothing when it is done again', async () => {
		await register();
		const before = structuredClone(shop.webhooks);
		received = [];
		await register();
		expect(shop.webhooks).toEqual(before);
		expect(received).toEqual([]);
	});

	it('sets a new secret', async () => {
		await register();
		await api.register(contextOf(), { address, secret: 'another-secret-of-the-installation' });
		expect(new Set(shop.webhooks.map((webhook) => webhook.secret))).toEqual(new Set(['another-secret-of-the-installation']));
	});

	it('switches on again what failures had switched off, and says so', async () => {
		await register();
		answers = 500;
		for (let n = 0; n < 7; n++) await shop.placeOrder();
		expect(shop.webhooks.find(({ topic }) => topic === 'order.created')?.status).toBe('disabled');
		answers = 200;
		const { problems } = await register();
		expect(problems).toEqual([expect.stringContaining('switched off order.created')]);
		expect(shop.webhooks.every(({ status }) => status === 'active')).toBe(true);
		expect((await register()).problems).toEqual([]);
	});

	it('moves what leads to an older address of the same node, and leaves the webhooks of others alone', async () => {
		await register('https://old.example/webhook/7d1c/shop');
		const count = shop.webhooks.length;
		const stranger = { ...shop.webhooks[0], id: 900, name: 'Bookkeeping', delivery_url: 'https://books.example/webhook/7d1c/shop' };
		const neighbour = { ...shop.webhooks[0], id: 901, delivery_url: 'https://old.example/webhook/another/shop' };
		shop.webhooks.push(stranger, neighbour);
		await register();
		expect(shop.webhooks.filter(({ delivery_url: url }) => url === address)).toHaveLength(count);
		expect(shop.webhooks.slice(-2)).toEqual([stranger, neighbour]);
		expect(shop.webhooks).toHaveLength(count + 2);
	});

	it('finds its webhooks behind a hundred others, and takes away doubles of its own', async () => {
		const other = (id: number) => ({ id, name: 'Other', status: 'active' as const, topic: 'coupon.created', delivery_url: 'https://other.example/', secret: 'x', failures: 0 });
		shop.webhooks.push(...Array.from({ length: 120 }, (_, index) => other(index + 1)));
		await register();
		const count = shop.webhooks.length;
		shop.webhooks.push({ ...shop.webhooks.find(({ topic }) => topic === 'order.updated')!, id: 999 });
		await register();
		expect(shop.webhooks).toHaveLength(count);
	});

	it('unregisters what leads to its address, and finds nothing wrong with what is gone', async () => {
		await register();
		await register('https://elsewhere.example/webhook/other/shop');
		shop.faults.push({ method: 'DELETE', status: 404, body: { code: 'woocommerce_rest_shop_webhook_invalid_id', message: 'Invalid ID.' } });
		await api.unregister(contextOf(), { address });
		await api.unregister(contextOf(), { address });
		expect(shop.webhooks.filter(({ delivery_url: url }) => url === address).length).toBeLessThanOrEqual(1);
		expect(shop.webhooks.some(({ delivery_url: url }) => url.startsWith('https://elsewhere.example'))).toBe(true);
	});

	it('says which topic a shop does not know, and takes the others', async () => {
		shop.faults.push({ method: 'POST', status: 400, body: { code: 'woocommerce_rest_shop_webhook_invalid_topic', message: 'Webhook topic must be valid.' } });
		const { topics, problems } = await register();
		expect(topics).not.toContain('order.created');
		expect(topics).toContain('order.updated');
		expect(problems).toEqual([expect.stringContaining('order.created')]);
	});

	it('does not make a webhook twice when the shop answered too late', async () => {
		shop.faults.push({ method: 'POST', path: /^\/webhooks$/, isLate: true });
		expect((await refused(register())).code).toBe('SHOP_UNREACHABLE');
		await register();
		const topics = shop.webhooks.map(({ topic }) => topic);
		expect(new Set(topics).size).toBe(topics.length);
	});
});

describe('refusals of WooCommerce, in plain words', () => {
	const register = async (credential?: Record<string, unknown>) => await refused(api.register(contextOf(credential), { address: 'https://n8n.example/webhook/7d1c/shop', secret }));

	it('a key that may only read', async () => {
		shop.permissions = 'read';
		const error = await register();
		expect(error.code).toBe('SHOP_REFUSED');
		expect(error.message).toContain('the key may only read');
		expect(error.hint).toContain('Read/Write');
		// One refusal is enough: the other topics are not tried.
		expect(shop.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
	});

	it('a key that may only write', async () => {
		shop.permissions = 'write';
		expect((await register()).message).toContain('the key may only write');
	});

	it.each([
		['an unknown key', { consumerKey: 'ck_unknown' }, 'does not know the consumer key or secret'],
		['no key at all', { consumerKey: '' }, 'has no consumer key and secret'],
		['an address without https', { url: 'http://shop.example' }, 'does not begin with https://'],
		['an address that is none', { url: 'shop.example' }, 'does not begin with https://'],
	])('%s', async (_, change, message) => {
		const error = await register({ ...shop.credential, ...change });
		expect(error.code).toBe('SHOP_REFUSED');
		expect(error.message).toContain(message);
	});

	it('a user who may not see anything', async () => {
		shop.mayRead = false;
		expect((await register()).message).toContain('the user of the key is not allowed this');
	});

	const page = '<!DOCTYPE html><html><body>Nothing found</body></html>';
	it.each<[string, Fault, string, string]>([
		['plain permalinks', { status: 404, body: page }, 'has no REST API at this address', 'Permalinks'],
		['a page instead of data', { status: 200, body: page }, 'a page instead of data', 'Permalinks'],
		['WooCommerce switched off', { status: 404, body: { code: 'rest_no_route', message: 'No route was found' } }, 'not the REST API of WooCommerce', 'switched on'],
		['a server that drops the header', { status: 401, body: { code: 'woocommerce_rest_cannot_view', message: 'Sorry, you cannot list resources.' } }, 'the key did not arrive', 'Include Credentials in Query'],
		['a security plugin', { status: 403, body: { code: 'rest_forbidden', message: 'Go away' } }, 'something in front of WooCommerce', 'plugin'],
		['a firewall', { status: 403, body: page }, 'something in front of WooCommerce', 'firewall'],
		['a redirect', { status: 301, headers: { location: 'https://www.shop.example/' } }, 'elsewhere', 'address'],
	])('%s', async (_, fault, message, hint) => {
		shop.faults.push({ ...fault, times: 50 });
		const error = await register();
		expect(error.code).toBe('SHOP_REFUSED');
		expect(error.message).toContain(message);
		expect(error.hint).toContain(hint);
	});

	it('carries the key in the header over https, and in the address where the credential says so', async () => {
		const sent: Array<{ url: string; headers?: Record<string, string>; query?: Record<string, string | number> }> = [];
		const listen = (credential: Record<string, unknown>): ShopApiContext => ({ ...contextOf(credential), http: async (request) => (sent.push(request), { status: 200, headers: { 'x-wp-total': '0' }, body: [] }) });
		const credential = { url: 'https://shop.example/', consumerKey: 'ck_a', consumerSecret: 'cs_b' };
		await api.history(listen(credential), 'orders', { cursor: null, normalise });
		await api.history(listen({ ...credential, includeCredentialsInQuery: true }), 'orders', { cursor: null, normalise });
		expect(sent[0]).toMatchObject({ url: 'https://shop.example/wp-json/wc/v3/orders', headers: { authorization: `Basic ${Buffer.from('ck_a:cs_b').toString('base64')}` } });
		expect(sent[0].query).not.toHaveProperty('consumer_key');
		expect(sent[1].query).toMatchObject({ consumer_key: 'ck_a', consumer_secret: 'cs_b' });
		expect(sent[1].headers?.authorization).toBeUndefined();
	});
});

describe('history of WooCommerce', () => {
	const ids = (events: ShopEvent[]) => ofType(events, 'order_placed').map(({ order }) => Number(order?.orderId));

	async function placeOrders(count: number): Promise<number[]> {
		const placed: number[] = [];
		for (let n = 0; n < count; n++) {
			nowMs += 60_000;
			placed.push((await shop.placeOrder()).id);
		}
		return placed;
	}

	it('reads all orders, a hundred at a time, and says how many there are', async () => {
		const placed = await placeOrders(230);
		const { events, total, pages } = await through('orders');
		expect(ids(events)).toEqual(placed);
		expect({ total, pages }).toEqual({ total: 230, pages: 3 });
	});

	it('gives the same events the same ids each time', async () => {
		await placeOrders(3);
		const [first, second] = [await through('orders'), await through('orders')];
		expect(second.events.map(({ dedupeId }) => dedupeId)).toEqual(first.events.map(({ dedupeId }) => dedupeId));
		expect(new Set(first.events.map(({ dedupeId }) => dedupeId)).size).toBe(first.events.length);
	});

	it.each<[string, (placed: number[]) => Promise<void>]>([
		['orders come in', async () => void (await placeOrders(3))],
		['orders are deleted that were read', async (placed) => { for (const id of placed.slice(0, 150).filter((id) => shop.rows('orders').some((row) => row.id === id)).slice(0, 20)) await shop.remove('orders', id); }],
		['the last order that was read is deleted', async (placed) => await shop.remove('orders', placed[99]).catch(() => undefined)],
	])('leaves none out and reads none twice while %s', async (_, change) => {
		const placed = await placeOrders(350);
		let isDone = false;
		const { events } = await through('orders', { between: async () => { if (!isDone) await change(placed); isDone = true; } });
		const seen = ids(events);
		expect(new Set(seen).size).toBe(seen.length);
		expect(placed.filter((id) => !seen.includes(id))).toEqual([]);
	});

	it('reads on from a cursor kept for weeks', async () => {
		const placed = await placeOrders(120);
		const first = await api.history(contextOf(), 'orders', { cursor: null, normalise });
		nowMs += 14 * 86_400_000;
		const second = await api.history(contextOf(), 'orders', { cursor: first.cursor, normalise });
		expect([...ids(first.events), ...ids(second.events)]).toEqual(placed);
	});

	it('asks for what has changed since, and tells nothing again that happened before', async () => {
		const [old] = await placeOrders(2);
		nowMs += 30 * 86_400_000;
		const sinceMs = nowMs;
		await shop.update('orders', old, { status: 'completed', date_completed_gmt: new Date(nowMs).toISOString().slice(0, 19) });
		const { events } = await through('orders', { sinceMs });
		expect(events.map(({ type, order }) => [type, order?.orderId])).toEqual([['order_fulfilled', String(old)], ['order_updated', String(old)]]);
	});

	it('takes a change of the very second', async () => {
		nowMs = startMs + 500;
		await placeOrders(1);
		expect((await through('orders', { sinceMs: nowMs })).events).not.toEqual([]);
	});

	it('refuses to compare with a shop that does not know the filter', async () => {
		await placeOrders(1);
		const old: ShopHttp = async (request) => await http({ ...request, query: { ...request.query, modified_after: '2000-01-01T00:00:00' } });
		const error = await refused(api.history({ ...contextOf(), http: old }, 'orders', { sinceMs: startMs + 90 * 86_400_000, cursor: null, normalise }));
		expect(error.hint).toContain('5.8');
	});

	it('names the entries that cannot be read, and reads the others', async () => {
		const [bad, good] = await placeOrders(2);
		await shop.update('orders', bad, { total: 'much' });
		const { events, refused: rows } = await through('orders');
		expect(ids(events)).toEqual([good]);
		expect(rows).toEqual([expect.stringContaining(`orders ${bad}: total has to be an amount of money`)]);
	});

	it('leaves checkouts that were given up out of the history, but tells of new ones', async () => {
		await shop.placeOrder({ status: 'pending', date_paid_gmt: null, transaction_id: '' });
		expect((await through('orders')).events).toEqual([]);
		expect((await through('orders', { sinceMs: startMs })).events).toMatchObject([{ type: 'checkout_updated' }]);
	});

	it('reads all customers, and of those opened since the new ones only', async () => {
		for (let n = 0; n < 130; n++) await shop.addCustomer();
		expect(ofType((await through('customers')).events, 'customer_created')).toHaveLength(130);
		nowMs += 86_400_000;
		const fresh = await shop.addCustomer();
		const { events } = await through('customers', { sinceMs: nowMs });
		expect(events.map(({ type, customer }) => [type, customer?.shopCustomerId])).toEqual([['customer_created', String(fresh.id)], ['customer_updated', String(fresh.id)]]);
		expect(shop.requests.at(-1)?.query).toMatchObject({ orderby: 'registered_date', order: 'desc' });
	});

	it('knows a guest by the order', async () => {
		await shop.placeOrder();
		expect((await through('orders')).events[0].customer).toMatchObject({ email: 'guest@customers.example', shopCustomerId: undefined });
	});

	it('reads products with the stock of every variation', async () => {
		await shop.addProduct({ stock_quantity: 7 });
		const variable = await shop.addProduct();
		for (let n = 0; n < 110; n++) await shop.addVariation(variable.id, { stock_quantity: n });
		const { events } = await through('products');
		expect(events.map(({ product }) => product?.variants?.length)).toEqual([1, 110]);
		expect(events[0].product?.variants?.[0]).toMatchObject({ stock: 7, priceMinor: 1000 });
		expect(events[1].product?.variants?.map(({ stock }) => stock)).toEqual(Array.from({ length: 110 }, (_, n) => n));
		expect(events[1].product?.isPartial).toBeUndefined();
	});

	it('waits as long as a busy shop asks for', async () => {
		const placed = await placeOrders(1);
		shop.faults.push({ status: 429, headers: { 'retry-after': '7' } });
		expect(ids((await through('orders')).events)).toEqual(placed);
		expect(slept).toEqual([7000]);
	});

	it.each<[string, Fault]>([
		['a failure', { status: 500, body: { code: 'internal_server_error', message: '<p>There has been a critical error</p>' } }],
		['a page of a proxy', { status: 502, body: '<html>Bad Gateway</html>' }],
		['a dropped connection', { isDropped: true }],
		['an answer cut short', { isCut: true }],
	])('asks again after %s', async (_, fault) => {
		const placed = await placeOrders(2);
		shop.faults.push({ ...fault, times: 2 });
		expect(ids((await through('orders')).events)).toEqual(placed);
		expect(slept).toEqual([1000, 2000]);
	});

	it.each<[string, Fault]>([
		['stays down', { status: 503 }],
		['never answers in full', { isCut: true }],
	])('gives up in the end on a shop that %s', async (_, fault) => {
		await placeOrders(1);
		shop.faults.push({ ...fault, times: 100 });
		expect((await refused(through('orders'))).code).toBe('SHOP_UNREACHABLE');
		expect(shop.requests.length).toBeLessThan(10);
	});

	it('takes a slow answer', async () => {
		const placed = await placeOrders(1);
		shop.faults.push({ delayMs: 200 });
		expect(ids((await through('orders')).events)).toEqual(placed);
	});
});

describe('products as they are at this moment', () => {
	it('are asked for by id, with their variations; what is gone or a draft comes as deleted', async () => {
		const single = await shop.addProduct({ stock_quantity: 7 });
		const variable = await shop.addProduct();
		for (let n = 0; n < 3; n++) await shop.addVariation(variable.id, { stock_quantity: n });
		const draft = await shop.addProduct({ status: 'draft' });
		const asked = [variable.id, 999_999, single.id, draft.id].map(String);
		const products = await api.products!(contextOf(), asked, normalise);
		expect(products.map(({ productId }) => productId)).toEqual(asked);
		expect(products.map(({ deleted }) => deleted === true)).toEqual([false, true, false, true]);
		expect(products[0].variants?.map(({ stock }) => stock)).toEqual([0, 1, 2]);
		expect(products[2].variants).toMatchObject([{ stock: 7, priceMinor: 1000 }]);
	});

	it('are asked for a hundred at a time', async () => {
		const added = [];
		for (let n = 0; n < 120; n++) added.push(String((await shop.addProduct({ stock_quantity: n })).id));
		const before = shop.requests.length;
		const products = await api.products!(contextOf(), added, normalise);
		expect(products.map(({ variants }) => variants?.[0].stock)).toEqual(added.map((_id, n) => n));
		expect(shop.requests.length - before).toBe(2);
	});
});
