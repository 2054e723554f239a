import fc from 'fast-check';
import { explainRule, mergeRules, parseProductRules, type ProductRule, ruleFor } from '../../../lib/model/productRules';

const rules: ProductRule[] = [
	{ category: 'Supplements', daysPerUnit: 1, deliveryDays: 5, goods: 'soft' },
	{ tag: 'big-box', unitsPerPack: 300 },
	{ tag: 'vegan', unitsPerPack: 60, season: 'veganuary' },
	{ product: 'omega', unitsPerPack: 100, accessories: ['pill-box'] },
	{ product: 'OMEGA-XL', unitsPerPack: 500 },
];

describe('the rule for a product', () => {
	it('takes each field from the most specific rule that names it: product, then tag, then category', () => {
		expect(ruleFor(rules, { productId: 'omega', tags: ['vegan'], category: 'supplements' })).toEqual({
			unitsPerPack: 100,
			accessories: ['pill-box'],
			season: 'veganuary',
			daysPerUnit: 1,
			deliveryDays: 5,
			goods: 'soft',
		});
	});

	it('takes a rule for the SKU before one for the product', () => {
		expect(ruleFor(rules, { productId: 'omega', sku: 'omega-xl' })).toMatchObject({ unitsPerPack: 500, accessories: ['pill-box'] });
	});

	it('does not regard case, of products, tags and categories', () => {
		expect(ruleFor(rules, { productId: 'OMEGA', tags: ['Vegan'], category: 'SUPPLEMENTS' })).toMatchObject({ unitsPerPack: 100, season: 'veganuary', daysPerUnit: 1 });
	});

	it('goes by the order of the rules when two tags name the same field, not by the order of the tags', () => {
		const both = { productId: 'x', tags: ['vegan', 'big-box'] };
		expect(ruleFor(rules, both).unitsPerPack).toBe(300);
		expect(ruleFor([...rules].reverse(), both).unitsPerPack).toBe(60);
	});

	it('is empty for a product that nothing names', () => {
		expect(ruleFor(rules, { productId: 'x', tags: [], category: 'shoes' })).toEqual({});
		expect(ruleFor([], { productId: 'omega' })).toEqual({});
	});

	it('says of each field which rule it comes from', () => {
		expect(explainRule(rules, { productId: 'omega', category: 'Supplements' })).toContainEqual({ field: 'deliveryDays', value: 5, target: 'category', name: 'Supplements' });
		expect(explainRule(rules, { productId: 'omega', category: 'Supplements' })).toContainEqual({ field: 'unitsPerPack', value: 100, target: 'product', name: 'omega' });
	});

	it('agrees with a plain walk over all rules', () => {
		const name = fc.constantFrom('a', 'b', 'c');
		const target = fc.oneof(...(['product', 'tag', 'category'] as const).map((key) => name.map((named) => ({ [key]: named }) as ProductRule)));
		const rule = fc.tuple(target, fc.record({ daysPerUnit: fc.integer({ min: 1, max: 9 }), deliveryDays: fc.integer({ min: 0, max: 9 }) }, { requiredKeys: [] })).map(([to, says]) => ({ ...to, ...says }));
		const goods = fc.record({ productId: name, tags: fc.uniqueArray(name), category: name });
		fc.assert(
			fc.property(fc.array(rule, { maxLength: 12 }), goods, (all, product) => {
				const inOrder = [...all.filter((one) => one.product === product.productId), ...all.filter((one) => product.tags.some((tag) => tag === one.tag)), ...all.filter((one) => one.category === product.category)];
				const plain = { daysPerUnit: inOrder.find((one) => one.daysPerUnit !== undefined)?.daysPerUnit, deliveryDays: inOrder.find((one) => one.deliveryDays !== undefined)?.deliveryDays };
				const { daysPerUnit, deliveryDays } = ruleFor(all, product);
				expect({ daysPerUnit, deliveryDays }).toEqual(plain);
			}),
		);
	});
});

const rulesOf = (rows: Array<Record<string, unknown>>) => parseProductRules(rows).rules.map(({ rule }) => rule);
const problemsOf = (rows: Array<Record<string, unknown>>) => parseProductRules(rows).problems;

describe('rows of a table', () => {
	it('may hold numbers as text, lists with commas or semicolons, and columns in any notation', () => {
		expect(rulesOf([{ Product: 'omega', 'Days per Unit': '1', units_per_pack: '100', goods: 'Soft', Accessories: 'pill-box; spoon, 17', deliveryDays: 5, Next_Size: '' }])).toEqual([
			{ product: 'omega', daysPerUnit: 1, unitsPerPack: 100, goods: 'soft', accessories: ['pill-box', 'spoon', '17'], deliveryDays: 5 },
		]);
	});

	it('may hold ids as numbers, half units, lists as lists, and what a data table adds', () => {
		expect(rulesOf([{ id: 4, createdAt: '2026-01-01', updatedAt: null, note: 'asked the vendor', product: 4711, daysPerUnit: '0,5', accessories: ['a', 'b'] }])).toEqual([
			{ product: '4711', daysPerUnit: 0.5, accessories: ['a', 'b'] },
		]);
	});

	it.each<[string, Record<string, unknown>, object]>([
		['names nothing', { daysPerUnit: 3 }, { message: expect.stringContaining('neither') }],
		['names two things', { product: 'a', tag: 'b', daysPerUnit: 3 }, { message: expect.stringContaining('product and tag') }],
		['says nothing', { product: 'a' }, { message: expect.stringContaining('says nothing') }],
		['has a misspelt column', { product: 'a', goods: 'soft', dayPerUnit: 3 }, { column: 'dayPerUnit', message: expect.stringContaining('daysPerUnit') }],
		['has a word for a number', { product: 'a', 'Delivery Days': 'five' }, { column: 'Delivery Days', message: expect.stringContaining('"five"') }],
		['has a negative number', { product: 'a', daysPerUnit: -1 }, { column: 'daysPerUnit' }],
		['has half a day of delivery', { product: 'a', deliveryDays: 0.5 }, { column: 'deliveryDays', message: expect.stringContaining('whole number') }],
		['has goods that are neither soft nor hard', { product: 'a', goods: 'liquid' }, { column: 'goods', message: expect.stringContaining('soft or hard') }],
	])('a row that %s is a problem with its number and column, and the others are read', (_what, bad, problem) => {
		const good = { category: 'shoes', goods: 'soft' };
		expect(problemsOf([good, bad])).toEqual([expect.objectContaining({ row: 1, ...problem })]);
		expect(rulesOf([good, bad])).toEqual([good]);
	});

	it('refuses a second row for the same product, whatever its case', () => {
		const rows = [{ product: 'Omega', daysPerUnit: 1 }, { tag: 'omega', daysPerUnit: 1 }, { product: 'omega', goods: 'soft' }];
		expect(problemsOf(rows)).toEqual([{ row: 2, column: 'product', message: expect.stringContaining('row 1') }]);
	});
});

describe('adding rules to others', () => {
	it('replaces the rule for the same thing and keeps the rest', () => {
		expect(mergeRules([{ product: 'a', daysPerUnit: 1, goods: 'soft' }, { tag: 'a', season: 'x' }], [{ product: 'A', daysPerUnit: 2 }])).toEqual([
			{ product: 'A', daysPerUnit: 2 },
			{ tag: 'a', season: 'x' },
		]);
	});
});
