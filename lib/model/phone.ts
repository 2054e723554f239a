import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/max';

let library: typeof import('libphonenumber-js/max') | undefined;

/** What is known of all countries' numbers takes megabytes, in each thread: loaded where the first number turns up. */
function phoneNumbers(): typeof import('libphonenumber-js/max') {
	return (library ??= createRequire(__filename)('libphonenumber-js/max') as typeof import('libphonenumber-js/max'));
}

/** Whether it is the code of a country (ISO 3166 alpha-2, in capitals). */
export function isCountry(code: string): code is CountryCode {
	return phoneNumbers().isSupportedCountry(code);
}

/**
 * E.164. A number without its country code is read as one of the customer's country, and must be a valid one there.
 * @param country ISO 3166 alpha-2
 */
export function normalisePhone(phone: string | undefined, country?: string): string | undefined {
	if (!phone) return undefined;
	const defaultCountry = country && isCountry(country) ? country : undefined;
	const parsed = phoneNumbers().parsePhoneNumberFromString(phone, { defaultCountry, extract: false });
	if (!parsed || parsed.ext) return undefined;
	return (phone.trim().startsWith('+') ? parsed.isPossible() : parsed.isValid()) ? parsed.number : undefined;
}
