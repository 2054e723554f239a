import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltInMessage, catalogue } from '../../../lib/messages/catalogue';
import { phrase, wordsFor } from '../../../lib/messages/words';

const folder = join(__dirname, '../../../lib/messages/words');
type Entry = { [key: string]: string | Entry };
const locales = Object.fromEntries(readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => [name.replace(/\.json$/, ''), JSON.parse(readFileSync(join(folder, name), 'utf8')) as Entry]));
const english = locales.en;
const others = Object.keys(locales).filter((locale) => locale !== 'en');

const pluralCategories = (locale: string) => new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
const isPlural = (entry: unknown): entry is Entry => typeof entry === 'object' && entry !== null && 'other' in entry;

/** Each phrase by its path; plural forms are one phrase. */
function phrasesOf(entry: Entry, path = ''): Array<{ path: string; texts: string[]; plural?: string[] }> {
	return Object.entries(entry).flatMap(([key, value]) => {
		const at = path ? `${path} > ${key}` : key;
		if (typeof value === 'string') return [{ path: at, texts: [value] }];
		if (isPlural(value)) return [{ path: at, texts: Object.values(value) as string[], plural: Object.keys(value) }];
		return phrasesOf(value, at);
	});
}

/** Pages have words of their own elsewhere: what is asked of a locale's mails are their words and those of the design. */
const mailWords = (words: Entry) => phrasesOf({ design: words.design, messages: words.messages });
const placeholdersOf = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort().join();

test('there are words in five languages', () => {
	expect(Object.keys(locales).sort()).toEqual(['en', 'ru', 'th', 'zh-Hans', 'zh-Hant']);
	for (const [name, { locale }] of Object.entries(locales)) expect(locale).toBe(name);
	expect(['zh-TW', 'zh-HK', 'zh-CN', 'zh', 'ru-RU', 'th-TH', 'en-GB', 'fr'].map((locale) => wordsFor(locale).locale)).toEqual(['zh-Hant', 'zh-Hant', 'zh-Hans', 'zh-Hans', 'ru', 'th', 'en', 'en']);
});

describe.each(others)('%s', (locale) => {
	const phrases = mailWords(locales[locale]);

	test('says everything that English says, with and without a name alike', () => {
		expect(phrases.map(({ path }) => path).sort()).toEqual(mailWords(english).map(({ path }) => path).sort());
	});

	test('names the same things in each phrase', () => {
		const expected = new Map(mailWords(english).map(({ path, texts }) => [path, placeholdersOf(texts.join())]));
		const named = phrases.flatMap(({ path, texts }) => texts.map((text) => ({ path, named: placeholdersOf(text) })));
		expect(named).toEqual(named.map(({ path }) => ({ path, named: expected.get(path) })));
	});

	test('is written in its own script', () => {
		const script = { ru: /\p{Script=Cyrillic}/u, th: /\p{Script=Thai}/u }[locale] ?? /\p{Script=Han}/u;
		expect(phrases.flatMap(({ path, texts }) => texts.filter((text) => !script.test(text)).map((text) => ({ path, text })))).toEqual([]);
	});
});

describe.each(Object.keys(locales))('%s', (locale) => {
	const phrases = mailWords(locales[locale]);

	test('has exactly the plural forms of the language', () => {
		const forms = phrases.filter(({ plural }) => plural).map(({ path, plural }) => ({ path, plural: [...plural!].sort() }));
		expect(forms.length).toBeGreaterThan(1);
		expect(forms).toEqual(forms.map(({ path }) => ({ path, plural: [...pluralCategories(locale)].sort() })));
	});

	test('has whole sentences: no open bracket, no stray blanks, nothing empty', () => {
		const faults = phrases.flatMap(({ path, texts }) => texts.filter((text) => text.trim() !== text || text === '' || / {2}|\n\n| \n|\{(?!\w+\})|(?<!\{\w+)\}/.test(text) || /[[\]]/.test(text.replace(/\[[^[\]]*\{\w+\}[^[\]]*\]/g, ''))).map((text) => ({ path, text })));
		expect(faults).toEqual([]);
	});
});

test('every message of the catalogue has words, and every words a message', () => {
	const ids = Object.keys(english.messages as Entry);
	expect([...new Set(ids.map((id) => id.split('/')[0]))].sort()).toEqual(Object.keys(catalogue).sort());
	for (const id of ids) for (const key of ['subject', 'previewText', 'headline', 'intro']) expect({ id, key, said: wordsFor('en').messages[id][key as 'subject'] }).toEqual({ id, key, said: expect.anything() });
});

test('the words of a message name only what it can fill in', () => {
	const filled = (Object.entries(catalogue) as Array<[string, BuiltInMessage]>).map(([id, { placeholders }]) => {
		const words = Object.entries(english.messages as Record<string, Entry>).filter(([key]) => key.split('/')[0] === id);
		const named = new Set(words.flatMap(([, entry]) => phrasesOf(entry)).flatMap(({ texts }) => texts.flatMap((text) => placeholdersOf(text).split(','))).filter((name) => name && !['name', 'shop'].includes(name)));
		return { id, named: [...named].sort(), placeholders: [...placeholders].sort() };
	});
	expect(filled.map(({ id, named }) => ({ id, named }))).toEqual(filled.map(({ id, placeholders }) => ({ id, named: placeholders })));
});

test('what stands in brackets goes when it has no value', () => {
	expect(phrase('Your order[ {order}]: how to pay', { order: '#7' })).toBe('Your order #7: how to pay');
	expect(phrase('Your order[ {order}]: how to pay', { order: '' })).toBe('Your order: how to pay');
	expect(phrase('[{a}, {b}: ]x', { a: '1', b: '' })).toBe('x');
	expect(phrase('Keep [this] and {b}', { b: '[{a}]', a: '1' })).toBe('Keep [this] and [{a}]');
	expect(phrase('[: {a}]', {})).toBe('');
	expect(phrase('Until {a}.[ Or {a}.] {a}!', { a: '2026 г.' })).toBe('Until 2026 г. Or 2026 г. 2026 г.!');
});
