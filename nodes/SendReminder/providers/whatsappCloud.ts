import { type IDataObject, UserError } from 'n8n-workflow';
import type { OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import { createWhatsAppChannel, type WhatsAppCredential } from '../../../lib/messages/channels/whatsapp-cloud';
import { channelTools } from '../../../lib/n8n/providerHttp';
import { apiAddressField, connectionsOf, readApiAddress } from './api';
import type { MessageProvider } from './provider';

const address = 'https://graph.facebook.com/v23.0';

export const whatsappCloud: MessageProvider = {
	id: 'whatsappCloud',
	name: 'WhatsApp Business Cloud',
	description: 'Meta’s own API',
	channel: 'whatsapp',
	credential: 'whatsAppApi',
	fields: [
		{
			displayName: 'Phone Number ID',
			name: 'phoneNumberId',
			type: 'string',
			noDataExpression: true,
			required: true,
			default: '',
			placeholder: 'e.g. 106540352242922',
			description: 'Meta’s ID of the number that sends, as WhatsApp Manager shows it: not the number itself',
		},
		apiAddressField('Meta', `e.g. ${address}`),
	],
	async open(context, installation) {
		const phoneNumberId = (context.getNodeParameter('phoneNumberId', 0, '') as string).trim();
		if (!/^\d{5,30}$/.test(phoneNumberId)) throw new UserError(phoneNumberId ? `"Phone Number ID" is "${phoneNumberId}", which is none` : 'No phone number is filled in as the sender', { description: 'Fill in "Phone Number ID": digits only, from WhatsApp Manager.' });
		const credential = await context.getCredentials<WhatsAppCredential & IDataObject>('whatsAppApi');
		return createWhatsAppChannel({ credential, phoneNumberId, apiAddress: readApiAddress(context, installation, address), connections: connectionsOf(context) }, channelTools(context)) as SendChannel<OutgoingMessage>;
	},
};
