import type { IHookFunctions, ITriggerFunctions } from 'n8n-workflow';
import { type Installation, openInstallation, type ShopHandle } from '../../../lib/n8n/installation';
import { addressProblem, connectionState, connectShop, disconnectShop, keepConnected } from '../../../lib/n8n/shopConnection';
import { ShopJourneysError } from '../../../lib/model/errors';
import { issueCode } from '../../../lib/discounts/issue';
import { namedPurpose } from '../../../lib/discounts/purpose';
import { shopSource } from '../../../lib/discounts/shopSource';
import { contextOf, memoryShop } from '../discounts/shops';
import { mockShop, type MockShop } from '../../mocks/adapter';
import { orderById, orderEvent, type Shop } from '../record/shop';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const address = 'https://n8n.example/webhook/1/shop';
let folder: string;
let installation: Installation;
let shop: ShopHandle;
let there: MockShop;
let log: string[];

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-connection-'));
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => Date.now());
	shop = installation.shop('main');
	there = mockShop();
	log = [];
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

/** What n8n hands to a trigger node, as far as it is used. */
function node(mode: 'activate' | 'init' = 'activate', url = address) {
	const say = (text: string) => void log.push(text);
	return {
		getActivationMode: () => mode,
		getNodeWebhookUrl: () => url,
		getNode: () => ({ name: 'Shop Webhook Trigger' }),
		getCredentials: async () => ({ url: 'https://shop.example' }),
		helpers: { httpRequest: async () => ({}) },
		logger: { warn: say, info: say, error: say },
	} as unknown as IHookFunctions & ITriggerFunctions;
}

async function until(condition: () => unknown): Promise<void> {
	for (let i = 0; i < 400 && !(await condition()); i++) await new Promise((resolve) => setTimeout(resolve, 5));
	expect(await condition()).toBeTruthy();
}

describe('publishing', () => {
	test('registers the address with a secret of the installation, and unpublishing takes it away', async () => {
		await connectShop(node(), there.adapter, shop);
		expect(there.hooks).toEqual([{ address, secret: shop.webhookSecret }]);
		expect(shop.webhookSecret).toMatch(/^[\w-]{43}$/);
		expect(installation.shop('other').webhookSecret).not.toBe(shop.webhookSecret);
		expect(await connectionState(shop)).toEqual({ system: 'mock', address, topics: ['orders'], problems: [], lastDelivery: null, lastReconciled: null });
		await disconnectShop(node(), there.adapter, shop);
		expect(there.hooks).toEqual([]);
		expect(await connectionState(shop)).toBeNull();
	});

	test('with some permissions refused goes through and tells of it', async () => {
		there.problems = ['The shop gives no products: grant read_products.'];
		await connectShop(node(), there.adapter, shop);
		expect(log).toEqual(['Shop Webhook Trigger: The shop gives no products: grant read_products.']);
		expect((await connectionState(shop))?.problems).toEqual(there.problems);
	});

	test('fails with the sentence and what to mend when everything is refused, and leaves nothing behind', async () => {
		there.failures.register = new ShopJourneysError('SHOP_REFUSED', 'The shop refused all webhooks', { hint: 'Grant read_orders.' });
		await expect(connectShop(node(), there.adapter, shop)).rejects.toThrow('The shop refused all webhooks. Grant read_orders.');
		expect(await connectionState(shop)).toBeNull();
		// n8n takes back what it could not switch on.
		await disconnectShop(node(), there.adapter, shop);
		expect(there.calls).toEqual(['register']);
	});

	test('in plain words when the shop cannot reach this address', async () => {
		const local = 'http://localhost:5678/webhook/1/shop';
		await connectShop(node('activate', local), there.adapter, shop);
		expect((await connectionState(shop))?.problems).toEqual([expect.stringContaining('Start n8n with WEBHOOK_URL')]);
		expect(addressProblem(local, { url: 'http://127.0.0.1:8080' })).toBeNull();
		expect(addressProblem(address, { url: 'https://shop.example' })).toBeNull();
	});

	test('a test in the editor, which has another address, unregisters nothing; nor does a shop that is gone keep the workflow on', async () => {
		await connectShop(node(), there.adapter, shop);
		await disconnectShop(node('activate', 'https://n8n.example/webhook-test/1/shop'), there.adapter, shop);
		expect(there.hooks).toHaveLength(1);
		there.failures.unregister = new ShopJourneysError('SHOP_UNREACHABLE', 'The shop is gone');
		await disconnectShop(node(), there.adapter, shop);
		expect(log.join()).toContain('Delete those that lead to https://n8n.example/webhook/1/shop by hand.');
		expect(await connectionState(shop)).toBeNull();
	});
});

describe('while it is published', () => {
	test('a restart asks nothing of the shop before it is on; then it registers at the new address and finds what was missed', async () => {
		there.failures.register = new ShopJourneysError('SHOP_UNREACHABLE', 'The shop is down');
		const moved = 'https://new.example/webhook/1/shop';
		await connectShop(node('init', moved), there.adapter, shop);
		expect(there.calls).toEqual([]);

		const atMs = Date.now();
		there.entries.orders.push({ changedAtMs: atMs, event: orderEvent(atMs, { orderId: 'missed' }) });
		const missed: unknown[] = [];
		const stop = keepConnected(node('init'), there.adapter, installation, shop, (event) => missed.push(event.order?.orderId));
		await until(async () => (await connectionState(shop))?.lastReconciled);
		expect(missed).toEqual(['missed']);
		expect(await orderById({ store: shop.store } as Shop, 'missed')).not.toBeNull();
		expect(log.filter((line) => line.includes('registering the webhooks failed: The shop is down.'))).toHaveLength(1);
		stop();

		there.failures = {};
		const stopAgain = keepConnected(node('init'), there.adapter, installation, shop, () => {});
		await until(() => there.hooks.length);
		expect(there.hooks).toEqual([{ address: moved, secret: shop.webhookSecret }]);
		await until(async () => (await connectionState(shop))?.topics.length);
		stopAgain();
	});

	test('discount codes that were asked for and never handed out are taken back', async () => {
		const codes = memoryShop();
		there.adapter.api.discounts = codes.api;
		const source = shopSource(codes.api, contextOf({}, Date.now), { pattern: 'TEA-########', clock: installation.clock });
		codes.mishaps.push('late');
		const longAgo = { ...installation.clock, journeyNowMs: () => Date.now() - 30 * 86_400_000, machineNowMs: () => Date.now() - 30 * 86_400_000 };
		await issueCode(shop.store, source, { purpose: namedPurpose('customer-1', 'x'), terms: { value: { kind: 'free_shipping' }, currency: 'EUR' } }, longAgo);
		expect([...codes.codes.values()]).toEqual([expect.objectContaining({ isActive: true })]);
		const stop = keepConnected(node('init'), there.adapter, installation, shop, () => {});
		await until(() => [...codes.codes.values()].every(({ isActive }) => !isActive));
		stop();
	});

	test('what was registered a moment ago is not registered again', async () => {
		await connectShop(node(), there.adapter, shop);
		const stop = keepConnected(node(), there.adapter, installation, shop, () => {});
		await until(async () => (await connectionState(shop))?.lastReconciled);
		expect(there.calls.filter((call) => call === 'register')).toHaveLength(1);
		stop();
	});
});
