import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ShopJourneysError } from '../model/errors';

/** Base64 HMAC-SHA256 over the parts, one after the other. */
export function hmacSha256Base64(key: string | KeyObject, ...parts: Array<string | Buffer>): string {
	const hmac = createHmac('sha256', key);
	for (const part of parts) hmac.update(part);
	return hmac.digest('base64');
}

/** Compares without telling by its duration where two signatures start to differ. */
export function isSameSignature(given: string, expected: string): boolean {
	const givenBytes = Buffer.from(given);
	const expectedBytes = Buffer.from(expected);
	return givenBytes.length === expectedBytes.length && timingSafeEqual(givenBytes, expectedBytes);
}

/**
 * A check that nobody set up is a refusal, never a skip: an HMAC with an empty key is one that anybody can compute.
 * @throws SECRET_MISSING
 */
export function requireSecret(secret: string | undefined): string {
	if (!secret?.trim()) throw new ShopJourneysError('SECRET_MISSING', 'No signing secret is configured, so no delivery can be checked');
	return secret;
}
