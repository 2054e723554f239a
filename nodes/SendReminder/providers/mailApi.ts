import { type IExecuteFunctions, type INodeProperties, UserError } from 'n8n-workflow';
import type { EmailChannel, OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import type { ChannelTools } from '../../../lib/messages/channels/http';
import type { MailApiSettings } from '../../../lib/messages/channels/mail-api';
import { channelTools } from '../../../lib/n8n/providerHttp';
import { isLoopback, refuseRealPeopleInDemo } from './demo';
import type { MessageProvider } from './provider';

/** What an operator filled in for a provider. */
export interface MailApiChoice {
	context: IExecuteFunctions;
	/** The credential's fields, secrets included: for what is none of them. */
	credential: Record<string, unknown>;
}

interface MailApiDescription extends Pick<MessageProvider, 'id' | 'name' | 'description'> {
	credential: string;
	/** Fields of the credential that no answer may bring back to light. */
	secretFields: string[];
	/** For n8n's AWS credentials. */
	awsService?: string;
	/** Where the provider's API is, as the credential says; the field "API Address" may say otherwise. */
	addressOf(choice: MailApiChoice): string;
	addressPlaceholder: string;
	fields?: INodeProperties[];
	channel(settings: MailApiSettings, tools: ChannelTools, connections: number | undefined, choice: MailApiChoice): EmailChannel;
}

/** A provider that takes e-mail over its HTTP API, with a credential that n8n puts on each request. */
export function mailApiProvider({ credential: type, secretFields, awsService, addressOf, addressPlaceholder, fields = [], channel, ...about }: MailApiDescription): MessageProvider {
	return {
		...about,
		channel: 'email',
		credential: type,
		fields: [
			...fields,
			{
				displayName: 'API Address',
				name: 'apiAddress',
				type: 'string',
				noDataExpression: true,
				default: '',
				placeholder: addressPlaceholder,
				description: `Where the API of ${about.name} is, if not at its usual address: another region, or a proxy of your own. The key of the credential is sent there.`,
			},
		],
		async open(context, installation) {
			const credential = (await context.getCredentials(type)) as Record<string, unknown>;
			const choice = { context, credential };
			const own = (context.getNodeParameter('apiAddress', 0, '') as string).trim();
			const address = own || addressOf(choice);
			const { hostname } = checkedAddress(address, own !== '');
			refuseRealPeopleInDemo(installation, hostname);
			const secrets = secretFields.map((field) => credential[field]).filter((value): value is string => typeof value === 'string' && value !== '');
			const { connections } = context.getNodeParameter('options', 0, {}) as { connections?: number };
			const settings = { address: address.replace(/\/+$/, ''), secrets };
			return channel(settings, channelTools(context, { type, awsService }), connections, choice) as SendChannel<OutgoingMessage>;
		},
	};
}

/** https, or a server on this machine where the operator named one: a key never goes over the network in clear. */
export function checkedAddress(address: string, isOwn: boolean): URL {
	const url = URL.canParse(address) ? new URL(address) : undefined;
	const isSafe = url?.protocol === 'https:' || (isOwn && url?.protocol === 'http:' && isLoopback(url.hostname));
	if (!url || !isSafe || url.username || url.search || url.hash) throw new UserError(`"API Address" has to begin with https:// and be an address like https://api.example.com, not "${address.replace(/\/\/[^/]*@/, '//')}"`);
	return url;
}
