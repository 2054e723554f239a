import { domainToASCII } from 'node:url';
import { isPlainHeader, type Mailbox, parseMailbox, withoutControls } from '../headers';
import type { EmailMessage, SendChannel, SendOutcome } from './channel';
import { type Answer, ask, type ChannelTools, isAnswer, namedPauseMs, type ProviderRequest, type ProviderResponse, shownWords } from './http';
import { refused } from './smtp-outcome';

/** An e-mail as every API takes it: addresses parsed, names, subject and headers without line breaks. */
export interface Mail {
	from: Mailbox;
	/** The address alone. */
	to: string;
	replyTo?: Mailbox;
	subject: string;
	html: string;
	text: string;
	/** Printable ASCII on one line; none of those that the API writes itself. */
	headers: Array<[name: string, value: string]>;
	messageId: string;
	ref?: string;
	kind: 'marketing' | 'transactional';
	/** As it was given. */
	message: EmailMessage;
}

/** What the settings of every provider have. */
export interface MailApiSettings {
	/** Without a slash at its end. */
	address: string;
	/** What of the credential an answer might repeat: struck out of every outcome. */
	secrets: string[];
}

/** What one provider's API adds to what all of them have in common. */
export interface MailApi {
	/** As operators know it. */
	name: string;
	/** Calls at once, unless the operator says otherwise. */
	connections: number;
	/** The provider knows a call again by a key in it: an uncertain one is repeated, and not sent twice. */
	isRepeatable?: true;
	request(mail: Mail): ProviderRequest | Promise<ProviderRequest>;
	/** What an answer means for the mail. Passing trouble (429, 5xx) is sorted already. */
	read(answer: ProviderResponse, mail: Mail): SendOutcome;
	/** Answers beside 429 that mean "too fast". */
	isThrottle?(answer: ProviderResponse): boolean;
	/** Answers that mean "no more today": waiting half a minute would help nobody. */
	isQuota?(answer: ProviderResponse): boolean;
	batch?: {
		/** Messages in one call. */
		size: number;
		/** One mail's entry in the list that the call sends, as JSON. */
		entry(mail: Mail): string;
		/** @param body the list */
		request(body: string, mails: Mail[]): ProviderRequest;
		/** One outcome per mail, in their order. */
		read(answer: ProviderResponse, mails: Mail[]): SendOutcome[];
	};
}

/** A channel of a provider's API. */
export function createMailApiChannel(api: MailApi, { secrets }: MailApiSettings, tools: ChannelTools, connections = api.connections): SendChannel<EmailMessage> {
	const { batch } = api;
	const shown = (outcome: SendOutcome): SendOutcome => ({ ...outcome, response: shownWords(outcome.response, secrets) });

	/** Asks, and asks once more where that cannot send twice. What the first attempt left open stays open unless the second one's answer is clear. */
	async function exchange(request: ProviderRequest): Promise<Answer | SendOutcome> {
		const first = await attempt(request);
		if (!api.isRepeatable || isAnswer(first) || first.status !== 'unknown') return first;
		const second = await attempt(request);
		if (isAnswer(second) || second.status === 'sent' || (second.status === 'refused' && second.permanent)) return second;
		return first;
	}

	async function attempt(request: ProviderRequest): Promise<Answer | SendOutcome> {
		const answer = await ask(tools, request, (response) => isTooFast(api, response) && !api.isQuota?.(response));
		return isAnswer(answer) ? (passingTrouble(api, answer, tools.nowMs()) ?? answer) : answer;
	}

	const sendOne = async (mail: Mail): Promise<SendOutcome> => {
		let request: ProviderRequest;
		try {
			request = await api.request(mail);
		} catch (error) {
			return shown(refused(true, 'provider', `The message could not be built: ${(error as Error).message}`));
		}
		const answer = await exchange(request);
		return shown(isAnswer(answer) ? api.read(answer, mail) : answer);
	};

	const sendSome = async ({ mails, entries }: Load): Promise<SendOutcome[]> => {
		const answer = mails.length === 1 ? undefined : await exchange(batch!.request(`[${entries.join(',')}]`, mails));
		if (answer && !(isAnswer(answer) && isRefusedWhole(answer))) return (isAnswer(answer) ? batch!.read(answer, mails) : mails.map(() => answer)).map(shown);
		const outcomes: SendOutcome[] = [];
		for (const mail of mails) outcomes.push(await sendOne(mail));
		return outcomes;
	};

	return {
		connections,
		async send(message) {
			const mail = mailOf(message, api);
			return 'status' in mail ? mail : await sendOne(mail);
		},
		...(batch && {
			batchSize: batch.size,
			async sendMany(messages: EmailMessage[]) {
				const mails = messages.map((message) => mailOf(message, api));
				const good = mails.filter((mail) => !('status' in mail)) as Mail[];
				const outcomes: SendOutcome[] = [];
				for (const some of inCalls(good, batch)) outcomes.push(...(await sendSome(some)));
				const inOrder = outcomes.values();
				return mails.map((mail) => ('status' in mail ? mail : inOrder.next().value!));
			},
		}),
		async close() {},
	};
}

/** What goes out in one call. */
interface Load {
	mails: Mail[];
	entries: string[];
}

/** Bytes of one call: less than providers take, so that it is through in time over a slow line, and a line that breaks leaves a doubt about few. */
const callBytes = 5_000_000;

/** Neither more messages than a call may have nor more bytes. */
function inCalls(mails: Mail[], { size, entry }: NonNullable<MailApi['batch']>): Load[] {
	const loads: Load[] = [];
	let room = 0;
	for (const mail of mails) {
		const json = entry(mail);
		const needed = Buffer.byteLength(json) + 1;
		if (loads.length === 0 || loads.at(-1)!.mails.length === size || needed > room) {
			loads.push({ mails: [], entries: [] });
			room = callBytes;
		}
		loads.at(-1)!.mails.push(mail);
		loads.at(-1)!.entries.push(json);
		room -= needed;
	}
	return loads;
}

/** The call was not read any further because of something in one of its mails: none was sent, and which one it is shows when they go one by one. */
function isRefusedWhole({ status }: ProviderResponse): boolean {
	return status === 400 || status === 413 || status === 422;
}

/** What no API sends as it is: characters beyond ASCII before the `@` (RFC 6531). */
const isAscii = (address: string) => /^[\x21-\x7e]+$/.test(address.slice(0, address.lastIndexOf('@')));

function mailOf(message: EmailMessage, { name }: MailApi): Mail | Extract<SendOutcome, { status: 'refused' }> {
	const from = mailbox(message.from);
	if (!from || !isAscii(from.address)) return refused(true, 'provider', `The sender "${shownWords(message.from, [])}" is no mail address that ${name} takes: correct it in the shop's settings`);
	const to = mailbox(message.to);
	if (!to) return refused(true, 'recipient', `"${shownWords(message.to, [])}" is no valid mail address`);
	if (!isAscii(to.address)) return refused(true, 'recipient', `${name} does not send to addresses with other letters than a to z before the @`);
	const replyTo = message.replyTo ? mailbox(message.replyTo) : undefined;
	return {
		from,
		to: to.address,
		...(replyTo && { replyTo }),
		subject: withoutControls(message.subject),
		html: message.html,
		text: message.text,
		headers: plainHeaders(message.headers),
		messageId: message.messageId,
		ref: message.ref,
		kind: message.kind ?? 'marketing',
		message,
	};
}

/** With the domain as DNS knows it: an international one is not taken by all of them. */
function mailbox(value: string): Mailbox | undefined {
	const parsed = parseMailbox(value);
	if (!parsed) return undefined;
	const at = parsed.address.lastIndexOf('@');
	const domain = domainToASCII(parsed.address.slice(at + 1));
	return domain ? { name: withoutControls(parsed.name), address: `${parsed.address.slice(0, at)}@${domain}` } : undefined;
}

const written = /^(from|to|cc|bcc|reply-to|subject|date|sender|message-id|mime-version|content-.*|received|return-path|dkim-signature|x-(sg|ses|pm|mailgun|postmark|smtpapi).*)$/i;

function plainHeaders(headers: Record<string, string>): Mail['headers'] {
	return Object.entries(headers)
		.map(([name, value]): [string, string] => [name, withoutControls(value)])
		.filter(([name, value]) => !written.test(name) && isPlainHeader(name, value));
}

/** `Name <address>` with the name in quotes, as RFC 5322 has it. */
export function quoted({ name, address }: Mailbox): string {
	return name ? `"${name.replace(/["\\]/g, '\\$&')}" <${address}>` : address;
}

/** JSON in UTF-8. */
export function postJson(url: string, body: string, headers: Record<string, string> = {}): ProviderRequest {
	return { method: 'POST', url, headers: { accept: 'application/json', 'content-type': 'application/json', ...headers }, body };
}

function isTooFast(api: MailApi, response: ProviderResponse): boolean {
	return response.status === 429 || (response.status === 503 && response.headers['retry-after'] !== undefined) || api.isThrottle?.(response) === true;
}

/** Too fast for too long, out of order, or not reached by who answered in its name: for now. */
function passingTrouble(api: MailApi, answer: Answer, nowMs: number): SendOutcome | undefined {
	const { status } = answer;
	if (isTooFast(api, answer) || api.isQuota?.(answer)) {
		const retryAfterMs = answer.retryAfterMs ?? namedPauseMs(answer, nowMs);
		return { ...refused(false, 'provider', `${api.name} takes no more messages for now (status ${status})${inQuotes(wordsOf(answer))}`), ...(retryAfterMs !== undefined && { retryAfterMs }) };
	}
	// A gateway that was waiting for the provider does not know what it did.
	if (status === 502 || status === 504) return { status: 'unknown', response: `${api.name} could not say whether it took the message (status ${status})` };
	// 408: the request did not arrive whole.
	if (status >= 500 || status === 408) return refused(false, 'provider', `${api.name} is out of order (status ${status})${inQuotes(wordsOf(answer))}`);
	return undefined;
}

/** A refusal that is nobody's fault but the shop's or the provider's: the key, the address of the API, the sender, the account. */
export function providerRefusal(name: string, answer: ProviderResponse, words: string): SendOutcome {
	const { status } = answer;
	const told = inQuotes(words);
	if (status < 300 && !words) return unconfirmed(name, answer);
	if (status === 401) return refused(true, 'provider', `${name} did not accept the key of the credential (status 401)${told}`);
	if (status >= 300 && status < 400) return refused(true, 'provider', `${name} sent the request elsewhere (status ${status}): correct "API Address" in the node`);
	if (status === 404 && !words) return refused(true, 'provider', `There is no API of ${name} at this address (status 404): correct "API Address" in the node`);
	if (status === 413) return refused(true, 'provider', `The message is larger than ${name} takes (status 413)${told}`);
	return refused(true, 'provider', `${name} refused the message (status ${status})${told}`);
}

export function recipientRefusal(name: string, words: string): SendOutcome {
	return refused(true, 'recipient', `${name} does not send to this address${inQuotes(words)}`);
}

/** Something that answers with success, but not as the provider does: a proxy, another service. */
export function unconfirmed(name: string, { status }: ProviderResponse): SendOutcome {
	return { status: 'unknown', response: `${name} answered with status ${status}, but did not confirm the message` };
}

export function accepted(response: string, providerId: string | undefined): SendOutcome {
	return { status: 'sent', response, ...(providerId && { providerId }) };
}

function inQuotes(words: string): string {
	const clean = shownWords(words, []);
	return clean && !clean.startsWith('<') ? `: "${clean}"` : '';
}

/** What an answer says itself, in the shapes in which these providers say it. */
function wordsOf({ body }: ProviderResponse): string {
	try {
		const { message, Message, errors } = JSON.parse(body) as { message?: unknown; Message?: unknown; errors?: Array<{ message?: unknown }> };
		const words = message ?? Message ?? errors?.[0]?.message;
		return typeof words === 'string' ? words : '';
	} catch {
		return '';
	}
}
