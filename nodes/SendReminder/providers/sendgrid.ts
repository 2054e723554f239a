import { createSendGridChannel } from '../../../lib/messages/channels/sendgrid';
import { mailApiProvider } from './mailApi';

export const sendgrid = mailApiProvider({
	id: 'sendgrid',
	name: 'SendGrid',
	credential: 'sendGridApi',
	secretFields: ['apiKey'],
	addressOf: () => 'https://api.sendgrid.com',
	addressPlaceholder: 'e.g. https://api.eu.sendgrid.com',
	channel: createSendGridChannel,
});
