import type { LineItem, OrderFacts, RefundFacts, ShopEvent } from '../../model/events';
import type { NormaliseContext, Normalised } from '../adapter';
import type { Fields } from '../fields';
import { isLinkAddress } from '../links';
import { readBuyer } from './customers';
import { expectShape, type ShopifyDelivery } from './delivery';
import { readPurchaseItems, shopMoneyMinor } from './line-items';

/** Once money has come in full, the order keeps one of these states for ever. */
export const paidStates = ['paid', 'partially_refunded', 'refunded'];

/**
 * All orders/* topics with a whole order. The topic is not signed and a body is built when the delivery is: what
 * the topic claims is recorded only as far as the body says so too, else the order is recorded as it stands.
 */
export function orderChanged(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Order', has: ['id', 'line_items', 'financial_status', 'total_price'], hasNot: ['abandoned_checkout_url', 'order_id'] });
	const { body, context, topic } = delivery;
	const order = readOrder(body, context);
	const customer = readBuyer(body, requiredTimeMs(body, 'created_at'), context);
	const thing = `order:${order.orderId}`;
	const isPaid = paidStates.includes(order.paymentStatus ?? '');
	const paid = (paidAtMs: number): ShopEvent => ({ ...delivery.onceEvent('order_paid', thing, paidAtMs), customer, order: { ...order, paidAtMs } });

	if (topic === 'orders/create') {
		const placed = { ...delivery.onceEvent('order_placed', thing, order.placedAtMs), customer, order };
		return { events: isPaid ? [placed, paid(order.placedAtMs)] : [placed] };
	}
	// Shopify does not say when it was paid; this is the change that made it so.
	if (topic === 'orders/paid' && isPaid) return { events: [paid(order.updatedAtMs)] };
	if (topic === 'orders/cancelled' && order.cancelledAtMs !== undefined) {
		return { events: [{ ...delivery.onceEvent('order_cancelled', thing, order.cancelledAtMs), customer, order }] };
	}
	const delivered: ShopEvent[] = order.deliveredAtMs === undefined ? [] : [{ ...delivery.onceEvent('order_delivered', thing, order.deliveredAtMs), customer, order }];
	if (topic === 'orders/fulfilled' && order.fulfilledAtMs !== undefined) {
		return { events: [{ ...delivery.onceEvent('order_fulfilled', thing, order.fulfilledAtMs), customer, order }] };
	}
	return { events: [{ ...delivery.event('order_updated', order.updatedAtMs), customer, order }, ...delivered] };
}

/** A whole order. */
export function readOrder(body: Fields, context: NormaliseContext): OrderFacts {
	const currency = body.currency('currency') ?? context.currency;
	const createdAtMs = requiredTimeMs(body, 'created_at');
	const updatedAtMs = body.timeMs('updated_at') ?? createdAtMs;
	const cancelledAtMs = body.timeMs('cancelled_at');
	const fulfilledAtMs = fulfilledMs(body, updatedAtMs);
	const deliveredAtMs = deliveredMs(body);
	const paymentStatus = body.text('financial_status');
	const dueAtMs = paymentDueMs(body);
	const awaitsPayment = cancelledAtMs === undefined && unpaidStates.includes(paymentStatus ?? '') && (dueAtMs !== undefined || body.object('payment_terms') !== undefined || isPaidByHand(body));
	const statusUrl = body.text('order_status_url');
	const refunds = body.list('refunds');
	const isTaxIncluded = body.flag('taxes_included') ?? true;
	return {
		orderId: body.requiredId('id'),
		number: body.text('name'),
		cartToken: body.id('cart_token'),
		checkoutToken: body.id('checkout_token'),
		items: readPurchaseItems(body.requiredList('line_items'), currency),
		currency,
		totalMinor: body.requiredAmountMinor('total_price', currency),
		// The API tells the sum where it does not tell all refunds.
		refundedMinor: body.amountMinor('total_refunded', currency) ?? (refunds.length > 0 ? refunds.reduce((sum, refund) => sum + refundedMinor(refund, currency, isTaxIncluded), 0) : undefined),
		discountCodes: body.list('discount_codes').flatMap((discount) => discount.text('code') ?? []),
		// For an imported order `created_at` is when it was imported.
		placedAtMs: context.toJourneyMs(body.timeMs('processed_at') ?? createdAtMs),
		updatedAtMs: context.toJourneyMs(updatedAtMs),
		cancelledAtMs: cancelledAtMs === undefined ? undefined : context.toJourneyMs(cancelledAtMs),
		fulfilledAtMs: fulfilledAtMs === undefined ? undefined : context.toJourneyMs(fulfilledAtMs),
		deliveredAtMs: deliveredAtMs === undefined ? undefined : context.toJourneyMs(deliveredAtMs),
		paymentStatus,
		fulfilmentStatus: body.text('fulfillment_status'),
		awaitsPayment,
		paymentDueAtMs: awaitsPayment && dueAtMs !== undefined ? context.toJourneyMs(dueAtMs) : undefined,
		statusUrl: statusUrl && isLinkAddress(statusUrl) ? statusUrl : undefined,
	};
}

const unpaidStates = ['pending', 'partially_paid'];
/**
 * Payment methods that wait for the customer (Shopify: "manual payment methods"), by the names that Shopify proposes and
 * shops write instead. Cash on delivery is one too, but waits for the parcel. Pending card payments are not.
 */
const paidByHand = /\bmanual\b|bank|transfer|deposit|money order|invoice|che(que|ck)\b|(ü|ue)berweisung|vorkasse|rechnung|virement|facture|bonifico|fattura|transferencia|factura|overschrijving|przelew/i;
const paidAtTheDoor = /cash on delivery|\bcod\b|nachnahme/i;

function isPaidByHand(body: Fields): boolean {
	return body.texts('payment_gateway_names').some((name) => paidByHand.test(name) && !paidAtTheDoor.test(name));
}

/** Until when the next part is to be paid, where there are payment terms with a date. */
function paymentDueMs(body: Fields): number | undefined {
	const schedules = body.object('payment_terms')?.list('payment_schedules') ?? [];
	const dueMs = schedules.flatMap((schedule) => (schedule.timeMs('completed_at') === undefined ? (schedule.timeMs('due_at') ?? []) : []));
	return dueMs.length > 0 ? Math.min(...dueMs) : undefined;
}

/** When the last parcel arrived; undefined until the whole order was sent and all that was sent has arrived. */
function deliveredMs(body: Fields): number | undefined {
	if (body.text('fulfillment_status') !== 'fulfilled') return undefined;
	const parcels = body.list('fulfillments').filter((parcel) => parcel.text('status') !== 'cancelled');
	if (parcels.length === 0 || parcels.some((parcel) => parcel.text('shipment_status') !== 'delivered')) return undefined;
	const arrivedMs = parcels.flatMap((parcel) => parcel.timeMs('delivered_at') ?? parcel.timeMs('updated_at') ?? []);
	return arrivedMs.length > 0 ? Math.max(...arrivedMs) : undefined;
}

/** When the last parcel went off; undefined until the whole order has. */
function fulfilledMs(body: Fields, updatedAtMs: number): number | undefined {
	if (body.text('fulfillment_status') !== 'fulfilled') return undefined;
	const sentAtMs = body.list('fulfillments').flatMap((fulfilment) => fulfilment.timeMs('created_at') ?? []);
	return sentAtMs.length > 0 ? Math.max(...sentAtMs) : updatedAtMs;
}

/** Payments back of a refund that went through or are on their way. */
function paidBack(refund: Fields): Fields[] {
	return refund.list('transactions').filter((transaction) => transaction.text('kind') === 'refund' && !['failure', 'error'].includes(transaction.text('status') ?? ''));
}

/**
 * What one refund gave back, in the order's currency. A customer who paid in another currency is paid back in it: then
 * the lines, which Shopify gives in both, are added up (shipping costs given back are missing from that sum).
 */
function refundedMinor(refund: Fields, currency: string, isTaxIncluded: boolean): number {
	const payments = paidBack(refund);
	if (payments.every((payment) => (payment.currency('currency') ?? currency) === currency)) {
		return payments.reduce((sum, payment) => sum + (payment.amountMinor('amount', currency) ?? 0), 0);
	}
	return refund.list('refund_line_items').reduce((sum, line) => {
		const taxMinor = isTaxIncluded ? 0 : (shopMoneyMinor(line, 'total_tax', currency) ?? 0);
		return sum + (shopMoneyMinor(line, 'subtotal', currency) ?? 0) + taxMinor;
	}, 0);
}

/** refunds/create: what was paid back, but nothing of the order except its id. */
export function orderRefunded(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Refund', has: ['id', 'order_id', 'refund_line_items'], hasNot: ['line_items', 'financial_status'] });
	const { body, context } = delivery;
	const refund = readRefund(body, context);
	if (!refund) return { events: [], ignored: 'Goods were taken back, but nothing was paid back' };
	const atMs = body.timeMs('processed_at') ?? requiredTimeMs(body, 'created_at');
	return { events: [{ ...delivery.onceEvent('order_refunded', `refund:${refund.refundId}`, context.toJourneyMs(atMs)), refund }] };
}

/** One refund; undefined when no money went back. */
export function readRefund(body: Fields, context: NormaliseContext): RefundFacts | undefined {
	const payments = paidBack(body);
	if (payments.length === 0) return undefined;
	const lines = body.list('refund_line_items');
	const currency =
		payments[0].currency('currency') ?? lines[0]?.object('subtotal_set')?.object('shop_money')?.currency('currency_code') ?? context.currency;
	return {
		orderId: body.requiredId('order_id'),
		refundId: body.requiredId('id'),
		amountMinor: payments.reduce((sum, payment) => sum + (payment.amountMinor('amount', currency) ?? 0), 0),
		currency,
		items: lines.flatMap((line) => refundedItem(line, currency)),
	};
}

function refundedItem(line: Fields, currency: string): LineItem[] {
	const bought = line.object('line_item');
	const quantity = line.integer('quantity');
	if (!bought || !quantity || quantity < 0) return [];
	return readPurchaseItems([bought], currency).map((item) => ({ ...item, quantity }));
}

export function requiredTimeMs(body: Fields, name: string): number {
	const atMs = body.timeMs(name);
	if (atMs === undefined) throw body.wrong(name, 'is required');
	return atMs;
}
