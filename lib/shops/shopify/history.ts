import { isShopJourneysError, ShopJourneysError } from '../../model/errors';
import type { ProductFacts, ShopEvent } from '../../model/events';
import type { NormaliseContext } from '../adapter';
import type { HistoryKind, HistoryPage, ShopApiContext } from '../api';
import { Fields } from '../fields';
import { readBuyer, readCustomer } from './customers';
import { shopifyId } from './delivery';
import { asRecord, askShopify, grantHint, textOf, TooCostly } from './graphql';
import { paidStates, readOrder, readRefund, requiredTimeMs } from './orders';
import { readProduct } from './products';
import { customerBody, customerFields, lineFields, nodesOf, orderBody, orderFields, productBody, productFields, variantFields } from './rest-shapes';

type Node = Record<string, unknown>;

interface Kind {
	/** What a page is asked as. Shopify halves it where it finds it too much. */
	firstPage: number;
	/** Names in the API: of the connection, of the count, of one, and of what belongs to it and may go on over pages. */
	list: string;
	count: string;
	one: string;
	parts?: { name: string; fields: string; first: number };
	fields: string;
	read(node: Node, parts: Node[], reading: Reading): ShopEvent[];
}

interface Reading {
	normalise: NormaliseContext;
	/** Wall clock: what happened before is known. */
	sinceMs: number;
}

const kinds: Record<HistoryKind, Kind> = {
	customers: { firstPage: 100, list: 'customers', count: 'customersCount', one: 'customer', fields: customerFields, read: customerEvents },
	products: { firstPage: 25, list: 'products', count: 'productsCount', one: 'product', parts: { name: 'variants', fields: variantFields, first: 50 }, fields: productFields, read: productEvents },
	orders: { firstPage: 20, list: 'orders', count: 'ordersCount', one: 'order', parts: { name: 'lineItems', fields: lineFields, first: 30 }, fields: orderFields, read: orderEvents },
};

/** How far back an app sees orders unless it was allowed all of them. */
const recentOrdersMs = 60 * 86_400_000;

/**
 * See ShopApi.history. Everything: in the order of ids, which nothing changes on the way. Changes: in the order of change,
 * so that what changes meanwhile comes again at the end.
 */
export async function history(
	context: ShopApiContext,
	kindName: HistoryKind,
	{ sinceMs, cursor, normalise }: { sinceMs?: number; cursor: string | null; normalise: NormaliseContext },
): Promise<HistoryPage> {
	const kind = kinds[kindName];
	const place = cursor === null ? { after: null, first: kind.firstPage } : readCursor(cursor);
	const { data, denied, first } = await askPage(context, kindName, place, sinceMs);
	const connection = asRecord(data[kind.list]);
	const pageInfo = asRecord(connection.pageInfo);
	const reading = { normalise, sinceMs: sinceMs ?? -Infinity };
	const events: ShopEvent[] = [];
	const refused: string[] = [];
	for (const node of nodesOf(connection)) {
		const parts = kind.parts ? await allParts(context, kindName, node, kind.parts) : [];
		try {
			events.push(...kind.read(node, parts, reading));
		} catch (error) {
			if (!isShopJourneysError(error, 'PAYLOAD_INVALID')) throw error;
			refused.push(`${textOf(node.name) ?? textOf(node.title) ?? String(node.id)} (${kind.one}): ${error.message}`);
		}
	}
	// What is not allowed is the same on every page: told once.
	if (cursor === null) refused.push(...denied, ...(await limitOfOrders(context, kindName, sinceMs)));
	const after = pageInfo.hasNextPage === true ? textOf(pageInfo.endCursor) : undefined;
	const total = asRecord(data.total).count;
	return {
		events,
		cursor: after === undefined ? null : writeCursor({ after, first }),
		...(typeof total === 'number' && { total }),
		...(refused.length > 0 && { refused }),
	};
}

/** Asks for a page, for half of it as long as Shopify finds that too much. */
async function askPage(context: ShopApiContext, kindName: HistoryKind, place: Place, sinceMs: number | undefined) {
	const search = sinceMs === undefined ? null : `updated_at:>='${new Date(sinceMs).toISOString()}'`;
	for (let { first } = place; ; first = Math.floor(first / 2)) {
		try {
			const query = pageQuery(kinds[kindName], sinceMs === undefined ? 'ID' : 'UPDATED_AT', place.after === null && sinceMs === undefined);
			return { ...(await askShopify(context, `the ${kindName}`, query, { first, after: place.after, query: search })), first };
		} catch (error) {
			if (!(error instanceof TooCostly)) throw error;
			if (first <= 1) throw new ShopJourneysError('SHOP_REFUSED', `Shopify refuses to tell even one of the ${kindName} at a time: it finds the question too costly`);
		}
	}
}

function pageQuery({ list, count, fields, parts }: Kind, sortKey: string, isCounted: boolean): string {
	const part = parts ? `${parts.name}(first: ${parts.first}) { nodes { ${parts.fields} } pageInfo { hasNextPage endCursor } }` : '';
	const total = isCounted ? `total: ${count}(limit: null) { count }` : '';
	return `query ShopJourneysHistory($first: Int!, $after: String, $query: String) {
	${total}
	${list}(first: $first, after: $after, query: $query, sortKey: ${sortKey}) { nodes { ${fields} ${part} } pageInfo { hasNextPage endCursor } }
}`;
}

/** Lines of an order, or variants of a product, those beyond the first page too. */
async function allParts(context: ShopApiContext, kindName: HistoryKind, node: Node, { name, fields }: NonNullable<Kind['parts']>): Promise<Node[]> {
	const { one } = kinds[kindName];
	const query = `query ShopJourneysParts($id: ID!, $after: String) {
	${one}(id: $id) { ${name}(first: 100, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } }
}`;
	let connection = asRecord(node[name]);
	const found = nodesOf(connection);
	for (let pageInfo = asRecord(connection.pageInfo); pageInfo.hasNextPage === true; pageInfo = asRecord(connection.pageInfo)) {
		const { data } = await askShopify(context, `the ${kindName}`, query, { id: node.id, after: pageInfo.endCursor });
		connection = asRecord(asRecord(data[one])[name]);
		found.push(...nodesOf(connection));
	}
	return found;
}

/** Products asked for at once: each with its variants, well below what Shopify finds too costly. */
const productsAtOnce = 10;

/** See ShopApi.products. */
export async function products(context: ShopApiContext, ids: string[], normalise: NormaliseContext): Promise<ProductFacts[]> {
	const { parts } = kinds.products;
	const found: ProductFacts[] = [];
	for (let start = 0; start < ids.length; start += productsAtOnce) {
		const asked = ids.slice(start, start + productsAtOnce);
		const variables = asked.map((_id, index) => `$id${index}: ID!`).join(', ');
		const fields = asked.map((_id, index) => `p${index}: product(id: $id${index}) { ${productFields} ${parts!.name}(first: ${parts!.first}) { nodes { ${parts!.fields} } pageInfo { hasNextPage endCursor } } }`);
		const query = `query ShopJourneysProducts(${variables}) {\n\t${fields.join('\n\t')}\n}`;
		const { data } = await askShopify(context, 'products', query, Object.fromEntries(asked.map((id, index) => [`id${index}`, `gid://shopify/Product/${id}`])));
		for (const [index, productId] of asked.entries()) {
			const node = data[`p${index}`];
			found.push(node ? readProduct(Fields.ofBody(productBody(asRecord(node), await allParts(context, 'products', asRecord(node), parts!))), normalise) : gone(productId, context, normalise));
		}
	}
	return found;
}

function gone(productId: string, { nowMs }: ShopApiContext, { toJourneyMs }: NormaliseContext): ProductFacts {
	return { productId, deleted: true, updatedAtMs: toJourneyMs(nowMs()) };
}

/** The account as it came to be, where that is news, and the customer as they are now. */
function customerEvents(node: Node, _: Node[], { normalise, sinceMs }: Reading): ShopEvent[] {
	const body = Fields.ofBody(customerBody(node));
	const customer = readCustomer(body, normalise);
	const createdAtMs = requiredTimeMs(body, 'created_at');
	const changedAtMs = requiredTimeMs(body, 'updated_at');
	const thing = `customer:${customer.shopCustomerId}`;
	const created = customer.hasAccount && createdAtMs >= sinceMs ? [{ ...onceEvent('customer_created', thing, normalise.toJourneyMs(createdAtMs)), customer }] : [];
	return [...created, { ...stateEvent('customer_updated', thing, normalise.toJourneyMs(changedAtMs), changedAtMs), customer }];
}

function productEvents(node: Node, variants: Node[], { normalise }: Reading): ShopEvent[] {
	const body = Fields.ofBody(productBody(node, variants));
	const product = readProduct(body, normalise);
	return [{ ...stateEvent('product_updated', `product:${product.productId}`, product.updatedAtMs, requiredTimeMs(body, 'updated_at')), product }];
}

/**
 * What became of an order, each step by the same name as its webhook, so that it counts once whoever tells first; and the
 * order as it is now, for what webhooks told less of. Steps before `sinceMs` are known and not told again.
 */
function orderEvents(node: Node, lines: Node[], { normalise, sinceMs }: Reading): ShopEvent[] {
	const body = Fields.ofBody(orderBody(node, lines));
	const order = readOrder(body, normalise);
	const customer = readBuyer(body, requiredTimeMs(body, 'created_at'), normalise);
	const fromMs = sinceMs === -Infinity ? -Infinity : normalise.toJourneyMs(sinceMs);
	const thing = `order:${order.orderId}`;
	const paidAtMs = paidStates.includes(order.paymentStatus ?? '') ? paidMs(node, normalise) : undefined;
	const steps = ([
		['order_placed', order.placedAtMs],
		['order_paid', paidAtMs],
		['order_cancelled', order.cancelledAtMs],
		['order_fulfilled', order.fulfilledAtMs],
		['order_delivered', order.deliveredAtMs],
	] as const).flatMap(([type, atMs]) => (atMs === undefined || atMs < fromMs ? [] : [{ ...onceEvent(type, thing, atMs), customer, order: type === 'order_paid' ? { ...order, paidAtMs } : order }]));
	const refunds = body.list('refunds').flatMap((told) => {
		const refund = readRefund(told, normalise);
		const atMs = normalise.toJourneyMs(told.timeMs('processed_at') ?? requiredTimeMs(told, 'created_at'));
		return refund && atMs >= fromMs ? [{ ...onceEvent('order_refunded', `refund:${refund.refundId}`, atMs), customer, order, refund }] : [];
	});
	return [...steps, ...refunds, { ...stateEvent('order_updated', thing, order.updatedAtMs, requiredTimeMs(body, 'updated_at')), customer, order }];
}

/** When the money came in: webhooks do not say, transactions do. */
function paidMs(node: Node, normalise: NormaliseContext): number | undefined {
	const times = (Array.isArray(node.transactions) ? node.transactions.map(asRecord) : [])
		.filter(({ kind, status }) => (kind === 'SALE' || kind === 'CAPTURE') && status === 'SUCCESS')
		.map(({ processedAt }) => Date.parse(String(processedAt)))
		.filter((atMs) => !Number.isNaN(atMs));
	return times.length > 0 ? normalise.toJourneyMs(Math.max(...times)) : undefined;
}

function onceEvent(type: ShopEvent['type'], thing: string, occurredAtMs: number): ShopEvent {
	return { type, dedupeId: `${shopifyId}:${thing}:${type}`, occurredAtMs, source: shopifyId };
}

/** The state of a thing at a change of it (wall clock). */
function stateEvent(type: ShopEvent['type'], thing: string, occurredAtMs: number, changedAtMs: number): ShopEvent {
	return { type, dedupeId: `${shopifyId}:${thing}:at:${changedAtMs}`, occurredAtMs, source: shopifyId };
}

/** Shopify leaves older orders out in silence: said here, so that nobody takes the import for complete. */
async function limitOfOrders(context: ShopApiContext, kindName: HistoryKind, sinceMs: number | undefined): Promise<string[]> {
	if (kindName !== 'orders' || (sinceMs !== undefined && sinceMs > context.nowMs() - recentOrdersMs)) return [];
	const { data } = await askShopify(context, 'the scopes of the app', 'query ShopJourneysScopes { currentAppInstallation { accessScopes { handle } } }');
	const scopes = asRecord(data.currentAppInstallation).accessScopes;
	const isAllowed = Array.isArray(scopes) && scopes.some((scope) => asRecord(scope).handle === 'read_all_orders');
	return isAllowed ? [] : [`Shopify tells only the orders of the last 60 days: for older ones grant the app the scope read_all_orders. ${grantHint}`];
}

interface Place {
	after: string | null;
	first: number;
}

function writeCursor({ after, first }: Place): string {
	return `${first}:${after}`;
}

function readCursor(cursor: string): Place {
	const [, first, after] = /^(\d{1,3}):(.+)$/s.exec(cursor) ?? [];
	if (!after || Number(first) < 1) throw new ShopJourneysError('PARAMETER_INVALID', 'The place at which the import is to go on cannot be read: start it anew');
	return { after, first: Number(first) };
}
