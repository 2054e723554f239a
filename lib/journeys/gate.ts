import type { ViewFacts } from '../model/events';
import type { ProductRulesRecord } from '../model/productRules';
import { type CustomerRecord, type EnrolmentRecord, journeyCounters, type JourneyDefinition, keys, type OrderRecord, type ProductRecord } from '../model/records';
import { compileCondition, type Needs, needs, type Predicate } from '../segments/compile';
import type { Facts } from '../segments/fields';
import type { Transaction } from '../store/transaction';
import { dateMs, type NotEntered, type Purchase, replacementMs, supplyMs } from './anchor';
import { type About, enrolmentId, enter, hasNotBegun, mayEnter, restart } from './enrolment';
import { firstStep, zoneOf } from './schedule';

/** Who may enter a journey, whatever begins it. */

/** A customer's enrolments under way at once, in all journeys: what ends them all fits into one commit. */
export const maxOpen = 20;

/** What a definition's `where` decides by, compiled once. */
export interface Where {
	matches: Predicate;
	needs: Needs;
}

const compiled = new WeakMap<JourneyDefinition, Where>();
const always: Where = {
	matches: () => true,
	needs: { customer: false, history: false, enrolment: false, order: false, cart: false, product: false, view: false, event: false, rules: false },
};

/** @throws CONDITION_INVALID; activation checks it, so only a defect brings one here */
export function whereOf(definition: JourneyDefinition): Where {
	if (!definition.where) return always;
	let where = compiled.get(definition);
	if (!where) {
		where = { matches: compileCondition(definition.where, { currency: definition.currency ?? 'USD', timezone: definition.timezone ?? 'UTC' }), needs: needs(definition.where) };
		compiled.set(definition, where);
	}
	return where;
}

/** Whether a message could ever reach the customer. */
export function isReachable({ email, phone, pushSubscriptions = [] }: CustomerRecord): boolean {
	return email !== undefined || phone !== undefined || pushSubscriptions.length > 0;
}

/** Whether marketing could still go to the customer: e-mail was not refused, or another channel that reaches them was agreed to. Each message asks for the consent to its own channel. */
export function takesMarketing({ email, phone, pushSubscriptions = [], consent }: CustomerRecord): boolean {
	const takesPush = pushSubscriptions.length > 0 && consent.push?.status === 'subscribed';
	if (takesPush || (phone !== undefined && [consent.sms, consent.whatsapp].some((one) => one?.status === 'subscribed'))) return true;
	const isByPushOnly = email === undefined && phone === undefined && pushSubscriptions.length > 0;
	return consent.email?.status !== 'unsubscribed' && !(isByPushOnly && consent.push?.status === 'unsubscribed');
}

/** Whether there is anybody to be in a journey: more than a browser's id, not forgotten, not merged into another, not blocked, and for marketing not unsubscribed from all that reaches them. */
export function isWelcome({ kind }: Pick<JourneyDefinition, 'kind'>, customer: CustomerRecord): boolean {
	const { erasedAtMs, mergedInto, suppressed } = customer;
	if (erasedAtMs !== undefined || mergedInto !== undefined || suppressed) return false;
	if (!isReachable(customer) && customer.shopCustomerId === undefined && !customer.hasAccount) return false;
	return kind !== 'marketing' || takesMarketing(customer);
}

export interface Candidate {
	customerId: string;
	/** Tells it from the journey's other enrolments. */
	entity: string;
	about: About;
	/** When what leads to it happened. */
	atMs: number;
	/** Where delays count from a later moment than that: those already in a segment are spread over days. */
	fromMs?: number;
	nowMs: number;
	order?: OrderRecord | null;
	/** What was bought, and of what: where delays follow the supply. */
	purchase?: Purchase;
	product?: ProductRecord | null;
	rules?: ProductRulesRecord | null;
	/** What `where` is decided by, besides the customer. */
	facts?: Facts;
}

/**
 * Enters a candidate into a journey if everything allows it. The customer and the enrolment that the entity had before
 * are loaded.
 */
export function tryEnter(tx: Transaction, definition: JourneyDefinition, candidate: Candidate): boolean {
	const { customerId, entity, about, atMs, nowMs } = candidate;
	const customer = tx.get<CustomerRecord>(keys.customer(customerId));
	const previous = tx.get<EnrolmentRecord>(keys.enrolment(enrolmentId(definition.id, entity)));
	if (!customer || !isWelcome(definition, customer) || atMs < definition.activeFromMs) return false;
	if (!whereOf(definition).matches({ ...candidate.facts, customer }, nowMs)) {
		if (lacksRule(whereOf(definition).needs, candidate.facts)) tx.count(journeyCounters(definition.id), 'not_entered.no_product_rule');
		return false;
	}
	// Told again (a reconciliation beside the webhook), or told late: nothing new has happened.
	if (previous && atMs <= previous.openedAtMs) return false;

	const anchor = anchorOf(definition, candidate, customer, previous);
	const refuse = (reason: NotEntered) => {
		tx.count(journeyCounters(definition.id), `not_entered.${reason}`);
		return false;
	};
	if ('reason' in anchor) return refuse(anchor.reason);
	const step = firstStep(definition, anchor.atMs, nowMs, zoneOf(customer, definition));
	if (nowMs - anchor.atMs >= definition.maxAgeMs || step === null) return definition.anchor && definition.anchor.type !== 'entry' ? refuse('date_over') : false;
	if (previous?.status === 'open' && followsGoods(definition) && hasNotBegun(previous)) {
		restart(tx, definition, { ...previous, ...about, openedAtMs: atMs }, anchor.atMs, step);
		return false;
	}
	if (!mayEnter(definition, previous, nowMs)) return false;
	if (Object.keys(customer.open).length >= maxOpen) return refuse('too_many_open');
	enter(tx, definition, customer, { entity, about, atMs, enteredAtMs: anchor.atMs, step });
	return true;
}

/** What delays count from. */
function anchorOf({ anchor, ...definition }: JourneyDefinition, candidate: Candidate, customer: CustomerRecord, previous: EnrolmentRecord | null): { atMs: number } | { reason: NotEntered } {
	const { atMs, fromMs = atMs, nowMs, order = null, purchase, product = null, rules } = candidate;
	if (anchor?.type === 'date') {
		const date = dateMs(anchor.of, customer, order, nowMs, zoneOf(customer, definition));
		return date === null ? { reason: 'no_date' } : { atMs: date };
	}
	if (anchor?.type === 'supply') return purchase ? supplyMs(anchor, purchase, rules?.rules ?? [], product, previous?.enteredAtMs) : { reason: 'no_product_rule' };
	if (anchor?.type === 'replacement') return purchase ? replacementMs(purchase, rules?.rules ?? [], product) : { reason: 'no_product_rule' };
	return { atMs: fromMs };
}

/** Whether delays count from what the product rules say of the goods: buying them again moves it. */
export function followsGoods({ anchor }: Pick<JourneyDefinition, 'anchor'>): boolean {
	return anchor?.type === 'supply' || anchor?.type === 'replacement';
}

/** Whether an order did not begin a journey because no product rule says of its goods what the conditions ask. Only looking at goods is not counted. */
function lacksRule({ rules, order: asksOrder }: Needs, { order, product }: Facts = {}): boolean {
	if (!rules || !order) return false;
	return asksOrder ? order.goods === undefined : !product?.rule?.accessories && !product?.rule?.upgrade && !product?.rule?.nextSize;
}

/** The view as an enrolment keeps it: what its messages may show. */
export function keptView(view: ViewFacts): ViewFacts {
	const { utm: _utm, referrer: _referrer, ...kept } = view;
	return kept;
}
