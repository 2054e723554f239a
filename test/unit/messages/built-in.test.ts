import type { BuiltInId } from '../../../lib/messages/catalogue';
import { builtInMessage, catalogue } from '../../../lib/messages/catalogue';
import { createRenderer } from '../../../lib/messages/render';
import { wordsFor } from '../../../lib/messages/words';
import { allMessages, type Language, languages, renderBuiltIn, sampleDiscount, sampleFor, sampleLinks, type SampleOptions, settingsFor } from './built-in-samples';
import { compiledDesignsDir } from './compiled-designs';

let designsDir: string;
beforeAll(async () => {
	designsDir = await compiledDesignsDir();
}, 60_000);

const unescaped = (html: string) => html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&');
const returnStates = ['requested', 'approved', 'declined', 'received', 'refunded', 'closed', 'cancelled', 'somethingElse'];
/** What no finished mail may hold: placeholders, brackets of optional words, words for "nothing", doubled or dangling marks, spaces between Chinese words. */
const leftover = /[{}]{1,2}\w*[{}]|\[[^\]]*\]|undefined|\bnull\b|NaN|\[object|(?<=\S) {2}(?=\S)|\s[,.;?!](\s|$)|\(\s*\)|（\s*）|「」|“”|«»|：。|,,|，，|(?<!\.)\.\.(?!\.)|[\u4e00-\u9fff] [\u4e00-\u9fff]/;

/** All that makes words or parts of a message differ, one thing at a time. */
function waysOf(id: BuiltInId, language: Language): SampleOptions[] {
	const { shows } = catalogue[id];
	const codes: SampleOptions[] = [{}, { discountCode: 'TAKE10' }];
	const about = id === 'return-status' ? returnStates.map((status) => ({ status })) : shows === 'product' ? [0, 1, 2, 3, 9].map((stock) => ({ stock })) : [{}];
	const given: SampleOptions[] = (['percentage', 'amount', 'free_shipping', 'gift'] as const).map((kind) => ({ discount: sampleDiscount(language, kind) }));
	const standings: Array<SampleOptions['points']> = [{ available: 1, pending: 1, expiring: 1, tier: undefined }, { available: 0, pending: 0, expiring: 0, expiresAt: undefined, nextTier: undefined, toNextTier: undefined }];
	return [
		...codes.flatMap((code) => about.map((what) => ({ ...code, ...what }))),
		...given,
		{ discount: sampleDiscount(language, 'percentage', { expiresAt: undefined, minimumMinor: undefined }) },
		...(shows === 'points' ? standings.map((points) => ({ points })) : []),
		...(id === 'complete-profile' ? [{ profileAsks: 'phone' as const }] : []),
	];
}

describe.each(languages)('in %s', (language) => {
	test.each(allMessages.map(([id]) => id))('%s reads well with everything known and with nothing known', (id) => {
		for (const isFull of [true, false]) {
			for (const way of waysOf(id, language)) {
				const { subject, previewText, html, text, discountCode } = renderBuiltIn(id, language, designsDir, { isFull, ...way });
				const said = { id, isFull, way };
				const lines = [subject, previewText, ...text.split('\n').filter((line) => !line.includes('https://'))];
				expect({ ...said, faults: lines.filter((line) => leftover.test(line)) }).toEqual({ ...said, faults: [] });
				expect({ ...said, subject }).toEqual({ ...said, subject: expect.stringMatching(/^[\p{L}\p{N}#]/u) });
				expect(previewText).not.toBe('');
				expect(html).not.toMatch(/\{\{|undefined|\bNaN\b|href=""|src=""/);
				expect(Buffer.byteLength(html)).toBeLessThan(102_000);
				const shown = catalogue[id].kind === 'marketing' ? (way.discountCode ?? way.discount?.code ?? '') : '';
				expect({ ...said, discountCode }).toEqual({ ...said, discountCode: shown });
				for (const code of ['TAKE10', 'MIA-7K2P']) expect({ ...said, code, isShown: text.includes(code) && html.includes(code) }).toEqual({ ...said, code, isShown: code === shown });
			}
		}
	});

	test('every message says once that an answer is welcome, in its text or under it', () => {
		const { design } = wordsFor(language);
		const times: Record<string, number> = {};
		for (const [id] of allMessages) {
			for (const isFull of [true, false]) {
				const { text } = renderBuiltIn(id, language, designsDir, { isFull });
				times[`${id} ${isFull}`] = text.toLowerCase().split(String(design.answerThis)).length - 1;
			}
		}
		expect(Object.entries(times).filter(([, count]) => count !== 1)).toEqual([]);
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

	test('what a code gives is said only of the code that is shown, with its last day and minimum where they are known', () => {
		const given = said('birthday', { discount: sampleDiscount('en', 'percentage') });
		for (const part of ['MIA-7K2P', '10% off', 'Valid until 15\u00a0March\u00a02026', 'For orders of €30.00 or more']) expect(given).toContain(part);
		expect(said('birthday', { discount: sampleDiscount('en', 'amount') })).toContain('€5.00 off');
		expect(said('birthday', { discount: sampleDiscount('en', 'free_shipping') })).toContain('Free shipping');
		expect(said('birthday', { discount: sampleDiscount('en', 'gift') })).toContain('A gift with your order');
		const own = said('birthday', { discount: sampleDiscount('en', 'percentage'), discountCode: 'OWN-CODE' });
		expect(own).toContain('OWN-CODE');
		expect(own).not.toMatch(/MIA-7K2P|10%|Valid until|For orders/);
		expect(said('birthday-unused', { discount: sampleDiscount('en', 'gift', { expiresAt: undefined }) })).not.toMatch(/valid until/i);
	});

	test('the last code of a cart ends today only where it does', () => {
		const discount = sampleDiscount('en', 'percentage');
		const lastDay = Date.parse('2026-03-15T09:00:00Z');
		expect(said('cart-last-code', { discount, nowMs: lastDay })).toMatch(/today only[^]*Valid today only/);
		for (const nowMs of [undefined, lastDay - 24 * 3_600_000]) {
			const later = said('cart-last-code', { discount, nowMs });
			expect(later).not.toMatch(/today/);
			expect(later).toContain('until 15\u00a0March\u00a02026');
		}
		// Of the operator's own code nobody knows; it is the message for a code of that day.
		expect(said('cart-last-code', { discountCode: 'TODAY' })).toContain('It is valid today only.');
	});

	test('picks are spoken of only where there are some', () => {
		for (const id of ['accessories', 'accessories-once-more', 'upgrade', 'upgrade-reminder', 'next-size'] as const) {
			const { picks: _picks, ...bare } = sampleFor(catalogue[id], 'en');
			expect({ id, text: said(id, { item: bare }) }).toEqual({ id, text: expect.not.stringMatching(/below|further down|step up|goes (well )?with it|next size/i) });
			expect(said(id)).toMatch(/below|further down|goes (well )?with it/i);
		}
	});

	test('picks that are not what a message says of them are left out, or shown without saying it', () => {
		for (const [id, { picksMean, tellsOfPicks }] of allMessages) {
			if (!picksMean) continue;
			const item = sampleFor(catalogue[id], 'en');
			const own = renderBuiltIn(id, 'en', designsDir, { item });
			const stranger = { ...item.picks![0], id: 'px', title: 'Stranger', reason: 'in_stock' };
			const mixed = renderBuiltIn(id, 'en', designsDir, { item: { ...item, picks: [stranger, ...item.picks!] } });
			if (tellsOfPicks) expect({ id, ...mixed }).toEqual({ id, ...own });
			else expect({ id, text: mixed.text }).toEqual({ id, text: expect.stringContaining('You might like these\n* Stranger') });
			const { picks: _picks, ...bare } = item;
			const only = renderBuiltIn(id, 'en', designsDir, { item: { ...item, picks: [stranger] } });
			expect({ id, text: only.text.replace(/You might like these\n\* Stranger[^]*?\n\n[^]*?\n\n/, '') }).toEqual({ id, text: expect.not.stringContaining('Stranger') });
			expect({ id, subject: only.subject }).toEqual({ id, subject: renderBuiltIn(id, 'en', designsDir, { item: bare }).subject });
			// Of picks of another node nobody knows the reason.
			const foreign = item.picks!.map(({ reason: _reason, ...pick }) => pick);
			expect(renderBuiltIn(id, 'en', designsDir, { item: { ...item, picks: foreign } }).subject).toBe(own.subject);
		}
	});

	test('a sale shows as reduced only what is, with the price before', () => {
		const item = sampleFor(catalogue['sale-started'], 'en');
		expect(said('sale-started', { item })).not.toContain('Reduced now');
		const reduced = { ...item, picks: item.picks!.filter(({ fullPriceMinor }) => fullPriceMinor) };
		expect(said('sale-started', { item: reduced })).toContain('Reduced now');
		expect(renderBuiltIn('sale-started', 'en', designsDir, { item: reduced }).html).toMatch(/€59\.00<\/span> <s [^>]*>€65\.00<\/s>/);
	});

	test('why a product was picked is said where it tells the reader something', () => {
		const { html, text } = renderBuiltIn('one-time-buyer', 'en', designsDir);
		for (const note of ['Often bought together', 'Bestseller', 'New']) for (const part of [html, text]) expect(part).toContain(note);
		const item = sampleFor(catalogue['one-time-buyer'], 'en');
		for (const pick of item.picks!) pick.reason = 'constructor';
		expect(renderBuiltIn('one-time-buyer', 'en', designsDir, { item }).html).not.toMatch(/Bestseller|constructor|function/);
	});

	test('points are told with their number and last day, tiers only where there are some', () => {
		const summary = said('points-summary');
		for (const part of ['Mia, you have 1,250 points', 'Your points: 1,250\u00a0points', 'Your status: Silver', '80 more are on their way', '350 points expire on 31\u00a0March\u00a02026', '150\u00a0points to Gold']) expect(summary).toContain(part);
		expect(said('points-expiring')).toContain('On 31\u00a0March\u00a02026, 350\u00a0points will expire.');
		expect(said('points-earned')).toContain('Mia, 120 points for you');
		expect(said('tier-reached')).toContain('you have reached Silver');
		const noTiers = { tier: undefined, nextTier: undefined, toNextTier: undefined };
		for (const id of ['next-tier', 'tier-reached', 'points-summary'] as const) expect({ id, text: said(id, { points: noTiers }) }).toEqual({ id, text: expect.not.stringMatching(/status|tier|reach|Silver|Gold|bring/i) });
		for (const [id] of allMessages.filter(([, { chapter }]) => chapter === '09')) {
			const unknown = said(id, { isFull: false });
			expect({ id, unknown }).toEqual({ id, unknown: expect.not.stringMatching(/\d+\spoints?|Silver|Gold|status/) });
		}
	});

	test('what is missing to the next tier is money where tiers are reached by spending', () => {
		const { text, html } = renderBuiltIn('next-tier', 'en', designsDir, { points: { toNextTier: 15_000, toNextTierCurrency: 'EUR' } });
		expect(text).toContain('With €150.00 more you reach Gold.');
		expect(html).toContain('width:85%');
	});

	test('Russian counts points by their forms', () => {
		const counted = [1, 3, 5, 21].map((available) => /\d+ балл\S*/u.exec(renderBuiltIn('points-summary', 'ru', designsDir, { points: { available } }).subject)?.[0]);
		expect(counted).toEqual(['1 балл', '3 балла', '5 баллов', '21 балл']);
	});

	test('the profile is asked for what is missing, one thing at a time, and why', () => {
		expect(said('complete-profile', { profileAsks: 'birthday' })).toMatch(/When is your birthday\?[^]*think of you/);
		const phone = said('complete-profile', { profileAsks: 'phone' });
		expect(phone).toMatch(/phone number\?[^]*cannot wait/);
		expect(phone).not.toContain('birthday');
		const rest = said('complete-profile', { isFull: false });
		expect(rest).not.toMatch(/birthday|phone/);
		for (const text of [phone, rest]) expect(text).toContain(sampleLinks.profileUrl);
	});

	test('a place is near only where one is', () => {
		expect(said('shop-near-you')).toContain('Fern & Field on the Quay in Dublin');
		expect(said('shop-near-you', { settings: settingsFor('en', { locations: [] }) })).not.toMatch(/not far|near/);
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
				if (item.customer!.points) Object.assign(item.customer!.points, { tier: `T${words}`, nextTier: `U${words}` });
				item.discount = sampleDiscount(language, 'percentage', { code: `D${words}` });
				for (const pick of item.picks!) pick.reason = `r${words}`;
				const settings = settingsFor(language, { name: `S${words.replace(/[\r\n\u2028]/g, '')}`, locations: [{ name: `P${words}`, city: `Q${words}` }] });
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
