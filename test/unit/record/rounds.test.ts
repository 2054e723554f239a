import { hourMs, minuteMs } from '../../../lib/model/clock';
import type { ShopEvent } from '../../../lib/model/events';
import type { Store } from '../../../lib/store/store';
import { RecentDocuments } from '../../../lib/store/recent';
import { cartEvent, checkoutEvent, customerEvent, openShop, orderEvent, type Shop, viewEvent } from './shop';

let rounds: string[][];
let shop: Shop;

/** Counts what waits for the store before the commit: reads, and the commits themselves. */
function watched(store: Store): Store {
	return new Proxy(store, {
		get(target, name, receiver) {
			const member: unknown = Reflect.get(target, name, receiver);
			if (typeof member !== 'function') return member;
			return (...args: unknown[]) => {
				rounds.push([String(name), ...(name === 'read' ? (args[0] as string[]) : [])]);
				return (member as (...args: unknown[]) => unknown).apply(target, args);
			};
		},
	});
}

const anna = { email: 'anna@example.com', shopCustomerId: '1', phone: '+436641234567' };

async function setUp(): Promise<void> {
	rounds = [];
	shop = openShop(':memory:', watched);
	await shop.switchOn({});
	shop.pass(hourMs);
	await shop.record(customerEvent(shop.now(), { ...anna, visitorId: 'v1' }));
	await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
	shop.pass(minuteMs);
}

/** @param isAway nothing of the store is remembered: the last event was long ago, or came to another process */
async function roundsOf(event: ShopEvent, isAway: boolean): Promise<string[]> {
	// Journeys are read now and then, not for each event.
	await shop.definitions.get(shop.now());
	const recall = isAway ? jest.spyOn(RecentDocuments.prototype, 'recall').mockReturnValue(undefined) : undefined;
	rounds = [];
	await shop.record(event);
	recall?.mockRestore();
	return rounds.map(([name]) => name);
}

describe('recording', () => {
	it.each<[string, () => ShopEvent, number, number]>([
		['a cart of a known customer', () => cartEvent(shop.now(), {}, { customer: anna }), 2, 0],
		['a new cart of a known customer', () => cartEvent(shop.now(), { cartToken: 'cart-b' }, { customer: anna }), 3, 2],
		['a checkout that ends an enrolment under way', () => checkoutEvent(shop.now(), {}, { customer: anna }), 2, 1],
		['a view of a known visitor', () => viewEvent(shop.now(), { productId: 'tea' }, { customer: { visitorId: 'v1' } }), 2, 0],
		['a view of a new visitor', () => viewEvent(shop.now(), { productId: 'tea' }, { customer: { visitorId: 'v2' } }), 2, 2],
		['facts of a known customer', () => customerEvent(shop.now(), { ...anna, city: 'Graz' }), 2, 0],
		['facts of somebody new', () => customerEvent(shop.now(), { email: 'eva@example.com' }), 2, 2],
		['an order of a known customer with its cart', () => orderEvent(shop.now(), { cartToken: 'cart-a' }, { customer: anna }), 3, 2],
	])('%s asks the store no more often than needed, and commits once', async (_what, event, away, soonAfter) => {
		const reads = (names: string[]) => names.filter((name) => name !== 'commit');
		for (const [isAway, most] of [
			[true, away],
			[false, soonAfter],
		] as const) {
			await setUp();
			const names = await roundsOf(event(), isAway);
			expect(names.filter((name) => name === 'commit')).toHaveLength(1);
			expect({ isAway, reads: reads(names) }).toEqual({ isAway, reads: Array.from({ length: most }, () => 'read') });
			await shop.hub.close();
		}
	});
});
