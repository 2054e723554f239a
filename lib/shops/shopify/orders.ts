import type { LineItem, OrderFacts, RefundFacts, ShopEvent } from '../../model/events';
import type { Normalised } from '../adapter';
import type { Fields } from '../fields';
import { readBuyer } from './customers';
import { expectShape, type ShopifyDelivery } from './delivery';
import { readPurchaseItems, shopMoneyMinor } from './line-items';

/** Once money has come in full, the order keeps one of these states for ever. */
const paidStates = ['paid', 'partially_refunded', 'refunded'];

/**
 * All orders/* topics with a whole order. The topic is not signed and a body is built when the delivery is: what
 * the topic claims is recorded only as far as the body says so too, else the order is recorded as it stands.
 */
export function orderChanged(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Order', has: ['id', 'line_items', 'financial_status', 'total_price'], hasNot: ['abandoned_checkout_url', 'order_id'] });
	const { body, context, topic } = delivery;
	const order = readOrder(delivery);
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
	if (topic === 'orders/fulfilled' && order.fulfilledAtMs !== undefined) {
		return { events: [{ ...delivery.onceEvent('order_fulfilled', thing, order.fulfilledAtMs), customer, order }] };
	}
	return { events: [{ ...delivery.event('order_updated', order.updatedAtMs), customer, order }] };
}

function readOrder({ body, context }: ShopifyDelivery): OrderFacts {
	const currency = body.currency('currency') ?? context.currency;
	const createdAtMs = requiredTimeMs(body, 'created_at');
	const updatedAtMs = body.timeMs('updated_at') ?? createdAtMs;
	const cancelledAtMs = body.timeMs('cancelled_at');
	const fulfilledAtMs = fulfilledMs(body, updatedAtMs);
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
		refundedMinor: refunds.length > 0 ? refunds.reduce((sum, refund) => sum + refundedMinor(refund, currency, isTaxIncluded), 0) : undefined,
		discountCodes: body.list('discount_codes').flatMap((discount) => discount.text('code') ?? []),
		// For an imported order `created_at` is when it was imported.
		placedAtMs: context.toJourneyMs(body.timeMs('processed_at') ?? createdAtMs),
		updatedAtMs: context.toJourneyMs(updatedAtMs),
		cancelledAtMs: cancelledAtMs === undefined ? undefined : context.toJourneyMs(cancelledAtMs),
		fulfilledAtMs: fulfilledAtMs === undefined ? undefined : context.toJourneyMs(fulfilledAtMs),
		paymentStatus: body.text('financial_status'),
		fulfilmentStatus: body.text('fulfillment_status'),
	};
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
	const payments = paidBack(body);
	if (payments.length === 0) return { events: [], ignored: 'Goods were taken back, but nothing was paid back' };
	const lines = body.list('refund_line_items');
	const currency =
		payments[0].currency('currency') ?? lines[0]?.object('subtotal_set')?.object('shop_money')?.currency('currency_code') ?? context.currency;
	const refund: RefundFacts = {
		orderId: body.requiredId('order_id'),
		refundId: body.requiredId('id'),
		amountMinor: payments.reduce((sum, payment) => sum + (payment.amountMinor('amount', currency) ?? 0), 0),
		currency,
		items: lines.flatMap((line) => refundedItem(line, currency)),
	};
	const atMs = body.timeMs('processed_at') ?? requiredTimeMs(body, 'created_at');
	return { events: [{ ...delivery.onceEvent('order_refunded', `refund:${refund.refundId}`, context.toJourneyMs(atMs)), refund }] };
}

function refundedItem(line: Fields, currency: string): LineItem[] {
	const bought = line.object('line_item');
	const quantity = line.integer('quantity');
	if (!bought || !quantity || quantity < 0) return [];
	return readPurchaseItems([bought], currency).map((item) => ({ ...item, quantity }));
}

function requiredTimeMs(body: Fields, name: string): number {
	const atMs = body.timeMs(name);
	if (atMs === undefined) throw body.wrong(name, 'is required');
	return atMs;
}
