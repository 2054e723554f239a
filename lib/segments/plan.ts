import { dayMs } from '../model/clock';
import type { Condition, FieldCondition } from '../model/conditions';
import type { ShopSettings } from '../model/settings';
import type { Store } from '../store/store';
import { startOfDayMs, yearDay } from './calendar';
import { firstDay } from './compile';
import { factField, type FactField } from './fields';
import { activeDay, byAmount, byValue, byWord, byYearDay, everyone, latitude, withMany } from './indexes';
import { operandOf } from './operators';
import { indexWord } from './words';

/** A piece of an index, both bounds included. */
export interface Range {
	index: string;
	from?: number;
	to?: number;
}

/** Ranges that together hold every customer who can match. Who does not stand in all of `alsoIn` too, cannot. */
export interface Branch {
	ranges: Range[];
	alsoIn: Range[][];
}

export interface Plan {
	branches: Branch[];
	/** How many entries there are to walk, as far as they were counted. */
	count: number;
	/** What is asked of customers by the condition that this way serves. */
	asks: Condition[];
	/** Other ways to the same customers that were too large to be counted as well: a look at a few tells which is the smallest. */
	rivals?: Plan[];
}

export interface PlanOptions extends Pick<ShopSettings, 'currency' | 'timezone'> {
	nowMs: number;
}

/** Entries counted of a range before it only counts as large: choosing must cost less than it saves. */
export const countLimit = 1_000;

/** Whole numbers only: what is more than 5 is at least 6. */
const above = (value: number) => Math.floor(value) + 1;
const below = (value: number) => Math.ceil(value) - 1;

/** How to find the customers of a segment with the fewest documents read: through the smallest index that serves, else everybody. */
export async function planListing(store: Store, condition: Condition, options: PlanOptions): Promise<Plan> {
	return (await plan(store, condition, options)) ?? { ...single([{ index: everyone }], countLimit), asks: [] };
}

const single = (ranges: Range[], count: number): Omit<Plan, 'asks'> => ({ branches: [{ ranges, alsoIn: [] }], count });

async function plan(store: Store, condition: Condition, options: PlanOptions): Promise<Plan | null> {
	if ('any' in condition) return await planAny(store, condition, options);
	if ('all' in condition) return await planAll(store, flattened(condition.all), options);
	const ranges = rangesOf(condition, options);
	return ranges && { ...single(ranges, await countOf(store, ranges)), asks: [condition] };
}

async function planAny(store: Store, condition: { any: Condition[] }, options: PlanOptions): Promise<Plan | null> {
	const plans = await Promise.all(condition.any.map((one) => plan(store, one, options)));
	if (plans.some((one) => one === null)) return null;
	return { branches: plans.flatMap((one) => one!.branches), count: plans.reduce((sum, one) => sum + one!.count, 0), asks: [condition] };
}

/** The smallest serves; those that are small as well are asked by key before a document is read. */
async function planAll(store: Store, conditions: Condition[], options: PlanOptions): Promise<Plan | null> {
	const isLeaf = (condition: Condition) => !('any' in condition || 'not' in condition);
	const leaves = mergeRanges(conditions.filter(isLeaf).map((condition) => ({ ranges: rangesOf(condition, options) ?? [], asks: [condition] })));
	const served = await Promise.all(leaves.map(async ({ ranges, asks }): Promise<Plan> => ({ ...single(ranges, await countOf(store, ranges)), asks })));
	const nested = await Promise.all(conditions.filter((condition) => !isLeaf(condition)).map((condition) => plan(store, condition, options)));
	const [best, ...others] = [...served, ...nested.filter((one) => one !== null)].toSorted((a, b) => a.count - b.count);
	if (!best) return null;
	if (best.count >= countLimit) return { ...best, rivals: others };
	const alsoIn = others.filter(({ count, branches }) => count < countLimit && branches.length === 1).map(({ branches }) => branches[0].ranges);
	return { ...best, branches: best.branches.map((branch) => ({ ...branch, alsoIn: [...branch.alsoIn, ...alsoIn] })) };
}

const flattened = (conditions: Condition[]): Condition[] => conditions.flatMap((one) => ('all' in one ? flattened(one.all) : [one]));

interface Leaf {
	ranges: Range[];
	asks: Condition[];
}

/** Two bounds on one fact are one range: "at least 30 days ago" and "at most 60 days ago". */
function mergeRanges(leaves: Leaf[]): Leaf[] {
	const bounded = new Map<string, Leaf>();
	const unions: Leaf[] = [];
	for (const { ranges, asks } of leaves) {
		if (ranges.length > 1) unions.push({ ranges, asks });
		if (ranges.length !== 1) continue;
		const [{ index, from = -Infinity, to = Infinity }] = ranges;
		const before = bounded.get(index);
		const [{ from: least = -Infinity, to: most = Infinity }] = before?.ranges ?? [{}];
		bounded.set(index, { ranges: [{ index, from: Math.max(from, least), to: Math.min(to, most) }], asks: [...(before?.asks ?? []), ...asks] });
	}
	return [...bounded.values(), ...unions];
}

/** Counts no further than `countLimit` in all. */
async function countOf(store: Store, ranges: Range[]): Promise<number> {
	let count = 0;
	for (const { index, from, to } of ranges) {
		if (count >= countLimit) return countLimit;
		count += await store.count(index, { from, to, limit: countLimit - count });
	}
	return count;
}

/** The ranges in which all who match a single condition stand; null when no index serves it. */
function rangesOf(condition: Condition, options: PlanOptions): Range[] | null {
	if ('field' in condition) return fieldRanges(condition, options);
	if ('event' in condition) {
		const isSomethingDone = condition.times !== 'at_most' && condition.count > 0;
		return isSomethingDone ? [{ index: activeDay, from: firstDay(options.nowMs, condition.withinDays) }] : null;
	}
	if ('near' in condition) {
		// A degree of latitude is 111.2 km on the sphere that distances are measured on; a little more is read, never less.
		const degrees = condition.near.km / 111;
		return [{ index: latitude, from: condition.near.latitude - degrees, to: condition.near.latitude + degrees }];
	}
	return null;
}

function fieldRanges(condition: FieldCondition, options: PlanOptions): Range[] | null {
	const field = factField(condition.field);
	if (!field?.index) return null;
	const { op } = condition;
	if (op === 'is_true' && field.index.value) return [{ index: byValue(field.id) }];
	if (op === 'anniversary_within_days' || op === 'anniversary_in_days') return yearDayRanges(field, condition, options);
	if (op === 'is' || op === 'one_of' || op === 'includes') return field.index.words ? wordRanges(field, condition) : valueRange(field, condition, options);
	return field.index.value ? valueRange(field, condition, options) : null;
}

function wordRanges({ id, index }: FactField, { value }: FieldCondition): Range[] | null {
	const words: unknown[] = Array.isArray(value) ? value : [value];
	if (index!.leftOut !== undefined && words.map(indexWord).includes(indexWord(index!.leftOut))) return null;
	const names = new Set(words.map((word) => byWord(id, word)));
	if (index!.words! > 1) names.add(withMany(id));
	return [...names].map((name) => ({ index: name }));
}

function valueRange(field: FactField, condition: FieldCondition, options: PlanOptions): Range[] | null {
	const bounds = boundsOf(field, condition, options);
	if (!bounds || !field.index!.value) return null;
	if (field.type !== 'money') return [{ index: byValue(field.id), ...bounds }];
	// Who has spent nothing in a currency stands in no index of it.
	return bounds.from !== undefined && bounds.from > 0 ? [{ index: byAmount(field.id, condition.currency ?? options.currency), ...bounds }] : null;
}

function boundsOf(field: FactField, { op, value, to }: FieldCondition, { nowMs, timezone }: PlanOptions): Omit<Range, 'index'> | null {
	const given = value as number;
	const isDays = operandOf(field.type, op, value) === 'dayRange';
	switch (op) {
		case 'is':
			return { from: given, to: given };
		case 'at_least':
			return { from: given };
		case 'at_most':
			return { to: given };
		case 'more_than':
			return { from: above(given) };
		case 'less_than':
			return { to: below(given) };
		case 'between':
			return isDays ? { from: startOfDayMs(String(value), timezone), to: startOfDayMs(String(to), timezone, 1) } : { from: given, to: to as number };
		case 'days_ago_at_least':
			return { to: nowMs - given * dayMs };
		case 'days_ago_at_most':
			return { from: nowMs - given * dayMs, to: nowMs + dayMs };
		case 'in_days_at_most':
			return { from: nowMs, to: nowMs + given * dayMs };
		case 'before':
			return { to: startOfDayMs(String(value), timezone) };
		case 'after':
			return { from: startOfDayMs(String(value), timezone, 1) };
		case 'is_set':
			return {};
		default:
			return null;
	}
}

/** The year has this many days here: 29 February has a number of its own in every year. */
const yearLength = 366;
/** Today is another day elsewhere, and 29 February may or may not lie between: so many days more on both sides are read. */
const slackDays = 3;

function yearDayRanges({ id, index }: FactField, { op, value }: FieldCondition, { nowMs }: PlanOptions): Range[] | null {
	if (!index!.yearDays) return null;
	const now = new Date(nowMs);
	const today = yearDay({ month: now.getUTCMonth() + 1, day: now.getUTCDate() });
	const days = value as number;
	const first = today + (op === 'anniversary_in_days' ? days : 0) - slackDays;
	const bounds = aroundTheYear(first, today + days + slackDays);
	const ranges = Array.from({ length: index!.yearDays }, (_, position) => bounds.map((bound) => ({ index: byYearDay(id, position), ...bound }))).flat();
	return index!.yearDays > 1 ? [...ranges, { index: withMany(id) }] : ranges;
}

/** Days of the year from one to another, which may lie in the next or the last year. */
function aroundTheYear(first: number, last: number): Array<Omit<Range, 'index'>> {
	if (last - first + 1 >= yearLength) return [{ from: 1, to: yearLength }];
	const wrapped = (day: number) => ((((day - 1) % yearLength) + yearLength) % yearLength) + 1;
	const [from, to] = [wrapped(first), wrapped(last)];
	return from <= to ? [{ from, to }] : [{ from, to: yearLength }, { from: 1, to }];
}
