import { isDeepStrictEqual } from 'node:util';
import type { Definitions } from '../journeys/definitions';
import { type EventType, eventCatalogue, type OrderFacts, type ParcelFacts, type ShopEvent } from '../model/events';
import { type CartRecord, type CustomerRecord, type HistoryRecord, keys, type OrderRecord, type ProductRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import { belongs, namelessOrder } from './belongings';
import { withOrder } from './bought';
import { endOfCart, openCart } from './carts';
import { counted, milestoneOf } from './history';
import { loadCustomer, type RecordContext } from './identity';
import { isOlder, withLatest } from './latest';
import { isKnown } from './mergeCustomers';

/** What happened, and when. */
export interface Happened {
	type: EventType;
	/** Journey time. */
	atMs: number;
	/** Of an order: it was told before, for another customer. */
	isAgain?: boolean;
}

export interface AppliedOrder {
	isNews: boolean;
	order: OrderRecord;
	/** What the order has come to by this event, whatever delivery told it: each once per order and customer, and only what still holds. */
	happened: Happened[];
}

/**
 * Records an order as it stands, closes the carts it came from, and keeps the customers' totals and histories. Safe
 * in any order of arrival: an order that comes before its cart leaves a closed cart behind.
 */
export async function applyOrder(tx: Transaction, event: ShopEvent & { order: OrderFacts }, customer: CustomerRecord | null, definitions: Definitions, context: RecordContext): Promise<AppliedOrder> {
	const key = keys.order(event.order.orderId);
	await tx.load([key]);
	const before = tx.get<OrderRecord>(key);
	const facts = await withCategories(tx, toldBy(event), before);
	return await applyFacts(tx, before, { ...event, order: facts }, customer, definitions, context);
}

/**
 * An order has arrived, told by its id only. Whose it is, the stored order says; of an order that is not known there is
 * nothing to record. Null then.
 */
export async function applyParcel(tx: Transaction, event: ShopEvent & { parcel: ParcelFacts }, definitions: Definitions, context: RecordContext): Promise<AppliedOrder | null> {
	const { orderId, deliveredAtMs } = event.parcel;
	await tx.load([keys.order(orderId)]);
	const before = tx.get<OrderRecord>(keys.order(orderId));
	if (!before) return null;
	return await applyFacts(tx, before, { ...event, order: { orderId, deliveredAtMs, updatedAtMs: deliveredAtMs } }, null, definitions, context);
}

async function applyFacts(
	tx: Transaction,
	before: OrderRecord | null,
	event: Omit<ShopEvent, 'order'> & { order: Told },
	customer: CustomerRecord | null,
	definitions: Definitions,
	context: RecordContext,
): Promise<AppliedOrder> {
	const owner = await loadCustomer(tx, before?.customerId);
	const after = withReached(nextOrder(before, owner, event.order, customer, event.sequenceMs ?? 0), event);
	if (before && isDeepStrictEqual(after, before)) return { isNews: false, order: after, happened: [] };
	const key = keys.order(after.orderId);
	tx.set(key, after);
	belongs(tx, key, after.placedAtMs, after.customerId, before?.customerId);
	if (before) await keepTotals(tx, { ...before, ...(owner && { customerId: owner.id }) }, -1, context);
	await keepTotals(tx, after, 1, context);
	await closeCarts(tx, after, definitions, context);
	const isNews = !isOlder([event.order.updatedAtMs, event.sequenceMs ?? 0], [after.updatedAtMs, after.sequenceMs]);
	const happened = newlyReached(before, owner, after);
	return { isNews: isNews || happened.length > 0, order: after, happened };
}

/** What one delivery tells of an order. */
type Told = Partial<OrderFacts> & Pick<OrderFacts, 'orderId' | 'updatedAtMs'>;

/** The facts with the time that an event's very type tells. */
function toldBy({ type, order, occurredAtMs }: ShopEvent & { order: OrderFacts }): OrderFacts {
	const field = timeField[type];
	return field && order[field] === undefined ? { ...order, [field]: occurredAtMs } : order;
}

const timeField: Partial<Record<EventType, 'paidAtMs' | 'cancelledAtMs' | 'fulfilledAtMs' | 'deliveredAtMs'>> = {
	order_paid: 'paidAtMs',
	order_cancelled: 'cancelledAtMs',
	order_fulfilled: 'fulfilledAtMs',
	order_delivered: 'deliveredAtMs',
};

/** Gives each line the category that the delivery tells, else the one known for it, else the product's. */
async function withCategories(tx: Transaction, facts: OrderFacts, before: OrderRecord | null): Promise<OrderFacts> {
	const known = new Map(before?.items.map(({ productId, category }) => [productId, category]));
	const unknown = [...new Set(facts.items.filter(({ productId, category }) => !category && !known.get(productId)).map(({ productId }) => productId))];
	for (const { productId, category } of (await tx.peek<ProductRecord>(unknown.slice(0, 500).map(keys.product))).values()) known.set(productId, category);
	const items = facts.items.map((item) => {
		const category = item.category ?? known.get(item.productId);
		return category ? { ...item, category } : item;
	});
	return { ...facts, items };
}

/** The latest word on each field counts: one delivery knows of the payment, another of the parcel. */
function nextOrder(before: OrderRecord | null, owner: CustomerRecord | null, facts: Told, customer: CustomerRecord | null, sequenceMs: number): OrderRecord {
	const at = [facts.updatedAtMs, sequenceMs];
	const { sequenceMs: lastSequenceMs = 0, earlier, reached, points, ...known } = before ?? { updatedAtMs: -Infinity };
	// A browser without a name does not take an order from somebody known.
	const teller = owner && customer && isKnown(owner) && !isKnown(customer) ? null : customer;
	const { value, telling } = withLatest<Partial<OrderRecord>>(
		before ? { ...known, ...(owner && { customerId: owner.id }) } : {},
		{ newest: [known.updatedAtMs, lastSequenceMs], earlier },
		{ ...facts, ...(teller && { customerId: teller.id }) },
		at,
	);
	const next: OrderRecord = { ...(value as OrderRecord), sequenceMs: telling.newest[1], ...(telling.earlier && { earlier: telling.earlier }), ...(reached && { reached }), ...(points && { points }) };
	return (next.customerId === owner?.id ? owner : teller)?.erasedAtMs === undefined ? next : namelessOrder(next);
}

/** Marks what this delivery says the order has come to, though later ones may say that it is past. */
function withReached(order: OrderRecord, { type, order: facts }: Pick<ShopEvent, 'type'> & { order: Told }): OrderRecord {
	const said: Partial<Record<EventType, number>> = {
		order_placed: facts.placedAtMs,
		order_paid: facts.paidAtMs,
		order_cancelled: facts.cancelledAtMs,
		order_fulfilled: facts.fulfilledAtMs,
		order_delivered: facts.deliveredAtMs,
		order_awaiting_payment: facts.awaitsPayment || type === 'order_awaiting_payment' ? order.placedAtMs : undefined,
		order_held: facts.waitsFor?.length || type === 'order_held' ? facts.updatedAtMs : undefined,
	};
	const reached = { ...order.reached };
	for (const [milestone, atMs] of Object.entries(said) as Array<[EventType, number | undefined]>) {
		if (atMs !== undefined) reached[milestone] = Math.min(reached[milestone] ?? Infinity, atMs);
	}
	return { ...order, reached };
}

/** What an order has come to and is still true. */
function holds(type: EventType, order: OrderRecord): boolean {
	if (type === 'order_awaiting_payment') return order.awaitsPayment !== false && order.paidAtMs === undefined && order.cancelledAtMs === undefined;
	if (type === 'order_held') return order.waitsFor === undefined || order.waitsFor.length > 0;
	return true;
}

function newlyReached(before: OrderRecord | null, owner: CustomerRecord | null, after: OrderRecord): Happened[] {
	// To somebody who was not known to have ordered, all of it is new.
	const known = owner?.id === after.customerId ? (before?.reached ?? {}) : {};
	const isAgain = (type: string) => before?.reached?.[type as EventType] !== undefined;
	const happened = Object.entries(after.reached ?? {}).map(([type, atMs]): Happened => ({ type: type as EventType, atMs, ...(isAgain(type) && { isAgain: true }) }));
	return happened.filter(({ type }) => known[type] === undefined && holds(type, after)).sort((a, b) => a.atMs - b.atMs || rank(a.type) - rank(b.type));
}

const rank = (type: EventType) => Object.keys(eventCatalogue).indexOf(type);

/** Adds what an order is worth and what it has come to to its customer's totals and history, or with sign -1 takes it out again: a cancelled order is worth nothing, others their value less what was paid back. */
async function keepTotals(tx: Transaction, order: OrderRecord, sign: 1 | -1, context: RecordContext): Promise<void> {
	const customer = await loadCustomer(tx, order.customerId);
	if (!customer || customer.erasedAtMs !== undefined) return;
	const { orders } = customer;
	const isValid = order.cancelledAtMs === undefined;
	const spentMinor = isValid ? order.totalMinor - (order.refundedMinor ?? 0) : 0;
	const { bought: before, ...rest } = customer;
	const bought = withOrder(before, order, sign);
	tx.set(keys.customer(customer.id), {
		...rest,
		orders: {
			count: orders.count + (isValid ? sign : 0),
			spentMinor: { ...orders.spentMinor, [order.currency]: (orders.spentMinor[order.currency] ?? 0) + sign * spentMinor },
			firstAtMs: Math.min(orders.firstAtMs ?? Infinity, order.placedAtMs),
			lastAtMs: Math.max(orders.lastAtMs ?? -Infinity, order.placedAtMs),
		},
		...(bought && { bought }),
	});
	const key = keys.history(customer.id);
	await tx.load([key]);
	const milestones = Object.entries(order.reached ?? {}).map(([type, atMs]) => milestoneOf(type as EventType, atMs, order.orderId, context.journeyNowMs));
	tx.set(key, counted(tx.get<HistoryRecord>(key), milestones, context.journeyNowMs, sign));
}

async function closeCarts(tx: Transaction, order: OrderRecord, definitions: Definitions, context: RecordContext): Promise<void> {
	if (!order.cartToken && !order.checkoutToken) return;
	const { id, isJoined } = await openCart(tx, order, definitions, context);
	const cart = tx.get<CartRecord>(keys.cart(id));
	if (cart?.closed === 'ordered' && !isJoined) return;
	if (cart) await endOfCart(tx, definitions, cart, 'bought', context);
	const stub: CartRecord = { id, stage: 'cart', items: [], seen: {}, createdAtMs: order.placedAtMs, updatedAtMs: order.placedAtMs };
	tx.set(keys.cart(id), { ...(cart ?? stub), closed: 'ordered' });
}
