import { ShopJourneysError } from '../../lib/model/errors';
import type { AttributeValue } from '../../lib/model/events';
import { isCountry } from '../../lib/model/phone';
import { parseYearlyDate } from '../../lib/segments/calendar';

/** Values as operators write them. Each reader refuses what it cannot be, by the name of its field. */

const maxWordLength = 100;

export function refuseValue(field: string, value: string, what: string, hint: string): never {
	throw new ShopJourneysError('PARAMETER_INVALID', `"${field}" is "${value.slice(0, 80)}", which is ${what}`, { hint });
}

/** Words with commas between them. */
export function listOf(field: string, value: string): string[] {
	const words = [...new Set(value.split(/[,;\n]+/).map((word) => word.trim()).filter(Boolean))];
	const long = words.find((word) => word.length > maxWordLength);
	if (long) refuseValue(field, long, `longer than ${maxWordLength} characters`, 'Separate words by commas.');
	return words;
}

/** `1988-05-24`, or `--05-24` without the year. */
export function birthdayOf(field: string, value: string, nowMs: number): string {
	// Date fields of n8n have a time behind the day.
	const day = value.slice(0, value.startsWith('--') ? 7 : 10);
	const read = parseYearlyDate(day);
	const isFuture = read?.year !== undefined && Date.parse(day) > nowMs;
	if (!read || isFuture || (read.year !== undefined && read.year < 1900)) refuseValue(field, value, 'no birthday', 'Write it like 1988-05-24, or --05-24 where the year is not known.');
	return day;
}

export function countryOf(field: string, value: string): string {
	const code = value.toUpperCase();
	if (!isCountry(code)) refuseValue(field, value, 'no country code', 'Write its two letters, e.g. AT.');
	return code;
}

export function localeOf(field: string, value: string): string {
	try {
		return new Intl.Locale(value).toString();
	} catch {
		return refuseValue(field, value, 'not known', 'Write it like en or de-AT.');
	}
}

export function timezoneOf(field: string, value: string): string {
	try {
		return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone && value;
	} catch {
		return refuseValue(field, value, 'not known', 'Write it like Europe/Vienna.');
	}
}

/** ISO 8601, or as n8n's date fields give it. @returns epoch milliseconds */
export function timeOf(field: string, value: string): number {
	const timeMs = Date.parse(value);
	if (!Number.isFinite(timeMs)) refuseValue(field, value, 'no date', 'Write it like 2026-03-31, or with a time: 2026-03-31T10:00:00Z.');
	return timeMs;
}

export function linkOf(field: string, value: string): string {
	if (!/^https?:\/\/[^\s/]+\S*$/i.test(value) || !URL.canParse(value)) refuseValue(field, value, 'no web address', 'Write it with https:// in front.');
	return value;
}

/** How a row of an attribute or of an event's data stands in the node. */
export type PairParameter = { name?: string; type?: 'text' | 'number' | 'boolean'; value?: unknown };

/** Rows of names and values; an empty value is null. */
export function pairsOf(field: string, rows: PairParameter[]): Record<string, AttributeValue | null> {
	return Object.fromEntries(
		rows.map(({ name = '', type = 'text', value }, index) => {
			const label = String(name).trim();
			if (!label || label.length > maxWordLength) refuseValue(`${field}: Name`, label, label ? `longer than ${maxWordLength} characters` : 'empty', `Write a name into row ${index + 1}, or remove the row.`);
			return [label, pairValue(`${field}: ${label}`, type, String(value ?? '').trim())];
		}),
	);
}

function pairValue(field: string, type: NonNullable<PairParameter['type']>, value: string): AttributeValue | null {
	if (value === '') return null;
	if (type === 'number') {
		const number = Number(value);
		if (!Number.isFinite(number)) refuseValue(field, value, 'no number', 'Write it like 42 or 4.2, or choose the type Text.');
		return number;
	}
	if (type === 'boolean') {
		const word = value.toLowerCase();
		if (['true', 'yes', '1'].includes(word)) return true;
		if (['false', 'no', '0'].includes(word)) return false;
		refuseValue(field, value, 'neither true nor false', 'Write true or false.');
	}
	if (value.length > 500) refuseValue(field, value, 'longer than 500 characters', 'Keep it short: it is kept with the customer.');
	return value;
}
