import type { Condition } from './conditions';
import type { AttributeValue, CartFacts, ChildFacts, ConsentBasis, ConsentStatus, EventType, LineItem, MessageChannel, OrderFacts, PreferenceFacts, ProductFacts, PushSubscriptionFacts, ReturnFacts, ViewFacts } from './events';

/** The documents kept in a shop's store, and their keys. All times are journey time unless said otherwise. */

export interface ConsentRecord {
	status: ConsentStatus;
	basis: ConsentBasis;
	/** Which adapter or page told us. */
	source: string;
	atMs: number;
	/** Where somebody entered it by hand: where it comes from. */
	note?: string;
	/** The words that the customer agreed to. */
	text?: string;
}

export interface CustomerRecord {
	id: string;
	createdAtMs: number;
	/** The newest event the profile fields were taken from, and what orders it among those of the same time. */
	profileAtMs: number;
	profileSequenceMs?: number;
	/** Profile fields that the newest event said nothing of, and when they were told: [time, tie-break]. */
	profileEarlier?: Record<string, readonly number[]>;
	/** Keys of the aliases that lead here, those of former addresses too: what an erasure has to remove. At most 40; browsers beyond that are found among the belongings. */
	aliases?: string[];
	/** The cart touched last: the only one that journeys may remind of. */
	latestCart?: { id: string; atMs: number };
	/** This customer proved to be another one: everything lives there now. A tombstone has nothing else of interest. */
	mergedInto?: string;
	/** Customers that were merged into this one: their log entries belong to this timeline. The newest 50; all are found among the belongings. */
	merged?: string[];
	shopCustomerId?: string;
	/** Lower case. */
	email?: string;
	/** E.164. */
	phone?: string;
	firstName?: string;
	lastName?: string;
	locale?: string;
	timezone?: string;
	country?: string;
	city?: string;
	postcode?: string;
	latitude?: number;
	longitude?: number;
	birthday?: string;
	children?: ChildFacts[];
	hasAccount?: boolean;
	/** The shop's tags. */
	tags?: string[];
	/** Tags of ours (`tagsAdded`), apart from the shop's, which replace each other. */
	ownTags?: string[];
	attributes?: Record<string, AttributeValue>;
	/** When each tag of ours and each attribute was told last, by `tag:` or `attribute:` and its name, those taken out since too: [time, tie-break]. */
	toldAt?: Record<string, readonly number[]>;
	consent: Partial<Record<MessageChannel, ConsentRecord>>;
	/** No message may reach this customer any more. */
	suppressed?: { reason: string; atMs: number; note?: string };
	/** Everything personal is gone; only this stays, so that late events do not bring the customer back. */
	erasedAtMs?: number;
	orders: { count: number; spentMinor: Record<string, number>; firstAtMs?: number; lastAtMs?: number };
	/** What was bought, cancelled orders left out. */
	bought?: BoughtTotals;
	/** Visits to the shop's pages, as far as tracking.js saw them. */
	visits?: { count: number; firstAtMs: number; lastAtMs: number };
	/** What the customer does with messages; by machines is left out. */
	engagement?: { sent?: number; lastSentAtMs?: number; opened?: number; lastOpenedAtMs?: number; clicked?: number; lastClickedAtMs?: number };
	/** The newest marketing message on each channel, booked before it leaves: what the frequency cap counts from. */
	contacts?: Partial<Record<MessageChannel, ContactRecord>>;
	/** Soft bounces of the e-mail address since it last proved to work, newest first: when each was, at most 5. The fifth suppresses. */
	softBouncesAtMs?: number[];
	/** When the e-mail address last proved to work: a delivery, an open, a click, or a block lifted by hand. */
	reachedAtMs?: number;
	/** Where this customer's browsers take web push, newest first, at most 5. */
	pushSubscriptions?: Array<PushSubscriptionFacts & { atMs: number }>;
	/** Browsers that take none any more, newest first, at most 5: a late word of one does not bring it back. */
	pushEnded?: Array<{ endpoint: string; atMs: number }>;
	/** What the customer wants to hear of, and how often. */
	preferences?: PreferenceFacts & {
		atMs: number;
		sequenceMs?: number;
		/** What the newest word said nothing of, and when it was told: [time, tie-break]. */
		earlier?: Record<string, readonly number[]>;
	};
	/** Answers to surveys, newest first, at most 20. */
	surveys?: Array<{ atMs: number; score: number; topics?: string[]; comment?: string }>;
	/** Ratings, newest first, at most 20. */
	ratings?: Array<{ atMs: number; stars: number; orderId?: string; productId?: string; comment?: string }>;
	/** How the customer's points stand, as of the last change of the ledger (lib/loyalty). Absent: never had any. */
	points?: PointsStanding;
	/** What the customer asked to be told of when it is back: the name of the restock index, and when. At most 50. */
	restock?: Record<string, number>;
	/** When the customer was asked to confirm a subscription that is not confirmed yet: newest first, at most 3. */
	optInAsks?: number[];
	/** Segments the customer is in, by the journey that watches them, and since when. */
	segments?: Record<string, number>;
	/** Enrolments that are under way, by id. */
	open: Record<string, OpenEnrolment>;
}

/** A summary of a customer's ledger, for conditions, items and indexes. */
export interface PointsStanding {
	/** May be spent now. */
	available: number;
	/** Earned, not to be spent yet. */
	pending: number;
	/** When the next available points expire (journey time), and how many. */
	expiresAtMs?: number;
	expiring?: number;
	/** The tier's id (`LoyaltySettings.tiers`) and its label, since when, and until when it is kept whatever is bought. */
	tier?: string;
	tierLabel?: string;
	tierSinceMs?: number;
	tierUntilMs?: number;
	/** What counts towards the tier in the present period: points, or minor units of the shop's currency. */
	progress?: number;
	/** Of an amount: its currency. Absent: `progress` and `toNextTier` are points. */
	progressCurrency?: string;
	/** The next tier above by id and label, and how much of the same is missing to it. Absent: there is none above. */
	nextTier?: string;
	nextTierLabel?: string;
	toNextTier?: number;
}

/** A marketing message that took the customer's attention. */
export interface ContactRecord {
	/** Journey time. */
	atMs: number;
	/** The message, so that one that did not leave after all gives its place back. */
	messageKey: string;
	/** The contact before it, which then counts again. */
	beforeMs?: number;
}

export interface BoughtTotals {
	/** Pieces. */
	items: number;
	/** Pieces bought below their full price. */
	saleItems: number;
	/** By category: the most recent 50. */
	categories: Record<string, BoughtTotal>;
	/** By product id: the most recent 200. */
	products: Record<string, BoughtTotal>;
}

export interface BoughtTotal {
	/** Pieces. */
	items: number;
	lastAtMs: number;
	/** When the orders before the last one were placed, newest first, at most 5: so that a cancelled order leaves no trace. */
	earlierAtMs?: number[];
}

/**
 * What a customer did, apart from the customer's document because browsing changes it all the time. Counters add up in
 * any order of arrival and are kept for `historyDays`.
 */
export interface HistoryRecord {
	/** By UTC day number (journey time / a day), then by `historyField`. */
	days: Record<string, Record<string, number>>;
	/** The newest events, newest first, at most 50. */
	recent: Array<{ atMs: number; type: EventType; view?: ViewFacts; name?: string; id?: string }>;
}

/** Over how long events are counted: a condition that looks further back is refused in the editor. */
export const historyDays = 120;

/** Events that no history counts: sending would have to write one more document for each message. How many were sent, and when the last one, the customer's `engagement` says. */
export const uncountedEvents: readonly EventType[] = ['message_sent', 'message_not_sent'];

/** What events are counted by within a day: all of a type, or those of one product, category, page, search or name. */
export function historyField(type: EventType, of?: { product?: string; category?: string; path?: string; query?: string; name?: string }): string {
	const [entry] = Object.entries(of ?? {}).filter(([, value]) => value !== undefined && value !== '');
	return entry ? `${type}:${entry[0]}=${entry[1]!.toLowerCase().slice(0, 120)}` : type;
}

export interface OpenEnrolment {
	journey: string;
	cart?: string;
}

export interface CartRecord {
	id: string;
	customerId?: string;
	stage: CartFacts['stage'];
	items: LineItem[];
	currency?: string;
	totalMinor?: number;
	recoveryUrl?: string;
	acceptsMarketing?: boolean;
	/** The last change, from the shop's own timestamp: what idle time counts from. */
	updatedAtMs: number;
	/** When each part was last told, newest first by these numbers: what stale deliveries are told by. */
	seen: Partial<Record<CartPart, readonly number[]>>;
	/** When the cart was first seen. */
	createdAtMs: number;
	/** An ordered or deleted cart stays closed, whatever arrives later. */
	closed?: 'ordered' | 'deleted';
}

/** The parts of a cart that deliveries tell of independently of each other. */
export type CartPart = 'content' | 'currency' | 'customer' | 'link' | 'optIn';

export interface OrderRecord extends OrderFacts {
	customerId?: string;
	/** What orders updates with the same `updatedAtMs`. */
	sequenceMs: number;
	/** Fields that the newest update said nothing of, and when they were told: [time, tie-break]. */
	earlier?: Record<string, readonly number[]>;
	/** What any delivery ever told of it, and when that was: each happens once per order. */
	reached?: Partial<Record<EventType, number>>;
	/** What it has to do with points, where the shop has a loyalty programme. */
	points?: OrderPoints;
}

export interface OrderPoints {
	/** Who earned with it, by the id of then; null: nobody, and nobody will (an import told of the payment). */
	earnedBy?: string | null;
	/** Refunds that were told one by one, by their id, in minor units of the order's currency. At most 50: the order's own total follows. */
	refunds?: Record<string, number>;
	/** What of it was counted towards tiers by spending: for whom, on which local day, in minor units. */
	counted?: { customerId: string; day: string; minor: number };
}

/** Refunds that were told before their order, by their id. */
export interface EarlyRefundsRecord {
	refunds: Record<string, { amountMinor: number; currency: string }>;
}

export interface ProductRecord extends ProductFacts {
	sequenceMs: number;
	/** Since when the shop has it, as far as we know. Absent in products told before this was kept. */
	firstSeenAtMs?: number;
	/** When it could be bought again after it had been sold out. */
	backAtMs?: number;
	/** Since when it costs less than it did, or than its full price. */
	reducedAtMs?: number;
	/** What it cost before its price fell, where the shop tells no full price. */
	fellFromMinor?: number;
}

export interface ReturnRecord extends ReturnFacts {
	customerId?: string;
	sequenceMs: number;
}

export type EndReason =
	/** `order`, `same_product` and `same_category` all say this. */
	| 'bought'
	| Exclude<EndsOn, 'order' | 'same_product' | 'same_category'>
	| 'checkout_started'
	| 'cart_deleted'
	| 'replaced'
	| 'unsubscribed'
	| 'no_consent'
	| 'suppressed'
	| 'erased'
	| 'expired'
	/** The date that the journey counts from is no more. */
	| 'no_date'
	| 'completed'
	| 'switched_off';

/** One message of an enrolment (or campaign), by step and Send Reminder node: what makes "never twice" true. */
export interface SendRecord {
	/** `reserved`: handed to the provider, answer not yet known. `unknown`: a crash or a cut connection left it so. */
	state: 'reserved' | 'sent' | 'unknown' | 'failed';
	channel: MessageChannel;
	step: number;
	messageId: string;
	/** The lease token under which it was reserved. */
	token: string;
	/** Journey time of the last change of state. */
	atMs: number;
	response?: string;
	/** The provider's own id of the message, where it gives one. */
	providerId?: string;
	/** Which variant of an experiment, by its name. */
	variant?: string;
	/** Where it went over another channel than its own (a webhook), the provider's name. */
	provider?: string;
	/** What became of it and what the customer did with it, first time each; by machines is left out. */
	deliveredAtMs?: number;
	bouncedAtMs?: number;
	openedAtMs?: number;
	clickedAtMs?: number;
	answeredAtMs?: number;
	codeUsedAtMs?: number;
}

/** A mail as it left, kept for its web view for `webViewDays`. It belongs to its customer: an erasure removes it. */
export interface WebViewRecord {
	customerId: string;
	/** Journey time. */
	atMs: number;
	/** The page, gzipped, in base64. */
	html: string;
}

/** How long a mail can be looked at as a page. Journey time. */
export const webViewDays = 90;

export interface EnrolmentRecord {
	id: string;
	journey: string;
	customerId: string;
	cartId?: string;
	orderId?: string;
	productId?: string;
	variantId?: string;
	/** Of the product, as the order had it that began this. */
	category?: string;
	returnId?: string;
	/** What was looked at, for browse journeys and journeys on views. */
	view?: ViewFacts;
	/** The event that opened it, where it says more than the documents above. */
	event?: { type: EventType; atMs: number; name?: string; data?: Record<string, AttributeValue> };
	/** In the holdout: goes through its steps without ever being emitted. */
	holdout?: boolean;
	kind: 'marketing' | 'transactional';
	status: 'open' | 'ended' | 'failed';
	/** First entry; a purchase after it ends the journey. */
	openedAtMs: number;
	/** What delays count from: the cart's last change before the first message, the date or the end of supply that the journey follows, else the entry. */
	enteredAtMs: number;
	/** 0-based number of the next step. */
	step: number;
	dueAtMs: number;
	/** The step settled last and the token it was settled under: later nodes of the same branch may still send for it until the next step is due. */
	settled?: { step: number; token: string; atMs: number };
	/** How many steps were handed to the workflow and settled. */
	stepsDone: number;
	sends: Record<string, SendRecord>;
	endedAtMs?: number;
	endReason?: EndReason;
	/** Why the last attempt at a step did not succeed, in words; with status `failed`, why it was given up. */
	failure?: string;
}

export interface ScheduleStep {
	name: string;
	/** From what the journey counts from (`EnrolmentRecord.enteredAtMs`); below zero is before it. */
	delayMs: number;
	/** Only from this local minute of the day on (0 to 1439), in the customer's time zone: earlier waits for it. */
	fromMinute?: number;
	/** Only on these days, 1 (Monday) to 7 (Sunday): others wait for the next one. */
	weekdays?: number[];
}

/** What ends a journey besides what always does (erased, suppressed, unsubscribed for marketing). */
export type EndsOn =
	/** Any order of the customer. */
	| 'order'
	/** An order of the product that the enrolment is about. */
	| 'same_product'
	/** An order of anything in the category of that product. */
	| 'same_category'
	/** The enrolment's cart was emptied. */
	| 'emptied'
	/** Something was put in a cart. */
	| 'cart_started'
	/** The enrolment's order was paid, or cancelled. */
	| 'paid'
	| 'cancelled'
	/** The enrolment's order waits for no goods any more. */
	| 'released'
	/** The enrolment's return needs nothing more, or was settled. */
	| 'return_settled'
	/** The customer is no longer in the segment. */
	| 'left_segment'
	/** The customer was told that the product they asked for is back. */
	| 'restocked'
	/** The customer rated, or answered the survey or the cart's question. */
	| 'answered'
	/** The customer replied to a message: a person takes over. */
	| 'replied'
	/** The customer subscribed to e-mail, or confirmed it. */
	| 'subscribed'
	/** The discount code that was issued for the enrolment was used. */
	| 'code_used';

/** What one enrolment is about: there is one at a time for each of these. */
export type EnrolmentSubject = 'cart' | 'customer' | 'order' | 'product' | 'return';

/** What delays count from. */
export type Anchor =
	| { type: 'entry' }
	/** The next return, or the date itself, of a date that the documents hold. */
	| { type: 'date'; of: 'birthday' | 'child_birthday' | 'payment_due' | 'first_order' | 'last_order' | 'points_expiry' }
	/** So many days after the order as the product rules say of the product (`replacementDays`). */
	| { type: 'replacement' }
	/** The day on which what was bought runs out (quantity x units per pack x days per unit), less the days of delivery and these. Needs product rules. */
	| { type: 'supply'; leadDays: number };

/** What a discount code gives. */
export interface DiscountTerms {
	value:
		/** Above 0, at most 100. */
		| { kind: 'percentage'; percent: number }
		| { kind: 'amount'; amountMinor: number }
		| { kind: 'free_shipping' }
		/** One piece of a product for nothing; `worthMinor` is its price, for shops that can only take an amount off. */
		| { kind: 'gift'; productId: string; worthMinor: number };
	/** Of all amounts here. */
	currency: string;
	/** The order's value from which on it applies. */
	minimumMinor?: number;
	/** What it applies to; absent: everything. */
	productIds?: string[];
}

/** What a code is for: the same purpose gets the same code, however often it is asked for. */
export interface DiscountPurpose {
	customerId: string;
	/** Tells this purpose from the customer's others. */
	reference: string;
	journey?: string;
	enrolment?: string;
	/** When that enrolment was opened: its document serves a later entry again. */
	openedAtMs?: number;
	/** 1-based. Absent where steps share the code. */
	step?: number;
}

/** A code of the operator's list, or one that we had the shop make. */
export interface DiscountCodeRecord {
	/** As customers read it. */
	code: string;
	/** `free`: on a list, not handed out. `booked`: the shop is being asked for it; nobody may see it yet. */
	state: 'free' | 'booked' | 'issued' | 'redeemed' | 'revoked' | 'expired';
	/** `shop`, or `list:` and the list's name. */
	source: string;
	purpose?: DiscountPurpose;
	/** The document that leads from the purpose to this code, under whatever id the customer had then. */
	pointer?: string;
	terms?: DiscountTerms;
	/** Whom alone the shop is to let use it; kept only while it is booked. */
	onlyFor?: { shopCustomerId?: string; email?: string };
	/** What the shop keeps beside the code: tells one of ours from one that somebody else made. */
	mark?: string;
	/** Who is asking the shop for it, and until when nobody else may (machine time). */
	claim?: { token: string; untilMs: number };
	/** An answer of the shop's is missing: the code may be there or not. */
	isUnclear?: boolean;
	/** Place on its list. */
	place?: number;
	issuedAtMs?: number;
	expiresAtMs?: number;
	redeemed?: { orderId: string; atMs: number };
}

/** What a journey trigger writes into the store when it is switched on, so that any process can enrol. */
export interface JourneyDefinition {
	id: string;
	name: string;
	workflowId: string;
	nodeName: string;
	trigger: 'cart' | 'browse' | 'event' | 'segment';
	subject: EnrolmentSubject;
	/** With trigger `cart`: which stages enrol. */
	watch?: Array<CartFacts['stage']>;
	/** With trigger `browse`: the same product (or category) seen this often or this long within a day, and nothing put in a cart. */
	browse?: { of: 'product' | 'category'; views: number; seconds: number };
	/** With trigger `event`. */
	events?: EventType[];
	/** With the event `custom`: only of this name. */
	eventName?: string;
	/** With trigger `event`: who, and which orders, products and views. With `segment`: the segment. */
	where?: Condition;
	/** With trigger `segment`. */
	segment?: {
		includeExisting: boolean;
		/** With `includeExisting`: how many of those already in begin per day. */
		perDay: number;
		/** When the first look at all customers was begun: anew after the journey was off, or its condition was changed. */
		lookSinceMs?: number;
		/** When the first look at all customers was over: who matches from then on enters. Absent until then. */
		readyAtMs?: number;
	};
	kind: 'marketing' | 'transactional';
	steps: ScheduleStep[];
	anchor?: Anchor;
	endsOn: EndsOn[];
	/** null: once per subject; else again this long after the enrolment ended (0: at once). */
	reentryAfterMs: number | null;
	/** From what the journey counts from: nothing is sent later than this. */
	maxAgeMs: number;
	/** Higher goes first where journeys compete for a customer. */
	priority?: number;
	/** Share of entrants, 0 to 50, that is counted and never emitted. */
	holdoutPercent?: number;
	/** The shop's time zone when the trigger was switched on: for customers whose own is not known. */
	timezone?: string;
	/** The shop's currency then: what amounts in `where` are compared in. */
	currency?: string;
	emitEnded: boolean;
	/** Only what changes from here on enrols. */
	activeFromMs: number;
	/** Set when switched off. Journey time. */
	offAtMs?: number;
}

/** When a segment journey last looked through all customers, and at how many. */
export interface SegmentStateRecord {
	/** Journey time. */
	sweptAtMs: number;
	looked: number;
}

/** All definitions of a shop in one document: `record()` checks its version in every commit that enrols. */
export interface DefinitionsRecord {
	journeys: JourneyDefinition[];
}

export const keys = {
	definitions: 'definitions:all',
	settings: 'settings:shop',
	addresses: 'settings:addresses',
	heartbeat: (journey: string) => `heartbeat:${journey}`,
	customer: (id: string) => `customer:${id}`,
	cart: (id: string) => `cart:${id}`,
	order: (id: string) => `order:${id}`,
	/** `EarlyRefundsRecord`, until the order is told of. */
	earlyRefunds: (orderId: string) => `early-refunds:${orderId}`,
	product: (id: string) => `product:${id}`,
	return: (id: string) => `return:${id}`,
	/** Which visitor was shown the confirmation of an order that the shop has not told of yet: `ConfirmationRecord`. */
	confirmation: (orderId: string) => `confirmation:${orderId}`,
	/** What a customer did. */
	history: (customerId: string) => `history:${customerId}`,
	productRules: 'settings:product-rules',
	/** What was bought and looked at together with a product, and what sold on a day (UTC day number): `ProductSignals` and `DaySales` of lib/picks. */
	signals: (productId: string) => `signals:${productId}`,
	soldOn: (day: number) => `sold:${day}`,
	/** How far the log was folded into them: `FoldRecord`. */
	fold: 'progress:signals',
	/** When a segment journey last looked through all customers: `SegmentStateRecord`. */
	segmentState: (journey: string) => `segment:${journey}`,
	task: (id: string) => `task:${id}`,
	/** How far an import or the reconciliation of a shop has come. */
	progress: (what: string) => `progress:${what}`,
	enrolment: (id: string) => `enrolment:${id}`,
	/** A mail kept for its web view: `WebViewRecord`. */
	webView: (messageId: string) => `web-view:${messageId}`,
	/** The forms of Message Webhook Trigger: `FormsRecord` of lib/forms. */
	forms: 'settings:forms',
	/** `DiscountCodeRecord`, by the code in upper case. */
	discountCode: (code: string) => `discount-code:${code}`,
	/** The code of a purpose (see lib/discounts/purpose.ts): `{ code }`. */
	discountPurpose: (hash: string) => `discount-purpose:${hash}`,
	/** How many codes a list ever had: `{ places }`. */
	discountList: (name: string) => `discount-list:${name}`,
	campaignSend: (id: string) => `campaign:${id}`,
	/** Points of a customer: `LedgerHead`, `Receipt` and pages of the history, of lib/loyalty. */
	points: (customerId: string) => `points:${customerId}`,
	pointsReceipt: (customerId: string, name: string) => `points-receipt:${customerId}:${name}`,
	/** What counts towards a customer's tier: `TierRecord` of lib/loyalty/tiers.ts. */
	tier: (customerId: string) => `tier:${customerId}`,
	pointsPage: (customerId: string, page: number) => `points-page:${customerId}:${page}`,
	/** By the salted hash of an alias key. */
	suppression: (aliasHash: string) => `suppression:${aliasHash}`,
	/** An alias names the canonical id of a customer or cart. */
	alias: (kind: 'email' | 'phone' | 'shop-customer' | 'visitor' | 'cart' | 'checkout', value: string) => `alias:${kind}:${value}`,
} as const;

export interface ConfirmationRecord {
	/** null: several claimed it. */
	visitorId: string | null;
	atMs: number;
}

export interface AliasRecord {
	id: string;
}

/** A name as part of an index's name: upper and lower case are one, and no longer than an index's name may be. */
const indexedWord = (word: string) => word.trim().toLowerCase().slice(0, 100);

export const indexes = {
	/** Open enrolments by due time (journey time). */
	due: (journey: string) => `due:${journey}`,
	/** Ended enrolments whose item on Ended is still to be emitted, by end. */
	ended: (journey: string) => `ended:${journey}`,
	/** Enrolments parked after their last attempt, by time. */
	failed: 'failed',
	/** Mails kept for their web view, by time. */
	webViews: 'web-views',
	/** Work too big for one commit, by the time it may start (machine time): see lib/tasks. */
	tasks: 'tasks',
	/** Discount codes to be looked at by the sweep, by when (journey time). */
	discountCodes: 'discount-codes',
	/** Codes of a list that are not handed out yet, by their place on it. */
	freeDiscountCodes: (list: string) => `discount-codes:${list}`,
	/** The reconciliation of a shop, by when it is next to be done (machine time): see lib/shops/reconcile.ts. */
	reconcile: 'reconcile',
	/** Products that can be bought, newest first (the value is the negated time since when the shop has it); those of one category too. */
	catalogue: (category?: string) => `catalogue${category === undefined ? '' : `:${indexedWord(category)}`}`,
	/** Those that were sold out, those that are reduced, by the negated time since when. */
	backInStock: 'catalogue-back',
	reduced: 'catalogue-reduced',
	/** Days whose sales are kept, by day number; and the turn to fold the log (machine time). */
	soldOn: 'sold',
	fold: 'fold',
	/** Points ledgers by when something falls due (journey time): a lot expires, points become available, a reservation runs out. */
	pointsDue: 'points-due',
	/** What counts towards customers' tiers, by when the tier or the way to the next changes though nothing happens (journey time). */
	tiersDue: 'tiers-due',
	/** Progress of imports, by when each was begun (machine time). */
	imports: 'imports',
	/** Keys of the carts, orders, returns and enrolments of a customer, by time, and of what else a merge or an erasure must find (see lib/record/belongings.ts). */
	belongings: (customerId: string) => `of:${customerId}`,
	/** Who is in the segment that a journey watches, by since when. Keys are customers'. */
	segment: (journey: string) => `segment:${journey}`,
	/** Who asked to be told when a product is back, by time of asking. Keys are customers'. With a variant when only that one will do. */
	restock: (productId: string, variantId?: string) => `restock:${productId}${variantId ? `/${variantId}` : ''}`,
	/** Customers that can be reached or have an account, by a fact of theirs: see lib/segments/indexes.ts. */
	customers: (fact: string) => `customers:${fact}`,
} as const;

/** The counters of a journey: sent, not_sent.<reason>, entered, ended.<reason>. */
export const journeyCounters = (journey: string) => `journey:${journey}`;
/** The counters of a shop's deliveries. */
export const deliveryCounters = 'deliveries';

/** The aliases under which a cart may be known. */
export function cartAliases({ cartToken, checkoutToken }: Partial<Pick<CartFacts, 'cartToken' | 'checkoutToken'>>): string[] {
	return [...(cartToken ? [keys.alias('cart', cartToken)] : []), ...(checkoutToken ? [keys.alias('checkout', checkoutToken)] : [])];
}
