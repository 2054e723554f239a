import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { genericAdapter } from '../../../lib/shops/generic';

const { createShop } = require('../../../docker/demo/shop/server');

interface Received {
	headers: Record<string, string>;
	body: string;
}

const secret = `whsec_${Buffer.from('a secret of thirty-two bytes, yes').toString('base64')}`;
const context = { toJourneyMs: (ms: number) => ms, currency: 'EUR', shopUrl: 'http://127.0.0.1:8080' };

let folder: string;
let n8n: Server;
let shop: Server;
let shopUrl: string;
let received: Received[];
/** What n8n answers, one after the other; then 200. */
let answers: number[];

async function listen(server: Server): Promise<string> {
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function openShop(target: string): Promise<void> {
	shop = createShop({ shopUrl: 'http://127.0.0.1:8080', webhookTarget: target, secret, dataDir: folder, clockSpeed: 60 });
	shopUrl = await listen(shop);
}

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-shop-'));
	received = [];
	answers = [];
	n8n = createServer((request, response) => {
		let body = '';
		request.on('data', (chunk: Buffer) => (body += chunk.toString()));
		request.on('end', () => {
			received.push({ headers: request.headers as Record<string, string>, body });
			response.statusCode = answers.shift() ?? 200;
			response.end('{}');
		});
	});
	await openShop(`${await listen(n8n)}/webhook/shop`);
});

afterEach(() => {
	for (const server of [shop, n8n]) {
		server.closeAllConnections();
		server.close();
	}
	rmSync(folder, { recursive: true, force: true });
});

async function call(action: string, body: object): Promise<{ token: string; stage: string; deliveries: Array<{ state: string; answer: string; attempts: number }>; error?: string }> {
	const response = await fetch(`${shopUrl}/api/${action}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
	return (await response.json()) as Awaited<ReturnType<typeof call>>;
}

async function until(condition: () => boolean): Promise<void> {
	for (let attempt = 0; attempt < 200 && !condition(); attempt++) await new Promise((resolve) => setTimeout(resolve, 25));
	expect(condition()).toBe(true);
}

/** A purchase from the first look to the payment. */
async function buy(): Promise<string> {
	const { token } = await call('open', {});
	await call('customer', { token, email: 'robin@example.com', firstName: 'Robin', optIn: true });
	await call('item', { token, productId: 'mug', quantity: 2 });
	await call('item', { token, productId: 'blanket', quantity: 1 });
	await call('checkout', { token });
	await call('pay', { token });
	return token;
}

describe('the demo shop', () => {
	it('signs as Standard Webhooks says, checked here without any code of ours', async () => {
		await buy();
		await until(() => received.length === 5);
		for (const { headers, body } of received) {
			const signed = `${headers['x-shop-journeys-id']}.${headers['x-shop-journeys-timestamp']}.${body}`;
			const expected = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(signed).digest('base64');
			expect(headers['x-shop-journeys-signature']).toBe(`v1,${expected}`);
			expect(Math.abs(Number(headers['x-shop-journeys-timestamp']) - Date.now() / 1000)).toBeLessThan(10);
		}
	});

	it('sends what the generic adapter takes: cart, checkout and order of one customer', async () => {
		const token = await buy();
		await until(() => received.length === 5);
		const events = received.flatMap(({ headers, body }) => {
			const delivery = { headers, rawBody: Buffer.from(body), receivedAtMs: Date.now() };
			genericAdapter.verify(delivery, secret);
			return genericAdapter.normalise(delivery, context).events;
		});
		expect(events.map(({ type }) => type)).toEqual(['customer_updated', 'cart_updated', 'cart_updated', 'checkout_updated', 'order_placed']);
		expect(events.every(({ customer }) => customer?.email === 'robin@example.com' && customer.emailConsent?.status === 'subscribed')).toBe(true);
		expect(events[2].cart).toMatchObject({ cartToken: token, stage: 'cart', totalMinor: 12_500, currency: 'EUR', recoveryUrl: `http://127.0.0.1:8080/cart?token=${token}` });
		expect(events[3].cart).toMatchObject({ stage: 'checkout', cartToken: token });
		expect(events[4].order).toMatchObject({ cartToken: token, checkoutToken: events[3].cart?.checkoutToken, totalMinor: 12_500, number: '#1001' });
	});

	it('says nothing about consent when the box was never ticked, and no when the tick is taken away', async () => {
		const { token } = await call('open', {});
		const consents = async (optIn: boolean) => {
			await call('customer', { token, email: 'robin@example.com', optIn });
			const count = received.length;
			await until(() => received.length > 0 && received.length >= count);
			await until(() => (JSON.parse(received[received.length - 1].body) as { type: string }).type === 'customer_updated');
			return (JSON.parse(received[received.length - 1].body) as { customer: { emailConsent?: { status: string } } }).customer.emailConsent?.status;
		};
		expect(await consents(false)).toBeUndefined();
		received.length = 0;
		expect(await consents(true)).toBe('subscribed');
		received.length = 0;
		expect(await consents(false)).toBe('unsubscribed');
	});

	it('tries again with the same id, in order, until n8n has opened the address', async () => {
		answers = [404, 503];
		const { token } = await call('open', {});
		await call('item', { token, productId: 'mug', quantity: 1 });
		await call('item', { token, productId: 'mug', quantity: 2 });
		await until(() => received.length === 4);
		const ids = received.map(({ headers }) => headers['x-shop-journeys-id']);
		expect(ids[0]).toBe(ids[1]);
		expect(ids[1]).toBe(ids[2]);
		expect(ids[3]).not.toBe(ids[0]);
		expect(received.map(({ body }) => (JSON.parse(body) as { cart: { items: Array<{ quantity: number }> } }).cart.items[0].quantity)).toEqual([1, 1, 1, 2]);
	});

	it('does not insist when the delivery itself is refused, and shows the answer', async () => {
		answers = [401];
		const { token } = await call('open', {});
		await call('item', { token, productId: 'mug', quantity: 1 });
		await until(() => received.length === 1);
		await new Promise((resolve) => setTimeout(resolve, 100));
		const { deliveries } = await call('open', { token });
		expect(deliveries).toEqual([expect.objectContaining({ state: 'refused', attempts: 1, answer: expect.stringMatching(/^401/) })]);
	});

	it('loses nothing when n8n is down and the shop is started again', async () => {
		const { port } = n8n.address() as AddressInfo;
		n8n.closeAllConnections();
		n8n.close();
		const { token } = await call('open', {});
		await call('item', { token, productId: 'mug', quantity: 1 });
		await until(() => true);
		shop.closeAllConnections();
		shop.close();
		n8n = createServer((request, response) => {
			received.push({ headers: request.headers as Record<string, string>, body: '' });
			response.end();
		});
		n8n.listen(port, '127.0.0.1');
		await once(n8n, 'listening');
		await openShop(`http://127.0.0.1:${port}/webhook/shop`);
		await until(() => received.length >= 1);
		expect(await call('open', { token })).toMatchObject({ token, quantities: { mug: 1 } });
	});

	it('brings a cart back by its link, and a new one after the order', async () => {
		const token = await buy();
		expect(await call('open', { token, restore: true })).toMatchObject({ token, stage: 'ordered' });
		expect((await call('open', { token })).token).not.toBe(token);
		expect(await call('pay', { token })).toEqual({ error: 'This cart is no longer open: reload the page' });
	});

	it.each([
		['item', { productId: 'nothing', quantity: 1 }, 'no product'],
		['item', { productId: 'mug', quantity: -1 }, 'quantity'],
		['item', { productId: 'mug', quantity: 1.5 }, 'quantity'],
		['customer', { email: 'nobody' }, 'e-mail'],
		['checkout', {}, 'e-mail'],
	])('refuses a wrong %s %j', async (action, body, expected) => {
		const { token } = await call('open', {});
		expect((await call(action, { token, ...body })).error).toContain(expected);
		expect(received).toEqual([]);
	});

	it('serves its page and pictures, and no other file', async () => {
		const page = await fetch(`${shopUrl}/cart?token=x`);
		expect(page.headers.get('content-type')).toContain('text/html');
		expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
		expect((await fetch(`${shopUrl}/products/mug.svg`)).headers.get('content-type')).toBe('image/svg+xml');
		for (const wrong of ['/../server.js', '/%2e%2e/server.js', '/server.js', '/products', '/products/none.svg']) expect((await fetch(shopUrl + wrong)).status).toBe(404);
		expect((await fetch(`${shopUrl}/api/open`)).status).toBe(405);
		expect((await fetch(`${shopUrl}/api/open`, { method: 'POST', body: '{}' })).status).toBe(405);
	});
});
