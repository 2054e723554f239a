import type { EmailChannel, SendOutcome } from './channel';
import type { ChannelTools, ProviderResponse } from './http';
import { accepted, createMailApiChannel, type Mail, type MailApi, type MailApiSettings, postJson, providerRefusal, quoted, recipientRefusal, unconfirmed } from './mail-api';
import { refFields } from './ref';
import { refused } from './smtp-outcome';

const name = 'Postmark';

export interface PostmarkSettings extends MailApiSettings {
	/** The message stream for each kind. */
	streams: Record<Mail['kind'], string>;
}

/** What Postmark answers, for one message or, in a list, for each of a batch. */
interface PostmarkResult {
	ErrorCode?: unknown;
	Message?: unknown;
	MessageID?: unknown;
}

/** Postmark's Email API (https://postmarkapp.com/developer/api/email-api), 500 messages and 50 MB a call. It knows no idempotency keys. */
export function createPostmarkChannel(settings: PostmarkSettings, tools: ChannelTools, connections?: number): EmailChannel {
	const entry = (mail: Mail) => JSON.stringify({
		From: quoted(mail.from),
		To: mail.to,
		...(mail.replyTo && { ReplyTo: quoted(mail.replyTo) }),
		Subject: mail.subject,
		HtmlBody: mail.html,
		TextBody: mail.text,
		MessageStream: settings.streams[mail.kind],
		// Without X-PM-KeepID Postmark puts a Message-ID of its own in place of ours.
		Headers: [...mail.headers, ['Message-ID', mail.messageId], ['X-PM-KeepID', 'true']].map(([Name, Value]) => ({ Name, Value })),
		Metadata: refFields('postmark', mail.ref),
		// Links and opens are ours.
		TrackOpens: false,
		TrackLinks: 'None',
	});
	const api: MailApi = {
		name,
		connections: 5,
		request: (mail) => postJson(`${settings.address}/email`, entry(mail)),
		read: (answer) => outcomeOf(parsed(answer) as PostmarkResult, answer),
		batch: {
			size: 500,
			entry,
			request: (body) => postJson(`${settings.address}/email/batch`, body),
			read(answer, mails) {
				const results = parsed(answer);
				// No list: what is said is said of the whole call. A list too short leaves the others open.
				return mails.map((_mail, index) => outcomeOf((Array.isArray(results) ? results[index] : results) as PostmarkResult, answer));
			},
		},
	};
	return createMailApiChannel(api, settings, tools, connections);
}

function parsed({ body }: ProviderResponse): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}

/** By the codes of https://postmarkapp.com/developer/api/overview#error-codes; the status alone says 200 for each of a batch. */
function outcomeOf(result: PostmarkResult | null | undefined, answer: ProviderResponse): SendOutcome {
	const { ErrorCode: code, Message: message, MessageID: id } = result ?? {};
	const words = typeof message === 'string' ? message : '';
	// "Message accepted, but delivery may be delayed" comes without a code.
	if (answer.status < 300 && (code === 0 || code === undefined)) return typeof id === 'string' && id ? accepted(words, id) : unconfirmed(name, answer);
	if (code === 406 || (code === 300 && /'To'/.test(words))) return recipientRefusal(name, words);
	if (code === 10) return providerRefusal(name, { ...answer, status: 401 }, words);
	if (code === 100 || code === 429) return refused(false, 'provider', `${name} takes no messages for now: "${words}"`);
	return providerRefusal(name, answer, code === undefined ? words : `${words} (code ${String(code)})`);
}
