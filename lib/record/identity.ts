import type { Definitions } from '../journeys/definitions';
import type { Programme } from '../loyalty/programme';
import type { CustomerFacts, ShopEvent } from '../model/events';
import { normalisePhone } from '../model/phone';
import { type AliasRecord, type CustomerRecord, keys } from '../model/records';
import type { Store } from '../store/store';
import type { Transaction } from '../store/transaction';
import { belongs } from './belongings';
import { believedOfForm, ofForm } from './forms';
import { applyMerge } from './merge';
import { inOrderOfStay, isKnown, isVisitorAlias, mostTrusted } from './mergeCustomers';
import { formSource } from './optIn';
import type { PointsNews } from './points';

/**
 * Who a customer is. Four kinds of aliases lead to a customer: the shop's own id, the e-mail address, the phone number, and
 * the browser (visitor). Whom the aliases of one event lead to, and what becomes of it when these are several:
 *
 * 1. The shop's id and the e-mail address of one signed delivery are one person: the two customers they lead to (guest and
 *    account) are merged. Only an address that its account has since given up, and that another account now has, moves
 *    to that account instead.
 * 2. A phone number joins too, unless addresses or accounts contradict (families share a number): then it stays where it was.
 * 3. A browser whose user is not known yet is stitched into the customer it turns out to be. One that led to somebody else
 *    who is known (a shared computer) leads to the new one from now on; the two stay apart.
 * 4. `customers_merged` merges whatever accounts it names.
 * 5. What a browser says (source `tracking`) is no proof: it finds one customer, by the best alias that leads to anybody, and
 *    never merges two who are known, adds no address, number or account to one who is, and grants no consent to e-mail
 *    or SMS. Its words count only where no signed source ever said anything.
 * 6. What a form says (source `form`) is no proof either, unless a signed link named the customer: see forms.ts.
 *
 * Merging and stitching are in merge.ts; who stays is decided by `inOrderOfStay`.
 */

/** What the rules need from outside: nothing in lib/record reads a clock or makes up an id by itself. */
export interface RecordContext {
	journeyNowMs: number;
	newId(): string;
	/** Salted hash of an address, given as its alias key: all that is kept of it after an erasure. */
	hashAddress(address: string): string;
	/** Comes from a history import: nobody is enrolled. */
	isHistory: boolean;
	/** The shop's loyalty programme, asked for once per event and only where something depends on it; null: it has none. */
	programme(): Promise<Programme | null>;
	/** What came of points by merges, to be told when everything is applied. */
	pointsNews: Array<{ customerId: string; news: PointsNews[] }>;
	/** For what is only looked up and need not be the same until the commit. */
	store: Store;
}

export interface SuppressionRecord {
	reason: string;
	atMs: number;
}

/** The source of events that a browser told: anybody can send them. */
export const trackingSource = 'tracking';
/** A browser's word counts as one of long ago: the newest of them counts among themselves, and any signed word before them. */
const browserLagMs = 1e14;

/** Trimmed and lower-cased, or undefined when it cannot be an address at all. Whether it is a good one is asked before sending. */
export function normaliseEmail(email: string | undefined): string | undefined {
	const address = email?.trim().toLowerCase();
	return address && address.length <= 254 && /^[^\s@]+@\S+$/.test(address) ? address : undefined;
}

/**
 * Facts with address and number in their one form, and without those that cannot be.
 * @param shopCountry where a number without a country code is from when the facts do not say where the customer lives; ISO 3166 alpha-2
 */
export function normaliseFacts(facts: CustomerFacts, shopCountry?: string): CustomerFacts {
	return { ...facts, email: normaliseEmail(facts.email), phone: normalisePhone(facts.phone, facts.country ?? shopCountry) };
}

/** The aliases that normalised facts name, the most trustworthy first. */
export function aliasKeys({ shopCustomerId, email, phone, visitorId }: CustomerFacts): string[] {
	return [
		...(shopCustomerId ? [keys.alias('shop-customer', shopCustomerId)] : []),
		...(email ? [keys.alias('email', email)] : []),
		...(phone ? [keys.alias('phone', phone)] : []),
		...(visitorId ? [keys.alias('visitor', visitorId)] : []),
	];
}

/** The aliases of normalised facts of an event, those of `customers_merged` included. */
export function aliasesOf(event: ShopEvent): string[] {
	const merged = event.type === 'customers_merged' ? (event.mergedShopCustomerIds ?? []) : [];
	return [...new Set([...(event.customer ? aliasKeys(event.customer) : []), ...merged.map((id) => keys.alias('shop-customer', id))])];
}

/** A customer's document by any id the customer ever had. It and what leads to it is loaded. */
export async function loadCustomer(tx: Transaction, id: string | undefined): Promise<CustomerRecord | null> {
	const seen = new Set<string>();
	for (let next = id; next !== undefined && !seen.has(next); ) {
		seen.add(next);
		await tx.load([keys.customer(next)]);
		const customer: CustomerRecord | null = tx.get(keys.customer(next));
		if (!customer?.mergedInto) return customer;
		next = customer.mergedInto;
	}
	return null;
}

/** A customer's document by any id the customer ever had: ids in events, links and items may be older than a merge. */
export async function readCustomer(store: Store, id: string): Promise<CustomerRecord | null> {
	const seen = new Set<string>();
	for (let next: string | undefined = id; next !== undefined && !seen.has(next); ) {
		seen.add(next);
		const [{ value }]: Array<{ value: CustomerRecord | null }> = await store.read<CustomerRecord>([keys.customer(next)]);
		if (!value?.mergedInto) return value;
		next = value.mergedInto;
	}
	return null;
}

/** The customer that one of a person's aliases leads to. */
export async function findCustomer(store: Store, alias: string): Promise<CustomerRecord | null> {
	const [{ value }] = await store.read<AliasRecord>([alias]);
	return value && (await readCustomer(store, value.id));
}

export interface Identified {
	/** As it stands before the event's facts are taken over. */
	customer: CustomerRecord;
	/** Made by this event. */
	isNew: boolean;
	/** Was nobody's but a browser's until now, or was put together from several: its cart may be somebody's to remind now. */
	hasChanged: boolean;
	/** The facts that this event may tell of the customer. */
	facts?: CustomerFacts;
	/** When they are taken to have been told: [time, tie-break]. */
	toldAt: readonly [number, number];
}

/** What the event's aliases lead to. */
export interface Leads {
	to: Map<string, CustomerRecord | null>;
	/** Erased or suppressed addresses among those that lead to nobody. */
	suppressed: Map<string, SuppressionRecord>;
}

/**
 * Finds the customer that an event speaks of, or makes one when the event names somebody new. Writes and re-points the
 * aliases, and merges customers that the event proves to be one. Returns null when the event names nobody, or
 * somebody who was erased since it happened.
 * @param event with normalised facts
 */
export async function identify(tx: Transaction, event: ShopEvent, definitions: Definitions, context: RecordContext): Promise<Identified | null> {
	const isBrowser = event.source === trackingSource;
	const isForm = event.source === formSource;
	const all = aliasesOf(event);
	const named = await loadCustomer(tx, event.customerId);
	if (named?.erasedAtMs !== undefined || (event.customerId !== undefined && !named)) return null;
	if (all.length === 0 && !named) return null;

	const leads = await follow(tx, all, context);
	const aliases = isBrowser ? believed(all, leads, event.customer) : isForm ? believedOfForm(all, leads, named) : all;
	// A late word of an old order or cart does not bring back who was erased; a new one does, suppressed.
	const happenedAtMs = event.order?.placedAtMs ?? event.occurredAtMs;
	const isLate = (alias: string) => (leads.suppressed.get(alias)?.reason === 'erased' && happenedAtMs <= leads.suppressed.get(alias)!.atMs) === true;
	const persons = aliases.filter((alias) => !isVisitorAlias(alias));
	const visitor = aliases.find((alias) => isVisitorAlias(alias) && !isLate(alias));
	if (persons.some(isLate) || (persons.length === 0 && !visitor && !named)) return null;

	const { members, strayPhones } = personOf(event, persons, leads, named);
	const browser = visitor ? (leads.to.get(visitor) ?? null) : null;
	const isFirstName = browser !== null && !isKnown(browser) && !members.some(({ id }) => id === browser.id);
	if (isFirstName || (browser && persons.length === 0 && members.length === 0)) members.push(browser);

	const wasKnown = members.some(isKnown);
	const isNew = members.length === 0;
	let customer = members[0] ?? newCustomer(tx, context);
	for (const other of members.slice(1)) customer = await applyMerge(tx, customer, other, definitions, context);
	customer = pointHere(tx, customer, [...persons.filter((alias) => !strayPhones.includes(alias)), ...(visitor ? [visitor] : [])], leads, context);
	const suppressed = persons.map((alias) => leads.suppressed.get(alias)).find((record) => record !== undefined);
	if (suppressed && !customer.suppressed) customer = { ...customer, suppressed };
	if (customer !== tx.get(keys.customer(customer.id))) tx.set(keys.customer(customer.id), customer);
	return {
		customer,
		isNew,
		hasChanged: members.length > 1 || (!isNew && !wasKnown && isKnown(customer)),
		...(event.customer && { facts: isBrowser ? ofBrowser(event.customer, aliases) : isForm ? ofForm(event.customer, aliases, customer, named !== null) : event.customer }),
		toldAt: [event.occurredAtMs - (isBrowser || (isForm && !named) ? browserLagMs : 0), event.sequenceMs ?? 0],
	};
}

/** Follows aliases to their customers. Who was erased is nobody, and remembered as suppressed. */
async function follow(tx: Transaction, aliases: string[], context: RecordContext): Promise<Leads> {
	await tx.load(aliases);
	const ids = aliases.map((alias) => tx.get<AliasRecord>(alias)?.id);
	const suppressions = aliases.map((alias, index) => (ids[index] === undefined ? keys.suppression(context.hashAddress(alias)) : undefined));
	await tx.load([...ids.map((id) => id && keys.customer(id)), ...suppressions]);
	const leads: Leads = { to: new Map(), suppressed: new Map() };
	for (const [index, alias] of aliases.entries()) {
		const customer = await loadCustomer(tx, ids[index]);
		const isErased = customer?.erasedAtMs !== undefined;
		leads.to.set(alias, isErased ? null : customer);
		const suppression = isErased ? { reason: 'erased', atMs: customer.erasedAtMs! } : suppressions[index] && tx.get<SuppressionRecord>(suppressions[index]);
		if (suppression) leads.suppressed.set(alias, suppression);
	}
	return leads;
}

/** Of what a browser names: one alias of a person, the first that leads to anybody, and the browser itself. */
function believed(aliases: string[], { to }: Leads, { email, phone }: CustomerFacts = {}): string[] {
	const persons = aliases.filter((alias) => !isVisitorAlias(alias));
	const reachable = [...(email ? [keys.alias('email', email)] : []), ...(phone ? [keys.alias('phone', phone)] : [])];
	const chosen = persons.find((alias) => to.get(alias)) ?? reachable[0] ?? persons[0];
	return aliases.filter((alias) => alias === chosen || isVisitorAlias(alias));
}

/** Without consent to e-mail, SMS and WhatsApp, and without the addresses that were not believed. */
function ofBrowser({ shopCustomerId, email, phone, emailConsent: _email, smsConsent: _sms, whatsappConsent: _whatsapp, ...facts }: CustomerFacts, aliases: string[]): CustomerFacts {
	return {
		...facts,
		...(shopCustomerId && aliases.includes(keys.alias('shop-customer', shopCustomerId)) && { shopCustomerId }),
		...(email && aliases.includes(keys.alias('email', email)) && { email }),
		...(phone && aliases.includes(keys.alias('phone', phone)) && { phone }),
	};
}

/** The customers that the aliases of a person prove to be one, and the phone numbers that are somebody else's. */
function personOf({ customer: facts = {} }: ShopEvent, persons: string[], { to }: Leads, named: CustomerRecord | null): { members: CustomerRecord[]; strayPhones: string[] } {
	const members: CustomerRecord[] = named ? [named] : [];
	const strayPhones: string[] = [];
	const differ = (a: string | undefined, b: string | undefined) => a !== undefined && b !== undefined && a !== b;
	for (const alias of persons) {
		const lead = to.get(alias);
		if (!lead || members.some(({ id }) => id === lead.id)) continue;
		const isOtherAccount = [facts, ...members].some(({ shopCustomerId }) => differ(shopCustomerId, lead.shopCustomerId));
		const isOtherAddress = [facts, ...members].some(({ email }) => differ(email, lead.email));
		if (alias.startsWith('alias:phone:') && (isOtherAccount || isOtherAddress)) strayPhones.push(alias);
		else if (alias.startsWith('alias:email:') && isOtherAccount && lead.email !== facts.email) continue;
		else members.push(lead);
	}
	members.sort((a, b) => (inOrderOfStay(a, b)[0] === a ? -1 : 1));
	return { members, strayPhones };
}

function newCustomer(tx: Transaction, context: RecordContext): CustomerRecord {
	const id = context.newId();
	// A new id leads to nothing yet: no need to ask the store. The commit makes sure.
	for (const key of [keys.customer(id), keys.history(id)]) tx.adopt({ key, version: 0, value: null });
	return { id, createdAtMs: context.journeyNowMs, profileAtMs: 0, consent: {}, orders: { count: 0, spentMinor: {} }, open: {} };
}

/** Makes aliases lead to a customer, and takes them from whom they led to. */
function pointHere(tx: Transaction, customer: CustomerRecord, aliases: string[], { to }: Leads, context: RecordContext): CustomerRecord {
	for (const alias of aliases) {
		if (tx.get<AliasRecord>(alias)?.id !== customer.id) tx.set(alias, { id: customer.id } satisfies AliasRecord);
		const holder = to.get(alias);
		const before = holder && tx.get<CustomerRecord>(keys.customer(holder.id));
		if (before && !before.mergedInto && before.id !== customer.id) tx.set(keys.customer(before.id), { ...before, aliases: before.aliases?.filter((other) => other !== alias) });
	}
	const known = customer.aliases ?? [];
	const all = [...known, ...aliases.filter((alias) => !known.includes(alias))];
	if (all.length === known.length) return customer;
	// The newest browsers stay in the document.
	const kept = mostTrusted([...all].reverse());
	for (const alias of all) if (!kept.includes(alias)) belongs(tx, alias, context.journeyNowMs, customer.id);
	return { ...customer, aliases: all.filter((alias) => kept.includes(alias)) };
}
