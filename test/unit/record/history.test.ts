import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { historyDays, historyField, keys } from '../../../lib/model/records';
import { counted, dayOf, mergeHistories } from '../../../lib/record/history';
import { anna, cartEvent, countersOf, customerByEmail, customerEvent, eventOf, historyOf, opening, openShop, orderEvent, type Shop, viewEvent, waiting } from './shop';

let shop: Shop;
beforeEach(async () => {
	shop = openShop();
	await shop.switchOn({});
	shop.pass(hourMs);
	await shop.record(customerEvent(shop.now(), { ...anna, visitorId: 'v1' }));
});
afterEach(() => shop.hub.close());

const counters = () => countersOf(shop, 'customer-1');
const browser = { customer: { visitorId: 'v1' } };
const version = async () => (await shop.store.read([keys.customer('customer-1')]))[0].version;

describe('what a customer did', () => {
	it('is counted by day, by type, and for views by what was looked at', async () => {
		await shop.record(viewEvent(shop.now(), { path: '/tea', productId: 'tea', category: 'Drinks' }, browser));
		await shop.record(viewEvent(shop.now(), { path: '/tea', query: 'Sencha' }, { ...browser, type: 'searched' }));
		shop.pass(dayMs);
		await shop.record(viewEvent(shop.now(), { path: '/tea', productId: 'tea' }, browser));
		await shop.record(eventOf('custom', shop.now(), { ...browser, custom: { name: 'Quiz done' } }));
		const days = (await historyOf(shop, 'customer-1'))!.days;
		expect(days[dayOf(shop.now()) - 1]).toEqual({
			customer_updated: 1,
			product_viewed: 1,
			[historyField('product_viewed', { product: 'tea' })]: 1,
			[historyField('product_viewed', { category: 'drinks' })]: 1,
			[historyField('product_viewed', { path: '/tea' })]: 1,
			searched: 1,
			[historyField('searched', { path: '/tea' })]: 1,
			[historyField('searched', { query: 'sencha' })]: 1,
		});
		expect(days[dayOf(shop.now())]).toMatchObject({ product_viewed: 1, custom: 1, [historyField('custom', { name: 'Quiz done' })]: 1 });
	});

	it('does not touch the customer’s own document for a mere view, but for a visit', async () => {
		const before = await version();
		await shop.record(viewEvent(shop.now(), { path: '/' }, { ...browser, type: 'page_viewed' }));
		expect(await version()).toBe(before);
		await shop.record(viewEvent(shop.now(), { path: '/' }, { ...browser, type: 'visited' }));
		await shop.record(viewEvent(shop.now() - hourMs, { path: '/' }, { ...browser, type: 'visited' }));
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ visits: { count: 2, firstAtMs: shop.now() - hourMs, lastAtMs: shop.now() } });
	});

	it('keeps the newest fifty events as they were, newest first, whatever order they arrive in', async () => {
		for (let minute = 0; minute < 60; minute++) await shop.record(viewEvent(shop.now() + ((minute * 7) % 60) * minuteMs - hourMs, { path: `/${(minute * 7) % 60}` }, browser));
		const { recent } = (await historyOf(shop, 'customer-1'))!;
		expect(recent).toHaveLength(50);
		const views = recent.filter(({ type }) => type === 'product_viewed');
		expect(views.map(({ view }) => view?.path)).toEqual(Array.from({ length: 49 }, (_view, index) => `/${59 - index}`));
	});

	it('counts what was done with messages, in the customer’s document too', async () => {
		for (const type of ['message_sent', 'message_opened', 'message_opened', 'message_clicked'] as const) await shop.record(eventOf(type, shop.now(), { customerId: 'customer-1' }));
		expect(await counters()).toMatchObject({ message_sent: 1, message_opened: 2, message_clicked: 1 });
		const at = shop.now();
		expect((await customerByEmail(shop, 'anna@example.com'))?.engagement).toEqual({ sent: 1, lastSentAtMs: at, opened: 2, lastOpenedAtMs: at, clicked: 1, lastClickedAtMs: at });
	});

	it('counts on the day it was done when it comes from an import, and enrols nobody', async () => {
		const daysAgo = (days: number) => shop.now() - days * dayMs;
		await shop.record(orderEvent(daysAgo(10), { orderId: 'o-1' }, { customer: anna, isHistory: true }));
		await shop.record(orderEvent(daysAgo(historyDays + 1), { orderId: 'o-2' }, { customer: anna, isHistory: true }));
		await shop.record(cartEvent(shop.now(), {}, { customer: anna, isHistory: true }));
		expect((await historyOf(shop, 'customer-1'))!.days[dayOf(daysAgo(10))]).toEqual({ order_placed: 1 });
		expect(await counters()).toMatchObject({ order_placed: 1, cart_updated: 1 });
		expect(await waiting(shop, 'carts')).toEqual([]);
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ orders: { count: 2 } });
	});

	it('lets an import end a journey', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		shop.pass(minuteMs);
		await shop.record(orderEvent(shop.now(), {}, { customer: anna, isHistory: true }));
		expect(await waiting(shop, 'carts')).toEqual([]);
	});

	it('counts a yes to e-mail as having subscribed, once', async () => {
		const yes = (atMs: number) => shop.record(customerEvent(atMs, { ...anna, emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: opening } }));
		await yes(shop.now());
		await yes(shop.now() + 1);
		expect((await counters()).subscribed).toBe(1);
		expect((await shop.store.readTimeline(keys.customer('customer-1'), { limit: 10 })).filter(({ type }) => type === 'subscribed')).toHaveLength(1);
	});
});

describe('a history', () => {
	const now = opening;
	const look = (atMs: number, product: string) => ({ recent: { atMs, type: 'product_viewed' as const }, fields: ['product_viewed', historyField('product_viewed', { product })] });

	it('forgets days that are over', () => {
		const kept = counted(null, [look(now - (historyDays - 1) * dayMs, 'a'), look(now - historyDays * dayMs, 'b')], now);
		expect(Object.keys(kept.days)).toEqual([String(dayOf(now) - historyDays + 1)]);
	});

	it('of more counters than are kept loses the details of the oldest days, and no total', () => {
		const looks = Array.from({ length: 4_000 }, (_look, index) => look(now - (index % 4) * dayMs, `p-${index}`));
		const { days } = counted(null, looks, now);
		const sizes = Object.values(days).map((day) => Object.keys(day).length);
		expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(3_000);
		expect(Object.values(days).map((day) => day.product_viewed)).toEqual([1_000, 1_000, 1_000, 1_000]);
		expect(Object.keys(days[dayOf(now)])).toHaveLength(1_001);
		expect(Object.keys(days[dayOf(now) - 3])).toEqual(['product_viewed']);
	});

	it('of two customers is the sum of both, whichever is named first', () => {
		const a = counted(null, [look(now, 'a'), look(now - dayMs, 'b')], now);
		const b = counted(null, [look(now, 'a'), look(now - 1, 'c')], now);
		expect(mergeHistories(a, b, now)).toEqual(mergeHistories(b, a, now));
		expect(mergeHistories(a, b, now).days[dayOf(now)][historyField('product_viewed', { product: 'a' })]).toBe(2);
		expect(mergeHistories(a, null, now)).toEqual(a);
	});
});
