import { type IDataObject, type IExecuteFunctions, UserError } from 'n8n-workflow';
import { createTwilioChannel, isPhoneNumber, type TwilioCredential } from '../../../lib/messages/channels/twilio';
import type { OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import type { Installation } from '../../../lib/n8n/installation';
import { channelTools } from '../../../lib/n8n/providerHttp';
import { apiAddressField, connectionsOf, readApiAddress } from './api';
import type { MessageProvider } from './provider';

const address = 'https://api.twilio.com';
const isService = (from: string) => /^MG[0-9a-f]{32}$/i.test(from);
/** A short code, or a name of up to 11 letters and digits. */
const isShortSender = (from: string) => /^\d{3,8}$/.test(from) || /^(?=.*[a-z])[a-z0-9 +&_-]{1,11}$/i.test(from);

async function open(context: IExecuteFunctions, installation: Installation, from: string): Promise<SendChannel<OutgoingMessage>> {
	const credential = await context.getCredentials<TwilioCredential & IDataObject>('twilioApi');
	return createTwilioChannel({ credential, from, apiAddress: readApiAddress(context, installation, address), connections: connectionsOf(context) }, channelTools(context)) as SendChannel<OutgoingMessage>;
}

export const twilioSms: MessageProvider = {
	id: 'twilioSms',
	name: 'Twilio',
	channel: 'sms',
	credential: 'twilioApi',
	fields: [
		{
			displayName: 'From',
			name: 'smsFrom',
			type: 'string',
			noDataExpression: true,
			required: true,
			default: '',
			placeholder: 'e.g. +14155550100',
			description: 'A number of yours at Twilio in international form, a name where the country allows it, or the sid of a Messaging Service (MG...)',
		},
		apiAddressField('Twilio', `e.g. ${address}`),
	],
	async open(context, installation) {
		const from = (context.getNodeParameter('smsFrom', 0, '') as string).trim();
		if (!isPhoneNumber(from) && !isService(from) && !isShortSender(from)) {
			throw new UserError(from ? `"From" is "${from}", which is no sender` : 'Nobody is filled in as the sender', { description: 'Fill in "From": a number like +14155550100, a name of up to 11 letters, or the sid of a Messaging Service (MG...).' });
		}
		return await open(context, installation, from);
	},
};

export const twilioWhatsapp: MessageProvider = {
	id: 'twilioWhatsapp',
	name: 'Twilio',
	description: 'With content templates of Twilio',
	channel: 'whatsapp',
	credential: 'twilioApi',
	fields: [
		{
			displayName: 'From',
			name: 'whatsappFrom',
			type: 'string',
			noDataExpression: true,
			required: true,
			default: '',
			placeholder: 'e.g. +14155238886',
			description: 'A number that Twilio has connected with WhatsApp, in international form, or the sid of a Messaging Service (MG...)',
		},
		apiAddressField('Twilio', `e.g. ${address}`),
	],
	async open(context, installation) {
		const from = (context.getNodeParameter('whatsappFrom', 0, '') as string).trim().replace(/^whatsapp:/, '');
		if (!isPhoneNumber(from) && !isService(from)) {
			throw new UserError(from ? `"From" is "${from}", which is no number` : 'No number is filled in as the sender', { description: 'Fill in "From": a number like +14155238886, or the sid of a Messaging Service (MG...).' });
		}
		return await open(context, installation, from);
	},
};
