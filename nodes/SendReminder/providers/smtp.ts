import type { IDataObject } from 'n8n-workflow';
import type { OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import type { SmtpCredential } from '../../../lib/messages/channels/smtp';
import { channelFor } from '../../../lib/messages/channels/smtpChannels';
import { refuseRealPeopleInDemo } from './demo';
import type { MessageProvider } from './provider';

export const smtp: MessageProvider = {
	id: 'smtp',
	name: 'SMTP',
	description: 'Any mail server',
	channel: 'email',
	credential: 'smtp',
	fields: [],
	async open(context, installation) {
		const credential = await context.getCredentials<SmtpCredential & IDataObject>('smtp');
		refuseRealPeopleInDemo(installation, credential.host);
		const { connections } = context.getNodeParameter('options', 0, {}) as { connections?: number };
		return channelFor(credential, { connections }) as SendChannel<OutgoingMessage>;
	},
};
