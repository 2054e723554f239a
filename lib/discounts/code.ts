import { randomInt } from 'node:crypto';
import { ShopJourneysError } from '../model/errors';

/** No vowels (no words), and nothing that is mistaken for something else on paper: 0 O 1 I L 2 Z 5 S 8 B U V. */
export const codeLetters = 'CDFGHJKMNPQRTWXY34679';
/** So many at least are drawn: 21^8 is more than 37 thousand million, so that nobody finds a code by trying. */
export const fewestLetters = 8;
const longestPattern = 40;

/** A code as it is compared: customers type in any case, and WooCommerce keeps lower case. */
export function normaliseCode(code: string): string {
	return code.trim().toUpperCase();
}

/**
 * Draws a code: each `#` of the pattern is a letter or digit, the rest stays. Where there are fewer than eight, the last run of them is
 * made longer: "TEA-####" gives "TEA-7KDM4RWX".
 * @param random a whole number from 0 up to (not including) its argument
 * @throws PARAMETER_INVALID
 */
export function drawCode(pattern: string, random: (below: number) => number = randomInt): string {
	const told = normaliseCode(pattern);
	if (!/^[A-Z0-9_#-]+$/.test(told) || !told.includes('#') || told.length > longestPattern) {
		throw new ShopJourneysError('PARAMETER_INVALID', `"${pattern.slice(0, 60)}" is no pattern for discount codes`, { hint: 'Use letters, digits, - and _ with # for each letter to be drawn, e.g. TEA-########; 40 characters at most.' });
	}
	const missing = Math.max(0, fewestLetters - told.split('#').length + 1);
	const last = told.lastIndexOf('#');
	const whole = told.slice(0, last) + '#'.repeat(missing) + told.slice(last);
	return whole.replace(/#/g, () => codeLetters[random(codeLetters.length)]);
}
