import { type CustomerRecord, type EnrolmentRecord, type HistoryRecord, indexes, type JourneyDefinition, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import type { Definitions, DefinitionsById } from './definitions';
import { end, enrolmentId, entityOf } from './enrolment';
import { isReachable, tryEnter, whereOf } from './gate';

/** Who is in the segment that a journey watches. Membership is stored, so that entering is told from being in. */

/** Journeys that a customer enters or leaves by one event: a commit is bounded, and the next look at all customers does the rest. */
const changesAtOnce = 6;

/** The documents that a decision about a customer reads. */
export function segmentKeys(definition: JourneyDefinition, customerId: string): string[] {
	return [keys.customer(customerId), ...(whereOf(definition).needs.history ? [keys.history(customerId)] : [])];
}

/** Whether the segment's condition holds. Who cannot be reached is in no segment of a journey. */
export function isIn(definition: JourneyDefinition, customer: CustomerRecord | null, history: HistoryRecord | null, nowMs: number): boolean {
	if (!customer || customer.erasedAtMs !== undefined || customer.mergedInto !== undefined || !isReachable(customer)) return false;
	return whereOf(definition).matches({ customer, history }, nowMs);
}

/** Writes down that the customer is in, or no longer. */
export function setMember(tx: Transaction, { id }: JourneyDefinition, customerId: string, sinceMs: number | null, definitions: DefinitionsById): void {
	const key = keys.customer(customerId);
	const customer = tx.get<CustomerRecord>(key);
	tx.index(indexes.segment(id), key, sinceMs);
	if (!customer) return;
	const { segments: before, ...rest } = customer;
	const others = Object.entries(before ?? {}).filter(([journey]) => journey !== id && definitions.byId.has(journey));
	const segments = Object.fromEntries(sinceMs === null ? others : [...others, [id, sinceMs]]);
	if (sinceMs === null && before === undefined) return;
	tx.set(key, { ...rest, ...(Object.keys(segments).length > 0 && { segments }) });
}

export function isMember({ id }: JourneyDefinition, customer: CustomerRecord | null): boolean {
	return customer?.segments?.[id] !== undefined;
}

/** The key of a customer's enrolment, whatever became of it. */
export function memberEnrolment(definition: JourneyDefinition, customer: CustomerRecord): string {
	return keys.enrolment(enrolmentId(definition.id, entityOf(definition, customer)));
}

/** The customer is in now: enters the journey. The enrolment that there was before is loaded. */
export function enterSegment(tx: Transaction, definition: JourneyDefinition, customerId: string, nowMs: number, definitions: DefinitionsById, fromMs = nowMs): boolean {
	const customer = tx.get<CustomerRecord>(keys.customer(customerId))!;
	if (!isMember(definition, customer)) setMember(tx, definition, customerId, nowMs, definitions);
	const history = tx.has(keys.history(customerId)) ? tx.get<HistoryRecord>(keys.history(customerId)) : null;
	return tryEnter(tx, definition, { customerId, entity: entityOf(definition, customer), about: {}, atMs: nowMs, fromMs, nowMs, facts: { history } });
}

/** The customer is no longer in. The enrolment is loaded. */
export function leaveSegment(tx: Transaction, definition: JourneyDefinition, customerId: string, nowMs: number, definitions: DefinitionsById): void {
	const customer = tx.get<CustomerRecord>(keys.customer(customerId));
	const enrolment = customer && tx.get<EnrolmentRecord>(memberEnrolment(definition, customer));
	if (enrolment?.status === 'open' && definition.endsOn.includes('left_segment')) end(tx, definition, enrolment, 'left_segment', nowMs);
	setMember(tx, definition, customerId, null, definitions);
}

/**
 * Lets the segment journeys see what an event made of the customer. Until a journey's first look at all customers is over,
 * who was in before the event is taken in without entering.
 */
export async function applySegments(tx: Transaction, customerId: string, isHistory: boolean, definitions: Definitions, nowMs: number): Promise<void> {
	const journeys = definitions.active.filter(({ trigger }) => trigger === 'segment');
	if (journeys.length === 0) return;
	await tx.load(journeys.flatMap((definition) => segmentKeys(definition, customerId)));
	const changes: Array<() => void> = [];
	const touched: string[] = [];
	for (const definition of journeys) {
		const customer = tx.get<CustomerRecord>(keys.customer(customerId));
		const historyKey = keys.history(customerId);
		const history = tx.has(historyKey) ? tx.get<HistoryRecord>(historyKey) : null;
		const isNow = isIn(definition, customer, history, nowMs);
		if (isNow === isMember(definition, customer)) continue;
		if (touched.length >= changesAtOnce) break;
		if (customer) touched.push(memberEnrolment(definition, customer));
		const isReady = definition.segment?.readyAtMs !== undefined;
		const wasIn = () => isIn(definition, tx.before<CustomerRecord>(keys.customer(customerId)), tx.before<HistoryRecord>(historyKey), nowMs);
		if (!isNow) changes.push(() => leaveSegment(tx, definition, customerId, nowMs, definitions));
		else if (isHistory || (!isReady && wasIn())) changes.push(() => setMember(tx, definition, customerId, nowMs, definitions));
		else changes.push(() => void enterSegment(tx, definition, customerId, nowMs, definitions));
	}
	await tx.load(touched);
	for (const change of changes) change();
}
