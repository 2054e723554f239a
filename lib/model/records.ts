import type { CartFacts, ConsentBasis, ConsentStatus, LineItem, OrderFacts, ProductFacts } from './events';

/** The documents kept in a shop's store, and their keys. All times are journey time unless said otherwise. */

export interface ConsentRecord {
	status: ConsentStatus;
	basis: ConsentBasis;
	/** Which adapter or page told us. */
	source: string;
	atMs: number;
}

export type MessageChannel = 'email' | 'sms';

export interface CustomerRecord {
	id: string;
	createdAtMs: number;
	/** The newest event the profile fields were taken from, and what orders it among those of the same time. */
	profileAtMs: number;
	profileSequenceMs?: number;
	/** Profile fields that the newest event said nothing of, and when they were told: [time, tie-break]. */
	profileEarlier?: Record<string, readonly number[]>;
	/** Keys of all aliases that lead here, those of former addresses too: what an erasure has to remove. */
	aliases?: string[];
	/** The cart touched last: the only one that journeys may remind of. */
	latestCart?: { id: string; atMs: number };
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
	tags?: string[];
	consent: Partial<Record<MessageChannel, ConsentRecord>>;
	/** No message may reach this customer any more. */
	suppressed?: { reason: string; atMs: number };
	/** Everything personal is gone; only this stays, so that late events do not bring the customer back. */
	erasedAtMs?: number;
	orders: { count: number; spentMinor: Record<string, number>; firstAtMs?: number; lastAtMs?: number };
	/** Enrolments that are under way, by id. */
	open: Record<string, OpenEnrolment>;
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
}

export interface ProductRecord extends ProductFacts {
	sequenceMs: number;
}

export type EndReason =
	| 'bought'
	| 'emptied'
	| 'checkout_started'
	| 'cart_deleted'
	| 'replaced'
	| 'unsubscribed'
	| 'no_consent'
	| 'suppressed'
	| 'erased'
	| 'expired'
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
}

export interface EnrolmentRecord {
	id: string;
	journey: string;
	customerId: string;
	cartId?: string;
	kind: 'marketing' | 'transactional';
	status: 'open' | 'ended' | 'failed';
	/** First entry; a purchase after it ends the journey. */
	openedAtMs: number;
	/** What delays count from: the cart's last change before the first message. */
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
	/** From entry. */
	delayMs: number;
}

/** What a journey trigger writes into the store when it is switched on, so that any process can enrol. */
export interface JourneyDefinition {
	id: string;
	name: string;
	workflowId: string;
	nodeName: string;
	trigger: 'cart';
	/** Which stages of a cart enrol. */
	watch: Array<CartFacts['stage']>;
	kind: 'marketing' | 'transactional';
	steps: ScheduleStep[];
	endsOn: Array<'order' | 'emptied'>;
	/** null: once per cart; else again when the cart changes this long after the enrolment ended. */
	reentryAfterMs: number | null;
	/** From entry: nothing is sent later than this. */
	maxAgeMs: number;
	emitEnded: boolean;
	/** Only what changes from here on enrols. */
	activeFromMs: number;
	/** Set when switched off. Journey time. */
	offAtMs?: number;
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
	product: (id: string) => `product:${id}`,
	enrolment: (id: string) => `enrolment:${id}`,
	campaignSend: (id: string) => `campaign:${id}`,
	/** By the salted hash of an alias key. */
	suppression: (aliasHash: string) => `suppression:${aliasHash}`,
	/** An alias names the canonical id of a customer or cart. */
	alias: (kind: 'email' | 'phone' | 'shop-customer' | 'cart' | 'checkout', value: string) => `alias:${kind}:${value}`,
} as const;

export interface AliasRecord {
	id: string;
}

export const indexes = {
	/** Open enrolments by due time (journey time). */
	due: (journey: string) => `due:${journey}`,
	/** Ended enrolments whose item on Ended is still to be emitted, by end. */
	ended: (journey: string) => `ended:${journey}`,
	/** Enrolments parked after their last attempt, by time. */
	failed: 'failed',
	/** Erased customers whose log entries are still to be removed, by time. */
	erasing: 'erasing',
} as const;

/** The counters of a journey: sent, not_sent.<reason>, entered, ended.<reason>. */
export const journeyCounters = (journey: string) => `journey:${journey}`;
/** The counters of a shop's deliveries. */
export const deliveryCounters = 'deliveries';
