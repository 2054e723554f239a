import { DateTime } from 'luxon';
import { dayMs } from '../model/clock';

/** A day as the calendar on the wall shows it. */
export interface LocalDate {
	year: number;
	/** 1 to 12. */
	month: number;
	day: number;
}

/** A date that returns each year; without a year where only the day is known. */
export type YearlyDate = Omit<LocalDate, 'year'> & { year?: number };

const formatters = new Map<string, Intl.DateTimeFormat | null>();

function formatter(zone: string): Intl.DateTimeFormat | null {
	let known = formatters.get(zone);
	if (known === undefined) {
		try {
			known = new Intl.DateTimeFormat('en-CA', { timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', year: 'numeric', month: '2-digit', day: '2-digit' });
		} catch {
			known = null;
		}
		// Zones come with customers: whoever makes names up must not fill the memory.
		if (formatters.size > 1000) formatters.clear();
		formatters.set(zone, known);
	}
	return known;
}

/** The local day of a moment in an IANA zone; where `zone` is absent or unknown, in `fallback`, else UTC. */
export function localDate(atMs: number, zone: string | undefined, fallback: string): LocalDate {
	const format = (zone ? formatter(zone) : null) ?? formatter(fallback) ?? formatter('UTC')!;
	const [year, month, day] = format.format(atMs).split('-').map(Number);
	return { year, month, day };
}

/** Remembers today of each zone as long as it is asked for the same moment: a segment asks for all its customers. */
export function todayIn(fallback: string): (nowMs: number, zone: string | undefined) => LocalDate {
	let rememberedMs = NaN;
	const days = new Map<string, LocalDate>();
	return (nowMs, zone = '') => {
		if (nowMs !== rememberedMs) days.clear();
		rememberedMs = nowMs;
		let today = days.get(zone);
		if (!today) days.set(zone, (today = localDate(nowMs, zone, fallback)));
		return today;
	};
}

/** When a day (`YYYY-MM-DD`) begins in a zone, or the day so many days later. NaN when there is no such day. */
export function startOfDayMs(date: string, zone: string, plusDays = 0): number {
	const start = DateTime.fromISO(date, { zone });
	return (start.isValid ? start : DateTime.fromISO(date, { zone: 'UTC' })).startOf('day').plus({ days: plusDays }).toMillis();
}

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
/** In a leap year. */
const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads `YYYY-MM-DD` or `--MM-DD`; undefined when it is no day of the calendar. */
export function parseYearlyDate(text: string): YearlyDate | undefined {
	const match = /^(\d{4}|-)-(\d{2})-(\d{2})/.exec(text);
	if (!match) return undefined;
	const [month, day] = [Number(match[2]), Number(match[3])];
	if (!(day >= 1 && day <= (monthDays[month - 1] ?? 0))) return undefined;
	return match[1] === '-' ? { month, day } : { year: Number(match[1]), month, day };
}

/** Days since 1970. Who was born on 29 February celebrates on the 28th in other years. */
function dayNumber(year: number, month: number, day: number): number {
	return Date.UTC(year, month - 1, month === 2 && day === 29 && !isLeap(year) ? 28 : day) / dayMs;
}

/** Days from today (0: today) to the next return of a date; its first return is in the year after its own. */
export function daysUntilReturn(date: YearlyDate, today: LocalDate): number {
	const todayNumber = dayNumber(today.year, today.month, today.day);
	const year = Math.max(today.year, (date.year ?? -Infinity) + 1);
	const next = dayNumber(year, date.month, date.day);
	return (next >= todayNumber ? next : dayNumber(year + 1, date.month, date.day)) - todayNumber;
}

/** 1 (1 January) to 366, the same number for the same day in every year. */
export function yearDay({ month, day }: YearlyDate): number {
	return monthDays.slice(0, month - 1).reduce((sum, days) => sum + days, day);
}
