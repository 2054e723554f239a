import { type IDataObject, type IExecuteFunctions, UserError } from 'n8n-workflow';
import type { OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import { createWebhookChannel } from '../../../lib/messages/channels/webhook';
import { channelTools } from '../../../lib/n8n/providerHttp';
import { connectionsOf } from './api';
import { refuseRealPeopleInDemo } from './demo';
import type { MessageProvider } from './provider';

export const webhook: MessageProvider = {
	id: 'webhook',
	name: 'Webhook',
	channel: 'webhook',
	optionalCredentials: ['shopJourneysShopApi', 'httpHeaderAuth'],
	fields: [
		{
			displayName: 'Address',
			name: 'webhookAddress',
			type: 'string',
			noDataExpression: true,
			required: true,
			default: '',
			placeholder: 'e.g. https://messages.example.com/incoming',
			description: 'Gets each message as JSON by POST. Choose a signing secret or a header as credentials, so that it can tell our messages from others’.',
		},
	],
	async open(context, installation) {
		const address = (context.getNodeParameter('webhookAddress', 0, '') as string).trim();
		const url = URL.canParse(address) ? new URL(address) : null;
		if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
			throw new UserError(address ? `"Address" is "${address}", which is no web address` : 'No address is filled in', { description: 'Fill in "Address" with https:// (or http:// within your own network) in front, without a password in it.' });
		}
		refuseRealPeopleInDemo(installation, url.hostname);
		const { signingSecret } = (await chosen<{ signingSecret: string }>(context, 'shopJourneysShopApi')) ?? {};
		const header = await chosen<{ name: string; value: string }>(context, 'httpHeaderAuth');
		if (header && (!/^[!#$%&'*+.^`|~\w-]+$/.test(header.name) || /[^\t\x20-\x7e]/.test(header.value))) throw new UserError('The Header Auth credential holds no header that can be sent', { description: 'Its name takes letters, digits and hyphens; its value one line without accents.' });
		return createWebhookChannel({ address, ...(header && { header: { name: header.name, value: header.value } }), ...(signingSecret && { signingSecret }), connections: connectionsOf(context) }, channelTools(context)) as SendChannel<OutgoingMessage>;
	},
};

/** A credential that need not be chosen. */
async function chosen<T extends object>(context: IExecuteFunctions, type: string): Promise<T | null> {
	if (!context.getNode().credentials?.[type]) return null;
	return await context.getCredentials<T & IDataObject>(type);
}
