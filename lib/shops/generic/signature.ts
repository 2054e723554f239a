import { createSecretKey, type KeyObject } from 'node:crypto';
import { ShopJourneysError } from '../../model/errors';
import type { Delivery } from '../adapter';
import { hmacSha256Base64, isSameSignature, requireSecret } from '../signatures';

/**
 * Standard Webhooks (https://www.standardwebhooks.com) under header names of our own: the id and the time are
 * signed along with the body, so neither can be changed, and an old delivery cannot be played again.
 */
export const genericHeaders = {
	id: 'x-shop-journeys-id',
	timestamp: 'x-shop-journeys-timestamp',
	signature: 'x-shop-journeys-signature',
} as const;

/** As the specification recommends; in both directions, for shops whose clock is ahead. */
const toleranceMs = 5 * 60 * 1000;
/** Longer ids would not fit into a dedupeId. */
const longestId = 150;

/** Keys by secret. Making one of bytes costs Node.js many times what the HMAC of a delivery does. */
const keys = new Map<string, KeyObject>();
/** An installation has one secret per shop. */
const mostKeys = 100;

/** The key: base64 after `whsec_`, or the bytes of the secret as they are. */
function keyOf(secret: string): KeyObject {
	let key = keys.get(secret);
	if (!key) {
		const text = requireSecret(secret).trim();
		const bytes = text.startsWith('whsec_') ? Buffer.from(text.slice('whsec_'.length), 'base64') : Buffer.from(text);
		if (bytes.length === 0) throw new ShopJourneysError('SECRET_MISSING', 'The signing secret has nothing after "whsec_"');
		key = createSecretKey(bytes);
		if (keys.size >= mostKeys) keys.clear();
		keys.set(secret, key);
	}
	return key;
}

export interface GenericSigning {
	/** Unique per delivery and the same when it is sent again. */
	id: string;
	/** Machine time at which it is sent. */
	sentAtMs: number;
	/** The very bytes that go over the wire. */
	body: string | Buffer;
	secret: string;
}

/**
 * The three headers of a delivery to the generic shop: what a shop, the demo and the tests send.
 * @throws SECRET_MISSING
 */
export function signGeneric({ id, sentAtMs, body, secret }: GenericSigning): Record<(typeof genericHeaders)[keyof typeof genericHeaders], string> {
	const timestamp = String(Math.floor(sentAtMs / 1000));
	return {
		[genericHeaders.id]: id,
		[genericHeaders.timestamp]: timestamp,
		[genericHeaders.signature]: `v1,${hmacSha256Base64(keyOf(secret), `${id}.${timestamp}.`, body)}`,
	} as ReturnType<typeof signGeneric>;
}

/** Under which names id, time and signatures stand: there are several. */
export type StandardHeaders = Record<'id' | 'timestamp' | 'signature', string>;

/**
 * Several signatures may stand side by side, separated by spaces, while a shop changes its secret.
 * @throws SIGNATURE_INVALID, SECRET_MISSING
 */
export function verifyGeneric(delivery: Delivery, secret: string): void {
	verifyStandard(delivery, secret, genericHeaders);
}

/** As `verifyGeneric`, under other header names. @throws SIGNATURE_INVALID, SECRET_MISSING */
export function verifyStandard({ headers, rawBody, receivedAtMs }: Delivery, secret: string, names: StandardHeaders): void {
	const key = keyOf(secret);
	const id = headers[names.id];
	const timestamp = headers[names.timestamp];
	const signatures = headers[names.signature];
	if (!id || !timestamp || !signatures) {
		throw new ShopJourneysError('SIGNATURE_INVALID', `The delivery is not signed: the headers ${Object.values(names).join(', ')} are required`);
	}
	if (id.length > longestId) throw new ShopJourneysError('SIGNATURE_INVALID', `The header ${names.id} is longer than ${longestId} characters`);
	if (!/^\d{1,12}$/.test(timestamp)) {
		throw new ShopJourneysError('SIGNATURE_INVALID', `The header ${names.timestamp} has to be whole seconds since 1970`);
	}
	if (Math.abs(receivedAtMs - Number(timestamp) * 1000) > toleranceMs) {
		throw new ShopJourneysError('SIGNATURE_INVALID', 'The delivery was signed more than five minutes away from now', {
			hint: 'Sign each attempt anew, and check that the clocks of shop and n8n are right.',
		});
	}
	const expected = `v1,${hmacSha256Base64(key, `${id}.${timestamp}.`, rawBody)}`;
	if (!signatures.split(' ').some((signature) => isSameSignature(signature, expected))) {
		throw new ShopJourneysError('SIGNATURE_INVALID', 'The signature does not match the delivery');
	}
}
