import { dayMs } from '../model/clock';
import { type Condition, type EventCondition, type FieldCondition, type MessageCondition, type NearCondition, newestStep } from '../model/conditions';
import type { AttributeValue } from '../model/events';
import { type CustomerRecord, historyField, type HistoryRecord } from '../model/records';
import type { ShopSettings } from '../model/settings';
import { daysUntilReturn, localDate, parseYearlyDate, startOfDayMs, todayIn } from './calendar';
import { type CarriedFacts, type Currencies, factField, type FactField, type FactPart, type Facts, type FactValue } from './fields';
import { operandOf } from './operators';
import { checkCondition } from './validate';
import { plain } from './words';

/** Decides about one customer, by what `readFrom` says. `nowMs` is journey time. */
export type Predicate = (facts: Facts | CarriedFacts, nowMs: number) => boolean;

/**
 * Where the facts of a part are read from. `records`: from the documents. `item`: from the journey item, as far as it carries them; it is then itself
 * what is decided on. `item_and_customer`: the customer from its document, everything else from the item.
 */
export type ReadFrom = 'records' | 'item' | 'item_and_customer';

export type CompileOptions = Pick<ShopSettings, 'currency' | 'timezone'> & { readFrom?: ReadFrom };

/** Which documents a condition looks at: what is false need not be read. */
export interface Needs {
	/** The customer's document, for facts of the customer and for the place. */
	customer: boolean;
	history: boolean;
	/** The enrolment, or the messages that the item lists. */
	enrolment: boolean;
	order: boolean;
	cart: boolean;
	product: boolean;
	view: boolean;
	event: boolean;
	/** What the product rules say of the order's goods, or of the product. */
	rules: boolean;
}

interface Compiler {
	settings: Pick<ShopSettings, 'currency' | 'timezone'>;
	readFrom: ReadFrom;
	today: ReturnType<typeof todayIn>;
}

/** Only facts that change as time goes by look at the time. */
type Read = (of: unknown, nowMs?: number) => FactValue;
/** What conditions are compiled to. With `readFrom: 'item'` the facts are the item, which has its parts under the same names. */
type Test = (facts: Facts, nowMs: number) => boolean;
/** Tells of one part (the customer, the order ...), which is there. */
type PartTest = (of: unknown, nowMs: number, facts: Facts) => boolean;

/** A condition on one fact of one part. */
interface FieldTest {
	part: FactPart;
	test: PartTest;
	/** What it comes to where the part, and so the fact, is not known. */
	withoutPart: boolean;
}

/**
 * Makes a condition into a function, once per run: nothing is looked up per customer. A fact that is not known is false for
 * every comparison and true for its negation (is not, is none of, does not include, is not known); numbers that are counted are 0.
 * Texts are compared without regard to case.
 * @throws CONDITION_INVALID when the condition cannot be applied (see `validateCondition`)
 */
export function compileCondition(condition: Condition, { currency, timezone, readFrom = 'records' }: CompileOptions): Predicate {
	checkCondition(condition);
	return compile(condition, { settings: { currency, timezone }, readFrom, today: todayIn(timezone) }) as Predicate;
}

export function needs(condition: Condition): Needs {
	const found: Needs = { customer: false, history: false, enrolment: false, order: false, cart: false, product: false, view: false, event: false, rules: false };
	const visit = (one: Condition): void => {
		if ('all' in one) return one.all.forEach(visit);
		if ('any' in one) return one.any.forEach(visit);
		if ('not' in one) return visit(one.not);
		if ('event' in one) found.history = true;
		else if ('message' in one) found.enrolment = true;
		else if ('near' in one) found.customer = true;
		else {
			const field = factField(one.field);
			if (field) found[field.part] = true;
			if (field?.usesRules) found.rules = true;
		}
	};
	visit(condition);
	return found;
}

/** Whether a condition means something else in another shop: amounts are in the shop's currency, days in its time zone. */
export function dependsOnShop(condition: Condition): boolean {
	if ('all' in condition) return condition.all.some(dependsOnShop);
	if ('any' in condition) return condition.any.some(dependsOnShop);
	if ('not' in condition) return dependsOnShop(condition.not);
	if (!('field' in condition)) return false;
	const type = factField(condition.field)?.type;
	return type !== undefined && type !== 'text' && type !== 'number' && type !== 'boolean' && type !== 'list' && type !== 'choice';
}

/** What of a condition can be told without reading what a customer did: where it is false, so is the whole. null when nothing can. */
export function withoutHistory(condition: Condition): Condition | null {
	if (!needs(condition).history) return condition;
	if (!('all' in condition)) return null;
	const rest = condition.all.flatMap((one) => withoutHistory(one) ?? []);
	return rest.length > 0 ? { all: rest } : null;
}

/** The facts a condition asks for that journey items do not carry, by label; with `currency`, those amounts in other currencies too. */
export function notCarried(condition: Condition, currency: string): string[] {
	if ('all' in condition) return condition.all.flatMap((one) => notCarried(one, currency));
	if ('any' in condition) return condition.any.flatMap((one) => notCarried(one, currency));
	if ('not' in condition) return notCarried(condition.not, currency);
	if ('event' in condition) return ['what the customer did'];
	if ('near' in condition) return ['the distance from a place'];
	if ('message' in condition) return [];
	const field = factField(condition.field);
	if (!field) return [];
	const isForeign = field.type === 'money' && field.part === 'customer' && (condition.currency ?? currency) !== currency;
	return field.item && !isForeign ? [] : [`"${field.label}"${field.item ? ` in ${condition.currency}` : ''}`];
}

function compile(condition: Condition, compiler: Compiler): Test {
	if ('all' in condition) return compileAll(condition.all, compiler);
	if ('any' in condition) return any(condition.any.map((one) => compile(one, compiler)));
	if ('not' in condition) {
		const inner = compile(condition.not, compiler);
		return (facts, nowMs) => !inner(facts, nowMs);
	}
	if ('field' in condition) return allOfPart([compileField(condition, compiler)], compiler);
	if ('event' in condition) return compileEvent(condition);
	if ('message' in condition) return compileMessage(condition, compiler);
	return compileNear(condition);
}

/** Conditions on facts of the same part are decided together, so that the part is looked up once. */
function compileAll(conditions: Condition[], compiler: Compiler): Test {
	const byPart = Map.groupBy(conditions.filter((one) => 'field' in one).map((one) => compileField(one, compiler)), ({ part }) => part);
	return all([...[...byPart.values()].map((tests) => allOfPart(tests, compiler)), ...conditions.filter((one) => !('field' in one)).map((one) => compile(one, compiler))]);
}

function all(tests: Test[]): Test {
	if (tests.length === 1) return tests[0];
	return (facts, nowMs) => {
		for (const test of tests) if (!test(facts, nowMs)) return false;
		return true;
	};
}

/** Written out for the usual numbers of conditions: a loop costs more than what it calls. */
function allOfPart(fieldTests: FieldTest[], { readFrom }: Compiler): Test {
	const partOf = partReader(fieldTests[0].part, readFrom);
	const withoutPart = fieldTests.every((one) => one.withoutPart);
	const tests = fieldTests.map(({ test }) => test);
	const [first, second, third] = tests;
	switch (tests.length) {
		case 1:
			return (facts, nowMs) => {
				const of = partOf(facts);
				return of ? first(of, nowMs, facts) : withoutPart;
			};
		case 2:
			return (facts, nowMs) => {
				const of = partOf(facts);
				return of ? first(of, nowMs, facts) && second(of, nowMs, facts) : withoutPart;
			};
		case 3:
			return (facts, nowMs) => {
				const of = partOf(facts);
				return of ? first(of, nowMs, facts) && second(of, nowMs, facts) && third(of, nowMs, facts) : withoutPart;
			};
		default:
			return (facts, nowMs) => {
				const of = partOf(facts);
				if (!of) return withoutPart;
				for (const test of tests) if (!test(of, nowMs, facts)) return false;
				return true;
			};
	}
}

function any(tests: Test[]): Test {
	if (tests.length === 1) return tests[0];
	return (facts, nowMs) => {
		for (const test of tests) if (test(facts, nowMs)) return true;
		return false;
	};
}

const isFromItem = (part: FactPart, readFrom: ReadFrom) => readFrom === 'item' || (readFrom === 'item_and_customer' && part !== 'customer');

/** What an item carries may come from anywhere: only an object has facts. */
const objectOnly = (of: object | null | undefined) => (typeof of === 'object' ? of : undefined);

function partReader(part: FactPart, readFrom: ReadFrom): (facts: Facts) => object | null | undefined {
	if (!isFromItem(part, readFrom)) return (facts) => facts[part];
	if (readFrom === 'item_and_customer') return (facts) => objectOnly(facts.item?.[part]);
	// The common case by name, which is faster than by a name that is looked up.
	if (part === 'customer') return (item) => objectOnly(item.customer);
	return (item) => objectOnly(item[part]);
}

function reader(field: FactField, condition: FieldCondition, { settings, readFrom }: Compiler): Read {
	const read = isFromItem(field.part, readFrom) ? field.item : (field.readAt ?? field.read);
	if (!read) return () => undefined;
	if (field.type !== 'money') return read as unknown as Read;
	const readAmount = read as (of: unknown, currencies: Currencies) => FactValue;
	const currencies: Currencies = { currency: condition.currency ?? settings.currency, shopCurrency: settings.currency };
	return (of) => readAmount(of, currencies);
}

function compileField(condition: FieldCondition, compiler: Compiler): FieldTest {
	const field = factField(condition.field)!;
	return { part: field.part, test: compileTest(field, condition, reader(field, condition, compiler), compiler), withoutPart: compileTest(field, condition, () => undefined, compiler)({}, 0, {}) };
}

function compileTest(field: FactField, condition: FieldCondition, read: Read, compiler: Compiler): PartTest {
	const { op } = condition;
	if (op === 'is_set') return (of) => isKnown(read(of));
	if (op === 'is_not_set') return (of) => !isKnown(read(of));
	if (op === 'is_true') return (of) => isTrue(read(of));
	if (op === 'is_false') return (of) => !isTrue(read(of));
	switch (operandOf(field.type, op, condition.value)) {
		case 'days':
			return compileDays(condition, read, compiler);
		case 'day':
		case 'dayRange':
			return compileDates(condition, read, compiler);
		case 'range':
			return compileNumbers(condition, read);
		default:
	}
	if (field.type === 'choice') return compileChoice(condition, read);
	if (op === 'includes' || op === 'includes_not') return compileList(condition, read);
	if (typeof condition.value === 'number' || op === 'at_least' || op === 'at_most' || op === 'more_than' || op === 'less_than') return compileNumbers(condition, read);
	return compileText(condition, read);
}

const isKnown = (value: FactValue) => value !== undefined && value !== null && value !== '' && (!Array.isArray(value) || value.length > 0);
const isTrue = (value: FactValue) => value === true || value === 'true';

/** Attributes may hold numbers as text; what is no number compares as false with everything. */
function toNumber(value: FactValue): number {
	if (typeof value === 'number') return value;
	return typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
}

function compileNumbers({ op, value, to }: FieldCondition, read: Read): PartTest {
	const given = toNumber(value as AttributeValue);
	const upper = toNumber(to);
	switch (op) {
		case 'is':
			return (of) => toNumber(read(of)) === given;
		case 'is_not':
			return (of) => toNumber(read(of)) !== given;
		case 'at_least':
			return (of) => toNumber(read(of)) >= given;
		case 'at_most':
			return (of) => toNumber(read(of)) <= given;
		case 'more_than':
			return (of) => toNumber(read(of)) > given;
		case 'less_than':
			return (of) => toNumber(read(of)) < given;
		default:
			return (of) => {
				const number = toNumber(read(of));
				return number >= given && number <= upper;
			};
	}
}

function compileText({ op, value }: FieldCondition, read: Read): PartTest {
	if (op === 'one_of' || op === 'none_of') {
		const isOneOf = wordTest(Array.isArray(value) ? value : [value!]);
		return op === 'one_of' ? (of) => isOneOf(read(of)) : (of) => !isOneOf(read(of));
	}
	const given = plain(value);
	switch (op) {
		case 'is_not': {
			const isGiven = wordTest([value as AttributeValue]);
			return (of) => !isGiven(read(of));
		}
		case 'contains':
			return (of) => {
				const text = read(of);
				return text !== undefined && plain(text).includes(given);
			};
		case 'starts_with':
			return (of) => {
				const text = read(of);
				return text !== undefined && plain(text).startsWith(given);
			};
		default: {
			const first = given.charCodeAt(0) | 32;
			return (of) => {
				const text = read(of);
				if (text === value) return true;
				if (typeof text !== 'string') return text !== undefined && plain(text) === given;
				// Most texts are told apart by their first letter; blanks and what is no ASCII are looked at more closely.
				const code = text.charCodeAt(0);
				if (code > 32 && code < 128 && (code | 32) !== first) return false;
				return isWord(text, given);
			};
		}
	}
}

/** Whether a text is one of the given ones. */
function wordTest(given: AttributeValue[]): (value: FactValue) => boolean {
	if (given.length === 1) {
		const [spelled] = given;
		const word = plain(spelled);
		return (value) => value === spelled || (typeof value === 'string' ? isWord(value, word) : value !== undefined && plain(value) === word);
	}
	const spelled = new Set<unknown>(given);
	const words = new Set(given.map(plain));
	return (value) => value !== undefined && (spelled.has(value) || words.has(plain(value)));
}

/** `plain(text) === word`, without a copy of the text where it is told by the first letters that it is not. */
function isWord(text: string, word: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		// Blanks, which may be left out, and letters that are more than themselves in lower case.
		if (code <= 32 || code > 127) return plain(text) === word;
		const lower = code >= 65 && code <= 90 ? code + 32 : code;
		if (lower !== word.charCodeAt(i)) return false;
	}
	return text.length === word.length;
}

/** Values of a choice are our own words: they are spelled in one way. */
function compileChoice({ op, value }: FieldCondition, read: Read): PartTest {
	const given = Array.isArray(value) ? value : [value];
	const isWanted = op === 'is' || op === 'one_of';
	if (given.length === 1) {
		const [only] = given;
		return (of, nowMs) => (read(of, nowMs) === only) === isWanted;
	}
	const all = new Set<unknown>(given);
	return (of, nowMs) => all.has(read(of, nowMs)) === isWanted;
}

function compileList({ op, value }: FieldCondition, read: Read): PartTest {
	const isOneOf = wordTest((Array.isArray(value) ? value : [value!]) as AttributeValue[]);
	const includes = (of: unknown) => {
		const list = read(of);
		return Array.isArray(list) && list.some(isOneOf);
	};
	return op === 'includes' ? includes : (of) => !includes(of);
}

/** Moments come as numbers, dates in attributes as ISO texts. */
function toMoment(value: FactValue): number {
	if (typeof value === 'number') return value;
	return typeof value === 'string' ? Date.parse(value) : NaN;
}

function compileDates({ op, value, to }: FieldCondition, read: Read, { settings: { timezone } }: Compiler): PartTest {
	const from = startOfDayMs(value as string, timezone);
	if (op === 'before') return (of) => toMoment(read(of)) < from;
	const behind = startOfDayMs((op === 'between' ? to : value) as string, timezone, 1);
	if (op === 'after') return (of) => toMoment(read(of)) >= behind;
	return (of) => {
		const moment = toMoment(read(of));
		return moment >= from && moment < behind;
	};
}

function compileDays({ op, value }: FieldCondition, read: Read, compiler: Compiler): PartTest {
	const days = value as number;
	const periodMs = days * dayMs;
	switch (op) {
		case 'days_ago_at_least':
			return (of, nowMs) => nowMs - toMoment(read(of)) >= periodMs;
		case 'days_ago_at_most':
			// The clocks of shops go wrong: what is up to a day ahead has just happened.
			return (of, nowMs) => {
				const agoMs = nowMs - toMoment(read(of));
				return agoMs <= periodMs && agoMs > -dayMs;
			};
		case 'in_days_at_most':
			return (of, nowMs) => {
				const aheadMs = toMoment(read(of)) - nowMs;
				return aheadMs >= 0 && aheadMs <= periodMs;
			};
		default:
			return compileAnniversary(days, op === 'anniversary_in_days', read, compiler);
	}
}

function compileAnniversary(days: number, isExact: boolean, read: Read, { settings: { timezone }, today }: Compiler): PartTest {
	const returnsInTime = (date: FactValue, { customer }: Facts, nowMs: number) => {
		const zone = customer?.timezone;
		const day = typeof date === 'number' ? localDate(date, zone, timezone) : typeof date === 'string' ? parseYearlyDate(date) : undefined;
		if (!day) return false;
		const away = daysUntilReturn(day, today(nowMs, zone));
		return isExact ? away === days : away <= days;
	};
	return (of, nowMs, facts) => {
		const dates = read(of);
		if (dates === undefined) return false;
		return Array.isArray(dates) ? dates.some((date: string) => returnsInTime(date, facts, nowMs)) : returnsInTime(dates as FactValue, facts, nowMs);
	};
}

/**
 * What a customer did is counted by UTC day: the day on which the period begins counts as a whole, so nothing that happened within
 * the period is missed.
 */
function compileEvent({ event, of, times, count, withinDays }: EventCondition): Test {
	const field = historyField(event, of);
	const happened = (facts: Facts, nowMs: number): number => countedWithin(facts.history, field, withinDays, nowMs);
	switch (times) {
		case 'at_least':
			return (facts, nowMs) => happened(facts, nowMs) >= count;
		case 'at_most':
			return (facts, nowMs) => happened(facts, nowMs) <= count;
		case 'exactly':
			return (facts, nowMs) => happened(facts, nowMs) === count;
	}
}

/**
 * How often something was counted (`historyField`) in the last so many days.
 * @param nowMs journey time
 */
export function countedWithin(history: HistoryRecord | null | undefined, field: string, withinDays: number, nowMs: number): number {
	const days = history?.days;
	if (!days) return 0;
	let sum = 0;
	for (const day of Object.keys(days)) if (isWithin(Number(day), nowMs, withinDays)) sum += days[day][field] ?? 0;
	return sum;
}

/** The first UTC day of a period that ends now. */
export const firstDay = (nowMs: number, withinDays: number) => Math.floor((nowMs - withinDays * dayMs) / dayMs);

const isWithin = (day: number, nowMs: number, withinDays: number) => day >= firstDay(nowMs, withinDays) && day * dayMs <= nowMs + dayMs;

/** Who clicked has opened, even where the mail program loads no pictures. */
function compileMessage({ message, step, is }: MessageCondition, { readFrom }: Compiler): Test {
	if (readFrom === 'records') {
		return ({ enrolment }) => {
			if (!enrolment) return false;
			const sends = ofStep(Object.values(enrolment.sends), step, (send) => send.step + 1, ({ atMs }) => atMs);
			return sends.some((send) => became(message, send.state, send.openedAtMs, send.clickedAtMs, send.answeredAtMs, send.codeUsedAtMs)) === is;
		};
	}
	return (facts) => {
		const item = readFrom === 'item' ? (facts as CarriedFacts) : facts.item;
		const messages = item?.journey?.messages;
		if (!Array.isArray(messages)) return false;
		return ofStep(messages, step, (sent) => sent.step, ({ sentAt }) => Date.parse(sentAt ?? '')).some((sent) => became(message, sent.state, sent.openedAt, sent.clickedAt, sent.answeredAt, sent.codeUsedAt)) === is;
	};
}

/** The messages of one step, of the newest that was sent, or all. */
function ofStep<T extends { state: string }>(messages: T[], step: number | undefined, stepOf: (message: T) => number, sentMs: (message: T) => number): T[] {
	if (step === undefined) return messages;
	if (step !== newestStep) return messages.filter((message) => stepOf(message) === step);
	const sent = messages.filter(({ state }) => state === 'sent');
	return sent.length === 0 ? [] : [sent.reduce((newest, message) => (sentMs(message) >= sentMs(newest) ? message : newest))];
}

function became(message: MessageCondition['message'], state: string, opened: unknown, clicked: unknown, answered: unknown, codeUsed: unknown): boolean {
	switch (message) {
		case 'sent':
			return state === 'sent';
		case 'opened':
			return opened !== undefined || clicked !== undefined || answered !== undefined;
		case 'clicked':
			return clicked !== undefined || answered !== undefined;
		case 'answered':
			return answered !== undefined;
		case 'code_used':
			return codeUsed !== undefined;
	}
}

/** Mean radius of the earth. */
const earthKm = 6371.0088;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Along a great circle (haversine). */
export function distanceKm(a: { latitude: number; longitude: number }, b: { latitude: number; longitude: number }): number {
	const byLatitude = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2;
	const byLongitude = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
	return 2 * earthKm * Math.asin(Math.min(1, Math.sqrt(byLatitude + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * byLongitude)));
}

function compileNear({ near }: NearCondition): Test {
	const isNear = ({ latitude, longitude }: CustomerRecord) => latitude !== undefined && longitude !== undefined && distanceKm({ latitude, longitude }, near) <= near.km;
	return ({ customer }) => !!customer && isNear(customer);
}
