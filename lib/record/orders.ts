import type { Definitions } from '../journeys/definitions';
import { end } from '../journeys/enrolment';
import type { OrderFacts, ShopEvent } from '../model/events';
import { type CartRecord, type CustomerRecord, type EnrolmentRecord, keys, type OrderRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import { endOfCart, findCart, nameCart, newCartId } from './carts';
import type { RecordContext } from './identity';

/**
 * Records an order as it stands, closes the carts it came from, keeps the customer's totals, and ends what a purchase
 * ends. Safe in any order of arrival: an order that comes before its cart leaves a closed cart behind.
 * Returns whether the event was news.
 */
export async function applyOrder(tx: Transaction, event: ShopEvent & { order: OrderFacts }, customer: CustomerRecord | null, definitions: Definitions, context: RecordContext): Promise<boolean> {
	const { order: facts } = event;
	const key = keys.order(facts.orderId);
	await tx.load([key]);
	const before = tx.get<OrderRecord>(key);
	const sequenceMs = event.sequenceMs ?? 0;
	const isStale = before !== null && (facts.updatedAtMs < before.updatedAtMs || (facts.updatedAtMs === before.updatedAtMs && sequenceMs < before.sequenceMs));
	const order: OrderRecord = isStale ? fillGaps(before, facts) : { ...fillGaps(facts, before), sequenceMs };
	order.customerId = customer?.id ?? before?.customerId;
	if (before && JSON.stringify(order) === JSON.stringify(before)) return false;
	tx.set(key, order);
	if (order.customerId) await keepTotals(tx, before, order);
	await closeCarts(tx, order, definitions, context);
	if (order.customerId) await endBought(tx, order, definitions, context);
	return !isStale;
}

/** `preferred` with what it does not say taken from `other`: one delivery knows of the payment, another of the parcel. */
function fillGaps<T extends object>(preferred: T, other: Partial<T> | null): T {
	return { ...other, ...Object.fromEntries(Object.entries(preferred).filter(([, value]) => value !== undefined)) } as T;
}

/** What an order adds to its customer's totals: nothing once cancelled, else its value less what was paid back. */
function contribution(order: OrderRecord | null): { count: number; spentMinor: number } {
	if (!order || order.cancelledAtMs !== undefined) return { count: 0, spentMinor: 0 };
	return { count: 1, spentMinor: order.totalMinor - (order.refundedMinor ?? 0) };
}

async function keepTotals(tx: Transaction, before: OrderRecord | null, order: OrderRecord): Promise<void> {
	const key = keys.customer(order.customerId!);
	await tx.load([key]);
	const customer = tx.get<CustomerRecord>(key);
	if (!customer || customer.erasedAtMs !== undefined) return;
	const was = contribution(before?.customerId === order.customerId ? before : null);
	const is = contribution(order);
	const { orders } = customer;
	tx.set(key, {
		...customer,
		orders: {
			count: orders.count + is.count - was.count,
			spentMinor: { ...orders.spentMinor, [order.currency]: (orders.spentMinor[order.currency] ?? 0) + is.spentMinor - was.spentMinor },
			firstAtMs: Math.min(orders.firstAtMs ?? Infinity, order.placedAtMs),
			lastAtMs: Math.max(orders.lastAtMs ?? -Infinity, order.placedAtMs),
		},
	});
}

async function closeCarts(tx: Transaction, order: OrderRecord, definitions: Definitions, context: RecordContext): Promise<void> {
	if (!order.cartToken && !order.checkoutToken) return;
	const { id: knownId, strayId } = await findCart(tx, order);
	const id = knownId ?? newCartId(order);
	await tx.load([keys.cart(id)]);
	for (const cartId of [id, ...(strayId ? [strayId] : [])]) {
		const cart = tx.get<CartRecord>(keys.cart(cartId));
		if (cart?.closed) continue;
		if (cart) await endOfCart(tx, definitions, cart, 'bought', context);
		const stub: CartRecord = { id: cartId, stage: 'cart', items: [], seen: {}, createdAtMs: order.placedAtMs, updatedAtMs: order.placedAtMs };
		tx.set(keys.cart(cartId), { ...(cart ?? stub), closed: 'ordered' });
	}
	await nameCart(tx, id, order);
}

/** Ends the customer's journeys that a purchase ends. An order older than the enrolment (a late update of last week's) ends nothing. */
async function endBought(tx: Transaction, order: OrderRecord, definitions: Definitions, context: RecordContext): Promise<void> {
	const key = keys.customer(order.customerId!);
	await tx.load([key]);
	const open = Object.keys(tx.get<CustomerRecord>(key)?.open ?? {});
	await tx.load(open.map(keys.enrolment));
	for (const id of open) {
		const enrolment = tx.get<EnrolmentRecord>(keys.enrolment(id));
		const definition = enrolment && definitions.byId.get(enrolment.journey);
		if (enrolment?.status !== 'open' || !definition?.endsOn.includes('order') || order.placedAtMs < enrolment.openedAtMs) continue;
		end(tx, definition, enrolment, 'bought', context.journeyNowMs);
	}
}
