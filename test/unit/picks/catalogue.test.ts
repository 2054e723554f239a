import * as fc from 'fast-check';
import { dayMs } from '../../../lib/model/clock';
import type { LineItem } from '../../../lib/model/events';
import { isOnSale } from '../../../lib/picks/catalogue';
import { Picker } from '../../../lib/picks/pick';
import { titleOfNextSize } from '../../../lib/picks/nextSize';
import { pickShows } from '../../../lib/picks/ways';
import { openShop } from '../record/shop';
import { customerOf, fold, line, look, nobody, order, productOf, tell } from './goods';

const id = fc.integer({ min: 0, max: 11 }).map((n) => `p${n}`);
const happening = fc.oneof(
	fc.record({ what: fc.constant('tell' as const), id, stock: fc.integer({ min: 0, max: 2 }), priceMinor: fc.integer({ min: 500, max: 900 }), category: fc.constantFrom('A', 'B', undefined), deleted: fc.constantFrom(false, false, false, true) }),
	fc.record({ what: fc.constant('order' as const), who: fc.constantFrom('a', 'b'), ids: fc.uniqueArray(id, { minLength: 1, maxLength: 4 }) }),
	fc.record({ what: fc.constant('look' as const), who: fc.constantFrom('x', 'y'), id }),
	fc.record({ what: fc.constant('pass' as const), days: fc.integer({ min: 1, max: 60 }) }),
);

describe('whatever happened in a shop', () => {
	it('picks are on sale, new to the customer, not in the cart, the same when asked again, and as many as asked for while there are so many', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(happening, { minLength: 5, maxLength: 40 }),
				fc.record({ show: fc.constantFrom(...pickShows), count: fc.integer({ min: 1, max: 8 }), fallBack: fc.boolean(), exceptBoughtDays: fc.constantFrom(0, 30, 90), periodDays: fc.constantFrom(7, 30), category: fc.constantFrom(undefined, 'a') }),
				fc.uniqueArray(id, { maxLength: 3 }),
				async (happenings, request, inCart) => {
					const shop = openShop();
					await order(shop, 'a@x.example', ['p0']);
					for (const one of happenings) {
						if (one.what === 'tell') await tell(shop, one.id, { stock: one.stock, priceMinor: one.priceMinor, category: one.category, ...(one.deleted && { deleted: true }) });
						else if (one.what === 'order') await order(shop, `${one.who}@x.example`, one.ids);
						else if (one.what === 'look') await look(shop, one.who, one.id);
						else shop.pass(one.days * dayMs);
					}
					await fold(shop);
					const customer = await customerOf(shop, 'a@x.example');
					const subject = { ...nobody, customer, item: { cart: { id: 'c', stage: 'cart' as const, currency: 'EUR', totalMinor: 0, url: '', updatedAt: '', items: inCart.map((name): LineItem => line(name)) } } };
					const pick = async () => (await new Picker(shop.store, [], shop.now()).pick(subject, request)).map(({ product, way }) => ({ id: product.productId, way }));
					const picks = await pick();
					const isAllowed = async (name: string) => {
						const product = await productOf(shop, name);
						const lastAtMs = customer.bought?.products[name]?.lastAtMs ?? -Infinity;
						const isNew = request.exceptBoughtDays === 0 || shop.now() - lastAtMs > request.exceptBoughtDays * dayMs;
						return isOnSale(product) && isNew && !inCart.includes(name) && (request.category === undefined || product.category?.toLowerCase() === request.category);
					};
					for (const { id: name } of picks) expect(await isAllowed(name)).toBe(true);
					expect(new Set(picks.map(({ id: name }) => name)).size).toBe(picks.length);
					expect(await pick()).toEqual(picks);
					const allowed = (await Promise.all(Array.from({ length: 12 }, (_, n) => isAllowed(`p${n}`)))).filter(Boolean).length;
					if (request.fallBack && request.show !== 'upgrade' && request.show !== 'nextSize') expect(picks.length).toBe(Math.min(request.count, allowed));
					else expect(picks.length).toBeLessThanOrEqual(request.count);
					await shop.hub.close();
				},
			),
			{ numRuns: 150 },
		);
	}, 60_000);
});

it.each([
	['Nappies Size 3', 'nappies size 4'],
	['Kinderjacke Größe 98 blau', 'kinderjacke größe 99 blau'],
	['Подгузники размер 3', 'подгузники размер 4'],
	['纸尿裤 尺码 3', '纸尿裤 尺码 4'],
	['Rain Boots Size 38.5', undefined],
	['Downsize 3', undefined],
	['Size M Shirt', undefined],
	['3 Cups', undefined],
])('reads of "%s" that the next size is "%s"', (title, next) => {
	expect(titleOfNextSize(title)).toBe(next);
});
