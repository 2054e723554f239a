import { createPostmarkChannel } from '../../../lib/messages/channels/postmark';
import { mailApiProvider } from './mailApi';

export const postmark = mailApiProvider({
	id: 'postmark',
	name: 'Postmark',
	credential: 'postmarkApi',
	secretFields: ['serverToken'],
	addressOf: () => 'https://api.postmarkapp.com',
	addressPlaceholder: 'e.g. https://postmark-proxy.example.com',
	fields: [
		{
			displayName: 'Stream for Marketing',
			name: 'marketingStream',
			type: 'string',
			noDataExpression: true,
			default: 'broadcast',
			placeholder: 'e.g. broadcast',
			description: 'ID of the message stream in Postmark; it has to be of the type Broadcast',
		},
		{
			displayName: 'Stream for Transactional',
			name: 'transactionalStream',
			type: 'string',
			noDataExpression: true,
			default: 'outbound',
			placeholder: 'e.g. outbound',
			description: 'ID of the message stream in Postmark for messages about an order or a request',
		},
	],
	channel(settings, tools, connections, { context }) {
		const stream = (field: string, usual: string) => (context.getNodeParameter(field, 0, usual) as string).trim() || usual;
		return createPostmarkChannel({ ...settings, streams: { marketing: stream('marketingStream', 'broadcast'), transactional: stream('transactionalStream', 'outbound') } }, tools, connections);
	},
});
