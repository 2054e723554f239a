import type { EmailChannel } from './channel';
import { type ChannelTools, jsonOf } from './http';
import { accepted, createMailApiChannel, type Mail, type MailApi, type MailApiSettings, postJson, providerRefusal, recipientRefusal, unconfirmed } from './mail-api';
import { refFields } from './ref';

const name = 'SendGrid';

/**
 * SendGrid's v3 Mail Send (https://www.twilio.com/docs/sendgrid/api-reference/mail-send). It takes a message with 202 and
 * no body, and knows no idempotency keys.
 */
export function createSendGridChannel(settings: MailApiSettings, tools: ChannelTools, connections?: number): EmailChannel {
	const api: MailApi = {
		name,
		connections: 10,
		request: (mail) => postJson(`${settings.address}/v3/mail/send`, JSON.stringify(bodyOf(mail))),
		read(answer) {
			if (answer.status === 202) return accepted('Accepted', answer.headers['x-message-id']);
			const errors = [jsonOf(answer).errors].flat() as Array<{ message?: unknown; field?: unknown } | undefined>;
			// 200 is its sandbox: looked at, and not sent.
			if (answer.status < 300 && !errors[0]) return unconfirmed(name, answer);
			const words = errors.map((error) => (typeof error?.message === 'string' ? error.message : '')).join(' ');
			// The recipient is the one thing in `personalizations` that differs between customers.
			const isRecipient = answer.status === 400 && errors.every((error) => /^personalizations\.\d+\.to\b/.test(String(error?.field)));
			return isRecipient ? recipientRefusal(name, words) : providerRefusal(name, answer, words);
		},
	};
	return createMailApiChannel(api, settings, tools, connections);
}

function bodyOf({ from, to, replyTo, subject, html, text, headers, messageId, ref }: Mail) {
	const off = { enable: false };
	return {
		personalizations: [{ to: [{ email: to }], custom_args: refFields('sendgrid', ref) }],
		from: contact(from),
		...(replyTo && { reply_to: contact(replyTo) }),
		subject,
		// In this order, and neither may be empty.
		content: [
			{ type: 'text/plain', value: text || ' ' },
			{ type: 'text/html', value: html || ' ' },
		],
		headers: { ...Object.fromEntries(headers), 'Message-ID': messageId },
		// Links, opens and unsubscribing are ours.
		tracking_settings: { click_tracking: { ...off, enable_text: false }, open_tracking: off, subscription_tracking: off, ganalytics: off },
	};
}

function contact({ name: displayName, address }: Mail['from']) {
	return { email: address, ...(displayName && { name: displayName }) };
}
