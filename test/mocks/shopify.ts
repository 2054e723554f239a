import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Field, parseOperation } from './graphql';

/**
 * A Shopify shop as its documentation describes it, as far as this project asks: the Admin API's endpoint with its token,
 * scopes, costs, throttle, errors and paging, and webhooks that are signed and delivered to who subscribed.
 */

export type Node = Record<string, unknown>;

export interface ShopifyShopOptions {
	accessToken?: string;
	appSecret?: string;
	/** An app of the Dev Dashboard: it fetches its tokens with this and its secret, each good for a day. */
	clientId?: string;
	/** What the merchant granted. */
	scopes?: string[];
	/** Shopify let the app have names and addresses. */
	isApprovedForCustomerData?: boolean;
	/** GraphQL nodes: see shopify-data.ts. */
	customers?: Node[];
	products?: Node[];
	orders?: Node[];
	/** The throttle's bucket. */
	bucket?: { maximum: number; restoreRate: number };
	/** What one of a list costs, in parts of what it is: Shopify counts long lists at a discount; 1 is without. */
	costShare?: number;
	now?(): number;
}

/** What goes wrong with a request instead of its answer. */
export type Fault = { status: number; headers?: Record<string, string>; body?: unknown } | 'hang up';

export interface Subscription {
	id: string;
	topic: string;
	uri: string;
	format: string;
}

export interface ShopifyShop {
	/** What "Shop Subdomain" of the credential is for this shop. */
	address: string;
	credential: { shopSubdomain: string; accessToken: string; appSecretKey: string };
	customers: Node[];
	products: Node[];
	orders: Node[];
	/** Code discounts, as their nodes. */
	discounts: Array<{ id: string; input: Node; codeDiscount: Node }>;
	scopes: string[];
	subscriptions: Subscription[];
	/** Every question that came in, by its operation. */
	asked: Array<{ operation: string; variables: Record<string, unknown>; query: string }>;
	/** The next requests meet these, in this order. */
	faults: Fault[];
	/** Points left in the bucket. */
	available(): number;
	/** Sends a webhook to everybody who subscribed to its topic; returns their answers' statuses. A retry repeats the id. */
	deliver(topic: string, body: string | Node, options?: { webhookId?: string }): Promise<number[]>;
	/** Sends what the app's own configuration subscribes to (the privacy topics), signed alike. */
	deliverTo(address: string, topic: string, body: string | Node, options?: { webhookId?: string }): Promise<number>;
	stop(): Promise<void>;
}

export const shopifyApiPath = '/admin/api/2026-07/graphql.json';
const maxCost = 1000;
const domain = 'quay.myshopify.example';
const protectedTopics = /^(carts|checkouts|orders|refunds|customers|fulfillments|returns)\//;
const scopeOfTopic: ReadonlyArray<[RegExp, string]> = [
	[/^(carts|checkouts|orders|refunds)\//, 'read_orders'],
	[/^(fulfillments|fulfillment_events)\//, 'read_fulfillments'],
	[/^returns\//, 'read_returns'],
	[/^customers\/merge$/, 'read_customer_merge'],
	[/^customers\//, 'read_customers'],
	[/^(products|variants)\//, 'read_products'],
];
const topics = [
	'app/uninstalled', 'carts/create', 'carts/update', 'checkouts/create', 'checkouts/update', 'checkouts/delete', 'orders/create', 'orders/updated', 'orders/paid', 'orders/cancelled', 'orders/fulfilled',
	'orders/partially_fulfilled', 'orders/edited', 'orders/delete', 'refunds/create', 'fulfillments/create', 'fulfillments/update', 'fulfillment_events/create', 'fulfillment_events/delete', 'returns/request',
	'returns/approve', 'returns/decline', 'returns/cancel', 'returns/close', 'returns/reopen', 'returns/update', 'customers/create', 'customers/update', 'customers/delete', 'customers/enable', 'customers/disable',
	'customers/merge', 'customers/email_marketing_consent_update', 'customers/marketing_consent_update', 'products/create', 'products/update', 'products/delete', 'variants/in_stock', 'variants/out_of_stock', 'shop/update',
];
const topicByEnum = new Map(topics.map((topic) => [topic.replace('/', '_').toUpperCase(), topic]));
/** Fields that want a scope of their own, and what they answer without: the field alone is null. */
const scopeOfField = new Map([['paymentTerms', 'read_payment_terms']]);
const customerDataFields = new Set(['defaultEmailAddress', 'defaultPhoneNumber']);

interface GraphqlError {
	message: string;
	path?: Array<string | number>;
	extensions?: Record<string, unknown>;
}

/** Thrown where a whole question is refused. */
class Refused extends Error {
	constructor(readonly error: GraphqlError) {
		super(error.message);
	}
}

export async function startShopifyShop(options: ShopifyShopOptions = {}): Promise<ShopifyShop> {
	const { accessToken = 'token-of-the-mock-shop', appSecret = 'app-key-of-the-mock-shop', bucket = { maximum: 2000, restoreRate: 100 }, costShare = 0.05, now = Date.now } = options;
	let points = bucket.maximum;
	let token = accessToken;
	let tokenUntilMs = Infinity;
	let tokensGiven = 0;
	let pointsAtMs = now();
	let lastId = 1000;
	const failuresOf = new Map<string, number>();

	const available = () => {
		points = Math.min(bucket.maximum, points + ((now() - pointsAtMs) / 1000) * bucket.restoreRate);
		pointsAtMs = now();
		return points;
	};

	const server = createServer((request, response) => void answer(request, response).catch((error: unknown) => send(response, 500, { errors: String(error) })));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

	const shop: ShopifyShop = {
		address,
		credential: { shopSubdomain: address, accessToken: options.clientId ?? accessToken, appSecretKey: appSecret },
		customers: options.customers ?? [],
		products: options.products ?? [],
		orders: options.orders ?? [],
		discounts: [],
		scopes: options.scopes ?? ['read_orders', 'read_all_orders', 'read_fulfillments', 'read_returns', 'read_customers', 'read_customer_merge', 'read_products', 'read_payment_terms', 'write_discounts'],
		subscriptions: [],
		asked: [],
		faults: [],
		available,
		async deliver(topic, body, { webhookId } = {}) {
			const to = shop.subscriptions.filter((subscription) => subscription.topic === topic);
			return await Promise.all(to.map(async ({ id, uri }) => {
				const status = await post(uri, topic, body, webhookId);
				const failures = status >= 200 && status < 300 ? 0 : (failuresOf.get(id) ?? 0) + 1;
				failuresOf.set(id, failures);
				// Shopify gives a subscription up after eight failures in a row.
				if (failures >= 8) shop.subscriptions = shop.subscriptions.filter((subscription) => subscription.id !== id);
				return status;
			}));
		},
		deliverTo: (to, topic, body, { webhookId } = {}) => post(to, topic, body, webhookId),
		async stop() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
	return shop;

	async function post(uri: string, topic: string, body: string | Node, webhookId: string = randomUUID()): Promise<number> {
		const raw = typeof body === 'string' ? body : JSON.stringify(body);
		try {
			const response = await fetch(uri, {
				method: 'POST',
				body: raw,
				headers: {
					'content-type': 'application/json',
					'X-Shopify-Topic': topic,
					'X-Shopify-Hmac-Sha256': createHmac('sha256', appSecret).update(raw).digest('base64'),
					'X-Shopify-Shop-Domain': domain,
					'X-Shopify-API-Version': '2026-07',
					'X-Shopify-Webhook-Id': webhookId,
					'X-Shopify-Event-Id': randomUUID(),
					'X-Shopify-Triggered-At': new Date(now()).toISOString(),
				},
			});
			await response.arrayBuffer();
			return response.status;
		} catch {
			return 0;
		}
	}

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const fault = shop.faults.shift();
		if (fault === 'hang up') return void request.socket.destroy();
		if (fault) return send(response, fault.status, fault.body ?? {}, fault.headers);
		if (request.method === 'POST' && request.url === '/admin/oauth/access_token') return giveToken(JSON.parse(Buffer.concat(chunks).toString()) as Node, response);
		if (request.method !== 'POST' || request.url !== shopifyApiPath) return send(response, 404, { errors: 'Not Found' });
		if (request.headers['x-shopify-access-token'] !== token || now() >= tokenUntilMs) return send(response, 401, { errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' });

		const { query, variables = {} } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string; variables?: Record<string, unknown> };
		shop.asked.push({ operation: /(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? '', variables, query });
		const throttleStatus = () => ({ maximumAvailable: bucket.maximum, currentlyAvailable: Math.floor(available()), restoreRate: bucket.restoreRate });
		const errors: GraphqlError[] = [];
		try {
			const { kind, fields } = parse(query, variables);
			const requested = kind === 'mutation' ? 10 : costOf(fields);
			if (requested > maxCost) {
				throw new Refused({ message: `Query cost is ${requested}, which exceeds the single query max cost limit (${maxCost}).`, extensions: { code: 'MAX_COST_EXCEEDED', cost: requested, maxCost } });
			}
			if (available() < requested) {
				const cost = { requestedQueryCost: requested, actualQueryCost: null, throttleStatus: throttleStatus() };
				return send(response, 200, { errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED', documentation: 'https://shopify.dev/api/usage/rate-limits' } }], extensions: { cost } });
			}
			const data: Node = {};
			for (const field of fields) data[field.alias] = root(field, errors);
			const actual = kind === 'mutation' ? 10 : Math.min(requested, Math.max(1, Math.ceil(countObjects(data) * costShare)));
			points -= actual;
			send(response, 200, { data, ...(errors.length > 0 && { errors }), extensions: { cost: { requestedQueryCost: requested, actualQueryCost: actual, throttleStatus: throttleStatus() } } });
		} catch (error) {
			if (!(error instanceof Refused)) throw error;
			send(response, 200, { errors: [error.error], ...(error.error.path && { data: null }) });
		}
	}

	function giveToken({ grant_type: grant, client_id: clientId, client_secret: secret }: Node, response: ServerResponse): void {
		if (grant !== 'client_credentials' || clientId !== options.clientId || secret !== appSecret) {
			return send(response, 400, { error: 'application_cannot_be_found', error_description: 'The application associated with the client id could not be found' });
		}
		shop.asked.push({ operation: 'access_token', variables: {}, query: '' });
		token = `token-of-a-day-${++tokensGiven}`;
		tokenUntilMs = now() + 86_399_000;
		send(response, 200, { access_token: token, scope: shop.scopes.join(','), expires_in: 86_399 });
	}

	function parse(query: string, variables: Record<string, unknown>) {
		try {
			return parseOperation(query, variables);
		} catch (error) {
			throw new Refused({ message: (error as Error).message, extensions: { code: 'undefinedField' } });
		}
	}

	/** Scalars are free, an object costs a point, a list what its length says. */
	function costOf(fields: Field[]): number {
		const sum = fields.reduce((total, { args, selection }) => {
			if (!selection) return total;
			const inner = costOf(selection.some(({ name }) => name === 'nodes') ? (selection.find(({ name }) => name === 'nodes')!.selection ?? []) : selection);
			return total + (typeof args.first === 'number' ? 2 + args.first * costShare * (1 + inner) : 1 + inner);
		}, 0);
		return Math.ceil(sum);
	}

	function requireScope(scope: string, name: string): void {
		if (shop.scopes.includes(scope) || shop.scopes.includes(scope.replace('read_', 'write_'))) return;
		throw new Refused({
			message: `Access denied for ${name} field. Required access: \`${scope}\` access scope.`,
			path: [name],
			extensions: { code: 'ACCESS_DENIED', documentation: 'https://shopify.dev/api/usage/access-scopes', requiredAccess: `\`${scope}\` access scope.` },
		});
	}

	function root(field: Field, errors: GraphqlError[]): unknown {
		const { name, args, alias } = field;
		const path = [alias];
		switch (name) {
			case 'webhookSubscriptions':
				return project(shop.subscriptions.map((subscription) => ({ ...subscription, topic: subscription.topic.replace('/', '_').toUpperCase() })), field, path, errors);
			case 'webhookSubscriptionCreate':
				return project(create(args.topic, args.webhookSubscription as Node), field, path, errors);
			case 'webhookSubscriptionUpdate':
				return project(update(args.id, args.webhookSubscription as Node), field, path, errors);
			case 'webhookSubscriptionDelete':
				return project(remove(args.id), field, path, errors);
			case 'discountCodeBasicCreate':
			case 'discountCodeFreeShippingCreate':
				requireScope('write_discounts', name);
				return project(createDiscount(name.slice(0, -'Create'.length), (args.basicCodeDiscount ?? args.freeShippingCodeDiscount) as Node), field, path, errors);
			case 'discountCodeDeactivate':
				requireScope('write_discounts', name);
				return project(endDiscount(args.id), field, path, errors);
			case 'codeDiscountNodeByCode':
				requireScope('read_discounts', name);
				return project(discountOf(args.code) ?? null, field, path, errors);
			case 'currentAppInstallation':
				return project({ accessScopes: shop.scopes.map((handle) => ({ handle })) }, field, path, errors);
			case 'customers':
			case 'products':
			case 'orders':
				requireScope(`read_${name}`, name);
				return project(found(name, args), field, path, errors);
			case 'customersCount':
			case 'productsCount':
			case 'ordersCount': {
				const kind = name.replace('Count', '') as 'customers' | 'products' | 'orders';
				requireScope(`read_${kind}`, name);
				return project({ count: found(kind, args).length, precision: 'EXACT' }, field, path, errors);
			}
			case 'customer':
			case 'product':
			case 'order':
				requireScope(`read_${name}s`, name);
				return project(shop[`${name}s`].find(({ id }) => id === args.id) ?? null, field, path, errors);
			default:
				throw new Refused({ message: `Field '${name}' doesn't exist on type 'QueryRoot'`, extensions: { code: 'undefinedField' } });
		}
	}

	function found(kind: 'customers' | 'products' | 'orders', { query, sortKey }: Record<string, unknown>): Node[] {
		const sinceMs = Date.parse(/updated_at:>='([^']+)'/.exec(typeof query === 'string' ? query : '')?.[1] ?? '') || -Infinity;
		const hasAll = kind !== 'orders' || shop.scopes.includes('read_all_orders');
		const key = (node: Node) => (sortKey === 'UPDATED_AT' ? Date.parse(String(node.updatedAt)) : Number(/(\d+)$/.exec(String(node.id))?.[1]));
		return shop[kind]
			.filter((node) => Date.parse(String(node.updatedAt)) >= sinceMs)
			.filter((node) => hasAll || Date.parse(String(node.createdAt)) >= now() - 60 * 86_400_000)
			.toSorted((left, right) => key(left) - key(right));
	}

	/** What was selected of a value: connections in pages, lists cut, the rest as it is. */
	function project(value: unknown, field: Field, path: Array<string | number>, errors: GraphqlError[]): unknown {
		const { name, args, selection } = field;
		const deny = (message: string, documentation: string, requiredAccess?: string) => {
			errors.push({ message, path, extensions: { code: 'ACCESS_DENIED', documentation, ...(requiredAccess && { requiredAccess }) } });
			return null;
		};
		const scope = scopeOfField.get(name);
		if (scope && !shop.scopes.includes(scope)) return deny(`Access denied for ${name} field.`, 'https://shopify.dev/api/usage/access-scopes', `\`${scope}\` access scope.`);
		if (customerDataFields.has(name) && options.isApprovedForCustomerData === false) return deny(`This app is not approved to use the ${name} field.`, 'https://shopify.dev/docs/apps/launch/protected-customer-data');
		if (value === null || value === undefined || !selection) return value ?? null;
		if (!Array.isArray(value)) return fieldsOf(value as Node, selection, path, errors);
		const entries = value as Node[];
		const nodes = selection.find((inner) => inner.name === 'nodes');
		if (!nodes) return entries.slice(0, typeof args.first === 'number' ? args.first : undefined).map((entry, index) => fieldsOf(entry, selection, [...path, index], errors));
		const start = typeof args.after === 'string' ? entries.findIndex(({ id }) => cursorOf(id) === args.after) + 1 : 0;
		const page = entries.slice(start, start + Number(args.first));
		const answered: Node = {};
		for (const inner of selection) {
			if (inner === nodes) answered[inner.alias] = page.map((entry, index) => fieldsOf(entry, nodes.selection ?? [], [...path, 'nodes', index], errors));
			else if (inner.name === 'pageInfo') answered[inner.alias] = fieldsOf({ hasNextPage: start + page.length < entries.length, endCursor: page.length > 0 ? cursorOf(page.at(-1)!.id) : null }, inner.selection ?? [], path, errors);
			else throw new Refused({ message: `Field '${inner.name}' doesn't exist on a connection`, extensions: { code: 'undefinedField' } });
		}
		return answered;
	}

	function fieldsOf(node: Node, selection: Field[], path: Array<string | number>, errors: GraphqlError[]): Node {
		// Fragments (`... on Type`) count for what is of their type.
		const selected = selection.flatMap((field) => (field.name.startsWith('...') ? (field.name === `...${String(node.__typename)}` ? field.selection! : []) : [field]));
		return Object.fromEntries(selected.map((field) => {
			if (!Object.hasOwn(node, field.name)) throw new Refused({ message: `Field '${field.name}' doesn't exist`, extensions: { code: 'undefinedField' } });
			return [field.alias, project(node[field.name], field, [...path, field.alias], errors)];
		}));
	}

	function discountOf(code: unknown) {
		return shop.discounts.find(({ input }) => String(input.code).toUpperCase() === String(code).toUpperCase());
	}

	function createDiscount(kind: string, input: Node): Node {
		const wrong = (name: string, code: string, message: string) => ({ codeDiscountNode: null, userErrors: [{ field: [`${kind.slice('discountCode'.length).replace(/^./, (first) => first.toLowerCase())}CodeDiscount`, name], code, message }] });
		for (const name of ['title', 'code', 'startsAt', 'context']) if (!input[name]) return wrong(name, 'BLANK', `${name} can't be blank`);
		if (discountOf(input.code)) return wrong('code', 'TAKEN', 'Code must be unique. Please try a different code.');
		if (input.endsAt && Date.parse(String(input.endsAt)) <= Date.parse(String(input.startsAt))) return wrong('endsAt', 'END_DATE_BEFORE_START_DATE', 'Ends at needs to be after starts_at');
		const { percentage } = ((input.customerGets as Node | undefined)?.value ?? {}) as { percentage?: number };
		if (percentage !== undefined && !(percentage >= 0 && percentage <= 1)) return wrong('customerGets', 'VALUE_OUTSIDE_RANGE', 'Value must be between 0.0 and 1.0');
		const node = { id: `gid://shopify/DiscountCodeNode/${++lastId}`, input, codeDiscount: { __typename: kind.replace(/^d/, 'D'), title: input.title, status: 'ACTIVE', asyncUsageCount: 0 } };
		shop.discounts.push(node);
		return { codeDiscountNode: { id: node.id }, userErrors: [] };
	}

	function endDiscount(id: unknown): Node {
		const node = shop.discounts.find((discount) => discount.id === id);
		if (!node) return { codeDiscountNode: null, userErrors: [{ field: ['id'], code: 'INVALID', message: 'Code discount does not exist.' }] };
		node.codeDiscount.status = 'EXPIRED';
		return { codeDiscountNode: { id }, userErrors: [] };
	}

	function create(topicEnum: unknown, input: Node): Node {
		const topic = topicByEnum.get(String(topicEnum));
		if (!topic) throw new Refused({ message: `Variable $topic of type WebhookSubscriptionTopic! was provided invalid value`, extensions: { code: 'INVALID_VARIABLE' } });
		const refusal = refusalOf(topic, input);
		if (refusal) return { webhookSubscription: null, userErrors: [{ field: ['webhookSubscription'], message: refusal }] };
		const subscription = { id: `gid://shopify/WebhookSubscription/${++lastId}`, topic, uri: String(input.uri), format: String(input.format ?? 'JSON') };
		shop.subscriptions.push(subscription);
		return { webhookSubscription: subscription, userErrors: [] };
	}

	function update(id: unknown, input: Node): Node {
		const subscription = shop.subscriptions.find((candidate) => candidate.id === id);
		const refusal = subscription ? refusalOf(subscription.topic, input) : 'Webhook subscription does not exist';
		if (!subscription || refusal) return { webhookSubscription: null, userErrors: [{ field: ['id'], message: refusal }] };
		subscription.uri = String(input.uri);
		return { webhookSubscription: subscription, userErrors: [] };
	}

	function remove(id: unknown): Node {
		const isThere = shop.subscriptions.some((subscription) => subscription.id === id);
		shop.subscriptions = shop.subscriptions.filter((subscription) => subscription.id !== id);
		return isThere ? { deletedWebhookSubscriptionId: id, userErrors: [] } : { deletedWebhookSubscriptionId: null, userErrors: [{ field: ['id'], message: 'Webhook subscription does not exist' }] };
	}

	function refusalOf(topic: string, input: Node): string | undefined {
		const uri = String(input.uri);
		const scope = scopeOfTopic.find(([pattern]) => pattern.test(topic))?.[1];
		if (scope && !shop.scopes.includes(scope)) return 'You cannot create a webhook subscription with the specified topic';
		if (options.isApprovedForCustomerData === false && protectedTopics.test(topic)) {
			return 'This app is not approved to subscribe to webhook topics containing protected customer data. See https://shopify.dev/docs/apps/launch/protected-customer-data for more details.';
		}
		if (!uri.startsWith('https://') && !uri.startsWith('http://127.0.0.1')) return 'Address protocol http:// is not supported';
		return shop.subscriptions.some((subscription) => subscription.topic === topic && subscription.uri === uri) ? 'Address for this topic has already been taken' : undefined;
	}
}

/** Opaque to who asks: the id of the last one told. */
function cursorOf(id: unknown): string {
	return Buffer.from(JSON.stringify({ last_id: id })).toString('base64');
}

function countObjects(value: unknown): number {
	if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + countObjects(entry), 0);
	if (typeof value !== 'object' || value === null) return 0;
	return 1 + Object.values(value).reduce<number>((sum, entry) => sum + countObjects(entry), 0);
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
	response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
