import { randomUUID } from 'node:crypto';
import { dayMs, minuteMs } from '../../../lib/model/clock';
import type { ShopEvent } from '../../../lib/model/events';
import { keys } from '../../../lib/model/records';
import { anna, customerByEmail, openShop, opening, orderEvent, type Shop } from './shop';

const tracked = (type: ShopEvent['type'], visitorId: string, more: Partial<ShopEvent> = {}): ShopEvent => ({ type, dedupeId: randomUUID(), occurredAtMs: opening, source: 'tracking', customer: { visitorId }, ...more });
const shown = (visitorId: string, more: Partial<ShopEvent> = {}) => tracked('custom', visitorId, { custom: { name: 'purchase', data: { orderId: 'order-1' } }, ...more });
const placed = (atMs = opening) => orderEvent(atMs, {}, { customer: anna });

/** Whether a browser leads to the customer with this address. */
async function isHers(shop: Shop, visitorId: string): Promise<boolean> {
	const [{ value }] = await shop.store.read<{ id: string }>([keys.alias('visitor', visitorId)]);
	return value !== null && value.id === (await customerByEmail(shop, 'anna@example.com'))?.id;
}

describe('a browser that was shown the confirmation of an order', () => {
	let shop: Shop;
	beforeEach(async () => {
		shop = openShop();
		await shop.record(tracked('product_viewed', 'visitor-1', { view: { productId: 'tea' } }));
	});
	afterEach(() => shop.hub.close());

	test.each([
		['before the shop tells of it', [shown('visitor-1'), placed()]],
		['after the shop told of it', [placed(), shown('visitor-1')]],
		['twice', [shown('visitor-1'), shown('visitor-1'), placed(), shown('visitor-1')]],
	])('is the buyer’s, told %s', async (_title, events) => {
		for (const event of events) await shop.record(event);
		expect(await isHers(shop, 'visitor-1')).toBe(true);
		const buyer = (await customerByEmail(shop, 'anna@example.com'))!;
		const [{ value: history }] = await shop.store.read<{ recent: Array<{ type: string }> }>([keys.history(buyer.id)]);
		expect(history?.recent.map(({ type }) => type)).toContain('product_viewed');
		expect(buyer.orders.count).toBe(1);
		expect(buyer.consent).toEqual({});
		expect(await shop.store.read([keys.confirmation('order-1')])).toMatchObject([{ value: null }]);
	});

	test.each([
		['long before the order was placed', [shown('visitor-1'), placed(opening + 6 * minuteMs)]],
		['long after it was placed', [placed(opening - dayMs - 1), shown('visitor-1')]],
		['in one breath with another browser', [shown('visitor-1'), shown('visitor-2'), placed()]],
		['by the name of another event', [tracked('custom', 'visitor-1', { custom: { name: 'quiz', data: { orderId: 'order-1' } } }), placed()]],
		['with an id that is none', [shown('visitor-1', { custom: { name: 'purchase', data: { orderId: 1 } } }), placed()]],
	])('is not believed %s', async (_title, events) => {
		shop.pass(2 * dayMs);
		for (const event of events) await shop.record(event);
		expect(await isHers(shop, 'visitor-1')).toBe(false);
		expect((await customerByEmail(shop, 'anna@example.com'))?.orders.count).toBe(1);
	});

	test('makes no order', async () => {
		await shop.record(shown('visitor-1'));
		expect(await shop.store.read([keys.order('order-1')])).toMatchObject([{ value: null }]);
	});
});
