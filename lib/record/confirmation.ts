import { dayMs, minuteMs } from '../model/clock';
import type { ShopEvent } from '../model/events';
import { type ConfirmationRecord, keys, type OrderRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import { trackingSource } from './identity';

/** A confirmation follows its order; clocks of shops and ours differ a little. */
const earliestMs = -5 * minuteMs;
const latestMs = dayMs;

/**
 * Joins a visitor who was shown the confirmation of an order with the customer who placed it, whichever of the two is told
 * first. Anybody can say so of any order: a word from before the order, or of two visitors about one order, is not believed.
 * Returns the event with what it gains by that.
 * @param event with normalised facts
 */
export async function withBuyer(tx: Transaction, event: ShopEvent): Promise<ShopEvent> {
	if (event.isHistory) return event;
	if (event.order) return await withVisitor(tx, event, event.order);
	const orderId = event.source === trackingSource && event.custom?.name === 'purchase' ? event.custom.data?.orderId : undefined;
	const visitorId = event.customer?.visitorId;
	return typeof orderId === 'string' && visitorId ? await withCustomer(tx, event, orderId, visitorId) : event;
}

async function withVisitor(tx: Transaction, event: ShopEvent, { orderId, placedAtMs }: { orderId: string; placedAtMs: number }): Promise<ShopEvent> {
	const key = keys.confirmation(orderId);
	await tx.load([key, keys.order(orderId)]);
	const confirmation = tx.get<ConfirmationRecord>(key);
	if (!confirmation || !event.customer) return event;
	tx.set(key, null);
	const { visitorId, atMs } = confirmation;
	return visitorId !== null && isOf(placedAtMs, atMs) ? { ...event, customer: { visitorId, ...event.customer } } : event;
}

async function withCustomer(tx: Transaction, event: ShopEvent, orderId: string, visitorId: string): Promise<ShopEvent> {
	const key = keys.confirmation(orderId);
	await tx.load([key, keys.order(orderId)]);
	const order = tx.get<OrderRecord>(keys.order(orderId));
	if (order) return order.customerId && isOf(order.placedAtMs, event.occurredAtMs) ? { ...event, customerId: order.customerId } : event;
	const before = tx.get<ConfirmationRecord>(key);
	const isDisputed = before && before.visitorId !== visitorId;
	tx.set(key, { visitorId: isDisputed ? null : visitorId, atMs: event.occurredAtMs } satisfies ConfirmationRecord);
	return event;
}

const isOf = (placedAtMs: number, shownAtMs: number) => shownAtMs - placedAtMs >= earliestMs && shownAtMs - placedAtMs <= latestMs;
