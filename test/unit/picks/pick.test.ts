import { dayMs } from '../../../lib/model/clock';
import { openShop, type Shop } from '../record/shop';
import { cartWith, customerOf, entriesOf, fold, indexes, keys, line, look, order, picked, tell } from './goods';

let shop: Shop;
beforeEach(() => {
	shop = openShop();
});
afterEach(() => shop.hub.close());

describe('what is picked', () => {
	it('goes with the cart: the accessories of the rules, then what was bought together, then others, each with its reason', async () => {
		for (const id of ['pot', 'cup', 'tea', 'sieve', 'cake']) await tell(shop, id);
		for (const email of ['a@x.example', 'b@x.example']) await order(shop, email, ['pot', 'tea']);
		await order(shop, 'c@x.example', ['pot', 'cup']);
		await fold(shop);
		const rules = [{ product: 'pot', accessories: ['sieve'] }];
		expect(await picked(shop, { count: 4 }, { item: cartWith('pot') }, rules)).toEqual(['sieve:accessory', 'tea:bought_together', 'cup:bought_together', 'cake:new']);
	});

	it('is never sold out, deleted, nameless, in the cart, or bought lately', async () => {
		for (const id of ['gone', 'sold-out', 'nameless', 'in-cart', 'bought', 'bought-long-ago', 'fine']) await tell(shop, id);
		await order(shop, 'a@x.example', ['bought-long-ago', 'in-cart', 'gone', 'sold-out', 'nameless', 'bought']);
		shop.pass(100 * dayMs);
		await order(shop, 'a@x.example', ['bought']);
		await tell(shop, 'gone', { deleted: true });
		await tell(shop, 'sold-out', { stock: 0 });
		await tell(shop, 'nameless', { title: undefined });
		await fold(shop);
		const subject = { item: cartWith('in-cart'), customer: await customerOf(shop, 'a@x.example') };
		expect(await picked(shop, { count: 10 }, subject)).toEqual(['bought-long-ago:bought_together', 'fine:in_stock']);
		expect(await picked(shop, { count: 10, exceptBoughtDays: 0 }, subject)).toContain('bought:bought_together');
	});

	it('is similar: looked at in the same visit, then of the same category', async () => {
		await tell(shop, 'red', { category: 'Shoes' });
		await tell(shop, 'blue', { category: 'Shoes' });
		await tell(shop, 'hat', { category: 'Hats' });
		for (const id of ['red', 'hat']) await look(shop, 'browser-1', id);
		shop.pass(dayMs);
		await look(shop, 'browser-1', 'blue');
		await fold(shop);
		expect(await picked(shop, { show: 'similar', fallBack: false }, { item: { view: { productId: 'red' } } })).toEqual(['hat:viewed_together', 'blue:same_category']);
	});

	it('is what others bought after they had looked at it, also when they were not known yet', async () => {
		for (const id of ['cheap', 'good']) await tell(shop, id);
		await look(shop, 'browser-1', 'cheap');
		shop.pass(2 * dayMs);
		await order(shop, 'a@x.example', ['good'], { visitorId: 'browser-1' });
		await fold(shop);
		expect(await picked(shop, { show: 'afterViewing', fallBack: false }, { item: { product: { id: 'cheap' } } })).toEqual(['good:viewed_then_bought']);
		expect(await picked(shop, { show: 'afterViewing', fallBack: false }, { item: { product: { id: 'good' } } })).toEqual([]);
	});

	it('goes by the customer where the item names no product: what goes with what was bought, then the categories', async () => {
		for (const [id, category] of [['pot', 'Tea'], ['cup', 'Tea'], ['cake', 'Food'], ['jam', 'Food']]) await tell(shop, id, { category });
		await order(shop, 'a@x.example', ['pot', 'cake']);
		await order(shop, 'b@x.example', ['pot']);
		await fold(shop);
		const subject = { customer: await customerOf(shop, 'b@x.example') };
		expect(await picked(shop, { show: 'forCustomer', fallBack: false }, subject)).toEqual(['cake:bought_together', 'cup:favourite_category']);
		expect(await picked(shop, { show: 'goesWith', count: 1 }, subject)).toEqual(['cake:bought_together']);
	});

	it('is a bestseller of the period, or of a category in it', async () => {
		for (const [id, category] of [['old', 'A'], ['one', 'A'], ['two', 'B']]) await tell(shop, id, { category });
		for (let round = 0; round < 5; round++) await order(shop, `${round}@x.example`, ['old']);
		shop.pass(40 * dayMs);
		await order(shop, 'a@x.example', ['one']);
		for (const email of ['b@x.example', 'c@x.example']) await order(shop, email, ['two']);
		await fold(shop);
		const bestsellers = { show: 'bestsellers', fallBack: false } as const;
		expect(await picked(shop, bestsellers)).toEqual(['two:bestseller', 'one:bestseller']);
		expect(await picked(shop, { ...bestsellers, category: ' a ' })).toEqual(['one:bestseller']);
		expect(await picked(shop, { ...bestsellers, periodDays: 60, category: 'A' })).toEqual(['old:bestseller', 'one:bestseller']);
	});

	it('is new, back in stock or reduced, what happened last first', async () => {
		await tell(shop, 'imported', { updatedAtMs: shop.now() - 60 * dayMs }, true);
		await tell(shop, 'empty', { stock: 0 });
		shop.pass(31 * dayMs);
		await tell(shop, 'fresh');
		await tell(shop, 'empty');
		await tell(shop, 'sale', { fullPriceMinor: 2000 });
		shop.pass(dayMs);
		await tell(shop, 'fresher');
		const only = { fallBack: false } as const;
		expect(await picked(shop, { show: 'newProducts', ...only })).toEqual(['fresher:new', 'fresh:new', 'sale:new']);
		expect(await picked(shop, { show: 'backInStock', ...only })).toEqual(['empty:back_in_stock']);
		expect(await picked(shop, { show: 'reduced', ...only })).toEqual(['sale:reduced']);
	});

	it('is the upgrade or the next size by the rules, else by the title, and nothing else instead', async () => {
		await tell(shop, 'nappies-3', { title: 'Nappies Size 3', category: 'Baby' });
		await tell(shop, 'nappies-4', { title: 'NAPPIES  size 4', category: 'Baby' });
		await tell(shop, 'wipes', { title: 'Wipes', category: 'Baby' });
		const item = { order: { id: 'o', currency: 'EUR', totalMinor: 0, placedAt: '', paid: true, awaitsPayment: false, items: [line('nappies-3')] } };
		expect(await picked(shop, { show: 'nextSize' }, { item })).toEqual(['nappies-4:next_size']);
		expect(await picked(shop, { show: 'nextSize' }, { item }, [{ product: 'nappies-3', nextSize: 'wipes' }])).toEqual(['wipes:next_size']);
		expect(await picked(shop, { show: 'upgrade' }, { item })).toEqual([]);
		expect(await picked(shop, { show: 'upgrade' }, { item }, [{ product: 'nappies-3', upgrade: 'nappies-4' }])).toEqual(['nappies-4:upgrade']);
	});
});

describe('the catalogue of picks', () => {
	it('holds what can be bought, newest first, and follows what is told', async () => {
		await tell(shop, 'a', { category: 'Shoes' });
		shop.pass(dayMs);
		await tell(shop, 'b', { category: 'Shoes' });
		expect(await entriesOf(shop, indexes.catalogue())).toEqual(['b', 'a']);
		await tell(shop, 'b', { category: 'Hats' });
		await tell(shop, 'a', { stock: 0 });
		expect(await entriesOf(shop, indexes.catalogue())).toEqual(['b']);
		expect(await entriesOf(shop, indexes.catalogue('Shoes'))).toEqual([]);
		expect(await entriesOf(shop, indexes.catalogue('hats'))).toEqual(['b']);
		await tell(shop, 'a', { category: 'Shoes', stock: 1 });
		expect(await entriesOf(shop, indexes.catalogue())).toEqual(['b', 'a']);
		expect(await entriesOf(shop, indexes.backInStock)).toEqual(['a']);
	});

	it('takes in a product that was stored before, when it is told next', async () => {
		await shop.store.commit({ writes: [{ key: keys.product('old'), version: 0, value: { productId: 'old', title: 'Old', updatedAtMs: 1, sequenceMs: 0 } }] });
		expect(await picked(shop, { show: 'newProducts' })).toEqual([]);
		await tell(shop, 'old');
		expect(await entriesOf(shop, indexes.catalogue())).toEqual(['old']);
	});

	it('remembers a price that fell by itself for a month, from where the fall began', async () => {
		await tell(shop, 'a', { priceMinor: 2000 });
		for (const priceMinor of [1800, 1500]) {
			shop.pass(dayMs);
			await tell(shop, 'a', { priceMinor });
		}
		expect(await picked(shop, { show: 'reduced', fallBack: false })).toEqual(['a:reduced']);
		shop.pass(31 * dayMs);
		expect(await picked(shop, { show: 'reduced', fallBack: false })).toEqual([]);
		await tell(shop, 'a', { priceMinor: 2000 });
		expect(await entriesOf(shop, indexes.reduced)).toEqual([]);
	});
});
