import { compileTemplate, maxTemplateLength } from '../../../lib/messages/templates';

const data = { locale: 'en-GB', timezone: 'Europe/Dublin' };
const html = (source: string, context: object = {}) => compileTemplate(source, { field: 'HTML', mode: 'html' })(context, data);
const text = (source: string, context: object = {}) => compileTemplate(source, { field: 'Subject', mode: 'text' })(context, data);
const invalid = (message: string | RegExp) => expect.objectContaining({ code: 'TEMPLATE_INVALID', message: expect.stringMatching(message) });

describe('escaping', () => {
	const evil = '<script>"\'`=&';
	test.each(['{{x}}', '{{{x}}}', '{{&x}}', '{{#if x}}{{{x}}}{{/if}}', '{{#with y}}{{{../x}}}{{/with}}', '{{#each list}}{{{this}}}{{/each}}', '{{{default x "-"}}}', '{{{default (default x "-") "-"}}}', '{{#y}}{{{z}}}{{/y}}', '{{^no}}{{{x}}}{{/no}}'])('%s escapes in HTML', (source) => {
		expect(html(source, { x: evil, y: { z: evil }, list: [evil] })).toBe('&lt;script&gt;&quot;&#x27;&#x60;&#x3D;&amp;');
	});

	test('what the operator wrote stays as written', () => {
		expect(html('<b class="x">{{a}}</b> &amp; \\{{a}}', { a: 1 })).toBe('<b class="x">1</b> &amp; {{a}}');
	});

	test('subjects and plain text are not HTML', () => {
		expect(text('{{a}}', { a: 'Tom & Jerry\'s <3' })).toBe('Tom & Jerry\'s <3');
	});
});

describe('addresses', () => {
	const bad = ['javascript:alert(1)', ' JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', '//evil.example', ''];
	const places = ['<a href="{{u}}">', "<a href='{{u}}'>", '<a href={{u}}>', '<a HREF = "{{{u}}}">', '<img src="{{u}}">', '<a href="{{#if u}}{{u}}{{/if}}">', '<a href="{{default u "x"}}">', '<td background="{{u}}">', '<a href="{{#with o}}{{../u}}{{/with}}">'];
	for (const place of places) {
		test.each(bad)(`${place} with %j leads nowhere`, (u) => {
			expect(html(place, { u, o: {} })).toMatch(/=\s*["']?(#|)["']?>$/);
		});
		test(`${place} keeps a proper address`, () => {
			const u = 'https://a.example/c?x=1';
			expect(html(place, { u, o: {} }).replaceAll('&#x3D;', '=')).toContain(u);
		});
	}

	test('a second value cannot become the start of an address', () => {
		expect(html('<a href="{{a}}{{b}}">', { a: '', b: 'javascript:alert(1)' })).toBe('<a href="#javascript:alert(1)">');
		expect(html('<a href="{{a}}/p/{{b}}">', { a: 'https://a.example', b: 'mug' })).toBe('<a href="https://a.example/p/mug">');
	});

	test('mail and telephone links may be written', () => {
		expect(html('<a href="{{u}}">', { u: 'mailto:a@b.example' })).toBe('<a href="mailto:a@b.example">');
		expect(html('<a href="{{u}}">', { u: 'tel:+35312345' })).toBe('<a href="tel:+35312345">');
	});

	test('what only looks like an attribute in text is left alone', () => {
		expect(html('<p>Size: {{x}}</p> data-x="{{x}}"', { x: 'XL' })).toBe('<p>Size: XL</p> data-x="XL"');
	});
});

describe('no way out of the context', () => {
	test.each(['{{constructor}}', '{{x.constructor.name}}', '{{x.__proto__.y}}', '{{[__proto__]}}', '{{x.[constructor]}}', '{{#with x.constructor}}{{/with}}', '{{#each x.__proto__}}{{/each}}', '{{default x.constructor "a"}}', '{{default "a" (default x.constructor)}}', '{{@root.constructor}}', '{{../constructor}}', '{{x.__defineGetter__}}', '{{#if true}}{{else}}{{prototype}}{{/if}}'])('%s is refused', (source) => {
		expect(() => html(source)).toThrow(invalid(/cannot be read in a template/));
	});

	test.each(['{{lookup x "constructor"}}', '{{#with (lookup x "constructor")}}{{/with}}', '{{log x}}', '{{helperMissing x}}', '{{blockHelperMissing x}}', '{{safeUrl x}}'])('%s is no function of ours', (source) => {
		expect(() => html(source)).toThrow(invalid(/there is no function called/));
	});

	test.each(['{{> other}}', '{{#> layout}}x{{/layout}}', '{{#*inline "x"}}{{/inline}}', '{{* foo}}', '{{> (default x "y")}}'])('%s is refused', (source) => {
		expect(() => html(source)).toThrow(invalid(/not available/));
	});

	test('inherited properties and methods read as nothing', () => {
		expect(html('[{{x.toString}}{{x.hasOwnProperty}}{{list.map}}{{x.valueOf}}]', { x: {}, list: [1] })).toBe('[]');
		expect(html('{{s.length}}|{{list.length}}', { s: 'abc', list: [1, 2] })).toBe('3|2');
	});

	test('a name that comes from data is not run as a template', () => {
		expect(html('{{x}}', { x: '{{constructor}}' })).toBe('{{constructor}}');
	});
});

describe('errors name the field, the line and the column', () => {
	test.each([
		['Hello {{#if x}}', /^HTML, line 1, column 16: .*not closed/],
		['Hello\n  {{#if x}}a{{/each}}', /^HTML, line 2, column 6: the block \{\{#if}} is closed by \{\{\/each}}/],
		['Hello\n\n  {{x y=}}', /^HTML, line 3, column 9/],
		['a\nb {{foo bar}}', /^HTML, line 2, column 3: there is no function called "foo"/],
		['{{#if}}a{{/if}}', /^HTML, line 1, column 1: "if" needs a value/],
		['{{money}}', /^HTML, line 1, column 1: "money" needs a value/],
		['Dear {{customer.firstName}', /^HTML, line 1, column/],
		['{{}}', /^HTML, line 1, column 3/],
	])('%j', (source, message) => {
		expect(() => html(source)).toThrow(invalid(message));
	});

	test('a function that is not there is told with those that are', () => {
		expect(() => html('{{upper name}}')).toThrow(expect.objectContaining({ hint: expect.stringContaining('money') }));
	});

	test('too large a template, and too large a result', () => {
		expect(() => html('x'.repeat(maxTemplateLength + 1))).toThrow(invalid(/200001 characters/));
		const list = Array.from({ length: 200 }, () => 'x');
		expect(() => html('{{#each l}}{{#each @root.l}}{{#each @root.l}}{{this}}{{/each}}{{/each}}{{/each}}', { l: list })).toThrow(invalid(/longer than/));
	});
});

describe('functions', () => {
	test('money', () => {
		expect(text('{{money a "EUR"}} {{money b "JPY"}} {{money c "KWD"}}', { a: 1999, b: 1900, c: 1500 }).replace(/\u00a0/g, ' ')).toBe('€19.99 JP¥1,900 KWD 1.500');
		expect(text('[{{money a "EUR"}}{{money 1.5 "EUR"}}{{money 1 b}}]', {})).toBe('[]');
	});

	test('date, in the reader\'s language and time zone', () => {
		const context = { at: '2026-07-01T23:30:00.000Z' };
		expect(text('{{date at "short"}}|{{date at}}|{{date at "long"}}|{{date at "time"}}', context)).toBe('02/07/2026|2 Jul 2026|2 July 2026|00:30');
		expect(text('[{{date nothing "long"}}{{date "soon"}}]', context)).toBe('[]');
		const german = compileTemplate('{{date at "full"}}', { field: 'Text', mode: 'text' })(context, { locale: 'de-DE', timezone: 'Not/AZone' });
		expect(german).toMatch(/2026/);
	});

	test('comparing, choosing and filling in', () => {
		expect(text('{{#ifEquals a 1}}yes{{else}}no{{/ifEquals}} {{#if (gt a 0)}}more{{/if}} {{#if (and (lte a 1) (not b))}}both{{/if}} {{default b "none"}}', { a: 1, b: '' })).toBe('yes more both none');
		expect(text('{{#if (or b (eq a "1"))}}either{{/if}}{{#if (ne a 1)}}x{{/if}}{{#if (lt a 1)}}x{{/if}}{{#if (gte a 2)}}x{{/if}}', { a: 1 })).toBe('either');
	});
});
