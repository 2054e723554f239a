import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { pointsBalance, pointsHistory } from '../../../lib/loyalty/points';
import { sampleToken } from '../../../lib/messages/send/guards';
import { dayMs, hourMs } from '../../../lib/model/clock';
import type { LineItem } from '../../../lib/model/events';
import { keys } from '../../../lib/model/records';
import type { LoyaltySettings } from '../../../lib/model/settings';
import { type Installation, openInstallation, type ShopHandle } from '../../../lib/n8n/installation';
import { findCustomer } from '../../../lib/record/identity';
import { executeLoyaltyPoints, LoyaltyPoints } from '../../../nodes/LoyaltyPoints/LoyaltyPoints.node';
import { fakeExecution, type Execution } from '../n8n/execution';
import { customerEvent, eventOf, orderEvent } from '../record/shop';

let folder: string;
let nowMs: number;
let installation: Installation;
let shop: ShopHandle;
let anna: string;

const loyalty: LoyaltySettings = { earnFromOrders: false, rate: 1, rounding: 'down', excluded: ['Gift Cards'], pendingDays: 0, expiresAfterDays: 0, tiers: [], tierBy: 'points', tierPeriod: 'ever', tierKeptDays: 0 };

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'points-'));
	nowMs = Date.parse('2026-03-02T08:00:00Z');
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => nowMs);
	shop = installation.shop('main');
	await shop.saveSettings({ currency: 'EUR', locale: 'en', timezone: 'Europe/Vienna', loyalty });
	anna = await newCustomer('anna@example.com');
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

async function newCustomer(email: string): Promise<string> {
	await shop.record(customerEvent(nowMs, { email, firstName: 'Anna' }));
	return (await findCustomer(shop.store, keys.alias('email', email)))!.id;
}

const { description } = new LoyaltyPoints();
type Json = IDataObject & { points: IDataObject };

/** What comes out on Done and on Not Done. */
async function run(operation: string, parameters: Record<string, unknown> = {}, more: Omit<Execution, 'parameters'> = { items: [{ email: 'anna@example.com' }] }): Promise<[Json[], Json[]]> {
	const [done, notDone] = await executeLoyaltyPoints(fakeExecution(description, { parameters: { operation, ...parameters }, ...more }), installation);
	return [done.map(({ json }) => json as Json), notDone.map(({ json }) => json as Json)];
}
const give = (points: number, reference = `given-${points}`) => run('earn', { earnBy: 'fixed', points, reference });
const balance = (customer = anna) => pointsBalance(shop.store, customer, installation.clock.journeyNowMs());
const lines: LineItem[] = [
	{ productId: 'tea', title: 'Green Tea', category: 'Tea', quantity: 3, unitPriceMinor: 990 },
	{ productId: 'pot', title: 'Tea Pot', quantity: 1, unitPriceMinor: 1_510 },
	{ productId: 'card', title: 'Gift Card', category: 'Gift Cards', quantity: 2, unitPriceMinor: 500 },
];
const order = (more: IDataObject = {}): IDataObject => ({ email: 'anna@example.com', order: { id: '5551', currency: 'EUR', totalMinor: 5_480, items: lines as unknown as IDataObject[], ...more } });
const step = (more: IDataObject = {}): IDataObject => ({ customer: { id: anna, firstName: 'Anna' }, journey: { shop: 'main', enrolment: `j:customer:${anna}`, enteredAt: '2026-03-01T00:00:00.000Z', step: 1, token: 't', ...more } });

describe('Earn', () => {
	it('gives an order its points by the loyalty settings, once, and keeps the item', async () => {
		const items = [order(), order()];
		const [done, notDone] = await run('earn', {}, { items });
		expect(notDone).toEqual([]);
		expect(done[0]).toMatchObject({ order: { id: '5551' }, points: { status: 'done', earned: 44, available: 44, pending: 0, reference: 'order:5551' } });
		expect(done[1].points).toMatchObject({ status: 'done', earned: 44, available: 44, alreadyCounted: true });
	});

	it('takes the options of the node instead, where they are filled in', async () => {
		const [[{ points }]] = await run('earn', { options: { rate: 0.1, rounding: 'up', excluded: 'tea, POT', pendingDays: 14, expiresAfterDays: 30, note: 'Thank you' } }, { items: [order()] });
		expect(points).toMatchObject({ earned: 1, available: 0, pending: 1 });
		expect(await pointsHistory(shop.store, anna, { limit: 1 })).toMatchObject([{ type: 'earned', points: 1, note: 'Thank you' }]);
		nowMs += 14 * dayMs;
		// The day of the spring in Vienna's clocks lies between: 30 days on the calendar, until midnight there.
		expect((await balance()).expiring).toEqual([{ points: 1, expiresAtMs: Date.parse('2026-04-02T00:00:00+02:00') }]);
	});

	it('goes by what the shop told of the order, also of the categories and tags of its products', async () => {
		await shop.record(orderEvent(nowMs, { orderId: '77', items: [{ productId: 'card', title: 'Card', quantity: 1, unitPriceMinor: 1_000 }, { productId: 'tea', title: 'Tea', quantity: 1, unitPriceMinor: 900 }], totalMinor: 1_900, currency: 'EUR' }, { customer: { email: 'anna@example.com' } }));
		await shop.record(eventOf('product_updated', nowMs, { product: { productId: 'card', category: 'Gift Cards', updatedAtMs: nowMs } }));
		await shop.record(eventOf('product_updated', nowMs, { product: { productId: 'tea', tags: ['Organic'], updatedAtMs: nowMs } }));
		const items = [{ email: 'anna@example.com', orderId: 77 }];
		expect((await run('earn', {}, { items }))[0][0].points).toMatchObject({ earned: 9 });
		const organic = { earnBy: 'line', points: 0, lineRates: { rows: [{ of: 'organic', points: 3, per: 'piece' }] }, reference: 'organic' };
		expect((await run('earn', organic, { items }))[0][0].points).toMatchObject({ earned: 3 });
	});

	it('goes by line: so many for each piece, other goods by their price', async () => {
		const parameters = { earnBy: 'line', points: 5, lineRates: { rows: [{ of: 'tea', points: 2, per: 'unit' }] } };
		expect((await run('earn', parameters, { items: [order()] }))[0][0].points).toMatchObject({ earned: 59 + 5 });
		const nameless = run('earn', { earnBy: 'line', lineRates: { rows: [{ of: ' ', points: 2 }] } }, { items: [order({ id: '2' })] });
		await expect(nameless).rejects.toThrow('Item 0: a row of "Other Rates" names no goods');
	});

	it('gives a fixed number once for each step of a journey and node, or order and node', async () => {
		const parameters = { earnBy: 'fixed', points: 50 };
		const [done] = await run('earn', parameters, { items: [step(), step(), step({ step: 2 }), order(), order({ id: '5552' })] });
		expect(done.map(({ points }) => points.alreadyCounted ?? false)).toEqual([false, true, false, false, false]);
		expect((await balance()).available).toBe(200);
		// The order's own points are another matter.
		expect((await run('earn', {}, { items: [order()] }))[0][0].points).toMatchObject({ earned: 44, available: 244 });
	});

	it('tells the new balance to what comes after it', async () => {
		const [[json]] = await run('earn', { earnBy: 'fixed', points: 50 }, { items: [step()] });
		expect(json.customer).toMatchObject({ id: anna, firstName: 'Anna', points: { available: 50, pending: 0 } });
	});

	it('leaves an order in another currency alone, and says why', async () => {
		const [done, [json]] = await run('earn', {}, { items: [order({ currency: 'JPY' })] });
		expect(done).toEqual([]);
		expect(json).toMatchObject({ order: { id: '5551' }, points: { status: 'other_currency', message: expect.stringContaining('JPY') as string } });
		expect((await run('earn', { earnBy: 'line', points: 1 }, { items: [order({ currency: 'JPY' })] }))[0][0].points).toMatchObject({ earned: 4 });
	});

	it.each([
		['no reference', { earnBy: 'fixed' }, {}, 'Item 0: "Reference" is empty, and the item names neither an order nor a step of a journey'],
		['no order', {}, {}, 'Item 0: it has no order'],
		['an order that is not known', {}, { orderId: 'x' }, 'Item 0: the order "x" is not known'],
		['half a point', { earnBy: 'fixed', points: 0.5, reference: 'r' }, {}, 'Item 0: "Points" is 0.5'],
		['text', { earnBy: 'fixed', points: 'many', reference: 'r' }, {}, 'Item 0: "Points" is "many"'],
		['a rate that is none', { options: { rate: -1 } }, order(), 'Item 0: -1 is not a number of points per unit'],
		['an expiry before they count', { earnBy: 'fixed', reference: 'r', options: { pendingDays: 10, expiresAfterDays: 3 } }, {}, 'Item 0: Points cannot expire before they are available'],
		['half a day', { earnBy: 'fixed', reference: 'r', options: { pendingDays: 1.5 } }, {}, 'Item 0: "Pending for Days" is 1.5'],
	])('refuses %s', async (_what, parameters, json, message) => {
		await expect(run('earn', parameters, { items: [{ email: 'anna@example.com', ...json }] })).rejects.toThrow(message);
	});

	it('says where the rate is to be filled in, when it is nowhere', async () => {
		await shop.saveSettings({ loyalty: undefined });
		await expect(run('earn', {}, { items: [order()] })).rejects.toMatchObject({ message: expect.stringContaining('Item 0: how many points an order earns is said nowhere') as string, description: expect.stringContaining('Points per Unit') as string });
	});
});

describe('Redeem', () => {
	it('is all or nothing, or up to the balance', async () => {
		await give(80);
		const [, [short]] = await run('redeem', { points: 100, reference: 'cup' });
		expect(short.points).toMatchObject({ status: 'insufficient', message: 'There are only 80 points to spend; 100 were asked for, so none were taken.', available: 80 });
		expect((await run('redeem', { points: 100, upTo: true, reference: 'cup', options: { note: 'A cup' } }))[0][0].points).toMatchObject({ status: 'done', redeemed: 80, available: 0 });
		expect((await run('redeem', { points: 1, upTo: true, reference: 'spoon' }))[1][0].points).toMatchObject({ status: 'insufficient', message: 'There are no points to spend; 1 were asked for.' });
		expect(await pointsHistory(shop.store, anna, { limit: 1 })).toMatchObject([{ type: 'redeemed', points: -80, note: 'A cup' }]);
	});

	it('takes many items of one customer, and what is left for each', async () => {
		await give(100);
		const items = Array.from({ length: 30 }, (_, i) => ({ email: 'anna@example.com', i }));
		const [done, notDone] = await run('redeem', { points: 7, reference: (i: number) => `r${i}` }, { items });
		expect(done.map(({ i }) => i)).toEqual(Array.from({ length: 14 }, (_, i) => i));
		expect(notDone).toHaveLength(16);
		expect((await balance()).available).toBe(2);
	});
});

describe('a checkout', () => {
	const cart = { email: 'anna@example.com', cart: { id: 'c1' } };
	const at = (operation: string, parameters = {}) => run(operation, parameters, { items: [cart] });

	it('holds points, which are spent when it is paid, and come back when it is given up', async () => {
		await give(100);
		expect((await at('reserve', { points: 60 }))[0][0].points).toMatchObject({ status: 'done', reservedNow: 60, heldUntil: '2026-03-02T09:00:00.000Z', available: 40, reserved: 60, reference: 'cart:c1' });
		expect((await at('redeem', { points: 60, reference: 'cart:c1' }))[1][0].points).toMatchObject({ status: 'reserved', available: 40 });
		expect((await at('confirm'))[0][0].points).toMatchObject({ status: 'done', redeemed: 60, available: 40, reserved: 0 });
		expect((await at('confirm'))[0][0].points).toMatchObject({ status: 'done', alreadyCounted: true, available: 40 });
		expect((await at('release'))[1][0].points).toMatchObject({ status: 'redeemed', message: expect.stringContaining('Give Back') as string });
		expect((await at('reserve', { points: 20, reference: 'second', options: { holdMinutes: 5 } }))[0][0].points).toMatchObject({ heldUntil: '2026-03-02T08:05:00.000Z' });
		expect((await at('release', { reference: 'second' }))[0][0].points).toMatchObject({ status: 'done', released: 20, available: 40 });
		expect((await at('release', { reference: 'second' }))[0][0].points).toMatchObject({ status: 'done', alreadyCounted: true });
		expect((await at('reserve', { points: 20, reference: 'second' }))[1][0].points).toMatchObject({ status: 'released' });
		expect((await at('confirm', { reference: 'third' }))[1][0].points).toMatchObject({ status: 'unknown', message: 'Under "third" no points were reserved.' });
	});

	it('that lasts too long holds nothing any more', async () => {
		await give(100);
		await at('reserve', { points: 60 });
		nowMs += hourMs;
		expect((await at('confirm'))[1][0].points).toMatchObject({ status: 'released', available: 100, reserved: 0 });
		expect((await at('reserve', { points: 60 }))[1][0].points).toMatchObject({ status: 'released', available: 100 });
	});
});

describe('Give Back', () => {
	const tell = async (more: object) => {
		nowMs += hourMs;
		await shop.record(orderEvent(nowMs, { orderId: '5551', items: lines, totalMinor: 5_480, currency: 'EUR', ...more }, { customer: { email: 'anna@example.com' } }));
	};
	const back = (parameters = {}) => run('giveBack', parameters, { items: [order()] });

	beforeEach(async () => {
		await tell({});
		await give(100);
		await run('redeem', { points: 100 }, { items: [order()] });
		await run('earn', {}, { items: [order()] });
		expect(await balance()).toMatchObject({ available: 44 });
	});

	it('goes by all that the shop refunded so far, each sum once, and undoes a cancelled order', async () => {
		expect((await back())[1][0].points).toMatchObject({ status: 'not_refunded' });
		await tell({ refundedMinor: 1_370 });
		expect((await back())[0][0].points).toMatchObject({ status: 'done', givenBack: 25, clawedBack: 11, shortfall: 0, available: 58, reference: 'order:5551/refunded:1370' });
		expect((await back())[0][0].points).toMatchObject({ alreadyCounted: true, available: 58 });
		await tell({ refundedMinor: 2_740 });
		expect((await back())[0][0].points).toMatchObject({ givenBack: 25, clawedBack: 11, available: 72 });
		await tell({ refundedMinor: 2_740, cancelledAtMs: nowMs });
		expect((await back())[0][0].points).toMatchObject({ givenBack: 50, clawedBack: 22, available: 100 });
		expect((await back())[0][0].points).toMatchObject({ alreadyCounted: true, available: 100 });
	});

	it('takes amounts that are typed in, under a reference of their own', async () => {
		const typed = { amounts: 'typed', refunded: '13.70', orderTotal: '54.80' };
		await expect(back(typed)).rejects.toThrow('Item 0: "Reference" is empty');
		expect((await back({ ...typed, reference: 'refund-1' }))[0][0].points).toMatchObject({ givenBack: 25, clawedBack: 11 });
		expect((await back({ ...typed, reference: 'refund-2' }))[0][0].points).toMatchObject({ givenBack: 25, clawedBack: 11 });
		await expect(back({ ...typed, refunded: '13,70', reference: 'refund-3' })).rejects.toThrow('Item 0: "Refunded" is "13,70", which is no amount of money');
		await expect(back({ ...typed, orderTotal: '0', reference: 'refund-3' })).rejects.toThrow('Item 0: "Order Total" is 0');
	});

	it('reports what was spent already, and takes it from later points', async () => {
		await run('redeem', { points: 40, reference: 'cup' });
		await tell({ refundedMinor: 5_480 });
		const [[{ points }]] = await back({ options: { redeemReference: 'none' } });
		expect(points).toMatchObject({ status: 'done', givenBack: 0, clawedBack: 4, shortfall: 40, available: 0, owed: 40 });
		expect((await run('earn', { earnBy: 'fixed', points: 50, reference: 'later' }))[0][0].points).toMatchObject({ earned: 50, paidOwed: 40, available: 10, owed: 0 });
	});

	it('says when nothing was earned or redeemed with the order', async () => {
		await shop.record(orderEvent(nowMs, { orderId: '9', items: lines, totalMinor: 100, currency: 'EUR', refundedMinor: 100 }, { customer: { email: 'anna@example.com' } }));
		const [, [{ points }]] = await run('giveBack', {}, { items: [{ email: 'anna@example.com', orderId: '9' }] });
		expect(points).toMatchObject({ status: 'unknown', message: 'With "order:9" no points were earned or redeemed, so there is nothing to give back.' });
	});
});

describe('Adjust', () => {
	it('gives and takes, with who and why', async () => {
		const by = { by: 'Clara', note: 'Parcel came late' };
		expect((await run('adjust', { ...by, points: 30, reference: 'a1' }))[0][0].points).toMatchObject({ adjusted: 30, available: 30 });
		expect((await run('adjust', { ...by, points: -50, reference: 'a2' }))[0][0].points).toMatchObject({ adjusted: -30, notThere: 20, available: 0 });
		expect(await pointsHistory(shop.store, anna, { limit: 1 })).toMatchObject([{ type: 'adjusted', points: -30, by: 'Clara', note: 'Parcel came late' }]);
	});

	it('wants to know both', async () => {
		await expect(run('adjust', { points: 1, by: 'Clara', reference: 'a' })).rejects.toThrow('Item 0: "Why" is empty');
		await expect(run('adjust', { points: 1, by: ' ', note: 'x', reference: 'a' })).rejects.toThrow('Item 0: "Who" is empty');
		await expect(run('adjust', { points: 0, by: 'Clara', note: 'x', reference: 'a' })).rejects.toThrow('Item 0: "Points" is 0');
	});
});

describe('looking up', () => {
	it('tells the balance, and what expires when', async () => {
		await run('earn', { earnBy: 'fixed', points: 10, reference: 'a', options: { expiresAfterDays: 20 } });
		await run('earn', { earnBy: 'fixed', points: 5, reference: 'b', options: { expiresAfterDays: 10 } });
		await run('earn', { earnBy: 'fixed', points: 7, reference: 'c', options: { pendingDays: 3 } });
		expect((await run('balance'))[0][0]).toEqual({
			email: 'anna@example.com',
			points: {
				status: 'done',
				available: 15,
				pending: 7,
				reserved: 0,
				owed: 0,
				expiring: 5,
				expiresAt: '2026-03-12T23:00:00.000Z',
				expiringByDate: [
					{ expiresAt: '2026-03-12T23:00:00.000Z', points: 5 },
					{ expiresAt: '2026-03-22T23:00:00.000Z', points: 10 },
				],
			},
		});
	});

	it('pages through the history', async () => {
		for (let i = 1; i <= 5; i++) await give(i);
		const [[first]] = await run('history', { limit: 2 });
		expect(first.points).toMatchObject({ history: [{ entry: 4, type: 'earned', points: 5, balance: 15, reference: 'given-5', at: '2026-03-02T08:00:00.000Z' }, { entry: 3 }], next: 3 });
		const [[second]] = await run('history', { limit: 3, before: first.points.next });
		expect(second.points.history).toMatchObject([{ entry: 2 }, { entry: 1 }, { entry: 0 }]);
		expect(second.points).not.toHaveProperty('next');
	});

	it('tells the tier, until when it is kept, and how far it is to the next', async () => {
		const tiers = [{ id: 'silver', label: 'Silver', from: 100 }, { id: 'gold', label: 'Gold', from: 500 }];
		await shop.saveSettings({ loyalty: { ...loyalty, tiers, tierPeriod: 'rolling_year', tierKeptDays: 30 } });
		expect((await run('tier'))[0][0].points).toEqual({ status: 'done', tier: null, countedBy: 'points', progress: 0, nextTier: 'Silver', toNextTier: 100 });
		await give(120);
		await run('redeem', { points: 120, reference: 'cup' });
		expect((await run('tier'))[0][0].points).toEqual({ status: 'done', tier: 'Silver', tierId: 'silver', since: '2026-03-02T08:00:00.000Z', keptUntil: '2026-04-01T22:00:00.000Z', countedBy: 'points', progress: 120, nextTier: 'Gold', toNextTier: 380 });
		await give(400);
		expect((await run('tier'))[0][0].points).toMatchObject({ tier: 'Gold', progress: 520, nextTier: null });
		// Nobody has settled it yet, and it is told as it is now.
		nowMs += 400 * dayMs;
		expect((await run('tier'))[0][0].points).toMatchObject({ tier: null, progress: 0, nextTier: 'Silver' });
	});

	it('tells amounts in whole units where tiers go by spending', async () => {
		await shop.saveSettings({ loyalty: { ...loyalty, earnFromOrders: true, tiers: [{ id: 'silver', label: 'Silver', from: 100 }], tierBy: 'spent' } });
		await shop.record(orderEvent(nowMs, { orderId: '88', items: lines, totalMinor: 5_480, currency: 'EUR', paidAtMs: nowMs }, { type: 'order_paid', customer: { email: 'anna@example.com' } }));
		expect((await run('tier'))[0][0].points).toMatchObject({ countedBy: 'spent', progress: 54.8, nextTier: 'Silver', toNextTier: 45.2 });
	});

	it('says that there are no tiers', async () => {
		expect((await run('tier'))[1][0].points).toMatchObject({ status: 'no_tiers', message: expect.stringContaining('Shop Webhook Trigger') as string });
	});
});

describe('Expire', () => {
	it('settles one customer, or all for whom something fell due', async () => {
		const ben = await newCustomer('ben@example.com');
		const items = [{ email: 'anna@example.com' }, { email: 'ben@example.com' }];
		await run('earn', { earnBy: 'fixed', points: 10, reference: 'a', options: { expiresAfterDays: 1 } }, { items });
		nowMs += 3 * dayMs;
		expect((await run('expire'))[0][0].points).toMatchObject({ status: 'done', expired: 10, available: 0 });
		expect((await run('expire', { expireFor: 'all' }, { items: [{}] }))[0]).toEqual([{ points: { status: 'done', customers: 1, expired: 10, becameAvailable: 0, released: 0 } }]);
		expect(await pointsHistory(shop.store, ben, { limit: 1 })).toMatchObject([{ type: 'expired', points: -10 }]);
		expect((await run('expire', { expireFor: 'all' }, { items: [{}] }))[0][0].points).toMatchObject({ customers: 0 });
	});
});

describe('any operation', () => {
	it('changes nothing for the sample of a trigger that is tested, and shows what it would', async () => {
		const [[nobody]] = await run('earn', { earnBy: 'fixed', points: 50 }, { items: [{ ...step({ token: sampleToken }), customer: { id: 'sample' } }] });
		expect(nobody.points).toMatchObject({ status: 'done', earned: 50, onlyTried: true, available: 0 });
		const [, [short]] = await run('redeem', { points: 50 }, { items: [step({ token: sampleToken })] });
		expect(short.points).toMatchObject({ status: 'insufficient', onlyTried: true });
		expect(await pointsHistory(shop.store, anna, { limit: 9 })).toEqual([]);
	});

	it('lets a bad item of a batch fail alone', async () => {
		const items = [{ email: 'anna@example.com' }, { email: 'nobody@example.com' }, {}, { email: 'anna@example.com' }];
		const execution = { items, continueOnFail: true };
		const [done, notDone] = await run('earn', { earnBy: 'fixed', points: 5, reference: (i: number) => `r${i}` }, execution);
		expect(done).toHaveLength(2);
		expect(notDone).toEqual([{ error: expect.stringContaining('Item 1: "Customer" names nobody who is known') as string }, { error: expect.stringContaining('Item 2 names no customer') as string }]);
		expect((await balance()).available).toBe(10);
	});

	it('leaves those who were erased alone', async () => {
		await give(10);
		await shop.record(eventOf('customer_erased', nowMs, { customerId: anna }));
		for (const operation of ['earn', 'balance', 'history', 'tier', 'expire', 'giveBack']) {
			const [done, [json]] = await run(operation, { earnBy: 'fixed', reference: 'after', amounts: 'typed', refunded: '1', orderTotal: '2', options: { earnReference: 'given-10' } }, { items: [{ customerId: anna }] });
			expect(done).toEqual([]);
			expect(json.points).toMatchObject({ status: 'erased' });
		}
	});

	it('shortens a reference that is too long, and tells long ones apart', async () => {
		const long = (end: string) => `${'x'.repeat(220)}${end}`;
		const [done] = await run('earn', { earnBy: 'fixed', points: 5, reference: (i: number) => long(['a', 'b', 'a'][i]) }, { items: [1, 2, 3].map(() => ({ email: 'anna@example.com' })) });
		expect(done.map(({ points }) => points.available)).toEqual([5, 10, 10]);
	});
});
