import { createHash } from 'node:crypto';
import { ShopJourneysError } from '../../model/errors';
import type { EventType, ShopEvent } from '../../model/events';
import type { Delivery, NormaliseContext } from '../adapter';
import { parseExactJson } from '../exact-json';
import { Fields, parseTimeMs } from '../fields';
import { hmacSha256Base64, isSameSignature, requireSecret } from '../signatures';

export const shopifyId = 'shopify';

/** Shopify's older headers begin with `X-Shopify-`, those of its newer events with `Shopify-`. */
function header(delivery: Delivery, name: string): string | undefined {
	return delivery.headers[`x-shopify-${name}`] ?? delivery.headers[`shopify-${name}`];
}

/**
 * Base64 HMAC-SHA256 over the body with the app's client secret
 * (https://shopify.dev/docs/apps/build/webhooks/subscribe/https).
 * @throws SIGNATURE_INVALID, SECRET_MISSING
 */
export function verifyShopify(delivery: Delivery, secret: string): void {
	const key = requireSecret(secret);
	const signature = header(delivery, 'hmac-sha256');
	if (!signature) throw new ShopJourneysError('SIGNATURE_INVALID', 'The delivery is not signed: the header X-Shopify-Hmac-Sha256 is required');
	if (!isSameSignature(signature, hmacSha256Base64(key, delivery.rawBody))) {
		throw new ShopJourneysError('SIGNATURE_INVALID', 'The signature does not match the body');
	}
}

/** @throws PAYLOAD_INVALID when the header is missing */
export function topicOf(delivery: Delivery): string {
	const topic = header(delivery, 'topic')?.trim().toLowerCase();
	if (!topic) throw new ShopJourneysError('PAYLOAD_INVALID', 'The header X-Shopify-Topic is missing');
	return topic;
}

/** A verified delivery of a topic that we read. */
export interface ShopifyDelivery {
	topic: string;
	body: Fields;
	context: NormaliseContext;
	/**
	 * When Shopify sent it off (wall clock), the same on every retry; when it was received, if that is not told or
	 * claims to lie in the future. Not signed: only for what carries no time of its own.
	 */
	triggeredAtMs: number;
	/** Starts an event of this delivery. */
	event(type: EventType, occurredAtMs: number): ShopEvent;
	/**
	 * Starts an event that happens once to this thing (an order is placed once), whichever and however many deliveries
	 * tell of it: with `orders/create` of a paid order and `orders/paid` it is paid once.
	 */
	onceEvent(type: EventType, thing: string, occurredAtMs: number): ShopEvent;
}

/**
 * @throws PAYLOAD_INVALID when the body is no JSON object
 */
export function readDelivery(delivery: Delivery, topic: string, context: NormaliseContext): ShopifyDelivery {
	const body = Fields.ofBody(parseExactJson(delivery.rawBody));
	const triggered = parseTimeMs(header(delivery, 'triggered-at') ?? '');
	const triggeredAtMs = Math.min(triggered ?? delivery.receivedAtMs, delivery.receivedAtMs);
	const sequence = triggered === undefined ? {} : { sequenceMs: context.toJourneyMs(triggeredAtMs) };
	const dedupeId = deliveryKey(delivery, topic);
	const start = (type: EventType, id: string, occurredAtMs: number): ShopEvent => ({ type, dedupeId: id, occurredAtMs, ...sequence, source: shopifyId });
	return {
		topic,
		body,
		context,
		triggeredAtMs,
		event: (type, occurredAtMs) => start(type, dedupeId, occurredAtMs),
		onceEvent: (type, thing, occurredAtMs) => start(type, `${shopifyId}:${thing}:${type}`, occurredAtMs),
	};
}

/** "gid://shopify/Order/123" is the order that webhooks call 123. */
export function idOfGlobalId(globalId: string | undefined, kind: string): string | undefined {
	return new RegExp(`^gid://shopify/${kind}/(\\d{1,30})(?:\\?|$)`).exec(globalId ?? '')?.[1];
}

/**
 * The same for a retry, which repeats id and body, and for nothing else. The id alone would not do: it is not
 * signed, so whoever holds one genuine delivery could spend the id of another before that arrives. (Nor would
 * X-Shopify-Event-Id, which all topics of one merchant action share.)
 */
function deliveryKey(delivery: Delivery, topic: string): string {
	const hash = createHash('sha256');
	hash.update(`${header(delivery, 'webhook-id') ?? ''}\n${topic}\n`).update(delivery.rawBody);
	return `${shopifyId}:${hash.digest('base64url')}`;
}

export interface Shape {
	/** The type in `admin_graphql_api_id`, where that is sent. */
	kind?: string;
	/** Fields that every body of this topic has, be they null. */
	has?: readonly string[];
	/** Fields that tell another topic's body. */
	hasNot?: readonly string[];
}

/**
 * The topic stands in a header that is not signed: a genuine body of one topic could be sent on as another.
 * @throws PAYLOAD_INVALID when the body is not one of this topic
 */
export function expectShape({ body, topic }: ShopifyDelivery, { kind, has = [], hasNot = [] }: Shape): void {
	const globalId = body.text('admin_graphql_api_id');
	if (globalId && !globalId.startsWith(`gid://shopify/${kind}/`)) {
		throw body.wrong('admin_graphql_api_id', `does not fit the topic ${topic}`);
	}
	const missing = has.find((name) => !body.isSent(name));
	if (missing) throw body.wrong(missing, `is missing: the body does not fit the topic ${topic}`);
	const foreign = hasNot.find((name) => body.isSent(name));
	if (foreign) throw body.wrong(foreign, `does not belong here: the body does not fit the topic ${topic}`);
}
