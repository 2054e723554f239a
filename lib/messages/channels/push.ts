import { createECDH, createHash } from 'node:crypto';
import { generateRequestDetails } from 'web-push';
import type { PushSubscriptionFacts } from '../../model/events';
import { isLoopbackHost, isPushEndpoint } from '../push-endpoint';
import type { PushPayload } from '../push-payload';
import type { PushMessage, SendChannel, SendOutcome } from './channel';
import { type Answer, ask, type ChannelTools, isAnswer, type ProviderRequest } from './http';
import { refused } from './smtp-outcome';

/** Our credential type `shopJourneysVapidApi`: who we are to push services (RFC 8292). */
export interface VapidCredential {
	/** base64url of the uncompressed point on P-256: 65 bytes. Browsers subscribe with it. */
	publicKey: string;
	/** base64url, 32 bytes. */
	privateKey: string;
	/** `mailto:` or https: where the operator of a push service finds us. */
	subject: string;
}

export interface PushOptions {
	credential: VapidCredential;
	/** How soon a phone that saves power wakes for it (RFC 8030 § 5.3). */
	urgency: 'very-low' | 'low' | 'normal' | 'high';
	/** `public`: push services on the internet only. `any`: in a demo, also on this machine. `loopback`: on this machine only. */
	reach: 'public' | 'any' | 'loopback';
	connections: number;
}

/** RFC 8030 § 7.2: a push service need not take more than 4096 bytes. Header, tag and padding of RFC 8188 are 103 of them. */
const longestPayload = 4096 - 103;
/** What is tried after a push service found the first one too large. */
const shortPayload = 1500;

/**
 * Web push, encrypted for each browser (RFC 8291). It counts as sent when one of the customer's browsers took it: told twice, a
 * browser shows it once. Keys that cannot work are the outcome of each send.
 */
export function createPushChannel(options: PushOptions, tools: ChannelTools): SendChannel<PushMessage> {
	const wrong = wrongWith(options.credential);
	return {
		connections: options.connections,
		async send(message) {
			if (wrong) return refused(true, 'provider', wrong);
			if (message.to.length === 0) return refused(true, 'recipient', 'No browser of this customer takes web push');
			const outcomes = await Promise.all(message.to.map(async (subscription) => await sendTo(subscription, message, options, tools)));
			return combined(message.to, outcomes);
		},
		async close() {},
	};
}

/** What is wrong with the keys, in a sentence without them; '' when nothing is. */
export function wrongWith({ publicKey, privateKey, subject }: VapidCredential): string {
	if (bytesOf(publicKey) !== 65) return 'The public key of the Web Push credential is no VAPID key: it has 87 characters';
	if (bytesOf(privateKey) !== 32) return 'The private key of the Web Push credential is no VAPID key: it has 43 characters';
	if (publicHalfOf(privateKey) !== publicKey) return 'Public and private key of the Web Push credential do not belong together';
	if (!/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(subject)) return 'The subject of the Web Push credential has to begin with mailto: or https://';
	return '';
}

function publicHalfOf(privateKey: string): string | undefined {
	const pair = createECDH('prime256v1');
	try {
		pair.setPrivateKey(privateKey, 'base64url');
	} catch {
		// 32 bytes that are no number on the curve.
		return undefined;
	}
	return pair.getPublicKey('base64url');
}

function bytesOf(key: string): number {
	return /^[\w-]+$/.test(key) ? Buffer.from(key, 'base64url').length : 0;
}

type One = SendOutcome | { status: 'gone' };

async function sendTo(subscription: PushSubscriptionFacts, message: PushMessage, options: PushOptions, tools: ChannelTools): Promise<One> {
	const { endpoint } = subscription;
	if (!isPushEndpoint(endpoint, options.reach !== 'public')) return { status: 'gone' };
	if (options.reach === 'loopback' && !isLoopbackHost(new URL(endpoint).hostname)) return refused(true, 'provider', 'Time runs faster here, so messages may only go to a push service on this machine');
	let answer: Answer | SendOutcome | undefined;
	for (const limit of [longestPayload, shortPayload]) {
		const payload = payloadOf(message, limit);
		if (payload === null) break;
		const request = requestOf(subscription, payload, message, options);
		if (!request) return { status: 'gone' };
		answer = await ask(tools, request);
		if (answer.status !== 413) break;
	}
	if (!answer) return refused(true, 'provider', 'The message is too long for web push: shorten title and addresses');
	return isAnswer(answer) ? outcomeOf(answer, endpoint) : answer;
}

function requestOf({ endpoint, p256dh, auth }: PushSubscriptionFacts, payload: string, message: PushMessage, { credential, urgency }: PushOptions): ProviderRequest | null {
	try {
		const { headers, body } = generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, {
			vapidDetails: credential,
			contentEncoding: 'aes128gcm',
			TTL: Math.max(0, Math.round(message.ttlSeconds)),
			urgency,
			topic: tagOf(message),
		});
		const { 'Content-Length': _length, ...others } = headers as Record<string, string | number>;
		return { method: 'POST', url: endpoint, headers: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])), body: body! };
	} catch {
		// The credential was looked at before: it is the browser's keys that are none.
		return null;
	}
}

/** Topic (RFC 8030 § 5.4) and tag: a message that a push service still holds is replaced by its repetition, and one that is shown too. */
function tagOf({ messageId }: PushMessage): string {
	return createHash('sha256').update(messageId).digest('base64url').slice(0, 32);
}

/** The payload in at most `limit` bytes: the text is shortened, then the pictures go. Null when it does not fit then. */
function payloadOf(message: PushMessage, limit: number): string | null {
	const { title, url, iconUrl, imageUrl } = message;
	const full: PushPayload = { title, body: message.body, url, tag: tagOf(message), ...(iconUrl && { icon: iconUrl }), ...(imageUrl && { image: imageUrl }) };
	for (const payload of [full, { ...full, icon: undefined, image: undefined }]) {
		const text = JSON.stringify(payload);
		const over = Buffer.byteLength(text) - limit;
		if (over <= 0) return text;
		const shortened = shortenedBy(payload.body, over);
		if (shortened !== null) return JSON.stringify({ ...payload, body: shortened });
	}
	return null;
}

/** Without its last characters, at least so many bytes of JSON less; null when too little would be left of it. */
function shortenedBy(body: string, bytes: number): string | null {
	const characters = Array.from(body);
	let saved = 0;
	const ellipsisBytes = 3;
	while (saved < bytes + ellipsisBytes) {
		const last = characters.pop();
		if (last === undefined) return null;
		saved += Buffer.byteLength(JSON.stringify(last)) - 2;
	}
	return characters.length >= 20 ? `${characters.join('').trimEnd()}…` : null;
}

function outcomeOf({ status, retryAfterMs }: Answer, endpoint: string): One {
	const service = new URL(endpoint).host;
	if (status >= 200 && status < 300) return { status: 'sent', response: `${service} answered ${status}` };
	if (status === 404 || status === 410) return { status: 'gone' };
	if (retryAfterMs !== undefined) return { ...refused(false, 'provider', `${service} takes no more messages for now`), retryAfterMs };
	if (status === 413) return refused(true, 'provider', `${service} finds the message too long`);
	if (status === 400 || status === 401 || status === 403) return refused(true, 'provider', `${service} did not accept the message (status ${status}): check that the Web Push credential holds the keys with which the browsers subscribed`);
	// A push that a browser gets twice takes its own place: what is not clear may be tried again.
	return refused(status < 500 && status !== 408, 'provider', `${service} refused the message (status ${status})`);
}

function combined(to: PushSubscriptionFacts[], outcomes: One[]): SendOutcome {
	const gone = to.filter((_, index) => outcomes[index].status === 'gone').map(({ endpoint }) => endpoint);
	const goneEndpoints = gone.length > 0 ? { goneEndpoints: gone } : {};
	const sent = outcomes.filter((outcome) => outcome.status === 'sent');
	if (sent.length > 0) return { status: 'sent', response: `${sent[0].response}${to.length > 1 ? ` (${sent.length} of ${to.length} browsers)` : ''}`, ...goneEndpoints };
	const unknown = outcomes.find((outcome) => outcome.status === 'unknown');
	if (unknown) return unknown;
	const refusals = outcomes.filter((outcome) => outcome.status === 'refused');
	if (refusals.length === 0) return { ...refused(true, 'recipient', 'No browser of this customer takes web push any more'), ...goneEndpoints };
	// One that may take it later is worth another attempt.
	const passing = refusals.find(({ permanent }) => !permanent);
	return { ...(passing ?? refusals[0]), ...goneEndpoints };
}
