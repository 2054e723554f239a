import fc from 'fast-check';
import type { JourneyItem } from '../../../lib/model/item';
import { cartReminderTones, createRenderer, type ContentOverrides, type CartReminderTone, type RenderedMessage } from '../../../lib/messages/render';
import { compiledDesignsDir } from './compiled-designs';
import { sampleItem, sampleSettings } from './samples';

let designsDir: string;
beforeAll(async () => {
	designsDir = await compiledDesignsDir();
}, 60_000);

const links = { unsubscribePageUrl: 'https://journeys.fern.example/u?t=abc.def' };

function builtIn(item: JourneyItem = sampleItem(), { tone = 'reminder' as CartReminderTone, overrides = {} as ContentOverrides, settings = sampleSettings(), page = links as { unsubscribePageUrl?: string; answerPageUrl?: string } } = {}): RenderedMessage {
	return createRenderer({ content: { kind: 'builtIn', tone, overrides }, designsDir }).render(item, { settings, links: page });
}

function custom(content: { subject?: string; previewText?: string; html?: string; text?: string }, item: JourneyItem = sampleItem()): RenderedMessage {
	return createRenderer({ content: { kind: 'custom', subject: 'Hello', html: '<p>Hello</p>', ...content } }).render(item, { settings: sampleSettings(), links });
}

const unescaped = (html: string) => html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&');

describe('the cart reminder', () => {
	test('shows every line with picture, variant, quantity and price, the total and the way back', () => {
		const { html, text } = builtIn();
		for (const part of ['Linen Throw', 'Moss Green / 130 × 170 cm', 'Quantity: 2', '€69.00', '€37.00', '€131.50']) {
			expect(html).toContain(part);
			expect(text).toContain(part);
		}
		expect(html).toContain('src="https://cdn.fern.example/throw.jpg" alt="Linen Throw"');
		expect(unescaped(html)).toContain('href="https://fern.example/cart?token=abc&utm=x"');
		expect(text).toContain('https://fern.example/cart?token=abc&utm=x');
	});

	test('leaves no placeholder and no half of a sentence', () => {
		for (const tone of cartReminderTones) {
			for (const firstName of ['Mia', undefined, '', '   ']) {
				const mail = builtIn(sampleItem({ customer: { firstName } }), { tone });
				for (const part of Object.values(mail)) expect(part).not.toMatch(/[{}]{2}|\{\w+\}|undefined|null|NaN|\[object/);
				expect(mail.subject).toMatch(firstName === 'Mia' ? /^Mia, / : /^[A-Z][^,]*$/);
				expect(mail.html).toContain(mail.previewText);
			}
		}
	});

	test('a line without a picture has a tile with its letter instead', () => {
		const { html } = builtIn();
		expect(html.match(/<img /g)).toHaveLength(2);
		expect(html).toMatch(/<span class="tile"[^>]*>B<\/span>/);
	});

	test('a picture whose address is none counts as missing', () => {
		const item = sampleItem();
		item.cart!.items[0].imageUrl = 'javascript:alert(1)';
		item.cart!.items[0].url = 'javascript:alert(1)';
		const { html } = builtIn(item);
		expect(html).not.toMatch(/javascript/i);
		expect(html.match(/<img /g)).toHaveLength(1);
	});

	test('a cart address that is none leads to the shop', () => {
		const { html, text } = builtIn(sampleItem({ cart: { url: 'javascript:alert(document.cookie)' } }));
		expect(html + text).not.toMatch(/javascript/i);
		expect(text).toContain('Back to my cart:\nhttps://fern.example');
	});

	test('currencies without decimals, and a reduced price beside the full one', () => {
		const item = sampleItem({ cart: { currency: 'JPY', totalMinor: 13150 } });
		item.cart!.items[1].fullPriceMinor = 2500;
		const { html } = builtIn(item);
		expect(html).toContain('JP¥13,150');
		expect(html).toMatch(/JP¥3,700<br><s[^>]*>JP¥5,000<\/s>/);
	});

	test('prices follow the customer\'s locale, and an unusable one the shop\'s', () => {
		expect(builtIn(sampleItem({ customer: { locale: 'de_DE' } })).text).toContain('131,50\u00a0€');
		expect(builtIn(sampleItem({ customer: { locale: '!!' } })).text).toContain('€131.50');
	});

	test('a long cart is cut, and says by how much', () => {
		const line = sampleItem().cart!.items[0];
		const with11 = builtIn(sampleItem({ cart: { items: Array.from({ length: 11 }, () => line) } }));
		expect(with11.text).toContain('and 1 more item\n');
		const with200 = builtIn(sampleItem({ cart: { items: Array.from({ length: 200 }, () => line) } }));
		expect(with200.html).toContain('and 190 more items');
		expect(Buffer.byteLength(with200.html)).toBeLessThan(102_000);
	});

	test('no customer and no cart still make a mail', () => {
		const { html, text } = builtIn({ ...sampleItem(), customer: null, cart: undefined });
		expect(html + text).not.toMatch(/undefined|Total/);
	});

	test('the preview text is followed by filler, so that the body does not show in the list of mails', () => {
		const { html, previewText } = builtIn(sampleItem(), { overrides: { previewText: 'Look, {{customer.firstName}} & co' } });
		expect(previewText).toBe('Look, Mia & co');
		expect(html).toMatch(/display:none[^>]*>Look, Mia &amp; co(&#847;&#8199;&#65279;){20,}/);
	});
});

test('reading the mail calls nobody but the shop\'s pictures and links', () => {
	const hosts = new Set([...unescaped(builtIn().html).matchAll(/https?:\/\/([^/"'\s)<]+)/g)].map((match) => match[1]));
	// www.w3.org is the name of the XML namespace, and is never called.
	expect([...hosts].sort()).toEqual(['cdn.fern.example', 'fern.example', 'journeys.fern.example', 'www.w3.org']);
});

describe('what is promised', () => {
	test('"today only" is said only with a code', () => {
		const without = builtIn(sampleItem(), { tone: 'lastCode' });
		expect(`${without.subject} ${without.previewText} ${without.text}`).not.toMatch(/today|code/i);
		expect(without.html).not.toContain('class="code-box"');
		const withCode = builtIn(sampleItem(), { tone: 'lastCode', overrides: { discountCode: 'MIA-7K2P' } });
		expect(withCode.subject).toMatch(/today only/);
		expect(withCode.html).toContain('MIA-7K2P');
		expect(withCode.text).toContain('MIA-7K2P');
		// A template that came out empty is no code.
		expect(builtIn(sampleItem(), { tone: 'lastCode', overrides: { discountCode: '{{customer.nothing}} ' } })).toEqual(without);
	});

	test('a code in another reminder is shown without a deadline', () => {
		const mail = builtIn(sampleItem(), { tone: 'benefits', overrides: { discountCode: 'WELCOME' } });
		expect(mail.html).toContain('WELCOME');
		expect(`${mail.subject} ${mail.previewText} ${mail.text}`).not.toMatch(/today/i);
	});

	test('speaks of low stock only with the tone for it, and only of what is really running out', () => {
		const withStock = (stock: number | undefined) => {
			const item = sampleItem();
			item.cart!.items = item.cart!.items.map((line, index) => (index === 0 ? { ...line, stock } : { ...line, stock: 40 }));
			return item;
		};
		const calm = builtIn(sampleItem(), { tone: 'noHurry' });
		const low = builtIn(withStock(2), { tone: 'lowStock' });
		expect(low.subject).not.toBe(calm.subject);
		expect(low.html.match(/Only \d+ left/g)).toEqual(['Only 2 left']);
		expect(low.text.match(/Only \d+ left/g)).toEqual(['Only 2 left']);
		for (const stock of [undefined, 0, 4, 40]) expect(builtIn(withStock(stock), { tone: 'lowStock' })).toEqual(calm);
		expect(builtIn(withStock(2), { tone: 'reminder' }).html).not.toContain('left</span>');
	});

	test('the first reminder asks why not, when there is a page for it', () => {
		const answerPageUrl = 'https://journeys.fern.example/u?a=abc.def';
		const asking = builtIn(sampleItem(), { page: { answerPageUrl } });
		expect(unescaped(asking.html)).toContain(`href="${answerPageUrl}"`);
		expect(asking.text).toContain(answerPageUrl);
		expect(unescaped(builtIn(sampleItem(), { tone: 'benefits', page: { answerPageUrl } }).html)).not.toContain(answerPageUrl);
		expect(builtIn().text).not.toContain('Decided against');
	});

	test.each(cartReminderTones)('%s claims nothing about stock or time', (tone) => {
		const mail = builtIn(sampleItem(), { tone });
		expect(`${mail.subject} ${mail.previewText} ${mail.text}`).not.toMatch(/stock|hurry|last chance|only \d|limited|selling fast|expire|reserved/i);
	});
});

describe('who writes, and how to stop it', () => {
	test('with a Reply-To the reader may answer; without one the shop\'s address stands there', () => {
		expect(builtIn().text).toContain('Just answer this mail');
		const { text } = builtIn(sampleItem(), { settings: sampleSettings({ replyTo: undefined }) });
		expect(text).not.toContain('answer this mail');
		expect(text).toContain('at fern.example.');
	});

	test('the link to unsubscribe is there only when there is one', () => {
		expect(unescaped(builtIn().html)).toContain('href="https://journeys.fern.example/u?t=abc.def"');
		const without = builtIn(sampleItem(), { page: {} });
		expect(without.html + without.text).not.toMatch(/unsubscribe/i);
	});

	test('postal address and reason are in both parts', () => {
		const { html, text } = builtIn();
		for (const part of [html, text]) expect(part).toMatch(/12 Meadow Lane[\s\S]*Dublin D02 XY45/);
		expect(text).toContain('because you left something in your cart at Fern & Field.');
		expect(html).toContain('at Fern &amp; Field.');
	});

	test('a logo has the shop\'s name as its words', () => {
		expect(builtIn(sampleItem(), { settings: sampleSettings({ logoUrl: 'https://cdn.fern.example/l.png' }) }).html).toContain('src="https://cdn.fern.example/l.png" alt="Fern &amp; Field"');
	});
});

describe('the operator\'s own words', () => {
	test('take the place of ours, paragraph by paragraph', () => {
		const { subject, html, text } = builtIn(sampleItem(), { overrides: { subject: 'Hi {{default customer.firstName "you"}}!', headline: 'Your {{cart.quantity}} things', intro: 'One\n\nTwo & three', buttonLabel: 'Go', discountCode: 'A1', discountText: 'For {{discountCode}} only' } });
		expect(subject).toBe('Hi Mia!');
		expect(html).toContain('Your 4 things');
		expect(html).toMatch(/<p[^>]*>One<\/p><p[^>]*>Two &amp; three<\/p>/);
		expect(text).toContain('For A1 only');
		expect(text).toContain('Go:\n');
	});

	test('a mistake in them names the field', () => {
		expect(() => builtIn(sampleItem(), { overrides: { headline: 'Hi {{customer.firstName' } })).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID', message: expect.stringMatching(/^Headline, line 1/) }));
	});

	test('the shop\'s language decides the direction of the operator\'s text', () => {
		expect(builtIn(sampleItem(), { overrides: { intro: 'مرحبا' }, settings: sampleSettings({ locale: 'ar' }) }).html).toMatch(/<html lang="ar" dir="rtl"/);
		expect(builtIn(sampleItem({ customer: { locale: 'ar' } })).html).toMatch(/<html lang="en" dir="ltr"/);
	});
});

describe('custom mails', () => {
	test('see customer, cart, shop, journey and links', () => {
		const { html, text, subject } = custom({
			subject: '{{customer.firstName}} & {{shop.name}}',
			html: '<p>{{customer.firstName}}: {{#each cart.items}}{{quantity}} × {{title}} {{lineTotal}}; {{/each}}{{cart.total}} {{money cart.totalMinor cart.currency}}</p><a href="{{cart.url}}">Cart</a> <a href="{{links.unsubscribe}}">Stop</a> {{journey.step}}/{{journey.steps}}',
		});
		expect(subject).toBe('Mia & Fern & Field');
		expect(html).toContain('1 × Linen Throw €69.00; 2 × Stoneware Mug, Speckled €37.00;');
		expect(html).toContain('€131.50 €131.50');
		expect(text).toContain('Cart (https://fern.example/cart?token=abc&utm=x) Stop (https://journeys.fern.example/u?t=abc.def) 1/4');
	});

	test('a text of their own is kept as it is', () => {
		expect(custom({ text: 'Hi {{customer.firstName}}\n\nTom & Jerry' }).text).toBe('Hi Mia\n\nTom & Jerry');
	});

	test.each([
		['blocks between tags', '<table>{{#each cart.items}}<tr><td>{{title}}</td><td>{{quantity}}</td></tr>{{/each}}</table>{{#if customer.nothing}}<p>no</p>{{/if}}<a href="{{cart.url}}">{{customer.firstName}} &amp; co</a>'],
		['blocks inside tags', '<table>{{#each cart.items}}<tr {{#if url}}class="x"{{/if}}><td>{{title}}</td><td>{{quantity}}</td></tr>{{/each}}</table><!-- {{#if customer.nothing}} --><!-- {{/if}} --><a href="{{cart.url}}">{{customer.firstName}} &amp; co</a>'],
	])('a plain text is derived with %s', (_case, html) => {
		expect(custom({ html }).text).toBe('Linen Throw 1\nStoneware Mug, Speckled 2\nBeeswax Candle 1\n\nMia & co (https://fern.example/cart?token=abc&utm=x)');
	});

	test('the preview text is hidden at the start of the body, and not in the plain text', () => {
		const { html, text } = custom({ previewText: '{{customer.firstName}} <3', html: '<html><body class="x"><p>Hello</p></body></html>' });
		expect(html).toMatch(/<body class="x"><div style="display:none[^>]*>Mia &lt;3&#847;/);
		expect(text).toBe('Hello');
	});

	test('subjects are one line without control characters, and not endless', () => {
		expect(custom({ subject: 'A\r\nBcc: x@y.example\t{{customer.lastName}}' }, sampleItem({ customer: { lastName: 'Ber\n\u0000g' } })).subject).toBe('A Bcc: x@y.example Ber g');
		expect(Array.from(custom({ subject: '🧺'.repeat(500) }).subject)).toHaveLength(200);
	});
});

describe('names', () => {
	test.each(['Zoë', '李', 'محمد', '👩‍🚀 Ada', 'D\'Arcy', 'Jean-Luc', 'Ana María', 'Þór'])('%s is greeted as it is', (firstName) => {
		expect(builtIn(sampleItem({ customer: { firstName } })).subject).toBe(`${firstName}, your cart is still here`);
	});

	test.each(['http://evil.example', 'Win at evil.example', 'www.evil.example', '<b>Mia</b>', 'a@b.example', '123', '...', '\u202e'])('%j is no name', (firstName) => {
		expect(builtIn(sampleItem({ customer: { firstName } })).subject).toBe('Your cart is still here');
	});
});

test('whatever names and titles hold, it never becomes markup', () => {
	const words = fc.oneof(
		fc.string({ unit: 'binary', maxLength: 60 }),
		fc.constantFrom('<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='x", '{{constructor}}', '{{{cart.url}}}', '</td></table>', '<!--', '-->', '<![endif]-->', ']]>', '&lt;b&gt;', '\u2028\u202e', '\ud800'),
	);
	// As many markup characters as with harmless words: none came from the data.
	const shape = (html: string) => ['<', '>', '"'].map((character) => html.split(character).length).join();
	const template = '<p title="{{x.y}}{{customer.lastName}}">{{{customer.firstName}}}{{#each cart.items}}<b data-t="{{{title}}}">{{&variantTitle}}</b>{{/each}}</p>';
	const render = (a: string, b: string) => {
		const item = sampleItem({ customer: { firstName: a, lastName: b, locale: 'en' } });
		for (const line of item.cart!.items) Object.assign(line, { title: `T${b}`, variantTitle: `V${a}` });
		const settings = sampleSettings({ name: `S${a}`, postalAddress: `P${b.replace(/[\r\n\u2028\u2029]/g, '')}` });
		const extras = { settings, links };
		return [designRenderer.render(item, extras), customRenderer.render(item, extras)];
	};
	const designRenderer = createRenderer({ content: { kind: 'builtIn', tone: 'lastCode', overrides: { discountCode: 'X{{customer.lastName}}', subject: '{{{customer.lastName}}}' } }, designsDir });
	const customRenderer = createRenderer({ content: { kind: 'custom', subject: '{{customer.lastName}}', previewText: 'P{{{customer.lastName}}}', html: template } });
	const plain = render('Mia', 'Berg').map(({ html }) => shape(html));
	fc.assert(
		fc.property(words, words, (a, b) => {
			const mails = render(a, b);
			expect(mails.map(({ html }) => shape(html))).toEqual(plain);
			for (const { subject } of mails) expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
		}),
		{ numRuns: 300 },
	);
});

test('a design that was not built is said so', () => {
	expect(() => createRenderer({ content: { kind: 'builtIn', tone: 'reminder' }, designsDir: '/nowhere' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('npm run build') }));
});
