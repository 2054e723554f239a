import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text with `{placeholders}`, or one per plural category of `Intl.PluralRules` (`other` always). */
export type Phrase = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);
/** A text, or one for when the customer's first name is known and one for when it is not. */
export type NamedPhrase = string | { named: string; unnamed: string };

export interface ToneWords {
	subject: NamedPhrase;
	previewText: NamedPhrase;
	headline: NamedPhrase;
	/** Paragraphs are separated by a line break. */
	intro: NamedPhrase;
	buttonLabel: NamedPhrase;
}

export const cartReminderTones = ['reminder', 'benefits', 'lowStock', 'noHurry', 'lastCode'] as const;
export type CartReminderTone = (typeof cartReminderTones)[number];

/** One file of `words/`. A locale's file may leave keys out: English fills in. */
export interface Words {
	locale: string;
	design: Record<
		| 'variantAndQuantity'
		| 'quantity'
		| 'moreItems'
		| 'total'
		| 'discountText'
		| 'discountTextToday'
		| 'helpReply'
		| 'helpVisit'
		| 'why'
		| 'whyMarketing'
		| 'whyTransactional'
		| 'unsubscribe'
		| 'viewItem'
		| 'whyNot'
		| 'onlyLeft',
		Phrase
	>;
	unsubscribePage: Record<'title' | 'text' | 'button' | 'doneTitle' | 'doneText', string>;
	/** The question why a cart was not ordered; each reason is one button. */
	answerPage: Record<'title' | 'text' | 'comment' | 'doneTitle' | 'doneText', string> & { reasons: Record<string, string> };
	/** `lowStock` is used only where stock is really low, else `noHurry`. `lastCodeWithCode` takes the place of `lastCode` when there is a code: only then may it be promised. */
	cartReminder: Record<CartReminderTone | 'lastCodeWithCode', ToneWords>;
}

let wordsByLocale: Map<string, Words> | undefined;
const resolved = new Map<string, Words>();

/** The words of a locale, of its script or language ("zh-TW" finds "zh-Hant"), else of English. */
export function wordsFor(locale: string): Words {
	let words = resolved.get(locale);
	if (!words) {
		wordsByLocale ??= readWords(join(__dirname, 'words'));
		words = wordsByLocale.get('en') as Words;
		for (const candidate of candidatesFor(locale)) {
			const found = wordsByLocale.get(candidate);
			if (found) {
				words = found;
				break;
			}
		}
		if (resolved.size > 1000) resolved.clear();
		resolved.set(locale, words);
	}
	return words;
}

function candidatesFor(locale: string): string[] {
	try {
		const { language, script } = new Intl.Locale(locale).maximize();
		return [locale, `${language}-${script}`, language];
	} catch {
		return [];
	}
}

function readWords(folder: string): Map<string, Words> {
	const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
	const parsed = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Words);
	const english = parsed.find((words) => words.locale === 'en') as Words;
	return new Map(
		parsed.map((words) => [
			words.locale,
			{
				locale: words.locale,
				design: { ...english.design, ...words.design },
				answerPage: { ...english.answerPage, ...words.answerPage },
				unsubscribePage: { ...english.unsubscribePage, ...words.unsubscribePage },
				cartReminder: { ...english.cartReminder, ...words.cartReminder },
			},
		]),
	);
}

type Values = Record<string, string | number>;
const placeholder = /\{(\w+)\}/g;

/** Fills in a phrase. Values are put in as they are and never read as placeholders again. */
export function phrase(text: Phrase, values: Values = {}, locale = 'en'): string {
	const chosen = typeof text === 'string' ? text : (text[pluralCategory(Number(values.count), locale)] ?? text.other);
	return chosen.replace(placeholder, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

/** Fills in a phrase that may exist with and without the first name. */
export function namedPhrase(text: NamedPhrase, name: string, values: Values): string {
	const chosen = typeof text === 'string' ? text : name ? text.named : text.unnamed;
	return phrase(chosen, { ...values, name });
}

const pluralRules = new Map<string, Intl.PluralRules>();

function pluralCategory(count: number, locale: string): Intl.LDMLPluralRule {
	let rules = pluralRules.get(locale);
	if (!rules) {
		rules = new Intl.PluralRules(locale);
		pluralRules.set(locale, rules);
	}
	return rules.select(count);
}
