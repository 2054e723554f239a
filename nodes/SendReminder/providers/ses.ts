import { createSesChannel } from '../../../lib/messages/channels/ses';
import { mailApiProvider } from './mailApi';

export const ses = mailApiProvider({
	id: 'ses',
	name: 'Amazon SES',
	credential: 'aws',
	secretFields: ['secretAccessKey', 'sessionToken', 'accessKeyId'],
	awsService: 'ses',
	addressOf({ credential: { region, customEndpoints, sesEndpoint } }) {
		const name = String(region ?? '').trim();
		if (customEndpoints && sesEndpoint) return String(sesEndpoint).trim().replaceAll('{region}', name);
		return `https://email.${name}.amazonaws.com${name.startsWith('cn-') ? '.cn' : ''}`;
	},
	addressPlaceholder: 'e.g. https://email.eu-central-1.amazonaws.com',
	fields: [
		{
			displayName: 'Configuration Set',
			name: 'configurationSet',
			type: 'string',
			noDataExpression: true,
			default: '',
			placeholder: 'e.g. shop-journeys',
			description: 'Name of the configuration set whose event destination tells of bounces and complaints',
		},
	],
	channel: (settings, tools, connections, { context }) => createSesChannel({ ...settings, configurationSet: (context.getNodeParameter('configurationSet', 0, '') as string).trim() }, tools, connections),
});
