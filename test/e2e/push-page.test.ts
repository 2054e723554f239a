import type { Browser, BrowserContext, Page } from 'playwright-core';
import { generateVAPIDKeys } from 'web-push';
import { findChromium, launchBrowser } from './browser';
import { until } from './installation';
import { serviceWorkerPath, TrackedShop, userAgent } from './tracking-page';

const withBrowser = process.env.SHOP_JOURNEYS_NO_BROWSER_TESTS && !findChromium() ? describe.skip : describe;

/**
 * The browser's own push service is on the internet: this stands in for it, and for nothing else. Permission, service worker and
 * notification are the browser's.
 */
const pushService = (address: string) => `
	let current = null;
	const subscription = { toJSON: () => ({ endpoint: window.pushAddress || '${address}', keys: { p256dh: 'B' + 'a'.repeat(86), auth: 'b'.repeat(22) } }) };
	PushManager.prototype.subscribe = async (options) => {
		if (!options.userVisibleOnly || !/^B[\\w-]{86}$/.test(options.applicationServerKey)) throw new Error('no key');
		return (current = subscription);
	};
	PushManager.prototype.getSubscription = async () => current;`;

withBrowser('web push on a shop’s page in a real browser', () => {
	const address = 'https://push.example.com/abc';
	const push = { publicKey: generateVAPIDKeys().publicKey, serviceWorkerPath };
	let shop: TrackedShop;
	let browser: Browser;
	let context: BrowserContext;

	beforeAll(async () => {
		shop = await TrackedShop.open();
		browser = await launchBrowser();
	}, 60_000);
	beforeEach(async () => {
		shop.begin();
		shop.config = { push };
		context = await browser.newContext({ userAgent });
		await context.addInitScript(pushService(address));
	});
	afterEach(async () => {
		await context.close();
		expect(shop.failures).toEqual([]);
	});
	afterAll(async () => {
		await browser?.close();
		await shop?.close();
	});

	const ask = { after: "document.body.insertAdjacentHTML('beforeend', '<button>Tell me</button>'); document.querySelector('button').onclick = async () => { window.answer = await shopJourneys.askForPush(); };" };
	const answerOf = async (page: Page) => {
		await page.click('button');
		await page.waitForFunction('typeof window.answer === "boolean"', undefined, { timeout: 30_000 });
		return await page.evaluate<boolean>('window.answer');
	};
	const told = (count: number) => until(`${count} events of web push`, () => (shop.events.filter((event) => event.push).length >= count ? shop.events.filter((event) => event.push) : undefined));

	test('a click asks, the worker of the shop starts, and the subscription is told with its consent', async () => {
		await context.grantPermissions(['notifications'], { origin: shop.origin });
		const page = await shop.visit(context, '/', ask);
		expect(await answerOf(page)).toBe(true);
		const [event] = await told(1);
		expect(event).toMatchObject({ type: 'push_subscribed', push: { endpoint: address, p256dh: `B${'a'.repeat(86)}`, auth: 'b'.repeat(22) }, customer: { pushConsent: { status: 'subscribed', basis: 'opt_in' } } });
	}, 60_000);

	test('a new address is told at the next page, without a new consent; the old one ends', async () => {
		await context.grantPermissions(['notifications'], { origin: shop.origin });
		const page = await shop.visit(context, '/', ask);
		await answerOf(page);
		await told(1);
		await context.addInitScript("window.pushAddress = 'https://push.example.com/new'");
		await shop.visit(page, '/next');
		const [, ended, begun] = await told(3);
		expect(ended).toMatchObject({ type: 'push_unsubscribed', push: { endpoint: address } });
		expect(begun).toMatchObject({ type: 'push_subscribed', push: { endpoint: 'https://push.example.com/new' } });
		expect(begun.customer).not.toHaveProperty('pushConsent');
		// What is known is not told again.
		await shop.visit(page, '/again');
		await until('the page', () => shop.of('page_viewed').length === 3);
		expect(shop.events.filter((event) => event.push)).toHaveLength(3);
	}, 60_000);

	test('a permission that was taken back is told', async () => {
		await context.grantPermissions(['notifications'], { origin: shop.origin });
		const page = await shop.visit(context, '/', ask);
		await answerOf(page);
		await told(1);
		await context.clearPermissions();
		await shop.visit(page, '/next');
		const [, ended] = await told(2);
		expect(ended).toMatchObject({ type: 'push_unsubscribed', push: { endpoint: address } });
	}, 60_000);

	test('nothing is asked without consent to tracking, nor where the shop has no web push', async () => {
		await context.grantPermissions(['notifications'], { origin: shop.origin });
		expect(await answerOf(await shop.visit(context, '/', { ...ask, attributes: 'data-consent="required"' }))).toBe(false);
		shop.config = {};
		expect(await answerOf(await shop.visit(context, '/other', ask))).toBe(false);
		expect(shop.events.filter((event) => event.push)).toEqual([]);
	}, 60_000);

	test('the worker shows a push, and one with the same tag in its place', async () => {
		await context.grantPermissions(['notifications'], { origin: shop.origin });
		const page = await shop.visit(context, '/', ask);
		await answerOf(page);
		const session = await context.newCDPSession(page);
		const registered = new Promise<string>((resolve) => {
			session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations.filter(({ scopeURL }) => scopeURL.startsWith(shop.origin)).forEach(({ registrationId }) => resolve(registrationId)));
		});
		await session.send('ServiceWorker.enable');
		const registrationId = await registered;
		const deliver = async (body: string, tag: string) =>
			await session.send('ServiceWorker.deliverPushMessage', { origin: shop.origin, registrationId, data: JSON.stringify({ title: 'Tea House', body, url: `${shop.origin}/tea`, tag }) });
		const shown = async () => await page.evaluate<Array<[string, string, string]>>('navigator.serviceWorker.getRegistration().then((r) => r.getNotifications()).then((all) => all.map(({ title, body, data }) => [title, body, data.shopJourneysUrl]))');
		await deliver('Green tea is back', 'one');
		await until('a notification', async () => (await shown()).length === 1);
		await deliver('Green tea is still here', 'one');
		await until('its replacement', async () => (await shown())[0]?.[1] === 'Green tea is still here');
		expect(await shown()).toEqual([['Tea House', 'Green tea is still here', `${shop.origin}/tea`]]);
	}, 60_000);
});
