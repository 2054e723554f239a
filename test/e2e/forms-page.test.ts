import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildScript } from '../../lib/tracking/browser/build-script';
import { withSetup } from '../../lib/tracking/script';
import type { FormReply } from '../../lib/forms/receive';
import { customerByEmail } from '../unit/record/shop';
import { back, Desk, newsletter, profile } from '../unit/forms/desk';
import { findChromium, launchBrowser } from './browser';
import { until } from './installation';
import { userAgent } from './tracking-page';

const withBrowser = process.env.SHOP_JOURNEYS_NO_BROWSER_TESTS && !findChromium() ? describe.skip : describe;
const browserFile = (name: string) => readFileSync(path.join(__dirname, `../../lib/tracking/browser/${name}.ts`), 'utf8');
const popUps = [{ id: 'offer', afterSeconds: 0, everyDays: 30 }, { id: 'stay', onLeave: true, everyDays: 30 }];

interface Listening {
	origin: string;
	close(): Promise<void>;
}

function listen(handler: http.RequestListener): Promise<Listening> {
	const server = http.createServer(handler);
	return new Promise((resolve) => {
		server.listen(0, '127.0.0.1', () => {
			const close = () => new Promise<void>((done) => (server.close(() => done()), server.closeAllConnections()));
			resolve({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close });
		});
	});
}

/** Repeated names become lists, as n8n parses a form. */
function parsed(text: string): Record<string, string | string[]> {
	const values = new URLSearchParams(text);
	return Object.fromEntries([...new Set(values.keys())].map((name) => [name, values.getAll(name).length > 1 ? values.getAll(name) : values.get(name)!]));
}

withBrowser('forms in the shop’s pages, in a real browser', () => {
	let desk: Desk;
	let shop: Listening;
	let n8n: Listening;
	let browser: Browser;
	let context: BrowserContext;
	let errors: string[];
	let body = '';
	let attributes = '';
	let isDown = false;
	/** Who the browser said it is, by tracking.js. */
	let told: string[] = [];

	async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
		const url = new URL(request.url!, 'http://n8n');
		const { origin } = request.headers;
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const sent = Buffer.concat(chunks).toString();
		if (origin) response.setHeader('access-control-allow-origin', origin);
		if (url.pathname.endsWith('/messages')) {
			if (isDown) return void response.writeHead(503).end('<p>down</p>');
			const query = Object.fromEntries(url.searchParams);
			const reply: FormReply = request.method === 'POST' ? await desk.post(query, parsed(sent), { origin }) : await desk.get(query, { origin });
			// A person takes longer than a test.
			desk.shop.pass(2_000);
			return void response.writeHead(reply.status, reply.headers).end(reply.body);
		}
		if (request.method === 'POST') {
			told.push(sent);
			return void response.writeHead(204).end();
		}
		const script = await buildScript(browserFile(url.searchParams.get('part') === 'forms' ? 'forms' : 'tracking'));
		response.writeHead(200, { 'content-type': 'text/javascript' }).end(withSetup(script, { address: `${n8n.origin}/messages`, popUps }));
	}

	beforeAll(async () => {
		n8n = await listen((request, response) => void answer(request, response));
		shop = await listen((request, response) => {
			// As strict as a shop may be: no inline styles, nothing from elsewhere but n8n.
			response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': `default-src 'none'; script-src 'unsafe-inline' ${n8n.origin}; connect-src ${n8n.origin}; style-src 'none'; img-src data:` });
			response.end(`<!doctype html><html lang="en-GB"><head><title>Shop ${request.url}</title><link rel="icon" href="data:,"><script async src="${n8n.origin}/tracking.js?key=k" ${attributes}></script></head><body><h1>Tea</h1>${body}</body></html>`);
		});
		browser = await launchBrowser();
	}, 60_000);
	beforeEach(async () => {
		desk = await Desk.open({ forms: [newsletter, back, profile, { ...newsletter, id: 'offer' }, { ...newsletter, id: 'stay' }] });
		desk.settings.tracking = { allowedOrigins: [shop.origin], publicKey: 'k' };
		[body, attributes, isDown, errors, told] = ['', '', false, [], []];
		context = await browser.newContext({ userAgent, viewport: { width: 1280, height: 800 } });
		context.on('weberror', (error) => errors.push(error.error().message));
	});
	afterEach(async () => {
		await context.close();
		desk.shop.hub.close();
		expect(errors).toEqual([]);
	});
	afterAll(async () => {
		await browser?.close();
		await shop?.close();
		await n8n?.close();
	});

	const visit = async (address = '/'): Promise<Page> => {
		const page = await context.newPage();
		await page.goto(shop.origin + address);
		return page;
	};
	const picture = async (page: Page, name: string) => {
		if (process.env.FORM_SCREENSHOTS) await page.screenshot({ path: path.join(process.env.FORM_SCREENSHOTS, `${name}.png`) });
	};

	test('inline: what is wrong is told beside its field, nothing typed is lost, and who signed up is told to tracking.js', async () => {
		body = '<div data-shop-journeys-form="newsletter"></div>';
		const page = await visit();
		await page.getByLabel('First name').fill('Anna');
		await page.getByLabel('E-mail address').fill('anna@example');
		await page.getByRole('button', { name: 'Sign up' }).click();
		await page.getByText('This does not look like an e-mail address').waitFor();
		expect(await page.getByLabel('First name').inputValue()).toBe('Anna');
		await picture(page, 'inline-error');
		await page.getByLabel('E-mail address').fill('anna@example.com');
		await page.keyboard.press('Enter');
		await page.getByRole('heading', { name: 'Thank you' }).waitFor();
		await picture(page, 'inline-done');
		expect(await customerByEmail(desk.shop, 'anna@example.com')).toMatchObject({ firstName: 'Anna', consent: { email: { status: 'subscribed', text: expect.stringMatching(/^Send me news and offers from Anna’s Tea House by e-mail/) } } });
		await until('the browser to be known', () => told.some((batch) => batch.includes('"identified"') && batch.includes('anna@example.com')));
	});

	test('over the page, at its call: of the product that the page shows; closed with Escape', async () => {
		attributes = '';
		const page = await visit('/pot');
		await page.waitForFunction('typeof window.shopJourneys?.showForm === "function"');
		await page.evaluate("shopJourneys.track('view_item', { items: [{ item_id: 'pot' }] }); shopJourneys.showForm('back-in-stock', { variant: 'red' })");
		const dialog = page.getByRole('dialog', { name: 'Tell me when it is back' });
		await dialog.getByLabel('E-mail address').fill('ben@example.com');
		await picture(page, 'dialog');
		await dialog.getByRole('button', { name: 'Tell me', exact: true }).click();
		await dialog.getByRole('heading', { name: 'Thank you' }).waitFor();
		expect((await customerByEmail(desk.shop, 'ben@example.com'))?.restock).toEqual({ 'restock:pot/red': expect.any(Number) });
		await page.keyboard.press('Escape');
		await dialog.waitFor({ state: 'detached' });
		await page.evaluate("shopJourneys.showForm('no-such-form')");
		await page.getByText('This form does not exist').waitFor();
	});

	test('opens by itself, and leaves alone who closed it; opens when the pointer leaves', async () => {
		attributes = 'data-forms';
		await context.newPage();
		const page = await visit();
		const dialog = page.getByRole('dialog', { name: /^News from/ });
		await dialog.waitFor();
		await page.setViewportSize({ width: 375, height: 700 });
		await picture(page, 'pop-up-phone');
		await dialog.getByRole('button', { name: 'Close' }).click();
		await dialog.waitFor({ state: 'detached' });
		const leave = () => page.evaluate("document.dispatchEvent(new MouseEvent('mouseout', { clientY: -1 }))");
		await page.reload();
		await page.waitForFunction('window.shopJourneys?.forms?.push !== Array.prototype.push');
		expect(await page.locator('dialog').count()).toBe(0);
		await leave();
		await dialog.waitFor();
		await dialog.getByLabel('E-mail address').fill('eva@example.com');
		await dialog.getByRole('button', { name: 'Sign up' }).click();
		await dialog.getByRole('heading', { name: 'Thank you' }).waitFor();
		expect((await customerByEmail(desk.shop, 'eva@example.com'))?.consent.email?.status).toBe('subscribed');
	});

	test('a server that is away loses nothing that was typed', async () => {
		body = '<div data-shop-journeys-form="newsletter"></div>';
		const page = await visit();
		await page.getByLabel('E-mail address').fill('anna@example.com');
		isDown = true;
		await page.getByRole('button', { name: 'Sign up' }).click();
		await page.getByText('This cannot be done right now').waitFor();
		isDown = false;
		await page.getByRole('button', { name: 'Sign up' }).click();
		await page.getByRole('heading', { name: 'Thank you' }).waitFor();
	});

	test('stays away from pages that are not the shop’s', async () => {
		body = '<div data-shop-journeys-form="newsletter"></div>';
		desk.settings.tracking = { allowedOrigins: ['https://other.example.com'], publicKey: 'k' };
		const page = await visit();
		await page.getByText('This form cannot be used on this page.').waitFor();
		expect(await page.getByLabel('E-mail address').count()).toBe(0);
	});

	test('as a page of its own: sandboxed, without scripts, and it can be sent', async () => {
		const page = await context.newPage();
		await page.goto(`${n8n.origin}/messages?f=newsletter`);
		await page.getByLabel('E-mail address').fill('mia@example.com');
		await page.getByRole('button', { name: 'Sign up' }).click();
		await page.getByRole('heading', { name: 'Thank you' }).waitFor();
		expect((await customerByEmail(desk.shop, 'mia@example.com'))?.consent.email?.status).toBe('subscribed');
	});
});
