/**
 * What happens in a shop, in one language for all shop systems. Adapters turn a delivery into these; `record()`
 * is the one place that takes them.
 */

/** Who did it, as far as the shop tells. Every field is optional; none means unknown. */
export interface CustomerFacts {
	/** The shop's own id, as a string (ids exceed 2^53). */
	shopCustomerId?: string;
	/** The first-party id of tracking.js: a browser, not proof of a person. */
	visitorId?: string;
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
	postcode?: string;
	/** WGS 84, degrees. */
	latitude?: number;
	longitude?: number;
	/** IANA name. */
	timezone?: string;
	/** `YYYY-MM-DD`, or `--MM-DD` where the year is not known. */
	birthday?: string;
	children?: ChildFacts[];
	/** Whether the customer has an account in the shop, as told; guests have none. */
	hasAccount?: boolean;
	/** The shop's own tags, all of them. */
	tags?: string[];
	/** Tags of ours, put on and taken off one by one; they stand beside the shop's. */
	tagsAdded?: string[];
	tagsRemoved?: string[];
	/** Anything else worth keeping (sizes, favourite shop): merged by name, null takes one out. */
	attributes?: Record<string, AttributeValue | null>;
	/** E-mail consent as told by the shop; absent means "nothing was said", which changes nothing. */
	emailConsent?: ConsentFact;
	smsConsent?: ConsentFact;
	whatsappConsent?: ConsentFact;
	pushConsent?: ConsentFact;
}

export type AttributeValue = string | number | boolean;

/** Over which way a message goes. Each has a consent of its own. */
export type MessageChannel = 'email' | 'sms' | 'whatsapp' | 'push';

/** Where the push service of a browser takes messages for it (Push API, RFC 8291). The endpoint is a secret of the browser's. */
export interface PushSubscriptionFacts {
	/** https. */
	endpoint: string;
	/** base64url, as `PushSubscription.toJSON()` gives them. */
	p256dh: string;
	auth: string;
}

export interface ChildFacts {
	name?: string;
	/** `YYYY-MM-DD`. */
	birthday: string;
}

export type ConsentStatus = 'subscribed' | 'unsubscribed' | 'pending';
/** `soft_opt_in`: address given at checkout, where the shop's law and settings allow mailing it about that cart. */
export type ConsentBasis = 'opt_in' | 'double_opt_in' | 'soft_opt_in' | 'unknown';

export interface ConsentFact {
	status: ConsentStatus;
	basis: ConsentBasis;
	/** Journey time. */
	atMs: number;
	/** Where somebody entered it by hand: where it comes from. */
	note?: string;
	/** The words that the customer agreed to, as the form showed them. */
	text?: string;
}

export interface LineItem {
	productId: string;
	variantId?: string;
	sku?: string;
	title: string;
	variantTitle?: string;
	/** What kind of goods it is, where the delivery tells; else the product's own is used. */
	category?: string;
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
	deliveredAtMs?: number;
	paymentStatus?: string;
	fulfilmentStatus?: string;
	/** Placed and to be paid by the customer's own doing (bank transfer, invoice); false once it is not (any more). */
	awaitsPayment?: boolean;
	/** Until when an invoice is to be paid. */
	paymentDueAtMs?: number;
	/** Titles of the goods for which the shop holds the order; [] once it does not. */
	waitsFor?: string[];
	/** The shop's own page of this order. */
	statusUrl?: string;
}

/** What became of goods that come back. */
export interface ReturnFacts {
	returnId: string;
	orderId?: string;
	status: 'requested' | 'approved' | 'declined' | 'received' | 'refunded' | 'closed' | 'cancelled';
	/** The goods are back but the shop does not know where to send the money. */
	needsBankDetails?: boolean;
	/** The shop's form for what is missing. */
	formUrl?: string;
	updatedAtMs: number;
}

/** What a visitor looked at, as tracking.js saw it. */
export interface ViewFacts {
	/** Path of the page, without query and fragment. */
	path?: string;
	title?: string;
	referrer?: string;
	utm?: Record<string, string>;
	productId?: string;
	productTitle?: string;
	category?: string;
	/** What was searched for. */
	query?: string;
	/** How long the page was in view. */
	seconds?: number;
	imageUrl?: string;
	priceMinor?: number;
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

/** An order that arrived, where the shop tells it apart from the order (Shopify's carrier events name it by id only). */
export interface ParcelFacts {
	orderId: string;
	/** Journey time. */
	deliveredAtMs: number;
}

/** Which message of ours, and what was done with it. */
export interface MessageFacts {
	channel: MessageChannel;
	/** The Message-ID, or the provider's own id. */
	messageId?: string;
	/** Where it is booked: an enrolment (or a campaign) and the send key within. */
	enrolment?: string;
	campaign?: string;
	sendKey?: string;
	/** The journey, and its step from 1. */
	journey?: string;
	step?: number;
	variant?: string;
	/** With `message_clicked`: where the link led, and the product or category it showed. */
	url?: string;
	productId?: string;
	category?: string;
	/** A machine did it (a privacy proxy that loads pictures, a scanner that follows links): counted apart, and nobody's interest. */
	isMachine?: boolean;
	/** With `message_bounced`: `hard` is for good. */
	bounce?: 'hard' | 'soft';
	/** The provider's words, or the first words of a reply; never an address. */
	detail?: string;
	/** With `message_bounced` and `message_complained`: the address it is about, where that is told. Compared with the customer's own, and not kept. */
	address?: string;
}

/** How the customer rates an order or a product, by a button in a mail or on its page. */
export interface RatingFacts {
	/** 1 to 5. */
	stars: number;
	comment?: string;
	orderId?: string;
	productId?: string;
}

/** An answer to "how likely is it that you recommend us?" (NPS). */
export interface SurveyFacts {
	/** 0 to 10. */
	score: number;
	topics?: string[];
	comment?: string;
}

/** The customer turned to the shop: a contact form, or a chat that ended. */
export interface ContactFacts {
	way: 'form' | 'chat';
	topic?: string;
	text?: string;
}

/** What became of a customer's points. */
export interface PointsFacts {
	/** What moved; below zero when it was taken away. */
	points: number;
	/** Available right after it. */
	balance: number;
	reference?: string;
	/** The order it comes from, where it does. */
	orderId?: string;
	/** A claw-back's points that were not there, to be taken from later ones. */
	shortfall?: number;
	/** With `tier_reached` and `tier_lost`: the label of the tier reached, or of the one left. */
	tier?: string;
}

/** What the customer wants to hear of, and how often. What is absent stays as it is. */
export interface PreferenceFacts {
	/** Ids of the shop's topics (`ShopSettings.topics`) that interest the customer. */
	topics?: string[];
	/** `less`: at most one marketing message a week on each channel. */
	frequency?: 'all' | 'less';
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
		/** What the shop says it costs when it is not reduced, where that is more. */
		fullPriceMinor?: number;
		imageUrl?: string;
		/** Absent: the shop does not track stock for it. */
		stock?: number;
	}>;
	currency?: string;
	/** Since when the shop has it, where it tells. */
	createdAtMs?: number;
	updatedAtMs: number;
	deleted?: boolean;
	/** Only some of the product was told (one variant's stock): what is absent stays as it is known, other variants included. */
	isPartial?: boolean;
}

/**
 * Every event, its meaning, and which source supplies it. `webhook`: told by the shop; `derived`: worked out from another
 * delivery or by polling its API; `browser`: told by tracking.js, which every shop can carry; a system that is absent cannot
 * supply it. Events without any supply are our own: messages, forms, the Customer node.
 */
export const eventCatalogue = {
	cart_updated: { label: 'Cart Updated', carries: 'cart', supply: { shopify: 'webhook', woocommerce: 'browser', vendure: 'webhook', generic: 'webhook' } },
	checkout_updated: { label: 'Checkout Updated', carries: 'cart', supply: { shopify: 'webhook', woocommerce: 'derived', vendure: 'webhook', generic: 'webhook' } },
	order_placed: { label: 'Order Placed', carries: 'order', supply: { shopify: 'webhook', woocommerce: 'webhook', vendure: 'webhook', generic: 'webhook' } },
	order_updated: { label: 'Order Updated', carries: 'order', supply: { shopify: 'webhook', woocommerce: 'webhook', vendure: 'webhook', generic: 'webhook' } },
	order_paid: { label: 'Order Paid', carries: 'order', supply: { shopify: 'webhook', woocommerce: 'derived', vendure: 'webhook', generic: 'webhook' } },
	order_cancelled: { label: 'Order Cancelled', carries: 'order', supply: { shopify: 'webhook', woocommerce: 'derived', vendure: 'webhook', generic: 'webhook' } },
	order_fulfilled: { label: 'Order Fulfilled', carries: 'order', supply: { shopify: 'webhook', woocommerce: 'derived', vendure: 'webhook', generic: 'webhook' } },
	order_delivered: { label: 'Order Delivered', carries: 'order', supply: { shopify: 'webhook', vendure: 'webhook', generic: 'webhook' } },
	order_held: { label: 'Order Held for Goods', carries: 'order', supply: { generic: 'webhook' } },
	order_awaiting_payment: { label: 'Order Awaiting Payment', carries: 'order', supply: { shopify: 'derived', woocommerce: 'derived', vendure: 'derived', generic: 'derived' } },
	order_refunded: { label: 'Order Refunded', carries: 'order', supply: { shopify: 'webhook', woocommerce: 'derived', vendure: 'webhook', generic: 'webhook' } },
	return_updated: { label: 'Return Updated', carries: 'return', supply: { shopify: 'webhook', generic: 'webhook' } },
	customer_created: { label: 'Account Created', carries: 'customer', supply: { shopify: 'webhook', woocommerce: 'webhook', vendure: 'derived', generic: 'webhook' } },
	customer_updated: { label: 'Customer Updated', carries: 'customer', supply: { shopify: 'webhook', woocommerce: 'webhook', vendure: 'webhook', generic: 'webhook' } },
	consent_changed: { label: 'Consent Changed', carries: 'customer', supply: { shopify: 'webhook', generic: 'webhook' } },
	subscribed: { label: 'Subscribed', carries: 'customer', supply: { shopify: 'derived', woocommerce: 'derived', generic: 'derived' } },
	/** A subscription to e-mail waits for its confirmation, and the customer is to be asked for it: double opt-in. */
	opt_in_requested: { label: 'Opt-In Requested', carries: 'customer', supply: {} },
	customers_merged: { label: 'Customers Merged', carries: 'customer', supply: { shopify: 'webhook', generic: 'webhook' } },
	customer_erased: { label: 'Customer Erased', carries: 'customer', supply: { shopify: 'webhook', woocommerce: 'webhook', vendure: 'webhook', generic: 'webhook' } },
	data_requested: { label: 'Customer Asked for Their Data', carries: 'customer', supply: { shopify: 'webhook', generic: 'webhook' } },
	product_updated: { label: 'Product Updated', carries: 'product', supply: { shopify: 'webhook', woocommerce: 'webhook', vendure: 'webhook', generic: 'webhook' } },
	product_deleted: { label: 'Product Deleted', carries: 'product', supply: { shopify: 'webhook', woocommerce: 'webhook', vendure: 'webhook', generic: 'webhook' } },
	product_restocked: { label: 'Product Back in Stock', carries: 'product', supply: { shopify: 'derived', woocommerce: 'derived', vendure: 'derived', generic: 'derived' } },
	restock_requested: { label: 'Asked to Be Told When Back in Stock', carries: 'product', supply: { generic: 'webhook' } },
	page_viewed: { label: 'Page Viewed', carries: 'view', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	product_viewed: { label: 'Product Viewed', carries: 'view', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	category_viewed: { label: 'Category Viewed', carries: 'view', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	searched: { label: 'Searched', carries: 'view', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	/** A visit begins: the first event after half an hour of silence. */
	visited: { label: 'Visit Started', carries: 'view', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	/** How long something was in view, told when the page is left. Same fields as the view it belongs to, with `seconds`. */
	dwelled: { label: 'Looked at for a While', carries: 'view', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	/** `shopJourneys.identify(...)`: a browser says whose it is. Grants no consent. */
	identified: { label: 'Visitor Identified', carries: 'customer', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	/** Anything of the shop's own, by its name: see `ShopEvent.custom`. */
	custom: { label: 'Custom Event', carries: 'customer', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'webhook' } },
	message_sent: { label: 'Message Sent', carries: 'message', supply: {} },
	message_not_sent: { label: 'Message Not Sent', carries: 'message', supply: {} },
	message_opened: { label: 'Message Opened', carries: 'message', supply: {} },
	message_clicked: { label: 'Message Clicked', carries: 'message', supply: {} },
	/** The receiving server took it. */
	message_delivered: { label: 'Message Delivered', carries: 'message', supply: {} },
	message_bounced: { label: 'Message Bounced', carries: 'message', supply: {} },
	/** The recipient marked it as spam. */
	message_complained: { label: 'Message Marked as Spam', carries: 'message', supply: {} },
	message_replied: { label: 'Message Replied To', carries: 'message', supply: {} },
	/** See `ShopEvent.rating`, `survey`, `contact`, `preferences`, `push`. */
	rated: { label: 'Order or Product Rated', carries: 'order', supply: {} },
	surveyed: { label: 'Survey Answered', carries: 'customer', supply: {} },
	contacted: { label: 'Contact Form Sent or Chat Closed', carries: 'customer', supply: {} },
	preferences_changed: { label: 'Preferences Changed', carries: 'customer', supply: {} },
	push_subscribed: { label: 'Web Push Allowed', carries: 'customer', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	/** The browser took it back, or its push service no longer knows it. */
	push_unsubscribed: { label: 'Web Push Ended', carries: 'customer', supply: { shopify: 'browser', woocommerce: 'browser', vendure: 'browser', generic: 'browser' } },
	/** A ledger of points changed: see `ShopEvent.points`. Told by whatever changes it: an order, a refund, the Loyalty Points node, the sweep of what fell due. */
	points_earned: { label: 'Points Earned', carries: 'customer', supply: {} },
	/** Earned points that had to wait can be spent now. */
	points_available: { label: 'Pending Points Became Available', carries: 'customer', supply: {} },
	points_redeemed: { label: 'Points Redeemed', carries: 'customer', supply: {} },
	/** By a refund: redeemed points came back, and earned ones were taken away. */
	points_given_back: { label: 'Points Given Back', carries: 'customer', supply: {} },
	points_clawed_back: { label: 'Points Clawed Back', carries: 'customer', supply: {} },
	points_adjusted: { label: 'Points Adjusted by Hand', carries: 'customer', supply: {} },
	points_expired: { label: 'Points Expired', carries: 'customer', supply: {} },
	tier_reached: { label: 'Tier Reached', carries: 'customer', supply: {} },
	tier_lost: { label: 'Tier Lost', carries: 'customer', supply: {} },
	/** An order was placed with a discount code that was issued by us. */
	code_redeemed: { label: 'Discount Code Used', carries: 'order', supply: {} },
	cart_answered: { label: 'Cart Question Answered', carries: 'customer', supply: {} },
	unsubscribed: { label: 'Unsubscribed', carries: 'customer', supply: {} },
	/** By hand, on the Customer node: no message may reach the customer any more, or may again. */
	blocked: { label: 'Blocked', carries: 'customer', supply: {} },
	unblocked: { label: 'Unblocked', carries: 'customer', supply: {} },
} as const satisfies Record<string, { label: string; carries: EventCarries; supply: Partial<Record<string, Supply>> }>;

export type EventCarries = 'cart' | 'order' | 'return' | 'customer' | 'product' | 'view' | 'message';
export type Supply = 'webhook' | 'derived' | 'browser';

export type EventType = keyof typeof eventCatalogue;

/** One thing that happened. */
export interface ShopEvent {
	type: EventType;
	/**
	 * Recognises the same delivery again: unique per delivery, stable over the shop's retries. Recorded once.
	 * At most 200 characters.
	 */
	dedupeId: string;
	/** Where the delivery's signature covers none of its content: the signed token, good for one event. At most 200 characters. */
	signedToken?: string;
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
	/** With `order_delivered`; `order` is absent then where the shop does not send it along: customer and order are those of its id. */
	parcel?: ParcelFacts;
	product?: ProductFacts;
	/** With `return_updated`. */
	return?: ReturnFacts;
	/** With events of tracking.js. */
	view?: ViewFacts;
	/** With `custom`. */
	custom?: { name: string; data?: Record<string, AttributeValue> };
	/** With `customers_merged`: the shop's ids that are one customer from now on; `customer` is the one that stays. */
	mergedShopCustomerIds?: string[];
	/** With `restock_requested`: the variant, when only that one will do. `product` names the product. */
	variantId?: string;
	/** Comes from a history import: recorded, but enrols nobody. */
	isHistory?: boolean;
	/** With `blocked` and `unblocked`: why, in the operator's words. */
	note?: string;
	/** With message events; with `unsubscribed` the channel it is for (by default e-mail); with answers the message that asked. */
	message?: MessageFacts;
	/** With `rated`; `customerId` names who. */
	rating?: RatingFacts;
	/** With `surveyed`. */
	survey?: SurveyFacts;
	/** With `contacted`. */
	contact?: ContactFacts;
	/** With `preferences_changed`; a language comes in `customer.locale`, channels as consents. */
	preferences?: PreferenceFacts;
	/** With `push_subscribed` and `push_unsubscribed`. */
	push?: PushSubscriptionFacts;
	/** With the events of points and tiers. */
	points?: PointsFacts;
	/** With `cart_answered`: why the customer did not order. */
	answer?: { reason: string; comment?: string };
}

/** Which order an event speaks of, besides that of a return. */
export function orderIdOf({ order, refund, parcel, points }: ShopEvent): string | undefined {
	return order?.orderId ?? refund?.orderId ?? parcel?.orderId ?? points?.orderId;
}
