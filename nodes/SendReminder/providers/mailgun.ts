import { UserError } from 'n8n-workflow';
import { createMailgunChannel } from '../../../lib/messages/channels/mailgun';
import { mailApiProvider } from './mailApi';

export const mailgun = mailApiProvider({
	id: 'mailgun',
	name: 'Mailgun',
	credential: 'mailgunApi',
	secretFields: ['apiKey'],
	// The credential's own field tells the EU region from the US.
	addressOf: ({ credential }) => `https://${String(credential.apiDomain ?? '') || 'api.mailgun.net'}`,
	addressPlaceholder: 'e.g. https://api.eu.mailgun.net',
	fields: [
		{
			displayName: 'Sending Domain',
			name: 'mailgunDomain',
			type: 'string',
			noDataExpression: true,
			default: '',
			placeholder: 'e.g. mg.shop.example.com',
			description: 'The domain as Mailgun knows it, if not the one in the credential',
		},
	],
	channel(settings, tools, connections, { context, credential }) {
		const domain = (context.getNodeParameter('mailgunDomain', 0, '') as string).trim() || String(credential.emailDomain ?? '').trim();
		if (!domain) throw new UserError('Mailgun needs a domain to send from: fill in "Email Domain" in the credential or "Sending Domain" in the node');
		return createMailgunChannel({ ...settings, domain }, tools, connections);
	},
});
