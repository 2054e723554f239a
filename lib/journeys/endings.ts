import { type CartFacts, type EventType, orderIdOf, type ShopEvent } from '../model/events';
import { type AliasRecord, cartAliases, type CartRecord, type CustomerRecord, type EndReason, type EndsOn, type EnrolmentRecord, type JourneyDefinition, keys, type OrderRecord, type ReturnRecord } from '../model/records';
import { minuteMs } from '../model/clock';
import type { Transaction } from '../store/transaction';
import type { Definitions } from './definitions';
import { end } from './enrolment';

/** What ends journeys besides the cart's own fate: orders, payments, cancellations, returns, a cart begun. */

/** A cart that changes this shortly after a purchase is the shop clearing up, not a new wish. */
export const purchaseEchoMs = minuteMs;

type Ending = (enrolment: EnrolmentRecord, definition: JourneyDefinition) => EndReason | null;

/** Ends a customer's open enrolments in journeys that listen to one of the `words`, as `decide` says. */
export async function endOpen(tx: Transaction, customerId: string, words: EndsOn[], decide: Ending, definitions: Definitions, nowMs: number): Promise<void> {
	await tx.load([keys.customer(customerId)]);
	const open = Object.entries(tx.get<CustomerRecord>(keys.customer(customerId))?.open ?? {});
	const listening = open.filter(([, { journey }]) => definitions.byId.get(journey)?.endsOn.some((word) => words.includes(word)));
	await tx.load(listening.map(([id]) => keys.enrolment(id)));
	for (const [id, { journey }] of listening) {
		const definition = definitions.byId.get(journey)!;
		const enrolment = tx.get<EnrolmentRecord>(keys.enrolment(id));
		const reason = enrolment?.status === 'open' ? decide(enrolment, definition) : null;
		if (reason) end(tx, definition, enrolment!, reason, nowMs);
	}
}

/** Ends what the event ends. Its documents are recorded already. */
export async function applyEndings(tx: Transaction, event: ShopEvent, customerId: string | null, definitions: Definitions, nowMs: number): Promise<void> {
	const order = recorded<OrderRecord>(tx, orderIdOf(event), keys.order);
	const buyer = order?.customerId ?? customerId;
	if (order && buyer) await endOpen(tx, buyer, ['order', 'same_product', 'same_category', 'paid', 'cancelled', 'released'], (enrolment, { endsOn }) => endByOrder(enrolment, endsOn, order), definitions, nowMs);

	const returned = recorded<ReturnRecord>(tx, event.return?.returnId, keys.return);
	const sender = returned?.customerId ?? customerId;
	if (returned && sender) {
		const wasMissing = tx.before<ReturnRecord>(keys.return(returned.returnId))?.needsBankDetails === true;
		await endOpen(tx, sender, ['return_settled'], ({ returnId }) => (returnId === returned.returnId && isSettled(returned, wasMissing) ? 'return_settled' : null), definitions, nowMs);
	}

	const filledAtMs = cartFilledAtMs(event);
	const owner = (event.cart && ownerOfCart(tx, event.cart)) ?? customerId;
	if (filledAtMs !== null && owner) await endOpen(tx, owner, ['cart_started'], ({ openedAtMs }) => (filledAtMs > openedAtMs ? 'cart_started' : null), definitions, nowMs);
}

const answers: EventType[] = ['rated', 'surveyed', 'cart_answered'];

/**
 * Ends what an answer or a reply ends, of what was under way when it was given. An answer ends the enrolment whose message asked, where its journey listens; one
 * that names no message, those of the customer that listen (of a rating: about that order, or about none). A reply ends the
 * enrolment it replies to, or where it names none all marketing of the customer, since a person takes over; other journeys end where they listen.
 */
export async function applyReaction(tx: Transaction, event: ShopEvent, customerId: string | null, definitions: Definitions, nowMs: number): Promise<void> {
	const isReply = event.type === 'message_replied';
	if (customerId === null || !(isReply || answers.includes(event.type))) return;
	const word: EndsOn & EndReason = isReply ? 'replied' : 'answered';
	const { enrolment: asked, campaign } = event.message ?? {};
	const listens = (journey: string) => definitions.byId.get(journey)?.endsOn.includes(word) === true;
	await tx.load([keys.customer(customerId)]);
	const open = Object.entries(tx.get<CustomerRecord>(keys.customer(customerId))?.open ?? {});
	const mayEnd = isReply ? open : open.filter(([id, { journey }]) => listens(journey) && (asked === undefined || id === asked));
	await tx.load(mayEnd.map(([id]) => keys.enrolment(id)));
	for (const [id, { journey }] of mayEnd) {
		const enrolment = tx.get<EnrolmentRecord>(keys.enrolment(id));
		if (enrolment?.status !== 'open' || enrolment.openedAtMs > event.occurredAtMs) continue;
		const isMeant = asked === undefined ? campaign === undefined : id === asked;
		const isOfOrder = enrolment.orderId === undefined || event.rating?.orderId === undefined || enrolment.orderId === event.rating.orderId;
		const ends = isReply ? listens(journey) || (enrolment.kind === 'marketing' && isMeant) : id === asked || isOfOrder;
		if (ends) end(tx, definitions.byId.get(journey) ?? null, enrolment, word, nowMs);
	}
}

/** When something stood in a cart by this event; null where it tells of no cart, or of an empty or finished one. */
function cartFilledAtMs({ cart, custom, occurredAtMs }: ShopEvent): number | null {
	if (cart) return cart.items.length > 0 && !cart.closed ? cart.updatedAtMs : null;
	return custom && isVisitorsCart(custom.name) && Number(custom.data?.items) > 0 ? occurredAtMs : null;
}

/**
 * A shop that tells of carts by itself does not say which visitor they are of. There tracking.js tells of the visitor's own
 * as a custom event with one of these names (lib/tracking/normalise.ts).
 */
export function isVisitorsCart(customName: string | undefined): boolean {
	return customName === 'cart_updated' || customName === 'checkout_updated';
}

function recorded<T>(tx: Transaction, id: string | undefined, key: (id: string) => string): T | null {
	return id !== undefined && tx.has(key(id)) ? tx.get<T>(key(id)) : null;
}

function ownerOfCart(tx: Transaction, cart: CartFacts): string | undefined {
	const aliases = cartAliases(cart);
	const ids = aliases.map((alias) => (tx.has(alias) ? tx.get<AliasRecord>(alias)?.id : undefined)).filter((id) => id !== undefined);
	return ids.map((id) => recorded<CartRecord>(tx, id, keys.cart)?.customerId).find((owner) => owner !== undefined);
}

function endByOrder(enrolment: EnrolmentRecord, endsOn: EndsOn[], order: OrderRecord): EndReason | null {
	if (enrolment.orderId === order.orderId) {
		if (endsOn.includes('cancelled') && order.cancelledAtMs !== undefined) return 'cancelled';
		if (endsOn.includes('paid') && isPaid(order)) return 'paid';
		if (endsOn.includes('released') && order.waitsFor?.length === 0) return 'released';
		return null;
	}
	// A purchase before the cart's last change, or before the journey began (a late update of last week's order), ends nothing.
	const isLater = enrolment.cartId !== undefined ? order.placedAtMs + purchaseEchoMs >= enrolment.enteredAtMs : order.placedAtMs > enrolment.openedAtMs;
	if (!isLater) return null;
	if (endsOn.includes('order')) return 'bought';
	const isSame = endsOn.includes('same_product') && order.items.some(({ productId }) => productId === enrolment.productId);
	return isSame || (endsOn.includes('same_category') && isOfCategory(enrolment, order)) ? 'bought' : null;
}

/** Whether anything of the category was bought that the enrolment's product is of; the product itself is. */
function isOfCategory({ productId, category }: EnrolmentRecord, { items }: OrderRecord): boolean {
	const wanted = category?.toLowerCase();
	return items.some((item) => item.productId === productId || (wanted !== undefined && item.category?.toLowerCase() === wanted));
}

function isPaid({ paidAtMs, awaitsPayment }: OrderRecord): boolean {
	return paidAtMs !== undefined || awaitsPayment === false;
}

const settledStatuses: Array<ReturnRecord['status']> = ['declined', 'refunded', 'closed', 'cancelled'];

/** @param wasMissing something was missing before, and the return has come to no end by itself */
function isSettled({ status, needsBankDetails }: ReturnRecord, wasMissing: boolean): boolean {
	return settledStatuses.includes(status) || (wasMissing && needsBankDetails === false);
}

/** Whether what the journey ends on is so already: an order paid at once needs no reminder to pay. */
export function isOverAlready({ endsOn }: JourneyDefinition, order: OrderRecord | null, returned: ReturnRecord | null, type: EventType): boolean {
	if (order && endsOn.includes('cancelled') && order.cancelledAtMs !== undefined && type !== 'order_cancelled') return true;
	if (order && endsOn.includes('paid') && order.paidAtMs !== undefined && type !== 'order_paid') return true;
	return returned !== null && endsOn.includes('return_settled') && settledStatuses.includes(returned.status);
}
