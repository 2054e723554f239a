import { DateTime } from 'luxon';
import { hourMs } from '../model/clock';

/** A code that is valid "today" is valid for so long at least: else until the end of the next day. */
export const shortestTodayMs = 4 * hourMs;

/**
 * When a code ends: with the last of so many days, today included, where the customer is. One day is today only; late in the evening the next day
 * is added, so that whoever reads the message in bed can still use it.
 * @param days whole; 0: no end of its own
 * @param zone IANA
 */
export function endOfValidity(nowMs: number, days: number, zone: string): number | undefined {
	if (days === 0) return undefined;
	const today = DateTime.fromMillis(nowMs, { zone });
	const last = today.plus({ days: days - 1 }).endOf('day');
	return (last.toMillis() - nowMs < shortestTodayMs ? last.plus({ days: 1 }).endOf('day') : last).toMillis();
}
