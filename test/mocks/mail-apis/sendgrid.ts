import { isVerified, looksValid, madeUp, type ApiAnswer, type MailApiServer, nextId, startMailApi } from './server';

export const sendGridKey = madeUp('SG.');

interface MailSend {
	personalizations?: Array<{ to?: Array<{ email?: string }>; custom_args?: Record<string, string> }>;
	from?: { email?: string; name?: string };
	reply_to?: { email: string; name?: string };
	subject?: string;
	content?: Array<{ type: string; value: string }>;
	headers?: Record<string, string>;
	tracking_settings?: Record<string, { enable?: boolean; enable_text?: boolean }>;
}

const reserved = /^(x-sg-id|x-sg-eid|received|dkim-signature|content-type|content-transfer-encoding|to|from|subject|reply-to|cc|bcc)$/i;

const error = (status: number, message: string, field: string | null = null): ApiAnswer => ({ status, body: { errors: [{ message, field, help: null }] } });

/** SendGrid's POST /v3/mail/send as its documentation describes it. */
export async function startSendGrid(): Promise<MailApiServer> {
	return await startMailApi(({ method, path, headers, body }, take) => {
		if (method !== 'POST' || path !== '/v3/mail/send') return { status: 404, body: { errors: [{ message: 'not found' }] } };
		if (headers.authorization !== `Bearer ${sendGridKey}`) return error(401, 'The provided authorization grant is invalid, expired, or revoked');
		if (!String(headers['content-type']).startsWith('application/json')) return error(415, 'Content-Type should be application/json.');
		const mail = JSON.parse(body.toString()) as MailSend;
		const [personalization] = mail.personalizations ?? [];
		const to = personalization?.to?.[0]?.email ?? '';
		if (!looksValid(to)) return error(400, 'Does not contain a valid address.', 'personalizations.0.to.0.email');
		if (!mail.from?.email) return error(400, 'The from object must be provided for every email send.', 'from');
		if (!isVerified(mail.from.email)) return error(403, 'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.', 'from');
		if (!mail.subject) return error(400, 'The subject is required.', 'subject');
		const [text, html] = mail.content ?? [];
		if (text?.type !== 'text/plain' || html?.type !== 'text/html' || !text.value || !html.value) return error(400, 'If present, text/plain and text/html may only be provided once.', 'content');
		for (const [name, value] of Object.entries(mail.headers ?? {})) {
			if (reserved.test(name)) return error(400, `The header ${name} is reserved`, 'headers');
			if (!/^[\x20-\x7e]+$/.test(value) || !/^[\x21-\x39\x3b-\x7e]+$/.test(name)) return error(400, 'Header values must be ASCII', 'headers');
		}
		const args = personalization.custom_args ?? {};
		if (Object.values(args).some((value) => typeof value !== 'string') || JSON.stringify(args).length > 10_000) return error(400, 'Bad Request', 'custom_args');
		const id = nextId();
		take({
			from: { name: mail.from.name ?? '', address: mail.from.email },
			to,
			replyTo: mail.reply_to && { name: mail.reply_to.name ?? '', address: mail.reply_to.email },
			subject: mail.subject,
			html: html.value,
			text: text.value,
			headers: Object.fromEntries(Object.entries(mail.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
			// Events carry them among their own fields.
			metadata: { email: to, event: 'delivered', ...args },
			id,
			// What is not said is what the account has on.
			isTracked: ['click_tracking', 'open_tracking', 'subscription_tracking', 'ganalytics'].some((setting) => mail.tracking_settings?.[setting]?.enable !== false),
		});
		return { status: 202, headers: { 'x-message-id': id }, body: '' };
	}, 30_000_000);
}
