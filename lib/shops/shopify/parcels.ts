import type { ReturnFacts } from '../../model/events';
import type { Normalised } from '../adapter';
import { expectShape, type ShopifyDelivery } from './delivery';

/** fulfillments/create and fulfillments/update: one parcel. Its sending is told by the order; its arrival only here. */
export function parcelChanged(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Fulfillment', has: ['id', 'order_id', 'status', 'shipment_status'], hasNot: ['financial_status', 'fulfillment_id', 'refund_line_items'] });
	const { body } = delivery;
	if (body.text('shipment_status') !== 'delivered') return { events: [], ignored: 'A parcel that is under way: orders/fulfilled and orders/updated carry the same' };
	return parcelArrived(delivery, body.timeMs('updated_at'), body.text('email'));
}

/** fulfillment_events/create: what the carrier says of a parcel. */
export function carrierTold(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'FulfillmentEvent', has: ['fulfillment_id', 'order_id', 'status'], hasNot: ['line_items', 'financial_status'] });
	const { body } = delivery;
	if (body.text('status') !== 'delivered') return { events: [], ignored: 'A parcel that is under way: only its arrival is used' };
	return parcelArrived(delivery, body.timeMs('happened_at') ?? body.timeMs('created_at'));
}

/** An order in several parcels arrives with the first: neither body says whether there are others. */
function parcelArrived(delivery: ShopifyDelivery, arrivedAtMs = delivery.triggeredAtMs, email?: string): Normalised {
	const orderId = delivery.body.requiredId('order_id');
	const deliveredAtMs = delivery.context.toJourneyMs(arrivedAtMs);
	const start = delivery.onceEvent('order_delivered', `order:${orderId}`, deliveredAtMs);
	return { events: [{ ...start, ...(email !== undefined && { customer: { email } }), parcel: { orderId, deliveredAtMs } }] };
}

const returnStatuses = new Map<string, ReturnFacts['status']>([
	['requested', 'requested'],
	['open', 'approved'],
	['declined', 'declined'],
	['canceled', 'cancelled'],
	['cancelled', 'cancelled'],
	['closed', 'closed'],
]);

/** All returns/* topics that tell the state of a return. Bodies carry no time of their own. */
export function returnChanged(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Return', has: ['id'], hasNot: ['line_items', 'financial_status', 'order_id', 'refund_line_items'] });
	const { body, context } = delivery;
	const told = body.text('status');
	const status = returnStatuses.get(told?.toLowerCase() ?? '');
	if (!status) return { events: [], ignored: `The state of the return ${told ? `("${told.slice(0, 40)}") is not one that is used` : 'did not change'}` };
	const updatedAtMs = context.toJourneyMs(delivery.triggeredAtMs);
	const facts: ReturnFacts = { returnId: body.requiredId('id'), orderId: body.object('order')?.id('id'), status, updatedAtMs };
	return { events: [{ ...delivery.event('return_updated', updatedAtMs), return: facts }] };
}
