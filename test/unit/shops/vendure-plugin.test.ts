import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { genericAdapter } from '../../../lib/shops/generic';
import { vendureAdapter } from '../../../lib/shops/vendure';
import { context } from './context';

/* The plugin that a Vendure shop runs, on a made-up Vendure: what goes into its job queue, what it signs and when it tries again. */

class VendureEvent {
	readonly createdAt = new Date();
	ctx?: { apiType: string; languageCode: string };
	constructor(fields: Record<string, unknown>) {
		Object.assign(this, fields);
	}
}

const names = ['AccountRegistrationEvent', 'AccountVerifiedEvent', 'CouponCodeEvent', 'CustomerAddressEvent', 'CustomerEvent', 'CustomerGroupChangeEvent', 'IdentifierChangeEvent', 'OrderEvent', 'OrderLineEvent', 'OrderPlacedEvent', 'OrderStateTransitionEvent', 'ProductChannelEvent', 'ProductEvent', 'ProductVariantEvent', 'RefundStateTransitionEvent', 'StockMovementEvent'];
const mockVendure: Record<string, unknown> & { Logger: { error: jest.Mock } } = {
	Logger: { error: jest.fn() },
	Order: class Order {},
	ProductVariant: class ProductVariant {},
	...Object.fromEntries(names.map((name) => [name, Object.defineProperty(class extends VendureEvent {}, 'name', { value: name })])),
};
jest.mock('@vendure/core', () => mockVendure, { virtual: true });

type Job = { id: string; topic: string; occurredAt: string; about: Record<string, unknown> };
const { Deliveries } = require(path.join(__dirname, '../../../docker/vendure/shop-journeys-plugin/deliveries.js'));

const secret = `whsec_${Buffer.from('a key of the tests, long enough').toString('base64')}`;
const bodies = {
	moneyPrecision: 2,
	idOf: String,
	order: async (_ctx: unknown, id: number) => {
		if (id === 500) throw new Error('no such column');
		return id === 404 ? null : { id: String(id), code: 'CODE', state: 'AddingItems', totalWithTax: 0, lines: [] };
	},
	customer: async (_ctx: unknown, { id, userId }: { id?: number; userId?: number }) => ({ id: String(id ?? `of user ${userId}`) }),
	product: async (_ctx: unknown, id: number) => (id === 404 ? null : { id: String(id), variants: [] }),
	productOf: async (_ctx: unknown, variantId: number) => variantId * 10,
};

describe('the Vendure plugin', () => {
	let n8n: Server;
	let url: string;
	let answers: Array<[status: number, body: string]>;
	let received: Array<{ headers: IncomingHttpHeaders; body: string }>;
	let jobs: Job[];
	let retries: unknown[];
	let watcher: { afterUpdate(event: unknown): void; afterTransactionCommit(event: unknown): void; afterTransactionRollback(event: unknown): void };
	let publish: (name: string, fields: Record<string, unknown>) => void;
	let deliveries: { process(job: { data: Job; attempts: number }): Promise<string> };
	let queue: { add(job: Job, options: unknown): Promise<void> };

	beforeEach(async () => {
		[answers, received, jobs, retries] = [[], [], [], []];
		n8n = createServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk));
			request.on('end', () => {
				received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
				const [status, body] = answers.shift() ?? [200, '{"ok":true,"recorded":1}'];
				response.writeHead(status, { 'content-type': 'application/json' }).end(body);
			});
		});
		await new Promise<void>((resolve) => n8n.listen(0, '127.0.0.1', resolve));
		url = `http://127.0.0.1:${(n8n.address() as AddressInfo).port}/webhook/shop`;
		queue = {
			add: async (job, options) => {
				jobs.push(JSON.parse(JSON.stringify(job)) as Job);
				retries.push(options);
			},
		};
		const listeners = new Map<unknown, (event: unknown) => void>();
		const subscribers: Array<typeof watcher> = [];
		deliveries = new Deliveries(
			{ url, secret },
			bodies,
			{ ofType: (type: unknown) => ({ subscribe: (listener: (event: unknown) => void) => listeners.set(type, listener) }) },
			{ createQueue: async () => ({ add: async (job: Job, options: unknown) => await queue.add(job, options) }) },
			{ create: async () => ({ channel: { defaultCurrencyCode: 'EUR' } }) },
			{ rawConnection: { subscribers } },
		);
		await (deliveries as unknown as { onApplicationBootstrap(): Promise<void> }).onApplicationBootstrap();
		[watcher] = subscribers;
		publish = (name, fields) => listeners.get(mockVendure[name])!(new (mockVendure[name] as new (fields: unknown) => unknown)(fields));
	});
	afterEach(async () => {
		await new Promise((resolve) => n8n.close(resolve));
		mockVendure.Logger.error.mockClear();
		jest.restoreAllMocks();
	});

	const order = { id: 1, code: 'CODE' };
	const ctx = { apiType: 'shop', languageCode: 'de' };
	/** So long after now. */
	function later(ms: number): void {
		const atMs = Date.now() + ms;
		jest.spyOn(Date, 'now').mockReturnValue(atMs);
	}

	/** Puts one event into the queue and tries the delivery. */
	async function delivered(name: string, fields: Record<string, unknown>) {
		publish(name, fields);
		return await deliveries.process({ data: jobs.at(-1)!, attempts: 1 });
	}

	it('signs what the adapter takes, the same event with the same id however often it is tried', async () => {
		answers = [[503, '{"ok":false}']];
		await expect(delivered('OrderLineEvent', { ctx, order, type: 'created' })).rejects.toThrow('n8n answered 503');
		later(1000);
		await deliveries.process({ data: jobs[0], attempts: 2 });
		const events = received.map(({ headers, body }) => {
			const delivery = { headers: headers as Record<string, string>, rawBody: Buffer.from(body), receivedAtMs: Date.now() };
			expect(() => vendureAdapter.verify(delivery, secret)).not.toThrow();
			expect(() => genericAdapter.verify(delivery, 'another secret')).toThrow('does not match');
			return vendureAdapter.normalise(delivery, context).events;
		});
		expect(events[0]).toMatchObject([{ type: 'cart_updated', dedupeId: `vendure:event:${jobs[0].id}`, cart: { cartToken: 'CODE', items: [] } }]);
		expect(events[1][0].dedupeId).toBe(events[0][0].dedupeId);
	});

	it('keeps ids in the queue and nothing that anybody typed in', () => {
		publish('OrderLineEvent', { ctx, order: { ...order, customer: { emailAddress: 'mia@customers.example' } }, orderLine: {}, type: 'created' });
		publish('CustomerEvent', { ctx: { ...ctx, apiType: 'admin' }, entity: { id: 7, emailAddress: 'mia@customers.example' }, type: 'updated' });
		expect(jobs.map(({ topic, about }) => ({ topic, about }))).toEqual([
			{ topic: 'OrderLineEvent', about: { order: 1, type: 'created', languageCode: 'de' } },
			{ topic: 'CustomerEvent', about: { customer: 7, type: 'updated' } },
		]);
		expect(Object.keys(jobs[0]).sort()).toEqual(['about', 'id', 'occurredAt', 'topic']);
		expect(retries[0]).toEqual({ retries: 1_000_000 });
	});

	it.each<[string, Record<string, unknown>, unknown]>([
		['OrderEvent', { entity: order, type: 'deleted' }, { order: { id: '1', code: 'CODE', deleted: true } }],
		['RefundStateTransitionEvent', { order, refund: { id: 3 }, toState: 'Settled' }, { order: expect.objectContaining({ id: '1' }) }],
		['AccountRegistrationEvent', { user: { id: 5 } }, { customer: { id: 'of user 5' } }],
		['CustomerEvent', { entity: { id: 7 }, type: 'deleted' }, { customer: { id: '7', deleted: true } }],
		['ProductEvent', { entity: { id: 9 }, type: 'deleted' }, { product: { id: '9', deleted: true } }],
		['ProductChannelEvent', { product: { id: 404 }, type: 'removed' }, { product: { id: '404', deleted: true } }],
		['ProductVariantEvent', { entity: [{ id: 1, productId: 9 }, { id: 2, productId: 9 }], type: 'created' }, { product: { id: '9', variants: [] } }],
		['StockMovementEvent', { stockMovements: [{ productVariant: { id: 4 } }, { productVariant: { id: 4 } }] }, { product: { id: '40', variants: [] } }],
	])('tells of %s once, with what it is about', async (name, fields, data) => {
		await delivered(name, fields);
		expect(jobs).toHaveLength(1);
		expect(JSON.parse(received[0].body)).toMatchObject({ topic: name, id: jobs[0].id, currencyCode: 'EUR', moneyPrecision: 2, data });
	});

	it('says nothing of an empty cart just made, and of what is not in its channel', async () => {
		publish('OrderEvent', { entity: order, type: 'created' });
		publish('OrderStateTransitionEvent', { order, fromState: 'Created', toState: 'AddingItems' });
		expect(jobs).toEqual([]);
		expect(await delivered('OrderLineEvent', { order: { id: 404 }, type: 'created' })).toBe('nothing to tell');
		expect(await delivered('ProductEvent', { entity: { id: 404 }, type: 'updated' })).toBe('nothing to tell');
		expect(received).toEqual([]);
	});

	it('watches for a guest’s name, which Vendure has no event for, and waits for the outermost commit', () => {
		const change = (propertyName: string, queryRunner: object, id = 1) => watcher.afterUpdate({ metadata: { target: mockVendure.Order }, entity: { id }, queryRunner, updatedRelations: [{ propertyName }], updatedColumns: [] });
		const [kept, undone] = [{ isTransactionActive: true }, { isTransactionActive: true }];
		change('customer', kept);
		change('customer', kept);
		change('lines', kept, 2);
		watcher.afterTransactionCommit({ queryRunner: kept });
		expect(jobs).toEqual([]);
		kept.isTransactionActive = false;
		watcher.afterTransactionCommit({ queryRunner: kept });
		watcher.afterTransactionCommit({ queryRunner: kept });
		change('customer', undone, 3);
		undone.isTransactionActive = false;
		watcher.afterTransactionRollback({ queryRunner: undone });
		watcher.afterTransactionCommit({ queryRunner: undone });
		expect(jobs.map(({ topic, about }) => [topic, about])).toEqual([['OrderEvent', { order: 1, type: 'updated' }]]);
	});

	it.each<[string, Array<[number, string]>]>([
		['n8n is starting and has read nothing', [[200, '{"message":"Workflow was started"}']]],
		['the secret is wrong', [[401, '{"ok":false}']]],
		['the workflow is not published', [[404, '{}']]],
		['the store cannot be reached', [[503, '{"ok":false}']]],
		['it is led elsewhere', [[302, '']]],
	])('tries again when %s', async (_what, given) => {
		answers = given;
		await expect(delivered('OrderLineEvent', { order, type: 'created' })).rejects.toThrow();
	});

	it('tries again when nobody answers', async () => {
		(deliveries as unknown as { options: { url: string } }).options.url = 'http://127.0.0.1:9/';
		await expect(delivered('OrderLineEvent', { order, type: 'created' })).rejects.toThrow('fetch failed');
	});

	it('gives up a delivery that n8n has read and cannot use, and logs why', async () => {
		answers = [[422, '{"ok":false,"message":"data.order.lines has to be a list"}']];
		expect(await delivered('OrderLineEvent', { order, type: 'created' })).toBe('refused');
		expect(mockVendure.Logger.error).toHaveBeenCalledWith(expect.stringContaining('data.order.lines has to be a list'), 'ShopJourneys');
	});

	it('holds the others back for a moment after a failure, longer after each, and never a place in the queue', async () => {
		const attempt = () => deliveries.process({ data: jobs[0], attempts: 1 });
		publish('OrderLineEvent', { order, type: 'created' });
		later(0); // The clock stands still, so that a slow machine cannot use up the last millisecond of a pause.
		for (const pauseMs of [1000, 2000, 4000, 8000, 15_000, 15_000]) {
			answers = [[503, '{}']];
			const startedMs = performance.now();
			await expect(attempt()).rejects.toThrow('n8n answered 503');
			later(pauseMs - 1);
			await expect(attempt()).rejects.toThrow('waiting a moment');
			if (pauseMs >= 8000) expect(performance.now() - startedMs).toBeLessThan(pauseMs); // refused at once, not held
			later(1);
		}
		expect(received).toHaveLength(6);
		await attempt();
		answers = [[503, '{}']];
		await expect(attempt()).rejects.toThrow('503');
		later(1000);
		expect(await attempt()).toContain('recorded');
	});

	it('gives up after three days, though never without a first try', async () => {
		publish('OrderLineEvent', { order, type: 'created' });
		const data = { ...jobs[0], occurredAt: new Date(Date.now() - 3 * 86_400_000 - 1).toISOString() };
		expect(await deliveries.process({ data, attempts: 1 })).toContain('recorded');
		expect(await deliveries.process({ data, attempts: 2 })).toBe('given up');
		expect(await deliveries.process({ data: { ...data, occurredAt: new Date(Date.now() - 2 * 86_400_000).toISOString() }, attempts: 2 })).toContain('recorded');
		expect(mockVendure.Logger.error).toHaveBeenCalledTimes(1);
	});

	it('leaves out what cannot be read ten times', async () => {
		publish('OrderLineEvent', { order: { id: 500 }, type: 'created' });
		for (let attempts = 1; attempts < 10; attempts++) await expect(deliveries.process({ data: jobs[0], attempts })).rejects.toThrow('no such column');
		expect(await deliveries.process({ data: jobs[0], attempts: 10 })).toBe('unreadable');
		expect(mockVendure.Logger.error).toHaveBeenCalledWith(expect.stringContaining('no such column'), 'ShopJourneys');
		expect(received).toEqual([]);
	});

	it('never lets a broken job queue reach the shop', async () => {
		queue.add = async () => await Promise.reject(new Error('database is locked'));
		publish('OrderLineEvent', { order, type: 'created' });
		await new Promise((resolve) => setImmediate(resolve));
		expect(mockVendure.Logger.error).toHaveBeenCalledWith(expect.stringContaining('database is locked'), 'ShopJourneys');
	});
});
