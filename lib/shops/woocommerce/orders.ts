import type { CartFacts, CustomerFacts, LineItem, OrderFacts, RefundFacts, ShopEvent } from '../../model/events';
import type { Normalised } from '../adapter';
import type { Fields } from '../fields';
import { isLinkAddress } from '../links';
import { readBuyer } from './customers';
import { isToBeTold, onceEvent, type Resource, stateEvent } from './delivery';
import { readItems } from './line-items';
import { changedAtMs, expectResource, gmtMs, idOrNone, plainText, requiredId } from './wordpress';

/** Paid outside the checkout, by the customer's own doing: such an order is placed before it is paid. */
const paidByTransfer = ['bacs', 'cheque'];
const paidOffline = [...paidByTransfer, 'cod'];
/** Where customers check out by themselves; other orders are written by the shop, another program or a subscription. */
const checkouts = ['checkout', 'store-api'];

/** What an order's body says, read once. Times are wall clock. */
interface Told {
	id: string;
	thing: string;
	status: string;
	currency: string;
	createdAtMs: number;
	updatedAtMs: number;
	paidAtMs?: number;
	customer?: CustomerFacts;
	items: LineItem[];
	totalMinor: number;
}

/**
 * order.created, order.updated and order.restored, and orders read from the API: all say how the order stands. The body is built when
 * it is sent and the topic is not signed, so only the body counts: what happened is told from its dates and its status.
 */
export function orderChanged(resource: Resource): Normalised {
	const { body, context } = resource;
	expectResource(body, 'order', ['id', 'status', 'line_items', 'total'], ['permalink', 'role', 'discount_type']);
	const status = body.text('status')?.replace(/^wc-/, '') ?? '';
	if (['trash', 'auto-draft', 'draft', 'new'].includes(status)) return { events: [], ignored: `An order in the state "${status}" is not one yet, or not one any more` };
	const id = requiredId(body);
	const currency = body.currency('currency') ?? context.currency;
	const updatedAtMs = changedAtMs(body);
	const told: Told = {
		id,
		thing: `order:${id}`,
		status,
		currency,
		createdAtMs: gmtMs(body, 'date_created_gmt') ?? updatedAtMs,
		updatedAtMs,
		paidAtMs: gmtMs(body, 'date_paid_gmt'),
		customer: readBuyer(body),
		items: readItems(body.requiredList('line_items'), currency, body.flag('prices_include_tax') ?? false),
		totalMinor: body.requiredAmountMinor('total', currency),
	};
	return { events: isCheckout(body, told) ? [checkoutUpdated(resource, told)] : orderEvents(resource, told) };
}

/** order.deleted: the id and nothing else. */
export function orderDeleted(): Normalised {
	return { events: [], ignored: 'Deleted orders stay in the history of their customer' };
}

/**
 * Whether the customer is, or was, still checking out: WooCommerce keeps a checkout as an order from its first step on, and one
 * whose payment was begun but not made stays `pending` or `failed` until it is cancelled after an hour.
 */
function isCheckout(body: Fields, { status, paidAtMs }: Told): boolean {
	if (status === 'checkout-draft') return true;
	if (paidAtMs !== undefined || !checkouts.includes(body.text('created_via') ?? '')) return false;
	if (status === 'pending' || status === 'failed') return true;
	const wasPlaced = paidOffline.includes(body.text('payment_method') ?? '') || body.text('transaction_id') !== undefined;
	return status === 'cancelled' && !wasPlaced;
}

function checkoutUpdated(resource: Resource, told: Told): ShopEvent {
	const { body, context } = resource;
	const updatedAtMs = context.toJourneyMs(told.updatedAtMs);
	const cart: CartFacts = {
		checkoutToken: checkoutTokenOf(told),
		stage: 'checkout',
		items: told.items,
		currency: told.currency,
		totalMinor: told.totalMinor,
		recoveryUrl: recoveryUrl(body, told, context.shopUrl),
		updatedAtMs,
	};
	return stateEvent(resource, 'checkout_updated', told.thing, updatedAtMs, { customer: told.customer, cart });
}

function checkoutTokenOf({ id }: Told): string {
	return `order-${id}`;
}

/** The page on which an order is paid. A draft has none: the cart of its browser still holds it. A cancelled one is not paid any more. */
function recoveryUrl(body: Fields, told: Told, shopUrl: string): string | undefined {
	if (told.status === 'cancelled') return linkOrNone(shopUrl && `${shopUrl}/cart`);
	return told.status === 'checkout-draft' ? undefined : paymentUrl(body, told, shopUrl);
}

function paymentUrl(body: Fields, { id }: Told, shopUrl: string): string | undefined {
	const key = body.text('order_key');
	// Versions before 6.0 do not tell the link.
	const built = shopUrl && key ? `${shopUrl}/checkout/order-pay/${id}/?pay_for_order=true&key=${encodeURIComponent(key)}` : undefined;
	return linkOrNone(body.text('payment_url')) ?? linkOrNone(built);
}

function linkOrNone(link: string | undefined): string | undefined {
	return link && isLinkAddress(link) ? link : undefined;
}

/** One event for each thing that happened to the order, in its order, and the state that it is in now. */
function orderEvents(resource: Resource, told: Told): ShopEvent[] {
	const { body, context } = resource;
	const { thing, customer, updatedAtMs } = told;
	const events: ShopEvent[] = [];
	let order = readOrder(body, told, context.toJourneyMs, context.shopUrl);
	// Each one knows what happened before it and nothing of what comes after: so it is news when it is told first.
	const happened = (type: 'order_placed' | 'order_paid' | 'order_fulfilled' | 'order_cancelled', wallMs: number | undefined, facts: Partial<OrderFacts>): void => {
		if (wallMs === undefined) return;
		order = { ...order, ...facts };
		if (isToBeTold(resource, wallMs, updatedAtMs)) events.push(onceEvent(resource, type, thing, context.toJourneyMs(wallMs), { customer, order }));
	};
	const completedAtMs = told.status === 'completed' ? (gmtMs(body, 'date_completed_gmt') ?? updatedAtMs) : undefined;
	const cancelledAtMs = told.status === 'cancelled' ? updatedAtMs : undefined;
	happened('order_placed', placedAtMs(body, told), {});
	happened('order_paid', told.paidAtMs, { paidAtMs: optional(told.paidAtMs, context.toJourneyMs) });
	happened('order_fulfilled', completedAtMs, { fulfilledAtMs: optional(completedAtMs, context.toJourneyMs) });
	happened('order_cancelled', cancelledAtMs, { cancelledAtMs: optional(cancelledAtMs, context.toJourneyMs) });

	const refunds = readRefunds(body, told);
	const occurredAtMs = context.toJourneyMs(updatedAtMs);
	let refundedMinor = 0;
	for (const refund of refunds) {
		refundedMinor += refund.amountMinor;
		order = { ...order, refundedMinor };
		events.push({ ...onceEvent(resource, 'order_refunded', `refund:${refund.refundId}`, occurredAtMs, { customer, order }), refund });
	}
	return [...events, stateEvent(resource, 'order_updated', thing, occurredAtMs, { customer, order })];
}

function optional(wallMs: number | undefined, toJourneyMs: (wallMs: number) => number): number | undefined {
	return wallMs === undefined ? undefined : toJourneyMs(wallMs);
}

/** A checkout paid at once was placed when it was paid: the order's own date is that of the first step of its checkout. */
function placedAtMs(body: Fields, { createdAtMs, paidAtMs }: Told): number {
	const isPaidAtOnce = checkouts.includes(body.text('created_via') ?? '') && !paidOffline.includes(body.text('payment_method') ?? '');
	return isPaidAtOnce ? Math.max(createdAtMs, paidAtMs ?? createdAtMs) : createdAtMs;
}

/** What is true of the order whatever happened to it last. */
function readOrder(body: Fields, told: Told, toJourneyMs: (wallMs: number) => number, shopUrl: string): OrderFacts {
	const { status, id } = told;
	const waitsForTransfer = status === 'on-hold' && paidByTransfer.includes(body.text('payment_method') ?? '') && told.paidAtMs === undefined;
	const waitsForPayment = status === 'pending' || status === 'failed';
	const number = plainText(body, 'number') ?? idOrNone(body, 'number') ?? id;
	return {
		orderId: id,
		number: /^\d+$/.test(number) ? `#${number}` : number,
		checkoutToken: checkoutTokenOf(told),
		items: told.items,
		currency: told.currency,
		totalMinor: told.totalMinor,
		discountCodes: body.list('coupon_lines').flatMap((line) => line.text('code') ?? []),
		placedAtMs: toJourneyMs(placedAtMs(body, told)),
		updatedAtMs: toJourneyMs(told.updatedAtMs),
		paymentStatus: paymentStatus(told),
		fulfilmentStatus: status === 'completed' ? 'fulfilled' : undefined,
		awaitsPayment: waitsForTransfer || waitsForPayment,
		statusUrl: waitsForPayment ? paymentUrl(body, told, shopUrl) : undefined,
	};
}

function paymentStatus({ status, paidAtMs }: Told): string {
	if (status === 'refunded') return 'refunded';
	if (paidAtMs !== undefined) return 'paid';
	return status === 'failed' ? 'failed' : 'pending';
}

/** `refunds` has a line per refund, with a negative total and no date. An order set to refunded by hand may have none: then all of it was given back. */
function readRefunds(body: Fields, { id, status, currency, totalMinor }: Told): RefundFacts[] {
	const refunds = body.list('refunds').map((refund) => ({
		orderId: id,
		refundId: requiredId(refund),
		amountMinor: Math.abs(refund.requiredAmountMinor('total', currency)),
		currency,
		items: [],
	}));
	if (refunds.length > 0 || status !== 'refunded') return refunds;
	return [{ orderId: id, refundId: `${id}-all`, amountMinor: totalMinor, currency, items: [] }];
}
