import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A shop that behaves as the documentation of WooCommerce's REST API says (https://woocommerce.github.io/woocommerce-rest-api-docs/) and as
 * its webhooks do: pings, signatures, and webhooks that are switched off after failures. It listens on 127.0.0.1 and delivers for real.
 */

export type Row = Record<string, unknown> & { id: number };
export type Kind = 'customers' | 'products' | 'orders';

export interface Webhook {
	id: number;
	name: string;
	status: 'active' | 'paused' | 'disabled';
	topic: string;
	delivery_url: string;
	secret: string;
	failures: number;
}

/** What goes wrong with the next request whose path matches. */
export interface Fault {
	path?: RegExp;
	method?: string;
	/** How many requests it meets; 1 when absent. */
	times?: number;
	status?: number;
	headers?: Record<string, string>;
	/** JSON, or text as it is. */
	body?: unknown;
	/** The answer breaks off half-way, the length header still fitting: a proxy's doing. */
	isCut?: boolean;
	/** The connection is dropped without an answer. */
	isDropped?: boolean;
	/** Does what was asked and then answers with the fault: the caller cannot know. */
	isLate?: boolean;
	delayMs?: number;
}

export interface WooShopOptions {
	/** Wall clock of the shop. */
	nowMs?: () => number;
	currency?: string;
	permissions?: 'read' | 'write' | 'read_write';
	/** A port that is free again when it is started a second time. */
	port?: number;
}

export interface WooShop {
	url: string;
	/** The fields of n8n's credential. */
	credential: { url: string; consumerKey: string; consumerSecret: string; includeCredentialsInQuery: boolean };
	webhooks: Webhook[];
	faults: Fault[];
	/** `GET /orders`, in the order in which they came. */
	requests: Array<{ method: string; path: string; query: Record<string, string> }>;
	/** Answers to pings and deliveries. */
	deliveries: Array<{ webhook: number; topic: string | null; status: number }>;
	/** The user of the key loses (or gets back) the right to read: deliveries become error objects. */
	mayRead: boolean;
	permissions: 'read' | 'write' | 'read_write';
	coupons: Row[];
	rows(kind: Kind): Row[];
	addCustomer(fields?: Record<string, unknown>): Promise<Row>;
	addProduct(fields?: Record<string, unknown>): Promise<Row>;
	addVariation(productId: number, fields?: Record<string, unknown>): Promise<Row>;
	/** An order as the checkout makes it: paid by card unless told otherwise. */
	placeOrder(fields?: Record<string, unknown>): Promise<Row>;
	/** Changes fields and the date of change, and delivers `<kind>.updated`. */
	update(kind: Kind, id: number, fields: Record<string, unknown>): Promise<Row>;
	refund(orderId: number, amount: string): Promise<Row>;
	/** To the trash: delivers `<kind>.deleted` with the id alone. */
	remove(kind: Kind, id: number): Promise<void>;
	close(): Promise<void>;
}

/** More than so many failures in a row and a webhook is switched off. */
const toleratedFailures = 5;
const madeUp = (prefix: string) => `${prefix}_${createHash('sha256').update(prefix).digest('hex').slice(0, 40)}`;
const keys = { consumerKey: madeUp('ck'), consumerSecret: madeUp('cs') };

class HttpError extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		message: string,
	) {
		super(message);
	}
}

interface State {
	shop: WooShop;
	tables: Record<Kind, Map<number, Row>>;
	variations: Map<number, Map<number, Row>>;
	nextId: number;
	nowMs(): number;
	currency: string;
}

export async function startWooShop(options: WooShopOptions = {}): Promise<WooShop> {
	const state: State = {
		shop: undefined as unknown as WooShop,
		tables: { customers: new Map(), products: new Map(), orders: new Map() },
		variations: new Map(),
		nextId: 101,
		nowMs: options.nowMs ?? Date.now,
		currency: options.currency ?? 'EUR',
	};
	const server = createServer((request, response) => void answer(state, request, response));
	await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	state.shop = {
		url,
		credential: { url, ...keys, includeCredentialsInQuery: false },
		webhooks: [],
		faults: [],
		requests: [],
		deliveries: [],
		coupons: [],
		mayRead: true,
		permissions: options.permissions ?? 'read_write',
		rows: (kind) => [...state.tables[kind].values()],
		addCustomer: async (fields = {}) => await add(state, 'customers', customerDefaults(state), fields),
		addProduct: async (fields = {}) => await add(state, 'products', productDefaults(state, url), fields),
		addVariation: async (productId, fields = {}) => await addVariation(state, productId, url, fields),
		placeOrder: async (fields = {}) => await add(state, 'orders', orderDefaults(state, url), fields),
		update: async (kind, id, fields) => await update(state, kind, id, fields),
		refund: async (orderId, amount) => {
			const refunds = (state.tables.orders.get(orderId)!.refunds as unknown[]) ?? [];
			return await update(state, 'orders', orderId, { refunds: [...refunds, { id: state.nextId++, reason: '', total: `-${amount}` }] });
		},
		remove: async (kind, id) => {
			state.tables[kind].delete(id);
			await deliver(state, `${singular(kind)}.deleted`, { id });
		},
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	return state.shop;
}

const singular = (kind: Kind) => kind.slice(0, -1);
const gmt = (ms: number) => new Date(ms).toISOString().slice(0, 19);
/** The shop lives two hours east: the fields without `_gmt` mislead whoever reads them. */
const dates = (name: string, ms: number | null) => ({ [`date_${name}`]: ms === null ? null : gmt(ms + 7_200_000), [`date_${name}_gmt`]: ms === null ? null : gmt(ms) });

async function add(state: State, kind: Kind, defaults: Record<string, unknown>, fields: Record<string, unknown>): Promise<Row> {
	const nowMs = state.nowMs();
	const id = state.nextId++;
	const row: Row = { id, ...dates('created', nowMs), ...dates('modified', nowMs), ...defaults, ...fields };
	if (kind === 'orders') Object.assign(row, { number: String(row.id), order_key: `wc_order_${row.id}`, payment_url: `https://shop.example/checkout/order-pay/${row.id}/?pay_for_order=true&key=wc_order_${row.id}`, ...fields });
	state.tables[kind].set(row.id, row);
	await deliver(state, `${singular(kind)}.created`, row);
	return row;
}

async function addVariation(state: State, productId: number, url: string, fields: Record<string, unknown>): Promise<Row> {
	const nowMs = state.nowMs();
	const id = state.nextId++;
	const row: Row = { id, ...dates('created', nowMs), ...dates('modified', nowMs), ...variationDefaults(url), ...fields };
	const variations = state.variations.get(productId) ?? new Map<number, Row>();
	state.variations.set(productId, variations.set(row.id, row));
	const product = state.tables.products.get(productId)!;
	Object.assign(product, { type: 'variable', variations: [...variations.keys()] });
	await deliver(state, 'product.updated', { ...row, name: String(product.name), permalink: product.permalink, type: 'variation', parent_id: productId });
	return row;
}

async function update(state: State, kind: Kind, id: number, fields: Record<string, unknown>): Promise<Row> {
	const row = state.tables[kind].get(id);
	if (!row) throw new Error(`There is no ${singular(kind)} ${id}`);
	Object.assign(row, dates('modified', state.nowMs()), fields);
	await deliver(state, `${singular(kind)}.updated`, row);
	return row;
}

function customerDefaults(state: State): Record<string, unknown> {
	const name = `customer${state.nextId}`;
	const address = { first_name: 'Ida', last_name: 'Berg', company: '', address_1: 'Kai 1', address_2: '', city: 'Bergen', state: '', postcode: '5003', country: 'NO' };
	return {
		email: `${name}@customers.example`, first_name: 'Ida', last_name: 'Berg', role: 'customer', username: name,
		billing: { ...address, email: `${name}@customers.example`, phone: '' }, shipping: { ...address, phone: '' }, is_paying_customer: false, meta_data: [],
	};
}

function productDefaults(state: State, url: string): Record<string, unknown> {
	return {
		name: `Product ${state.nextId}`, slug: `product-${state.nextId}`, permalink: `https://shop.example/product/product-${state.nextId}/`, type: 'simple', status: 'publish', sku: `P-${state.nextId}`,
		price: '10.00', regular_price: '10.00', sale_price: '', manage_stock: true, stock_quantity: 5, stock_status: 'instock', backorders: 'no', backorders_allowed: false,
		parent_id: 0, categories: [{ id: 12, name: 'Tea', slug: 'tea' }], tags: [], images: [{ id: 1, src: `${url}/picture.jpg` }], attributes: [], variations: [], meta_data: [],
	};
}

function variationDefaults(url: string): Record<string, unknown> {
	return {
		status: 'publish', sku: '', price: '10.00', regular_price: '10.00', sale_price: '', manage_stock: true, stock_quantity: 3, stock_status: 'instock', backorders_allowed: false,
		image: { id: 2, src: `${url}/variation.jpg` }, attributes: [{ id: 6, name: 'Size', option: 'M' }], meta_data: [],
	};
}

function orderDefaults(state: State, url: string): Record<string, unknown> {
	const nowMs = state.nowMs();
	return {
		parent_id: 0, status: 'processing', currency: state.currency, version: '9.9.5', prices_include_tax: true, discount_total: '0.00', shipping_total: '0.00', total: '20.00', total_tax: '3.19',
		customer_id: 0, billing: { first_name: 'Ida', last_name: 'Berg', city: 'Bergen', postcode: '5003', country: 'NO', email: 'guest@customers.example', phone: '' }, shipping: {},
		payment_method: 'stripe', payment_method_title: 'Card', transaction_id: 'pi_1', created_via: 'checkout', ...dates('paid', nowMs), ...dates('completed', null), meta_data: [],
		line_items: [{ id: 1, name: 'Tea', product_id: 310, variation_id: 0, quantity: 2, subtotal: '16.81', subtotal_tax: '3.19', total: '16.81', total_tax: '3.19', meta_data: [], sku: 'TEA', price: 8.405, image: { id: '1', src: `${url}/tea.jpg` }, parent_name: null }],
		coupon_lines: [], refunds: [],
	};
}

/** As WC_Webhook does: signed, and one that fails too often is switched off for good. */
async function deliver(state: State, topic: string, row: Row): Promise<void> {
	const { shop } = state;
	for (const webhook of shop.webhooks.filter((candidate) => candidate.topic === topic && candidate.status === 'active')) {
		const isReadable = shop.mayRead || topic.endsWith('.deleted');
		const body = encode(isReadable ? row : { code: 'woocommerce_rest_cannot_view', message: 'Sorry, you cannot view this resource.', data: { status: 403 } });
		const [resource, event] = topic.split('.');
		const status = await post(webhook.delivery_url, body, {
			'content-type': 'application/json',
			'x-wc-webhook-source': `${shop.url}/`,
			'x-wc-webhook-topic': topic,
			'x-wc-webhook-resource': resource,
			'x-wc-webhook-event': event,
			'x-wc-webhook-signature': createHmac('sha256', webhook.secret).update(body).digest('base64'),
			'x-wc-webhook-id': String(webhook.id),
			'x-wc-webhook-delivery-id': createHmac('md5', 'delivery').update(`${webhook.id}${Math.floor(state.nowMs() / 1000)}`).digest('hex'),
		});
		shop.deliveries.push({ webhook: webhook.id, topic, status });
		if (status >= 200 && status < 303) webhook.failures = 0;
		else if (webhook.failures > toleratedFailures) webhook.status = 'disabled';
		else webhook.failures++;
	}
}

/** PHP escapes slashes and everything beyond ASCII. */
function encode(value: unknown): string {
	return JSON.stringify(value).replaceAll('/', '\\/').replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

async function post(url: string, body: string, headers: Record<string, string>): Promise<number> {
	try {
		const response = await fetch(url, { method: 'POST', body, headers: { 'user-agent': 'WooCommerce/9.9.5 Hookshot (WordPress/6.8.1)', ...headers }, redirect: 'manual', signal: AbortSignal.timeout(10_000) });
		await response.arrayBuffer();
		return response.status;
	} catch {
		return 0;
	}
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const address = new URL(request.url ?? '/', 'http://127.0.0.1');
	const path = address.pathname.replace(/^\/wp-json\/wc\/v3/, '');
	const query = Object.fromEntries(address.searchParams);
	const method = request.method ?? 'GET';
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	state.shop.requests.push({ method, path, query });
	const fault = faultFor(state, method, path);
	if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
	if (fault?.isDropped) return void request.socket.destroy();
	if (fault?.status !== undefined && !fault.isLate) return send(response, fault.status, fault.body ?? {}, fault.headers);
	let outcome: { status: number; body: unknown; headers?: Record<string, string> };
	try {
		if (!address.pathname.startsWith('/wp-json/wc/v3/')) throw new HttpError(404, 'rest_no_route', 'No route was found matching the URL and request method.');
		authorise(state, request, query, method);
		outcome = await route(state, method, path, query, chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>) : {});
	} catch (error) {
		if (!(error instanceof HttpError)) throw error;
		outcome = { status: error.status, body: { code: error.code, message: error.message, data: { status: error.status } } };
	}
	if (fault?.isLate) return send(response, fault.status ?? 504, fault.body ?? '<html>Gateway Timeout</html>');
	send(response, outcome.status, outcome.body, outcome.headers, fault?.isCut);
}

function faultFor({ shop }: State, method: string, path: string): Fault | undefined {
	const fault = shop.faults.find((candidate) => (candidate.path ?? /^/).test(path) && (candidate.method ?? method) === method);
	if (!fault) return undefined;
	fault.times = (fault.times ?? 1) - 1;
	if (fault.times <= 0) shop.faults.splice(shop.faults.indexOf(fault), 1);
	return fault;
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}, isCut = false): void {
	const text = typeof body === 'string' ? body : encode(body);
	const bytes = Buffer.from(isCut ? text.slice(0, Math.floor(text.length / 2)) : text);
	response.writeHead(status, { 'content-type': text.startsWith('<') ? 'text/html' : 'application/json; charset=UTF-8', 'content-length': bytes.length, ...headers }).end(bytes);
}

function authorise({ shop }: State, { headers }: IncomingMessage, query: Record<string, string>, method: string): void {
	const [inHeaderKey, inHeaderSecret] = Buffer.from(headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString().split(':');
	const key = inHeaderKey || query.consumer_key;
	if (!key) throw new HttpError(401, 'woocommerce_rest_cannot_view', 'Sorry, you cannot list resources.');
	if (key !== keys.consumerKey) throw new HttpError(401, 'woocommerce_rest_authentication_error', 'Consumer key is invalid.');
	if ((inHeaderSecret || query.consumer_secret) !== keys.consumerSecret) throw new HttpError(401, 'woocommerce_rest_authentication_error', 'Consumer secret is invalid.');
	if (method === 'GET' && shop.permissions === 'write') throw new HttpError(401, 'woocommerce_rest_authentication_error', 'The API key provided does not have read permissions.');
	if (method !== 'GET' && shop.permissions === 'read') throw new HttpError(401, 'woocommerce_rest_authentication_error', 'The API key provided does not have write permissions.');
	if (!shop.mayRead) throw new HttpError(403, 'woocommerce_rest_cannot_view', 'Sorry, you cannot list resources.');
}

async function route(state: State, method: string, path: string, query: Record<string, string>, body: Record<string, unknown>): Promise<{ status: number; body: unknown; headers?: Record<string, string> }> {
	const [, name, id, part] = path.split('/');
	if (name === 'webhooks') return await webhookRoute(state, method, id, query, body);
	if (name === 'coupons') return couponRoute(state, method, id, query, body);
	if (name === 'products' && part === 'variations' && method === 'GET') {
		if (!state.tables.products.has(Number(id))) throw new HttpError(404, 'woocommerce_rest_product_invalid_id', 'Invalid ID.');
		return listed([...(state.variations.get(Number(id))?.values() ?? [])], query);
	}
	if (!(name in state.tables) || method !== 'GET') throw new HttpError(404, 'rest_no_route', 'No route was found matching the URL and request method.');
	if (id === undefined) return listed([...state.tables[name as Kind].values()], query);
	const row = state.tables[name as Kind].get(Number(id));
	if (!row) throw new HttpError(404, `woocommerce_rest_${name.slice(0, -1)}_invalid_id`, 'Invalid ID.');
	return { status: 200, body: row };
}

function listed(rows: object[], query: Record<string, string>): { status: number; body: unknown; headers: Record<string, string> } {
	const perPage = Number(query.per_page ?? 10);
	if (!(perPage >= 1 && perPage <= 100)) throw new HttpError(400, 'rest_invalid_param', 'Invalid parameter(s): per_page');
	if (query.modified_after !== undefined && query.dates_are_gmt !== 'true') throw new HttpError(400, 'rest_invalid_param', 'This shop is asked in GMT only');
	const afterMs = query.modified_after === undefined ? -Infinity : Date.parse(`${query.modified_after}Z`);
	const all = (rows as Row[]).filter(({ id }) => query.include === undefined || query.include.split(',').map(Number).includes(id)).filter(({ date_modified_gmt: changed }) => afterMs === -Infinity || Date.parse(`${String(changed)}Z`) > afterMs);
	const by = ({ id, date_created_gmt: created }: Row) => (query.orderby === 'id' ? id : Date.parse(`${String(created)}Z`));
	const sign = query.order === 'asc' ? 1 : -1;
	all.sort((a, b) => sign * (by(a) - by(b) || a.id - b.id));
	const offset = query.offset ? Number(query.offset) : (Number(query.page ?? 1) - 1) * perPage;
	return { status: 200, body: all.slice(offset, offset + perPage), headers: { 'x-wp-total': String(all.length), 'x-wp-totalpages': String(Math.ceil(all.length / perPage)) } };
}

/** As WC_REST_Coupons_V2_Controller: codes in lower case, unique among what is there, and no trash. */
function couponRoute(state: State, method: string, id: string | undefined, query: Record<string, string>, body: Record<string, unknown>): { status: number; body: unknown } {
	const { shop } = state;
	const code = String(body.code ?? query.code ?? '').toLowerCase();
	if (method === 'GET' && id === undefined) return listed(shop.coupons.filter((coupon) => code === '' || coupon.code === code), query);
	if (method === 'POST' && id === undefined) {
		if (code === '') throw new HttpError(400, 'woocommerce_rest_empty_coupon_code', 'The coupon code cannot be empty.');
		if (shop.coupons.some((coupon) => coupon.code === code)) throw new HttpError(400, 'woocommerce_rest_coupon_code_already_exists', 'The coupon code already exists');
		const coupon: Row = { ...dates('created', state.nowMs()), status: 'publish', discount_type: 'fixed_cart', amount: '0.00', usage_count: 0, date_expires_gmt: null, description: '', ...body, id: state.nextId++, code };
		shop.coupons.push(coupon);
		return { status: 201, body: coupon };
	}
	const coupon = shop.coupons.find((candidate) => candidate.id === Number(id));
	if (!coupon) throw new HttpError(404, 'woocommerce_rest_shop_coupon_invalid_id', 'Invalid ID.');
	if (method === 'DELETE') {
		if (query.force !== 'true') throw new HttpError(501, 'woocommerce_rest_trash_not_supported', 'Coupons do not support trashing.');
		shop.coupons.splice(shop.coupons.indexOf(coupon), 1);
	}
	return { status: 200, body: coupon };
}

const validTopic = /^(order|customer|product|coupon)\.(created|updated|deleted|restored)$/;

async function webhookRoute({ shop, ...state }: State, method: string, id: string | undefined, query: Record<string, string>, body: Record<string, unknown>): Promise<{ status: number; body: unknown; headers?: Record<string, string> }> {
	const shown = ({ secret: _secret, failures: _failures, ...webhook }: Webhook) => webhook;
	if (method === 'GET' && id === undefined) return listed(shop.webhooks.map(shown), query);
	if (method === 'POST' && id === undefined) {
		if (!validTopic.test(String(body.topic)) || body.topic === 'customer.restored') throw new HttpError(400, 'woocommerce_rest_shop_webhook_invalid_topic', 'Webhook topic is required and must be valid.');
		if (!/^https?:\/\//.test(String(body.delivery_url))) throw new HttpError(400, 'woocommerce_rest_shop_webhook_invalid_delivery_url', 'Webhook delivery URL must be a valid URL starting with http:// or https://.');
		const webhook: Webhook = { id: Math.max(0, ...shop.webhooks.map((known) => known.id)) + 1, name: String(body.name ?? 'Webhook'), status: 'active', topic: String(body.topic), delivery_url: String(body.delivery_url), secret: String(body.secret ?? 'made-up-by-the-shop'), failures: 0 };
		shop.webhooks.push(webhook);
		const status = await post(webhook.delivery_url, `webhook_id=${webhook.id}`, { 'content-type': 'application/x-www-form-urlencoded' });
		shop.deliveries.push({ webhook: webhook.id, topic: null, status });
		return { status: 201, body: { ...shown(webhook), ...dates('created', state.nowMs()) } };
	}
	const webhook = shop.webhooks.find((candidate) => candidate.id === Number(id));
	if (!webhook) throw new HttpError(method === 'PUT' ? 400 : 404, 'woocommerce_rest_shop_webhook_invalid_id', 'Invalid ID.');
	if (method === 'PUT') Object.assign(webhook, Object.fromEntries(Object.entries(body).filter(([name]) => ['name', 'status', 'topic', 'delivery_url', 'secret'].includes(name))));
	if (method === 'DELETE') {
		if (query.force !== 'true') throw new HttpError(501, 'woocommerce_rest_trash_not_supported', 'Webhooks do not support trashing.');
		shop.webhooks.splice(shop.webhooks.indexOf(webhook), 1);
	}
	return { status: 200, body: shown(webhook) };
}
