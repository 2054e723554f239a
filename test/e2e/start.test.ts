import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './browser';
import { until } from './installation';
import { userAgent } from './tracking-page';

const { freePort } = require('../../scripts/lib/ports');

const root = path.join(__dirname, '../..');
/** A day of journey time is twelve seconds. */
const speed = 7_200;
/** Set to a folder to keep the pictures that the README shows. */
const pictures = process.env.SHOP_JOURNEYS_PICTURES;

interface Ready {
	editor: string;
	shop?: string | null;
	mailbox?: string | null;
	smtpPort?: number;
	webhooks: Record<string, string>;
}

interface Mail {
	id: string;
	subject: string;
	html: string;
	to: Array<{ address: string }>;
}

/** `npm start` as a person runs it. */
class Launch {
	output = '';
	private readonly child: ChildProcess;
	readonly exited: Promise<number | null>;

	constructor(env: Record<string, string>, args: string[] = []) {
		this.child = spawn('node', ['scripts/start.js', ...args], {
			cwd: root,
			env: { ...process.env, N8N_PORT: '0', MAILBOX_SMTP_PORT: '0', MAILBOX_WEB_PORT: '0', DEMO_SHOP_PORT: '0', ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		for (const stream of [this.child.stdout, this.child.stderr]) stream!.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
		this.exited = new Promise((resolve) => this.child.on('exit', resolve));
	}

	async ready(): Promise<Ready> {
		const line = await until('the ready line', () => (this.child.exitCode !== null ? this.output : /^ready (.*)$/m.exec(this.output)?.[1]), 280_000);
		if (this.child.exitCode !== null) throw new Error(`npm start ended: ${this.output}`);
		return JSON.parse(line) as Ready;
	}

	async stop(signal: NodeJS.Signals): Promise<number | null> {
		this.child.kill(signal);
		return this.exited;
	}
}

const isListening = async (url: string) => fetch(url).then(() => true, () => false);

describe('npm start', () => {
	const userFolder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-start-'));
	// The same ports each time, as on a person's machine: what does not change is not imported again.
	const env: Record<string, string> = { N8N_USER_FOLDER: path.join(userFolder, 'demo'), SHOP_JOURNEYS_CLOCK_SPEED: String(speed) };
	let browser: Browser;
	let running: Launch | null = null;

	beforeAll(async () => {
		for (const name of ['N8N_PORT', 'MAILBOX_SMTP_PORT', 'MAILBOX_WEB_PORT', 'DEMO_SHOP_PORT']) env[name] = String(await freePort());
		browser = await launchBrowser();
	});
	afterAll(async () => {
		await browser?.close();
		await running?.stop('SIGTERM');
		rmSync(userFolder, { recursive: true, force: true });
	}, 60_000);

	const mailsOf = async ({ mailbox }: Ready, address: string) =>
		((await (await fetch(`${mailbox}/email`)).json()) as Mail[]).filter(({ to }) => to.some((recipient) => recipient.address === address));

	test('brings up a shop, a mailbox and n8n: what is left in the cart becomes a mail, and buying ends it', async () => {
		running = new Launch(env);
		const ready = await running.ready();
		expect(running.output).toContain(String(speed));
		expect(ready.smtpPort).toBeGreaterThan(0);
		expect(Object.keys(ready.webhooks)).toEqual(expect.arrayContaining(['shop']));

		const shop = await browser.newPage({ viewport: { width: 1200, height: 900 } });
		await shop.goto(ready.shop!);
		await shop.getByLabel('E-mail').fill('mia@example.com');
		await shop.getByLabel('First name').fill('Mia');
		await shop.getByLabel(/send me/).check();
		await shop.getByRole('button', { name: 'Save' }).click();
		await shop.getByRole('button', { name: /^Add/ }).first().click();
		await shop.getByRole('button', { name: /^Add/ }).nth(1).click();

		const mail = await until('the reminder', async () => (await mailsOf(ready, 'mia@example.com'))[0]);
		expect(mail.subject).toContain('Mia');
		await buy(shop);
		const sentBefore = (await mailsOf(ready, 'mia@example.com')).length;
		await shop.waitForTimeout((26 * 3_600_000) / speed);
		expect(await mailsOf(ready, 'mia@example.com')).toHaveLength(sentBefore);

		// The link in the mail leads back to the shop, and the unsubscribe page asks before it does anything.
		const links = [...mail.html.matchAll(/href="([^"]+)"/g)].map(([, link]) => link.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&'));
		const leadsTo = (link: string) => Buffer.from((new URL(link).searchParams.get('c') ?? '').split('.')[0], 'base64url').toString();
		const back = await fetch(links.find((link) => leadsTo(link).includes('cart'))!, { headers: { 'user-agent': userAgent } });
		expect([back.status, new URL(back.url).origin]).toEqual([200, new URL(ready.shop!).origin]);
		const unsubscribe = links.find((link) => link.includes('/messages?t='))!;
		const page = await browser.newPage();
		await page.goto(unsubscribe);
		await page.getByRole('button', { name: /unsubscribe/i }).click();
		await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
		if (pictures) await takePictures(browser, ready, mail, running.output);
	}, 400_000);

	test('stops every child on SIGTERM and starts again in a fraction of the time', async () => {
		const first = await running!.ready();
		expect(await running!.stop('SIGTERM')).toBe(0);
		for (const url of [first.editor, first.shop!, first.mailbox!]) expect(await isListening(url)).toBe(false);

		running = new Launch(env);
		const ready = await running.ready();
		expect(running.output).not.toMatch(/importing|publishing/);
		expect((await fetch(`${ready.editor}/healthz`)).status).toBe(200);
		expect(await running.stop('SIGINT')).toBe(0);
		expect(await isListening(ready.editor)).toBe(false);
		running = null;
	}, 300_000);

	test('says in a sentence which port is taken and what to set', async () => {
		const holder = createServer();
		await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
		const { port } = holder.address() as { port: number };
		const launch = new Launch({ ...env, N8N_USER_FOLDER: path.join(userFolder, 'other'), N8N_PORT: String(port) });
		expect(await launch.exited).not.toBe(0);
		holder.close();
		expect(launch.output).toContain(String(port));
		expect(launch.output).toContain('N8N_PORT');
		expect(launch.output).not.toMatch(/\n\s+at /);
	}, 60_000);

	test('--live runs at speed 1 with nothing of the demo in it', async () => {
		running = new Launch({ N8N_USER_FOLDER: path.join(userFolder, 'live') }, ['--live']);
		const ready = await running.ready();
		expect(ready.shop ?? null).toBeNull();
		expect(ready.mailbox ?? null).toBeNull();
		expect(running.output).not.toContain('owner@example.com');
		const response = await fetch(`${ready.editor}/healthz`);
		expect(response.status).toBe(200);
		expect(await running.stop('SIGTERM')).toBe(0);
		running = null;
	}, 300_000);
});

async function buy(shop: Page): Promise<void> {
	await shop.getByRole('button', { name: /checkout/i }).click();
	await shop.getByRole('button', { name: /pay/i }).click();
	await shop.getByText(/thank/i).first().waitFor();
}

/** What the README shows, taken from the running system. */
async function takePictures(browser: Browser, ready: Ready, mail: Mail, output: string): Promise<void> {
	const phone = await browser.newPage({ viewport: { width: 375, height: 800 }, deviceScaleFactor: 2 });
	await phone.goto(`${ready.mailbox}/email/${mail.id}/html`);
	await phone.waitForLoadState('networkidle');
	await phone.screenshot({ path: path.join(pictures!, 'mail.png'), fullPage: true });
	const editor = await browser.newPage({ viewport: { width: 1500, height: 860 } });
	await editor.goto(`${ready.editor}/signin`);
	await editor.locator('input[name=emailOrLdapLoginId]').fill('owner@example.com');
	await editor.locator('input[type=password]').fill(/owner@example\.com\s+(\S+)/.exec(output)![1]);
	await editor.keyboard.press('Enter');
	await editor.waitForURL((url) => !url.pathname.includes('signin'));
	await editor.goto(`${ready.editor}/workflow/sjAbandonedCart`);
	await editor.locator('[data-test-id=canvas-node]').first().waitFor({ timeout: 90_000 });
	await editor.waitForTimeout(4_000);
	await editor.screenshot({ path: path.join(pictures!, 'editor.png') });
}
