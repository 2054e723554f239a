import type { BuiltInId } from '../../../lib/messages/catalogue';
import { builtInMessage, catalogue } from '../../../lib/messages/catalogue';
import { createRenderer } from '../../../lib/messages/render';
import { allMessages, languages, renderBuiltIn, sampleFor, sampleLinks, settingsFor } from './built-in-samples';
import { compiledDesignsDir } from './compiled-designs';

let designsDir: string;
beforeAll(async () => {
	designsDir = await compiledDesignsDir();
}, 60_000);

const unescaped = (html: string) => html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&');
const returnStates = ['requested', 'approved', 'declined', 'received', 'refunded', 'closed', 'cancelled', 'somethingElse'];
/** What no finished mail may hold: placeholders, brackets of optional words, words for "nothing", doubled or dangling marks. */
const leftover = /[{}]{1,2}\w*[{}]|\[[^\]]*\]|undefined|\bnull\b|NaN|\[object|(?<=\S) {2}(?=\S)|\s[,.;?!](\s|$)|\(\s*\)|（\s*）|「」|“”|«»|：。|,,|，，|(?<!\.)\.\.(?!\.)/;

describe.each(languages)('in %s', (language) => {
	test.each(allMessages.map(([id]) => id))('%s reads well with everything known and with nothing known', (id) => {
		for (const isFull of [true, false]) {
			for (const discountCode of ['', 'TAKE10']) {
				for (const status of id === 'return-status' ? returnStates : ['refunded']) {
					for (const stock of catalogue[id].shows === 'product' ? [0, 1, 2, 3, 9] : [2]) {
						const { subject, previewText, html, text } = renderBuiltIn(id, language, designsDir, { isFull, discountCode, status, stock });
						const said = { id, isFull, discountCode, status, stock };
						const lines = [subject, previewText, ...text.split('\n').filter((line) => !line.includes('https://'))];
						expect({ ...said, faults: lines.filter((line) => leftover.test(line)) }).toEqual({ ...said, faults: [] });
						expect({ ...said, subject }).toEqual({ ...said, subject: expect.stringMatching(/^[\p{L}\p{N}#]/u) });
						expect(previewText).not.toBe('');
						expect(html).not.toMatch(/\{\{|undefined|\bNaN\b|href=""|src=""/);
						expect(Buffer.byteLength(html)).toBeLessThan(102_000);
						expect(text.includes('TAKE10')).toBe(discountCode !== '' && catalogue[id].kind === 'marketing');
					}
				}
			}
		}
	});

	test('carries the language, so that programs break and speak its words rightly', () => {
		expect(renderBuiltIn('thank-you', language, designsDir).html).toContain(`lang="${language}"`);
	});
});

describe('numbers to click', () => {
	test('a rating has five links, a survey eleven, in HTML and in plain text', () => {
		for (const [id, url, values] of [['review-request', sampleLinks.rateUrl, [1, 2, 3, 4, 5]], ['survey', sampleLinks.surveyUrl, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]] as const) {
			const { html, text } = renderBuiltIn(id, 'en', designsDir);
			const linked = [...unescaped(html).matchAll(/href="([^"]*&v=\d+)"/g)].map(([, href]) => href);
			expect(linked).toEqual(values.map((value) => `${url}&v=${value}`));
			expect([...text.matchAll(/https:\S+&v=\d+/g)].map(([address]) => address)).toEqual(linked);
		}
	});

	test.each(allMessages.filter(([, { needs }]) => needs.length > 0).map(([id]) => id))('%s is refused, not sent without them, while nobody could click', (id) => {
		const renderer = createRenderer({ content: { kind: 'builtIn', message: id }, designsDir });
		expect(() => renderer.render(sampleFor(catalogue[id], 'en'), { settings: settingsFor('en'), links: {} })).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID', message: expect.stringContaining(catalogue[id].label), hint: expect.stringContaining('Message Webhook Trigger') }));
	});
});

describe('what is true', () => {
	const said = (id: BuiltInId, options: Parameters<typeof renderBuiltIn>[3] = {}) => {
		const { subject, previewText, text } = renderBuiltIn(id, 'en', designsDir, options);
		return `${subject}\n${previewText}\n${text}`;
	};

	test.each(allMessages.map(([id]) => id))('%s speaks of a code only when there is one', (id) => {
		expect(said(id)).not.toMatch(/\bcode\b/i);
	});

	test('messages about a purchase carry neither offer nor picks nor unsubscribe link', () => {
		for (const [id, { chapter }] of allMessages.filter(([, entry]) => entry.chapter === '10')) {
			const { html, text } = renderBuiltIn(id, 'en', designsDir, { discountCode: 'TAKE10' });
			expect({ id, chapter, found: /TAKE10|unsubscribe|\?t=|\?s=|Beeswax Candle<\/a>/i.exec(html + text)?.[0] }).toEqual({ id, chapter, found: undefined });
		}
	});

	test('confirming an address carries nothing else', () => {
		const { html, text } = renderBuiltIn('confirm-subscription', 'en', designsDir, { discountCode: 'TAKE10' });
		expect(text).toContain(sampleLinks.confirmUrl);
		expect(html + text).not.toMatch(/TAKE10|Linen|Mug|Total/);
	});

	test('similar products and a reward are spoken of only where there are some', () => {
		const { picks: _picks, ...withoutPicks } = sampleFor(catalogue['cart-similar'], 'en');
		expect(renderBuiltIn('cart-similar', 'en', designsDir, { item: withoutPicks })).toEqual(renderBuiltIn('cart-no-hurry', 'en', designsDir, { item: withoutPicks }));
		expect(said('cart-similar')).toContain('Similar things');
		expect(renderBuiltIn('cart-reward', 'en', designsDir)).toEqual(renderBuiltIn('cart-no-hurry', 'en', designsDir));
		expect(said('cart-reward', { discountCode: 'GIFT' })).toContain('GIFT');
	});

	test('how many pieces are back is said only when they are few', () => {
		expect(said('back-in-stock', { stock: 1 })).toContain('There is 1 piece');
		expect(said('back-in-stock', { stock: 3 })).toContain('There are 3 pieces');
		expect(said('back-in-stock', { stock: 12 })).not.toMatch(/pieces?/);
		expect(said('still-out', { stock: 0 })).toContain('still out of stock');
		expect(said('still-out', { stock: 4 })).toContain('can be ordered again');
	});

	test('Russian counts pieces by their three forms', () => {
		const few = [1, 2, 3].map((stock) => renderBuiltIn('back-in-stock', 'ru', designsDir, { stock }).text);
		expect(few.map((text) => /\d штук\S*/.exec(text)?.[0])).toEqual(['1 штука.', '2 штуки.', '3 штуки.']);
	});

	test('who has not agreed to news is invited, who has is asked to pass it on', () => {
		const item = sampleFor(catalogue.survey, 'en');
		const stranger = { ...item, customer: { ...item.customer!, consent: { email: 'none', sms: 'none' } } };
		expect(renderBuiltIn('survey-promoter', 'en', designsDir, { item }).text).toContain('pass this mail on');
		const invited = renderBuiltIn('survey-promoter', 'en', designsDir, { item: stranger }).text;
		expect(invited).toContain(`Choose what interests me:\n${sampleLinks.preferencesUrl}`);
		expect(renderBuiltIn('survey', 'en', designsDir, { item: stranger }).text).toContain('Would you like to hear from us');
		expect(renderBuiltIn('survey', 'en', designsDir, { item }).text).not.toContain('Would you like to hear from us');
	});

	test('a review in public is asked for only where the shop has a page for it', () => {
		expect(said('review-thanks')).toContain('https://reviews.example/fern');
		expect(said('review-thanks', { settings: settingsFor('en', { reviewUrl: undefined }) })).not.toMatch(/public|Write a review/);
	});

	test('a button that speaks of the order leads to the shop, and says so, where the order has no page', () => {
		expect(renderBuiltIn('payment-how', 'en', designsDir).text).toContain('See my order:\nhttps://fern.example/orders/77');
		expect(renderBuiltIn('payment-how', 'en', designsDir, { isFull: false }).text).toContain('Go to the shop:\nhttps://fern.example');
	});
});

test('the operator’s own words replace those of any message, in the shop’s language', () => {
	for (const [id, entry] of allMessages) {
		const content = { kind: 'builtIn' as const, message: id, overrides: { subject: 'S {{customer.firstName}}', previewText: 'P', headline: 'H {{shop.name}}', intro: 'T {{order.number}}', buttonLabel: 'B', buttonUrl: '{{shop.url}}/x', discountText: 'D', discountCode: 'C' } };
		const { subject, previewText, text } = createRenderer({ content, designsDir }).render(sampleFor(entry, 'ru'), { settings: settingsFor('en'), links: sampleLinks });
		expect([subject, previewText]).toEqual(['S Екатерина', 'P']);
		for (const part of ['H Fern & Field', 'T #1007', 'B:\nhttps://fern.example/x']) expect(text).toContain(part);
	}
});

test('a message that there is not is refused by name', () => {
	expect(() => createRenderer({ content: { kind: 'builtIn', message: 'constructor' as BuiltInId }, designsDir })).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining('constructor') }));
	expect(builtInMessage('toString')).toBeUndefined();
});

test('four picks at most, with picture or letter, and none without a title', () => {
	const item = sampleFor(catalogue['we-miss-you'], 'th');
	item.picks = [...item.picks!, { id: 'p9', title: 'Fifth' }, { id: 'p10' }];
	const { html } = renderBuiltIn('we-miss-you', 'th', designsDir, { item });
	expect(html.match(/<td width="50%" valign="top"/g)).toHaveLength(4);
	expect(html).not.toContain('Fifth');
	// The vowel that is written first is no initial.
	expect(html).toMatch(/<span class="tile"[^>]*>ท<\/span>/);
	const three = renderBuiltIn('we-miss-you', 'en', designsDir, { item: { ...item, picks: item.picks.slice(0, 3) } });
	expect(three.html.match(/<td width="50%" style="width:50%;"><\/td>/g)).toHaveLength(1);
});

describe('hostile words of customers and shops', () => {
	const evil = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='x", '{{constructor.constructor "x"}}', '{{{this}}}', '{order}[{name}]', '</td></table><!--', '\r\nBcc: x@evil.example', '\u202e\u2028'];
	/** As many markup characters as with harmless words: none came from the data. */
	const shape = (html: string) => ['<', '>', '"'].map((character) => html.split(character).length).join();

	test.each(languages)('stay words in %s, in every message', (language) => {
		for (const [id, entry] of allMessages) {
			const harmless = sampleFor(entry, language);
			const dressed = (words: string) => {
				const item = structuredClone(harmless);
				for (const line of [...item.cart!.items, ...item.order!.items]) line.title = `T${words}`;
				for (const product of [item.product!, ...item.picks!]) Object.assign(product, { title: `T${words}`, category: `C${words}` });
				Object.assign(item.order!, { number: `N${words}`, waitsFor: [`W${words}`] });
				item.view!.title = `V${words}`;
				const settings = settingsFor(language, { name: `S${words.replace(/[\r\n\u2028]/g, '')}` });
				return renderBuiltIn(id, language, designsDir, { item, settings });
			};
			const plain = shape(dressed('x').html);
			for (const words of evil) {
				const { subject, previewText, html } = dressed(words);
				expect({ id, words, shape: shape(html) }).toEqual({ id, words, shape: plain });
				for (const line of [subject, previewText]) expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
			}
		}
	});
});
