import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A text with `{placeholders}`, or one per plural category of `Intl.PluralRules` (by `{count}`). What stands in `[square
 * brackets]` is left out when a placeholder in it has no value: "Your order[ {order}] is here".
 */
export type Phrase = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);
/** A text, or one for when the customer's first name is known and one for when it is not. */
export type NamedPhrase = Phrase | { named: string; unnamed: string };

/** What one message says. */
export interface MessageWords {
	subject: NamedPhrase;
	previewText: NamedPhrase;
	headline: NamedPhrase;
	/** Paragraphs are separated by a line break. */
	intro: NamedPhrase;
	/** Absent: no button. */
	buttonLabel?: NamedPhrase;
	/** Above the recommended products. Absent: `design.picks`. */
	picksTitle?: NamedPhrase;
	/** Above the buttons of a rating or a survey, and what their two ends mean. */
	question?: NamedPhrase;
	lowest?: NamedPhrase;
	highest?: NamedPhrase;
}

/** Words that are the same in all mails. */
export interface DesignWords
	extends Record<
		| 'variantAndQuantity'
		| 'quantity'
		| 'moreItems'
		| 'total'
		| 'discountText'
		| 'discountTextToday'
		| 'helpReply'
		/** The words with which a text itself asks for an answer: `helpReply` is not said once more under it. */
		| 'answerThis'
		| 'helpVisit'
		| 'unsubscribe'
		| 'preferences'
		| 'viewOnline'
		| 'whyNot'
		| 'invitation'
		| 'onlyLeft'
		| 'toShop'
		/** What a discount code gives. */
		| 'discountPercentage'
		| 'discountAmount'
		| 'discountShipping'
		| 'discountGift'
		/** Under it: until when, and from which value of an order on. */
		| 'discountUntil'
		| 'discountToday'
		| 'discountMinimum'
		/** A number of points with its noun. */
		| 'points'
		| 'pointsTitle'
		| 'pointsTier'
		| 'pointsPending'
		| 'pointsExpiring'
		| 'pointsToNext'
		/** Why a product was picked. */
		| 'pickTogether'
		| 'pickChosen'
		| 'pickBestseller'
		| 'pickNew'
		| 'pickBack'
		/** Separated by commas. */
		| 'surveyTopics'
		| 'picks',
		Phrase
	> {
	/** A cart was left. The others: news agreed to, an order, an account, a wish to be told, an address entered, a question asked, points. */
	why: Phrase;
	whyMarketing: Phrase;
	whyTransactional: Phrase;
	whyAccount: Phrase;
	whyAsked: Phrase;
	whyBought: Phrase;
	whyConfirm: Phrase;
	whyContact: Phrase;
	whyLoyalty: Phrase;
}

/** One file of `words/`. A locale's file may leave keys out: English fills in. */
export interface Words {
	locale: string;
	design: DesignWords;
	/** By id of `catalogue.ts`. `id/variant` has the words that differ where a condition of the message's holds; here the others are filled in. */
	messages: Record<string, MessageWords>;
}

/** As a file has them: variants name only what differs. */
export type WordsFile = { locale: string; design?: Partial<DesignWords>; messages?: Record<string, Partial<MessageWords>> };

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

/** Where the words of a locale are looked for, best first: itself, its script, its language. */
export function candidatesFor(locale: string): string[] {
	try {
		const { language, script } = new Intl.Locale(locale).maximize();
		return [locale, `${language}-${script}`, language];
	} catch {
		return [];
	}
}

function readWords(folder: string): Map<string, Words> {
	const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
	const parsed = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as WordsFile);
	const english = parsed.find((words) => words.locale === 'en') as Words;
	return new Map(
		parsed.map((words) => [
			words.locale,
			{
				locale: words.locale,
				design: { ...english.design, ...words.design },
				messages: completed({ ...english.messages, ...words.messages }),
			},
		]),
	);
}

/** Fills in what a variant has of its message. */
function completed(messages: Record<string, Partial<MessageWords>>): Record<string, MessageWords> {
	return Object.fromEntries(Object.entries(messages).map(([id, words]) => [id, { ...messages[id.split('/')[0]], ...words } as MessageWords]));
}

export type PhraseValues = Record<string, string | number>;
const optionalOrPlaceholder = /\[([^[\]]*)\]|\{(\w+)\}/g;
const placeholder = /\{(\w+)\}/g;

/** Fills in a phrase. Values are put in as they are and never read as placeholders again. */
export function phrase(text: Phrase, values: PhraseValues = {}, locale = 'en'): string {
	const chosen = typeof text === 'string' ? text : (text[pluralCategory(Number(values.count), locale)] ?? text.other);
	if (!chosen.includes('{')) return chosen;
	return chosen.replace(optionalOrPlaceholder, (whole, optional: string | undefined, name: string | undefined, offset: number) => {
		const text = optional === undefined ? filled(whole, name!, values) : optionalPart(whole, optional, values);
		return withoutDoubleStop(text, chosen[offset + whole.length]);
	});
}

/** "8 марта 2026 г." and "Tea Ltd." end with a full stop of their own: at the end of a sentence one is enough. */
function withoutDoubleStop(text: string, next: string | undefined): string {
	return next === '.' && text.endsWith('.') ? text.slice(0, -1) : text;
}

function filled(whole: string, name: string, values: PhraseValues): string {
	return Object.hasOwn(values, name) ? String(values[name]) : whole;
}

function optionalPart(whole: string, optional: string, values: PhraseValues): string {
	let isComplete = true;
	let hasPlaceholder = false;
	const text = optional.replace(placeholder, (part, name: string, offset: number) => {
		hasPlaceholder = true;
		if (!Object.hasOwn(values, name) || values[name] === '') isComplete = false;
		return withoutDoubleStop(filled(part, name, values), optional[offset + part.length]);
	});
	if (!hasPlaceholder) return whole;
	return isComplete ? text : '';
}

/** Fills in a phrase that may exist with and without the first name. */
export function namedPhrase(text: NamedPhrase, name: string, values: PhraseValues, locale?: string): string {
	const chosen = typeof text === 'object' && 'named' in text ? (name ? text.named : text.unnamed) : text;
	return phrase(chosen, { ...values, name }, locale);
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
