/**
 * What customers and shops supply, made fit for a mail. Everything that enters a template passes through here
 * once, so that no template has to think of it.
 */

const lineBreaking = /[\p{Cc}\u2028\u2029]+/gu;
/** Embeddings, overrides and isolates: they would reorder the text that follows (CVE-2021-42574). Plain marks stay. */
const bidiControls = /[\u202a-\u202e\u2066-\u2069]/g;
const loneSurrogates = /\p{Surrogate}/gu;
const needsCleaning = /[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]| {2}/u;

/** One line of text without control characters, at most `limit` code points long. */
export function singleLine(value: unknown, limit: number): string {
	if (typeof value !== 'string') return typeof value === 'number' ? String(value) : '';
	const text = needsCleaning.test(value)
		? value.replace(lineBreaking, ' ').replace(bidiControls, '').replace(loneSurrogates, '\ufffd').replace(/ {2,}/g, ' ').trim()
		: value.trim();
	return cut(text, limit);
}

/** RFC 5322 asks for lines under 998 characters; nobody reads more than about 60 of a subject. */
const maxSubjectLength = 200;

/** A subject. Spaces that keep a date or an amount together in a text have no use there, and would make the header one that has to be encoded. */
export function subjectLine(value: string): string {
	return singleLine(value.replace(/[\u00a0\u202f]/g, ' '), maxSubjectLength);
}

/** Text that may have line breaks (`\n`), without other control characters. */
export function severalLines(value: string, limit: number): string {
	const lines = value.replace(/\r\n?|[\u2028\u2029]/g, '\n').split('\n');
	return cut(lines.map((line) => singleLine(line, limit)).join('\n').trim(), limit);
}

/** Cuts between code points, so that no half of an emoji is left. */
function cut(text: string, limit: number): string {
	if (text.length <= limit) return text;
	const points = Array.from(text.slice(0, limit * 2));
	return points.length <= limit ? points.join('') : `${points.slice(0, limit - 1).join('').trimEnd()}…`;
}

/**
 * A person's name as it may stand in a greeting, or '' where it is none. Sign-up forms are misused to make shops
 * send advertising to strangers, with a link in the name field: such a "name" is left out.
 */
export function personName(value: unknown): string {
	const name = singleLine(value, 40);
	return /[/@<>\\]|www\.|\.\p{L}{2,}$/iu.test(name) || !/\p{L}/u.test(name) ? '' : name;
}

const exactUrl = /^[!#-;=?-Z[\]_a-z~]+$/;
const maxUrlLength = 2048;

/** The address if it is an absolute http or https one, else ''. Kept byte for byte where possible: it may be signed. */
export function webUrl(value: unknown): string {
	return urlWith(value, webSchemes);
}

/** As `webUrl`, and also `mailto:` and `tel:`. */
export function linkUrl(value: unknown): string {
	return urlWith(value, linkSchemes);
}

const webSchemes = new Set(['http:', 'https:']);
const linkSchemes = new Set(['http:', 'https:', 'mailto:', 'tel:']);

function urlWith(value: unknown, schemes: Set<string>): string {
	if (typeof value !== 'string' || value === '' || value.length > maxUrlLength) return '';
	const trimmed = value.trim();
	try {
		const url = new URL(trimmed);
		if (!schemes.has(url.protocol)) return '';
		return exactUrl.test(trimmed) ? trimmed : url.href;
	} catch {
		return '';
	}
}

const usableLocales = new Map<string, string>();

/**
 * The first of `candidates` that is a language tag, reduced to language, script and region ("en_US" is "en-US").
 * Extensions go: they are never a customer's wish, and each one would be a further formatter in memory.
 */
export function pickLocale(...candidates: Array<string | undefined>): string {
	for (const candidate of candidates) {
		if (!candidate) continue;
		let locale = usableLocales.get(candidate);
		if (locale === undefined) {
			locale = reducedLocale(candidate);
			if (usableLocales.size > 1000) usableLocales.clear();
			usableLocales.set(candidate, locale);
		}
		if (locale) return locale;
	}
	return 'en';
}

function reducedLocale(candidate: string): string {
	try {
		const { language, script, region } = new Intl.Locale(candidate.trim().replace(/_/g, '-'));
		return [language, script, region].filter(Boolean).join('-');
	} catch {
		return '';
	}
}

const rightToLeftScripts = new Set(['Arab', 'Hebr', 'Thaa', 'Nkoo', 'Syrc', 'Adlm', 'Rohg']);
const directions = new Map<string, 'ltr' | 'rtl'>();

/** Writing direction of a locale that `pickLocale` returned. */
export function directionOf(locale: string): 'ltr' | 'rtl' {
	let direction = directions.get(locale);
	if (!direction) {
		direction = rightToLeftScripts.has(new Intl.Locale(locale).maximize().script ?? '') ? 'rtl' : 'ltr';
		if (directions.size > 1000) directions.clear();
		directions.set(locale, direction);
	}
	return direction;
}
