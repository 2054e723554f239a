import { createHash } from 'node:crypto';
import { dayMs } from '../../model/clock';
import { ShopJourneysError } from '../../model/errors';

/** Reading what providers send: JSON of which nothing can be taken for granted. */

export type Fields = Record<string, unknown>;

/** Signed deliveries older than this are not taken: an event is remembered for 7 days, and providers give up trying after three. */
export const oldestMs = 3 * dayMs;

/** @throws PAYLOAD_INVALID */
export function parseJson(rawBody: Buffer): unknown {
	try {
		return JSON.parse(rawBody.toString('utf8'));
	} catch {
		throw new ShopJourneysError('PAYLOAD_INVALID', 'The delivery is no JSON', { hint: 'Check that the provider is chosen rightly in the address: "p" names it.' });
	}
}

/** An object; {} where there is none. */
export function fieldsOf(value: unknown): Fields {
	return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {};
}

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
	const text = typeof value === 'number' ? String(value) : value;
	return typeof text === 'string' && text !== '' ? text : undefined;
}

/** Machine time from seconds since 1970, or from a date in ISO 8601; the fallback where it is neither. */
export function atMsOf(value: unknown, fallbackMs: number): number {
	const atMs = typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)) ? Number(value) * 1000 : Date.parse(String(value));
	return Number.isFinite(atMs) && atMs > 0 ? Math.round(atMs) : fallbackMs;
}

/** What stands for an id where the provider gives none: the same for the same bytes. */
export const digestOf = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('base64url');

/** The provider's words without addresses: they are kept in the log. */
export function wordsOf(value: unknown): { detail?: string } {
	const words = textOf(value)?.replace(/[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]+/g, '(address)').replace(/\s+/g, ' ').trim().slice(0, 300);
	return words ? { detail: words } : {};
}

/** Within the age at which a signature is still taken, and not from the future. @throws SIGNATURE_INVALID */
export function requireRecent(sentAtMs: number, receivedAtMs: number, longestMs = oldestMs): void {
	if (Number.isFinite(sentAtMs) && receivedAtMs - sentAtMs <= longestMs && sentAtMs - receivedAtMs <= 15 * 60_000) return;
	throw new ShopJourneysError('SIGNATURE_INVALID', 'The delivery was signed too long ago, or in the future', { hint: 'Check the clock of the machine that n8n runs on.' });
}

/** @throws SIGNATURE_INVALID */
export function refuse(message: string): never {
	throw new ShopJourneysError('SIGNATURE_INVALID', message, { hint: 'Check the field of this provider in the credential "Shop Journeys Message Events API".' });
}
