import type { ConsentFact, CustomerFacts, ShopEvent } from '../model/events';
import { type AliasRecord, type ConsentRecord, type CustomerRecord, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import { withLatest } from './latest';

/** What the rules need from outside: nothing in lib/record reads a clock or makes up an id by itself. */
export interface RecordContext {
	journeyNowMs: number;
	newId(): string;
	/** Salted hash of an address, given as its alias key: all that is kept of it after an erasure. */
	hashAddress(address: string): string;
}

export interface SuppressionRecord {
	reason: string;
	atMs: number;
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
export function aliasKeys(facts: CustomerFacts): string[] {
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
 * not known yet are written. Returns null when the event names nobody, or somebody who was erased since it happened.
 * When the aliases name several customers, the most trustworthy one is taken and the others stay as they are.
 */
export async function identify(tx: Transaction, event: ShopEvent, context: RecordContext): Promise<CustomerRecord | null> {
	if (event.customerId) {
		await tx.load([keys.customer(event.customerId)]);
		return tx.get<CustomerRecord>(keys.customer(event.customerId));
	}
	const aliases = event.customer ? aliasKeys(event.customer) : [];
	if (aliases.length === 0) return null;
	await tx.load(aliases);
	const strange = aliases.filter((alias) => !tx.get(alias));
	const suppressions = strange.map((alias) => keys.suppression(context.hashAddress(alias)));
	const known = aliases.map((alias) => tx.get<AliasRecord>(alias)?.id).find((id) => id !== undefined);
	const id = known ?? context.newId();
	await tx.load([keys.customer(id), ...suppressions]);
	const suppressed = suppressions.map((key) => tx.get<SuppressionRecord>(key)).find((record) => record !== null);
	// A late word of an old order or cart does not bring back who was erased; a new one does, suppressed.
	const happenedAtMs = event.order?.placedAtMs ?? event.occurredAtMs;
	if (suppressed?.reason === 'erased' && happenedAtMs <= suppressed.atMs) return null;

	const existing = tx.get<CustomerRecord>(keys.customer(id));
	if (existing && strange.length === 0) return existing;
	for (const alias of strange) tx.set(alias, { id });
	const customer: CustomerRecord = existing ?? {
		id,
		createdAtMs: context.journeyNowMs,
		profileAtMs: 0,
		consent: {},
		orders: { count: 0, spentMinor: {} },
		open: {},
	};
	const next: CustomerRecord = {
		...customer,
		aliases: [...(customer.aliases ?? []), ...strange],
		...(suppressed && !customer.suppressed && { suppressed }),
	};
	tx.set(keys.customer(id), next);
	return next;
}

const profileFields = ['email', 'phone', 'shopCustomerId', 'firstName', 'lastName', 'locale', 'timezone', 'country', 'city', 'tags'] as const;

/**
 * Takes over what the event says of the customer: the latest word on each field counts, whatever order deliveries
 * arrive in.
 */
export function withFacts(customer: CustomerRecord, facts: CustomerFacts, [atMs, sequenceMs]: readonly [number, number], source: string): CustomerRecord {
	if (customer.erasedAtMs !== undefined) return customer;
	const said: Partial<CustomerRecord> = {};
	const told = { ...facts, email: normaliseEmail(facts.email), phone: normalisePhone(facts.phone) };
	for (const field of profileFields) if (told[field] !== undefined && told[field] !== '') Object.assign(said, { [field]: told[field] });

	const profile = Object.fromEntries(profileFields.filter((field) => customer[field] !== undefined).map((field) => [field, customer[field]]));
	const telling = { newest: [customer.profileAtMs, customer.profileSequenceMs ?? 0], earlier: customer.profileEarlier };
	const latest = withLatest<Partial<CustomerRecord>>(profile, telling, said, [atMs, sequenceMs]);
	const [profileAtMs, profileSequenceMs] = latest.telling.newest;
	const { profileEarlier: _earlier, profileSequenceMs: _sequence, ...rest } = customer;
	const next: CustomerRecord = {
		...rest,
		...latest.value,
		profileAtMs,
		...(profileSequenceMs !== 0 && { profileSequenceMs }),
		...(latest.telling.earlier && { profileEarlier: latest.telling.earlier }),
		consent: { ...customer.consent },
	};
	for (const [channel, fact] of [['email', facts.emailConsent], ['sms', facts.smsConsent]] as const) {
		if (fact && isNewerConsent(fact, next.consent[channel])) next.consent[channel] = { ...fact, source };
	}
	return next;
}

/** A yes and a no of the same moment: the no counts. */
function isNewerConsent(fact: ConsentFact, known: ConsentRecord | undefined): boolean {
	if (!known || fact.atMs > known.atMs) return true;
	return fact.atMs === known.atMs && known.status !== 'unsubscribed';
}
