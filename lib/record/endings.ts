import type { Definitions, DefinitionsById } from '../journeys/definitions';
import { end } from '../journeys/enrolment';
import type { ShopEvent } from '../model/events';
import { type CustomerRecord, type EndReason, type EnrolmentRecord, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import type { RecordContext } from './identity';

/** Ends a loaded customer's open enrolments, all or only the marketing ones, at most `limit`. Returns whether that were all. */
export async function endAll(
	tx: Transaction,
	customerId: string,
	reason: EndReason,
	onlyMarketing: boolean,
	definitions: DefinitionsById,
	nowMs: number,
	limit = Infinity,
): Promise<boolean> {
	const open = Object.keys(tx.get<CustomerRecord>(keys.customer(customerId))?.open ?? {});
	const now = open.slice(0, limit);
	await tx.load(now.map(keys.enrolment));
	for (const id of now) {
		const enrolment = tx.get<EnrolmentRecord>(keys.enrolment(id));
		if (enrolment?.status !== 'open' || (onlyMarketing && enrolment.kind !== 'marketing')) continue;
		end(tx, definitions.byId.get(enrolment.journey) ?? null, enrolment, reason, nowMs);
	}
	return now.length === open.length;
}

/** Who has just said no to e-mail gets no more marketing: ends the open enrolments. */
export async function endUnsubscribed(tx: Transaction, before: CustomerRecord | null, customerId: string, definitions: Definitions, context: RecordContext): Promise<void> {
	const after = tx.get<CustomerRecord>(keys.customer(customerId));
	if (after?.consent.email?.status !== 'unsubscribed' || before?.consent.email?.status === 'unsubscribed') return;
	await endAll(tx, customerId, 'unsubscribed', true, definitions, context.journeyNowMs);
}

/** The customer unsubscribed from a channel by a link of ours or a word (STOP), which nothing told earlier undoes. Returns whether it was news. */
export async function applyUnsubscribe(tx: Transaction, customer: CustomerRecord, { source, message }: ShopEvent, definitions: Definitions, context: RecordContext): Promise<boolean> {
	const channel = message?.channel ?? 'email';
	const before = customer.consent[channel];
	const atMs = Math.max(context.journeyNowMs, before?.atMs ?? -Infinity);
	tx.set(keys.customer(customer.id), { ...customer, consent: { ...customer.consent, [channel]: { status: 'unsubscribed', basis: before?.basis ?? 'unknown', source, atMs } } });
	await endUnsubscribed(tx, customer, customer.id, definitions, context);
	return before?.status !== 'unsubscribed';
}

/** An operator blocks a customer by hand: nothing reaches them any more, and what is under way ends. Returns whether it was news. */
export async function applyBlock(tx: Transaction, customer: CustomerRecord, note: string | undefined, definitions: Definitions, context: RecordContext): Promise<boolean> {
	// A block by hand outlasts soft bounces, which a delivery takes back.
	if (customer.suppressed && customer.suppressed.reason !== 'soft_bounces') return false;
	tx.set(keys.customer(customer.id), { ...customer, suppressed: { reason: 'blocked', atMs: context.journeyNowMs, ...(note && { note }) } });
	await endAll(tx, customer.id, 'suppressed', false, definitions, context.journeyNowMs);
	return true;
}

/** An operator lifts a block, whatever it came from, and soft bounces count anew; except that who asked to be forgotten stays so. Returns whether it was news. */
export function applyUnblock(tx: Transaction, customer: CustomerRecord, nowMs: number): boolean {
	const { suppressed, softBouncesAtMs: _bounces, ...free } = customer;
	if (!suppressed || suppressed.reason === 'erased') return false;
	tx.set(keys.customer(customer.id), { ...free, reachedAtMs: Math.max(free.reachedAtMs ?? -Infinity, nowMs) });
	return true;
}
