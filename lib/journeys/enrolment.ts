import { createHash } from 'node:crypto';
import { minuteMs } from '../model/clock';
import type { Transaction } from '../store/transaction';
import {
	type CustomerRecord,
	type EndReason,
	type EnrolmentRecord,
	indexes,
	journeyCounters,
	type JourneyDefinition,
	keys,
	type OpenEnrolment,
} from '../model/records';
import { dueMs, zoneOf } from './schedule';

/**
 * The life of one enrolment: enter, postpone, settle a step, end. Each function changes documents inside the
 * caller's transaction, in which the enrolment and its customer are loaded; nothing here reads or waits.
 */

/** A journey and an entity (a cart, a customer, an order ...) have one enrolment, so the same entry twice is the same document. */
export function enrolmentId(journey: string, entity: string): string {
	return `${journey}:${entity}`;
}

/**
 * What tells a customer's enrolment in a journey that has one per customer: the customer's id, or where two customers were
 * merged, the id under which it was opened.
 */
export function entityOf({ id }: Pick<JourneyDefinition, 'id'>, customer: CustomerRecord): string {
	const open = Object.entries(customer.open).find(([, { journey }]) => journey === id);
	return open?.[0].slice(id.length + 1) ?? customer.id;
}

/** Nothing is sent later than this. */
export function expiresAtMs(definition: JourneyDefinition, enrolment: Pick<EnrolmentRecord, 'enteredAtMs'>): number {
	return enrolment.enteredAtMs + definition.maxAgeMs;
}

/** Whether an earlier enrolment of the same entity allows a new one. One that ended before anything was handed out does not count. */
export function mayEnter(definition: JourneyDefinition, previous: EnrolmentRecord | null, nowMs: number): boolean {
	if (!previous) return true;
	if (previous.status === 'open') return false;
	if (hasNotBegun(previous)) return true;
	return definition.reentryAfterMs !== null && nowMs - (previous.endedAtMs ?? previous.enteredAtMs) >= definition.reentryAfterMs;
}

/** What an enrolment is about. */
export type About = Pick<EnrolmentRecord, 'cartId' | 'orderId' | 'productId' | 'variantId' | 'category' | 'returnId' | 'view' | 'event'>;

export interface Entry {
	/** Tells it from the journey's other enrolments: the cart's id, the customer's ... */
	entity: string;
	about: About;
	/** When what led to it happened. */
	atMs: number;
	/** What delays count from, where it is not that moment. */
	enteredAtMs?: number;
	/** The step to begin with, 0-based; where delays follow a date, the first ones may be over. */
	step?: number;
}

/**
 * Whether a customer belongs to those who are only counted. Decided by a hash, so that it is the same at every entry,
 * and another one in every journey.
 */
export function isHoldout({ id, holdoutPercent = 0 }: Pick<JourneyDefinition, 'id' | 'holdoutPercent'>, customerId: string): boolean {
	if (holdoutPercent <= 0) return false;
	return createHash('sha256').update(`holdout:${id}:${customerId}`).digest().readUInt32BE(0) / 2 ** 32 < holdoutPercent / 100;
}

/** Opens an enrolment. */
export function enter(tx: Transaction, definition: JourneyDefinition, customer: CustomerRecord, { entity, about, atMs, enteredAtMs = atMs, step = 0 }: Entry): EnrolmentRecord {
	const id = enrolmentId(definition.id, entity);
	const enrolment: EnrolmentRecord = {
		id,
		journey: definition.id,
		customerId: customer.id,
		...about,
		...(isHoldout(definition, customer.id) && { holdout: true }),
		kind: definition.kind,
		status: 'open',
		openedAtMs: atMs,
		enteredAtMs,
		step,
		dueAtMs: dueMs(definition, { enteredAtMs, step }, zoneOf(customer, definition)),
		stepsDone: 0,
		sends: {},
	};
	save(tx, enrolment);
	tx.index(indexes.ended(definition.id), keys.enrolment(id), null);
	tx.index(indexes.failed, keys.enrolment(id), null);
	// For a merge, an erasure or an export of the customer.
	tx.index(indexes.belongings(customer.id), keys.enrolment(id), atMs);
	tx.set(keys.customer(customer.id), { ...customer, open: { ...customer.open, [id]: openEntry(enrolment) } });
	count(tx, enrolment, 'entered');
	tx.log({ atMs, type: 'journey_entered', subject: keys.customer(customer.id), data: { journey: definition.id, name: definition.name, ...subjectOf(enrolment) } });
	return enrolment;
}

function openEntry({ journey, cartId }: EnrolmentRecord): OpenEnrolment {
	return { journey, ...(cartId !== undefined && { cart: cartId }) };
}

/** What it is about, as the log keeps it. */
function subjectOf({ cartId, orderId, productId, returnId }: EnrolmentRecord): Record<string, string> {
	return Object.fromEntries(Object.entries({ cart: cartId, order: orderId, product: productId, return: returnId }).filter((entry) => entry[1] !== undefined)) as Record<string, string>;
}

/** Counts for the journey's report; those in the holdout apart. */
function count(tx: Transaction, { journey, holdout }: EnrolmentRecord, field: string): void {
	tx.count(journeyCounters(journey), holdout ? `holdout.${field}` : field);
}

/** Before the first message what the journey counts from may move (a cart changed, something else was looked at); afterwards the series goes on as it is. */
export function postpone(tx: Transaction, definition: JourneyDefinition, enrolment: EnrolmentRecord, changedAtMs: number): void {
	if (!hasNotBegun(enrolment) || changedAtMs <= enrolment.enteredAtMs) return;
	restart(tx, definition, enrolment, changedAtMs);
}

/** Whether nothing was handed out yet. */
export function hasNotBegun({ stepsDone, sends }: EnrolmentRecord): boolean {
	return stepsDone === 0 && Object.keys(sends).length === 0;
}

/** Counts from another moment, beginning with this step. */
export function restart(tx: Transaction, definition: JourneyDefinition, enrolment: EnrolmentRecord, enteredAtMs: number, step = enrolment.step): void {
	const zone = zoneOf(tx.get<CustomerRecord>(keys.customer(enrolment.customerId)), definition);
	save(tx, { ...enrolment, enteredAtMs, step, dueAtMs: dueMs(definition, { enteredAtMs, step }, zone) });
}

/** Moves the next step to another time, e.g. after the schedule was edited. Voids a lease. */
export function reschedule(tx: Transaction, enrolment: EnrolmentRecord, dueAtMs: number): void {
	save(tx, { ...enrolment, dueAtMs });
}

/**
 * Goes on to the next step, or ends as completed after the last one. Voids the lease; the token stays good for
 * further nodes of the same branch (`settled`) until the next step is due.
 */
export function advance(tx: Transaction, definition: JourneyDefinition | null, enrolment: EnrolmentRecord, token: string, nowMs: number): void {
	const { failure: _failure, ...rest } = enrolment;
	const settled: EnrolmentRecord = { ...rest, settled: { step: enrolment.step, token, atMs: nowMs }, step: enrolment.step + 1, stepsDone: enrolment.stepsDone + 1 };
	if (settled.holdout) count(tx, settled, 'step');
	if (!definition || settled.step >= definition.steps.length) {
		end(tx, definition, settled, 'completed', nowMs);
		return;
	}
	const zone = zoneOf(tx.get<CustomerRecord>(keys.customer(settled.customerId)), definition);
	save(tx, { ...settled, dueAtMs: dueMs(definition, settled, zone) });
}

/**
 * Takes a settled step back, so that it is emitted again: a later node of its branch could not send now. What was
 * sent stays booked, so the nodes before it do not send twice.
 */
export function stepBack(tx: Transaction, enrolment: EnrolmentRecord, dueAtMs: number): void {
	if (!enrolment.settled || (enrolment.status === 'ended' && enrolment.endReason !== 'completed')) return;
	const { settled, endedAtMs: _endedAtMs, endReason: _endReason, ...rest } = enrolment;
	const key = keys.customer(enrolment.customerId);
	const customer = tx.get<CustomerRecord>(key);
	if (customer && !customer.open[enrolment.id]) {
		tx.set(key, { ...customer, open: { ...customer.open, [enrolment.id]: openEntry(enrolment) } });
	}
	tx.index(indexes.ended(enrolment.journey), keys.enrolment(enrolment.id), null);
	save(tx, { ...rest, status: 'open', step: settled.step, stepsDone: enrolment.stepsDone - 1, dueAtMs });
}

/** How much later what cannot be done now is tried again, however often. Journey time. */
export const holdMs = 15 * minuteMs;

/** Moves a step to another time, for whoever is at work on it: the owner, or a later node of the branch that has settled it. Its documents are loaded. */
export function putOff(tx: Transaction, enrolment: EnrolmentRecord, { step, token }: { step: number; token: string }, dueAtMs: number): void {
	if (enrolment.status === 'open' && enrolment.step === step) reschedule(tx, enrolment, dueAtMs);
	else if (enrolment.settled?.token === token && enrolment.settled.step === step) stepBack(tx, enrolment, dueAtMs);
}

/** How an item stands to its enrolment: it owns the step under its lease, or follows a node of the same branch that settled it. */
export type Standing = 'owner' | 'follower';

/** Whether the token still speaks for the step, as far as the document tells; the lease itself is checked by the commit. */
export function standing(enrolment: EnrolmentRecord, step: number, token: string, nowMs: number): Standing | null {
	if (enrolment.settled?.token === token && enrolment.settled.step === step) {
		if (enrolment.status === 'open') return nowMs < enrolment.dueAtMs ? 'follower' : null;
		return enrolment.endReason === 'completed' ? 'follower' : null;
	}
	return enrolment.status === 'open' && enrolment.step === step ? 'owner' : null;
}

/** Ends an enrolment: off the schedule, off the customer's list, and onto Ended when the journey shows that. */
export function end(tx: Transaction, definition: JourneyDefinition | null, enrolment: EnrolmentRecord, reason: EndReason, nowMs: number): void {
	const key = keys.enrolment(enrolment.id);
	tx.set(key, { ...enrolment, status: 'ended', endedAtMs: nowMs, endReason: reason });
	tx.index(indexes.due(enrolment.journey), key, null);
	if (definition?.emitEnded && !enrolment.holdout) tx.index(indexes.ended(enrolment.journey), key, nowMs);
	closeOnCustomer(tx, enrolment);
	count(tx, enrolment, `ended.${reason}`);
	tx.log({ atMs: nowMs, type: 'journey_ended', subject: keys.customer(enrolment.customerId), data: { journey: enrolment.journey, ...subjectOf(enrolment), reason } });
}

/** Parks an enrolment after its last attempt: listed as failed with its reason, never dropped in silence. */
export function park(tx: Transaction, enrolment: EnrolmentRecord, failure: string, nowMs: number): void {
	const key = keys.enrolment(enrolment.id);
	tx.set(key, { ...enrolment, status: 'failed', endedAtMs: nowMs, failure });
	tx.index(indexes.due(enrolment.journey), key, null);
	tx.index(indexes.failed, key, nowMs);
	closeOnCustomer(tx, enrolment);
	count(tx, enrolment, 'failed');
	tx.log({ atMs: nowMs, type: 'journey_failed', subject: keys.customer(enrolment.customerId), data: { journey: enrolment.journey, failure } });
}

function save(tx: Transaction, enrolment: EnrolmentRecord): void {
	const key = keys.enrolment(enrolment.id);
	tx.set(key, enrolment);
	tx.index(indexes.due(enrolment.journey), key, enrolment.dueAtMs);
}

function closeOnCustomer(tx: Transaction, enrolment: EnrolmentRecord): void {
	const key = keys.customer(enrolment.customerId);
	const customer = tx.get<CustomerRecord>(key);
	if (!customer?.open[enrolment.id]) return;
	const { [enrolment.id]: _closed, ...open } = customer.open;
	tx.set(key, { ...customer, open });
}
