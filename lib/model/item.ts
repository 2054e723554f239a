import type { AttributeValue, LineItem, ViewFacts } from './events';

/** What a journey trigger emits: one per due enrolment. Later nodes read customer and cart from here, without expressions. */
export interface JourneyItem {
	journey: {
		id: string;
		name: string;
		kind: 'marketing' | 'transactional';
		/** Which shop's store it lives in. */
		shop: string;
		enrolment: string;
		/** Proves that this execution owns the step. Void once the step was settled, taken over, or the enrolment ended. */
		token: string;
		/** How often this step was handed out, this time included. */
		attempt: number;
		/** 1-based. */
		step: number;
		stepName: string;
		steps: number;
		/** ISO 8601, journey time. */
		enteredAt: string;
		/** Only on Ended. */
		endedAt?: string;
		endReason?: string;
		/** Only in the sample of a Segment Trigger: how many customers are in the segment now. */
		segmentNow?: number;
		messages: JourneyMessage[];
	};
	shop: { name: string; url: string; currency: string; locale: string; timezone: string };
	customer: ItemCustomer | null;
	cart?: ItemCart;
	order?: ItemOrder;
	product?: ItemProduct;
	/** Recommended products, put there by a node before Send Reminder. */
	picks?: ItemPick[];
	/** The discount code of this message, put there by a Discount Code node. */
	discount?: ItemDiscount;
	/** What a Loyalty Points node before came to, where it is done. */
	points?: { earned?: number };
	return?: { id: string; orderId?: string; status: string; needsBankDetails: boolean; formUrl?: string };
	/** What was looked at. */
	view?: ViewFacts;
	/** The event that began it, where it says more than the parts above. */
	event?: { type: string; at: string; name?: string; data?: Record<string, AttributeValue> };
}

export interface ItemOrder {
	id: string;
	number?: string;
	currency: string;
	totalMinor: number;
	placedAt: string;
	paid: boolean;
	awaitsPayment: boolean;
	paymentDueAt?: string;
	waitsFor?: string[];
	/** The shop's page of this order. */
	url?: string;
	items: ItemLine[];
}

export interface ItemProduct {
	id: string;
	title?: string;
	url?: string;
	imageUrl?: string;
	category?: string;
	priceMinor?: number;
	currency?: string;
	/** Pieces left of all variants, where the shop tells. */
	stock?: number;
}

/** A recommended product. */
export interface ItemPick extends ItemProduct {
	/** Before a reduction, when it differs. */
	fullPriceMinor?: number;
	/** Why it was picked: a way of picking (lib/picks). */
	reason?: string;
	/** The title of what it goes with, where it was picked for that. */
	because?: string;
	/** How well it goes with it: comparable within one way of picking. */
	score?: number;
}

/** A discount code and what it gives. */
export interface ItemDiscount {
	code: string;
	kind: 'percentage' | 'amount' | 'free_shipping' | 'gift';
	percent?: number;
	amountMinor?: number;
	minimumMinor?: number;
	/** ISO 4217. */
	currency: string;
	/** ISO 8601, journey time. */
	expiresAt?: string;
	/** A code of the customer's own, which is checked once more when the message leaves. */
	isUnique: boolean;
}

export interface JourneyMessage {
	step: number;
	channel: string;
	state: 'reserved' | 'sent' | 'unknown' | 'failed';
	/** ISO 8601, journey time. */
	sentAt?: string;
	openedAt?: string;
	clickedAt?: string;
	answeredAt?: string;
	codeUsedAt?: string;
}

export interface ItemCustomer {
	id: string;
	email?: string;
	phone?: string;
	firstName?: string;
	lastName?: string;
	locale?: string;
	timezone?: string;
	country?: string;
	city?: string;
	birthday?: string;
	tags?: string[];
	attributes?: Record<string, AttributeValue>;
	consent: { email: string; sms: string; whatsapp?: string; push?: string };
	orders: { count: number; spentMinor: number; firstAt?: string; lastAt?: string };
	/** Absent: never had any. */
	points?: {
		available: number;
		pending: number;
		/** ISO 8601. */
		expiresAt?: string;
		expiring?: number;
		/** Tiers by their labels. */
		tier?: string;
		nextTier?: string;
		/** In points; in minor units of `toNextTierCurrency` where tiers are reached by spending. */
		toNextTier?: number;
		toNextTierCurrency?: string;
		/** How far the customer is on the way to the next tier, 0 to 100. */
		nextTierPercent?: number;
	};
}

export interface ItemCart {
	id: string;
	stage: 'cart' | 'checkout';
	currency: string;
	totalMinor: number;
	/** Back to the cart (or the checkout): the shop's recovery link where it has one. */
	url: string;
	updatedAt: string;
	items: ItemLine[];
}

export interface ItemLine extends LineItem {
	/** Pieces left, where the shop tracks and tells it. */
	stock?: number;
}
