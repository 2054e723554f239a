import {
	isAnswerReason,
	isLeavingReason,
	lookOf,
	pageHeaders,
	pageLanguages,
	pageWordsFor,
	preferencesFrom,
	preferencesOf,
	preferencesPage,
	problemPage,
	ratedPage,
	ratePage,
	surveyedPage,
	surveyPage,
	surveyTopics,
	viewHeaders,
} from '../../../lib/messages/pages';
import type { CustomerRecord } from '../../../lib/model/records';
import { allPages, customer, token, topics } from './page-samples';

const shop = { name: 'Tom & <b>Jerry</b>', url: 'https://shop.example.com', colour: '#1f6f54', locale: 'en', logoUrl: 'https://shop.example.com/logo.png' };

test('what changes something is a form that posts back to its own link', () => {
	const pages = allPages(lookOf(shop));
	const forms = (page: string) => [...pages[page].matchAll(/<form method="post" action="([^"]+)"/g)].map(([, action]) => action.replace('&#x3D;', '='));
	expect(forms('unsubscribe')).toEqual(['?t=abc.def', '?t=abc.def']);
	expect(forms('unsubscribed')).toEqual(['?t=abc.def']);
	expect(forms('answer')).toEqual(['?a=abc.def']);
	expect(forms('preferences')).toEqual(['?s=abc.def']);
	expect(forms('confirm')).toEqual(['?d=abc.def']);
	expect(forms('rate')).toEqual(['?r=abc.def']);
	expect(forms('survey')).toEqual(['?n=abc.def']);
	for (const html of Object.values(pages)) expect(html).not.toMatch(/<form(?! method="post")/);
});

test('a page has one button per reason, and each of them is accepted', () => {
	const pages = allPages(lookOf(shop));
	const reasons = (page: string) => [...pages[page].matchAll(/name="reason" value="(\w+)"/g)].map(([, value]) => value);
	expect(reasons('answer')).toContain('price');
	expect(reasons('answer').every(isAnswerReason)).toBe(true);
	expect(reasons('unsubscribed')).toContain('too_many');
	expect(reasons('unsubscribed').every(isLeavingReason)).toBe(true);
	expect([isAnswerReason('constructor'), isLeavingReason('toString'), isLeavingReason('')]).toEqual([false, false, false]);
});

test('no page runs a script, loads anything but the logo, can be framed, or takes words for markup', () => {
	for (const html of Object.values(allPages(lookOf(shop)))) {
		expect(html).not.toMatch(/<script|<link|<iframe|\son\w+=|javascript:/i);
		expect(html).not.toMatch(/<b>Jerry|<i>/);
		expect([...html.matchAll(/<img src="([^"]+)"/g)].map(([, source]) => source)).toEqual(['https://shop.example.com/logo.png']);
	}
	for (const headers of [pageHeaders, viewHeaders]) {
		expect(headers['Content-Security-Policy']).toMatch(/^sandbox allow-forms(?: allow-popups allow-popups-to-escape-sandbox)?; default-src 'none'/);
		expect(headers['Content-Security-Policy']).toContain("frame-ancestors 'none'");
		expect(headers['Content-Security-Policy']).not.toMatch(/script|same-origin/);
		expect(headers['Cache-Control']).toBe('no-store');
	}
});

test('odd settings of a shop break no page', () => {
	const look = lookOf({ name: 'A\u202eB\n{shop} {{title}}', url: 'javascript:alert(1)', colour: 'red;} body{display:none', locale: 'not a locale', logoUrl: 'data:text/html,x' });
	for (const html of Object.values(allPages(look))) {
		expect(html).not.toMatch(/javascript:|data:text|display:none|\u202e/);
		expect(html).toContain('AB {shop} {{title}}');
		expect(html).toContain('<html lang="en" dir="ltr">');
	}
});

describe('languages', () => {
	const shape = (value: unknown): unknown => (typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)])) : typeof value);
	const placeholders = (value: unknown): unknown => (typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, placeholders(inner)])) : [...new Set(String(value).match(/\{\w+\}/g))].sort());

	test.each(['en', 'zh-Hant', 'zh-Hans', 'ru', 'th'])('%s says everything, with nothing left to fill in', (locale) => {
		const words = pageLanguages().get(locale)!;
		expect(shape(words)).toEqual(shape(pageWordsFor('en')));
		expect(placeholders(words)).toEqual(placeholders(pageWordsFor('en')));
		const look = lookOf({ ...shop, name: 'Fern & Stone' }, locale);
		for (const html of Object.values(allPages(look))) {
			expect(html).toContain(`<html lang="${locale}" dir="ltr">`);
			expect(html.replace(/<style>.*<\/style>/s, '')).not.toMatch(/\{\w*\}|undefined|\[object/);
		}
	});

	test('the reader’s language comes before the shop’s, and variants find their language', () => {
		expect(lookOf({ ...shop, locale: 'ru' }, 'zh-TW').words.locale).toBe('zh-Hant');
		expect(lookOf({ ...shop, locale: 'ru' }, 'zh-CN').words.locale).toBe('zh-Hans');
		expect(lookOf({ ...shop, locale: 'ru' }, undefined).words.locale).toBe('ru');
		expect(lookOf({ ...shop, locale: 'ru' }, 'de-AT').words.locale).toBe('en');
		expect(problemPage(lookOf(shop, 'ar'), 'later')).toContain('<html lang="ar" dir="rtl">');
	});
});

describe('the preference centre', () => {
	test('shows what is set now, and addresses only masked', () => {
		const known: CustomerRecord = { ...customer, preferences: { topics: ['sale'], frequency: 'less', atMs: 1 } };
		const html = preferencesPage(lookOf(shop), { token, customer: known, settings: { topics }, preferences: preferencesOf(known, { topics }, 'en') });
		const chosen = [...html.matchAll(/name="(\w+)" value="([\w-]+)" checked/g)].map(([, name, value]) => `${name}=${value}`);
		expect(chosen).toEqual(['topic=sale', 'channel=email', 'frequency=less']);
		expect(html).toContain('<option value="en" lang="en" selected>');
		expect(html).toContain('a•••@mail.example.com');
		expect(html).not.toMatch(/anna|berg|151123/);
	});

	test('who never chose hears of everything, who left nothing', () => {
		expect(preferencesOf(customer, { topics }, 'ru')).toEqual({ topics: ['news', 'sale'], channels: ['email'], frequency: 'all', language: 'en' });
		const left: CustomerRecord = { ...customer, locale: undefined, consent: { email: { ...customer.consent.email!, status: 'unsubscribed' } } };
		expect(preferencesOf(left, { topics }, 'ru')).toEqual({ topics: ['news', 'sale'], channels: [], frequency: 'none', language: 'ru' });
	});

	test('takes only what it offers', () => {
		const before = preferencesOf(customer, { topics }, 'en');
		const odd = { topic: ['sale', 'constructor', { id: 'news' }], channel: ['push', 'sms', 7], frequency: ['all'], language: '../en' };
		expect(preferencesFrom(odd, customer, { topics }, before)).toEqual({ topics: ['sale'], channels: ['sms'], frequency: 'all', language: 'en' });
		expect(preferencesFrom({ topic: 'news', channel: 'email', frequency: 'none', language: 'th' }, customer, { topics }, before)).toEqual({ topics: ['news'], channels: ['email'], frequency: 'none', language: 'th' });
	});
});

test('the mark of the mail’s button is chosen already, and only that one', () => {
	const chosen = (html: string) => [...html.matchAll(/value="(\d+)" required checked/g)].map(([, value]) => value);
	const look = lookOf(shop);
	expect(chosen(ratePage(look, { token, chosen: 4 }))).toEqual(['4']);
	expect(chosen(surveyPage(look, { token, chosen: 0, topics: [] }))).toEqual(['0']);
	expect(chosen(surveyPage(look, { token, topics: [] }))).toEqual([]);
});

test('the words after a rating or a survey follow the mark', () => {
	const look = lookOf(shop);
	const { rate, survey } = look.words;
	for (const stars of [4, 5]) expect(ratedPage(look, { stars, reviewUrl: 'https://reviews.example.com/' })).toContain('href="https://reviews.example.com/"');
	expect(ratedPage(look, { stars: 5 })).toContain(rate.highTitle);
	expect(ratedPage(look, { stars: 5, reviewUrl: 'javascript:alert(1)' })).not.toContain(rate.review);
	for (const stars of [1, 2, 3]) expect(ratedPage(look, { stars, reviewUrl: 'https://reviews.example.com/' })).toContain(rate.lowTitle);
	expect([10, 9, 8, 7, 6, 0].map((score) => ['high', 'middle', 'low'].find((part) => surveyedPage(look, score).includes(survey[`${part}Title` as 'highTitle'])))).toEqual(['high', 'high', 'middle', 'middle', 'low', 'low']);
});

test('topics of a survey are a short list of short texts', () => {
	expect(surveyTopics(' Delivery, Price ,,Price')).toEqual(['Delivery', 'Price']);
	expect(surveyTopics(undefined)).toEqual([]);
	const many = surveyTopics(Array.from({ length: 30 }, (_topic, index) => `${index}${'x'.repeat(100)}`).join(','));
	expect(many).toHaveLength(12);
	expect(many.every((topic) => topic.length <= 60)).toBe(true);
});
