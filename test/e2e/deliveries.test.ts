import { randomUUID } from 'node:crypto';
import { signGeneric } from '../../lib/shops/generic';
import { findRedisServer, RedisServer } from '../contract/suite/redisServer';
import { cartEvent, orderEvent, Shop, shopifyHeaders } from './shop';
import { filledIn, Installation, secrets, template, uniqueAddress, until, webhookUrl, type Workflow } from './installation';

/** A second Shop Webhook Trigger in the same n8n, at an address of its own. */
function anotherShop(workflow: Workflow, id: string, credentials: Record<string, unknown>): Workflow {
	const copy = { ...structuredClone(workflow), id };
	for (const node of copy.nodes) if (node.webhookId) Object.assign(node, { webhookId: id, credentials });
	return copy;
}

describe('deliveries to a real n8n', () => {
	const connect = filledIn(template('00-connect/connect-demo-shop.json'));
	const connectShopify = filledIn(template('00-connect/connect-shopify.json'), { shop: { shop: 'shopify' } });
	const emptySecret = anotherShop(connect, 'e2eEmptySecret', { shopJourneysShopApi: { id: 'e2eEmpty', name: 'Empty' } });
	const noCredential = anotherShop(connect, 'e2eNoCredential', { shopJourneysShopApi: { id: 'e2eDeleted', name: 'Deleted' } });
	const shopifyWithoutSecret = anotherShop(connectShopify, 'e2eShopifyEmpty', { shopifyAccessTokenApi: { id: 'e2eShopifyEmpty', name: 'Empty' } });
	// What ended would be an execution of the journey.
	const journey = filledIn(template('03-cart-reminder/abandoned-cart.json'), { trigger: { showEnded: false } });
	const starting = filledIn(anotherShop(connect, 'e2eStarting', {}), { shop: { shop: 'starting', startFor: ['order_placed'] } });
	let n8n: Installation;
	let shop: Shop;
	let shopify: Shop;
	const shopOf = (workflow: Workflow) => new Shop(webhookUrl(n8n.url, workflow, 'shopWebhookTrigger'));

	beforeAll(async () => {
		n8n = await (
			await Installation.create({
				workflows: [connect, connectShopify, emptySecret, noCredential, shopifyWithoutSecret, starting, journey],
				credentials: [
					{ id: 'e2eEmpty', name: 'Empty', type: 'shopJourneysShopApi', data: { signingSecret: '' } },
					{ id: 'e2eDeleted', name: 'Deleted', type: 'shopJourneysShopApi', data: { signingSecret: secrets.generic } },
					{ id: 'e2eShopifyEmpty', name: 'Empty', type: 'shopifyAccessTokenApi', data: { shopSubdomain: 'tea', accessToken: 'none', appSecretKey: '' } },
				],
				speed: 1,
			})
		).start();
		// n8n publishes nothing without a credential; one can be deleted later.
		await (await n8n.owner()).deleteCredential(n8n.credentialIds.get('e2eDeleted')!);
		shop = shopOf(connect);
		shopify = shopOf(connectShopify);
	}, 240_000);
	// Whatever was delivered: no delivery ever starts an execution, let alone a failed one.
	afterEach(() => expect(n8n.executions().filter(({ workflowId }) => workflowId !== starting.id)).toEqual([]));
	afterAll(() => n8n?.close(), 30_000);

	/** Everything that a delivery could leave behind: log entries and counters of both shops, and which scopes there are. */
	async function traces() {
		const stores = [n8n.store('main'), n8n.store('shopify')];
		return await Promise.all(stores.map(async (store) => [(await store.readLog({ afterSeq: 0, limit: 1000 })).at(-1)?.seq ?? 0, await store.readCounters('deliveries')]));
	}

	const event = () => JSON.stringify(cartEvent({ token: randomUUID(), email: uniqueAddress('refused') }));
	const signed = (body: string | Buffer, options: { secret?: string; sentAtMs?: number } = {}) => ({ ...signGeneric({ id: randomUUID(), sentAtMs: Date.now(), secret: secrets.generic, body, ...options }) });
	const shopifyCart = (change: Record<string, unknown> = {}) => JSON.stringify({ id: randomUUID(), token: randomUUID(), line_items: [], updated_at: new Date().toISOString(), ...change });
	/** What n8n answers by itself, before our code, has a number as its code. */
	const byN8n = expect.any(Number) as unknown as string;
	const refusals: Array<[what: string, status: number, code: string, send: () => ReturnType<Shop['post']>]> = [
		['unsigned', 401, 'SIGNATURE_INVALID', () => shop.post(event(), {})],
		['signed with another secret', 401, 'SIGNATURE_INVALID', () => shop.send(cartEvent({ token: 'forged' }), { secret: randomUUID() })],
		['signed with an empty secret', 401, 'SIGNATURE_INVALID', () => shop.post(event(), { ...signed(event()), 'x-shop-journeys-signature': 'v1,' })],
		['tampered with', 401, 'SIGNATURE_INVALID', () => shop.post(event(), signed(event()))],
		['signed long ago and played again', 401, 'SIGNATURE_INVALID', () => ((body) => shop.post(body, signed(body, { sentAtMs: Date.now() - 600_000 })))(event())],
		['cut off', 422, byN8n, () => ((body) => shop.post(body.slice(0, -10), signed(body)))(event())],
		['no JSON', 422, byN8n, () => shop.post('no JSON', signed('no JSON'))],
		['text that says it is text', 422, 'PAYLOAD_INVALID', () => shop.post('no JSON', { ...signed('no JSON'), 'content-type': 'text/plain' })],
		['without a field', 422, 'PAYLOAD_INVALID', () => shop.send({ type: 'cart_updated', occurredAt: new Date().toISOString() })],
		['larger than 16 MB', 500, byN8n, () => ((body) => shop.post(body, signed(body)))(JSON.stringify({ padding: 'x'.repeat(17 * 1024 * 1024) }))],
		['for a credential without a secret', 401, 'SECRET_MISSING', () => shopOf(emptySecret).send(cartEvent({ token: 'empty' }))],
		['for a trigger whose credential was deleted', 401, 'SECRET_MISSING', () => shopOf(noCredential).send(cartEvent({ token: 'none' }))],
		['Shopify: unsigned', 401, 'SIGNATURE_INVALID', () => shopify.post(shopifyCart(), { 'x-shopify-topic': 'carts/create' })],
		['Shopify: tampered with', 401, 'SIGNATURE_INVALID', () => shopify.post(shopifyCart(), shopifyHeaders('carts/create', shopifyCart()))],
		['Shopify: cut off', 422, byN8n, () => ((body) => shopify.post(body.slice(0, -3), shopifyHeaders('carts/create', body)))(shopifyCart())],
		['Shopify: a body of another topic', 422, 'PAYLOAD_INVALID', () => ((body) => shopify.post(body, shopifyHeaders('orders/create', body)))(shopifyCart())],
		['Shopify: without a secret', 401, 'SECRET_MISSING', () => ((body) => shopOf(shopifyWithoutSecret).post(body, shopifyHeaders('carts/create', body)))(shopifyCart())],
	];
	test.each(refusals)('refuses what is %s with %i', async (_what, status, code, send) => {
		const before = await traces();
		const answer = await send();
		expect([answer.status, answer.body.code]).toEqual([status, code]);
		expect(JSON.stringify(answer.body)).not.toContain(secrets.generic);
		expect(await traces()).toEqual(before);
	});

	test.each(['GET', 'HEAD'])('has nothing at its address for %s', async (method) => {
		for (const workflow of [connect, connectShopify]) expect((await fetch(webhookUrl(n8n.url, workflow, 'shopWebhookTrigger'), { method })).status).toBe(404);
	});

	test('answers 200 to a topic it does not use, counts it and records nothing', async () => {
		const body = JSON.stringify({ id: 1 });
		const [[lastSeq]] = (await traces()).slice(1);
		const answer = await shopify.post(body, shopifyHeaders('themes/publish', body));
		expect(answer).toEqual({ status: 200, body: { ok: true, ignored: 'The topic "themes/publish" is not one that is used' } });
		expect((await traces())[1]).toEqual([lastSeq, { 'shopify.ignored': 1 }]);
	});

	test('records a delivery that comes 50 times at once exactly once', async () => {
		const token = randomUUID();
		const cart = cartEvent({ token, email: uniqueAddress('fifty') });
		const body = shopifyCart({ token });
		const headers = shopifyHeaders('carts/create', body);
		const sendings: Array<[scope: string, send: () => ReturnType<Shop['post']>]> = [
			['main', () => shop.send(cart, { id: `msg_${token}` })],
			['shopify', () => shopify.post(body, headers)],
		];
		for (const [scope, send] of sendings) {
			const answers = await Promise.all(Array.from({ length: 50 }, send));
			expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
			expect(answers.filter((answer) => answer.body.recorded === 1)).toHaveLength(1);
			expect(answers.filter((answer) => answer.body.duplicate === 1)).toHaveLength(49);
			const log = await n8n.store(scope).readLog({ afterSeq: 0, limit: 1000 });
			expect(log.filter(({ type, data }) => type === 'cart_updated' && (data as { cart?: string }).cart === token)).toHaveLength(1);
		}
	}, 30_000);

	test('starts the workflow for events that were chosen, once, and for no others', async () => {
		const email = uniqueAddress('starting');
		const order = orderEvent({ email });
		const send = (event: Record<string, unknown>) => shopOf(starting).send(event, { id: `msg_${String(event.type)}` });
		expect(await send(cartEvent({ token: email, email }))).toEqual({ status: 200, body: { ok: true, recorded: 1 } });
		expect(await send(order)).toEqual({ status: 200, body: { ok: true, recorded: 1 } });
		expect(await send(order)).toEqual({ status: 200, body: { ok: true, duplicate: 1 } });
		await until('the execution', () => n8n.executions().some(({ status }) => status === 'success'));
		const [execution, ...others] = n8n.executions();
		expect(others).toEqual([]);
		expect(await (await n8n.owner()).outputsOf(execution.id, 'Shop Webhook Trigger')).toEqual([[expect.objectContaining({ type: 'order_placed', customer: expect.objectContaining({ email }) })]]);
	}, 30_000);

	type Times = Date[];

	function genericEvents(name: string, times: Times) {
		const [token, email, orderId] = [`${name}-cart`, `${name}@example.com`, `${name}-order`];
		const placed = orderEvent({ token, email, orderId, placedAt: times[3] });
		return [
			cartEvent({ token, email, updatedAt: times[0] }),
			cartEvent({ token, email, updatedAt: times[1], items: [{ productId: 'p2', title: 'Black Tea', quantity: 1, unitPrice: '9.90' }] }),
			cartEvent({ token, email, updatedAt: times[2], stage: 'checkout' }),
			placed,
			{ ...placed, type: 'order_paid', occurredAt: times[4].toISOString() },
		].map((one) => () => shop.send(one));
	}

	function shopifyDeliveries(name: string, times: Times) {
		const [cartToken, checkoutToken, orderId, email] = [`${name}-cart`, `${name}-checkout`, `${name}-order`, `${name}@example.com`];
		const lines = (quantity: number) => [{ product_id: 7, variant_id: 8, title: 'Green Tea', quantity, price: '12.50' }];
		const common = (time: Date) => ({ created_at: times[0].toISOString(), updated_at: time.toISOString(), currency: 'EUR', email, buyer_accepts_marketing: true });
		const order = { id: orderId, line_items: lines(2), cart_token: cartToken, checkout_token: checkoutToken, total_price: '25.00' };
		return (
			[
				['carts/create', { token: cartToken, line_items: lines(1), updated_at: times[0].toISOString() }],
				['carts/update', { token: cartToken, line_items: lines(2), updated_at: times[1].toISOString() }],
				['checkouts/create', { ...common(times[2]), token: checkoutToken, cart_token: cartToken, line_items: lines(2), total_price: '25.00' }],
				['orders/create', { ...common(times[3]), ...order, financial_status: 'pending' }],
				['orders/paid', { ...common(times[4]), ...order, financial_status: 'paid' }],
			] as const
		).map(([topic, body], index) => () => shopify.post(JSON.stringify(body), { ...shopifyHeaders(topic, JSON.stringify(body)), 'x-shopify-triggered-at': times[index].toISOString() }));
	}

	/** What the store knows of a customer and their cart, without what tells two customers apart and when we first heard of them. */
	async function state(scope: string, name: string) {
		const store = n8n.store(scope);
		const [alias] = await store.read<{ id: string }>([`alias:email:${name}@example.com`]);
		const id = alias.value!.id;
		const documents = await store.read<Record<string, unknown>>([`customer:${id}`, `cart:${name}-cart`, `order:${name}-order`]);
		const due = await store.walk(`due:${journeyId}`, { limit: 100 });
		const found = [...documents.map(({ value }) => value && { ...value, createdAtMs: 0 }), due.filter(({ key }) => key.includes(name))];
		const [customer, cart, order, reminders] = JSON.parse(JSON.stringify(found).replaceAll(id, 'ID').replaceAll(name, 'NAME')) as Array<Record<string, unknown>>;
		return { customer, cart, order, reminders };
	}
	const journeyId = `${journey.id}.${journey.nodes.find(({ type }) => type.endsWith('cartAbandonedTrigger'))!.id}`;

	test.each([
		['two changes of a cart', 'main', genericEvents, 2, { reminders: [expect.anything()], order: null }],
		['a cart and its checkout', 'main', genericEvents, 3, { reminders: [], cart: { stage: 'checkout' } }],
		['a cart, its checkout and its paid order', 'main', genericEvents, 5, { reminders: [], cart: { closed: 'ordered' }, customer: { orders: { count: 1, spentMinor: { EUR: 2500 } }, open: {} } }],
		['a Shopify cart, its checkout and its paid order', 'shopify', shopifyDeliveries, 5, { cart: { closed: 'ordered' }, customer: { orders: { count: 1, spentMinor: { EUR: 2500 } }, consent: { email: { status: 'subscribed' } } } }],
	])('ends in the same state when deliveries come in reverse: %s', async (_what, scope, deliveries, count, expected) => {
		const states = [];
		const startMs = Date.now() - 10;
		const times = [1, 2, 3, 4, 5].map((ms) => new Date(startMs + ms));
		for (const direction of ['forwards', 'backwards']) {
			const name = `${direction}-${randomUUID().slice(0, 8)}`;
			const sendings = deliveries(name, times).slice(0, count);
			for (const send of direction === 'forwards' ? sendings : sendings.reverse()) expect(await send()).toMatchObject({ status: 200 });
			states.push(await state(scope, name));
		}
		expect(states[1]).toEqual(states[0]);
		expect(states[0]).toMatchObject(expected);
	}, 30_000);
});

const withRedis = findRedisServer() === 'found' ? describe : describe.skip;

withRedis('n8n on Redis', () => {
	const connect = filledIn(template('00-connect/connect-demo-shop.json'));
	const schedule = { steps: [1, 2, 3].map((delay) => ({ delay, unit: 'hours' })) };
	const journey = filledIn(template('03-cart-reminder/abandoned-cart.json'), { trigger: { schedule } });
	const password = 'redis-password-of-the-tests';
	let redis: RedisServer;
	let n8n: Installation;
	let shop: Shop;

	beforeAll(async () => {
		redis = await RedisServer.start(['--appendonly', 'yes', '--requirepass', password]);
		const url = redis.url.replace('redis://', `redis://:${password}@`);
		// An hour of journey time is a second.
		n8n = await (await Installation.create({ workflows: [connect, journey], speed: 3600, env: { SHOP_JOURNEYS_REDIS_URL: url } })).start();
		shop = new Shop(webhookUrl(n8n.url, connect, 'shopWebhookTrigger'));
	}, 240_000);
	afterAll(async () => {
		await n8n?.close();
		await redis?.remove();
	}, 30_000);

	test('turns a cart into mails', async () => {
		const email = uniqueAddress('redis');
		expect(await shop.send(cartEvent({ token: email, email }))).toEqual({ status: 200, body: { ok: true, recorded: 1 } });
		await until('the first mail', () => n8n.mailsTo(email).length === 1);
	}, 30_000);

	test('acknowledges nothing while Redis is down, and goes on with all it had when Redis is back', async () => {
		const known = uniqueAddress('before');
		await shop.send(cartEvent({ token: known, email: known }));
		await until('the first mail', () => n8n.mailsTo(known).length === 1);
		await redis.kill();

		const email = uniqueAddress('outage');
		const event = cartEvent({ token: email, email });
		const refused = await shop.send(event, { id: `msg_${email}` });
		expect(refused).toMatchObject({ status: 503, body: { ok: false, code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('Check that Redis is running') } });
		expect(JSON.stringify(refused.body)).not.toContain(password);

		await redis.launch();
		const accepted = await until('the same delivery to be taken', async () => {
			const answer = await shop.send(event, { id: `msg_${email}` });
			return answer.status === 200 ? answer : null;
		});
		expect(accepted.body).toEqual({ ok: true, recorded: 1 });
		await until('the mail of the late delivery', () => n8n.mailsTo(email).length >= 1);
		await until('the rest of the series begun before', () => n8n.mailsTo(known).length === 3);
		expect(n8n.log()).not.toContain(password);
		// A node that needs the store when it goes away stops its run, which is then tried again: nothing was lost above.
		for (const { id, status } of n8n.executions()) if (status !== 'success' && status !== 'running') expect(n8n.executionData(id)).toContain('Check that Redis is running');
	}, 120_000);

	test('waits for a Redis that is not there yet when n8n starts', async () => {
		await n8n.kill();
		await redis.kill();
		await n8n.start();
		const email = uniqueAddress('boot');
		const event = cartEvent({ token: email, email });
		expect((await shop.send(event)).status).toBe(503);
		await redis.launch();
		await until('the delivery to be taken', async () => (await shop.send(event)).status === 200);
		await until('the first mail', () => n8n.mailsTo(email).length === 1);
	}, 120_000);

	test('answers 503 in queue mode without a Redis of its own, says what to set, and publishes nothing', async () => {
		await n8n.stop();
		await n8n.start({ EXECUTIONS_MODE: 'queue', QUEUE_BULL_REDIS_PORT: String(redis.port), QUEUE_BULL_REDIS_PASSWORD: password, SHOP_JOURNEYS_REDIS_URL: '' });
		const reason = 'n8n runs in queue mode, where several processes work together, but Shop Journeys has no Redis to share its data in';
		expect(await shop.send(cartEvent({ token: 'queue' }))).toMatchObject({ status: 503, body: { code: 'CONFIG_INVALID', message: reason, hint: expect.stringContaining('Set SHOP_JOURNEYS_REDIS_URL') } });
		expect(n8n.log()).toContain(reason);

		const owner = await n8n.owner();
		await owner.unpublish(journey.id);
		await owner.publish(journey.id);
		await until('n8n to say why', async () => {
			await n8n.untilActive();
			return n8n.failed.some(({ workflowId, error }) => workflowId === journey.id && error.includes(reason));
		});
	}, 120_000);
});
