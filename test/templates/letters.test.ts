import type { JourneyItem } from '../../lib/model/item';
import { builtInMessage } from '../../lib/messages/catalogue';
import { linkParameters } from '../../lib/messages/links';
import { type BuiltInId, type CartReminderTone, createRenderer, type MessageContent } from '../../lib/messages/render';
import { compiledDesignsDir } from '../unit/messages/compiled-designs';
import { sampleItem, sampleSettings } from '../unit/messages/samples';
import { kindOf, messages, type TemplateNode } from './chapters';

let designsDir: string;
beforeAll(async () => {
	designsDir = await compiledDesignsDir();
}, 120_000);

const at = '2026-03-01T10:00:00.000Z';
const line = { productId: 'p1', title: 'Linen Throw', quantity: 1, unitPriceMinor: 6_900 };
const order: NonNullable<JourneyItem['order']> = {
	id: '77', number: '#1007', currency: 'EUR', totalMinor: 8_750, placedAt: at, paid: false, awaitsPayment: true, paymentDueAt: '2026-03-08T10:00:00.000Z',
	waitsFor: ['Linen Throw'], url: 'https://fern.example/orders/77', items: [line, { ...line, productId: 'p2', title: 'Mug', unitPriceMinor: 1_850 }],
};
const returnStates = ['requested', 'approved', 'declined', 'received', 'refunded', 'closed', 'cancelled'];

/** Items as this trigger emits them: with all that a shop may tell, and with the least. */
function itemsOf(trigger: TemplateNode): Array<{ what: string; item: JourneyItem; isFull: boolean }> {
	const { events = [], subject, kind, watch = [] } = trigger.parameters as { events?: string[]; subject?: string; kind: 'marketing' | 'transactional'; watch?: string[] };
	const base = sampleItem({ journey: { kind } });
	const isOfCart = kindOf(trigger) === 'cartAbandonedTrigger' && !watch.includes('browse');
	const item = (parts: Partial<JourneyItem>): JourneyItem => ({ ...base, ...(!isOfCart && { cart: undefined }), ...parts });
	const nameless = { ...base.customer!, firstName: undefined, lastName: undefined };
	const bareOrder = { ...order, number: undefined, url: undefined, paymentDueAt: undefined, waitsFor: undefined };
	if (subject === 'order') return [{ what: 'full', isFull: true, item: item({ order }) }, { what: 'bare', isFull: false, item: item({ order: { ...bareOrder, ...(trigger.parameters.anchor === 'payment_due' && { paymentDueAt: order.paymentDueAt }) }, customer: nameless }) }];
	if (subject === 'return') {
		return returnStates.flatMap((status) => [
			{ what: `full, ${status}`, isFull: true, item: item({ order, return: { id: 'r1', orderId: '77', status, needsBankDetails: true, formUrl: 'https://fern.example/form?r=1' } }) },
			{ what: `bare, ${status}`, isFull: false, item: item({ return: { id: 'r1', status, needsBankDetails: false }, customer: nameless }) },
		]);
	}
	if (events.includes('message_clicked')) {
		const product = { id: 'p1', title: 'Linen Throw', url: 'https://fern.example/p/throw', imageUrl: 'https://cdn.fern.example/throw.jpg', category: 'Throws', priceMinor: 6_900, currency: 'EUR' };
		const event = { type: 'message_clicked', at, data: { category: 'Throws', categoryClicks: 2 } };
		return [{ what: 'a product', isFull: true, item: item({ product, event }) }, { what: 'a category', isFull: false, item: item({ event }) }, { what: 'bare', isFull: false, item: item({ product: { id: 'p1' }, event: { ...event, data: {} }, customer: nameless }) }];
	}
	if (subject === 'product' || watch.includes('browse') || events.includes('product_viewed')) {
		const product = { id: 'p1', title: 'Linen Throw', url: 'https://fern.example/p/throw', imageUrl: 'https://cdn.fern.example/throw.jpg', category: 'Throws', priceMinor: 6_900, currency: 'EUR', stock: 1 };
		const view = { productId: 'p1', productTitle: 'Linen Throw', path: '/p/throw', priceMinor: 6_900 };
		const isSeen = watch.includes('browse');
		return [
			{ what: 'full', isFull: true, item: item(isSeen ? { view } : { product }) },
			{ what: 'several pieces', isFull: true, item: item({ product: { ...product, stock: 7 } }) },
			{ what: 'out of stock', isFull: true, item: item({ product: { ...product, stock: 0 } }) },
			{ what: 'bare', isFull: false, item: item({ ...(isSeen ? { view: { productId: 'p1' } } : { product: { id: 'p1' } }), customer: nameless }) },
		];
	}
	return [
		{ what: 'full', isFull: true, item: item({ ...(events.includes('page_viewed') && { view: { path: '/pages/prices', title: 'Prices' } }) }) },
		{ what: 'bare', isFull: false, item: item({ customer: nameless }) },
	];
}

/** As Send Reminder reads its parameters. */
function contentOf({ parameters }: TemplateNode, discountCode: string): MessageContent {
	const text = (name: string) => String(parameters[name] ?? '');
	const overrides = { ...(parameters.ownWords as object), discountCode };
	return text('message') === 'builtIn' ? { kind: 'builtIn', message: text('builtInMessage') as BuiltInId, overrides } : { kind: 'builtIn', tone: text('tone') as CartReminderTone, overrides };
}

const address = 'https://journeys.fern.example/u';
const links = { unsubscribePageUrl: `${address}?t=abc.def`, answerPageUrl: `${address}?a=abc.def`, preferencesUrl: `${address}?s=abc.def`, confirmUrl: `${address}?d=abc.def`, rateUrl: `${address}?r=abc.def`, surveyUrl: `${address}?n=abc.def`, profileUrl: `${address}?f=profile&k=abc.def` };

const mails = messages.filter(({ node }) => (node.parameters.channel ?? 'email') === 'email');

test('every mail is a built-in message with its own words, so each customer reads it in their language', () => {
	for (const { name, node } of mails) {
		expect({ name, message: node.parameters.message ?? 'cartReminder', ownWords: node.parameters.ownWords }).toEqual({ name, message: expect.stringMatching(/^(builtIn|cartReminder)$/), ownWords: {} });
		if (node.parameters.message === 'builtIn') expect({ name, entry: builtInOf(node) }).toEqual({ name, entry: expect.any(Object) });
	}
});

test('a journey about a purchase sends transactional messages only, and marketing never one of those', () => {
	for (const { name, trigger, node } of mails) if (node.parameters.message === 'builtIn') expect({ name, kind: builtInOf(node)?.kind }).toEqual({ name, kind: trigger.parameters.kind });
});

describe.each(mails)('$name', ({ trigger, node }) => {
	test.each(['', 'TAKE10'])('reads well with everything known and with nothing known, with the code "%s"', (code) => {
		const renderer = createRenderer({ content: contentOf(node, code), designsDir });
		for (const { what, item } of itemsOf(trigger)) {
			const { subject, html, text } = renderer.render(item, { settings: sampleSettings(), links });
			expect({ what, subject }).toEqual({ what, subject: expect.stringMatching(/^[\p{Lu}\d#][^{}]{5,}$/u) });
			const faults = [subject, ...text.split('\n')].filter((said) => /undefined|\bnull\b|NaN|\[object|\{\{|\}\}|(?<=\S) {2}(?=\S)|\s[,.;:?!](\s|$)|\(\s*\)|\.\.|,\s*\./.test(said));
			expect({ what, faults }).toEqual({ what, faults: [] });
			expect(html).not.toMatch(/\{\{|undefined|\bNaN\b|href=""|src=""/);
			expect(text.includes('TAKE10')).toBe(code !== '' && usesCode(node));
		}
	});

	test('tells the order or product that it is about', () => {
		const renderer = createRenderer({ content: contentOf(node, ''), designsDir });
		for (const { item, isFull } of itemsOf(trigger)) {
			const { subject, text } = renderer.render(item, { settings: sampleSettings(), links });
			if (item.order && builtInOf(node)?.shows === 'order') for (const part of ['Linen Throw', '€18.50', '€87.50']) expect(text).toContain(part);
			if (item.order && isFull && item.journey.kind === 'transactional') expect(`${subject}\n${text}`).toContain('1007');
			if (isFull && (item.product || item.view?.productId) && kindOf(trigger) !== 'segmentTrigger') expect(`${subject}\n${text}`).toContain('Linen Throw');
		}
	});

	test('leads where it asks the reader to go', () => {
		const renderer = createRenderer({ content: contentOf(node, ''), designsDir });
		for (const { item } of itemsOf(trigger)) {
			const { html, text } = renderer.render(item, { settings: sampleSettings(), links });
			for (const kind of builtInOf(node)?.needs ?? []) for (const part of [html.replaceAll('&#x3D;', '='), text]) expect(part).toContain(kind === 'profile' ? `${address}?f=profile` : `${address}?${linkParameters[kind]}=abc.def`);
		}
	});

	test('can be unsubscribed from unless it is about a purchase', () => {
		const renderer = createRenderer({ content: contentOf(node, ''), designsDir });
		for (const { item } of itemsOf(trigger)) {
			const { html, text } = renderer.render(item, { settings: sampleSettings(), links });
			for (const part of [html, text]) expect(part.includes('journeys.fern.example/u?t')).toBe(item.journey.kind === 'marketing');
		}
	});
});

/** The entry in the catalogue, of messages that name one. */
function builtInOf({ parameters }: TemplateNode) {
	return parameters.message === 'builtIn' ? builtInMessage(String(parameters.builtInMessage)) : undefined;
}

/** Messages of marketing show a code, others never, even if one was typed in. */
const usesCode = (node: TemplateNode) => builtInOf(node)?.kind !== 'transactional';
