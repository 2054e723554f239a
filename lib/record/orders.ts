import { isDeepStrictEqual } from 'node:util';
import type { Definitions } from '../journeys/definitions';
import type { OrderFacts, ShopEvent } from '../model/events';
import { type CartRecord, type CustomerRecord, keys, type OrderRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import { endOfCart, openCart } from './carts';
import type { RecordContext } from './identity';
import { isOlder, withLatest } from './latest';

/**
 * Records an order as it stands, closes the carts it came from, and keeps the customers' totals. Safe in any order of arrival: an order that comes before its cart leaves a closed cart behind.
 * Returns whether the event was news.
 */
export async function applyOrder(tx: Transaction, event: ShopEvent & { order: OrderFacts }, customer: CustomerRecord | null, definitions: Definitions, context: RecordContext): Promise<boolean> {
	const key = keys.order(event.order.orderId);
	await tx.load([key]);
	const before = tx.get<OrderRecord>(key);
	const order = withOrderFacts(before, { ...event.order, ...(customer && { customerId: customer.id }) }, event.sequenceMs ?? 0);
	if (before && isDeepStrictEqual(order, before)) return false;
	tx.set(key, order);
	await keepTotals(tx, before, -1);
	await keepTotals(tx, order, 1);
	await closeCarts(tx, order, definitions, context);
	return !isOlder([event.order.updatedAtMs, event.sequenceMs ?? 0], [order.updatedAtMs, order.sequenceMs]);
}

/** The latest word on each field counts: one delivery knows of the payment, another of the parcel. */
function withOrderFacts(before: OrderRecord | null, facts: OrderFacts & { customerId?: string }, sequenceMs: number): OrderRecord {
	const at = [facts.updatedAtMs, sequenceMs];
	const { sequenceMs: lastSequenceMs = 0, earlier, ...known } = before ?? { updatedAtMs: -Infinity };
	const { value, telling } = withLatest<Partial<OrderRecord>>(before ? known : {}, { newest: [known.updatedAtMs, lastSequenceMs], earlier }, facts, at);
	return { ...(value as OrderRecord), sequenceMs: telling.newest[1], ...(telling.earlier && { earlier: telling.earlier }) };
}

/** Adds what an order is worth to its customer's totals, or with sign -1 takes it out again: nothing once cancelled, else its value less what was paid back. */
async function keepTotals(tx: Transaction, order: OrderRecord | null, sign: 1 | -1): Promise<void> {
	if (!order?.customerId) return;
	const key = keys.customer(order.customerId);
	await tx.load([key]);
	const customer = tx.get<CustomerRecord>(key);
	if (!customer || customer.erasedAtMs !== undefined) return;
	const { orders } = customer;
	const isValid = order.cancelledAtMs === undefined;
	const spentMinor = isValid ? order.totalMinor - (order.refundedMinor ?? 0) : 0;
	tx.set(key, {
		...customer,
		orders: {
			count: orders.count + (isValid ? sign : 0),
			spentMinor: { ...orders.spentMinor, [order.currency]: (orders.spentMinor[order.currency] ?? 0) + sign * spentMinor },
			firstAtMs: Math.min(orders.firstAtMs ?? Infinity, order.placedAtMs),
			lastAtMs: Math.max(orders.lastAtMs ?? -Infinity, order.placedAtMs),
		},
	});
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
