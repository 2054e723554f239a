import { DateTime } from 'luxon';
import type { HelperOptions } from 'handlebars';
import { formatMoney } from '../model/money';
import { linkUrl } from './safe-text';

/** What a render passes to the functions beside the context. Operators can read it as `@locale` and `@timezone`. */
export interface RenderData {
	locale: string;
	timezone: string;
}

const dateStyles: Record<string, Intl.DateTimeFormatOptions> = {
	short: DateTime.DATE_SHORT,
	medium: DateTime.DATE_MED,
	long: DateTime.DATE_FULL,
	full: DateTime.DATE_HUGE,
	time: DateTime.TIME_SIMPLE,
	moment: { ...DateTime.DATE_FULL, ...DateTime.TIME_SIMPLE },
};
const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** A date (ISO 8601 or epoch milliseconds) in the reader's language and time zone; '' where it is none. */
export function formatDate(iso: unknown, style: string, { locale, timezone }: RenderData): string {
	const at = typeof iso === 'number' ? iso : typeof iso === 'string' ? DateTime.fromISO(iso, { zone: 'utc' }).toMillis() : NaN;
	if (!Number.isFinite(at)) return '';
	const key = `${locale}|${timezone}|${style}`;
	let format = dateFormats.get(key);
	if (!format) {
		const shape = dateStyles[style] ?? dateStyles.medium;
		try {
			format = new Intl.DateTimeFormat(locale, { ...shape, timeZone: timezone });
		} catch {
			format = new Intl.DateTimeFormat('en', { ...shape, timeZone: 'UTC' });
		}
		if (dateFormats.size > 500) dateFormats.clear();
		dateFormats.set(key, format);
	}
	return format.format(at);
}

type Comparison = (one: unknown, other: unknown) => boolean;
const comparisons: Record<string, Comparison> = {
	eq: (one, other) => one === other || String(one ?? '') === String(other ?? ''),
	ne: (one, other) => !comparisons.eq(one, other),
	gt: (one, other) => Number(one) > Number(other),
	gte: (one, other) => Number(one) >= Number(other),
	lt: (one, other) => Number(one) < Number(other),
	lte: (one, other) => Number(one) <= Number(other),
};

/** The functions of templates, by the name that operators write. Results are plain strings: escaping still applies. */
export const templateFunctions: Record<string, (...args: never[]) => unknown> = {
	...comparisons,
	money(amountMinor: unknown, currency: unknown, options: HelperOptions) {
		const amount = Number(amountMinor);
		return Number.isSafeInteger(amount) && typeof currency === 'string' ? formatMoney({ amountMinor: amount, currency }, (options.data as RenderData).locale) : '';
	},
	date(iso: unknown, style: unknown, options?: HelperOptions) {
		// Without a style Handlebars passes its options second.
		const data = (options ?? (style as HelperOptions)).data as RenderData;
		return formatDate(iso, typeof style === 'string' ? style : 'medium', data);
	},
	ifEquals(this: unknown, one: unknown, other: unknown, options: HelperOptions) {
		return comparisons.eq(one, other) ? options.fn(this) : options.inverse(this);
	},
	default(value: unknown, fallback: unknown) {
		return value === undefined || value === null || value === '' ? fallback : value;
	},
	and: (...args: unknown[]) => args.slice(0, -1).every(Boolean),
	or: (...args: unknown[]) => args.slice(0, -1).some(Boolean),
	not: (value: unknown) => !value,
	/** Put by the compiler around what starts an `href` or `src`; a leading `#` makes whatever follows harmless. */
	safeUrl: (value: unknown) => linkUrl(value) || '#',
};

/** Those of Handlebars itself that stay. `lookup` (computed names) and `log` (writes to the console) do not. */
export const builtInBlocks = ['if', 'unless', 'each', 'with'];
