import { z } from 'zod/v4';
import { personName, severalLines, singleLine } from '../messages/safe-text';
import type { ChildFacts } from '../model/events';
import { normalisePhone } from '../model/phone';
import { normaliseEmail } from '../record/identity';
import type { FormField } from './fields';
import type { FieldError } from './words';

/** What somebody typed, by the field's name: kept as it was typed, to be shown again. */
export type Typed = Record<string, string[]>;
/** What it means, by the field's name. Nothing for what was left empty. */
export type Answers = Record<string, Answer>;
export type Answer = string | number | boolean | string[] | ChildFacts;

export interface ReadForm {
	answers: Answers;
	errors: Record<string, FieldError>;
}

const mostTyped = 60;
const longest = 5_000;
const longestText = 500;
const longestMessage = 2_000;
/** Before this nobody was born who is alive. */
const firstBirthday = '1900-01-01';

/** A posted value is a text or several; whatever else a body holds is not from a form of ours. */
const typedBody = z.record(z.string().max(40), z.unknown()).transform((body) => {
	const textsOf = (value: unknown) => (Array.isArray(value) ? value.slice(0, mostTyped) : [value]).filter((text): text is string => typeof text === 'string');
	return Object.fromEntries(Object.entries(body).slice(0, mostTyped).map(([name, value]) => [name, textsOf(value).map((text) => text.slice(0, longest))])) as Typed;
});

export function typedOf(body: unknown): Typed {
	const read = typedBody.safeParse(body);
	return read.success ? read.data : {};
}

export interface ReadOptions {
	/** ISO 3166 alpha-2, for numbers without a country code. */
	country?: string;
	/** `YYYY-MM-DD`: nobody is born later. */
	today: string;
}

/** Reads what was typed into the fields; what is wrong is named, field by field. */
export function readAnswers(fields: FormField[], typed: Typed, options: ReadOptions): ReadForm {
	const answers: Answers = {};
	const errors: ReadForm['errors'] = {};
	for (const field of fields) {
		const { answer, error } = readField(field, typed, options);
		if (error) errors[field.name] = error;
		else if (answer !== undefined) answers[field.name] = answer;
		else if (field.isRequired) errors[field.name] = 'required';
	}
	return { answers, errors };
}

type Read = { answer?: Answer; error?: FieldError };

/** As browsers understand it, and with a dot in its domain: what has none is a slip. */
const mailAddress = z.string().max(254).regex(/^[^\s@<>()[\]\\",;:]+@[^\s@<>()[\]\\",;:.]+(\.[^\s@<>()[\]\\",;:.]+)+$/u);

function readField(field: FormField, typed: Typed, { country, today }: ReadOptions): Read {
	const text = (typed[field.name]?.[0] ?? '').trim();
	switch (field.type) {
		case 'statement':
			return { answer: true };
		case 'box':
			return text === '' ? {} : { answer: true };
		case 'choices': {
			const chosen = (typed[field.name] ?? []).filter((value) => value !== '');
			const isOffered = chosen.every((value) => field.options?.some((option) => option.value === value));
			return isOffered ? { ...(chosen.length > 0 && { answer: [...new Set(chosen)] }) } : { error: 'choice' };
		}
		case 'child':
			return readChild(singleLine(typed[`${field.name}n`]?.[0] ?? '', 80), (typed[`${field.name}b`]?.[0] ?? '').trim(), today);
	}
	if (text === '') return {};
	switch (field.type) {
		case 'email': {
			const address = mailAddress.safeParse(text).success ? normaliseEmail(text) : undefined;
			return address ? { answer: address } : { error: 'email' };
		}
		case 'phone': {
			const number = text.length <= 40 ? normalisePhone(text, country) : undefined;
			return number ? { answer: number } : { error: 'phone' };
		}
		case 'name': {
			const name = personName(text);
			return name ? { answer: name } : { error: 'name' };
		}
		case 'text':
			return [...text].length <= longestText ? { answer: singleLine(text, longestText) } : { error: 'long' };
		case 'message':
			return [...text].length <= longestMessage ? { answer: severalLines(text, longestMessage) } : { error: 'long' };
		case 'number': {
			const number = Number(text.replace(',', '.'));
			return Number.isFinite(number) && Math.abs(number) <= 1e9 ? { answer: number } : { error: 'number' };
		}
		case 'date':
			return isBirthday(text, today) ? { answer: text } : { error: 'date' };
		case 'choice':
			return field.options?.some(({ value }) => value === text) ? { answer: text } : { error: 'choice' };
	}
}

function readChild(name: string, birthday: string, today: string): Read {
	if (birthday === '') return name === '' ? {} : { error: 'date' };
	return isBirthday(birthday, today) ? { answer: { birthday, ...(personName(name) && { name: personName(name) }) } } : { error: 'date' };
}

function isBirthday(text: string, today: string): boolean {
	return z.iso.date().safeParse(text).success && text >= firstBirthday && text <= today;
}
