import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';
import { hourMs } from '../../../lib/model/clock';
import type { ProductFacts } from '../../../lib/model/events';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import { readProductRules } from '../../../lib/n8n/productRules';
import { executeProductRules, ProductRules } from '../../../nodes/ProductRules/ProductRules.node';
import { fakeExecution, type Execution } from './execution';

const nowMs = Date.parse('2026-03-02T08:00:00Z');
let folder: string;
let installation: Installation;

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'product-rules-'));
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const { description } = new ProductRules();
async function run(execution: Execution): Promise<INodeExecutionData[]> {
	return (await executeProductRules(fakeExecution(description, execution), installation))[0];
}
const rules = () => readProductRules(installation.shop('main').store);
const omega: ProductFacts = { productId: 'omega', title: 'Omega 3', tags: ['vegan'], category: 'Supplements', variants: [{ variantId: '1', sku: 'OMEGA-100' }], updatedAtMs: nowMs - hourMs };

describe('setting rules', () => {
	it('takes one rule per item and replaces all that were there', async () => {
		await run({ items: [{ tag: 'old', season: 'summer' }], parameters: { operation: 'set' } });
		const output = await run({ items: [{ id: 1, product: 'omega', daysPerUnit: '1' }, { id: 2, category: 'Shoes', goods: 'soft' }], parameters: { operation: 'set' } });
		expect(output).toEqual([{ json: { rulesStored: 2, rulesInAll: 2 }, pairedItem: [{ item: 0 }, { item: 1 }] }]);
		expect(await rules()).toEqual([{ product: 'omega', daysPerUnit: 1 }, { category: 'Shoes', goods: 'soft' }]);
	});

	it('keeps the others when told to', async () => {
		await run({ items: [{ tag: 'a', season: 'summer' }, { tag: 'b', season: 'winter' }], parameters: { operation: 'set' } });
		const [{ json }] = await run({ items: [{ tag: 'B', season: 'spring' }, { tag: 'c', season: 'autumn' }], parameters: { operation: 'set', existing: 'merge' } });
		expect(json).toEqual({ rulesStored: 2, rulesInAll: 3 });
		expect((await rules()).map(({ season }) => season)).toEqual(['summer', 'spring', 'autumn']);
	});

	it.each(['product,daysPerUnit,accessories\nomega,1,"spoon, box"', 'product;daysPerUnit;accessories\n\nomega;1;spoon, box\n', 'product\tdaysPerUnit\taccessories\r\nomega\t1\tspoon, box'])('reads a table typed in: %j', async (rows) => {
		await run({ parameters: { operation: 'set', source: 'text', rows } });
		expect(await rules()).toEqual([{ product: 'omega', daysPerUnit: 1, accessories: ['spoon', 'box'] }]);
	});

	it('stores nothing when a row is wrong, and names the row and the column', async () => {
		await run({ items: [{ tag: 'old', season: 'summer' }], parameters: { operation: 'set' } });
		const items = [{ tag: 'a', season: 'x' }, { tag: 'b', deliveryDays: 'soon' }, { season: 'y' }];
		const failed = run({ items, parameters: { operation: 'set' } });
		await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('Row 2, column "deliveryDays"'), description: expect.stringMatching(/Nothing was stored.*Row 3 names neither/) });
		expect(await rules()).toEqual([{ tag: 'old', season: 'summer' }]);
	});

	it('stores the right rows and gives the wrong ones as errors when it is to continue on fail', async () => {
		const output = await run({ items: [{ tag: 'a', season: 'x' }, { tag: 'b', deliveryDays: 'soon' }], parameters: { operation: 'set' }, continueOnFail: true });
		expect(output).toEqual([
			{ json: { rulesStored: 1, rulesInAll: 1 }, pairedItem: [{ item: 0 }] },
			{ json: { error: expect.stringContaining('Row 2'), row: 2 }, pairedItem: { item: 1 } },
		]);
	});

	it.each([
		['cells too many', 'tag,season\na,b,c', 'line 2'],
		['no rows', 'tag,season\n', 'no rule'],
	])('refuses a table with %s', async (_what, rows, words) => {
		await expect(run({ parameters: { operation: 'set', source: 'text', rows } })).rejects.toThrow(words);
	});
});

describe('checking a product', () => {
	beforeEach(async () => {
		await installation.shop('main').record({ type: 'product_updated', dedupeId: 'omega', occurredAtMs: nowMs, source: 'test', product: omega });
		await run({ items: [{ category: 'supplements', daysPerUnit: 1, deliveryDays: 5 }, { tag: 'vegan', season: 'january' }, { product: 'omega-100', unitsPerPack: 100 }], parameters: { operation: 'set' } });
	});

	it('says what applies and from where, by what the shop told of the product', async () => {
		const [{ json }] = await run({ parameters: { operation: 'check', productId: 'omega' } });
		expect(json.productRule).toEqual({
			product: 'omega',
			title: 'Omega 3',
			isKnown: true,
			tags: ['vegan'],
			category: 'Supplements',
			rule: { daysPerUnit: 1, deliveryDays: 5, season: 'january', unitsPerPack: 100 },
			from: { daysPerUnit: 'category "supplements"', deliveryDays: 'category "supplements"', season: 'tag "vegan"', unitsPerPack: 'product "omega-100"' },
		});
	});

	it('takes the product from the item, and keeps the item', async () => {
		const [{ json }] = await run({ items: [{ journey: { shop: 'main' }, product: { id: 'omega' } }], parameters: { operation: 'check' } });
		expect(json).toMatchObject({ product: { id: 'omega' }, productRule: { product: 'omega', isKnown: true } });
	});

	it('fails for the item that names no product, alone when it is to continue on fail', async () => {
		const items = [{}, { productId: 17 }];
		await expect(run({ items, parameters: { operation: 'check' } })).rejects.toMatchObject({ message: expect.stringContaining('Item 0'), context: { itemIndex: 0 } });
		const output = await run({ items, parameters: { operation: 'check' }, continueOnFail: true });
		expect(output).toMatchObject([{ json: { error: expect.stringContaining('Item 0') }, pairedItem: { item: 0 } }, { json: { productRule: { product: '17', isKnown: false, rule: {} } }, pairedItem: { item: 1 } }]);
	});
});

describe('listing rules', () => {
	it('gives rows that can be set again', async () => {
		await run({ items: [{ product: 'omega', accessories: 'a, b', daysPerUnit: 0.5 }, { tag: 'vegan', goods: 'soft' }], parameters: { operation: 'set' } });
		const before = await rules();
		const listed = (await run({ parameters: { operation: 'list' } })).map(({ json }) => json);
		expect(listed).toEqual(before);
		await run({ items: listed, parameters: { operation: 'set' } });
		expect(await rules()).toEqual(before);
	});
});

describe('the template', () => {
	it('runs as it is shipped: its examples are rules without a mistake, and its product is found', async () => {
		const template = JSON.parse(readFileSync(path.join(__dirname, '../../../workflows-templates/00-connect/product-rules.json'), 'utf8')) as { nodes: Array<{ name: string; parameters: Record<string, unknown> }> };
		const parametersOf = (name: string) => template.nodes.find((node) => node.name === name)!.parameters;
		const [{ json }] = await run({ parameters: parametersOf('Set Product Rules') });
		expect(json).toEqual({ rulesStored: 11, rulesInAll: 11 });
		const [checked] = await run({ parameters: parametersOf('Check a Product') });
		expect(checked.json.productRule).toMatchObject({ rule: { unitsPerPack: 100, accessories: ['pill-box', 'travel-case'] } });
	});
});
