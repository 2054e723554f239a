import { readLink } from '../../../lib/messages/links';
import { createRenderer } from '../../../lib/messages/render';
import { codeLinkFor, MessageLinker, productsByUrl, utmFor, withTracking } from '../../../lib/messages/tracking';
import { compiledDesignsDir } from './compiled-designs';
import { sampleItem, sampleSettings } from './samples';

const secret = Buffer.from('a secret of at least thirty-two bytes');
const address = 'https://journeys.fern.example/webhook/messages';
const nowMs = 1_770_000_000_000;
const message = { shop: 'main', customerId: 'cus-1', channel: 'email', enrolment: 'enr-1', sendKey: '1:node-1', step: 1 };
const linkerAt = (where: string | undefined) => new MessageLinker(secret, message, where, nowMs);
const settings = sampleSettings({ utm: { source: 'newsletter', medium: 'email' } });
const item = sampleItem();

interface Options { where?: string; countsClicks?: boolean; withUtm?: boolean }
const tracked = (html: string, { where = address, countsClicks = true, withUtm = false }: Options = {}, text = '') =>
	withTracking({ html, text }, { linker: linkerAt(where), countsClicks, utm: withUtm ? utmFor(settings, item) : undefined, products: productsByUrl(item), shopUrl: settings.url });
const hrefs = (html: string) => [...html.matchAll(/<a\b[^>]*href="([^"]*)"/g)].map(([, href]) => href);
const clicked = (href: string) => readLink(new URL(href).searchParams.get('c')!, secret, nowMs, 'click');

describe('links of a mail', () => {
	test('lead over the signed click address to where they led, with the product they show', () => {
		const { html } = tracked('<p><a class="x" href="https://fern.example/p/throw">Throw</a> <a href="https://fern.example/cart?token&#x3D;abc&amp;utm&#x3D;x">Cart</a></p>');
		const [throwLink, cartLink] = hrefs(html).map(clicked);
		expect(throwLink).toMatchObject({ ...message, kind: 'click', to: 'https://fern.example/p/throw', productId: 'p1' });
		expect(cartLink.to).toBe('https://fern.example/cart?token=abc&utm=x');
		expect(cartLink.productId).toBeUndefined();
		expect(html).toContain('<a class="x" href=');
	});

	test.each(['mailto:anna@fern.example', 'tel:+353123', '#top', '#', '', 'javascript:alert(1)', '/relative', `${address}?t=abc.def`, `${address}?r=abc.def&amp;v=5`])('%j stays as it is', (href) => {
		expect(hrefs(tracked(`<a href="${href}">x</a>`).html)[0]).toBe(href);
	});

	test('in single quotes, in other cases and in image maps are found, in pictures and styles not', () => {
		const { html } = tracked("<A HREF='https://fern.example/a'>a</A><area shape=\"x\" href=\"https://fern.example/b\"><img src=\"https://fern.example/c.jpg\"><link href=\"https://fern.example/d.css\">");
		expect(html.match(/\?c=/g)).toHaveLength(3);
		expect(html).toContain('<img src="https://fern.example/c.jpg"><link href="https://fern.example/d.css">');
	});

	test('that occur several times are signed once', () => {
		const links = hrefs(tracked('<a href="https://fern.example/a">1</a><a href="https://fern.example/a">2</a><a href="https://fern.example/b">3</a>').html);
		expect(links[0]).toBe(links[1]);
		expect(links[2]).not.toBe(links[0]);
	});

	test('nobody else can make or bend one', () => {
		const token = new URL(hrefs(tracked('<a href="https://fern.example/a">x</a>').html)[0]).searchParams.get('c')!;
		const [body, signature] = token.split('.');
		const elsewhere = Buffer.from(Buffer.from(body, 'base64url').toString().replace('fern.example/a', 'evil.example/a')).toString('base64url');
		for (const forged of [`${elsewhere}.${signature}`, `${body}.${signature.slice(0, -1)}`, body]) expect(() => readLink(forged, secret, nowMs, 'click')).toThrow(expect.objectContaining({ code: 'LINK_INVALID' }));
		expect(() => readLink(token, secret, nowMs, 'open')).toThrow(expect.objectContaining({ code: 'LINK_INVALID' }));
	});

	test('the link for machines comes first in the body and the open picture last, each once', () => {
		const { html } = tracked('<html><body><p>Hello</p></body></html>');
		expect(html).toMatch(/^<html><body><a href="[^"]*\?c=[^"]*" style="display:none;" tabindex="-1" aria-hidden="true"><\/a><p>Hello<\/p><img src="[^"]*\?o=[^"]*" alt="" width="1" height="1"[^>]*><\/body><\/html>$/);
		expect(clicked(hrefs(html)[0])).toMatchObject({ isTrap: true, to: 'https://fern.example' });
		expect(tracked('<p>Hello</p>').html).toMatch(/^<p>Hello<\/p><img /);
	});

	test('without an address, and where clicks are not counted, lead straight to the shop', () => {
		const html = '<body><a href="https://fern.example/a">x</a></body>';
		expect(withTracking({ html, text: 'T' }, { linker: linkerAt(undefined), countsClicks: true, products: new Map(), shopUrl: settings.url })).toEqual({ html, text: 'T' });
		expect(tracked(html, { countsClicks: false }).html).toBe(html);
	});
});

describe('UTM parameters', () => {
	const utm = utmFor(settings, item)!;
	const parameters = 'utm_source=newsletter&utm_medium=email&utm_campaign=Abandoned%20cart';

	test.each([
		['https://fern.example/a', `https://fern.example/a?${parameters}`],
		['https://www.fern.example/a?b=c%20d&e=#part', `https://www.fern.example/a?b=c%20d&e=&${parameters}#part`],
		['https://checkout.fern.example/?', `https://checkout.fern.example/?${parameters}`],
		['https://fern.example/a?utm_source=mine&utm_medium=x&utm_campaign=y', 'https://fern.example/a?utm_source=mine&utm_medium=x&utm_campaign=y'],
		['https://fern.example/a?utm_source=mine', 'https://fern.example/a?utm_source=mine&utm_medium=email&utm_campaign=Abandoned%20cart'],
		['https://reviews.example/fern', 'https://reviews.example/fern'],
		['https://notfern.example/a', 'https://notfern.example/a'],
		['https://fern.example@evil.example/a', 'https://fern.example@evil.example/a'],
		['https://fern.example:8443/a', `https://fern.example:8443/a?${parameters}`],
		['no address', 'no address'],
	])('%s becomes %s', (before, after) => {
		expect(utm.tagged(before)).toBe(after);
	});

	test('are in the target of a click link, in plain links and in the plain text, never on our own', () => {
		const html = `<a href="https://fern.example/a?b=1&amp;c=2">x</a><a href="${address}?t=abc">y</a>`;
		const text = `See (https://fern.example/a). Unsubscribe: ${address}?t=abc`;
		expect(clicked(hrefs(tracked(html, { withUtm: true }).html)[0]).to).toBe(`https://fern.example/a?b=1&c=2&${parameters}`);
		expect(hrefs(tracked(html, { withUtm: true, countsClicks: false }).html)).toEqual([`https://fern.example/a?b=1&amp;c=2&amp;${parameters.replaceAll('&', '&amp;')}`, `${address}?t=abc`]);
		expect(tracked(html, { withUtm: true }, text).text).toBe(`See (https://fern.example/a?${parameters}). Unsubscribe: ${address}?t=abc`);
	});

	test('the product is known by its address without them', () => {
		expect(clicked(hrefs(tracked('<a href="https://fern.example/p/throw">x</a>', { withUtm: true }).html)[0])).toMatchObject({ productId: 'p1', to: `https://fern.example/p/throw?${parameters}` });
	});

	test('the campaign is a template of the journey, or the campaign key outside one; there is none without settings', () => {
		const named = utmFor(sampleSettings({ utm: { source: 's', medium: 'm', campaign: '{{journey.name}}/{{journey.step}} & {{shop.name}}' } }), item)!;
		expect(named.tagged('https://fern.example/')).toBe(`https://fern.example/?utm_source=s&utm_medium=m&utm_campaign=${encodeURIComponent('Abandoned cart/1 & Fern & Field')}`);
		expect(utmFor(settings, {}, 'summer')!.tagged('https://fern.example/')).toContain('utm_campaign=summer');
		expect(utmFor(settings, {})!.tagged('https://fern.example/')).toBe('https://fern.example/?utm_source=newsletter&utm_medium=email');
		expect(utmFor(sampleSettings(), item)).toBeUndefined();
	});
});

test('a confirmation ends after a month, an unsubscribe link never', () => {
	const monthMs = 31 * 86_400_000;
	const token = (kind: 'confirm' | 'unsubscribe', parameter: string) => new URL(linkerAt(address).link(kind)!).searchParams.get(parameter)!;
	expect(() => readLink(token('confirm', 'd'), secret, nowMs + monthMs, 'confirm')).toThrow(expect.objectContaining({ code: 'LINK_EXPIRED' }));
	expect(readLink(token('confirm', 'd'), secret, nowMs + monthMs / 2, 'confirm').customerId).toBe('cus-1');
	expect(readLink(token('unsubscribe', 't'), secret, nowMs + 100 * monthMs, 'unsubscribe').customerId).toBe('cus-1');
});

test('the reference of a message names its booking, in letters that every provider keeps', () => {
	const reference = linkerAt(undefined).reference();
	expect(reference).toMatch(/^[\w.-]+$/);
	expect(readLink(reference, secret, nowMs, 'message')).toMatchObject(message);
});

test('in a cart reminder every link to the shop is counted and every link of ours is left alone', async () => {
	const linker = linkerAt(address);
	const links = { unsubscribePageUrl: linker.link('unsubscribe'), preferencesUrl: linker.link('preferences'), answerPageUrl: linker.link('answer') };
	const rendered = createRenderer({ content: { kind: 'builtIn', tone: 'reminder' }, designsDir: await compiledDesignsDir() }).render(item, { settings, links });
	const { html, text } = withTracking(rendered, { linker, countsClicks: true, utm: utmFor(settings, item), products: productsByUrl(item), shopUrl: settings.url });
	const kinds = hrefs(html).map((href) => new URL(href.replace(/&#x3D;/g, '=')).search.slice(0, 3));
	expect(kinds).toEqual(['?c=', '?c=', '?c=', '?c=', '?a=', '?t=', '?s=']);
	expect(text).toContain('https://fern.example/cart?token=abc&utm=x&utm_source=newsletter');
	expect(text).not.toContain('?c=');
});

describe('links to the shop put the code of the message to use', () => {
	const withCode = (system: string | undefined, code = 'TEA 1') => codeLinkFor({ ...settings, system }, item, code);

	test.each([
		['https://fern.example/p/throw?v=1#top', 'https://fern.example/discount/TEA%201?redirect=%2Fp%2Fthrow%3Fv%3D1%23top'],
		['https://www.fern.example', 'https://www.fern.example/discount/TEA%201?redirect=%2F'],
		['https://fern.example/548/checkouts/ac/a1/recover?key=b&x=1', 'https://fern.example/548/checkouts/ac/a1/recover?key=b&x=1&discount=TEA%201'],
		['https://fern.example/cart/c1', 'https://fern.example/cart/c1?discount=TEA%201'],
		['https://fern.example/cart', 'https://fern.example/discount/TEA%201?redirect=%2Fcart'],
		['https://fern.example/discount/OWN', 'https://fern.example/discount/OWN'],
		['https://fern.example/cart/c1?discount=OWN', 'https://fern.example/cart/c1?discount=OWN'],
		['https://elsewhere.example/p', 'https://elsewhere.example/p'],
	])('of Shopify: %s', (url, expected) => {
		expect(withCode('shopify')!(url)).toBe(expected);
	});

	test('where the shop documents such links, and there is a code', () => {
		for (const system of ['woocommerce', 'generic', undefined]) expect(withCode(system)).toBeUndefined();
		expect(withCode('shopify', '')).toBeUndefined();
	});

	test('in mail and plain text, behind the click address and with the parameters of the campaign, none that is ours', () => {
		const html = `<a href="https://fern.example/p/throw">Throw</a><a href="${address}?t=abc.def">Off</a><a href="https://elsewhere.example/">Else</a>`;
		const text = 'See https://fern.example/p/throw.';
		const given = { products: productsByUrl(item), shopUrl: settings.url, utm: utmFor(settings, item), withCode: withCode('shopify', 'TEA1') };
		const tracked = withTracking({ html, text }, { linker: linkerAt(address), countsClicks: true, ...given });
		expect(hrefs(tracked.html)).toContain(`${address}?t=abc.def`);
		const target = hrefs(tracked.html).filter((href) => href.includes('?c=')).map(clicked).find(({ productId }) => productId === 'p1')!.to!;
		expect(target).toMatch(/^https:\/\/fern\.example\/discount\/TEA1\?redirect=%2Fp%2Fthrow%3Futm_source%3Dnewsletter/);
		expect(tracked.text).toMatch(/^See https:\/\/fern\.example\/discount\/TEA1\?redirect=\S+\.$/);
		const bare = withTracking({ html, text }, { linker: linkerAt(undefined), countsClicks: false, ...given, utm: undefined });
		expect(hrefs(bare.html)[0]).toBe('https://fern.example/discount/TEA1?redirect=%2Fp%2Fthrow');
	});
});
