import fc from 'fast-check';
import type { LedgerOperation } from '../../../lib/loyalty/ledger';
import { knownReferences, pointsBalance, pointsHistory, tryPoints } from '../../../lib/loyalty/points';
import type { Programme } from '../../../lib/loyalty/programme';
import { dayMs, hourMs } from '../../../lib/model/clock';
import { indexes, keys } from '../../../lib/model/records';
import { exportCustomer } from '../../../lib/record/export';
import { changePointsOf, sweepPointsOf, sweepTiersOf } from '../../../lib/record/points';
import { customerByAccount, customerById, customerEvent, eventOf, openShop, orderEvent, type Shop } from './shop';

const programme: Programme = { earnFromOrders: true, rate: 1, rounding: 'down', excluded: [], pendingDays: 0, expiresAfterDays: 0, tiers: [{ id: 'silver', label: 'Silver', from: 100 }, { id: 'gold', label: 'Gold', from: 200 }], tierBy: 'points', tierPeriod: 'rolling_year', tierKeptDays: 0, currency: 'EUR', timezone: 'UTC' };

let shop: Shop;
beforeEach(() => {
	shop = openShop();
	shop.programme = programme;
	shop.pass(dayMs);
});
afterEach(() => shop.hub.close());

const account = (number: number) => ({ shopCustomerId: `${number}`, email: `c${number}@example.com` });
const know = async (number: number, at = shop) => {
	at.pass(1);
	await at.record(customerEvent(at.now(), account(number)));
	return (await customerByAccount(at, `${number}`))!.id;
};
const merge = (a: number, b: number, at = shop) => at.record(eventOf('customers_merged', at.now(), { customer: { shopCustomerId: `${a}` }, mergedShopCustomerIds: [`${b}`] }));
const earn = (reference: string, points: number, more = {}): LedgerOperation => ({ type: 'earn', reference, points, ...more });
const historyOf = async (id: string) => {
	const pages = [];
	for (let beforeSeq: number | undefined; ; beforeSeq = pages.at(-1)!.seq) {
		const page = await pointsHistory(shop.store, id, { limit: 7, beforeSeq });
		if (page.length === 0) return pages;
		pages.push(...page);
	}
};

describe('customers who prove to be one', () => {
	it('have one ledger: no reference counts twice, refunds find what was earned, and both histories are read', async () => {
		const [first, second] = [await know(1), await know(2)];
		for (let number = 0; number < 25; number++) await changePointsOf(shop, second, earn(`b${number}`, 2));
		await changePointsOf(shop, second, { type: 'redeem', reference: 'spent', points: 20 });
		for (let number = 0; number < 22; number++) await changePointsOf(shop, first, earn(`a${number}`, 1));
		await merge(1, 2);
		expect((await customerById(shop, first))!.points).toMatchObject({ available: 52, progress: 72 });
		for (const id of [first, second]) {
			for (const operation of [earn('b3', 2), earn('a3', 1)]) expect((await changePointsOf(shop, id, operation)).outcome).toMatchObject({ isRepeated: true });
		}
		expect(await tryPoints(shop.store, first, earn('b3', 2), shop.now())).toMatchObject({ isRepeated: true });
		expect(await knownReferences(shop.store, first, { earnReference: 'b3', redeemReference: 'spent' })).toEqual({ earnReference: 'b3', redeemReference: 'spent' });
		expect((await changePointsOf(shop, first, { type: 'give_back', reference: 'r', earnReference: 'b3', redeemReference: 'spent', refundedMinor: 50, orderMinor: 100 })).outcome).toEqual({ status: 'done', points: 10, clawedBack: 1 });
		// Once more: now the receipts are the customer's own.
		expect((await changePointsOf(shop, second, { type: 'give_back', reference: 'r2', earnReference: 'b3', redeemReference: 'spent', refundedMinor: 50, orderMinor: 100 })).outcome).toEqual({ status: 'done', points: 10, clawedBack: 1 });
		expect((await customerById(shop, first))!.points).toMatchObject({ available: 70, progress: 70 });
		const history = await historyOf(first);
		expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: 52 }, (_none, index) => 51 - index));
		expect(history.reduce((sum, { points }) => sum + points, 0)).toBe(70);
		expect(history.filter(({ reference }) => reference?.startsWith('b')).map(({ reference }) => reference)).toEqual(Array.from({ length: 25 }, (_none, index) => `b${24 - index}`));
		expect((await exportCustomer(shop.store, second))!.points).toMatchObject({ balance: { available: 70 }, history });
	});

	it('reach a tier together, and keep the higher one', async () => {
		const [first, second] = [await know(1), await know(2)];
		await changePointsOf(shop, first, earn('a', 120));
		await changePointsOf(shop, second, earn('b', 90));
		await shop.switchOn({ id: 'reached', trigger: 'event', subject: 'customer', events: ['tier_reached'], kind: 'transactional', endsOn: [], reentryAfterMs: null, steps: [{ name: 'at once', delayMs: 0 }] });
		await merge(1, 2);
		expect(await customerById(shop, first)).toMatchObject({ points: { available: 210, tier: 'gold', progress: 210 }, open: { [`reached:${first}`]: {} } });
		expect((await shop.store.read([keys.tier(second), keys.points(second)])).map(({ value }) => value)).toEqual([null, null]);
		expect((await shop.store.walk(indexes.tiersDue, { limit: 9 })).map(({ key }) => key)).toEqual([keys.tier(first)]);
		const third = await know(3);
		await changePointsOf(shop, third, earn('c', 150));
		const gold = (await customerById(shop, first))!.points!;
		await merge(3, 1);
		expect((await customerById(shop, first))!.points).toEqual({ ...gold, available: 360, progress: 360 });
	});

	it('whose order came under the other name earn with it once, and give it back', async () => {
		await know(1);
		await know(2);
		const order = (more = {}) => orderEvent(shop.now(), { totalMinor: 5_000, paidAtMs: shop.now(), ...more }, { type: 'order_paid', customer: { shopCustomerId: '2' } });
		await shop.record(order());
		await merge(1, 2);
		shop.pass(hourMs);
		await shop.record(order());
		const { id } = (await customerByAccount(shop, '2'))!;
		expect((await customerById(shop, id))!.points).toMatchObject({ available: 50, progress: 50 });
		shop.pass(hourMs);
		await shop.record(order({ refundedMinor: 5_000 }));
		expect((await customerById(shop, id))!.points).toMatchObject({ available: 0, progress: 0 });
	});

	it('have the points of both, whenever they merge and whatever was done, and what fell due comes to pass for both', async () => {
		const number = fc.integer({ min: 1, max: 4 });
		const reference = fc.constantFrom('a', 'b', 'c');
		const operation: fc.Arbitrary<LedgerOperation> = fc.oneof(
			fc.record({ type: fc.constant('earn' as const), reference, points: fc.integer({ min: 0, max: 90 }), waits: fc.boolean(), lives: fc.boolean() }).map(({ waits, lives, ...rest }) => ({ ...rest, ...(waits && { availableAtMs: shop.now() + 3 * hourMs }), ...(lives && { expiresAtMs: shop.now() + 9 * hourMs }) })),
			fc.record({ type: fc.constantFrom('redeem' as const), reference, points: fc.integer({ min: 1, max: 90 }), upTo: fc.boolean() }),
			fc.record({ type: fc.constant('reserve' as const), reference, points: fc.integer({ min: 1, max: 50 }) }).map((rest) => ({ ...rest, untilMs: shop.now() + 5 * hourMs })),
			fc.record({ type: fc.constantFrom('confirm' as const, 'release' as const), reference }),
			fc.record({ type: fc.constant('give_back' as const), reference, earnReference: reference, refundedMinor: fc.integer({ min: 1, max: 100 }), orderMinor: fc.constant(100) }),
			fc.record({ type: fc.constant('adjust' as const), reference, points: fc.integer({ min: -50, max: 50 }).filter((points) => points !== 0), by: fc.constant('Ann'), note: fc.constant('goodwill') }),
		);
		const step = fc.oneof({ weight: 6, arbitrary: fc.record({ who: number, operation }) }, { weight: 1, arbitrary: fc.record({ who: number, into: number }) }, { weight: 1, arbitrary: fc.constant('pass' as const) });
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
				const own = openShop();
				own.programme = programme;
				const ids = [0, await know(1, own), await know(2, own), await know(3, own), await know(4, own)] as string[];
				const owners = async () => [...new Set(await Promise.all([1, 2, 3, 4].map(async (who) => (await customerByAccount(own, `${who}`))!.id)))];
				const worth = async () => {
					const balances = await Promise.all((await owners()).map(async (id) => await pointsBalance(own.store, id, own.now())));
					return balances.reduce((sum, { available, pending, reserved, owed }) => sum + available + pending + reserved - owed, 0);
				};
				for (const one of steps) {
					if (one === 'pass') own.pass(2 * hourMs);
					else if ('operation' in one) await changePointsOf(own, ids[one.who], one.operation);
					else {
						const before = await worth();
						own.pass(1);
						await merge(one.into, one.who, own);
						expect(await worth()).toBe(before);
					}
				}
				while ((await sweepPointsOf(own)).hasMore);
				for (const id of await owners()) {
					const balance = await pointsBalance(own.store, id, own.now());
					const history = await pointsHistory(own.store, id, { limit: 200 });
					expect(history.filter(({ type }) => type !== 'available').reduce((sum, { points }) => sum + points, 0)).toBe(balance.available + balance.pending);
					const { points } = (await customerById(own, id))!;
					expect([points?.available ?? 0, points?.pending ?? 0]).toEqual([balance.available, balance.pending]);
				}
				own.hub.close();
			}),
			{ numRuns: 60 },
		);
	}, 120_000);
});

describe('who asks to be forgotten', () => {
	it('leaves no points, receipts or history behind, those of a former name included, and nothing falls due', async () => {
		const [first, second] = [await know(1), await know(2)];
		for (const [id, name] of [[first, 'a'], [second, 'b']]) {
			for (let number = 0; number < 47; number++) await changePointsOf(shop, id, earn(`${name}${number}`, 5, { expiresAtMs: shop.now() + 30 * dayMs }));
			await changePointsOf(shop, id, { type: 'give_back', reference: `${name}-r`, earnReference: `${name}1`, refundedMinor: 0, orderMinor: 100 });
			await changePointsOf(shop, id, { type: 'reserve', reference: `${name}-held`, points: 5, untilMs: shop.now() + dayMs });
		}
		await merge(1, 2);
		await changePointsOf(shop, first, { type: 'give_back', reference: 'c-r', earnReference: 'b1', refundedMinor: 50, orderMinor: 100 });
		await shop.workTasks();
		const names = (name: string) => [...Array.from({ length: 47 }, (_none, number) => `earn:${name}${number}`), `give-back:${name}-r`, `redeem:${name}-held`, 'give-back:c-r'];
		const all = [first, second].flatMap((id) => [keys.points(id), keys.tier(id), ...[0, 1, 2, 3].map((page) => keys.pointsPage(id, page)), ...[...names('a'), ...names('b')].map((name) => keys.pointsReceipt(id, name))]);
		const left = async () => (await shop.store.read(all)).filter(({ value }) => value !== null).length;
		expect(await left()).toBeGreaterThan(100);
		await shop.record(eventOf('customer_erased', shop.now(), { customer: account(1) }));
		expect([await shop.store.count(indexes.pointsDue, { limit: 9 }), await shop.store.count(indexes.tiersDue, { limit: 9 })]).toEqual([0, 0]);
		await shop.workTasks();
		expect(await left()).toBe(0);
		expect(await exportCustomer(shop.store, first)).toBeNull();
		shop.pass(400 * dayMs);
		expect([await sweepPointsOf(shop), await sweepTiersOf(shop)]).toEqual([{ swept: 0, hasMore: false }, { swept: 0, hasMore: false }]);
	});
});
