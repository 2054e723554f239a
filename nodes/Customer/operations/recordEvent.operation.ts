import type { INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { OrderFacts, ReturnFacts, ShopEvent } from '../../../lib/model/events';
import type { JourneyItem } from '../../../lib/model/item';
import { type CustomerRecord, keys, type OrderRecord } from '../../../lib/model/records';
import { pairRows } from '../fields';
import { livingCustomer, type Output, type Run, tell, textOf, withCustomer } from '../run';
import { linkOf, listOf, type PairParameter, pairsOf, timeOf } from '../values';

const shownFor = (...eventType: string[]) => ({ displayOptions: { show: { operation: ['recordEvent'], eventType } } });

export const description: INodeProperties[] = [
	{
		displayName: 'Event',
		name: 'eventType',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Asked to Be Told When Back in Stock', value: 'restock_requested' },
			{ name: 'Contact', value: 'contact', description: 'A contact form was sent or a chat closed: the custom event "contact", with its topic' },
			{ name: 'Custom Event', value: 'custom', description: 'Anything of your own, by its name' },
			{ name: 'Invoice Is Due', value: 'order_awaiting_payment', description: 'An order is to be paid by the customer, until a date' },
			{ name: 'Order Is Held for Goods', value: 'order_held', description: 'Which goods the order waits for; none: it waits no more' },
			{ name: 'Return Changed', value: 'return_updated', description: 'Goods that come back: where they are, and whether bank details are missing' },
		],
		default: 'custom',
		displayOptions: { show: { operation: ['recordEvent'] } },
	},
	{ displayName: 'Name', name: 'eventName', type: 'string', default: '', required: true, placeholder: 'e.g. workshop booked', ...shownFor('custom'), description: 'Shop Event Trigger and Segment Filter find the event by it' },
	{ displayName: 'Topic', name: 'topic', type: 'string', default: '', placeholder: 'e.g. delivery', ...shownFor('contact') },
	{ ...pairRows('Data', 'eventData', 'Add Value', 'What belongs to the event; journeys get it in event.data'), ...shownFor('custom', 'contact') },
	{ displayName: 'Product ID', name: 'productId', type: 'string', default: '', required: true, placeholder: 'e.g. 7513594', ...shownFor('restock_requested') },
	{ displayName: 'Variant ID', name: 'variantId', type: 'string', default: '', placeholder: 'e.g. 41234567', ...shownFor('restock_requested'), description: 'When only this variant will do' },
	{ displayName: 'Order ID', name: 'orderId', type: 'string', default: '', required: true, placeholder: 'e.g. 5551234', ...shownFor('order_held', 'order_awaiting_payment'), description: 'The shop’s own ID of an order of this customer that is known here' },
	{ displayName: 'Waits For', name: 'waitsFor', type: 'string', default: '', placeholder: 'e.g. Green Tea, Tea Pot', ...shownFor('order_held'), description: 'Titles of the goods, separated by commas. Empty: the order waits no more.' },
	{ displayName: 'Due Until', name: 'dueUntil', type: 'dateTime', default: '', required: true, ...shownFor('order_awaiting_payment') },
	{ displayName: 'Return ID', name: 'returnId', type: 'string', default: '', required: true, placeholder: 'e.g. R-1042', ...shownFor('return_updated') },
	{ displayName: 'Order ID', name: 'returnOrderId', type: 'string', default: '', placeholder: 'e.g. 5551234', ...shownFor('return_updated') },
	{
		displayName: 'Status',
		name: 'returnStatus',
		type: 'options',
		options: [
			{ name: 'Approved', value: 'approved' },
			{ name: 'Cancelled', value: 'cancelled' },
			{ name: 'Closed', value: 'closed' },
			{ name: 'Declined', value: 'declined' },
			{ name: 'Received', value: 'received' },
			{ name: 'Refunded', value: 'refunded' },
			{ name: 'Requested', value: 'requested' },
		],
		default: 'received',
		...shownFor('return_updated'),
	},
	{ displayName: 'Needs Bank Details', name: 'needsBankDetails', type: 'boolean', default: false, ...shownFor('return_updated'), description: 'Whether the goods are back and you do not know where to send the money' },
	{ displayName: 'Form', name: 'formUrl', type: 'string', default: '', placeholder: 'e.g. https://shop.example.com/returns/R-1042', ...shownFor('return_updated'), description: 'Your form for what is missing' },
	{
		displayName: 'Event ID',
		name: 'eventId',
		type: 'string',
		default: '',
		placeholder: 'e.g. booking-1042',
		displayOptions: { show: { operation: ['recordEvent'] } },
		description: 'Recognises the event: the same ID is recorded once. Empty: in a journey each step records it once, elsewhere each run does.',
	},
];

/** Records something that happened, as if the shop had told it: journeys start and end by it. */
export async function execute(run: Run): Promise<Output> {
	const customer = await livingCustomer(run);
	const event = await eventOf(run, customer);
	const outcome = await tell(run, { ...event, customerId: customer.id }, eventIdOf(run));
	return await withCustomer(run, customer.id, { recorded: outcome });
}

/** A step of a journey may be handed out again after a crash; what it recorded then is the same event. */
function eventIdOf(run: Run): string | undefined {
	const { journey } = run.json as Partial<JourneyItem>;
	const node = run.context.getNode().id;
	const own = textOf(run, 'eventId');
	if (own) return `id:${own}`;
	return journey ? `${node}:${journey.enrolment}:${journey.enteredAt}:${journey.step}` : undefined;
}

type Told = Pick<ShopEvent, 'type' | 'custom' | 'product' | 'variantId' | 'order' | 'return'>;

async function eventOf(run: Run, customer: CustomerRecord): Promise<Told> {
	const { context, itemIndex, nowMs } = run;
	const eventType = context.getNodeParameter('eventType', itemIndex) as string;
	switch (eventType) {
		case 'restock_requested': {
			const variantId = textOf(run, 'variantId');
			return { type: 'restock_requested', product: { productId: needed(run, 'Product ID', 'productId'), updatedAtMs: nowMs }, ...(variantId && { variantId }) };
		}
		case 'contact': {
			const topic = textOf(run, 'topic');
			return { type: 'custom', custom: { name: 'contact', data: { ...data(run), ...(topic && { topic }) } } };
		}
		case 'order_held':
			return { type: 'order_held', order: { ...(await orderOf(run, customer)), waitsFor: listOf('Waits For', textOf(run, 'waitsFor')), updatedAtMs: nowMs } };
		case 'order_awaiting_payment':
			return { type: 'order_awaiting_payment', order: { ...(await orderOf(run, customer)), awaitsPayment: true, paymentDueAtMs: timeOf('Due Until', needed(run, 'Due Until', 'dueUntil')), updatedAtMs: nowMs } };
		case 'return_updated':
			return { type: 'return_updated', return: returnOf(run) };
		default:
			return { type: 'custom', custom: { name: needed(run, 'Name', 'eventName').slice(0, 100), data: data(run) } };
	}
}

function data({ context, itemIndex }: Run): NonNullable<NonNullable<ShopEvent['custom']>['data']> {
	const { rows = [] } = context.getNodeParameter('eventData', itemIndex, {}) as { rows?: PairParameter[] };
	return Object.fromEntries(Object.entries(pairsOf('Data', rows)).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

function needed(run: Run, field: string, name: string): string {
	const value = textOf(run, name);
	if (!value) throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: "${field}" is empty`, { hint: `Fill in "${field}".` });
	return value;
}

/** The order as it is known: only what the event says of it changes. */
async function orderOf(run: Run, customer: CustomerRecord): Promise<OrderFacts> {
	const orderId = needed(run, 'Order ID', 'orderId');
	const [{ value: order }] = await run.shop.store.read<OrderRecord>([keys.order(orderId)]);
	if (!order || order.customerId !== customer.id) {
		throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: "Order ID" is "${orderId}", which is ${order ? 'an order of another customer' : 'no order that is known'}`, {
			hint: 'Write the shop’s own ID of the order, not the number that customers see.',
		});
	}
	const { items, currency, totalMinor, placedAtMs } = order;
	return { orderId, items, currency, totalMinor, placedAtMs, updatedAtMs: order.updatedAtMs };
}

function returnOf(run: Run): ReturnFacts {
	const { context, itemIndex, nowMs } = run;
	const orderId = textOf(run, 'returnOrderId');
	const formUrl = textOf(run, 'formUrl');
	return {
		returnId: needed(run, 'Return ID', 'returnId'),
		...(orderId && { orderId }),
		status: context.getNodeParameter('returnStatus', itemIndex) as ReturnFacts['status'],
		needsBankDetails: context.getNodeParameter('needsBankDetails', itemIndex) === true,
		...(formUrl && { formUrl: linkOf('Form', formUrl) }),
		updatedAtMs: nowMs,
	};
}
