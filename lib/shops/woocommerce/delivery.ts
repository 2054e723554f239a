import { createHash } from 'node:crypto';
import { dayMs } from '../../model/clock';
import { ShopJourneysError } from '../../model/errors';
import type { EventType, ShopEvent } from '../../model/events';
import type { Delivery, NormaliseContext } from '../adapter';
import { Fields } from '../fields';
import { hmacSha256Base64, isSameSignature, requireSecret } from '../signatures';

export const woocommerceId = 'woocommerce';

/**
 * Base64 HMAC-SHA256 over the body with the webhook's secret
 * (https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks).
 * @throws SIGNATURE_INVALID, SECRET_MISSING
 */
export function verifyWooCommerce(delivery: Delivery, secret: string): void {
	const key = requireSecret(secret);
	const signature = delivery.headers['x-wc-webhook-signature'];
	if (!signature) throw new ShopJourneysError('SIGNATURE_INVALID', 'The delivery is not signed: the header X-WC-Webhook-Signature is required');
	if (!isSameSignature(signature, hmacSha256Base64(key, delivery.rawBody))) {
		throw new ShopJourneysError('SIGNATURE_INVALID', 'The signature does not match the body', { hint: 'Publish the workflow again: that gives the shop the secret that its webhooks are checked with.' });
	}
}

/** On making a webhook WooCommerce sends `webhook_id=5`, as a form and unsigned, and wants to hear 200. It says nothing, so nothing is lost by believing it. */
export function isWooCommercePing({ headers, rawBody }: Delivery): boolean {
	return headers['x-wc-webhook-signature'] === undefined && rawBody.length <= 40 && /^webhook_id=\d+$/.test(rawBody.toString('latin1').trim());
}

/** @throws PAYLOAD_INVALID when the header is missing */
export function topicOf(delivery: Delivery): string {
	const topic = delivery.headers['x-wc-webhook-topic']?.trim().toLowerCase();
	if (!topic) throw new ShopJourneysError('PAYLOAD_INVALID', 'The header X-WC-Webhook-Topic is missing');
	return topic;
}

/**
 * How long an event that happens once to a thing may lie back at the change that tells of it. Every later change of an
 * order tells of its payment again: what lies further back was told before, and may be forgotten by whoever remembers
 * deliveries (a week).
 */
const retellMs = 6 * dayMs;

/** A resource of the REST API, from a verified delivery or from the API itself: the two look the same. */
export interface Resource {
	body: Fields;
	context: NormaliseContext;
	/** When it was read, wall clock: what puts states of the same second in order, since a body is built when it is sent. */
	readAtMs: number;
	/** With history: events from then on are told, however far they lie back (wall clock; -Infinity for all). */
	sinceMs?: number;
}

/** An event that tells of a state: recognised by what it says, since delivery ids of WooCommerce collide within a second. */
export function stateEvent({ context, readAtMs }: Resource, type: EventType, thing: string, occurredAtMs: number, facts: Pick<ShopEvent, 'customer' | 'cart' | 'order' | 'product'>): ShopEvent {
	const state = createHash('sha256').update(JSON.stringify([type, facts])).digest('base64url');
	return { type, dedupeId: `${woocommerceId}:${thing}:${state}`, occurredAtMs, sequenceMs: context.toJourneyMs(readAtMs), source: woocommerceId, ...facts };
}

/** An event that happens once to a thing (an order is paid once), whichever and however many deliveries tell of it. */
export function onceEvent({ context, readAtMs }: Resource, type: EventType, thing: string, occurredAtMs: number, facts: Pick<ShopEvent, 'customer' | 'order' | 'refund' | 'product'>): ShopEvent {
	return { type, dedupeId: `${woocommerceId}:${thing}:${type}`, occurredAtMs, sequenceMs: context.toJourneyMs(readAtMs), source: woocommerceId, ...facts };
}

/** Whether something that happened at `atMs` is to be told by a resource last changed at `changedAtMs` (both wall clock). */
export function isToBeTold({ sinceMs }: Resource, atMs: number, changedAtMs: number): boolean {
	return atMs >= (sinceMs ?? changedAtMs - retellMs);
}
