import type { INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { OrderFacts, ReturnFacts, ShopEvent } from '../../../lib/model/events';
import type { JourneyItem } from '../../../lib/model/item';
import { type CustomerRecord, keys, type OrderRecord } from '../../../lib/model/records';
import { livingCustomer } from '../../../lib/n8n/customerOfItem';
import { pairRows } from '../fields';
import { type Output, type Run, tell, textOf, withCustomer } from '../run';
import { recordReply } from './recordReply';
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
			{ name: 'Contact', value: 'contacted', description: 'A contact form was sent or a chat closed' },
			{ name: 'Contact (as a Custom Event)', value: 'contact', description: 'The custom event "contact", with its topic: for journeys that listen to that' },
			{ name: 'Custom Event', value: 'custom', description: 'Anything of your own, by its name' },
			{ name: 'Invoice Is Due', value: 'order_awaiting_payment', description: 'An order is to be paid by the customer, until a date' },
			{ name: 'Message Replied To', value: 'message_replied', description: 'The customer answered a mail: its journey ends, since a person takes over. Takes items of Email Trigger (IMAP) as they are; what no person wrote gives no item.' },
			{ name: 'Order Is Held for Goods', value: 'order_held', description: 'Which goods the order waits for; none: it waits no more' },
			{ name: 'Return Changed', value: 'return_updated', description: 'Goods that come back: where they are, and whether bank details are missing' },
		],
		default: 'custom',
		displayOptions: { show: { operation: ['recordEvent'] } },
	},
	{ displayName: 'Name', name: 'eventName', type: 'string', default: '', required: true, placeholder: 'e.g. workshop booked', ...shownFor('custom'), description: 'Shop Event Trigger and Segment Filter find the event by it' },
	{
		displayName: 'Way',
		name: 'contactWay',
		type: 'options',
		options: [
			{ name: 'Chat', value: 'chat' },
			{ name: 'Form or Mail', value: 'form' },
		],
		default: 'form',
		...shownFor('contacted'),
	},
	{ displayName: 'Topic', name: 'topic', type: 'string', default: '', placeholder: 'e.g. delivery', ...shownFor('contact', 'contacted') },
	{ displayName: 'Text', name: 'contactText', type: 'string', default: '', placeholder: 'e.g. Where is my parcel?', ...shownFor('contacted', 'message_replied'), description: 'What the customer wrote; its beginning is kept. Empty: the text of the mail, where the item is one.' },
	{ displayName: 'In Reply To', name: 'inReplyTo', type: 'string', default: '', placeholder: 'e.g. <1f0c@shop.example.com>', ...shownFor('message_replied'), description: 'The Message-ID in the header In-Reply-To of the answer. Empty: that of the mail, where the item is one. When it names none of ours, the customer’s marketing under way ends.' },
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
	if (run.context.getNodeParameter('eventType', run.itemIndex) === 'message_replied') return await recordReply(run);
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

/** Longer texts of customers are cut off. */
const maxText = 1000;

type Told = Pick<ShopEvent, 'type' | 'custom' | 'contact' | 'product' | 'variantId' | 'order' | 'return'>;

async function eventOf(run: Run, customer: CustomerRecord): Promise<Told> {
	const { context, itemIndex, nowMs } = run;
	const eventType = context.getNodeParameter('eventType', itemIndex) as string;
	switch (eventType) {
		case 'restock_requested': {
			const variantId = textOf(run, 'variantId');
			return { type: 'restock_requested', product: { productId: needed(run, 'Product ID', 'productId'), updatedAtMs: nowMs }, ...(variantId && { variantId }) };
		}
		case 'contacted': {
			const [topic, text] = [textOf(run, 'topic'), textOf(run, 'contactText')];
			return { type: 'contacted', contact: { way: context.getNodeParameter('contactWay', itemIndex) === 'chat' ? 'chat' : 'form', ...(topic && { topic }), ...(text && { text: text.slice(0, maxText) }) } };
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
