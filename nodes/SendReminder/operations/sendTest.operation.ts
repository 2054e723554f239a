import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import type { OutgoingMessage, PushMessage, WebhookMessage } from '../../../lib/messages/channels/channel';
import { isMailAddress } from '../../../lib/messages/headers';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { ShopSettings } from '../../../lib/model/settings';
import type { Installation } from '../../../lib/n8n/installation';
import { normalisePhone } from '../../../lib/model/phone';
import { type Rendered, renderFor, saidBy, showAsField } from './rendered';

const forTest = (channels: string[]) => ({ show: { operation: ['sendTest'], channel: channels } });

export const description: INodeProperties[] = [
	{
		displayName: 'Test Address',
		name: 'testAddress',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. me@my-shop.example',
		displayOptions: forTest(['email', 'webhook']),
		description: 'Your own address: the test goes there, whoever it shows',
	},
	{
		displayName: 'Test Number',
		name: 'testNumber',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. +43 664 1234567',
		displayOptions: forTest(['sms', 'whatsapp']),
		description: 'Your own number: the test goes there, whoever it shows',
	},
	{
		displayName: 'A web push can only reach a browser that allowed it. The test goes to the browsers of the customer under "Show as Customer": allow web push in your shop, then name yourself there.',
		name: 'pushNotice',
		type: 'notice',
		default: '',
		displayOptions: forTest(['push']),
	},
	showAsField,
];

/** What the subject or text of a test begins with. */
const markOf = ({ variant }: OutgoingMessage) => (variant === undefined ? '[Test]' : `[Test ${variant}]`);

/**
 * Sends each item's message to the operator: marked as a test, behind none of the guard rails but the provider's own, and counted
 * nowhere. Its links lead nowhere near a customer. What the provider refuses comes out on Not Sent.
 */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const outputs: INodeExecutionData[][] = [[], []];
	for (const [itemIndex, item] of context.getInputData().entries()) {
		for (const rendered of await renderFor(context, installation, item, itemIndex)) {
			const channel = await rendered.provider.open(context, installation);
			const message = addressed(rendered, (name) => String(context.getNodeParameter(name, itemIndex, '') ?? '').trim(), rendered.settings);
			const outcome = await channel.send(message);
			const said = { test: { ...saidBy({ ...rendered, message }), status: outcome.status, response: outcome.response } as IDataObject };
			outputs[outcome.status === 'sent' ? 0 : 1].push({ json: said, pairedItem: { item: itemIndex } });
		}
	}
	return outputs;
}

/** The message, marked and on its way to the operator. @throws PARAMETER_INVALID naming the field */
function addressed({ message, customer }: Rendered, parameter: (name: string) => string, settings: ShopSettings): OutgoingMessage {
	const mark = markOf(message);
	if (isPush(message)) {
		const browsers = customer.pushSubscriptions ?? [];
		if (browsers.length === 0) throw new ShopJourneysError('PARAMETER_INVALID', `${customer.email ?? customer.id} has no browser that takes web push`, { hint: 'Name a customer under "Show as Customer" who has allowed web push, e.g. yourself.' });
		return { ...message, to: browsers, title: `${mark} ${message.title}` };
	}
	if ('from' in message) return { ...message, to: addressOf(parameter('testAddress')), subject: `${mark} ${message.subject}` };
	if (isForSystem(message)) return { ...message, to: { ...message.to, email: addressOf(parameter('testAddress')), phone: undefined }, subject: `${mark} ${message.subject}` };
	const number = normalisePhone(parameter('testNumber'), settings.country);
	if (!number) throw new ShopJourneysError('PARAMETER_INVALID', `"Test Number" is "${parameter('testNumber')}", which is no phone number`, { hint: 'Write it with its country code, like +43 664 1234567.' });
	// Nothing is told of a test: it is counted nowhere.
	const { eventsAddress: _untold, ...test } = message;
	return { ...test, to: number, text: `${mark} ${message.text}` };
}

const isPush = (message: OutgoingMessage): message is PushMessage => Array.isArray(message.to);
const isForSystem = (message: OutgoingMessage): message is WebhookMessage => typeof message.to === 'object' && !Array.isArray(message.to);

function addressOf(value: string): string {
	if (!isMailAddress(value)) throw new ShopJourneysError('PARAMETER_INVALID', `"Test Address" is "${value}", which is no e-mail address`, { hint: 'Write your own address, like me@my-shop.example.' });
	return value;
}
