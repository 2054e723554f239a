/**
 * What happens in a shop, in one language for all shop systems. Adapters turn a delivery into these; `record()`
 * is the one place that takes them.
 */

/** Who did it, as far as the shop tells. Every field is optional; none means unknown. */
export interface CustomerFacts {
	/** The shop's own id, as a string (ids exceed 2^53). */
	shopCustomerId?: string;
	email?: string;
	/** As the shop sends it; normalised to E.164 on recording. */
	phone?: string;
	firstName?: string;
	lastName?: string;
	/** BCP 47. */
	locale?: string;
	/** ISO 3166 alpha-2. */
	country?: string;
	city?: string;
	/** IANA name. */
	timezone?: string;
	tags?: string[];
	/** E-mail consent as told by the shop; absent means "nothing was said", which changes nothing. */
	emailConsent?: ConsentFact;
	smsConsent?: ConsentFact;
}

export type ConsentStatus = 'subscribed' | 'unsubscribed' | 'pending';
/** `soft_opt_in`: address given at checkout, where the shop's law and settings allow mailing it about that cart. */
export type ConsentBasis = 'opt_in' | 'double_opt_in' | 'soft_opt_in' | 'unknown';

export interface ConsentFact {
	status: ConsentStatus;
	basis: ConsentBasis;
	/** Journey time. */
	atMs: number;
}

export interface LineItem {
	productId: string;
	variantId?: string;
	sku?: string;
	title: string;
	variantTitle?: string;
	quantity: number;
	/** Price of one, after line discounts. */
	unitPriceMinor: number;
	/** Price of one before discounts, when it differs. */
	fullPriceMinor?: number;
	/** Absolute https (or loopback http) URL. */
	imageUrl?: string;
	url?: string;
}

/** The whole cart as it stands after the event; `items: []` is an emptied cart. */
export interface CartFacts {
	/** The shop's cart token. Absent when a checkout was started without a cart. */
	cartToken?: string;
	checkoutToken?: string;
	/** `checkout` once the customer has started to check out. */
	stage: 'cart' | 'checkout';
	items: LineItem[];
	/** Absent where the shop does not say (Shopify carts): the shop's own currency is used. */
	currency?: string;
	totalMinor?: number;
	/** The shop's link that brings this cart back. */
	recoveryUrl?: string;
	/** Journey time of the change, from the shop's own timestamp: what staleness is judged by. */
	updatedAtMs: number;
	/** The checkout was completed or deleted in the shop. */
	closed?: 'completed' | 'deleted';
	/** The shop says that the address may be mailed about this cart (opt-in ticked at checkout). */
	acceptsMarketing?: boolean;
}

export interface OrderFacts {
	orderId: string;
	/** What the customer calls it, e.g. "#1001". */
	number?: string;
	cartToken?: string;
	checkoutToken?: string;
	items: LineItem[];
	currency: string;
	totalMinor: number;
	refundedMinor?: number;
	discountCodes?: string[];
	/** Journey times. */
	placedAtMs: number;
	updatedAtMs: number;
	paidAtMs?: number;
	cancelledAtMs?: number;
	fulfilledAtMs?: number;
	paymentStatus?: string;
	fulfilmentStatus?: string;
}

/** One refund, where the shop tells it apart from its order (Shopify's refunds/create names the order by id only). */
export interface RefundFacts {
	orderId: string;
	refundId: string;
	/** What this refund paid back: add nothing up, `OrderFacts.refundedMinor` of a later update is the total. */
	amountMinor: number;
	/** The currency it was paid back in, which may not be the order's. */
	currency: string;
	/** What was given back, as far as the shop says. */
	items: LineItem[];
}

export interface ProductFacts {
	productId: string;
	title?: string;
	url?: string;
	imageUrl?: string;
	tags?: string[];
	category?: string;
	vendor?: string;
	variants?: Array<{
		variantId: string;
		sku?: string;
		title?: string;
		priceMinor?: number;
		imageUrl?: string;
		/** Absent: the shop does not track stock for it. */
		stock?: number;
	}>;
	currency?: string;
	updatedAtMs: number;
	deleted?: boolean;
}

/**
 * Every event, its meaning, and which shop supplies it. `webhook`: told by the shop; `derived`: worked out from
 * another delivery; a system that is absent cannot supply it.
 */
export const eventCatalogue = {
	cart_updated: { label: 'Cart Updated', carries: 'cart', supply: { shopify: 'webhook', generic: 'webhook' } },
	checkout_updated: { label: 'Checkout Updated', carries: 'cart', supply: { shopify: 'webhook', generic: 'webhook' } },
	order_placed: { label: 'Order Placed', carries: 'order', supply: { shopify: 'webhook', generic: 'webhook' } },
	order_updated: { label: 'Order Updated', carries: 'order', supply: { shopify: 'webhook', generic: 'webhook' } },
	order_paid: { label: 'Order Paid', carries: 'order', supply: { shopify: 'webhook', generic: 'webhook' } },
	order_cancelled: { label: 'Order Cancelled', carries: 'order', supply: { shopify: 'webhook', generic: 'webhook' } },
	order_fulfilled: { label: 'Order Fulfilled', carries: 'order', supply: { shopify: 'webhook', generic: 'webhook' } },
	order_refunded: { label: 'Order Refunded', carries: 'order', supply: { shopify: 'webhook', generic: 'webhook' } },
	customer_updated: { label: 'Customer Updated', carries: 'customer', supply: { shopify: 'webhook', generic: 'webhook' } },
	consent_changed: { label: 'Consent Changed', carries: 'customer', supply: { shopify: 'webhook', generic: 'webhook' } },
	customer_erased: { label: 'Customer Erased', carries: 'customer', supply: { shopify: 'webhook', generic: 'webhook' } },
	product_updated: { label: 'Product Updated', carries: 'product', supply: { shopify: 'webhook', generic: 'webhook' } },
	product_deleted: { label: 'Product Deleted', carries: 'product', supply: { shopify: 'webhook', generic: 'webhook' } },
	message_sent: { label: 'Message Sent', carries: 'message', supply: {} },
	message_not_sent: { label: 'Message Not Sent', carries: 'message', supply: {} },
	cart_answered: { label: 'Cart Question Answered', carries: 'customer', supply: {} },
	unsubscribed: { label: 'Unsubscribed', carries: 'customer', supply: {} },
} as const satisfies Record<string, { label: string; carries: 'cart' | 'order' | 'customer' | 'product' | 'message'; supply: Partial<Record<string, 'webhook' | 'derived'>> }>;

export type EventType = keyof typeof eventCatalogue;

/** One thing that happened. */
export interface ShopEvent {
	type: EventType;
	/**
	 * Recognises the same delivery again: unique per delivery, stable over the shop's retries. Recorded once.
	 * At most 200 characters.
	 */
	dedupeId: string;
	/** Journey time at which it happened in the shop. */
	occurredAtMs: number;
	/** Orders changes with the same shop timestamp (Shopify's has whole seconds): the later tie wins. */
	sequenceMs?: number;
	/** Which adapter told us. */
	source: string;
	/** The canonical customer, where a link of ours already names it; else found by `customer`. */
	customerId?: string;
	customer?: CustomerFacts;
	cart?: CartFacts;
	order?: OrderFacts;
	/** With `order_refunded`; `order` is absent then where the shop does not send it along. */
	refund?: RefundFacts;
	product?: ProductFacts;
	/** With `cart_answered`: why the customer did not order. */
	answer?: { reason: string; comment?: string };
}
