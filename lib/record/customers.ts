import type { Definitions } from '../journeys/definitions';
import { end } from '../journeys/enrolment';
import { type AliasRecord, type CustomerRecord, type EndReason, type EnrolmentRecord, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import type { RecordContext } from './identity';

/** Ends a customer's open enrolments, all or only the marketing ones. */
async function endAll(tx: Transaction, customerId: string, reason: EndReason, onlyMarketing: boolean, definitions: Definitions, context: RecordContext): Promise<void> {
	const open = Object.keys(tx.get<CustomerRecord>(keys.customer(customerId))?.open ?? {});
	await tx.load(open.map(keys.enrolment));
	for (const id of open) {
		const enrolment = tx.get<EnrolmentRecord>(keys.enrolment(id));
		if (enrolment?.status !== 'open' || (onlyMarketing && enrolment.kind !== 'marketing')) continue;
		end(tx, definitions.byId.get(enrolment.journey) ?? null, enrolment, reason, context.journeyNowMs);
	}
}

/** Who has just said no to e-mail gets no more marketing: ends the open enrolments. */
export async function endUnsubscribed(tx: Transaction, before: CustomerRecord | null, customerId: string, definitions: Definitions, context: RecordContext): Promise<void> {
	const after = tx.get<CustomerRecord>(keys.customer(customerId));
	if (after?.consent.email?.status !== 'unsubscribed' || before?.consent.email?.status === 'unsubscribed') return;
	await endAll(tx, customerId, 'unsubscribed', true, definitions, context);
}

/** The customer used an unsubscribe link of ours. */
export async function applyUnsubscribe(tx: Transaction, customer: CustomerRecord, atMs: number, source: string, definitions: Definitions, context: RecordContext): Promise<boolean> {
	if (customer.consent.email?.status === 'unsubscribed') return false;
	const next: CustomerRecord = {
		...customer,
		consent: { ...customer.consent, email: { status: 'unsubscribed', basis: customer.consent.email?.basis ?? 'unknown', source, atMs } },
	};
	tx.set(keys.customer(customer.id), next);
	await endUnsubscribed(tx, customer, customer.id, definitions, context);
	return true;
}

/**
 * Forgets a customer: ends everything, removes aliases and personal fields, and keeps a salted hash of the address so
 * that it stays suppressed. The customer's log entries are erased by the caller, in batches.
 */
export async function applyErasure(tx: Transaction, customer: CustomerRecord, definitions: Definitions, context: RecordContext): Promise<boolean> {
	if (customer.erasedAtMs !== undefined) return false;
	await endAll(tx, customer.id, 'erased', false, definitions, context);
	const aliases = [
		customer.email && keys.alias('email', customer.email),
		customer.phone && keys.alias('phone', customer.phone),
		customer.shopCustomerId && keys.alias('shop-customer', customer.shopCustomerId),
	].filter((key): key is string => !!key);
	const suppression = customer.email && keys.suppression(context.hashAddress(customer.email));
	await tx.load([...aliases, suppression || undefined]);
	for (const alias of aliases) if (tx.get<AliasRecord>(alias)?.id === customer.id) tx.set(alias, null);
	if (suppression) tx.set(suppression, { reason: 'erased', atMs: context.journeyNowMs });
	const forgotten: CustomerRecord = {
		id: customer.id,
		createdAtMs: customer.createdAtMs,
		profileAtMs: context.journeyNowMs,
		consent: {},
		orders: { count: 0, spentMinor: {} },
		open: {},
		erasedAtMs: context.journeyNowMs,
	};
	tx.set(keys.customer(customer.id), forgotten);
	return true;
}
