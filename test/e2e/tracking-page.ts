import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { ShopEvent } from '../../lib/model/events';
import { buildScript } from '../../lib/tracking/browser/build-script';
import { normaliseBatch } from '../../lib/tracking/normalise';
import { receiveBatch, TrackingLimits } from '../../lib/tracking/receive';
import { type ScriptConfig, withConfig, workerLine } from '../../lib/tracking/script';

/** A browser of a person: headless Chromium says that it is a robot. */
export const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const publicKeys = 'pk_0123456789';
/** On the shop's own origin. */
export const serviceWorkerPath = '/shop-journeys-sw.js';

export interface PageParts {
	/** Attributes of the script element. */
	attributes?: string;
	/** JavaScript before the script element. */
	before?: string;
	/** JavaScript behind it. */
	after?: string;
}

function listen(handler: http.RequestListener): Promise<{ origin: string; close(): Promise<void> }> {
	const server = http.createServer(handler);
	return new Promise((resolve) => {
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address() as AddressInfo;
			const close = () =>
				new Promise<void>((done) => {
					server.close(() => done());
					server.closeAllConnections();
				});
			resolve({ origin: `http://127.0.0.1:${port}`, close });
		});
	});
}

/** Pages of any address, with the given parts and the line that embeds tracking.js. */
export function pagesWith(embed: (parts: PageParts) => string, parts: () => PageParts): http.RequestListener {
	return (request, response) => {
		const { before = '', after = '' } = parts();
		const { pathname } = new URL(request.url!, 'http://shop');
		response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
		response.end(`<!doctype html><html lang="de-AT"><head><title>Page ${pathname}</title><link rel="icon" href="data:,"><meta property="og:image" content="http://${request.headers.host}/tea.png">
<script>${before}</script>${embed(parts())}</head><body><a href="/next">next</a><script>${after}</script></body></html>`);
	};
}

/** A shop's pages on one origin, and on another what takes the batches, as our endpoint does. */
export class TrackedShop {
	/** What was recorded: each delivery once. */
	readonly events: ShopEvent[] = [];
	/** Every batch that came, with those that came again. */
	readonly batches: Array<{ visitor: string; events: unknown[] }> = [];
	/** Answers this in place of taking a batch. */
	failing = 0;
	parts: PageParts = {};
	/** What the script is told of the shop. */
	config: ScriptConfig = {};
	private readonly known = new Set<string>();
	/** Each test has a key of its own: what a browser flushes when it is closed may come while the next one runs. */
	private publicKey = `${publicKeys}0`;
	private tests = 0;

	private constructor(
		private readonly shop: { origin: string; close(): Promise<void> },
		private readonly tracker: { close(): Promise<void> },
	) {}

	static async open(): Promise<TrackedShop> {
		const [script, worker] = await Promise.all(['tracking', 'worker'].map(async (name) => await buildScript(readFileSync(path.join(__dirname, `../../lib/tracking/browser/${name}.ts`), 'utf8'))));
		const opened: { shop?: TrackedShop } = {};
		const tracker = await listen((request, response) => void opened.shop!.take(request.url!.endsWith('?worker') ? worker : withConfig(script, opened.shop!.config), request, response));
		const embed = ({ attributes = '' }: PageParts) => `<script async src="${tracker.origin}/webhook/x/tracking.js?key=${opened.shop!.publicKey}" ${attributes}></script>`;
		const pages = pagesWith(embed, () => opened.shop!.parts);
		const shop = await listen((request, response) => {
			if (request.url !== serviceWorkerPath) return pages(request, response);
			return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(workerLine(`${tracker.origin}/webhook/x/tracking.js`));
		});
		return (opened.shop = new TrackedShop(shop, tracker));
	}

	private async take(script: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
		const { origin } = request.headers;
		if (origin) response.setHeader('access-control-allow-origin', origin);
		if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const rawBody = Buffer.concat(chunks);
		if (this.failing) return void response.writeHead(this.failing).end();
		const { publicKey } = this;
		const key = new URL(request.url!, 'http://tracker').searchParams.get('key') ?? '';
		if (key.startsWith(publicKeys) && key !== publicKey) return void response.writeHead(204).end();
		const receivedAtMs = Date.now();
		const allowedOrigins = [this.origin];
		try {
			const batch = receiveBatch({ origin, key, address: '127.0.0.1', rawBody, receivedAtMs }, { allowedOrigins, publicKey }, new TrackingLimits());
			expect(batch.refused).toEqual([]);
			expect(request.headers['content-type']).toMatch(/^text\/plain/);
			this.batches.push(batch);
			for (const event of normaliseBatch(batch, { receivedAtMs, toJourneyMs: (wallMs) => wallMs, currency: 'EUR', allowedOrigins, takesCarts: true })) {
				if (!this.known.has(event.dedupeId)) this.events.push(event);
				this.known.add(event.dedupeId);
			}
			response.writeHead(204).end();
		} catch (error) {
			this.failures.push(error);
			response.writeHead(422).end();
		}
	}

	/** Batches that the endpoint refused: none, in a test that does not want one. */
	readonly failures: unknown[] = [];

	get origin(): string {
		return this.shop.origin;
	}

	/** Opens a page of the shop and waits until tracking.js runs there. */
	async visit(page: Page | BrowserContext, address = '/', parts?: PageParts): Promise<Page> {
		if (parts) this.parts = parts;
		const opened = 'newPage' in page ? await page.newPage() : page;
		await opened.goto(`${this.origin}${address}`);
		await opened.waitForFunction('typeof window.shopJourneys?.track === "function" && !window.shopJourneys.q');
		return opened;
	}

	of(type: ShopEvent['type']): ShopEvent[] {
		return this.events.filter((event) => event.type === type);
	}

	/** For a new test. */
	begin(): void {
		this.clear();
		this.publicKey = `${publicKeys}${++this.tests}`;
	}

	clear(): void {
		for (const list of [this.events, this.batches, this.failures]) list.length = 0;
		this.failing = 0;
		this.parts = {};
		this.config = {};
	}

	async close(): Promise<void> {
		await this.shop.close();
		await this.tracker.close();
	}
}
