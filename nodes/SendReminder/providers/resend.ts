import { createResendChannel } from '../../../lib/messages/channels/resend';
import { mailApiProvider } from './mailApi';

export const resend = mailApiProvider({
	id: 'resend',
	name: 'Resend',
	credential: 'shopJourneysResendApi',
	secretFields: ['apiKey'],
	addressOf: () => 'https://api.resend.com',
	addressPlaceholder: 'e.g. https://resend-proxy.example.com',
	channel: createResendChannel,
});
