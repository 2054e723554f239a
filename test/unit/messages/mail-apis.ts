import type { EmailChannel, EmailMessage } from '../../../lib/messages/channels/channel';
import type { ChannelTools } from '../../../lib/messages/channels/http';
import type { MailApiSettings } from '../../../lib/messages/channels/mail-api';
import { createMailgunChannel } from '../../../lib/messages/channels/mailgun';
import { createPostmarkChannel } from '../../../lib/messages/channels/postmark';
import type { RefCarrier } from '../../../lib/messages/channels/ref';
import { createResendChannel } from '../../../lib/messages/channels/resend';
import { createSendGridChannel } from '../../../lib/messages/channels/sendgrid';
import { createSesChannel } from '../../../lib/messages/channels/ses';
import { channelTools } from '../../../lib/n8n/providerHttp';
import { mailgunDomain, mailgunKey, startMailgun } from '../../mocks/mail-apis/mailgun';
import { authenticatedRequests } from '../../mocks/mail-apis/n8n-requests';
import { postmarkToken, startPostmark } from '../../mocks/mail-apis/postmark';
import { resendKey, startResend } from '../../mocks/mail-apis/resend';
import { sendGridKey, startSendGrid } from '../../mocks/mail-apis/sendgrid';
import { madeUp, type MailApiServer } from '../../mocks/mail-apis/server';
import { awsKey, awsRegion, startSes } from '../../mocks/mail-apis/ses';

/** A provider as the tests know it. */
export interface Provider {
	name: string;
	carrier: RefCarrier;
	credentialType: string;
	credential: Record<string, string>;
	secret: string;
	awsService?: string;
	/** Whether the mail arrives with our Message-ID. */
	keepsMessageId: boolean;
	isRepeatable: boolean;
	/** An address that it refuses at once. */
	refusedRecipient: string;
	start(): Promise<MailApiServer>;
	create(settings: MailApiSettings, tools: ChannelTools, connections?: number): EmailChannel;
}

export const apis: Provider[] = [
	{ name: 'SendGrid', carrier: 'sendgrid', credentialType: 'sendGridApi', credential: { apiKey: sendGridKey }, secret: sendGridKey, keepsMessageId: true, isRepeatable: false, refusedRecipient: 'invalid@example.org', start: startSendGrid, create: createSendGridChannel },
	{
		name: 'Mailgun',
		carrier: 'mailgun',
		credentialType: 'mailgunApi',
		credential: { apiKey: mailgunKey, apiDomain: 'api.mailgun.net', emailDomain: mailgunDomain },
		secret: mailgunKey,
		keepsMessageId: true,
		isRepeatable: false,
		refusedRecipient: 'invalid@example.org',
		start: startMailgun,
		create: (settings, ...rest) => createMailgunChannel({ ...settings, domain: mailgunDomain }, ...rest),
	},
	{
		name: 'Postmark',
		carrier: 'postmark',
		credentialType: 'postmarkApi',
		credential: { serverToken: postmarkToken },
		secret: postmarkToken,
		keepsMessageId: true,
		isRepeatable: false,
		refusedRecipient: 'inactive@example.org',
		start: startPostmark,
		create: (settings, ...rest) => createPostmarkChannel({ ...settings, streams: { marketing: 'broadcast', transactional: 'outbound' } }, ...rest),
	},
	{ name: 'Resend', carrier: 'resend', credentialType: 'shopJourneysResendApi', credential: { apiKey: resendKey }, secret: resendKey, keepsMessageId: false, isRepeatable: true, refusedRecipient: 'invalid@example.org', start: startResend, create: createResendChannel },
	{ name: 'Amazon SES', carrier: 'ses', credentialType: 'aws', credential: { ...awsKey, region: awsRegion }, secret: awsKey.secretAccessKey, awsService: 'ses', keepsMessageId: false, isRepeatable: false, refusedRecipient: 'blocked@example.org', start: startSes, create: createSesChannel },
];

const wrong = madeUp('wrong-');
/** For all of them. */
export const wrongCredential = { apiKey: wrong, serverToken: wrong, secretAccessKey: wrong };

export const providerNamed = (name: string) => apis.find((provider) => provider.name === name)!;

export const message: EmailMessage = {
	channel: 'email',
	messageId: '<q1w2e3r4t5@fern.example>',
	ref: 'WyJtZXNzYWdlIiwibWFpbiIsImNfMSJd.c2lnbmF0dXJlX29mX2l0-A',
	from: 'Fern & Field <hello@fern.example>',
	to: 'mia@example.org',
	replyTo: 'Anna <anna@fern.example>',
	subject: 'Your cart is still here',
	html: '<p>Hello Mia</p>',
	text: 'Hello Mia',
	headers: {
		'Auto-Submitted': 'auto-generated',
		'List-Unsubscribe': '<https://n8n.fern.example/webhook/abc?t=WyJ1bnN1YiJd.sig-_A>, <mailto:anna@fern.example?subject=unsubscribe>',
		'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
	},
	kind: 'marketing',
};

export interface Stage {
	server: MailApiServer;
	channel: EmailChannel;
	/** Pauses that the channel made; no time passes in them. */
	pauses: number[];
}

export interface StageOptions {
	/** Of the credential. */
	credential?: Record<string, string>;
	/** Of the API, instead of the server's. */
	address?: string;
	connections?: number;
	timeoutMs?: number;
}

const open: MailApiServer[] = [];

export async function closeStages(): Promise<void> {
	for (const server of open.splice(0)) await server.close();
}

/** The provider's server, and a channel to it through n8n's requests. Waiting takes no time. */
export async function stageFor(provider: Provider, { credential, address, connections, timeoutMs = 5000 }: StageOptions = {}): Promise<Stage> {
	const server = await provider.start();
	open.push(server);
	const pauses: number[] = [];
	const used = { ...provider.credential, ...credential };
	const tools: ChannelTools = {
		...channelTools(authenticatedRequests(provider.credentialType, used), { type: provider.credentialType, awsService: provider.awsService }, timeoutMs),
		nowMs: () => 1_800_000_000_000 + pauses.reduce((sum, pause) => sum + pause, 0),
		async sleep(ms) {
			pauses.push(ms);
		},
	};
	const secrets = Object.entries(used).flatMap(([field, value]) => (/key|token/i.test(field) ? [value] : []));
	return { server, pauses, channel: provider.create({ address: address ?? server.url, secrets }, tools, connections) };
}
