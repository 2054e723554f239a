import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { EmailChannel, OutgoingMessage, SendChannel } from '../../../lib/messages/channels/channel';
import type { ChannelTools } from '../../../lib/messages/channels/http';
import type { MailApiSettings } from '../../../lib/messages/channels/mail-api';
import { channelTools } from '../../../lib/n8n/providerHttp';
import { apiAddressField, readApiAddress } from './api';
import type { MessageProvider } from './provider';

/** What an operator filled in for a provider. */
export interface MailApiChoice {
	context: IExecuteFunctions;
	/** The credential's fields, secrets included: for what is none of them. */
	credential: Record<string, unknown>;
}

interface MailApiDescription extends Pick<MessageProvider, 'id' | 'name' | 'description' | 'testedBy'> {
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
		fields: [...fields, apiAddressField(about.name, addressPlaceholder)],
		async open(context, installation) {
			const credential = (await context.getCredentials(type)) as Record<string, unknown>;
			const choice = { context, credential };
			const address = readApiAddress(context, installation, addressOf(choice));
			const secrets = secretFields.map((field) => credential[field]).filter((value): value is string => typeof value === 'string' && value !== '');
			const { connections } = context.getNodeParameter('options', 0, {}) as { connections?: number };
			return channel({ address, secrets }, channelTools(context, { type, awsService }), connections, choice) as SendChannel<OutgoingMessage>;
		},
	};
}
