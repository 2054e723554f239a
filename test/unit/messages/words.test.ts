import { formWords } from '../../../lib/forms/words';
import { contrast, themeFor } from '../../../lib/messages/colour';
import { pageWordsFor } from '../../../lib/messages/pages';
import { directionOf, pickLocale } from '../../../lib/messages/safe-text';
import { namedPhrase, phrase, wordsFor } from '../../../lib/messages/words';

test('a locale without words of its own gets English', () => {
	for (const locale of ['en', 'en-GB', 'xx', 'de-AT', 'not a locale']) expect(wordsFor(locale).locale).toBe('en');
});

test('plurals follow the language', () => {
	const items = { one: '{count} товар', few: '{count} товара', other: '{count} товаров' };
	expect([1, 2, 5, 21].map((count) => phrase(items, { count }, 'ru'))).toEqual(['1 товар', '2 товара', '5 товаров', '21 товар']);
});

test('values are put in as they are, never read as placeholders', () => {
	expect(phrase('{a} {b} {c}', { a: '{b}', b: '$&' })).toBe('{b} $& {c}');
	expect(namedPhrase({ named: '{name}, hello', unnamed: 'Hello' }, '', {})).toBe('Hello');
});

test('the Thai mark of repetition never begins a line', () => {
	const { design, messages } = wordsFor('th');
	// Topics of a survey stand alone, and are what its answers are counted by.
	for (const words of [{ ...design, surveyTopics: '' }, messages, pageWordsFor('th'), formWords('th')]) expect(JSON.stringify(words)).not.toMatch(/ ๆ/);
});

test('locales are reduced to what formatting needs', () => {
	expect(pickLocale(undefined, '', 'zh_hant_tw', 'en')).toBe('zh-Hant-TW');
	expect(pickLocale('en-u-nu-thai-ca-buddhist')).toBe('en');
	expect(pickLocale('!!', 'x')).toBe('en');
	expect(['ar', 'he-IL', 'fa', 'ur', 'en', 'zh', 'az-Arab'].map(directionOf)).toEqual(['rtl', 'rtl', 'rtl', 'rtl', 'ltr', 'ltr', 'rtl']);
});

test('the text of a button is readable on any colour', () => {
	for (let value = 0; value < 0x1000; value++) {
		const { colour, onColour } = themeFor(`#${value.toString(16).padStart(3, '0')}`);
		expect(contrast(colour, onColour)).toBeGreaterThanOrEqual(4.5);
	}
	expect(themeFor('#1f6f54')).toEqual({ colour: '#1f6f54', onColour: '#ffffff', edge: '#1f6f54' });
	expect(themeFor('#FFF')).toEqual({ colour: '#ffffff', onColour: '#000000', edge: '#c8ccd0' });
	expect(themeFor('red;background:url(x)').colour).toBe('#1f6f54');
});
