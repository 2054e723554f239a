import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';
import { dayMs } from '../../../lib/model/clock';
import type { ItemPick } from '../../../lib/model/item';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import { saveProductRules } from '../../../lib/n8n/productRules';
import { executeProductPicks, ProductPicks } from '../../../nodes/ProductPicks/ProductPicks.node';
import { line } from '../picks/goods';
import { fakeExecution, type Execution } from './execution';

let nowMs = Date.parse('2026-03-02T08:00:00Z');
let folder: string;
let installation: Installation;

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'product-picks-'));
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const { description } = new ProductPicks();
const run = async (execution: Execution): Promise<INodeExecutionData[][]> => await executeProductPicks(fakeExecution(description, execution), installation);
const picksOf = ({ json }: INodeExecutionData) => json.picks as unknown as ItemPick[];

async function tell(productId: string, facts: { fullPriceMinor?: number; category?: string } = {}, shop = 'main'): Promise<void> {
	const { fullPriceMinor, category } = facts;
	const product = { productId, title: `Product ${productId}`, url: `https://shop.example/${productId}`, imageUrl: `https://shop.example/${productId}.jpg`, category, currency: 'EUR', variants: [{ variantId: '1', priceMinor: 1000, fullPriceMinor, stock: 3 }], updatedAtMs: nowMs };
	await installation.shop(shop).record({ type: 'product_updated', dedupeId: `p-${productId}-${nowMs}`, occurredAtMs: nowMs, source: 'generic', product });
}

async function order(number: string, email: string, ...productIds: string[]): Promise<void> {
	const facts = { orderId: number, items: productIds.map((id) => line(id)), currency: 'EUR', totalMinor: 1000, placedAtMs: nowMs, updatedAtMs: nowMs };
	await installation.shop('main').record({ type: 'order_placed', dedupeId: `o-${number}`, occurredAtMs: nowMs, source: 'generic', customer: { email }, order: facts });
}

const cart = (...ids: string[]) => ({ cart: { items: ids.map((id) => line(id)) } });

describe('Product Picks', () => {
	it('puts picks on the item with all that a mail shows, and why each was picked', async () => {
		await tell('pot');
		await tell('tea', { fullPriceMinor: 1500, category: 'Tea' });
		await order('1', 'a@x.example', 'pot', 'tea');
		await installation.shop('main').doChores();
		const [[item], nothing] = await run({ items: [{ kept: true, ...cart('pot') }], parameters: {} });
		expect(nothing).toEqual([]);
		expect(item).toMatchObject({ json: { kept: true }, pairedItem: { item: 0 } });
		expect(picksOf(item)).toEqual([
			{ id: 'tea', title: 'Product tea', url: 'https://shop.example/tea', imageUrl: 'https://shop.example/tea.jpg', category: 'Tea', priceMinor: 1000, fullPriceMinor: 1500, currency: 'EUR', stock: 3, reason: 'bought_together', because: 'Product pot', score: expect.any(Number) as number },
		]);
	});

	it('leaves out what the item’s customer bought lately, whoever the item comes from', async () => {
		for (const id of ['pot', 'tea', 'cup']) await tell(id);
		await order('1', 'a@x.example', 'tea');
		const [[byMail, unknown]] = await run({ items: [{ email: 'A@x.example', ...cart('pot') }, { email: 'nobody@x.example', ...cart('pot') }], parameters: {} });
		expect(picksOf(byMail).map(({ id }) => id)).toEqual(['cup']);
		expect(picksOf(unknown).map(({ id }) => id).sort()).toEqual(['cup', 'tea']);
		nowMs += 91 * dayMs;
		const [[later]] = await run({ items: [{ email: 'a@x.example', ...cart('pot') }], parameters: {} });
		expect(picksOf(later)).toHaveLength(2);
	});

	it('goes by the product rules of the shop', async () => {
		await tell('pot');
		await tell('big-pot');
		await saveProductRules(installation.shop('main').store, [{ product: 'pot', upgrade: 'big-pot' }], 'replace', nowMs);
		const [[item]] = await run({ items: [{ order: { items: [line('pot')] } }], parameters: { show: 'upgrade' } });
		expect(picksOf(item).map(({ id, reason }) => [id, reason])).toEqual([['big-pot', 'upgrade']]);
	});

	it('says why there is nothing, and takes older picks off the item', async () => {
		const [picked, [nothing]] = await run({ items: [{ ...cart('pot'), picks: [{ id: 'old' }] }], parameters: { show: 'upgrade' } });
		expect(picked).toEqual([]);
		expect(nothing.json).toEqual({ ...cart('pot'), productPicks: { reason: 'nothing_to_pick', message: 'No product rule names an upgrade of this product that can be sold now' } });
	});

	it('picks from the shop that each item belongs to', async () => {
		await tell('here');
		await tell('there', {}, 'second');
		const [[first, second, third]] = await run({ items: [{}, { journey: { shop: 'second' } }, {}], parameters: { options: (index: number) => (index === 2 ? { shop: 'second' } : {}) } });
		expect([first, second, third].map((item) => picksOf(item).map(({ id }) => id))).toEqual([['here'], ['there'], ['there']]);
	});

	it('shows in a test step what an item will look like before the shop has told of any product', async () => {
		const [[sample], none] = await run({ items: [{ journey: { token: 'sample' } }], parameters: { count: 2 } });
		expect(none).toEqual([]);
		expect(picksOf(sample).map(({ title }) => title)).toEqual(['Sample Product 1', 'Sample Product 2']);
		const [picked, [real]] = await run({ items: [{ journey: { token: 'a-real-one' } }], parameters: { count: 2 } });
		expect([picked, real.json.picks]).toEqual([[], undefined]);
	});

	it.each([
		[{ count: 0 }, '"Number of Products" is 0, which is not a whole number from 1 to 20'],
		[{ count: 2.5 }, '"Number of Products" is 2.5, which is not a whole number from 1 to 20'],
		[{ options: { periodDays: 200 } }, '"Period (Days)" is 200, which is not a whole number from 1 to 90'],
		[{ options: { exceptBoughtDays: 'x' } }, '"Except Bought Within (Days)" is "x", which is not a whole number from 0 to 3650'],
	])('refuses %j', async (parameters, message) => {
		await expect(run({ parameters })).rejects.toThrow(message);
	});

	it('lets a bad item fail alone', async () => {
		await tell('pot');
		const [picked, failed] = await run({ items: [{}, {}], parameters: { count: (index: number) => (index === 0 ? 99 : 1) }, continueOnFail: true });
		expect(picked.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
		expect(failed).toEqual([{ json: { error: '"Number of Products" is 99, which is not a whole number from 1 to 20' }, pairedItem: { item: 0 } }]);
	});

	it('reads what a hundred items have in common once', async () => {
		for (let n = 0; n < 30; n++) await tell(`p${n}`);
		const { store } = installation.shop('main');
		const read = jest.spyOn(store, 'read');
		const [items] = await run({ items: Array.from({ length: 100 }, (_, n) => cart(`p${n % 30}`)), parameters: {} });
		expect(items).toHaveLength(100);
		expect(read.mock.calls.length).toBeLessThan(10);
	});
});
