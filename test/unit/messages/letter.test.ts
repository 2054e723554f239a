import type { JourneyItem } from '../../../lib/model/item';
import { createRenderer, type ContentOverrides, type LetterPart } from '../../../lib/messages/render';
import { compiledDesignsDir } from './compiled-designs';
import { sampleItem, sampleSettings } from './samples';

let designsDir: string;
beforeAll(async () => {
	designsDir = await compiledDesignsDir();
}, 60_000);

const links = { unsubscribePageUrl: 'https://journeys.fern.example/u?t=abc.def' };

function letter(words: ContentOverrides & { subject: string; buttonUrl?: string }, shows: LetterPart = 'nothing', item: JourneyItem = sampleItem()) {
	return createRenderer({ content: { kind: 'letter', words, shows }, designsDir }).render(item, { settings: sampleSettings(), links });
}

const order: NonNullable<JourneyItem['order']> = {
	id: '77', number: '#1007', currency: 'EUR', totalMinor: 8_750, placedAt: '2026-03-01T10:00:00.000Z', paid: false, awaitsPayment: true, paymentDueAt: '2026-03-08T10:00:00.000Z',
	waitsFor: ['Linen Throw'], url: 'https://fern.example/orders/77?key=a&b=c', items: [{ productId: 'p1', title: 'Linen Throw', quantity: 1, unitPriceMinor: 6_900 }, { productId: 'p2', title: 'Mug', quantity: 1, unitPriceMinor: 1_850 }],
};

describe('the operator’s words in the shop’s design', () => {
	test('show the order with its lines, total and address, and can name all of it', () => {
		const { subject, html, text } = letter(
			{ subject: 'Order {{order.number}} is not paid yet', headline: 'Still to pay: {{order.total}}', intro: 'Please pay by {{date order.paymentDueAt "long"}}.\nWe wait for {{#each order.waitsFor}}{{this}}{{/each}}.', buttonLabel: 'See my order' },
			'order',
			{ ...sampleItem({ journey: { kind: 'transactional' } }), cart: undefined, order },
		);
		expect(subject).toBe('Order #1007 is not paid yet');
		for (const part of ['Still to pay: €87.50', 'Please pay by 8 March 2026.', 'We wait for Linen Throw.', 'Mug', '€18.50', 'because of your order at Fern &amp; Field']) expect(html).toContain(part);
		expect(html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&')).toContain('href="https://fern.example/orders/77?key=a&b=c"');
		expect(text).toContain('https://fern.example/orders/77?key=a&b=c');
	});

	test('about a purchase carry no unsubscribe link, all others do', () => {
		const words = { subject: 'News', intro: 'Hello' };
		expect(letter(words, 'nothing', sampleItem({ journey: { kind: 'transactional' } })).html).not.toContain('journeys.fern.example/u');
		const marketing = letter(words);
		expect(marketing.html).toContain('journeys.fern.example/u');
		expect(marketing.text).toContain('because you agreed to news from Fern & Field');
	});

	test('show the product that is back, or the one that was looked at', () => {
		const back = letter({ subject: '{{product.title}} is back', buttonLabel: 'See it' }, 'product', { ...sampleItem(), product: { id: 'p1', title: 'Linen Throw', url: 'https://fern.example/p/throw', imageUrl: 'https://cdn.fern.example/throw.jpg', priceMinor: 6_900, currency: 'EUR', stock: 4 } });
		expect(back.subject).toBe('Linen Throw is back');
		expect(back.html).toContain('src="https://cdn.fern.example/throw.jpg"');
		expect(back.html).toContain('€69.00');
		expect(back.text).toContain('https://fern.example/p/throw');
		const seen = letter({ subject: '{{product.title}}', buttonLabel: 'See it' }, 'product', { ...sampleItem(), view: { productId: 'p2', productTitle: 'Mug', path: '/p/mug' } });
		expect(seen.text).toContain('https://fern.example/p/mug');
		expect(seen.html).not.toMatch(/undefined|null|NaN/);
	});

	test('show the points of who has some, and nothing for who never had any', () => {
		const points = { available: 40, pending: 0, tier: 'Silver', nextTier: 'Gold', toNextTier: 160, nextTierPercent: 20 };
		const { subject, html, text } = letter({ subject: '{{points.available}} points, {{points.toNextTier}} to {{points.nextTier}}' }, 'points', sampleItem({ customer: { points } }));
		expect(subject).toBe('40 points, 160 points to Gold');
		expect(text.replaceAll('\u00a0', ' ')).toContain('Your points: 40 points\nYour status: Silver\n160 points to Gold');
		expect(html).toContain('width:20%');
		const none = letter({ subject: 'Hello' }, 'points');
		expect(none.html + none.text).not.toMatch(/class="(panel|track)"|Your points/);
		const atStart = letter({ subject: 'Hello' }, 'points', sampleItem({ customer: { points: { ...points, nextTierPercent: 0 } } }));
		expect(atStart.html).not.toContain('class="track"');
		expect(atStart.html).toContain('Gold');
	});

	test('show no empty table, no button without a label, and lead where the operator says', () => {
		const { html, text } = letter({ subject: 'Hello', intro: 'Just words.' }, 'product', { ...sampleItem(), cart: undefined });
		expect(html).not.toMatch(/class="tile"/);
		expect(html).not.toContain('Total');
		expect(text).not.toContain('https://fern.example\n');
		expect(letter({ subject: 'Hello', buttonLabel: 'Go', buttonUrl: '{{shop.url}}/new?for={{customer.id}}' }, 'cart').text).toContain('https://fern.example/new?for=cus-1');
		expect(letter({ subject: 'Hello', buttonLabel: 'Go', buttonUrl: 'javascript:alert(1)' }).html).not.toMatch(/javascript/);
	});

	test('need a subject, and say so', () => {
		expect(() => letter({ subject: ' ' })).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID', hint: 'Fill in "Subject".' }));
		expect(() => letter({ subject: 'x', intro: '{{#if' })).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID', message: expect.stringContaining('Text') }));
	});

	test('escape what customers and shops wrote', () => {
		const { html, subject } = letter({ subject: '{{event.data.note}}', intro: '{{customer.lastName}} {{event.data.note}}' }, 'nothing', { ...sampleItem({ customer: { lastName: '<b>x</b>' } }), event: { type: 'custom', at: '2026-03-01T10:00:00.000Z', name: 'contact', data: { note: '<i>y</i>' } } });
		expect(subject).toBe('<i>y</i>');
		expect(html).not.toMatch(/<b>x|<i>y/);
	});
});
