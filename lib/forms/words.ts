import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { candidatesFor } from '../messages/words';
import type { FormKind } from './form';

/** One file of `words/`. Every file is complete. */
export interface FormWords {
	locale: string;
	labels: Record<
		'email' | 'phone' | 'phoneHelp' | 'firstName' | 'topics' | 'birthday' | 'children' | 'childName' | 'childBirthday' | 'topic' | 'message' | 'choose' | 'yes' | 'optional' | 'close' | 'trap',
		string
	>;
	errors: Record<'summary' | FieldError, string>;
	notices: Record<FormNotice, string>;
	consents: Record<'email' | 'sms' | 'whatsapp', string>;
	sign_up: KindWords;
	/** `titleOf` where the product is known. */
	back_in_stock: KindWords & { titleOf: string };
	profile: KindWords;
	contact: KindWords;
}

export type KindWords = Record<'title' | 'text' | 'button' | 'doneTitle' | 'doneText', string>;
/** What is wrong with what somebody typed. */
export type FieldError = 'required' | 'email' | 'phone' | 'name' | 'date' | 'number' | 'choice' | 'long' | 'box' | 'either';
/** Why a form was not taken, though nothing typed is wrong. */
export type FormNotice = 'expired' | 'changed' | 'repeated' | 'tooFast' | 'limit' | 'unknown' | 'foreign' | 'unavailable';

let byLocale: Map<string, FormWords> | undefined;

/** The words of a locale, of its script or language, else of English. */
export function formWords(locale: string): FormWords {
	byLocale ??= readAll();
	for (const candidate of candidatesFor(locale)) {
		const found = byLocale.get(candidate);
		if (found) return found;
	}
	return byLocale.get('en')!;
}

/** The words around a form of this kind. */
export function kindWords(words: FormWords, kind: FormKind): KindWords & { titleOf?: string } {
	return words[kind];
}

function readAll(): Map<string, FormWords> {
	const folder = join(__dirname, 'words');
	const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
	return new Map(files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as FormWords).map((words) => [words.locale, words]));
}
