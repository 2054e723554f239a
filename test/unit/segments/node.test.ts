import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';
import { dayMs } from '../../../lib/model/clock';
import type { CustomerFacts } from '../../../lib/model/events';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import { executeSegmentFilter, SegmentFilter } from '../../../nodes/SegmentFilter/SegmentFilter.node';
import { type Execution, fakeExecution } from '../n8n/execution';
import { anna, ben, customerByEmail, customerEvent, orderEvent, type Shop } from '../record/shop';

const now = Date.parse('2026-03-02T08:00:00Z');
let folder: string;
let installation: Installation;

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'segment-filter-'));
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => now);
	for (const shop of ['main', 'second']) await installation.shop(shop).saveSettings({ currency: shop === 'main' ? 'EUR' : 'USD', timezone: 'Europe/Vienna', name: shop });
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const { description } = new SegmentFilter();
const run = async (execution: Execution): Promise<INodeExecutionData[][]> => await executeSegmentFilter(fakeExecution(description, execution), installation);
const facts = (...fact: object[]) => ({ groups: [{ match: 'all', conditions: { fact } }] });
const bought = facts({ field: 'orders.count', numberOperator: 'at_least', number: 1 });
const spent = (number: number) => facts({ field: 'orders.spent', numberOperator: 'at_least', number });

async function buys(customer: CustomerFacts, totalMinor = 1250, shop = 'main'): Promise<string> {
	const { record, store } = installation.shop(shop);
	await record(customerEvent(now - dayMs, customer));
	if (totalMinor > 0) await record(orderEvent(now - dayMs, { orderId: `order-${customer.email}`, totalMinor }, { customer }));
	return (await customerByEmail({ store } as Shop, customer.email!.toLowerCase()))!.id;
}

describe('Segment Filter: Filter', () => {
	it('finds the customer by id, e-mail or the shop’s id, and lets the items go on as they came', async () => {
		const id = await buys({ ...anna, shopCustomerId: '4711' });
		await buys(ben, 0);
		const items = [{ customer: { id } }, { email: 'BEN@example.com' }, { customer: { email: ' anna@example.com ' } }, { shopCustomerId: 4711 }, { customerId: '4711' }];
		const context = fakeExecution(description, { items, parameters: { conditions: bought } });
		const input = items.map((json) => ({ json, pairedItem: { item: 7 } }));
		Object.assign(context, { getInputData: () => input });
		const [match, noMatch] = await executeSegmentFilter(context, installation);
		expect(match).toEqual([input[0], input[2], input[3], input[4]]);
		expect(noMatch).toEqual([input[1]]);
		expect(match[0]).toBe(input[0]);
	});

	it('takes the e-mail from a field of another name', async () => {
		await buys(anna);
		const [match] = await run({ items: [{ 'Email Address': 'anna@example.com' }], parameters: { conditions: bought, options: { emailField: 'Email Address' } } });
		expect(match).toHaveLength(1);
	});

	it('sends items without a known customer to No Match and says so, whatever is asked', async () => {
		const never = { groups: [{ match: 'none', conditions: bought.groups[0].conditions }] };
		for (const useItems of [false, true]) {
			const [match, noMatch] = await run({ items: [{ customer: null, journey: { shop: 'main' } }, {}], parameters: { conditions: never, useItems } });
			expect(match).toEqual([]);
			expect(noMatch.map(({ json }) => json.segmentFilter)).toEqual(Array(2).fill({ reason: 'unknown_customer', message: 'The item names no customer that the store knows' }));
			expect(noMatch.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		}
	});

	it('asks for no customer where only the cart matters', async () => {
		const cart = (totalMinor: number) => ({ customer: null, cart: { id: 'c', currency: 'EUR', totalMinor, items: [] } });
		const [match, noMatch] = await run({ items: [cart(5_000), cart(4_999)], parameters: { conditions: facts({ field: 'cart.total', numberOperator: 'at_least', number: 50 }) } });
		expect([match.length, noMatch.length]).toEqual([1, 1]);
	});

	it('counts what the customer did', async () => {
		const id = await buys(anna, 0);
		const { record } = installation.shop('main');
		await record({ type: 'category_viewed', dedupeId: 'view-1', occurredAtMs: now - dayMs, source: 'test', customerId: id, view: { category: 'Shoes' } });
		const viewed = (times: string, count: number) => ({ groups: [{ match: 'all', conditions: { did: [{ event: 'category_viewed', of: 'category', which: 'shoes', times, count, withinDays: 7 }] } }] });
		const [match] = await run({ items: [{ email: 'anna@example.com' }], parameters: { conditions: viewed('at_least', 1) } });
		expect(match).toHaveLength(1);
		const [, noMatch] = await run({ items: [{ email: 'anna@example.com' }], parameters: { conditions: viewed('at_least', 2) } });
		expect(noMatch).toHaveLength(1);
	});

	it('decides each shop’s items in its own store and currency', async () => {
		const here = await buys(anna, 5_000);
		const there = await buys(anna, 5_000, 'second');
		const items = [{ journey: { shop: 'second' }, customer: { id: there } }, { customer: { id: here } }, { journey: { shop: 'second' }, customer: { id: here } }];
		const [match, noMatch] = await run({ items, parameters: { conditions: spent(50) } });
		// The second shop's order was paid in euros, its own currency is the dollar.
		expect(match.map(({ json }) => json)).toEqual([items[1]]);
		expect(noMatch[1].json).toMatchObject({ segmentFilter: { reason: 'unknown_customer' } });
	});

	it('decides by what the items carry, when told so, and refuses what they do not', async () => {
		const carried = (count: number) => ({ customer: { id: 'x', consent: { email: 'subscribed', sms: 'none' }, orders: { count, spentMinor: 0 } } });
		const [match, noMatch] = await run({ items: [carried(1), carried(0)], parameters: { conditions: bought, useItems: true } });
		expect([match.length, noMatch.length]).toEqual([1, 1]);
		await expect(run({ parameters: { conditions: facts({ field: 'postcode', textOperator: 'is_set' }), useItems: true } })).rejects.toMatchObject({
			message: 'Items do not carry "Customer: Postcode"',
			description: expect.stringContaining('Switch "Use What the Items Carry" off'),
		});
	});

	it('lets a bad item fail alone', async () => {
		const items = [{ cart: { items: 'none' } }, { cart: { id: 'c', items: [{ productId: 'tea', title: 'Tea', quantity: 2, unitPriceMinor: 1 }] } }];
		const parameters = { conditions: facts({ field: 'cart.items', numberOperator: 'at_least', number: 2 }) };
		for (const useItems of [false, true]) {
			const [match, noMatch] = await run({ items: [items[1], ...items, items[0]], parameters: { ...parameters, useItems }, continueOnFail: true });
			expect(match.map(({ json }) => json)).toEqual([items[1], items[1]]);
			expect(noMatch).toEqual([1, 3].map((item) => ({ json: { error: expect.stringContaining('not what they should be') }, pairedItem: { item } })));
			await expect(run({ items, parameters: { ...parameters, useItems } })).rejects.toMatchObject({ context: { itemIndex: 0 } });
		}
	});

	it('tells what is wrong with a condition, and that there is none', async () => {
		await expect(run({ parameters: { conditions: facts({ field: 'orders.count', numberOperator: 'between', number: 5, numberTo: 2 }) } })).rejects.toMatchObject({ message: expect.stringContaining('the first must not be greater') });
		await expect(run({ parameters: { conditions: {} } })).rejects.toMatchObject({ message: 'No condition is set', description: 'Add at least one under "Conditions".' });
	});
});

describe('Segment Filter: List Customers', () => {
	it('gives one item for each customer, as journeys do, in the order asked for', async () => {
		await buys(anna, 3_000);
		await buys(ben, 5_000);
		await buys({ email: 'cleo@example.com' }, 1_000);
		await buys({ email: 'dora@example.com' }, 0);
		const [match, noMatch] = await run({ items: [{}, {}], parameters: { operation: 'list', conditions: bought, orderBy: 'orders.spent', limit: 2 } });
		expect(match).toEqual([
			{ json: { shop: expect.objectContaining({ name: 'main', currency: 'EUR' }), customer: expect.objectContaining({ email: 'ben@example.com', orders: expect.objectContaining({ spentMinor: 5_000 }) }) }, pairedItem: { item: 0 } },
			{ json: expect.objectContaining({ customer: expect.objectContaining({ email: 'anna@example.com', firstName: 'Anna' }) }), pairedItem: { item: 0 } },
		]);
		expect(noMatch).toEqual([]);
		const list = async (parameters: object) => (await run({ parameters: { operation: 'list', conditions: bought, ...parameters } }))[0].map(({ json }) => (json.customer as { email: string }).email);
		expect(await list({ orderBy: 'orders.spent', direction: 'ascending', limit: 1 })).toEqual(['cleo@example.com']);
		expect((await list({ returnAll: true })).toSorted()).toEqual(['anna@example.com', 'ben@example.com', 'cleo@example.com']);
	});

	it('refuses facts that only an item has', async () => {
		await expect(run({ parameters: { operation: 'list', conditions: facts({ field: 'cart.total', numberOperator: 'at_least', number: 1 }) } })).rejects.toMatchObject({ message: 'Customers cannot be listed by facts of one cart' });
	});
});
