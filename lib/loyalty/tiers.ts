import { DateTime } from 'luxon';
import { dayMs, minuteMs } from '../model/clock';
import { currencyDigits } from '../model/money';
import type { PointsStanding } from '../model/records';
import type { Programme } from './programme';

/**
 * The rules of tiers, pure: what a customer earned or spent by local day, and the settings, give the tier, how far it is to the next, and when that may change by
 * itself. All days are those of the shop's time zone, so a day is one day also where the clocks change.
 */

/** What counts towards tiers, kept for each customer. */
export interface TierRecord {
	/** Points earned, less those that refunds took back, on the day they were earned. */
	points: DayTotals;
	/** The value of paid orders less what was paid back, in minor units, on the day they were paid. */
	spent: DayTotals;
	/** Of `spent`, ISO 4217. */
	currency: string;
}

export interface DayTotals {
	/** By `YYYY-MM-DD`. */
	days: Record<string, number>;
	/** Of the days before `from`, all together. */
	earlier: number;
	/** Days from here on stand by themselves; absent: all. */
	from?: string;
}

export type TierRules = Pick<Programme, 'tiers' | 'tierBy' | 'tierPeriod' | 'tierKeptDays' | 'timezone' | 'currency'>;

/** The part of a customer's standing that tells of tiers. */
export type TierStanding = Pick<PointsStanding, 'tier' | 'tierLabel' | 'tierSinceMs' | 'tierUntilMs' | 'progress' | 'progressCurrency' | 'nextTier' | 'nextTierLabel' | 'toNextTier'>;

export interface TierDecision {
	standing: TierStanding;
	/** Labels. Who falls to a lower tier has lost the one above, and reached none. */
	reached?: string;
	lost?: string;
	/** When it is to be decided anew though nothing is earned or spent; null: never. */
	nextMs: number | null;
}

/** Of a tier that is kept for years, so much is remembered day by day. */
const mostKeptDays = 400;

const nothing: DayTotals = { days: {}, earlier: 0 };

export function emptyTiers(currency: string): TierRecord {
	return { points: nothing, spent: nothing, currency };
}

/** What was worked out with a calendar, which takes its time: the same few days come up for all customers. */
const knownDays = new Map<string, string>();
const knownTimes = new Map<string, number>();

function remembered<T>(known: Map<string, T>, name: string, workOut: () => T): T {
	let value = known.get(name);
	if (value === undefined) {
		if (known.size > 1000) known.clear();
		known.set(name, (value = workOut()));
	}
	return value;
}

/** Wherever it is, a day begins and clocks are changed at a full one: within it the day stays the same. */
const quarterOfHourMs = 15 * minuteMs;

/** The local day of a time. An unknown zone counts as UTC. */
export function dayIn(timezone: string, atMs: number): string {
	return remembered(knownDays, `${Math.floor(atMs / quarterOfHourMs)} ${timezone}`, () => localTime(timezone, atMs).toISODate()!);
}

function localTime(timezone: string, atMs: number): DateTime {
	const local = DateTime.fromMillis(atMs, { zone: timezone });
	return local.isValid ? local : DateTime.fromMillis(atMs, { zone: 'UTC' });
}

/** Adds to a day, or takes from it. */
export function withAmount(totals: DayTotals, day: string, amount: number): DayTotals {
	if (totals.from !== undefined && day < totals.from) return { ...totals, earlier: totals.earlier + amount };
	const { [day]: before = 0, ...others } = totals.days;
	return { ...totals, days: before + amount === 0 ? others : { ...others, [day]: before + amount } };
}

/** Days that no decision asks for by themselves any more are added up. */
export function shortened(totals: DayTotals, { tierKeptDays, timezone }: Pick<TierRules, 'tierKeptDays' | 'timezone'>, nowMs: number): DayTotals {
	const kept = Math.min(tierKeptDays, mostKeptDays);
	// The usual case: nothing is as old as a year, whatever the year and the time zone.
	const young = dayIn('UTC', nowMs - (364 + kept) * dayMs);
	if (Object.keys(totals.days).every((day) => day >= young)) return totals;
	const from = localTime(timezone, nowMs).minus({ years: 1, days: kept + 2 }).toISODate()!;
	const over = Object.entries(totals.days).filter(([day]) => day < from);
	if (over.length === 0) return totals;
	const days = Object.fromEntries(Object.entries(totals.days).filter(([day]) => day >= from));
	return { days, earlier: over.reduce((sum, [, amount]) => sum + amount, totals.earlier), from };
}

/** What two customers earned or spent who proved to be one. */
export function mergeTiers(a: TierRecord, b: TierRecord): TierRecord {
	// Days that one of the two has added up already are added up in both: nothing may be told apart that is not.
	const add = (left: DayTotals, right: DayTotals): DayTotals => {
		const from = [left.from, right.from].filter((day) => day !== undefined).sort().at(-1);
		const empty: DayTotals = { days: {}, earlier: left.earlier + right.earlier, ...(from !== undefined && { from }) };
		return [...Object.entries(left.days), ...Object.entries(right.days)].reduce((totals, [day, amount]) => withAmount(totals, day, amount), empty);
	};
	return { points: add(a.points, b.points), spent: a.currency === b.currency ? add(a.spent, b.spent) : a.spent, currency: a.currency };
}

/**
 * The tier at a time.
 * @param before the standing so far
 */
export function decideTier(record: TierRecord, before: TierStanding, rules: TierRules, nowMs: number): TierDecision {
	const { tiers, tierBy, tierPeriod } = rules;
	if (tiers.length === 0) return { standing: {}, nextMs: null };
	const totals = tierBy === 'points' ? record.points : record.currency === rules.currency ? record.spent : nothing;
	const unit = tierBy === 'points' ? 1 : 10 ** currencyDigits(rules.currency);
	const threshold = (index: number) => Math.round(tiers[index].from * unit);
	const progress = progressOn(totals, tierPeriod, dayIn(rules.timezone, nowMs));
	const given = tiers.findLastIndex((_tier, index) => threshold(index) <= progress);
	const had = tiers.findIndex(({ id }) => id === before.tier);
	const isKept = given < had && before.tierUntilMs !== undefined && nowMs < before.tierUntilMs && wasDeserved(totals, tierPeriod, dayIn(rules.timezone, before.tierSinceMs ?? nowMs), threshold(had));
	const has = isKept ? had : given;
	const since = has === had ? pick(before) : has > had ? { tierSinceMs: nowMs, ...keptUntil(rules, nowMs) } : { tierSinceMs: nowMs };
	const next = has + 1 < tiers.length ? { nextTier: tiers[has + 1].id, nextTierLabel: tiers[has + 1].label, toNextTier: Math.max(0, threshold(has + 1) - progress) } : {};
	const standing: TierStanding = { ...(has >= 0 && { tier: tiers[has].id, tierLabel: tiers[has].label, ...since }), progress, ...(tierBy === 'spent' && { progressCurrency: rules.currency }), ...next };
	return {
		standing,
		...(has > had && { reached: tiers[has].label }),
		...(has < had && { lost: tiers[had].label }),
		nextMs: nextChangeMs(totals, rules, nowMs, standing.tierUntilMs),
	};
}

const pick = ({ tierSinceMs, tierUntilMs }: TierStanding) => ({ ...(tierSinceMs !== undefined && { tierSinceMs }), ...(tierUntilMs !== undefined && { tierUntilMs }) });

function keptUntil({ tierKeptDays, tierPeriod, timezone }: TierRules, nowMs: number): { tierUntilMs?: number } {
	if (tierPeriod === 'ever' || tierKeptDays === 0) return {};
	const endOfKept = () => localTime(timezone, nowMs).plus({ days: tierKeptDays + 1 }).startOf('day').toMillis();
	return { tierUntilMs: remembered(knownTimes, `${dayIn(timezone, nowMs)} +${tierKeptDays} ${timezone}`, endOfKept) };
}

/** The day before the period that ends on a day. */
function before(period: TierRules['tierPeriod'], on: string): string {
	if (period === 'ever') return '';
	const year = Number(on.slice(0, 4)) - 1;
	if (period === 'calendar_year') return `${year}-12-31`;
	// A year before 29 February is the 28th.
	return `${year}${on.endsWith('-02-29') ? '-02-28' : on.slice(4)}`;
}

/** What counts in the period that ends on a day, that day included. */
function progressOn({ days, earlier }: DayTotals, period: TierRules['tierPeriod'], on: string): number {
	const start = before(period, on);
	return Object.entries(days).reduce((sum, [day, amount]) => (day > start && day <= on ? sum + amount : sum), period === 'ever' ? earlier : 0);
}

/** Whether a tier would have been reached then, by what is left of it: the time that a tier is kept is for who bought, not for who sent it back. */
function wasDeserved(totals: DayTotals, period: TierRules['tierPeriod'], since: string, threshold: number): boolean {
	return (totals.from !== undefined && before(period, since) < totals.from) || progressOn(totals, period, since) >= threshold;
}

function nextChangeMs({ days }: DayTotals, { tierPeriod, timezone }: TierRules, nowMs: number, untilMs: number | undefined): number | null {
	const times = [untilMs !== undefined && untilMs > nowMs ? untilMs : undefined];
	if (tierPeriod !== 'ever') {
		const start = before(tierPeriod, dayIn(timezone, nowMs));
		const [first] = Object.keys(days).filter((day) => day > start).sort();
		if (first !== undefined) times.push(tierPeriod === 'calendar_year' ? localTime(timezone, nowMs).startOf('year').plus({ years: 1 }).toMillis() : overMs(first, timezone));
	}
	const known = times.filter((time) => time !== undefined);
	return known.length === 0 ? null : Math.min(...known);
}

/** The beginning of the first day whose last year does not hold the given day any more. */
function overMs(day: string, timezone: string): number {
	return remembered(knownTimes, `${day} ${timezone}`, () => overOf(day, localTime(timezone, 0).zoneName!));
}

function overOf(day: string, zone: string): number {
	const anniversary = DateTime.fromISO(day, { zone }).plus({ years: 1 });
	// 29 February: its anniversary, the 28th, looks back to the 28th, which is the day before.
	const isOver = anniversary.minus({ years: 1 }).toISODate()! >= day;
	return (isOver ? anniversary : anniversary.plus({ days: 1 })).startOf('day').toMillis();
}
