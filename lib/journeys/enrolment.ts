import type { Transaction } from '../store/transaction';
import {
	type CustomerRecord,
	type EndReason,
	type EnrolmentRecord,
	indexes,
	journeyCounters,
	type JourneyDefinition,
	keys,
} from '../model/records';

/**
 * The life of one enrolment: enter, postpone, settle a step, end. Each function changes documents inside the
 * caller's transaction, in which the enrolment and its customer are loaded; nothing here reads or waits.
 */

/** A journey and an entity (a cart) have one enrolment, so the same entry twice is the same document. */
export function enrolmentId(journey: string, entity: string): string {
	return `${journey}:${entity}`;
}

/** When the next step is due by the schedule: from entry, but never closer to the step before than the schedule has it. */
export function dueMs(definition: JourneyDefinition, { enteredAtMs, step, settled }: Pick<EnrolmentRecord, 'enteredAtMs' | 'step' | 'settled'>): number {
	const { delayMs } = definition.steps[step];
	const before = definition.steps[step - 1];
	const byEntry = enteredAtMs + delayMs;
	if (!before || settled?.step !== step - 1) return byEntry;
	return Math.max(byEntry, settled.atMs + delayMs - before.delayMs);
}

/** Nothing is sent later than this. */
export function expiresAtMs(definition: JourneyDefinition, enrolment: Pick<EnrolmentRecord, 'enteredAtMs'>): number {
	return enrolment.enteredAtMs + definition.maxAgeMs;
}

/** Whether an earlier enrolment of the same entity allows a new one. One that ended before anything was handed out does not count. */
export function mayEnter(definition: JourneyDefinition, previous: EnrolmentRecord | null, nowMs: number): boolean {
	if (!previous) return true;
	if (previous.status === 'open') return false;
	if (previous.stepsDone === 0 && Object.keys(previous.sends).length === 0) return true;
	return definition.reentryAfterMs !== null && nowMs - (previous.endedAtMs ?? previous.enteredAtMs) >= definition.reentryAfterMs;
}

/** Opens an enrolment; its first step is due one delay after `enteredAtMs`. */
export function enter(
	tx: Transaction,
	definition: JourneyDefinition,
	customer: CustomerRecord,
	entity: { cart: string },
	enteredAtMs: number,
): EnrolmentRecord {
	const id = enrolmentId(definition.id, entity.cart);
	const enrolment: EnrolmentRecord = {
		id,
		journey: definition.id,
		customerId: customer.id,
		cartId: entity.cart,
		kind: definition.kind,
		status: 'open',
		openedAtMs: enteredAtMs,
		enteredAtMs,
		step: 0,
		dueAtMs: enteredAtMs + definition.steps[0].delayMs,
		stepsDone: 0,
		sends: {},
	};
	save(tx, enrolment);
	tx.index(indexes.ended(definition.id), keys.enrolment(id), null);
	tx.index(indexes.failed, keys.enrolment(id), null);
	tx.set(keys.customer(customer.id), { ...customer, open: { ...customer.open, [id]: { journey: definition.id, cart: entity.cart } } });
	tx.count(journeyCounters(definition.id), 'entered');
	tx.log({ atMs: enteredAtMs, type: 'journey_entered', subject: keys.customer(customer.id), data: { journey: definition.id, name: definition.name, cart: entity.cart } });
	return enrolment;
}

/** Before the first message a change of the cart starts the clock anew; afterwards the series goes on as it is. */
export function postpone(tx: Transaction, definition: JourneyDefinition, enrolment: EnrolmentRecord, changedAtMs: number): void {
	if (enrolment.step > 0 || Object.keys(enrolment.sends).length > 0 || changedAtMs <= enrolment.enteredAtMs) return;
	save(tx, { ...enrolment, enteredAtMs: changedAtMs, dueAtMs: changedAtMs + definition.steps[0].delayMs });
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
	if (!definition || settled.step >= definition.steps.length) {
		end(tx, definition, settled, 'completed', nowMs);
		return;
	}
	save(tx, { ...settled, dueAtMs: dueMs(definition, settled) });
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
		tx.set(key, { ...customer, open: { ...customer.open, [enrolment.id]: { journey: enrolment.journey, cart: enrolment.cartId } } });
	}
	tx.index(indexes.ended(enrolment.journey), keys.enrolment(enrolment.id), null);
	save(tx, { ...rest, status: 'open', step: settled.step, stepsDone: enrolment.stepsDone - 1, dueAtMs });
}

/** Ends an enrolment: off the schedule, off the customer's list, and onto Ended when the journey shows that. */
export function end(tx: Transaction, definition: JourneyDefinition | null, enrolment: EnrolmentRecord, reason: EndReason, nowMs: number): void {
	const key = keys.enrolment(enrolment.id);
	tx.set(key, { ...enrolment, status: 'ended', endedAtMs: nowMs, endReason: reason });
	tx.index(indexes.due(enrolment.journey), key, null);
	if (definition?.emitEnded) tx.index(indexes.ended(enrolment.journey), key, nowMs);
	closeOnCustomer(tx, enrolment);
	tx.count(journeyCounters(enrolment.journey), `ended.${reason}`);
	tx.log({ atMs: nowMs, type: 'journey_ended', subject: keys.customer(enrolment.customerId), data: { journey: enrolment.journey, cart: enrolment.cartId, reason } });
}

/** Parks an enrolment after its last attempt: listed as failed with its reason, never dropped in silence. */
export function park(tx: Transaction, enrolment: EnrolmentRecord, failure: string, nowMs: number): void {
	const key = keys.enrolment(enrolment.id);
	tx.set(key, { ...enrolment, status: 'failed', endedAtMs: nowMs, failure });
	tx.index(indexes.due(enrolment.journey), key, null);
	tx.index(indexes.failed, key, nowMs);
	closeOnCustomer(tx, enrolment);
	tx.count(journeyCounters(enrolment.journey), 'failed');
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
