import type { Browser, BrowserContext, Page } from 'playwright-core';
import { findChromium, launchBrowser } from './browser';
import { until } from './installation';
import { type PageParts, TrackedShop, userAgent } from './tracking-page';

/** Longer than a batch waits to leave. */
const batchMs = 3_000;
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const item = (id: string, more: object = {}) => ({ item_id: id, item_name: `Tea ${id}`, item_category: 'Tea', price: 12.5, ...more });
const push = (entry: unknown) => `dataLayer.push(${JSON.stringify(entry)});`;
const gtag = (name: string, data: unknown) => `gtag('event', ${JSON.stringify(name)}, ${JSON.stringify(data)});`;
const withLayer = 'window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments); }';
const stub = "window.shopJourneys = ['track', 'identify', 'consent'].reduce((s, n) => (s[n] = (...v) => s.q.push([n, v]), s), { q: [] });";

const withBrowser = process.env.SHOP_JOURNEYS_NO_BROWSER_TESTS && !findChromium() ? describe.skip : describe;

withBrowser('tracking.js on a shop’s page in a real browser', () => {
	let shop: TrackedShop;
	let browser: Browser;
	let context: BrowserContext;
	let errors: string[];

	beforeAll(async () => {
		shop = await TrackedShop.open();
		browser = await launchBrowser();
	}, 60_000);
	beforeEach(async () => {
		shop.begin();
		errors = [];
		context = await browser.newContext({ userAgent });
		context.on('weberror', (error) => errors.push(error.error().message));
	});
	afterEach(async () => {
		await context.close();
		expect(errors).toEqual([]);
		expect(shop.failures).toEqual([]);
	});
	afterAll(async () => {
		await browser?.close();
		await shop?.close();
	});

	const arrived = (type: Parameters<TrackedShop['of']>[0], count = 1) => until(`${count} × ${type}`, () => (shop.of(type).length >= count ? shop.of(type) : undefined));
	/** A tab in the background, as far as the page can tell. */
	const setVisible = (page: Page, isVisible: boolean) =>
		page.evaluate(`Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${isVisible ? 'visible' : 'hidden'}' }); document.dispatchEvent(new Event('visibilitychange'));`);
	const kept = (page: Page) => page.evaluate<[string, number]>('[document.cookie, localStorage.length]');
	const state = async (page: Page) => JSON.parse((await page.evaluate<string | null>('localStorage.getItem("shopJourneys")')) ?? '{}') as { visitor?: string; at: number; unsent: unknown[] };

	test('tells a visit and its page, with referrer and UTM and nothing else of the address', async () => {
		await shop.visit(context, '/tea?utm_source=news&utm_campaign=spring&email=mia@example.com#x');
		const [visit] = await arrived('visited');
		const [view] = await arrived('page_viewed');
		expect(view.view).toEqual({ path: '/tea', title: 'Page /tea', utm: { source: 'news', campaign: 'spring' } });
		expect(visit.view).toEqual(view.view);
		expect(JSON.stringify(shop.batches)).not.toContain('mia@example.com');
		expect(view.customer?.visitorId).toMatch(/^\w{24}$/);
	});

	test('goes on under the same visitor and visit on the next page and in another tab', async () => {
		const page = await shop.visit(context);
		await page.click('a');
		await shop.visit(context, '/other');
		await arrived('page_viewed', 3);
		expect(shop.of('visited')).toHaveLength(1);
		expect(new Set(shop.events.map(({ customer }) => customer?.visitorId)).size).toBe(1);
		expect(shop.of('page_viewed').find(({ view }) => view?.path === '/next')?.view?.referrer).toBe(`${shop.origin}/`);
	});

	test('begins a new visit after half an hour of silence, not before', async () => {
		const page = await shop.visit(context);
		const silence = (minutes: number) => page.evaluate(`(s => { s.at -= ${minutes} * 60000; localStorage.setItem('shopJourneys', JSON.stringify(s)); })(JSON.parse(localStorage.getItem('shopJourneys')))`);
		await arrived('visited');
		await silence(29);
		await page.evaluate('shopJourneys.track("early")');
		await silence(31);
		await page.evaluate('shopJourneys.track("late")');
		await arrived('custom', 2);
		expect(shop.events.map(({ type, custom }) => custom?.name ?? type)).toEqual(['visited', 'page_viewed', 'early', 'visited', 'late']);
	});

	/** Every event of the data layer, and what becomes of it. */
	const told: Array<[string, object, object]> = [
		['view_item', { currency: 'EUR', value: 12.5, items: [item('p1')] }, { type: 'product_viewed', view: { productId: 'p1', productTitle: 'Tea p1', category: 'Tea', priceMinor: 1250, path: '/layer' } }],
		['view_item_list', { item_list_name: 'All', items: [item('p2', { item_category: 'Cups' }), item('p3', { item_category: 'Cups' })] }, { type: 'category_viewed', view: { category: 'Cups' } }],
		['view_item_list', { item_list_name: 'Related', items: [item('p2', { item_category: 'Cups' }), item('p1')] }, { type: 'category_viewed', view: { category: 'Related' } }],
		['search', { search_term: 'green tea' }, { type: 'searched', view: { query: 'green tea' } }],
		['add_to_cart', { currency: 'EUR', items: [item('p1', { quantity: 2 })] }, { type: 'cart_updated', cart: { items: [{ productId: 'p1', quantity: 2, unitPriceMinor: 1250 }], totalMinor: 2500, currency: 'EUR' } }],
		['begin_checkout', { currency: 'EUR', items: [item('p1', { quantity: 1 })] }, { type: 'checkout_updated', cart: { stage: 'checkout', items: [{ productId: 'p1', quantity: 1 }] } }],
		['purchase', { transaction_id: 'T-7', value: 1, currency: 'EUR', items: [] }, { type: 'custom', custom: { name: 'purchase', data: { orderId: 'T-7' } } }],
	];
	const tellings: Array<[string, (script: string) => PageParts, (name: string, data: object) => string]> = [
		['gtag() before the script', (script) => ({ before: withLayer + script }), gtag],
		['gtag() after the script', (script) => ({ before: withLayer, after: `addEventListener('load', () => { ${script} })` }), gtag],
		['{ event, ecommerce } before the script', (script) => ({ before: withLayer + script }), (name, ecommerce) => push({ ecommerce: null }) + push(name === 'search' ? { event: name, ...ecommerce } : { event: name, ecommerce })],
		['{ event, ecommerce } in a data layer that is made after the script', (script) => ({ after: `setTimeout(() => { window.dataLayer = []; ${script} }, 1500)` }), (name, ecommerce) => push(name === 'search' ? { event: name, ...ecommerce } : { event: name, ecommerce })],
	];
	test.each(tellings)('reads every e-commerce event from %s', async (_title, parts, tell) => {
		await shop.visit(context, '/layer', parts(told.map(([name, data]) => tell(name, data)).join('\n')));
		await until('the purchase', () => shop.events.some(({ custom }) => custom?.name === 'purchase'));
		expect(shop.events).toEqual(expect.arrayContaining(told.map(([, , expected]) => expect.objectContaining(deep(expected)))));
		// Told in the page, in one go: a cart that was told whole again has replaced what had not left yet.
		expect(new Set(shop.events.flatMap(({ cart }) => cart?.cartToken ?? [])).size).toBe(1);
	});

	test('keeps the whole cart from changes, under one token until it is bought', async () => {
		const page = await shop.visit(context, '/cart', { before: withLayer });
		let count = 0;
		const cartAfter = async (script: string, type: 'cart_updated' | 'checkout_updated' = 'cart_updated') => {
			count++;
			await page.evaluate(script);
			await until(`change ${count}`, () => shop.events.filter(({ cart }) => cart).length >= count);
			return shop.events.filter((event) => event.type === type).at(-1)!.cart!;
		};
		const sizes = ({ items }: { items: Array<{ productId: string; quantity: number; variantTitle?: string }> }) => items.map(({ productId, quantity, variantTitle = '' }) => `${quantity} ${productId}${variantTitle}`);
		const first = await cartAfter(gtag('add_to_cart', { items: [item('p1')] }));
		expect(sizes(await cartAfter(gtag('add_to_cart', { items: [item('p1', { quantity: 2 }), item('p1', { item_variant: 'L' })] })))).toEqual(['3 p1', '1 p1L']);
		expect(sizes(await cartAfter(gtag('remove_from_cart', { items: [item('p1', { quantity: 1 })] })))).toEqual(['2 p1', '1 p1L']);
		expect(sizes(await cartAfter(gtag('remove_from_cart', { items: [item('p1', { item_variant: 'L' })] })))).toEqual(['2 p1']);
		expect(sizes(await cartAfter(gtag('view_cart', { items: [item('p2', { quantity: 4 })] })))).toEqual(['4 p2']);
		const checkout = await cartAfter(gtag('begin_checkout', {}), 'checkout_updated');
		expect([checkout.cartToken, ...sizes(checkout)]).toEqual([first.cartToken, '4 p2']);
		const closed = await cartAfter(gtag('purchase', { transaction_id: 'T-8' }), 'checkout_updated');
		expect([closed.cartToken, closed.closed]).toEqual([first.cartToken, 'completed']);

		// The confirmation is loaded again, after something new was put in.
		const next = await cartAfter(gtag('add_to_cart', { items: [item('p9')] }));
		expect(next.cartToken).not.toBe(first.cartToken);
		await page.evaluate(gtag('purchase', { transaction_id: 'T-8' }));
		expect(sizes(await cartAfter(gtag('add_to_cart', { items: [item('p9')] })))).toEqual(['2 p9']);
		expect(shop.events.filter(({ custom }) => custom?.name === 'purchase')).toHaveLength(1);
	}, 60_000);

	test('takes calls made before it is loaded and later; identify says who it is once in a visit', async () => {
		const page = await shop.visit(context, '/me', { before: `${stub} shopJourneys.track('quiz', { score: 3, deep: {} }); shopJourneys.identify({ email: 'mia@example.com', firstName: 'Mia' });` });
		await page.evaluate("shopJourneys.identify({ email: 'mia@example.com', firstName: 'Mia' }); shopJourneys.track('view_item', { items: [{ item_id: 'p5' }] }); shopJourneys.identify(); shopJourneys.track()");
		await arrived('product_viewed');
		expect(shop.of('custom')).toMatchObject([{ custom: { name: 'quiz', data: { score: 3 } } }]);
		expect(shop.of('identified')).toMatchObject([{ customer: { email: 'mia@example.com', firstName: 'Mia', locale: 'de-AT' } }]);
	});

	test('counts only the time that the tab is in sight, for what the page is about', async () => {
		const page = await shop.visit(context, '/tea', { before: withLayer + gtag('view_item', { items: [item('p1')] }) });
		await rest(1_600);
		await setVisible(page, false);
		const [first] = await arrived('dwelled');
		expect(first.view).toMatchObject({ path: '/tea', productId: 'p1', category: 'Tea', productTitle: 'Tea p1' });
		expect(first.view?.seconds).toBe(2);
		await rest(2_500);
		await setVisible(page, true);
		await rest(1_100);
		// The real end of a page.
		await page.goto('about:blank');
		const [, second] = await arrived('dwelled', 2);
		expect(second.view?.seconds).toBe(1);
	});

	test('counts a page anew that comes out of the back-forward cache', async () => {
		const page = await shop.visit(context, '/back');
		await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
		await arrived('page_viewed', 2);
	});

	test('loses nothing that happens in the moment of leaving', async () => {
		const page = await shop.visit(context, '/leave');
		await page.evaluate("addEventListener('pagehide', () => 0); shopJourneys.track('last words'); location.href = 'about:blank'");
		await arrived('custom');
		const other = await shop.visit(context, '/close');
		await other.evaluate("shopJourneys.track('closed')");
		await other.close({ runBeforeUnload: true });
		await arrived('custom', 2);
	});

	test('tells a beacon’s events again from the next page, until they are known to have arrived', async () => {
		const page = await shop.visit(context, '/one');
		await page.evaluate("shopJourneys.track('once')");
		await shop.visit(page, '/two');
		await until('an empty queue', async () => (await state(page)).unsent.length === 0);
		expect(shop.batches.flatMap(({ events }) => events as Array<{ name?: string }>).filter(({ name }) => name === 'once').length).toBeGreaterThanOrEqual(1);
		expect(shop.of('custom')).toHaveLength(1);
	});

	test('follows a shop that changes pages by itself', async () => {
		const page = await shop.visit(context, '/spa', { before: withLayer });
		await rest(1_100);
		await page.evaluate(`history.pushState({}, '', '/spa/tea'); document.title = 'Tea'; ${gtag('view_item', { items: [item('p1')] })}`);
		await rest(1_100);
		await page.evaluate("history.pushState({}, '', '/spa/tea?size=L'); history.back()");
		await page.evaluate('history.back()');
		await arrived('page_viewed', 3);
		expect(shop.of('page_viewed').map(({ view }) => [view?.path, view?.title, view?.referrer])).toEqual([
			['/spa', 'Page /spa', undefined],
			['/spa/tea', 'Tea', `${shop.origin}/spa`],
			['/spa', 'Tea', `${shop.origin}/spa/tea`],
		]);
		expect(shop.of('dwelled').map(({ view }) => [view?.path, view?.productId])).toEqual([['/spa', undefined], ['/spa/tea', 'p1']]);
	});

	test('keeps and sends nothing while consent is required and not given', async () => {
		const page = await shop.visit(context, '/private', { attributes: 'data-consent="required"', before: withLayer + gtag('add_to_cart', { items: [item('p1')] }) });
		await page.evaluate("shopJourneys.identify({ email: 'mia@example.com' })");
		await setVisible(page, false);
		await rest(batchMs);
		expect(await kept(page)).toEqual(['', 0]);
		expect(shop.batches).toEqual([]);
		await page.evaluate('shopJourneys.consent(false)');
		expect(await kept(page)).toEqual(['', 0]);
	});

	test('begins with the page on which consent is given, and goes on from there', async () => {
		const parts = { attributes: 'data-consent="required"', before: withLayer + gtag('view_item', { items: [item('p1')] }) };
		const page = await shop.visit(context, '/before', parts);
		await shop.visit(page, '/yes');
		await page.evaluate('shopJourneys.consent(true)');
		await arrived('product_viewed');
		expect(shop.of('page_viewed').map(({ view }) => view?.path)).toEqual(['/yes']);
		await shop.visit(page, '/after');
		await arrived('page_viewed', 2);
		expect(shop.of('visited')).toHaveLength(1);
	});

	test('deletes what it keeps when consent is withdrawn, in other tabs too, and stays silent', async () => {
		const page = await shop.visit(context, '/tab', { attributes: 'data-consent="required"', before: withLayer });
		await page.evaluate('shopJourneys.consent(true)');
		await arrived('page_viewed');
		const other = await shop.visit(context, '/other');
		await arrived('page_viewed', 2);
		await page.evaluate("shopJourneys.track('unsent'); shopJourneys.consent(false)");
		shop.clear();
		await other.evaluate("shopJourneys.track('other tab')");
		await page.evaluate("shopJourneys.track('silence')");
		await shop.visit(page, '/later', { attributes: 'data-consent="required"' });
		await rest(batchMs);
		expect(await kept(page)).toEqual(['', 0]);
		expect(shop.batches).toEqual([]);
	});

	test('remembers a refusal where consent is not required', async () => {
		const page = await shop.visit(context, '/out', {});
		await page.evaluate('shopJourneys.consent(false)');
		shop.clear();
		await shop.visit(page, '/silent');
		await rest(batchMs);
		expect(shop.batches).toEqual([]);
		expect(await page.evaluate('[document.cookie, localStorage.getItem("shopJourneys")]')).toEqual(['', null]);
		await page.evaluate('shopJourneys.consent(true)');
		await arrived('page_viewed');
	});

	test.each(['doNotTrack', 'globalPrivacyControl'])('honours %s when told to, even over a consent', async (signal) => {
		await context.addInitScript(`Object.defineProperty(Navigator.prototype, '${signal}', { get: () => ${signal === 'doNotTrack' ? '"1"' : 'true'} })`);
		const page = await shop.visit(context, '/dnt', { attributes: 'data-respect-dnt' });
		await page.evaluate("shopJourneys.consent(true); shopJourneys.track('x')");
		await rest(batchMs);
		expect([await kept(page), shop.batches]).toEqual([['', 0], []]);
		await shop.visit(page, '/dnt', { attributes: '' });
		await arrived('page_viewed');
	});

	test('mends the visitor from the cookie when the storage was cleared, and the other way round', async () => {
		const page = await shop.visit(context);
		const { visitor } = await state(page);
		await page.evaluate('localStorage.clear()');
		await shop.visit(page, '/again');
		expect((await state(page)).visitor).toBe(visitor);
		await context.clearCookies();
		await shop.visit(page, '/again');
		expect(await page.evaluate('document.cookie')).toBe(`shopJourneys=${visitor}`);
	});

	test('loses nothing on a line that comes and goes, over pages and refusals, and nothing counts twice', async () => {
		const page = await shop.visit(context, '/flaky');
		await arrived('page_viewed');
		await context.setOffline(true);
		await page.evaluate("shopJourneys.track('offline')");
		await rest(batchMs);
		expect(shop.of('custom')).toEqual([]);
		await context.setOffline(false);
		const [offline] = await arrived('custom');
		// Told by its age: it happened while offline.
		expect(Date.now() - offline.occurredAtMs).toBeGreaterThan(batchMs - 100);

		shop.failing = 503;
		await page.evaluate("shopJourneys.track('refused')");
		await rest(batchMs);
		await shop.visit(page, '/flaky/next');
		await page.evaluate("shopJourneys.track('refused, too')");
		await rest(batchMs);
		shop.failing = 0;
		await arrived('custom', 3);
		await until('an empty queue', async () => (await state(page)).unsent.length === 0);
		expect(shop.of('custom').map(({ custom }) => custom?.name).sort()).toEqual(['offline', 'refused', 'refused, too']);
		expect(shop.of('page_viewed')).toHaveLength(2);
	}, 60_000);

	test('does not repeat what is refused for good', async () => {
		shop.failing = 403;
		const page = await shop.visit(context, '/stranger');
		await until('an empty queue', async () => (await state(page)).unsent.length === 0);
	});

	test('sends at most 20 events at once, and at once when there are as many', async () => {
		const page = await shop.visit(context, '/many');
		await page.evaluate('for (let i = 0; i < 45; i++) shopJourneys.track("e" + i)');
		await arrived('custom', 45);
		for (const { events } of shop.batches) expect(events.length).toBeLessThanOrEqual(20);
		expect(new Set(shop.of('custom').map(({ custom }) => custom?.name)).size).toBe(45);
	});

	test('bears whatever is in a data layer, a storage that is closed, and being embedded twice', async () => {
		const before = `${withLayer} dataLayer.push(null, 7, 'x', [], { event: {} }, { event: 'view_item' }, { event: 'view_item', ecommerce: { items: [null, {}, { item_id: {} }] } }, { event: 'add_to_cart', ecommerce: { items: 'none' } }, Object.freeze({ event: 'purchase' }));
			Object.defineProperty(window, 'localStorage', { get() { throw new Error('SecurityError') } });`;
		const page = await shop.visit(context, '/broken', { before, after: "document.head.append(Object.assign(document.createElement('script'), { src: document.querySelector('script[src]').src }))" });
		await page.evaluate(`${gtag('search', { search_term: 'still here' })}`);
		await arrived('searched');
		expect(shop.of('page_viewed')).toHaveLength(1);
	});
});

/** Matches what is named, at any depth. */
function deep(expected: object): object {
	return Object.fromEntries(
		Object.entries(expected).map(([key, value]) => {
			if (Array.isArray(value)) return [key, value.map((entry) => (typeof entry === 'object' ? (expect.objectContaining(deep(entry as object)) as unknown) : (entry as unknown)))];
			return [key, typeof value === 'object' ? (expect.objectContaining(deep(value as object)) as unknown) : (value as unknown)];
		}),
	);
}
