import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { dayMs } from '../model/clock';
import { ShopJourneysError } from '../model/errors';

/**
 * Where a link leads, and the query parameter it stands in on the address of Message Webhook Trigger. `message` is no link: it
 * travels with a message through a provider and back, and names it.
 */
export const linkParameters = {
	unsubscribe: 't',
	/** Why the cart was not ordered. */
	answer: 'a',
	preferences: 's',
	/** Confirms a subscription (double opt-in). */
	confirm: 'd',
	/** Rate 1 to 5; the stars follow in `v`. */
	rate: 'r',
	/** NPS 0 to 10; the score follows in `v`. */
	survey: 'n',
	/** The mail as a page. */
	view: 'w',
	/** The picture that says the mail was opened. */
	open: 'o',
	/** On to a page of the shop; `to` is signed with it. */
	click: 'c',
	message: 'm',
} as const;
export type LinkKind = keyof typeof linkParameters;
/** What messages link to: `profile` is a form, with a link of kind `preferences` as the proof of who fills it in. */
export type MessageLink = LinkKind | 'profile';

/** What a signed link says. Readable by whoever holds the link, but not to be changed. */
export interface LinkPayload<K extends LinkKind = LinkKind> {
	kind: K;
	shop: string;
	customerId: string;
	/** e.g. "email". */
	channel: string;
	/** The message it was in: its enrolment or campaign, the send key within, the step from 1. */
	enrolment?: string;
	campaign?: string;
	sendKey?: string;
	step?: number;
	/** With `click`: where it leads, absolute. With `rate`: what is rated (`order:1001`, `product:7`). With `survey`: topics to choose from, separated by commas. With `view`: the Message-ID. */
	to?: string;
	/** With `click`: the product or the category that the link shows. */
	productId?: string;
	category?: string;
	/** With `click`: no person can see this link, so who follows it is a machine. */
	isTrap?: boolean;
}

/** The source of events that a reader caused by a signed link in a message. */
export const linkSource = 'message-link';

/** Beside the token of `rate` and `survey`: the stars or the score of the button. Only a proposal of the mail's; the reader sends the answer from the page. */
export const valueParameter = 'v';

/** How long a link to confirm a subscription works. Machine time. */
export const confirmLifeMs = 30 * dayMs;

export interface SignOptions {
	/** Machine time. Unsubscribe links have none: they must work for as long as the mail exists. */
	expiresAtMs?: number;
}

/** 128 bits: more than can be guessed, and short enough for a link (RFC 2104 § 5 asks for at least 80). */
const signatureBytes = 16;
const maxTokenLength = 4000;

/**
 * A token for a link: `<base64url JSON>.<base64url signature>`. Each kind has a key of its own, derived from the
 * secret: a token of one kind never passes as another, even if the bytes of its payload would.
 * @throws SECRET_MISSING when there is no secret to sign with; LINK_INVALID when the token would be too long.
 */
export function signLink(secret: Buffer | string, payload: LinkPayload, { expiresAtMs }: SignOptions = {}): string {
	const { kind, shop, customerId, channel, enrolment, step, campaign, sendKey, to, productId, category, isTrap } = payload;
	const optional = [enrolment, step, expiresAtMs, campaign, sendKey, to, productId, category, isTrap ? true : undefined];
	const fields = [kind, shop, customerId, channel, ...optional.map((field) => field ?? null)];
	while (fields.at(-1) === null) fields.pop();
	const body = Buffer.from(JSON.stringify(fields)).toString('base64url');
	const token = `${body}.${linkSignature(secret, kind, body).toString('base64url')}`;
	if (token.length > maxTokenLength) throw new ShopJourneysError('LINK_INVALID', 'The link would be too long: an id in it has an unusual length');
	return token;
}

/**
 * Stands in links for the customer, the enrolment and the campaign of a test or a preview: nobody has it, so whoever unsubscribes
 * in a test unsubscribes no customer.
 */
export const nobody = 'test';

/**
 * The whole address of a link.
 * @param address where Message Webhook Trigger listens
 * @param value what a button of `rate` or `survey` proposes
 * @throws as `signLink`
 */
export function signedUrl(address: string, secret: Buffer | string, payload: LinkPayload, { value, ...options }: SignOptions & { value?: number } = {}): string {
	return `${address}?${linkParameters[payload.kind]}=${signLink(secret, payload, options)}${value === undefined ? '' : `&${valueParameter}=${value}`}`;
}

/**
 * A link for a place in a mail that no person sees (hidden, without text, skipped by the keyboard and by screen readers): scanners that
 * follow all links follow it too, and give themselves away.
 * @param shopUrl where it leads whoever follows it nevertheless
 */
export function trapUrl(address: string, secret: Buffer | string, about: Omit<LinkPayload, 'kind' | 'to'>, shopUrl: string): string {
	return signedUrl(address, secret, { ...about, kind: 'click', to: shopUrl, isTrap: true });
}

/**
 * Reads what `signLink` wrote.
 * @param nowMs machine time.
 * @param kind what the caller serves; a token of another kind is refused.
 * @throws LINK_INVALID for whatever was changed, cut off, signed elsewhere or of another kind; LINK_EXPIRED
 */
export function readLink<K extends LinkKind>(token: string, secret: Buffer | string, nowMs: number, kind: K): LinkPayload<K> {
	const match = typeof token === 'string' && token.length <= maxTokenLength ? /^([\w-]+)\.([\w-]+)$/.exec(token) : null;
	if (!match) throw invalid('This link is incomplete');
	const [, body, given] = match;
	// Compared as text: base64url has spare bits, and two spellings of one signature must not both pass.
	const expected = linkSignature(secret, kind, body).toString('base64url');
	if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected))) {
		throw invalid('This link was changed, or belongs to another installation');
	}
	const fields = JSON.parse(Buffer.from(body, 'base64url').toString()) as Array<string | number | boolean | null | undefined>;
	const [signedKind, shop, customerId, channel, enrolment, step, expiresAtMs, campaign, sendKey, to, productId, category, isTrap] = fields.map((field) => field ?? undefined);
	if (signedKind !== kind) throw invalid('This link is meant for something else');
	if (expiresAtMs !== undefined && nowMs >= (expiresAtMs as number)) throw new ShopJourneysError('LINK_EXPIRED', 'This link has expired');
	const named = Object.fromEntries(Object.entries({ enrolment, step, campaign, sendKey, to, productId, category, isTrap }).filter(([, value]) => value !== undefined));
	return { kind, shop, customerId, channel, ...named } as LinkPayload<K>;
}

/** The signature of a text under a key derived for its kind: of links, and of forms. @throws SECRET_MISSING */
export function linkSignature(secret: Buffer | string, kind: string, body: string): Buffer {
	return createHmac('sha256', keyOf(secret, kind)).update(body).digest().subarray(0, signatureBytes);
}

/**
 * Derived keys of the installation's secret, which stays the same object: a mail has a dozen links of one kind. As key objects: Node.js makes one of
 * a buffer at each signature, which takes five times as long as signing.
 */
const derivedKeys = new WeakMap<Buffer, Map<string, KeyObject>>();

function keyOf(secret: Buffer | string, kind: string): KeyObject {
	if (secret.length === 0) throw new ShopJourneysError('SECRET_MISSING', 'There is no secret to sign links with');
	if (typeof secret === 'string') return derivedKey(secret, kind);
	let keys = derivedKeys.get(secret);
	if (!keys) derivedKeys.set(secret, (keys = new Map()));
	let key = keys.get(kind);
	if (!key) keys.set(kind, (key = derivedKey(secret, kind)));
	return key;
}

function derivedKey(secret: Buffer | string, kind: string): KeyObject {
	return createSecretKey(createHmac('sha256', secret).update(`shop-journeys/link/1/${kind}`).digest());
}

function invalid(message: string): ShopJourneysError {
	return new ShopJourneysError('LINK_INVALID', message);
}
