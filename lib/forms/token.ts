import { createHash, timingSafeEqual } from 'node:crypto';
import { linkSignature } from '../messages/links';
import { hourMs } from '../model/clock';

/** What a form carries from its showing to its sending, signed: nothing in it is secret, but nobody can change it. */
export interface FormToken {
	shop: string;
	form: string;
	/** Machine time at which the form was shown. */
	shownAtMs: number;
	/** Unique: the form is recorded once, however often it is sent. */
	nonce: string;
	/** See `hashOfTexts`. */
	texts: string;
}

/** How long a page may lie open. Far below the time for which a recorded nonce is remembered. */
export const formLifeMs = 24 * hourMs;

/** Stands for the words that somebody agrees to: what is kept as proof is what was shown. */
export function hashOfTexts(texts: string[]): string {
	return createHash('sha256').update(JSON.stringify(texts)).digest('base64url').slice(0, 16);
}

export function signForm(secret: Buffer | string, { shop, form, shownAtMs, nonce, texts }: FormToken): string {
	const body = Buffer.from(JSON.stringify([shop, form, shownAtMs, nonce, texts])).toString('base64url');
	return `${body}.${linkSignature(secret, 'form', body).toString('base64url')}`;
}

/** Reads what `signForm` wrote, or null for whatever was changed, cut off or signed elsewhere. Its age is the caller's to judge. */
export function readForm(secret: Buffer | string, token: unknown): FormToken | null {
	const match = typeof token === 'string' && token.length <= 2_000 ? /^([\w-]+)\.([\w-]+)$/.exec(token) : null;
	if (!match) return null;
	const expected = Buffer.from(linkSignature(secret, 'form', match[1]).toString('base64url'));
	const given = Buffer.from(match[2]);
	if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
	const [shop, form, shownAtMs, nonce, texts] = JSON.parse(Buffer.from(match[1], 'base64url').toString()) as [string, string, number, string, string];
	return { shop, form, shownAtMs, nonce, texts };
}
