import { type Condition, type EventCondition, type FieldCondition, type MessageCondition, type NearCondition, newestStep } from '../model/conditions';
import { ShopJourneysError } from '../model/errors';
import { eventCatalogue } from '../model/events';
import { historyDays, uncountedEvents } from '../model/records';
import { factField, type FactField } from './fields';
import { isDay, operandOf, operatorLabels, operatorsOf, typeLabels } from './operators';

/** As deep as groups may stand in each other: more cannot be meant, and reading them must end. */
const maxDepth = 20;

/** What is wrong with a condition, in plain words; nothing when it can be applied. Takes anything that claims to be one. */
export function validateCondition(condition: Condition): string[] {
	return problems(condition, 0);
}

/** @throws CONDITION_INVALID with all that is wrong with it */
export function checkCondition(condition: Condition): void {
	const found = validateCondition(condition);
	if (found.length > 0) throw new ShopJourneysError('CONDITION_INVALID', found.join(' '));
}

function problems(condition: Condition, depth: number): string[] {
	if (typeof condition !== 'object' || condition === null) return ['A condition is empty.'];
	if (depth > maxDepth) return [`Groups of conditions stand more than ${maxDepth} deep in each other.`];
	if ('all' in condition) return groupProblems(condition.all, depth);
	if ('any' in condition) return groupProblems(condition.any, depth);
	if ('not' in condition) return problems(condition.not, depth + 1);
	if ('field' in condition) return fieldProblems(condition);
	if ('event' in condition) return eventProblems(condition);
	if ('message' in condition) return messageProblems(condition);
	if ('near' in condition) return nearProblems(condition);
	return ['A condition says neither which fact nor what was done.'];
}

function groupProblems(conditions: Condition[], depth: number): string[] {
	if (!Array.isArray(conditions) || conditions.length === 0) return ['A group has no condition in it.'];
	return conditions.flatMap((condition) => problems(condition, depth + 1));
}

function fieldProblems({ field: id, op, value, to, currency }: FieldCondition): string[] {
	const field = factField(String(id));
	if (!field) return [`There is no fact called "${String(id)}".`];
	const operand = operandOf(field.type, op, value);
	if (operand === undefined) {
		const fitting = Object.keys(operatorsOf[field.type]).map((name) => operatorLabels[name as keyof typeof operatorLabels]);
		return [`"${field.label}" is ${typeLabels[field.type]}, to which "${operatorLabels[op] ?? String(op)}" does not apply. What applies: ${fitting.join(', ')}.`];
	}
	if (field.type === 'money' && currency !== undefined && !/^[A-Z]{3}$/.test(currency)) return [`"${field.label}" is compared in "${currency}", which is no currency code such as EUR.`];
	switch (operand) {
		case 'none':
			return [];
		case 'value':
			return valueProblems(field, value);
		case 'values': {
			const values = Array.isArray(value) ? value : [value];
			return values.length === 0 ? [nothingToCompare(field)] : values.flatMap((one) => valueProblems(field, one));
		}
		case 'range':
			return rangeProblems(field, value, to);
		case 'days':
			return Number.isSafeInteger(value) && (value as number) >= 0 ? [] : [`The number of days of "${field.label}" is "${shown(value)}": it must be a whole number, 0 or more.`];
		case 'day':
			return isDay(value) ? [] : [notADay(field, value)];
		case 'dayRange':
			if (!isDay(value)) return [notADay(field, value)];
			if (!isDay(to)) return [notADay(field, to)];
			return value <= to ? [] : [`"${field.label}" is between ${value} and ${to}: the first day must not be later than the second.`];
	}
}

const nothingToCompare = ({ label }: FactField) => `"${label}" has nothing to be compared with.`;
const notADay = ({ label }: FactField, value: unknown) => `"${label}" is compared with "${shown(value)}", which is no day such as 2026-12-24.`;
const shown = (value: unknown) => (value === undefined || value === null ? '' : String(value).slice(0, 40));
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function valueProblems(field: FactField, value: unknown): string[] {
	if (value === undefined || value === null || value === '') return [nothingToCompare(field)];
	if (field.type === 'number' || field.type === 'money') return isNumber(value) ? [] : [`"${field.label}" is ${typeLabels[field.type]}, but is compared with "${shown(value)}", which is no number.`];
	if (field.type === 'attribute') return typeof value === 'object' ? [nothingToCompare(field)] : [];
	if (typeof value !== 'string') return [`"${field.label}" is ${typeLabels[field.type]}, but is compared with ${shown(value)}, which is no text.`];
	if (field.choices && !field.choices.values.some((choice) => choice.value === value)) return [`"${field.label}" is never "${shown(value)}". What it can be: ${field.choices.values.map((choice) => choice.value).join(', ')}.`];
	return value.trim() === '' ? [nothingToCompare(field)] : [];
}

function rangeProblems(field: FactField, from: unknown, to: unknown): string[] {
	for (const bound of [from, to]) if (!isNumber(bound)) return [`"${field.label}" is between two numbers, but one of them is "${shown(bound)}".`];
	return (from as number) <= (to as number) ? [] : [`"${field.label}" is between ${shown(from)} and ${shown(to)}: the first must not be greater than the second.`];
}

function eventProblems({ event, of, times, count, withinDays }: EventCondition): string[] {
	if (!Object.hasOwn(eventCatalogue, event)) return [`There is no event called "${shown(event)}".`];
	const { label } = eventCatalogue[event];
	if (uncountedEvents.includes(event)) return [`"${label}" is not counted by days. Choose the fact "Messages: Number Sent" or "Messages: Last Sent" instead.`];
	const found: string[] = [];
	if (!['at_least', 'at_most', 'exactly'].includes(times)) found.push(`How often "${label}" is to be counted is "${shown(times)}", which is neither at least, at most nor exactly.`);
	if (!Number.isSafeInteger(count) || count < 0) found.push(`How often "${label}" is to have happened is "${shown(count)}": it must be a whole number, 0 or more.`);
	if (!Number.isSafeInteger(withinDays) || withinDays < 1) found.push(`The period of "${label}" is "${shown(withinDays)}" days: it must be a whole number from 1 on.`);
	else if (withinDays > historyDays) found.push(`The period of "${label}" is ${withinDays} days, but what customers do is kept for ${historyDays} days.`);
	const named = Object.entries(of ?? {}).filter(([, value]) => value !== undefined);
	if (named.length > 1) found.push(`"${label}" is counted by one of product, category, page, search or name, not by several at once.`);
	if (named.some(([, value]) => typeof value !== 'string' || value.trim() === '')) found.push(`Of what "${label}" is to be counted is empty.`);
	return found;
}

function messageProblems({ message, step }: MessageCondition): string[] {
	if (!['opened', 'clicked', 'answered', 'code_used', 'sent'].includes(message)) return [`Messages cannot be "${shown(message)}".`];
	return step === undefined || (Number.isSafeInteger(step) && (step >= 1 || step === newestStep)) ? [] : [`The step of the earlier message is "${shown(step)}": steps are numbered from 1 on, and ${newestStep} is the newest message.`];
}

function nearProblems({ near }: NearCondition): string[] {
	const { latitude, longitude, km } = near ?? {};
	const found: string[] = [];
	if (!isNumber(latitude) || Math.abs(latitude) > 90) found.push(`The latitude of the place is "${shown(latitude)}": it must be a number from -90 to 90.`);
	if (!isNumber(longitude) || Math.abs(longitude) > 180) found.push(`The longitude of the place is "${shown(longitude)}": it must be a number from -180 to 180.`);
	if (!isNumber(km) || km <= 0) found.push(`The distance from the place is "${shown(km)}" km: it must be more than 0.`);
	return found;
}
