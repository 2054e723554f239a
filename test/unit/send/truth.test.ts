import { type Offer, offerOf, shownIn, truthful } from '../../../lib/messages/send/truth';
import type { ItemCart, ItemLine } from '../../../lib/model/item';
import type { ProductRecord } from '../../../lib/model/records';

const line = (productId: string, change: Partial<ItemLine> = {}): ItemLine => ({ productId, title: productId, quantity: 1, unitPriceMinor: 1000, ...change });
const cartOf = (items: ItemLine[], change: Partial<ItemCart> = {}): { cart: ItemCart } => ({
	cart: { id: 'c', stage: 'cart', currency: 'EUR', totalMinor: items.reduce((sum, { unitPriceMinor, quantity }) => sum + unitPriceMinor * quantity, 0), url: 'https://shop.example/cart', updatedAt: '2026-03-02T08:00:00.000Z', items, ...change },
});
const product = (change: Partial<ProductRecord> = {}): ProductRecord => ({ productId: 'tea', updatedAtMs: 0, sequenceMs: 0, ...change });
const variant = (variantId: string, stock?: number, priceMinor?: number) => ({ variantId, stock, priceMinor });

describe('what the store knows of a product', () => {
	it.each([
		['nothing, when it is not known', null, 'a', null],
		['nothing, when the variant is not among those told', product({ variants: [variant('a', 0), variant('b', 0)] }), 'c', null],
		['that it is gone', product({ deleted: true, variants: [variant('a', 3)] }), 'a', { isGone: true }],
		['the stock and price of the variant', product({ variants: [variant('a', 3, 900), variant('b', 0, 800)] }), 'b', { stock: 0, priceMinor: 800 }],
		['those of the only variant, whichever was asked for', product({ variants: [variant('a', 3, 900)] }), undefined, { stock: 3, priceMinor: 900 }],
		['the stock of all variants together; one oversold takes nothing from another', product({ variants: [variant('a', -2), variant('b', 2)] }), undefined, { stock: 2 }],
		['no stock, where one variant is always to be had', product({ variants: [variant('a', 0), variant('b')] }), undefined, { stock: undefined }],
	])('is %s', (_what, known, variantId, expected) => {
		const offer = offerOf(known, { productId: 'tea', variantId });
		if (expected === null) expect(offer).toBeNull();
		else expect(offer).toEqual({ productId: 'tea', variantId, ...expected });
	});
});

describe('a cart', () => {
	it('that is all true stays the very same', () => {
		const item = cartOf([line('tea'), line('pot')]);
		expect(truthful(item, [], 'EUR')).toBe(item);
		expect(truthful(item, [{ productId: 'tea', priceMinor: 1000 }, { productId: 'pot', priceMinor: 700, currency: 'EUR' }], 'EUR')).toBe(item);
	});

	it('loses what is sold out or sold no more, and its total goes down by as much; shipping in it stays', () => {
		const item = cartOf([line('tea', { quantity: 2 }), line('pot', { unitPriceMinor: 4900 }), line('cup')], { totalMinor: 7900 + 500 });
		const told = truthful(item, [{ productId: 'tea', stock: 0 }, { productId: 'cup', isGone: true }, { productId: 'pot', stock: 2 }], 'EUR')!;
		expect(told.cart.items).toEqual([{ ...line('pot', { unitPriceMinor: 4900 }), stock: 2 }]);
		expect(told.cart.totalMinor).toBe(4900 + 500);
		expect(item.cart.items).toHaveLength(3);
	});

	it('of which nothing is left is no message', () => {
		expect(truthful(cartOf([line('tea'), line('pot')]), [{ productId: 'tea', stock: 0 }, { productId: 'pot', stock: -3 }], 'EUR')).toBeNull();
	});

	it('keeps a line whose stock is not tracked, or of which another variant is sold out', () => {
		const item = cartOf([line('tea', { variantId: 'green' })]);
		expect(truthful(item, [{ productId: 'tea', variantId: 'green' }, { productId: 'tea', variantId: 'black', stock: 0 }], 'EUR')).toBe(item);
	});

	it('shows what became dearer at its price of now, in the total too', () => {
		const told = truthful(cartOf([line('tea', { quantity: 3 })]), [{ productId: 'tea', priceMinor: 1200 }], 'EUR')!;
		expect(told.cart).toMatchObject({ items: [{ unitPriceMinor: 1200 }], totalMinor: 3600 });
	});

	it('keeps what the customer saves on a line when its price rises', () => {
		const told = truthful(cartOf([line('tea', { unitPriceMinor: 800, fullPriceMinor: 1000 })]), [{ productId: 'tea', priceMinor: 1100 }], 'EUR')!;
		expect(told.cart.items[0]).toMatchObject({ unitPriceMinor: 900, fullPriceMinor: 1100 });
		const same = cartOf([line('tea', { unitPriceMinor: 800, fullPriceMinor: 1000 })]);
		expect(truthful(same, [{ productId: 'tea', priceMinor: 1000 }], 'EUR')).toBe(same);
	});

	it('compares no prices of two currencies', () => {
		const item = cartOf([line('tea')], { currency: 'USD' });
		expect(truthful(item, [{ productId: 'tea', priceMinor: 2000, currency: 'EUR' }], 'EUR')).toBe(item);
		expect(truthful(item, [{ productId: 'tea', priceMinor: 2000 }], 'EUR')).toBe(item);
		expect(truthful(item, [{ productId: 'tea', priceMinor: 2000, currency: 'USD' }], 'EUR')!.cart.items[0].unitPriceMinor).toBe(2000);
	});

	it('takes the last word on a line: the shop’s own after the store’s', () => {
		const offers: Offer[] = [{ productId: 'tea', stock: 0 }, { productId: 'tea', stock: 5 }];
		expect(truthful(cartOf([line('tea')]), offers, 'EUR')!.cart.items[0].stock).toBe(5);
	});

	it('that was empty before is the sender’s business no more than before', () => {
		const item = cartOf([]);
		expect(truthful(item, [], 'EUR')).toBe(item);
	});
});

describe('a product that the message is about', () => {
	it('is no message when it, or the variant meant, is sold out', () => {
		const item = { product: { id: 'tea' } };
		expect(truthful(item, [{ productId: 'tea', stock: 0 }], 'EUR')).toBeNull();
		expect(truthful(item, [{ productId: 'tea', variantId: 'green', stock: 0 }], 'EUR', 'green')).toBeNull();
		expect(truthful(item, [{ productId: 'tea', variantId: 'green', stock: 0 }], 'EUR')).toBe(item);
	});

	it('has the stock and the price of now', () => {
		expect(truthful({ product: { id: 'tea', priceMinor: 900, stock: 7 } }, [{ productId: 'tea', stock: 2, priceMinor: 950 }], 'EUR')!.product).toEqual({ id: 'tea', priceMinor: 950, stock: 2 });
	});

	it('that was looked at counts alike', () => {
		expect(truthful({ view: { productId: 'tea', priceMinor: 900 } }, [{ productId: 'tea', stock: 0 }], 'EUR')).toBeNull();
		expect(truthful({ view: { productId: 'tea', priceMinor: 900 } }, [{ productId: 'tea', priceMinor: 950 }], 'EUR')).toEqual({ view: { productId: 'tea', priceMinor: 950 } });
	});
});

describe('picks', () => {
	const picks = [{ id: 'tea', priceMinor: 900, fullPriceMinor: 1000, currency: 'EUR' }, { id: 'pot', priceMinor: 4900, currency: 'EUR' }];

	it('that sold out or are gone are left out, and hold no message back', () => {
		expect(truthful({ picks }, [{ productId: 'tea', stock: 0 }], 'EUR')).toEqual({ picks: [picks[1]] });
		expect(truthful({ picks }, [{ productId: 'tea', isGone: true }, { productId: 'pot', stock: 0 }], 'EUR')).toEqual({ picks: [] });
	});

	it('are shown at the present price, and as reduced only while they are', () => {
		expect(truthful({ picks }, [{ productId: 'tea', priceMinor: 950 }], 'EUR')!.picks[0]).toEqual({ ...picks[0], priceMinor: 950 });
		expect(truthful({ picks }, [{ productId: 'tea', priceMinor: 1000 }], 'EUR')!.picks[0]).toEqual({ id: 'tea', priceMinor: 1000, currency: 'EUR' });
	});

	it('that are all true stay the very same', () => {
		const item = { picks };
		expect(truthful(item, [{ productId: 'tea', priceMinor: 900 }, { productId: 'other', stock: 0 }], 'EUR')).toBe(item);
		expect(shownIn(item)).toEqual([{ productId: 'tea' }, { productId: 'pot' }]);
	});
});

it('what an item shows is listed once each, with the variant it is about', () => {
	expect(shownIn({ ...cartOf([line('tea', { variantId: 'green' }), line('tea', { variantId: 'green' }), line('pot')]), product: { id: 'tea' }, view: { productId: 'pot' } }, 'green')).toEqual([
		{ productId: 'tea', variantId: 'green' },
		{ productId: 'pot', variantId: undefined },
	]);
});
