import type { ProductFacts, ShopEvent } from '../model/events';
import type { DiscountTerms } from '../model/records';
import type { NormaliseContext } from './adapter';

/**
 * A shop's own API, for what deliveries cannot do: registering them, the history before them, and what they missed.
 * Nothing here knows n8n: requests go through `ShopHttp`, which lib/n8n makes from n8n's helpers.
 */

export interface HttpRequest {
	method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	/** Absolute. */
	url: string;
	query?: Record<string, string | number>;
	headers?: Record<string, string>;
	/** Sent as JSON. */
	body?: unknown;
}

export interface HttpResponse {
	status: number;
	/** Names in lower case. */
	headers: Record<string, string | undefined>;
	/** Parsed JSON, with ids beyond 2^53 kept exactly (as text); the raw text where it is no JSON. */
	body: unknown;
}

/**
 * Sends one request and answers with any status.
 * @throws SHOP_UNREACHABLE when there was no answer
 */
export type ShopHttp = (request: HttpRequest) => Promise<HttpResponse>;

/** What an adapter's API needs: its credential's fields, and time to wait in. */
export interface ShopApiContext {
	http: ShopHttp;
	/** The fields of the adapter's n8n credential. Never logged. */
	credential: Record<string, unknown>;
	/** Machine time. */
	nowMs(): number;
	/** Waits, machine time: for rate limits. */
	sleep(ms: number): Promise<void>;
}

/** What a history or a reconciliation goes through, in this order: customers first, so that orders find them. */
export const historyKinds = ['customers', 'products', 'orders'] as const;
export type HistoryKind = (typeof historyKinds)[number];

export interface HistoryPage {
	events: ShopEvent[];
	/** Where to go on; null when this kind is through. Opaque, at most 2,000 characters, good for weeks. */
	cursor: string | null;
	/** How many there are in all, where the shop tells. */
	total?: number;
	/** Entries that could not be read, each in a sentence that names it. */
	refused?: string[];
}

export interface Registration {
	/** Topics that the shop now delivers to us. */
	topics: string[];
	/** What the shop would not let us have and what to do about it, in plain words: shown in the editor. */
	problems: string[];
}

/** A code to be made in the shop, good for one order. */
export interface ShopDiscount {
	code: string;
	/** Kept beside it, where `find` tells it again. Customers do not see it. */
	mark: string;
	terms: DiscountTerms;
	onlyFor?: { shopCustomerId?: string; email?: string };
	/** Wall clock. */
	startsAtMs: number;
	endsAtMs?: number;
}

export interface FoundDiscount {
	/** The shop's own id. */
	id: string;
	mark: string;
	isUsed: boolean;
	/** Not switched off and not over. */
	isActive: boolean;
}

/** The shop's own discount codes. All of these throw SHOP_REFUSED (with what to do) and SHOP_UNREACHABLE. */
export interface DiscountApi {
	/**
	 * Makes the code, never over one that is there.
	 * @returns `taken` where the shop has such a code already, whoever made it
	 * @throws PARAMETER_INVALID where the shop has no such discount
	 */
	create(context: ShopApiContext, discount: ShopDiscount): Promise<'created' | 'taken'>;
	/** Looks the code up, upper and lower case alike; null where there is none. */
	find(context: ShopApiContext, code: string): Promise<FoundDiscount | null>;
	/** Makes what `find` found unusable. What is gone already is no error. */
	deactivate(context: ShopApiContext, id: string): Promise<void>;
}

export interface ShopApi {
	/**
	 * Makes the shop deliver its topics to `address`, signed with `secret` where the shop takes one. Idempotent: what is
	 * there already stays, what was disabled is enabled again, what leads to an older address of ours is moved.
	 * @throws SHOP_REFUSED when nothing at all could be registered, SHOP_UNREACHABLE
	 */
	register(context: ShopApiContext, options: { address: string; secret: string }): Promise<Registration>;
	/** Takes away what leads to `address`. What is gone already is no error. */
	unregister(context: ShopApiContext, options: { address: string }): Promise<void>;
	/**
	 * One page of what the shop knows, as events with `isHistory` unset; `dedupeId`s are stable over repetitions and tell states of the same thing apart.
	 * @param options.sinceMs only what changed since then (wall clock); absent: everything
	 * @throws SHOP_REFUSED (with what to do: a scope to grant), SHOP_UNREACHABLE
	 */
	history(context: ShopApiContext, kind: HistoryKind, options: { sinceMs?: number; cursor: string | null; normalise: NormaliseContext }): Promise<HistoryPage>;
	/**
	 * Products as the shop has them at this moment, for what must be true when a message leaves. What it has no more comes as deleted.
	 * @throws SHOP_REFUSED, SHOP_UNREACHABLE
	 */
	products?(context: ShopApiContext, ids: string[], normalise: NormaliseContext): Promise<ProductFacts[]>;
	/** Where the shop lets codes be made through its API. */
	discounts?: DiscountApi;
}
