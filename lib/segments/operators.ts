import type { Operator } from '../model/conditions';
import type { FactType } from './fields';

/** What an operator wants beside the fact: nothing, one value of the fact's type, several, two bounds, days or a day of the calendar. */
export type Operand = 'none' | 'value' | 'values' | 'range' | 'days' | 'day' | 'dayRange';

/** In plain words, as they stand in messages and in the editor. */
export const operatorLabels: Record<Operator, string> = {
	is: 'is',
	is_not: 'is not',
	one_of: 'is one of',
	none_of: 'is none of',
	contains: 'contains',
	starts_with: 'starts with',
	is_set: 'is known',
	is_not_set: 'is not known',
	at_least: 'is at least',
	at_most: 'is at most',
	more_than: 'is more than',
	less_than: 'is less than',
	between: 'is between',
	is_true: 'is true',
	is_false: 'is not true',
	days_ago_at_least: 'is at least so many days ago',
	days_ago_at_most: 'is within the last so many days',
	in_days_at_most: 'is within the next so many days',
	before: 'is before',
	after: 'is after',
	anniversary_within_days: 'returns within so many days',
	anniversary_in_days: 'returns in exactly so many days',
	includes: 'includes',
	includes_not: 'does not include',
};

const numbers: Partial<Record<Operator, Operand>> = { is: 'value', is_not: 'value', at_least: 'value', at_most: 'value', more_than: 'value', less_than: 'value', between: 'range', is_set: 'none', is_not_set: 'none' };
const anniversaries: Partial<Record<Operator, Operand>> = { anniversary_within_days: 'days', anniversary_in_days: 'days', is_set: 'none', is_not_set: 'none' };
const dates: Partial<Record<Operator, Operand>> = { days_ago_at_least: 'days', days_ago_at_most: 'days', in_days_at_most: 'days', before: 'day', after: 'day', between: 'dayRange', ...anniversaries };
const texts: Partial<Record<Operator, Operand>> = { is: 'value', is_not: 'value', one_of: 'values', none_of: 'values', contains: 'value', starts_with: 'value', is_set: 'none', is_not_set: 'none' };
const booleans: Partial<Record<Operator, Operand>> = { is_true: 'none', is_false: 'none' };

/** Which operators fit a type, and what each wants. */
export const operatorsOf: Record<FactType, Partial<Record<Operator, Operand>>> = {
	text: texts,
	number: numbers,
	money: numbers,
	date: dates,
	birthday: anniversaries,
	boolean: booleans,
	list: { includes: 'values', includes_not: 'values', is_set: 'none', is_not_set: 'none' },
	choice: { is: 'value', is_not: 'value', one_of: 'values', none_of: 'values' },
	// `between` of a shop's own attribute is one of numbers or of days: its bounds tell.
	attribute: { ...dates, ...numbers, ...texts, ...booleans },
};

export const typeLabels: Record<FactType, string> = {
	text: 'a text',
	number: 'a number',
	money: 'an amount of money',
	date: 'a date',
	birthday: 'a birthday',
	boolean: 'yes or no',
	list: 'a list',
	choice: 'a choice',
	attribute: 'an attribute',
};

/** What `op` wants on a fact of this type; undefined when it does not fit. */
export function operandOf(type: FactType, op: Operator, value?: unknown): Operand | undefined {
	const operand = Object.hasOwn(operatorsOf[type], op) ? operatorsOf[type][op] : undefined;
	return type === 'attribute' && op === 'between' && typeof value === 'string' && isDay(value) ? 'dayRange' : operand;
}

/** Whether a text is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(value: unknown): value is string {
	if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
	const time = new Date(`${value}T00:00:00Z`);
	return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value);
}
