import fc from 'fast-check';
import { isShopJourneysError } from '../../../lib/model/errors';
import { currencyDigits, formatMoney, parseAmountMinor } from '../../../lib/model/money';

describe('amounts of money', () => {
	it.each<[string | number, string, number]>([
		['19.99', 'EUR', 1999],
		[19.99, 'EUR', 1999],
		['1900', 'JPY', 1900],
		['1900.00', 'JPY', 1900],
		['1.2345', 'KWD', 1235],
		['0', 'EUR', 0],
		['-0.00', 'EUR', 0],
		['-5.5', 'EUR', -550],
		[' 7 ', 'EUR', 700],
		// 1.005 is a little less in binary; half up goes by what was written.
		['1.005', 'EUR', 101],
		['1.004999', 'EUR', 100],
		['0.1', 'XXX', 10],
	])('reads %p %s as %i minor units', (value, currency, minor) => {
		expect(Object.is(parseAmountMinor(value, currency), minor)).toBe(true);
	});

	it.each(['', '1,50', '1 000', '1e3', '.5', '5.', '--1', '+1', '0x10', 'NaN', '12 EUR', NaN, Infinity, 1e21, 1e-7])('refuses %p', (value) => {
		expect(() => parseAmountMinor(value, 'EUR')).toThrow('is not an amount of money');
	});

	it.each(['90071992547409.92', '9'.repeat(400)])('refuses %s, which is too large to be exact', (value) => {
		expect(() => parseAmountMinor(value, 'EUR')).toThrow('is too large');
	});

	it.each([
		['EUR', 2],
		['JPY', 0],
		['KWD', 3],
		['no currency', 2],
	])('knows the decimals of %s', (currency, digits) => {
		expect(currencyDigits(currency)).toBe(digits);
	});

	it('reads back any amount that it wrote out', () => {
		fc.assert(
			fc.property(fc.maxSafeInteger(), fc.constantFrom('EUR', 'JPY', 'KWD'), (minor, currency) => {
				const digits = currencyDigits(currency);
				const padded = String(Math.abs(minor)).padStart(digits + 1, '0');
				const written = `${minor < 0 ? '-' : ''}${padded.slice(0, padded.length - digits)}${digits ? '.' : ''}${padded.slice(padded.length - digits)}`;
				expect(parseAmountMinor(written, currency)).toBe(minor);
			}),
		);
	});

	it('never fails with anything but a reason', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.double()), fc.string(), (value, currency) => {
				try {
					expect(Number.isSafeInteger(parseAmountMinor(value, currency))).toBe(true);
				} catch (error) {
					if (!isShopJourneysError(error, 'PAYLOAD_INVALID')) throw error;
				}
			}),
		);
	});

	it('writes amounts as the reader is used to', () => {
		expect(formatMoney({ amountMinor: 1999, currency: 'EUR' }, 'de-DE')).toBe('19,99\u00a0€');
		expect(formatMoney({ amountMinor: 1999, currency: 'JPY' }, 'en')).toBe('¥1,999');
		expect(formatMoney({ amountMinor: 1999, currency: 'EUR' }, 'not a locale!')).toBe('€19.99');
		expect(formatMoney({ amountMinor: 1999, currency: 'no currency' }, 'en')).toBe('19.99 no currency');
	});

	it.each(['zh-TW', 'zh-Hant', 'en'])('writes Taiwan dollars in %s as shops there do, without decimals that are zero', (locale) => {
		expect(formatMoney({ amountMinor: 396_000, currency: 'TWD' }, locale)).toBe('NT$3,960');
		expect(formatMoney({ amountMinor: 60_050, currency: 'TWD' }, locale)).toBe('NT$600.50');
		expect(formatMoney({ amountMinor: -60_000, currency: 'TWD' }, locale)).toBe('-NT$600');
		expect(currencyDigits('TWD')).toBe(2);
	});
});
