import type { EmailChannel } from './channel';
import { type ChannelTools, jsonOf } from './http';
import { accepted, createMailApiChannel, type Mail, type MailApi, type MailApiSettings, providerRefusal, quoted, recipientRefusal, unconfirmed } from './mail-api';
import { refFields } from './ref';

const name = 'Mailgun';

export interface MailgunSettings extends MailApiSettings {
	/** The sending domain as Mailgun knows it. */
	domain: string;
}

/**
 * Mailgun's Messages (https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages). Its batches are
 * one text for many, so each of our messages is a call. It knows no idempotency keys.
 */
export function createMailgunChannel(settings: MailgunSettings, tools: ChannelTools, connections?: number): EmailChannel {
	const api: MailApi = {
		name,
		connections: 10,
		request: (mail) => ({
			method: 'POST',
			url: `${settings.address}/v3/${encodeURIComponent(settings.domain)}/messages`,
			headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
			body: new URLSearchParams(fieldsOf(mail)).toString(),
		}),
		read(answer) {
			const { id, message } = jsonOf(answer);
			if (answer.status < 300) return typeof id === 'string' && id ? accepted(String(message ?? ''), id) : unconfirmed(name, answer);
			const words = typeof message === 'string' ? message : /^[\w .]{1,60}$/.test(answer.body) ? answer.body : '';
			return answer.status === 400 && /^['"]?to['"]? parameter is not a valid address/i.test(words) ? recipientRefusal(name, words) : providerRefusal(name, answer, words);
		},
		/** The limit of an account or a domain by the hour. */
		isThrottle: ({ status }) => status === 420,
	};
	return createMailApiChannel(api, settings, tools, connections);
}

function fieldsOf({ from, to, replyTo, subject, html, text, headers, messageId, ref }: Mail): Record<string, string> {
	return {
		from: quoted(from),
		to,
		subject,
		text,
		html,
		...(replyTo && { 'h:Reply-To': quoted(replyTo) }),
		'h:Message-Id': messageId,
		...prefixed('h:', Object.fromEntries(headers)),
		...prefixed('v:', refFields('mailgun', ref)),
		// Links, opens and unsubscribing are ours.
		'o:tracking': 'no',
		'o:tracking-clicks': 'no',
		'o:tracking-opens': 'no',
	};
}

function prefixed(prefix: string, fields: Record<string, string>): Record<string, string> {
	return Object.fromEntries(Object.entries(fields).map(([field, value]) => [`${prefix}${field}`, value]));
}
