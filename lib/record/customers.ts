import type { Definitions } from '../journeys/definitions';
import { end } from '../journeys/enrolment';
import { type AliasRecord, type CustomerRecord, type EndReason, type EnrolmentRecord, indexes, keys } from '../model/records';
import type { Store } from '../store/store';
import type { Transaction } from '../store/transaction';
import type { RecordContext, SuppressionRecord } from './identity';

/** Log entries erased per round trip. */
const eraseBatch = 500;

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

/** The customer used an unsubscribe link of ours, which nothing told earlier undoes. Returns whether it was news. */
export async function applyUnsubscribe(tx: Transaction, customer: CustomerRecord, source: string, definitions: Definitions, context: RecordContext): Promise<boolean> {
	const { email } = customer.consent;
	if (customer.erasedAtMs !== undefined) return false;
	const atMs = Math.max(context.journeyNowMs, email?.atMs ?? -Infinity);
	tx.set(keys.customer(customer.id), { ...customer, consent: { ...customer.consent, email: { status: 'unsubscribed', basis: email?.basis ?? 'unknown', source, atMs } } });
	await endUnsubscribed(tx, customer, customer.id, definitions, context);
	return email?.status !== 'unsubscribed';
}

/** An operator blocks a customer by hand: nothing reaches them any more, and what is under way ends. Returns whether it was news. */
export async function applyBlock(tx: Transaction, customer: CustomerRecord, note: string | undefined, definitions: Definitions, context: RecordContext): Promise<boolean> {
	if (customer.erasedAtMs !== undefined || customer.suppressed) return false;
	tx.set(keys.customer(customer.id), { ...customer, suppressed: { reason: 'blocked', atMs: context.journeyNowMs, ...(note && { note }) } });
	await endAll(tx, customer.id, 'suppressed', false, definitions, context);
	return true;
}

/** An operator lifts a block, whatever it came from; except that who asked to be forgotten stays so. Returns whether it was news. */
export function applyUnblock(tx: Transaction, customer: CustomerRecord): boolean {
	const { suppressed, ...free } = customer;
	if (!suppressed || suppressed.reason === 'erased' || customer.erasedAtMs !== undefined) return false;
	tx.set(keys.customer(customer.id), free);
	return true;
}

/**
 * Forgets customers: ends everything, removes aliases and personal fields, and keeps a salted hash of each alias so
 * that the addresses stay suppressed. Log entries are erased afterwards, in batches: see `finishErasures`.
 * @param aliases by which the erasure was asked for; every customer they lead to is forgotten
 */
export async function applyErasure(tx: Transaction, customer: CustomerRecord, aliases: string[], definitions: Definitions, context: RecordContext): Promise<boolean> {
	await tx.load(aliases);
	const ids = new Set([customer.id, ...aliases.map((alias) => tx.get<AliasRecord>(alias)?.id).filter((id) => id !== undefined)]);
	let isNews = false;
	for (const id of ids) isNews = (await forget(tx, id, aliases, definitions, context)) || isNews;
	return isNews;
}

async function forget(tx: Transaction, id: string, named: string[], definitions: Definitions, context: RecordContext): Promise<boolean> {
	const key = keys.customer(id);
	await tx.load([key]);
	const customer = tx.get<CustomerRecord>(key);
	if (!customer || customer.erasedAtMs !== undefined) return false;
	await endAll(tx, id, 'erased', false, definitions, context);
	const aliases = [...new Set([...(customer.aliases ?? []), ...named])];
	const suppressions = aliases.map((alias) => keys.suppression(context.hashAddress(alias)));
	await tx.load([...aliases, ...suppressions]);
	const suppression: SuppressionRecord = { reason: 'erased', atMs: context.journeyNowMs };
	for (const suppressed of suppressions) tx.set(suppressed, suppression);
	for (const alias of aliases) if (tx.get<AliasRecord>(alias)?.id === id) tx.set(alias, null);
	const forgotten: CustomerRecord = {
		id,
		createdAtMs: customer.createdAtMs,
		profileAtMs: context.journeyNowMs,
		consent: {},
		orders: { count: 0, spentMinor: {} },
		open: {},
		erasedAtMs: context.journeyNowMs,
	};
	tx.set(key, forgotten);
	tx.index(indexes.erasing, key, context.journeyNowMs);
	return true;
}

/** Erases the log entries of forgotten customers, those too that a crash left over: the shop's retry comes by here again. */
export async function finishErasures(store: Store): Promise<void> {
	for (const { key } of await store.walk(indexes.erasing, { limit: eraseBatch })) {
		while ((await store.eraseTimeline(key, { limit: eraseBatch })) === eraseBatch);
		await store.commit({ index: [{ index: indexes.erasing, key, value: null }] });
	}
}
