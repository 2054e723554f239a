import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageChannel } from '../../model/events';
import { candidatesFor } from '../words';

type PerChannel = Record<MessageChannel, string>;

/** One file of `words/`: what the pages say in one language. Texts have `{placeholders}`. */
export interface PageWords {
	/** BCP 47. */
	locale: string;
	/** The language's name in itself. */
	language: string;
	toShop: string;
	/** Above a free text. */
	comment: string;
	thanks: Record<'title' | 'text', string>;
	channels: PerChannel;
	unsubscribe: Record<'title' | 'button' | 'less' | 'lessHint' | 'choose' | 'doneTitle' | 'why' | 'lessDoneTitle' | 'lessDoneText', string> & { text: PerChannel; doneText: PerChannel; reasons: Record<string, string> };
	/** The question why a cart was not ordered; each reason is one button. */
	answer: Record<'title' | 'text' | 'doneTitle' | 'doneText', string> & { reasons: Record<string, string> };
	preferences: Record<'title' | 'text' | 'topics' | 'channels' | 'frequency' | 'all' | 'less' | 'none' | 'noneHint' | 'language' | 'button' | 'savedTitle' | 'savedText' | 'leftText' | 'browsers' | 'change', string>;
	confirm: Record<'title' | 'text' | 'button' | 'doneTitle' | 'doneText', string>;
	rate: Record<'title' | 'text' | 'best' | 'worst' | 'button' | 'highTitle' | 'highText' | 'review' | 'lowTitle' | 'lowText', string>;
	survey: Record<'title' | 'text' | 'best' | 'worst' | 'topics' | 'button' | 'highTitle' | 'highText' | 'middleTitle' | 'middleText' | 'lowTitle' | 'lowText', string>;
	/** The answer came before, too long ago to change it. */
	answered: Record<'title' | 'text', string>;
	view: Record<'goneTitle' | 'goneText', string>;
	/** `expired`: of any link; `confirmExpired`: of one that confirms a subscription. */
	problems: Record<'invalid' | 'expired' | 'confirmExpired' | 'unknown' | 'later', { title: string; text: string }>;
}

let wordsByLocale: Map<string, PageWords> | undefined;
const resolved = new Map<string, PageWords>();

/** What the pages say in a locale, in its script or language ("zh-TW" finds "zh-Hant"), else in English. */
export function pageWordsFor(locale: string): PageWords {
	let words = resolved.get(locale);
	if (!words) {
		const all = pageLanguages();
		words = candidatesFor(locale).map((candidate) => all.get(candidate)).find((found) => found !== undefined) ?? all.get('en')!;
		if (resolved.size > 1000) resolved.clear();
		resolved.set(locale, words);
	}
	return words;
}

/** All languages of the pages, by locale. */
export function pageLanguages(): ReadonlyMap<string, PageWords> {
	if (!wordsByLocale) {
		const folder = join(__dirname, 'words');
		const files = readdirSync(folder).filter((name) => name.endsWith('.json')).sort();
		const read = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as PageWords);
		wordsByLocale = new Map(read.map((words) => [words.locale, words]));
	}
	return wordsByLocale;
}
