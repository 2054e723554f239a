import { createTransport } from 'nodemailer';
import type { EmailChannel } from './channel';
import { type ChannelTools, jsonOf, type ProviderResponse } from './http';
import { accepted, createMailApiChannel, type Mail, type MailApi, type MailApiSettings, postJson, providerRefusal, recipientRefusal, unconfirmed } from './mail-api';
import { mailData } from './mail-data';
import { refFields } from './ref';
import { refused } from './smtp-outcome';

const name = 'Amazon SES';

export interface SesSettings extends MailApiSettings {
	/** Names what SES does with events; empty: none. */
	configurationSet?: string;
}

/**
 * Amazon SES's API v2, SendEmail with the raw message (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html):
 * our headers arrive as we write them, but for the Message-ID, which SES replaces. It knows no idempotency keys.
 */
export function createSesChannel(settings: SesSettings, tools: ChannelTools, connections?: number): EmailChannel {
	const builder = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
	const api: MailApi = {
		name,
		connections: 10,
		async request(mail) {
			const { message } = await builder.sendMail(mailData(mail.message, mail.from, { name: '', address: mail.to }));
			const body = {
				Destination: { ToAddresses: [mail.to] },
				Content: { Raw: { Data: (message as Buffer).toString('base64') } },
				EmailTags: Object.entries(refFields('ses', mail.ref)).map(([Name, Value]) => ({ Name, Value })),
				...(settings.configurationSet && { ConfigurationSetName: settings.configurationSet }),
			};
			return postJson(`${settings.address}/v2/email/outbound-emails`, JSON.stringify(body));
		},
		read(answer, mail) {
			const { MessageId: id } = jsonOf(answer);
			if (answer.status < 300) return typeof id === 'string' && id ? accepted('Accepted', id) : unconfirmed(name, answer);
			return refusal(answer, mail);
		},
		isThrottle: (answer) => errorOf(answer) === 'ThrottlingException' || errorOf(answer) === 'Throttling',
		// The limit of a day comes under the same name as the one of a second.
		isQuota: (answer) => /daily (message )?quota|sending quota/i.test(wordsOf(answer)),
	};
	return createMailApiChannel(api, settings, tools, connections);
}

function refusal(answer: ProviderResponse, mail: Mail) {
	const error = errorOf(answer);
	const words = wordsOf(answer);
	if (/^(UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|InvalidClientTokenId|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|AccessDenied)/.test(error)) {
		return refused(true, 'provider', `${name} did not accept the AWS credential (${error}): its user needs the permission ses:SendEmail, and the region has to be the one of the sender`);
	}
	if (error === 'SendingPausedException') return refused(false, 'provider', `${name} has paused sending for this account or configuration set`);
	if (error === 'LimitExceededException') return refused(false, 'provider', `${name} has reached a limit of this account: "${words}"`);
	// Anything else that is wrong with an address may be the sender's: only where ours is named it is the recipient's.
	const isRecipient = /^(BadRequestException|InvalidParameterValue)/.test(error) && words.includes(mail.to);
	return isRecipient || /address blacklisted/i.test(words) ? recipientRefusal(name, words) : providerRefusal(name, answer, words || error);
}

/** `x-amzn-ErrorType: BadRequestException:http://...`, or `__type: "com.amazon...#BadRequestException"`. */
function errorOf(answer: ProviderResponse): string {
	const told = answer.headers['x-amzn-errortype'] ?? jsonOf(answer).__type;
	return typeof told === 'string' ? told.split(':')[0].split('#').at(-1)! : '';
}

function wordsOf(answer: ProviderResponse): string {
	const { message, Message } = jsonOf(answer);
	const words = message ?? Message;
	return typeof words === 'string' ? words : '';
}
