import { type CustomerRecord, type HistoryRecord, indexes, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import { parseYearlyDate, yearDay } from './calendar';
import { type FactField, factFields } from './fields';
import { indexWord } from './words';

/**
 * Customers in the order of their facts, so that a segment is listed without reading everybody. Each entry is written in the commit
 * that writes the customer. An index may hold more customers than a condition wants (words too long, days of other time zones): who
 * lists decides on the document. It never holds fewer.
 */

/** Everybody who can be listed, by since when we know them. */
export const everyone = indexes.customers('created');
/** By the newest UTC day on which the customer did anything that is counted. */
export const activeDay = indexes.customers('active');
/** Customers whose place is known, by its latitude in degrees. */
export const latitude = indexes.customers('latitude');

export const byValue = (fact: string) => indexes.customers(fact);
export const byAmount = (fact: string, currency: string) => indexes.customers(`${fact}.${currency}`);
export const byWord = (fact: string, word: unknown) => indexes.customers(`${fact}=${indexWord(word)}`);
/** Dates of a customer in the order of the year; each of several stands in an index of its own. */
export const byYearDay = (fact: string, position: number) => indexes.customers(`${fact}@${position}`);
/** Customers with more words or dates than are indexed one by one. */
export const withMany = (fact: string) => indexes.customers(`${fact}+`);

/** Whether a customer can be reached or has an account: mere visitors, the erased and the merged are in no segment that is listed. */
export function isListed(customer: CustomerRecord | null): customer is CustomerRecord {
	if (!customer || customer.erasedAtMs !== undefined || customer.mergedInto !== undefined) return false;
	return !!(customer.email ?? customer.phone ?? customer.shopCustomerId) || customer.hasAccount === true || customer.consent.push?.status === 'subscribed';
}

const indexed = factFields.filter(({ index }) => index !== undefined);
const noCurrencies = { currency: '', shopCurrency: '' };

/** All entries that a customer's document gives, by index, or those by some facts; none for those who are not listed. */
export function indexEntries(customer: CustomerRecord | null, fields = indexed): Map<string, number> {
	const entries = new Map<string, number>();
	if (!isListed(customer)) return entries;
	for (const field of fields) addEntries(entries, field, customer);
	if (customer.latitude !== undefined && customer.longitude !== undefined) entries.set(latitude, customer.latitude);
	return entries;
}

/** What a fact's entries are made from. */
function indexedValue({ amounts, read }: FactField, customer: CustomerRecord): unknown {
	return amounts ? amounts(customer) : (read as (customer: CustomerRecord, currencies: typeof noCurrencies) => unknown)(customer, noCurrencies);
}

function addEntries(entries: Map<string, number>, field: FactField, customer: CustomerRecord): void {
	const { id, amounts, index } = field;
	const value = indexedValue(field, customer);
	if (value === undefined) return;
	if (amounts) {
		for (const [currency, amountMinor] of Object.entries(value as Record<string, number>)) if (amountMinor > 0) entries.set(byAmount(id, currency), amountMinor);
		return;
	}
	if (index!.value) {
		if (value === true) entries.set(byValue(id), 1);
		else if (typeof value === 'number') entries.set(byValue(id), value);
	}
	if (index!.words) {
		const words = new Set((Array.isArray(value) ? value : [value]).filter((word) => word !== index!.leftOut).map(indexWord));
		if (words.size > index!.words) entries.set(withMany(id), 0);
		else for (const word of words) entries.set(byWord(id, word), 0);
	}
	if (index!.yearDays) {
		const days = yearDaysOf(value);
		if (days.length > index!.yearDays) entries.set(withMany(id), 0);
		else days.forEach((day, position) => entries.set(byYearDay(id, position), day));
	}
}

function yearDaysOf(value: unknown): number[] {
	const dates = (Array.isArray(value) ? value : [value]).map((date: unknown) => {
		if (typeof date === 'string') return parseYearlyDate(date);
		const moment = new Date(date as number);
		return { month: moment.getUTCMonth() + 1, day: moment.getUTCDate() };
	});
	return [...new Set(dates.flatMap((date) => (date ? [yearDay(date)] : [])))].sort((a, b) => a - b);
}

const lastDay = (history: HistoryRecord | null): number | null => {
	const days = Object.keys(history?.days ?? {}).map(Number);
	return days.length > 0 ? days.reduce((last, day) => Math.max(last, day), -Infinity) : null;
};

/** Writes what is different in a customer's entries, and nothing else. */
export function indexCustomer(tx: Transaction, key: string, before: CustomerRecord | null, after: CustomerRecord | null): void {
	// Most changes are of very few facts: texts, numbers, and parts that both documents share are told to be the same at once.
	const fields = isListed(before) && isListed(after) ? indexed.filter((field) => indexedValue(field, before) !== indexedValue(field, after)) : indexed;
	const earlier = indexEntries(before, fields);
	const entries = indexEntries(after, fields);
	for (const [index, value] of entries) if (earlier.get(index) !== value) tx.index(index, key, value);
	for (const index of earlier.keys()) if (!entries.has(index)) tx.index(index, key, null);
}

/**
 * Brings the indexes up to date with all customers and histories that a transaction writes: to be called once, after the last of
 * them, by everything that changes facts of customers.
 */
export async function indexChanges(tx: Transaction): Promise<void> {
	const customers = tx.changed<CustomerRecord>(keys.customer(''));
	const histories = tx.changed<HistoryRecord>(keys.history(''));
	for (const { key, before, after } of customers) indexCustomer(tx, key, before, after);

	const turned = customers.filter(({ before, after }) => isListed(before) !== isListed(after)).map(({ key }) => key.slice(keys.customer('').length));
	const active = histories.filter(({ before, after }) => lastDay(before) !== lastDay(after)).map(({ key }) => key.slice(keys.history('').length));
	const ids = [...new Set([...turned, ...active])];
	await tx.load(ids.flatMap((id) => [keys.customer(id), keys.history(id)]));
	for (const id of ids) {
		const customer = tx.get<CustomerRecord>(keys.customer(id));
		const day = isListed(customer) ? lastDay(tx.get<HistoryRecord>(keys.history(id))) : null;
		tx.index(activeDay, keys.customer(id), day);
	}
}
