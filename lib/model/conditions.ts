import type { AttributeValue, EventType } from './events';

/**
 * Conditions on a customer, as plain data: kept in journey definitions, built by the editor's fields, compiled by
 * lib/segments. What a field is called, its type and its operators stand in lib/segments/fields.ts.
 */
export type Condition = GroupCondition | FieldCondition | EventCondition | MessageCondition | NearCondition;

export type GroupCondition = { all: Condition[] } | { any: Condition[] } | { not: Condition };

export type Operator =
	| 'is'
	| 'is_not'
	| 'one_of'
	| 'none_of'
	| 'contains'
	| 'starts_with'
	| 'is_set'
	| 'is_not_set'
	| 'at_least'
	| 'at_most'
	| 'more_than'
	| 'less_than'
	| 'between'
	| 'is_true'
	| 'is_false'
	/** Dates, relative to now in whole days: more or less than N days ago, within the next N days. */
	| 'days_ago_at_least'
	| 'days_ago_at_most'
	| 'in_days_at_most'
	| 'before'
	| 'after'
	/** Dates that return each year: the next anniversary is at most (exactly) N days away, in the customer's time zone. */
	| 'anniversary_within_days'
	| 'anniversary_in_days'
	/** Lists. */
	| 'includes'
	| 'includes_not';

/** One fact of the customer (`orders.count`), of the order, product or event the item carries (`order.total`), or an attribute (`attributes.shoeSize`). */
export interface FieldCondition {
	field: string;
	op: Operator;
	/** Money in minor units of `currency` (default: the shop's). Dates as ISO `YYYY-MM-DD`. */
	value?: AttributeValue | AttributeValue[];
	/** The upper bound of `between`. */
	to?: number | string;
	currency?: string;
}

/** What a customer did, counted: "viewed category shoes at least twice within 7 days". */
export interface EventCondition {
	event: EventType;
	/** Only events of this product, category, page (path) or search; with `custom` the event's name. */
	of?: { product?: string; category?: string; path?: string; query?: string; name?: string };
	times: 'at_least' | 'at_most' | 'exactly';
	count: number;
	withinDays: number;
}

/** Stands for the step whose message was sent last. */
export const newestStep = -1;

/** What became of this enrolment's earlier messages. False outside a journey. */
export interface MessageCondition {
	message: 'opened' | 'clicked' | 'answered' | 'code_used' | 'sent';
	/** 1-based; absent: any earlier step; `newestStep`: the message that was sent last. */
	step?: number;
	is: boolean;
}

/** Within so many kilometres of a place. False where the customer's coordinates are not known. */
export interface NearCondition {
	near: { latitude: number; longitude: number; km: number };
}
