import type { CustomerFacts } from '../model/events';
import { type AliasRecord, type CustomerRecord, keys } from '../model/records';
import type { Transaction } from '../store/transaction';

/** What the rules need from outside: nothing in lib/record reads a clock or makes up an id by itself. */
export interface RecordContext {
	journeyNowMs: number;
	newId(): string;
	/** Salted hash of an address: all that is kept of it after an erasure. */
	hashAddress(address: string): string;
}

/** Trimmed and lower-cased, or undefined when it cannot be an address at all. Whether it is a good one is asked before sending. */
export function normaliseEmail(email: string | undefined): string | undefined {
	const address = email?.trim().toLowerCase();
	return address && address.length <= 254 && /^[^\s@]+@\S+$/.test(address) ? address : undefined;
}

/** E.164, when the number already carries its country code; else undefined. */
export function normalisePhone(phone: string | undefined): string | undefined {
	const digits = phone?.replace(/[\s().-]/g, '');
	return digits && /^\+[1-9]\d{6,14}$/.test(digits) ? digits : undefined;
}

/** The aliases a customer's facts name, the most trustworthy first. */
function aliasKeys(facts: CustomerFacts): string[] {
	const email = normaliseEmail(facts.email);
	const phone = normalisePhone(facts.phone);
	return [
		...(facts.shopCustomerId ? [keys.alias('shop-customer', facts.shopCustomerId)] : []),
		...(email ? [keys.alias('email', email)] : []),
		...(phone ? [keys.alias('phone', phone)] : []),
	];
}

/**
 * Finds the customer that an event speaks of, or makes one when the event names somebody new. Aliases that are
 * not known yet are written. Returns null when the event names nobody.
 * When the aliases name several customers, the most trustworthy one is taken and the others stay as they are.
 */
export async function identify(tx: Transaction, facts: CustomerFacts | undefined, customerId: string | undefined, context: RecordContext): Promise<CustomerRecord | null> {
	if (customerId) {
		await tx.load([keys.customer(customerId)]);
		return tx.get<CustomerRecord>(keys.customer(customerId));
	}
	const aliases = facts ? aliasKeys(facts) : [];
	if (!facts || aliases.length === 0) return null;
	const email = normaliseEmail(facts.email);
	await tx.load([...aliases, email && keys.suppression(context.hashAddress(email))]);
	const known = aliases.map((alias) => tx.get<AliasRecord>(alias)?.id).find((id) => id !== undefined);
	const id = known ?? context.newId();
	await tx.load([keys.customer(id)]);
	for (const alias of aliases) if (!tx.get(alias)) tx.set(alias, { id });
	const existing = tx.get<CustomerRecord>(keys.customer(id));
	if (existing) return existing;
	const suppressed = email ? tx.get<{ reason: string; atMs: number }>(keys.suppression(context.hashAddress(email))) : null;
	const created: CustomerRecord = {
		id,
		createdAtMs: context.journeyNowMs,
		profileAtMs: 0,
		consent: {},
		orders: { count: 0, spentMinor: {} },
		open: {},
		...(suppressed && { suppressed }),
	};
	tx.set(keys.customer(id), created);
	return created;
}

const profileFields = ['shopCustomerId', 'firstName', 'lastName', 'locale', 'timezone', 'country', 'city', 'tags'] as const;

/**
 * Takes over what the event says of the customer. Newer facts replace older ones, older ones only fill gaps, so the
 * order in which deliveries arrive does not matter.
 */
export function withFacts(customer: CustomerRecord, facts: CustomerFacts, atMs: number, source: string): CustomerRecord {
	if (customer.erasedAtMs !== undefined) return customer;
	const isNewer = atMs >= customer.profileAtMs;
	const next: CustomerRecord = { ...customer, profileAtMs: Math.max(atMs, customer.profileAtMs), consent: { ...customer.consent } };
	const said = { ...facts, email: normaliseEmail(facts.email), phone: normalisePhone(facts.phone) };
	for (const field of ['email', 'phone', ...profileFields] as const) {
		const value = said[field];
		if (value !== undefined && value !== '' && (isNewer || next[field] === undefined)) Object.assign(next, { [field]: value });
	}
	for (const [channel, fact] of [['email', facts.emailConsent], ['sms', facts.smsConsent]] as const) {
		if (fact && fact.atMs >= (next.consent[channel]?.atMs ?? -Infinity)) next.consent[channel] = { ...fact, source };
	}
	return next;
}
