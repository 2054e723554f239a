import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { dayMs, hourMs } from '../../../lib/model/clock';
import type { CustomerFacts, ShopEvent } from '../../../lib/model/events';
import { keys } from '../../../lib/model/records';
import { cartEvent, customerByEmail, customerById, customerEvent, enrolmentOf, orderById, openShop, orderEvent, type Shop, waiting } from './shop';

const anna: CustomerFacts = { shopCustomerId: '9007199254740993', email: 'anna@example.com', phone: '+4312345678', firstName: 'Annabelle', lastName: 'Kochlöffel', city: 'Gumpoldskirchen', tags: ['Stammkundin'] };
const personal = ['9007199254740993', 'anna', '4312345678', 'kochlöffel', 'gumpoldskirchen', 'stammkundin'];

let folder: string;
let shop: Shop;

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'erasure-'));
	shop = openShop(path.join(folder, 'store.sqlite'));
	await shop.switchOn({});
	shop.pass(dayMs);
});
afterEach(async () => {
	await shop.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const erasure = (customer: CustomerFacts): ShopEvent => ({ type: 'customer_erased', dedupeId: `erasure-${shop.now()}`, occurredAtMs: shop.now(), source: 'test', customer });

/** Everything that the store holds, in lower case, as the file has it. */
function everything(): string {
	const db = new DatabaseSync(path.join(folder, 'store.sqlite'), { readOnly: true });
	const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as Array<{ name: string }>;
	const rows = tables.flatMap(({ name }) => db.prepare(`SELECT * FROM "${name}"`).all());
	db.close();
	return JSON.stringify(rows).toLowerCase();
}

/** Records an erasure and does what it leaves to do. */
async function erase(customer: CustomerFacts): Promise<string> {
	const outcome = await shop.record(erasure(customer));
	await shop.workTasks();
	return outcome;
}

const found = () => personal.filter((text) => everything().includes(text));

describe('an erased customer', () => {
	it('leaves nothing personal behind, in no document, no alias of a former address and no log', async () => {
		await shop.record(customerEvent(shop.now() - hourMs, { ...anna, email: 'anna.former@example.com' }));
		await shop.record(customerEvent(shop.now(), anna));
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		await shop.record(orderEvent(shop.now(), { cartToken: 'cart-z' }, { customer: anna }));
		expect(found()).toEqual(personal);
		expect(await erase({ email: anna.email })).toBe('recorded');
		expect(found()).toEqual([]);
		expect(await shop.store.readTimeline(keys.customer('customer-1'), { limit: 10 })).toEqual([]);
	});

	it('is found by any of the names, and all whom they name are forgotten', async () => {
		await shop.record(customerEvent(shop.now(), { email: 'anna@example.com', firstName: 'Annabelle' }));
		await shop.record(customerEvent(shop.now(), { shopCustomerId: anna.shopCustomerId, lastName: 'Kochlöffel' }));
		await erase({ shopCustomerId: anna.shopCustomerId, email: 'anna@example.com' });
		expect(found()).toEqual([]);
	});

	it('leaves every journey', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		await erase(anna);
		expect(await waiting(shop, 'carts')).toEqual([]);
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'ended', endReason: 'erased' });
	});

	it('is not brought back by late deliveries of what happened before', async () => {
		await shop.record(orderEvent(shop.now(), {}, { customer: anna }));
		const beforeMs = shop.now();
		shop.pass(hourMs);
		await erase(anna);
		await shop.record(customerEvent(beforeMs, anna));
		await shop.record(cartEvent(beforeMs, {}, { customer: anna }));
		shop.pass(hourMs);
		await shop.record({ ...orderEvent(beforeMs, { updatedAtMs: shop.now(), fulfilledAtMs: shop.now() }, { customer: anna }), type: 'order_fulfilled' });
		expect(found()).toEqual([]);
		expect(await waiting(shop, 'carts')).toEqual([]);
		expect(await orderById(shop, 'order-1')).toMatchObject({ fulfilledAtMs: shop.now() });
	});

	it.each<[string, CustomerFacts]>([
		['address', { email: 'ANNA@example.com' }],
		['phone number', { phone: anna.phone, email: 'other@example.com' }],
	])('who orders anew by the same %s is suppressed from the start, and no cart is reminded', async (_what, facts) => {
		await shop.record(customerEvent(shop.now(), anna));
		await erase(anna);
		shop.pass(hourMs);
		await shop.record(orderEvent(shop.now(), {}, { customer: facts }));
		const customer = await customerByEmail(shop, facts.email!.toLowerCase());
		expect(customer).toMatchObject({ suppressed: { reason: 'erased' }, orders: { count: 1 } });
		shop.pass(hourMs);
		await shop.record(cartEvent(shop.now(), {}, { customer: facts }));
		expect(await waiting(shop, 'carts')).toEqual([]);
	});

	it('passes the suppression on to a known customer who takes the address over', async () => {
		await shop.record(customerEvent(shop.now(), { shopCustomerId: '77' }));
		await shop.record(customerEvent(shop.now(), { email: 'anna@example.com' }));
		await erase({ email: 'anna@example.com' });
		shop.pass(hourMs);
		await shop.record(customerEvent(shop.now(), { shopCustomerId: '77', email: 'anna@example.com' }));
		expect(await customerById(shop, 'customer-1')).toMatchObject({ email: 'anna@example.com', suppressed: { reason: 'erased' } });
	});

	it('who was never known stays suppressed just the same', async () => {
		await erase(anna);
		expect(found()).toEqual([]);
		shop.pass(hourMs);
		await shop.record(customerEvent(shop.now(), { email: anna.email }));
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ suppressed: { reason: 'erased' } });
	});

	it('does not come back through an unsubscribe link of an old message', async () => {
		await shop.record(customerEvent(shop.now(), anna));
		await erase(anna);
		const before = await customerById(shop, 'customer-1');
		expect(await shop.record({ type: 'unsubscribed', dedupeId: 'link', occurredAtMs: shop.now(), source: 'message-link', customerId: 'customer-1' })).toBe('stale');
		expect(await customerById(shop, 'customer-1')).toEqual(before);
	});
});
