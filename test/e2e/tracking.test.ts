import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, selectors } from 'playwright-core';
import { Editor, findChromium, launchBrowser } from './browser';
import { filledIn, Installation, template, uniqueAddress, until, webhookUrl } from './installation';
import { readLogged } from './timeline';
import { pagesWith, userAgent } from './tracking-page';

const withBrowser = process.env.SHOP_JOURNEYS_NO_BROWSER_TESTS && !findChromium() ? describe.skip : describe;

withBrowser('tracking.js served by the Shop Webhook Trigger of a real n8n', () => {
	const connect = filledIn(template('00-connect/connect-demo-shop.json'));
	const [trigger] = connect.nodes.filter(({ type }) => type.endsWith('shopWebhookTrigger'));
	let n8n: Installation;
	let browser: Browser;
	let context: BrowserContext;
	let shop: http.Server;
	let shopUrl: string;
	let scriptUrl: string;
	let embed = '';

	beforeAll(async () => {
		shop = http.createServer((request, response) => pagesWith(() => embed, () => ({ before: 'window.dataLayer = [];' }))(request, response));
		await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
		shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
		trigger.parameters.shopUrl = shopUrl;
		trigger.parameters.startFor = ['searched'];
		n8n = await (await Installation.create({ workflows: [connect], speed: 1 })).start();
		scriptUrl = webhookUrl(n8n.url, connect, 'shopWebhookTrigger').replace(/shop$/, 'tracking.js');
		browser = await launchBrowser();
		context = await browser.newContext({ userAgent });
	}, 240_000);
	afterAll(async () => {
		await browser?.close();
		shop?.close();
		await n8n?.close();
	}, 30_000);

	const counters = () => n8n.store().readCounters('deliveries');
	const send = (init: RequestInit & { url?: string }) => fetch(init.url ?? scriptUrl, { method: 'POST', ...init });
	const batch = JSON.stringify({ visitor: 'visitor-0001', events: [{ id: 'event-0001', age: 0, type: 'searched', query: 'tea' }] });

	test('shows the line to embed, and serves the script to be kept for a day', async () => {
		const shown = await (await fetch(scriptUrl)).text();
		[embed] = /<script.*<\/script>/.exec(shown)!;
		const [, src] = /src="([^"]+)"/.exec(embed)!;
		// n8n's own public address.
		expect(src.replace('localhost', '127.0.0.1').split('?')[0]).toBe(scriptUrl);
		expect(src).toMatch(/\?key=[\w-]{16,}$/);
		expect(embed).toContain('data-consent="required"');

		const script = await fetch(src, { headers: { origin: shopUrl } });
		expect([script.status, script.headers.get('content-type'), script.headers.get('access-control-allow-origin')]).toEqual([200, 'text/javascript; charset=utf-8', '*']);
		expect(script.headers.get('cache-control')).toMatch(/^public, max-age=86400/);
		expect((await script.text()).length).toBeGreaterThan(5_000);
		expect((await fetch(src, { headers: { 'if-none-match': script.headers.get('etag')! } })).status).toBe(304);
		scriptUrl = src;
	});

	test('records what a visitor does on a page of the shop, and knows whose it was after identify', async () => {
		const email = uniqueAddress('visitor');
		const page = await context.newPage();
		await page.goto(`${shopUrl}/tea`);
		await page.waitForFunction('window.shopJourneys');
		await page.evaluate("shopJourneys.consent(true); dataLayer.push({ event: 'view_item', ecommerce: { items: [{ item_id: 'p1', item_name: 'Green Tea', price: 12.5 }] } })");
		await until('the views', async () => (await counters())['tracking.product_viewed'] === 1);
		expect(await counters()).toMatchObject({ 'tracking.visited': 1, 'tracking.page_viewed': 1, 'tracking.product_viewed': 1 });

		await page.evaluate(`shopJourneys.identify({ email: '${email}', firstName: 'Mia' })`);
		await until('the customer', async () => (await readLogged(n8n.store(), email)).some(({ type }) => type === 'identified'));
		const [alias] = await n8n.store().read<{ id: string }>([`alias:email:${email}`]);
		const [customer] = await n8n.store().read<{ consent: object }>([`customer:${alias.value!.id}`]);
		expect(customer.value!.consent).toEqual({});
		// What was browsed before is hers now.
		const [history] = await n8n.store().read<{ recent: Array<{ type: string; view?: object }> }>([`history:${alias.value!.id}`]);
		expect(history.value!.recent).toEqual(expect.arrayContaining([expect.objectContaining({ type: 'product_viewed', view: expect.objectContaining({ productId: 'p1' }) as unknown })]));
		expect(n8n.executions()).toEqual([]);
	}, 60_000);

	test.each([
		['of a page that is not the shop’s', 403, { headers: { origin: 'https://evil.example' } }],
		['without an origin', 403, {}],
		['with another key', 403, { key: 'pk_other', headers: { origin: 'shop' } }],
		['of more than 64 kB', 422, { body: `{"visitor":"${'x'.repeat(66_000)}"}`, headers: { origin: 'shop' } }],
		['that is no JSON', 422, { body: '{', headers: { origin: 'shop' } }],
	] as Array<[string, number, { key?: string; body?: string; headers?: Record<string, string> }]>)('refuses a batch %s and records nothing of it', async (_title, status, { key, body = batch, headers }) => {
		const before = await counters();
		const url = key ? scriptUrl.replace(/key=.*/, `key=${key}`) : scriptUrl;
		const response = await send({ url, body, headers: { 'content-type': 'text/plain', 'user-agent': userAgent, ...headers, ...(headers?.origin === 'shop' && { origin: shopUrl }) } });
		expect(response.status).toBe(status);
		expect(await counters()).toEqual(before);
	});

	test('drops a robot’s batch without a word, takes a person’s, and starts the workflow where that was asked for', async () => {
		const headers = { 'content-type': 'text/plain', origin: shopUrl };
		expect((await send({ body: batch, headers: { ...headers, 'user-agent': 'Googlebot/2.1' } })).status).toBe(204);
		expect((await counters())['tracking.searched']).toBeUndefined();
		for (let repetition = 0; repetition < 2; repetition++) {
			expect((await send({ body: batch, headers: { ...headers, 'user-agent': userAgent } })).status).toBe(204);
		}
		expect((await counters())['tracking.searched']).toBe(1);
		await until('the execution', () => n8n.executions().length === 1);
	});

	test('answers 429 to who sends more than a person can', async () => {
		const events = Array.from({ length: 50 }, (_, index) => ({ id: `flood-${1000 + index}`, age: 0, type: 'unknown' }));
		const statuses: number[] = [];
		for (let count = 0; count < 5; count++) {
			const body = JSON.stringify({ visitor: 'visitor-flood', events });
			statuses.push((await send({ body, headers: { 'content-type': 'text/plain', origin: shopUrl, 'user-agent': userAgent } })).status);
		}
		expect(statuses).toEqual([204, 204, 204, 204, 429]);
	});

	test('shows in a test in the editor what came, and records nothing', async () => {
		const before = await counters();
		selectors.setTestIdAttribute('data-test-id');
		const editor = await Editor.open(n8n.url);
		try {
			await editor.openPanel(connect.id, trigger.name);
			await editor.executeStep();
			const url = scriptUrl.replace('/webhook/', '/webhook-test/');
			const headers = { 'content-type': 'text/plain', origin: shopUrl, 'user-agent': userAgent };
			const body = JSON.stringify({ visitor: 'visitor-test', events: [{ id: 'event-test', age: 0, type: 'searched', query: 'a test search' }] });
			await until('n8n to listen', async () => (await send({ url, body, headers })).status === 204);
			await editor.panel.getByTestId('output-panel').getByText('a test search').waitFor();
		} finally {
			await editor.close();
		}
		expect(await counters()).toEqual(before);
	}, 180_000);
});
