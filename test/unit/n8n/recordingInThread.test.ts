import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ShopEvent } from '../../../lib/model/events';
import { deliveryCounters, indexes, keys } from '../../../lib/model/records';
import { type Installation, openInstallation, type ShopHandle } from '../../../lib/n8n/installation';
import { findCustomer } from '../../../lib/record/identity';
import type { Delivery } from '../../../lib/shops/adapter';
import { signGeneric } from '../../../lib/shops/generic';
import { sourceThread } from '../../threads';

const shopThread = sourceThread('lib/n8n/shopThread.ts');
let folder: string;
let installation: Installation;
let shop: ShopHandle;

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'recording-'));
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => Date.now(), shopThread);
	shop = installation.shop('main');
});

afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const told = (dedupeId: string, facts: Partial<ShopEvent> = {}): ShopEvent => ({ type: 'customer_updated', dedupeId, occurredAtMs: Date.now(), source: 'test', customer: { email: 'anna@example.com', firstName: 'Анна 你好' }, ...facts });
const emailAlias = keys.alias('email', 'anna@example.com');

function delivery(body: object): Delivery {
	const text = JSON.stringify(body);
	const sentAtMs = Date.now();
	return { headers: signGeneric({ id: `msg_${sentAtMs}_${text.length}`, sentAtMs, body: text, secret: 'x'.repeat(32) }), rawBody: Buffer.from(text), receivedAtMs: sentAtMs };
}

const cart = (id: string, more: object = {}) => ({
	id,
	type: 'cart_updated',
	occurredAt: new Date().toISOString(),
	customer: { email: 'anna@example.com' },
	cart: { cartToken: 'c1', items: [{ productId: 7, title: 'Grüner Tee', quantity: 1, unitPrice: '12.50' }], ...more },
});

it('records an event in the thread of the store, and what it came to is seen here', async () => {
	expect(installation.hub.thread).toBeDefined();
	expect(await shop.record(told('one'))).toBe('recorded');
	expect(await shop.record(told('one'))).toBe('duplicate');
	expect(await findCustomer(shop.store, emailAlias)).toMatchObject({ email: 'anna@example.com', firstName: 'Анна 你好' });
});

it('records the same event once, though it is told fifty times at once', async () => {
	const outcomes = await Promise.all(Array.from({ length: 50 }, () => shop.record(told('one'))));
	expect(outcomes.filter((outcome) => outcome === 'recorded')).toHaveLength(1);
	expect((await shop.store.readCounters(deliveryCounters))['test.customer_updated']).toBe(1);
});

it('takes a delivery, counts what each event came to, and hands back those that were asked for', async () => {
	const body = { events: [cart('e1'), cart('e1'), { id: 'e2', type: 'custom', occurredAt: new Date().toISOString(), customer: { email: 'anna@example.com' }, name: 'wrapped' }] };
	const taken = await shop.takeDelivery('generic', delivery(body), ['custom']);
	expect(taken).toMatchObject({ outcomes: { recorded: 2, duplicate: 1 }, told: [{ type: 'custom', custom: { name: 'wrapped' } }] });
	expect(taken.told).toHaveLength(1);
	expect(taken.ignored).toBeUndefined();
	expect(await findCustomer(shop.store, emailAlias)).not.toBeNull();
});

it('counts a delivery that tells nothing, and says why', async () => {
	const taken = await shop.takeDelivery('shopify', { headers: { 'x-shopify-topic': 'themes/publish', 'x-shopify-webhook-id': 'w1' }, rawBody: Buffer.from('{"id":1}'), receivedAtMs: Date.now() }, []);
	expect(taken).toMatchObject({ outcomes: {}, ignored: expect.stringContaining('themes/publish') as string, told: [] });
	expect((await shop.store.readCounters(deliveryCounters))['shopify.ignored']).toBe(1);
});

it('refuses a delivery with the field that is wrong, and takes the next one', async () => {
	await expect(shop.takeDelivery('generic', delivery(cart('e1', { currency: 'Euro' })), [])).rejects.toMatchObject({ code: 'PAYLOAD_INVALID', message: expect.stringContaining('cart.currency') as string });
	expect((await shop.takeDelivery('generic', delivery(cart('e1')), [])).outcomes).toEqual({ recorded: 1 });
});

it('goes by new settings from the moment they are saved', async () => {
	await shop.saveSettings({ country: 'AT' });
	await shop.record(told('one', { customer: { email: 'anna@example.com', phone: '0664 1234567' } }));
	expect(await findCustomer(shop.store, keys.alias('phone', '+436641234567'))).not.toBeNull();
	await shop.saveSettings({ country: 'DE' });
	await shop.record(told('two', { occurredAtMs: Date.now() + 1, customer: { email: 'anna@example.com', phone: '0171 2345678' } }));
	expect(await findCustomer(shop.store, keys.alias('phone', '+491712345678'))).not.toBeNull();
});

it('sees in the thread what was committed here, and here what was committed there', async () => {
	await shop.record(told('one'));
	const { id } = (await findCustomer(shop.store, emailAlias))!;
	expect(await shop.changePoints(id, { type: 'adjust', reference: 'gift', points: 10, by: 'operator', note: 'A gift' })).toMatchObject({ outcome: { status: 'done' } });
	await shop.record(told('two', { occurredAtMs: Date.now() + 1, customer: { email: 'anna@example.com', lastName: 'Berg' } }));
	expect(await findCustomer(shop.store, emailAlias)).toMatchObject({ id, firstName: 'Анна 你好', lastName: 'Berg' });
});

it('does what an event left to a task, such as forgetting somebody', async () => {
	await shop.record(told('one'));
	const { id } = (await findCustomer(shop.store, emailAlias))!;
	await shop.record({ type: 'customer_erased', dedupeId: 'two', occurredAtMs: Date.now() + 1, source: 'test', customer: { email: 'anna@example.com' } });
	const giveUpAt = Date.now() + 5_000;
	while ((await shop.store.count(indexes.tasks, { limit: 1 })) > 0 && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20));
	expect(await shop.store.count(indexes.tasks, { limit: 1 })).toBe(0);
	expect(await findCustomer(shop.store, emailAlias)).toBeNull();
	const [{ value }] = await shop.store.read<{ erasedAtMs?: number }>([keys.customer(id)]);
	expect(value?.erasedAtMs).toBeDefined();
});
