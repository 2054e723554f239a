import { randomUUID } from 'node:crypto';
import { hourMs } from '../../../lib/model/clock';
import type { ShopEvent } from '../../../lib/model/events';
import { anna, cartEvent, customerById, customerEvent, enrolmentOf, openShop, type Shop, waiting } from './shop';

let shop: Shop;
beforeEach(async () => {
	shop = openShop();
	await shop.switchOn({});
	shop.pass(hourMs);
	await shop.record(customerEvent(shop.now(), anna));
});
afterEach(() => shop.hub.close());

const byHand = (type: 'blocked' | 'unblocked', note?: string): ShopEvent => ({ type, dedupeId: randomUUID(), occurredAtMs: shop.now(), source: 'operator', customerId: 'customer-1', ...(note && { note }) });

describe('a customer blocked by hand', () => {
	it('leaves every journey and enters none, until the block is lifted', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		expect(await shop.record(byHand('blocked', 'Asked by phone'))).toBe('recorded');
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'ended', endReason: 'suppressed' });
		expect(await customerById(shop, 'customer-1')).toMatchObject({ suppressed: { reason: 'blocked', atMs: shop.now(), note: 'Asked by phone' }, open: {} });
		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-b' }, { customer: anna }));
		expect(await waiting(shop, 'carts')).toEqual([]);
		expect(await shop.record(byHand('unblocked'))).toBe('recorded');
		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-c' }, { customer: anna }));
		expect(await waiting(shop, 'carts')).toHaveLength(1);
	});

	it('keeps the first block, and an unblock without one is no news', async () => {
		expect(await shop.record(byHand('unblocked'))).toBe('stale');
		await shop.record(byHand('blocked', 'first'));
		expect(await shop.record(byHand('blocked', 'second'))).toBe('stale');
		expect(await customerById(shop, 'customer-1')).toMatchObject({ suppressed: { note: 'first' } });
	});

	it('who asked to be forgotten is not unblocked', async () => {
		await shop.record({ type: 'customer_erased', dedupeId: randomUUID(), occurredAtMs: shop.now(), source: 'test', customer: anna });
		shop.pass(hourMs);
		await shop.record(customerEvent(shop.now(), anna));
		expect(await shop.record({ ...byHand('unblocked'), customerId: 'customer-2' })).toBe('stale');
		expect(await customerById(shop, 'customer-2')).toMatchObject({ suppressed: { reason: 'erased' } });
	});
});
