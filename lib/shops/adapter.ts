import type { ShopEvent } from '../model/events';
import type { ShopApi } from './api';

/** One HTTP delivery as it came in. Signatures are over `rawBody`, never over a re-serialised body. */
export interface Delivery {
	/** Names in lower case. */
	headers: Record<string, string | undefined>;
	rawBody: Buffer;
	/** Machine time. */
	receivedAtMs: number;
}

export interface NormaliseContext {
	/** The shop's timestamps (wall clock) as journey time. */
	toJourneyMs(wallMs: number): number;
	/** ISO 4217: for payloads that carry none (Shopify carts). */
	currency: string;
	/** The shop's address without a trailing slash, to build links from; may be empty. */
	shopUrl: string;
}

export interface Normalised {
	events: ShopEvent[];
	/** Why nothing is recorded though the delivery is genuine: an unknown topic, a ping. A short sentence. */
	ignored?: string;
}

/** One shop system. A new one is one folder beside these and one entry in `registry.ts`. */
export interface ShopAdapter {
	/** Stored as `source` of events and chosen in the editor. */
	id: string;
	label: string;
	/**
	 * n8n credential type, and the field of it that holds the signing secret. Without a field the secret is one that the
	 * installation makes up for this shop and hands to it on registration.
	 */
	credential: { type: string; secretField?: string };
	/**
	 * Whether the delivery is a shop's unsigned knock that asks only whether somebody is there. It is answered with 200 before
	 * anything is verified, and nothing is recorded: it must not say anything that could be.
	 */
	isPing?(delivery: Delivery): boolean;
	/**
	 * Returns when the delivery is genuine.
	 * @throws SIGNATURE_INVALID, SECRET_MISSING (empty secret)
	 */
	verify(delivery: Delivery, secret: string): void;
	/**
	 * Reads a verified delivery. Pure.
	 * @throws PAYLOAD_INVALID with the field that is wrong
	 */
	normalise(delivery: Delivery, context: NormaliseContext): Normalised;
	/** A link to the same page of the shop that puts a discount code to use by itself. Absent where the shop documents none. Pure. */
	discountLink?(url: string, code: string): string;
	/** Absent: the shop has no API of its own that we use, and its webhooks are set up by hand. */
	api?: ShopApi;
}
