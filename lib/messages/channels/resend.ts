import { createHash } from 'node:crypto';
import type { EmailChannel, SendOutcome } from './channel';
import { type ChannelTools, jsonOf, type ProviderResponse } from './http';
import { accepted, createMailApiChannel, type Mail, type MailApi, type MailApiSettings, postJson, providerRefusal, recipientRefusal, unconfirmed } from './mail-api';
import { refFields } from './ref';

const name = 'Resend';

/**
 * Resend's Emails (https://resend.com/docs/api-reference/emails/send-email), 100 messages a call. A call is known again by
 * its `Idempotency-Key` for a day; the Message-ID is Resend's own.
 */
export function createResendChannel(settings: MailApiSettings, tools: ChannelTools, connections?: number): EmailChannel {
	const api: MailApi = {
		name,
		// Two calls a second is what an account begins with.
		connections: 2,
		isRepeatable: true,
		request: (mail) => postJson(`${settings.address}/emails`, entry(mail), { 'idempotency-key': keyOf([mail]) }),
		read(answer) {
			const { id } = jsonOf(answer);
			return typeof id === 'string' && id && answer.status < 300 ? accepted('Accepted', id) : notAccepted(answer);
		},
		batch: {
			size: 100,
			entry,
			request: (body, mails) => postJson(`${settings.address}/emails/batch`, body, { 'idempotency-key': keyOf(mails), 'x-batch-validation': 'permissive' }),
			read: readBatch,
		},
		// The same key while the first call is still worked on.
		isThrottle: (answer) => jsonOf(answer).name === 'concurrent_idempotent_requests',
		isQuota: (answer) => /^(daily|monthly)_quota_exceeded$/.test(String(jsonOf(answer).name)),
	};
	return createMailApiChannel(api, settings, tools, connections);
}

/** The accepted ones in `data`, in their order and without gaps; the others in `errors`, by their position. */
function readBatch(answer: ProviderResponse, mails: Mail[]): SendOutcome[] {
	const { data, errors } = jsonOf(answer);
	if (answer.status >= 300 || !Array.isArray(data)) return mails.map(() => notAccepted(answer));
	const failed = new Map((Array.isArray(errors) ? (errors as Array<{ index?: unknown; message?: unknown }>) : []).map(({ index, message }) => [index, String(message ?? '')]));
	const ids = (data as Array<{ id?: unknown } | null>).values();
	// Numbers that do not add up would put one's id to another's name.
	if (data.length + failed.size !== mails.length) return mails.map(() => unconfirmed(name, answer));
	return mails.map((_mail, index) => {
		const words = failed.get(index);
		if (words !== undefined) return refusal({ ...answer, status: 422 }, 'validation_error', words);
		const id = ids.next().value?.id;
		return typeof id === 'string' && id ? accepted('Accepted', id) : unconfirmed(name, answer);
	});
}

/** By the names of https://resend.com/docs/api-reference/errors; in a 200 too. */
function notAccepted(answer: ProviderResponse): SendOutcome {
	const json = jsonOf(answer);
	const { name: error, message } = (typeof json.error === 'object' && json.error !== null ? json.error : json) as { name?: unknown; message?: unknown };
	if (answer.status < 300 && typeof error !== 'string') return unconfirmed(name, answer);
	// Another text under the key of this message: an earlier attempt reached Resend, and nobody saw its answer.
	if (error === 'invalid_idempotent_request') return { status: 'unknown', response: 'Resend was given this message before, in other words' };
	return refusal(answer, String(error ?? ''), typeof message === 'string' ? message : '');
}

function refusal(answer: ProviderResponse, error: string, words: string): SendOutcome {
	if (/_api_key$/.test(error)) return providerRefusal(name, { ...answer, status: 401 }, words);
	const isRecipient = (answer.status === 422 || answer.status === 400) && /^(validation_error|invalid_to_address)$/.test(error) && /[`'"]to[`'"]/.test(words);
	return isRecipient ? recipientRefusal(name, words) : providerRefusal(name, answer, words);
}

function entry({ from, to, replyTo, subject, html, text, headers, ref }: Mail): string {
	return JSON.stringify({
		from: unquoted(from),
		to: [to],
		...(replyTo && { reply_to: unquoted(replyTo) }),
		subject,
		html,
		text,
		headers: Object.fromEntries(headers),
		tags: Object.entries(refFields('resend', ref)).map(([tag, value]) => ({ name: tag, value })),
	});
}

/** Resend refuses a name in quotes, and a bare one with any of these. */
const bare = (displayName: string) => displayName.replace(/[<>()[\]\\,;:@"]+/g, ' ').replace(/ +/g, ' ').trim();

function unquoted({ name: displayName, address }: Mail['from']): string {
	return bare(displayName) ? `${bare(displayName)} <${address}>` : address;
}

/** At most 256 characters, without a recipient in it. */
function keyOf(mails: Mail[]): string {
	return createHash('sha256').update(mails.map(({ messageId }) => messageId).join('\n')).digest('base64url');
}
