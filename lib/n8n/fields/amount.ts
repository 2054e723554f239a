import { ShopJourneysError } from '../../model/errors';
import { parseAmountMinor } from '../../model/money';

/** An amount as operators write it (7.5), in minor units. @throws PARAMETER_INVALID naming the field */
export function amountOf(field: string, value: unknown, currency: string): number {
	try {
		return parseAmountMinor(value as string | number, currency);
	} catch {
		throw new ShopJourneysError('PARAMETER_INVALID', `"${field}" is "${String(value).slice(0, 40)}", which is no amount of money`, { hint: 'Write a number, with a point before decimals, e.g. 7.50.' });
	}
}
