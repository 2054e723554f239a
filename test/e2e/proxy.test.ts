import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const { freePort } = require('../../scripts/lib/ports');

const hasCaddy = spawnSync('caddy', ['version']).status === 0;
const withCaddy = process.env.SHOP_JOURNEYS_NO_PROXY_TESTS && !hasCaddy ? describe.skip : describe;

/** An n8n as shops meet it at a start: it answers anything with 200 before it is ready, and says so only where it is asked. */
class StartingN8n {
	isReady = false;
	/** What came through to it, callers' addresses included. */
	readonly taken: Array<string | undefined> = [];
	private readonly server: Server = createServer((request, response) => {
		if (request.url === '/healthz/readiness') return void response.writeHead(this.isReady ? 200 : 503).end();
		this.taken.push(request.headers['x-forwarded-for'] as string | undefined);
		response.end(this.isReady ? '{"ok":true}' : 'n8n is starting up. Please wait');
	});

	async listen(): Promise<number> {
		await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
		return (this.server.address() as AddressInfo).port;
	}

	close(): void {
		this.server.closeAllConnections();
		this.server.close();
	}
}

withCaddy('the proxy of the compose file, in a real Caddy', () => {
	const n8n = new StartingN8n();
	let caddy: ChildProcess;
	let url: string;
	const deliver = () => fetch(`${url}/webhook/shop`, { method: 'POST', body: '{}', headers: { 'X-Forwarded-For': '203.0.113.9' } });
	const until = async (wanted: number) => {
		for (let tries = 0; tries < 100; tries++) {
			const response = await deliver().catch(() => null);
			if (response?.status === wanted) return response;
			await sleep(100);
		}
		throw new Error(`the proxy never answered ${wanted}`);
	};

	beforeAll(async () => {
		const port: number = await freePort();
		const upstream = await n8n.listen();
		url = `http://127.0.0.1:${port}`;
		caddy = spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', path.join(__dirname, '../../docker/Caddyfile')], {
			env: { ...process.env, PROXY_PORT: String(port), N8N_UPSTREAM: `127.0.0.1:${upstream}` },
			stdio: 'ignore',
		});
	});
	afterAll(() => {
		caddy.kill();
		n8n.close();
	});

	it('answers 503 while n8n starts, which shops take for "try again", and lets nothing through', async () => {
		const response = await until(503);
		expect(response.headers.get('retry-after')).toBe('5');
		expect(await response.text()).toBe('n8n is not ready. Try again in a few seconds.');
		n8n.taken.length = 0;
		for (let i = 0; i < 10; i++) expect((await deliver()).status).toBe(503);
		expect(n8n.taken).toEqual([]);
	});

	it('lets deliveries through once n8n is ready, with the address of who sent them', async () => {
		n8n.isReady = true;
		expect(await (await until(200)).json()).toEqual({ ok: true });
		expect(n8n.taken[0]).toMatch(/^203\.0\.113\.9/);
	});

	it('answers 503 again when n8n goes away', async () => {
		n8n.close();
		expect((await until(503)).headers.get('retry-after')).toBe('5');
	});
});
