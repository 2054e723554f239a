import { at, refusal } from './context';
import { normalise } from './shopify-delivery';

describe('parcels of Shopify', () => {
	const parcel = (state: string, email = '"mara.lind@customers.example"') =>
		`{"id":41,"order_id":5620000000000000321,"status":"success","created_at":"2025-03-03T08:00:00Z","updated_at":"2025-03-05T08:00:00Z","shipment_status":${state},"email":${email},"line_items":[],"admin_graphql_api_id":"gid://shopify/Fulfillment/41"}`;
	const carrier = (status: string) =>
		`{"id":9,"fulfillment_id":41,"order_id":5620000000000000321,"status":"${status}","happened_at":"2025-03-05T07:55:00Z","created_at":"2025-03-05T08:00:00Z","admin_graphql_api_id":"gid://shopify/FulfillmentEvent/9"}`;

	it('tells the arrival with the order by its id', () => {
		expect(normalise('fulfillments/update', parcel('"delivered"')).events).toMatchObject([
			{
				type: 'order_delivered',
				dedupeId: 'shopify:order:5620000000000000321:order_delivered',
				occurredAtMs: at('2025-03-05T08:00:00Z'),
				customer: { email: 'mara.lind@customers.example' },
				parcel: { orderId: '5620000000000000321', deliveredAtMs: at('2025-03-05T08:00:00Z') },
			},
		]);
	});

	it('tells it once, whether by the parcel or by the carrier', () => {
		const [byCarrier] = normalise('fulfillment_events/create', carrier('delivered')).events;
		expect(byCarrier).toMatchObject({ type: 'order_delivered', occurredAtMs: at('2025-03-05T07:55:00Z'), parcel: { orderId: '5620000000000000321' } });
		expect(byCarrier.dedupeId).toBe(normalise('fulfillments/update', parcel('"delivered"')).events[0].dedupeId);
		expect(byCarrier).not.toHaveProperty('customer');
	});

	it('belongs to nobody by itself when no address is told', () => {
		expect(normalise('fulfillments/update', parcel('"delivered"', '""')).events[0]).not.toHaveProperty('customer');
	});

	it.each(['null', '"in_transit"', '"out_for_delivery"', '"failure"'])('has nothing to tell of a parcel whose state is %s', (state) => {
		expect(normalise('fulfillments/create', parcel(state))).toEqual({ events: [], ignored: expect.stringContaining('under way') });
	});

	it('has nothing to tell of what a carrier does before', () => {
		expect(normalise('fulfillment_events/create', carrier('out_for_delivery'))).toEqual({ events: [], ignored: expect.stringContaining('under way') });
	});

	it('refuses a parcel of no order, and a carrier that is none', () => {
		expect(refusal(() => normalise('fulfillments/update', parcel('"delivered"').replace('"order_id":5620000000000000321', '"order_id":null'))).message).toContain('order_id is required');
		expect(refusal(() => normalise('fulfillments/update', carrier('delivered'))).code).toBe('PAYLOAD_INVALID');
		expect(refusal(() => normalise('fulfillment_events/create', parcel('"delivered"'))).code).toBe('PAYLOAD_INVALID');
	});
});

describe('returns of Shopify', () => {
	const back = (status: unknown) => JSON.stringify({ id: 77, admin_graphql_api_id: 'gid://shopify/Return/77', status, order: { id: 5, admin_graphql_api_id: 'gid://shopify/Order/5' }, return_line_items: [] });

	it.each([
		['returns/request', 'requested', 'requested'],
		['returns/approve', 'open', 'approved'],
		['returns/decline', 'declined', 'declined'],
		['returns/cancel', 'canceled', 'cancelled'],
		['returns/close', 'closed', 'closed'],
		['returns/reopen', 'open', 'approved'],
		['returns/close', 'OPEN', 'approved'],
	])('reads %s with %s as %s', (topic, told, status) => {
		const sentAtMs = at('2025-03-09T23:59:58.123Z');
		expect(normalise(topic, back(told)).events).toMatchObject([{ type: 'return_updated', occurredAtMs: sentAtMs, return: { returnId: '77', orderId: '5', status, updatedAtMs: sentAtMs } }]);
	});

	it.each([null, 'something new'])('has nothing to tell when the state is %j', (told) => {
		expect(normalise('returns/update', back(told))).toEqual({ events: [], ignored: expect.stringContaining('state of the return') });
	});
});
