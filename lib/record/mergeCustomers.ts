import type { MessageChannel } from '../model/events';
import type { CustomerRecord } from '../model/records';
import { mergeContacts, withMergedAnswers } from './answers';
import { mergeBought } from './bought';
import { mergeSoftBounces, strongerSuppression } from './bounces';
import { mergeAsks } from './optIn';
import { mergeProfiles, strongerConsent, withMergedWords, withProfile } from './profile';

/** How many merged ids, aliases and restock requests a customer's document holds; the rest is found among the belongings. */
export const maxMerged = 50;
export const maxAliases = 40;
export const maxRestock = 50;

const visitorPrefix = 'alias:visitor:';
export const isVisitorAlias = (alias: string) => alias.startsWith(visitorPrefix);

/** Whether it is known who the customer is: an address, a number or an account, not only a browser. */
export function isKnown({ email, phone, shopCustomerId, aliases = [] }: CustomerRecord): boolean {
	return (email ?? phone ?? shopCustomerId) !== undefined || aliases.some((alias) => !isVisitorAlias(alias));
}

/** Which of two customers that proved to be one stays: who is known before who is not, the older before the younger. */
export function inOrderOfStay(a: CustomerRecord, b: CustomerRecord): [stays: CustomerRecord, goes: CustomerRecord] {
	const stays = isKnown(a) !== isKnown(b) ? isKnown(a) : a.createdAtMs !== b.createdAtMs ? a.createdAtMs < b.createdAtMs : a.id < b.id;
	return stays ? [a, b] : [b, a];
}

/**
 * Two customers that proved to be one. Which is named first does not matter: of each field the latest word counts, of
 * each consent the newer one (a no before a yes of the same moment), totals are added up, and who was suppressed stays
 * suppressed. Enrolments are the caller's: `open` holds both customers'.
 */
export function mergeCustomers(a: CustomerRecord, b: CustomerRecord): CustomerRecord {
	const [stays, goes] = inOrderOfStay(a, b);
	const { aliases: _a, merged: _m, consent: _c, suppressed: _s, visits: _v, engagement: _e, restock: _r, optInAsks: _o, bought: _b, latestCart: _l, contacts: _t, ...rest } = withMergedAnswers(withMergedWords(withProfile(stays, mergeProfiles(stays, goes)), goes), goes);
	const merged = [goes.id, ...(goes.merged ?? []), ...(stays.merged ?? [])].slice(0, maxMerged);
	const aliases = mostTrusted([...(stays.aliases ?? []), ...(goes.aliases ?? [])]);
	const bought = mergeBought(stays.bought, goes.bought);
	const latestCart = laterCart(stays.latestCart, goes.latestCart);
	const suppressed = strongerSuppression(stays.suppressed, goes.suppressed);
	const contacts = mergeContacts(stays.contacts, goes.contacts);
	const visits = mergeVisits(stays.visits, goes.visits);
	const engagement = mergeEngagement(stays.engagement, goes.engagement);
	const restock = oldestAsked(stays.restock, goes.restock);
	const optInAsks = mergeAsks(stays.optInAsks, goes.optInAsks);
	const segments = stays.segments || goes.segments ? minimums(stays.segments, goes.segments) : undefined;
	const customer: CustomerRecord = {
		...rest,
		createdAtMs: Math.min(stays.createdAtMs, goes.createdAtMs),
		merged,
		...(aliases.length > 0 && { aliases }),
		consent: mergeConsents(stays.consent, goes.consent),
		orders: mergeOrders(stays.orders, goes.orders),
		...(bought && { bought }),
		...(latestCart && { latestCart }),
		...(suppressed && { suppressed }),
		...(visits && { visits }),
		...(engagement && { engagement }),
		...(restock && { restock }),
		...(optInAsks && { optInAsks }),
		...(segments && { segments }),
		...(contacts && { contacts }),
		open: { ...goes.open, ...stays.open },
	};
	return mergeSoftBounces(customer, goes);
}

/** Each once, names of persons before browsers, at most `maxAliases`. */
export function mostTrusted(aliases: string[]): string[] {
	const all = [...new Set(aliases)];
	return [...all.filter((alias) => !isVisitorAlias(alias)), ...all.filter(isVisitorAlias)].slice(0, maxAliases);
}

function mergeConsents(a: CustomerRecord['consent'], b: CustomerRecord['consent']): CustomerRecord['consent'] {
	const merged = { ...a };
	for (const channel of Object.keys(b) as MessageChannel[]) merged[channel] = strongerConsent(merged[channel], b[channel]!);
	return merged;
}

function mergeOrders(a: CustomerRecord['orders'], b: CustomerRecord['orders']): CustomerRecord['orders'] {
	const spentMinor = { ...a.spentMinor };
	for (const [currency, minor] of Object.entries(b.spentMinor)) spentMinor[currency] = (spentMinor[currency] ?? 0) + minor;
	const firstAtMs = smallest(a.firstAtMs, b.firstAtMs);
	const lastAtMs = largest(a.lastAtMs, b.lastAtMs);
	return { count: a.count + b.count, spentMinor, ...(firstAtMs !== undefined && { firstAtMs }), ...(lastAtMs !== undefined && { lastAtMs }) };
}

/** The cart touched last; of two at the same moment always the same one. */
export function laterCart(a: CustomerRecord['latestCart'], b: CustomerRecord['latestCart']): CustomerRecord['latestCart'] {
	if (!a || !b) return a ?? b;
	return a.atMs < b.atMs || (a.atMs === b.atMs && a.id < b.id) ? b : a;
}

function mergeVisits(a: CustomerRecord['visits'], b: CustomerRecord['visits']): CustomerRecord['visits'] {
	if (!a || !b) return a ?? b;
	return { count: a.count + b.count, firstAtMs: Math.min(a.firstAtMs, b.firstAtMs), lastAtMs: Math.max(a.lastAtMs, b.lastAtMs) };
}

function mergeEngagement(a: CustomerRecord['engagement'], b: CustomerRecord['engagement']): CustomerRecord['engagement'] {
	if (!a || !b) return a ?? b;
	const merged: NonNullable<CustomerRecord['engagement']> = { ...a };
	for (const field of ['sent', 'opened', 'clicked'] as const) if (b[field] !== undefined) merged[field] = (a[field] ?? 0) + b[field];
	for (const field of ['lastSentAtMs', 'lastOpenedAtMs', 'lastClickedAtMs'] as const) if (b[field] !== undefined) merged[field] = largest(a[field], b[field]);
	return merged;
}

function oldestAsked(a: CustomerRecord['restock'], b: CustomerRecord['restock']): CustomerRecord['restock'] {
	if (!a || !b) return a ?? b;
	const newestFirst = Object.entries(minimums(a, b)).sort(([left, atLeft], [right, atRight]) => atRight - atLeft || (left < right ? -1 : 1));
	return Object.fromEntries(newestFirst.slice(0, maxRestock));
}

function minimums(a: Record<string, number> = {}, b: Record<string, number> = {}): Record<string, number> {
	const merged = { ...a };
	for (const [name, value] of Object.entries(b)) merged[name] = Math.min(merged[name] ?? Infinity, value);
	return merged;
}

function smallest(a: number | undefined, b: number | undefined): number | undefined {
	return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function largest(a: number | undefined, b: number | undefined): number | undefined {
	return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
