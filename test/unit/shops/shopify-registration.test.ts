import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isShopJourneysError, type ShopJourneysError } from '../../../lib/model/errors';
import type { ShopApiContext } from '../../../lib/shops/api';
import { shopifyAdapter } from '../../../lib/shops/shopify';
import { shopifyAddress } from '../../../lib/shops/shopify/graphql';
import { registeredTopics } from '../../../lib/shops/shopify/registration';
import { context as normaliseContext, fixture, refusal } from './context';
import { closeShops, visit } from './shopify-shop';

const address = 'https://n8n.example/webhook/5a5d/shop';
const register = (context: ShopApiContext, to = address) => shopifyAdapter.api!.register(context, { address: to, secret: 'unused' });

async function refused(asking: Promise<unknown>): Promise<ShopJourneysError> {
	const error: unknown = await asking.then(() => undefined, (reason: unknown) => reason);
	if (!isShopJourneysError(error)) throw error ?? new Error('Nothing was refused');
	return error;
}

afterEach(closeShops);

describe('registering at Shopify', () => {
	it('subscribes to every topic, each of which is read', async () => {
		const { shop, context } = await visit();
		expect(await register(context)).toEqual({ topics: registeredTopics, problems: [] });
		expect(shop.subscriptions.map(({ topic }) => topic).sort()).toEqual([...registeredTopics].sort());
		expect(new Set(shop.subscriptions.map(({ uri, format }) => `${uri} ${format}`))).toEqual(new Set([`${address} JSON`]));
		for (const topic of registeredTopics.filter((name) => name !== 'app/uninstalled')) {
			// An empty body is refused by the readers of a topic; topics without one would answer with a reason.
			expect(() => shopifyAdapter.normalise({ headers: { 'x-shopify-topic': topic }, rawBody: Buffer.from('[]'), receivedAtMs: 0 }, normaliseContext)).toThrow('not a JSON object');
		}
	});

	it('changes nothing the second time', async () => {
		const { shop, context } = await visit();
		await register(context);
		const before = structuredClone(shop.subscriptions);
		shop.asked.length = 0;
		expect((await register(context)).topics).toEqual(registeredTopics);
		expect(shop.subscriptions).toEqual(before);
		expect(shop.asked.map(({ operation }) => operation)).toEqual(['ShopJourneysSubscriptions']);
	});

	it('adds what Shopify gave up after failures', async () => {
		const { shop, context } = await visit();
		await register(context);
		shop.subscriptions = shop.subscriptions.filter(({ topic }) => topic !== 'orders/paid');
		await register(context);
		expect(shop.subscriptions.filter(({ topic }) => topic === 'orders/paid')).toHaveLength(1);
	});

	it('moves what leads to its older address, and leaves those of others alone', async () => {
		const { shop, context } = await visit();
		await register(context, 'https://old.example/webhook/5a5d/shop');
		shop.subscriptions.push({ id: 'gid://shopify/WebhookSubscription/1', topic: 'orders/paid', uri: 'https://n8n.example/webhook/other/shop', format: 'JSON' });
		shop.subscriptions.push({ id: 'gid://shopify/WebhookSubscription/2', topic: 'orders/paid', uri: 'https://older.example/webhook/5a5d/shop', format: 'JSON' });
		shop.subscriptions.push({ id: 'gid://shopify/WebhookSubscription/3', topic: 'shop/update', uri: 'arn:aws:events:eu-1::event-source/1', format: 'JSON' });
		const ids = shop.subscriptions.filter(({ uri }) => uri.startsWith('https://old.example')).map(({ id }) => id);
		await register(context);
		expect(shop.subscriptions.filter(({ uri }) => uri === address).map(({ id }) => id)).toEqual(ids);
		expect(shop.subscriptions.filter(({ uri }) => uri !== address).map(({ id }) => id.at(-1))).toEqual(['1', '3']);
	});

	it('goes through lists longer than a page', async () => {
		const { shop, context } = await visit();
		for (let number = 0; number < 230; number++) shop.subscriptions.push({ id: `gid://shopify/WebhookSubscription/${number}`, topic: 'shop/update', uri: `https://other.example/${number}`, format: 'JSON' });
		await register(context);
		await register(context);
		expect(shop.subscriptions).toHaveLength(230 + registeredTopics.length);
		await shopifyAdapter.api!.unregister(context, { address });
		expect(shop.subscriptions).toHaveLength(230);
	});

	it('names the scope to grant for what Shopify keeps back, and has the rest', async () => {
		const { context } = await visit({ scopes: ['read_orders', 'write_products', 'read_products', 'read_customers'] });
		const { topics, problems } = await register(context);
		expect(topics).toEqual(expect.arrayContaining(['orders/create', 'customers/update', 'products/update', 'app/uninstalled']));
		expect(topics).not.toContain('returns/request');
		expect(problems).toHaveLength(3);
		expect(problems).toEqual([
			expect.stringMatching(/^Shopify does not deliver fulfillments\/update, fulfillment_events\/create: grant the app the scope read_fulfillments/),
			expect.stringMatching(/returns\/request.*read_returns/),
			expect.stringMatching(/customers\/merge.*read_customer_merge/),
		]);
	});

	it('says in one sentence that customer data was not approved', async () => {
		const { context } = await visit({ isApprovedForCustomerData: false });
		const { topics, problems } = await register(context);
		expect(topics).toEqual(expect.arrayContaining(['products/update']));
		expect(topics).not.toContain('orders/create');
		expect(problems).toEqual([expect.stringContaining('Protected customer data access')]);
	});

	it('refuses when there is nothing that it could have', async () => {
		const { context } = await visit({ scopes: [] });
		const error = await refused(register(context));
		expect(error.code).toBe('SHOP_REFUSED');
		expect(error.message).toContain('read_orders');
	});

	it('says that a key is wrong, without repeating it', async () => {
		const { context } = await visit();
		const error = await refused(register({ ...context, credential: { ...context.credential, accessToken: 'a key of another shop' } }));
		expect(error).toMatchObject({ code: 'SHOP_REFUSED', message: expect.stringContaining('does not know the key'), hint: expect.stringContaining('access token') });
		expect(`${error.message}${error.hint}`).not.toContain('a key of another shop');
	});

	const clientId = '0123456789abcdef'.repeat(2);

	it('fetches a token for an app that has none of its own: one for all questions, another when it has run out', async () => {
		const { shop, context } = await visit({ clientId });
		await register(context);
		await register(context);
		const tokens = () => shop.asked.filter(({ operation }) => operation === 'access_token').length;
		expect(tokens()).toBe(1);
		await context.sleep(86_400_000);
		expect((await register(context)).topics).toEqual(registeredTopics);
		expect(tokens()).toBe(2);
	});

	it('says why there is no token, without repeating the secret, and asks again the next time', async () => {
		const { context } = await visit({ clientId });
		const wrong: ShopApiContext = { ...context, credential: { ...context.credential, appSecretKey: 'the secret of another app' } };
		const error = await refused(register(wrong));
		expect(error).toMatchObject({ code: 'SHOP_REFUSED', message: expect.stringContaining('could not be found'), hint: expect.stringContaining('Client ID') });
		expect(`${error.message}${error.hint}`).not.toContain('the secret of another app');
		wrong.credential = context.credential;
		expect((await register(wrong)).problems).toEqual([]);
	});

	it('refuses an empty key before it asks', async () => {
		const { shop, context } = await visit();
		expect((await refused(register({ ...context, credential: { ...context.credential, accessToken: ' ' } }))).hint).toContain('Access Token');
		expect(shop.asked).toEqual([]);
	});

	it('tells of an address that Shopify would not deliver to', async () => {
		const { context } = await visit();
		const error = await refused(register({ ...context, credential: { ...context.credential, shopSubdomain: 'quay' } }, 'http://localhost:5678/webhook/5a5d/shop'));
		expect(error).toMatchObject({ code: 'SHOP_REFUSED', hint: expect.stringContaining('WEBHOOK_URL') });
	});

	it('gets through faults on the way', async () => {
		const { shop, context } = await visit();
		shop.faults.push({ status: 503 }, 'hang up', { status: 429, headers: { 'retry-after': '2.0' } }, { status: 200, body: { errors: [{ message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] } });
		expect((await register(context)).problems).toEqual([]);
		expect(shop.subscriptions).toHaveLength(registeredTopics.length);
	});

	it('says what else Shopify answers, in its words', async () => {
		const { shop, context } = await visit();
		shop.faults.push({ status: 200, body: { data: { webhookSubscriptions: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } } } });
		shop.faults.push({ status: 200, body: { data: { webhookSubscriptionCreate: { webhookSubscription: null, userErrors: [{ field: ['uri'], message: 'Address is too long' }] } } } });
		expect((await register(context)).problems).toEqual([expect.stringMatching(/: it says "Address is too long"\.$/)]);
	});

	it('takes away what leads to the address, and minds nothing that is gone', async () => {
		const { shop, context } = await visit();
		await register(context);
		shop.subscriptions.push({ id: 'gid://shopify/WebhookSubscription/1', topic: 'orders/paid', uri: 'https://n8n.example/webhook/other/shop', format: 'JSON' });
		await shopifyAdapter.api!.unregister(context, { address });
		expect(shop.subscriptions.map(({ uri }) => uri)).toEqual(['https://n8n.example/webhook/other/shop']);
		await shopifyAdapter.api!.unregister(context, { address });
		expect(shop.subscriptions).toHaveLength(1);
	});
});

describe('deliveries of the mock shop', () => {
	it('come signed to who subscribed, and are understood', async () => {
		const taken: Array<{ topic?: string; events: string[] }> = [];
		const { shop, context } = await visit();
		const server = createServer((request, response) => {
			void (async () => {
				const chunks: Buffer[] = [];
				for await (const chunk of request) chunks.push(chunk as Buffer);
				const delivery = { headers: request.headers as Record<string, string | undefined>, rawBody: Buffer.concat(chunks), receivedAtMs: Date.now() };
				shopifyAdapter.verify(delivery, shop.credential.appSecretKey);
				taken.push({ topic: delivery.headers['x-shopify-topic'], events: shopifyAdapter.normalise(delivery, normaliseContext).events.map(({ type }) => type) });
				response.end();
			})();
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		try {
			const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook/1/shop`;
			await register(context, to);
			expect(await shop.deliver('orders/create', fixture('shopify/order.json').toString())).toEqual([200]);
			expect(await shop.deliverTo(to, 'customers/redact', { shop_id: 1, customer: { id: 7 }, orders_to_redact: [] })).toBe(200);
			expect(await shop.deliver('shop/update', {})).toEqual([]);
			expect(taken).toEqual([{ topic: 'orders/create', events: ['order_placed'] }, { topic: 'customers/redact', events: ['customer_erased'] }]);
		} finally {
			server.closeAllConnections();
			server.close();
		}
	});
});

describe('the address of a Shopify shop', () => {
	it.each([
		['quay', 'https://quay.myshopify.com'],
		[' Quay-2 ', 'https://quay-2.myshopify.com'],
		['quay.myshopify.com', 'https://quay.myshopify.com'],
		['https://quay.myshopify.com/', 'https://quay.myshopify.com'],
		['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
		['http://localhost:8080', 'http://localhost:8080'],
	])('reads %s as %s', (told, address) => {
		expect(shopifyAddress(told)).toBe(address);
	});

	it.each(['', undefined, 'quay.example', 'https://evil.example', 'quay.myshopify.com.evil.example', 'evil.example/#.myshopify.com', 'http://127.0.0.1.evil.example', 'http://127.0.0.1:80@evil.example', 'a b'])('sends no key to %s', (told) => {
		expect(refusal(() => shopifyAddress(told)).code).toBe('SHOP_REFUSED');
	});
});
