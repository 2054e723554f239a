import { DateTime } from 'luxon';
import { ShopJourneysError } from '../../model/errors';
import { parseAmountMinor } from '../../model/money';

/** How a file writes numbers and times. */
export interface CsvNotation {
	/** What stands before the decimals; the other one may part thousands. */
	decimal: '.' | ',';
	/** Luxon's tokens, e.g. `dd/MM/yyyy HH:mm`; absent: ISO 8601 and the shops' own exports. */
	dateFormat?: string;
	/** IANA: for times without a zone of their own. */
	timezone: string;
}

/** What is wrong with one value, and how to mend it. */
export class ValueProblem extends Error {}

const plainNumber = { '.': /^-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/, ',': /^-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$/ } as const;

/** The number in plain notation ("1234.50"), without a currency sign. @throws ValueProblem */
export function plainDecimal(text: string, decimal: CsvNotation['decimal']): string {
	const bare = text.replace(/[\s\p{Sc}'’]|[A-Z]{3}/gu, '').replace(/^−/, '-');
	if (!plainNumber[decimal].test(bare)) {
		const other = decimal === '.' ? ',' : '.';
		const isOther = plainNumber[other].test(bare);
		throw new ValueProblem(isOther ? `is no number with "${decimal}" before its decimals: set "Decimal Separator"` : 'is no number');
	}
	return decimal === '.' ? bare.replaceAll(',', '') : bare.replaceAll('.', '').replace(',', '.');
}

/** Minor units. @throws ValueProblem */
export function money(text: string, currency: string, decimal: CsvNotation['decimal']): number {
	const plain = plainDecimal(text, decimal);
	try {
		return parseAmountMinor(plain, currency);
	} catch (error) {
		throw new ValueProblem((error as Error).message);
	}
}

/** @throws ValueProblem */
export function wholeNumber(text: string, decimal: CsvNotation['decimal']): number {
	const value = Number(plainDecimal(text, decimal));
	if (!Number.isSafeInteger(value)) throw new ValueProblem('is no whole number');
	return value;
}

/** An id as text. Spreadsheets make 13047 into 13047.0, and exports put an apostrophe before digits. @throws ValueProblem */
export function identifier(text: string): string {
	const id = text.replace(/^'/, '').replace(/^(\d+)\.0+$/, '$1');
	if (id.length > 150) throw new ValueProblem('is longer than 150 characters, too long for an id');
	return id;
}

const knownFormats = ['yyyy-MM-dd HH:mm:ss ZZZ', 'yyyy-MM-dd HH:mm:ss ZZ', 'yyyy-MM-dd HH:mm:ss', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd HH:mm:ss', 'yyyy/MM/dd'];

/** Epoch milliseconds, wall clock. @throws ValueProblem when it is none, or may be meant in two ways */
export function moment(text: string, { dateFormat, timezone }: CsvNotation): number {
	const options = { zone: timezone };
	if (dateFormat) {
		const read = DateTime.fromFormat(text, dateFormat, options);
		if (!read.isValid) throw new ValueProblem(`is no time in the format "${dateFormat}": correct "Date Format"`);
		return read.toMillis();
	}
	const iso = DateTime.fromISO(text, options);
	if (iso.isValid && /^\d{4}-\d\d-\d\d/.test(text)) return iso.toMillis();
	for (const format of knownFormats) {
		const read = DateTime.fromFormat(text, format, options);
		if (read.isValid) return read.toMillis();
	}
	throw new ValueProblem('is no time that can be read without being told: set "Date Format", e.g. dd/MM/yyyy HH:mm');
}

/** @throws PARAMETER_INVALID for a zone or format that cannot be */
export function checkNotation({ dateFormat, timezone }: CsvNotation): void {
	if (!DateTime.fromMillis(0, { zone: timezone }).isValid) throw new ShopJourneysError('PARAMETER_INVALID', `"Time Zone" is "${timezone}", which is not known`, { hint: 'Write it like Europe/Vienna.' });
	if (dateFormat === undefined) return;
	const example = DateTime.utc(2026, 11, 23, 14, 5, 6);
	const read = DateTime.fromFormat(example.toFormat(dateFormat), dateFormat, { zone: 'utc' });
	if (!read.isValid || !read.hasSame(example, 'day')) {
		throw new ShopJourneysError('PARAMETER_INVALID', `"Date Format" is "${dateFormat}", which does not say day, month and year`, { hint: 'Write it like dd/MM/yyyy HH:mm (M is the month, m the minute).' });
	}
}

/** `YYYY-MM-DD`. @throws ValueProblem */
export function day(text: string, notation: CsvNotation): string {
	if (/^\d{4}-\d\d-\d\d/.test(text)) return text.slice(0, 10);
	return DateTime.fromMillis(moment(text, notation), { zone: notation.timezone }).toFormat('yyyy-MM-dd');
}

/** undefined for what says neither. */
export function yesOrNo(text: string): boolean | undefined {
	if (/^(yes|y|true|1|subscribed|ja|oui|si|sí)$/i.test(text)) return true;
	if (/^(no|n|false|0|unsubscribed|not subscribed|not_subscribed|nein|non)$/i.test(text)) return false;
	return undefined;
}

/** Names that lists use beside those of Unicode. */
const otherNames: Record<string, string> = { eire: 'IE', usa: 'US', uk: 'GB', 'great britain': 'GB', england: 'GB', rsa: 'ZA', 'czech republic': 'CZ', holland: 'NL', 'hong kong': 'HK', turkey: 'TR' };

let codes: Map<string, string> | null = null;

/** ISO 3166 alpha-2 of a code or an English name; undefined for what is no country ("European Community"). */
export function countryCode(text: string): string | undefined {
	codes ??= everyCountry();
	if (/^[A-Za-z]{2}$/.test(text)) return text.toUpperCase() === 'UK' ? 'GB' : text.toUpperCase();
	return otherNames[text.toLowerCase()] ?? codes.get(text.toLowerCase());
}

function everyCountry(): Map<string, string> {
	const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
	const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
	const found = letters.flatMap((a) => letters.map((b) => a + b)).flatMap((code) => {
		const name = names.of(code);
		// Former codes (DD, UK) have the name of the present one.
		const isPresent = new Intl.Locale(`und-${code}`).region === code;
		return name && isPresent ? [[name.toLowerCase(), code] as const] : [];
	});
	return new Map(found);
}
