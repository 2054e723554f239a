import { ShopJourneysError } from './errors';

/** Money is an integer number of minor units (cents, yen, fils) beside an ISO 4217 code, never a float. */
export interface Money {
	amountMinor: number;
	/** ISO 4217, upper case. */
	currency: string;
}

const digitsByCurrency = new Map<string, number>();

/** Decimals of a currency as CLDR has them: EUR 2, JPY 0, KWD 3. Unknown codes count as 2. */
export function currencyDigits(currency: string): number {
	let digits = digitsByCurrency.get(currency);
	if (digits === undefined) {
		try {
			digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
		} catch {
			digits = 2;
		}
		digitsByCurrency.set(currency, digits);
	}
	return digits;
}

/**
 * Reads a decimal amount as shops send it ("19.99", 19.99, "1900") into minor units, half up and without
 * going through binary fractions.
 * @throws PAYLOAD_INVALID when the value is no plain decimal number or too large to be exact.
 */
export function parseAmountMinor(value: string | number, currency: string): number {
	const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value).trim());
	if (!match) throw new ShopJourneysError('PAYLOAD_INVALID', `"${String(value).slice(0, 40)}" is not an amount of money`);
	const [, sign, whole, fraction = ''] = match;
	const digits = currencyDigits(currency);
	const kept = fraction.slice(0, digits).padEnd(digits, '0');
	const roundUp = (fraction[digits] ?? '0') >= '5' ? 1 : 0;
	const amount = Number(whole + kept) + roundUp;
	if (!Number.isSafeInteger(amount)) throw new ShopJourneysError('PAYLOAD_INVALID', `The amount ${value} is too large`);
	return sign && amount !== 0 ? -amount : amount;
}

/** As shops take amounts: 1999 EUR are "19.99", 1999 JPY are "1999". Exact. */
export function decimalAmount({ amountMinor, currency }: Money): string {
	const digits = currencyDigits(currency);
	const text = String(Math.abs(amountMinor)).padStart(digits + 1, '0');
	const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
	return amountMinor < 0 ? `-${decimal}` : decimal;
}

const formatters = new Map<string, Intl.NumberFormat>();

/** Formats for a reader: `formatMoney({ amountMinor: 1999, currency: 'EUR' }, 'de-DE')` is "19,99 €"; 60000 TWD are "NT$600". An unknown locale falls back to English. */
export function formatMoney({ amountMinor, currency }: Money, locale: string): string {
	const key = `${locale}|${currency}`;
	let formatter = formatters.get(key);
	if (!formatter) {
		// Taiwan's shops write NT$600. ISO 4217 and the shops' interfaces count two decimals all the same, so only what is shown drops them.
		const options: Intl.NumberFormatOptions = { style: 'currency', currency, trailingZeroDisplay: currency === 'TWD' ? 'stripIfInteger' : 'auto' };
		try {
			formatter = new Intl.NumberFormat(locale, options);
		} catch {
			try {
				formatter = new Intl.NumberFormat('en', options);
			} catch {
				return `${(amountMinor / 10 ** currencyDigits(currency)).toFixed(currencyDigits(currency))} ${currency}`;
			}
		}
		formatters.set(key, formatter);
	}
	const amount = amountMinor / 10 ** currencyDigits(currency);
	if (currency !== 'TWD') return formatter.format(amount);
	// Within Taiwan CLDR has a bare "$", which a reader of mails may take for another dollar.
	return formatter.formatToParts(amount).map(({ type, value }) => (type === 'currency' && value === '$' ? 'NT$' : value)).join('');
}
