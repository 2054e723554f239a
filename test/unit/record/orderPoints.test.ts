import fc from 'fast-check';
import type { Programme } from '../../../lib/loyalty/programme';
import { pointsBalance } from '../../../lib/loyalty/points';
import { dayMs, hourMs } from '../../../lib/model/clock';
import type { OrderFacts } from '../../../lib/model/events';
import { indexes, keys } from '../../../lib/model/records';
import { changePointsOf, sweepPointsOf, sweepTiersOf } from '../../../lib/record/points';
import type { Store } from '../../../lib/store/store';
import { anna, ben, customerByEmail, customerEvent, enrolmentOf, eventOf, openShop, orderById, orderEvent, pot, type Shop, tea } from './shop';

const programme: Programme = { earnFromOrders: true, rate: 1, rounding: 'down', excluded: [], pendingDays: 0, expiresAfterDays: 0, tiers: [], tierBy: 'points', tierPeriod: 'rolling_year', tierKeptDays: 0, currency: 'EUR', timezone: 'Europe/Vienna' };

let shop: Shop;
beforeEach(() => {
	shop = openShop();
	shop.programme = programme;
	shop.pass(dayMs);
});
afterEach(() => shop.hub.close());

const place = (order: Partial<OrderFacts> = {}, extra = {}) => shop.record(orderEvent(shop.now(), { totalMinor: 10_000, ...order }, { customer: anna, ...extra }));
const pay = (order: Partial<OrderFacts> = {}, extra = {}) => place({ paidAtMs: shop.now(), ...order }, { type: 'order_paid', ...extra });
const later = (order: Partial<OrderFacts>, extra = {}) => {
	shop.pass(hourMs);
	return place({ placedAtMs: shop.now() - 2 * hourMs, updatedAtMs: shop.now(), ...order }, { type: 'order_updated', ...extra });
};
const refund = (refundId: string, amountMinor: number, orderId = 'order-1', currency = 'EUR') => shop.record(eventOf('order_refunded', shop.now(), { refund: { orderId, refundId, amountMinor, currency, items: [] } }));
const customer = async (email = 'anna@example.com') => (await customerByEmail(shop, email))!;
const available = async (email?: string) => (await customer(email)).points?.available;
const balance = async (email?: string) => await pointsBalance(shop.store, (await customer(email)).id, shop.now());
const told = async (email?: string) =>
	(await shop.store.readTimeline(keys.customer((await customer(email)).id), { limit: 100 }))
		.filter(({ type }) => type.startsWith('points_'))
		.map(({ type, data }) => [type, (data as { points: number }).points])
		.reverse();

describe('an order that is paid', () => {
	it('earns once, whatever is told of it again', async () => {
		await place();
		expect((await customer()).points).toBeUndefined();
		await pay();
		await pay();
		await later({ fulfilledAtMs: shop.now() });
		expect(await told()).toEqual([['points_earned', 100]]);
		expect(await available()).toBe(100);
	});

	it('starts journeys about the order by the points it earned', async () => {
		await shop.switchOn({ id: 'earned', trigger: 'event', subject: 'order', events: ['points_earned'], kind: 'transactional', endsOn: [], reentryAfterMs: null, steps: [{ name: 'at once', delayMs: 0 }] });
		await pay();
		expect(await enrolmentOf(shop, 'earned', 'order-1')).toMatchObject({ orderId: 'order-1', event: { type: 'points_earned', data: { points: 100, balance: 100 } } });
	});

	it('earns points that wait and expire as the settings say, across a change of the clocks', async () => {
		// 28 March 2026, 10:00 in Vienna; the clocks go forward in the night.
		shop.pass(Date.parse('2026-03-28T09:00:00Z') - shop.now());
		shop.programme = { ...programme, pendingDays: 14, expiresAfterDays: 30 };
		await pay();
		expect((await customer()).points).toEqual({ available: 0, pending: 100 });
		shop.pass(Date.parse('2026-04-11T08:00:00Z') - shop.now() - 1);
		await sweepPointsOf(shop);
		expect(await available()).toBe(0);
		shop.pass(1);
		await sweepPointsOf(shop);
		expect((await customer()).points).toMatchObject({ available: 100, expiring: 100, expiresAtMs: Date.parse('2026-04-27T22:00:00Z') });
	});

	it('earns nothing for what the settings leave out, by id, category or tag, the total shared out over the lines', async () => {
		await shop.record(eventOf('product_updated', shop.now(), { product: { productId: 'pot', title: 'Tea Pot', tags: ['Clearance'], updatedAtMs: shop.now() } }));
		shop.programme = { ...programme, excluded: ['clearance'] };
		// Lines of 61.50, of which the tea has 12.50; the total is half of it.
		await pay({ items: [tea, pot], totalMinor: 3_075 });
		expect(await available()).toBe(6);
	});

	it.each([
		['in another currency', { currency: 'USD' }, {}],
		['placed before the switch was turned on', { placedAtMs: Date.parse('2026-01-01') }, {}],
		['told of by an import', {}, { isHistory: true }],
		['of nobody', {}, { customer: undefined }],
		['cancelled before', { cancelledAtMs: Date.parse('2026-03-02') }, {}],
	])('earns nothing when %s', async (_what, order, extra) => {
		shop.programme = { ...programme, sinceMs: Date.parse('2026-02-01') };
		await shop.record(customerEvent(shop.now(), anna));
		await pay(order, extra);
		await later({ paidAtMs: shop.now(), ...order }, { customer: undefined });
		expect((await customer()).points).toBeUndefined();
	});

	it('earns nothing where the switch is off, and reads nothing more for it', async () => {
		const reads: string[][] = [];
		const watched = openShop(':memory:', (store) => new Proxy(store, { get: (target, name) => (name === 'read' ? (wanted: string[]) => (reads.push(wanted), target.read(wanted)) : Reflect.get(target, name)) }) as Store);
		await watched.record(orderEvent(watched.now(), { paidAtMs: watched.now() }, { type: 'order_paid', customer: anna }));
		expect(reads.flat().filter((key) => /points|tier|refunds|settings/.test(key))).toEqual([]);
		expect((await customerByEmail(watched, 'anna@example.com'))!.points).toBeUndefined();
		watched.hub.close();
	});

	it('gives its points to whom it proves to be of', async () => {
		await pay();
		await later({}, { customer: ben });
		expect(await available()).toBe(0);
		expect(await available('ben@example.com')).toBe(100);
	});
});

describe('a refund', () => {
	it('takes points back in its proportion, once, told by the order, by itself, or by both in any order', async () => {
		for (const [orderId, tell] of Object.entries<() => Promise<unknown>>({
			total: () => later({ orderId: 'total', refundedMinor: 2_500 }),
			alone: () => refund('r', 2_500, 'alone'),
			both: async () => void (await refund('r', 2_500, 'both'), await later({ orderId: 'both', refundedMinor: 2_500 })),
			reverse: async () => void (await later({ orderId: 'reverse', refundedMinor: 2_500 }), await refund('r', 2_500, 'reverse'), await refund('r', 2_500, 'reverse')),
			stale: async () => void (await refund('r1', 1_000, 'stale'), await later({ orderId: 'stale', refundedMinor: 1_000 }), await refund('r2', 1_500, 'stale')),
		})) {
			const before = (await customerByEmail(shop, 'anna@example.com'))?.points?.available ?? 0;
			await pay({ orderId });
			await tell();
			expect([orderId, await available()]).toEqual([orderId, before + 75]);
		}
	});

	it('that is told before its order, or before its payment, waits for it', async () => {
		await refund('r', 4_000);
		expect(await shop.store.read([keys.earlyRefunds('order-1')])).toMatchObject([{ value: { refunds: { r: { amountMinor: 4_000 } } } }]);
		await place();
		expect(await orderById(shop, 'order-1')).toMatchObject({ points: { refunds: { r: 4_000 } } });
		expect((await shop.store.read([keys.earlyRefunds('order-1')]))[0].value).toBeNull();
		await pay();
		expect(await told()).toEqual([
			['points_earned', 100],
			['points_clawed_back', -40],
		]);
	});

	it('in another currency waits for what the order says of it', async () => {
		await pay();
		await refund('r', 999_999, 'order-1', 'JPY');
		expect(await available()).toBe(100);
		await later({ refundedMinor: 5_000 });
		expect(await available()).toBe(50);
	});

	it('of all of it, or a cancellation, gives back what was spent on the order too', async () => {
		await pay({ orderId: 'first' });
		await changePointsOf(shop, (await customer()).id, { type: 'redeem', reference: 'order:second', points: 60 });
		await pay({ orderId: 'second', totalMinor: 4_000 });
		expect(await available()).toBe(80);
		await later({ orderId: 'second', totalMinor: 4_000, cancelledAtMs: shop.now() });
		await later({ orderId: 'second', totalMinor: 4_000, refundedMinor: 4_000 });
		expect(await available()).toBe(100);
		expect(await told()).toEqual([['points_earned', 100], ['points_redeemed', -60], ['points_earned', 40], ['points_given_back', 60], ['points_clawed_back', -40]]);
	});

	it('of an order that was cancelled unpaid gives back what was spent, and lets go of what was held', async () => {
		await pay({ orderId: 'first' });
		const { id } = await customer();
		await changePointsOf(shop, id, { type: 'redeem', reference: 'order:second', points: 60 });
		await changePointsOf(shop, id, { type: 'reserve', reference: 'order:third', points: 30, untilMs: shop.now() + 30 * dayMs });
		for (const orderId of ['second', 'third']) {
			await place({ orderId });
			await later({ orderId, cancelledAtMs: shop.now() });
		}
		expect(await balance()).toMatchObject({ available: 100, reserved: 0 });
	});

	it('of points that were spent is owed by later ones', async () => {
		await pay({ orderId: 'first' });
		await changePointsOf(shop, (await customer()).id, { type: 'redeem', reference: 'gift', points: 100 });
		await later({ orderId: 'first', refundedMinor: 10_000 });
		expect(await balance()).toMatchObject({ available: 0, owed: 100 });
		await pay({ orderId: 'second' });
		expect(await balance()).toMatchObject({ available: 0, owed: 0 });
	});
});

describe('tiers', () => {
	const tiers = [{ id: 'silver', label: 'Silver', from: 100 }, { id: 'gold', label: 'Gold', from: 150 }];
	const tierEvents = async (email?: string) =>
		(await shop.store.readTimeline(keys.customer((await customer(email)).id), { limit: 100 })).filter(({ type }) => type.startsWith('tier_')).map(({ type, data }) => `${type} ${(data as { tier: string }).tier}`).reverse();

	it('by points are reached and lost as orders are paid and sent back, and start journeys', async () => {
		shop.programme = { ...programme, tiers, tierKeptDays: 365 };
		await shop.switchOn({ id: 'reached', trigger: 'event', subject: 'customer', events: ['tier_reached'], kind: 'transactional', endsOn: [], reentryAfterMs: null, steps: [{ name: 'at once', delayMs: 0 }] });
		await pay({ orderId: 'a', totalMinor: 9_900 });
		expect((await customer()).points).toMatchObject({ available: 99, progress: 99, nextTier: 'silver', nextTierLabel: 'Silver', toNextTier: 1 });
		await pay({ orderId: 'b', totalMinor: 1_000 });
		const { id } = await customer();
		expect(await enrolmentOf(shop, 'reached', id)).toMatchObject({ event: { type: 'tier_reached', data: { tier: 'Silver', balance: 109 } } });
		expect((await customer()).points).toMatchObject({ tier: 'silver', tierLabel: 'Silver', tierSinceMs: shop.now(), toNextTier: 41 });
		await later({ orderId: 'a', totalMinor: 9_900, refundedMinor: 9_900 });
		expect(await tierEvents()).toEqual(['tier_reached Silver', 'tier_lost Silver']);
		expect((await customer()).points).toMatchObject({ available: 10, progress: 10 });
		expect((await customer()).points).not.toHaveProperty('tier');
	});

	it('by spending count paid orders less what was paid back, those of an import too, without enrolling anybody', async () => {
		shop.programme = { ...programme, earnFromOrders: false, tiers, tierBy: 'spent' };
		await shop.switchOn({ id: 'reached', trigger: 'event', subject: 'customer', events: ['tier_reached'], kind: 'transactional', endsOn: [], reentryAfterMs: null, steps: [{ name: 'at once', delayMs: 0 }] });
		await pay({ orderId: 'a', totalMinor: 16_000 }, { isHistory: true });
		expect(await enrolmentOf(shop, 'reached', (await customer()).id)).toBeNull();
		expect((await customer()).points).toMatchObject({ available: 0, tier: 'gold', progress: 16_000, progressCurrency: 'EUR' });
		await refund('r', 2_000, 'a');
		expect((await customer()).points).toMatchObject({ tier: 'silver', toNextTier: 1_000 });
		await later({ orderId: 'a', totalMinor: 16_000, cancelledAtMs: shop.now() });
		await place({ orderId: 'unpaid', totalMinor: 99_900 });
		await pay({ orderId: 'dollars', totalMinor: 99_900, currency: 'USD' });
		expect((await customer()).points).toMatchObject({ progress: 0 });
		expect(await tierEvents()).toEqual(['tier_reached Gold', 'tier_lost Gold', 'tier_lost Silver']);
	});

	it('by spending go with an order to whom it proves to be of', async () => {
		shop.programme = { ...programme, tiers, tierBy: 'spent' };
		await pay();
		await later({}, { customer: ben });
		expect((await customer()).points).not.toHaveProperty('tier');
		expect((await customer('ben@example.com')).points).toMatchObject({ tier: 'silver', progress: 10_000 });
	});

	it('are lost as time goes by, once', async () => {
		shop.programme = { ...programme, tiers };
		await pay();
		expect((await customer()).points).toMatchObject({ tier: 'silver' });
		shop.pass(364 * dayMs);
		expect(await sweepTiersOf(shop)).toEqual({ swept: 0, hasMore: false });
		shop.pass(dayMs);
		await Promise.all([sweepTiersOf(shop), sweepTiersOf(shop)]);
		expect(await tierEvents()).toEqual(['tier_reached Silver', 'tier_lost Silver']);
		expect((await customer()).points).toMatchObject({ available: 100, progress: 0, toNextTier: 100 });
		expect(await shop.store.count(indexes.tiersDue, { limit: 9 })).toBe(0);
	});
});

describe('buying, redeeming, sending back and buying again', () => {
	it('gains nobody anything, whatever the order of deliveries and however often they come', async () => {
		const step = fc.record({ order: fc.integer({ min: 0, max: 3 }), what: fc.constantFrom('place', 'pay', 'refund', 'total', 'cancel', 'redeem'), part: fc.integer({ min: 1, max: 4 }), twice: fc.boolean() });
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
				const own = openShop();
				own.programme = programme;
				const facts = [0, 1, 2, 3].map((number) => ({ orderId: `o${number}`, totalMinor: 4_000, placedAtMs: own.now() }));
				const state: Array<Partial<OrderFacts>> = facts.map(() => ({}));
				const singles: number[] = [0, 0, 0, 0];
				const redeemed = new Map<number, number>();
				await own.record(customerEvent(own.now(), anna));
				const { id } = (await customerByEmail(own, 'anna@example.com'))!;
				for (const { order, what, part, twice } of steps) {
					own.pass(hourMs);
					const amount = part * 1_000;
					if (what === 'pay') state[order].paidAtMs ??= own.now();
					if (what === 'cancel') state[order].cancelledAtMs ??= own.now();
					if (what === 'total') state[order].refundedMinor = Math.min(4_000, Math.max(state[order].refundedMinor ?? 0, amount));
					if (what === 'redeem') {
						const { outcome } = await changePointsOf(own, id, { type: 'redeem', reference: `order:o${order}`, points: part * 10, upTo: true });
						if (outcome.status === 'done') redeemed.set(order, outcome.points);
						continue;
					}
					if (what === 'refund') singles[order] += amount;
					const event = what === 'refund' ? eventOf('order_refunded', own.now(), { refund: { orderId: `o${order}`, refundId: `${singles[order]}`, amountMinor: amount, currency: 'EUR', items: [] } }) : orderEvent(facts[order].placedAtMs, { ...facts[order], ...state[order], updatedAtMs: own.now() }, { type: 'order_updated', customer: anna });
					for (let time = 0; time < (twice ? 2 : 1); time++) await own.record(event);
				}
				// Everything is sent back in the end: nothing is left, and what was not there is owed.
				for (const [order, known] of facts.entries()) {
					own.pass(hourMs);
					await own.record(orderEvent(known.placedAtMs, { ...known, ...state[order], refundedMinor: 4_000, updatedAtMs: own.now() }, { type: 'order_updated', customer: anna }));
				}
				const { available: left, pending, owed } = await pointsBalance(own.store, id, own.now());
				expect(left + pending - owed).toBe(0);
				expect((await customerByEmail(own, 'anna@example.com'))!.points?.available ?? 0).toBe(left);
				own.hub.close();
			}),
			{ numRuns: 60 },
		);
	}, 120_000);
});

it('orders leave the index of what is due as it should be', async () => {
	shop.programme = { ...programme, expiresAfterDays: 10 };
	await pay();
	expect(await shop.store.count(indexes.pointsDue, { limit: 9 })).toBe(1);
});
