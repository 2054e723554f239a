import { dayMs } from '../../../lib/model/clock';
import { type EnrolmentRecord, indexes, type JourneyDefinition, keys } from '../../../lib/model/records';
import type { LedgerOperation } from '../../../lib/loyalty/ledger';
import { changePointsOf, sweepPointsOf } from '../../../lib/record/points';
import type { Store } from '../../../lib/store/store';
import { transact } from '../../../lib/store/transaction';
import { anna, ben, countersOf, customerByEmail, customerEvent, enrolmentOf, eventOf, openShop, type Shop } from './shop';

let shop: Shop;
beforeEach(() => {
	shop = openShop();
	shop.pass(dayMs);
});
afterEach(() => shop.hub.close());

const journey: Partial<JourneyDefinition> = { id: 'earned', trigger: 'event', subject: 'customer', events: ['points_earned'], kind: 'transactional', endsOn: [], reentryAfterMs: 0, steps: [{ name: 'at once', delayMs: 0 }] };

/** Makes a customer known. @returns the id */
async function know(customer = anna): Promise<string> {
	await shop.record(customerEvent(shop.now(), customer));
	return (await customerByEmail(shop, customer.email!.toLowerCase()))!.id;
}

const standing = async (email = 'anna@example.com') => (await customerByEmail(shop, email))!.points;
const told = async (id: string) => (await shop.store.readTimeline(keys.customer(id), { limit: 100 })).filter(({ data }) => (data as { source?: string }).source === 'points');
const earn = (points: number, more: Partial<Extract<LedgerOperation, { type: 'earn' }>> = {}): LedgerOperation => ({ type: 'earn', reference: 'welcome', points, ...more });

describe('points that change', () => {
	it('are told once: in the log, in the history, in the customer’s document and its indexes, and to journeys', async () => {
		await shop.switchOn(journey);
		const id = await know();
		const expiresAtMs = shop.now() + 90 * dayMs;
		for (let time = 0; time < 3; time++) expect((await changePointsOf(shop, id, earn(70, { expiresAtMs }))).outcome).toMatchObject({ status: 'done', points: 70 });
		expect(await standing()).toEqual({ available: 70, pending: 0, expiresAtMs, expiring: 70 });
		expect((await told(id)).map(({ type, data }) => [type, data])).toEqual([['points_earned', { source: 'points', points: 70, balance: 70, reference: 'welcome' }]]);
		expect(await countersOf(shop, id)).toMatchObject({ points_earned: 1 });
		expect(await shop.store.walk(indexes.customers('points.available'), { limit: 9 })).toEqual([{ key: keys.customer(id), value: 70 }]);
		expect(await shop.store.walk(indexes.customers('points.expiresAt'), { limit: 9 })).toEqual([{ key: keys.customer(id), value: expiresAtMs }]);
		expect(await enrolmentOf(shop, 'earned', id)).toMatchObject({ status: 'open', event: { type: 'points_earned', data: { points: 70, balance: 70, reference: 'welcome' } } });
	});

	it('say nothing of a reservation until it is confirmed, and then what was spent', async () => {
		const id = await know();
		await changePointsOf(shop, id, earn(70));
		await changePointsOf(shop, id, { type: 'reserve', reference: 'order:7', points: 30, untilMs: shop.now() + dayMs });
		expect(await standing()).toMatchObject({ available: 40 });
		expect(await told(id)).toHaveLength(1);
		await changePointsOf(shop, id, { type: 'confirm', reference: 'order:7' });
		expect((await told(id))[0]).toMatchObject({ type: 'points_redeemed', data: { points: -30, balance: 40, reference: 'order:7', orderId: '7' } });
	});

	it('move people into and out of segments, by a reservation too', async () => {
		await shop.switchOn({ id: 'rich', trigger: 'segment', subject: 'customer', segment: { includeExisting: true, perDay: 100 }, where: { field: 'points.available', op: 'at_least', value: 50 }, endsOn: ['left_segment'] });
		const id = await know();
		await changePointsOf(shop, id, earn(70));
		expect((await customerByEmail(shop, 'anna@example.com'))!.segments).toHaveProperty('rich');
		await changePointsOf(shop, id, { type: 'reserve', reference: 'a', points: 30, untilMs: shop.now() + dayMs });
		expect((await customerByEmail(shop, 'anna@example.com'))!.segments).toBeUndefined();
		expect(await enrolmentOf(shop, 'rich', id)).toMatchObject({ endReason: 'left_segment' });
	});

	it('are nobody’s where nobody is known, or was forgotten', async () => {
		expect((await changePointsOf(shop, 'nobody', earn(5))).outcome).toEqual({ status: 'unknown', points: 0 });
		const id = await know(ben);
		await shop.record(eventOf('customer_erased', shop.now(), { customer: ben }));
		expect((await changePointsOf(shop, id, earn(5))).outcome).toEqual({ status: 'unknown', points: 0 });
		expect((await shop.store.read([keys.points(id), keys.points('nobody')])).map(({ value }) => value)).toEqual([null, null]);
	});
});

describe('a journey that counts from the expiry of points', () => {
	const warnings = { id: 'warn', trigger: 'segment' as const, subject: 'customer' as const, segment: { includeExisting: true, perDay: 100 }, where: { field: 'points.expiresAt', op: 'is_set' as const }, anchor: { type: 'date' as const, of: 'points_expiry' as const }, steps: [{ name: '30 days', delayMs: -30 * dayMs }, { name: '7 days', delayMs: -7 * dayMs }], endsOn: [], maxAgeMs: dayMs, kind: 'transactional' as const };
	const warning = (id: string) => enrolmentOf(shop, 'warn', id);

	it('moves with what expires next, and ends when nothing does', async () => {
		await shop.switchOn(warnings);
		const id = await know();
		const [soon, late] = [shop.now() + 60 * dayMs, shop.now() + 90 * dayMs];
		await changePointsOf(shop, id, earn(70, { expiresAtMs: late }));
		expect(await warning(id)).toMatchObject({ status: 'open', step: 0, dueAtMs: late - 30 * dayMs });
		await changePointsOf(shop, id, earn(30, { reference: 'b', expiresAtMs: soon }));
		expect(await warning(id)).toMatchObject({ step: 0, dueAtMs: soon - 30 * dayMs });
		await changePointsOf(shop, id, { type: 'redeem', reference: 'r', points: 30 });
		expect(await warning(id)).toMatchObject({ step: 0, dueAtMs: late - 30 * dayMs });
		await changePointsOf(shop, id, { type: 'redeem', reference: 's', points: 70 });
		expect(await warning(id)).toMatchObject({ status: 'ended', endReason: 'no_date' });
	});

	it('goes on from the step it is at when the points of its first warning are spent', async () => {
		await shop.switchOn(warnings);
		const id = await know();
		const [soon, late] = [shop.now() + 25 * dayMs, shop.now() + 90 * dayMs];
		await changePointsOf(shop, id, earn(30, { expiresAtMs: soon }));
		await changePointsOf(shop, id, earn(70, { reference: 'b', expiresAtMs: late }));
		// 25 days before, the first warning is over.
		expect(await warning(id)).toMatchObject({ step: 1, dueAtMs: soon - 7 * dayMs });
		await transact(shop.store, async (tx) => {
			const key = keys.enrolment(`warn:${id}`);
			await tx.load([key]);
			tx.set(key, { ...tx.get<EnrolmentRecord>(key)!, stepsDone: 1 });
		});
		await changePointsOf(shop, id, { type: 'redeem', reference: 'r', points: 30 });
		expect(await warning(id)).toMatchObject({ status: 'open', step: 1, dueAtMs: late - 7 * dayMs });
	});
});

describe('the sweep', () => {
	it('tells of points that became available, of those that expired, and of none twice', async () => {
		const id = await know();
		await changePointsOf(shop, id, earn(70, { availableAtMs: shop.now() + dayMs, expiresAtMs: shop.now() + 3 * dayMs }));
		expect(await standing()).toEqual({ available: 0, pending: 70 });
		expect(await sweepPointsOf(shop)).toEqual({ swept: 0, hasMore: false });
		shop.pass(dayMs);
		await Promise.all([sweepPointsOf(shop), sweepPointsOf(shop)]);
		expect(await standing()).toMatchObject({ available: 70, pending: 0, expiring: 70 });
		shop.pass(2 * dayMs);
		await sweepPointsOf(shop);
		expect(await sweepPointsOf(shop)).toEqual({ swept: 0, hasMore: false });
		expect(await standing()).toEqual({ available: 0, pending: 0 });
		expect((await told(id)).map(({ type, data }) => [type, (data as { points: number }).points])).toEqual([
			['points_expired', -70],
			['points_available', 70],
			['points_earned', 70],
		]);
	});

	it('keeps nobody waiting for somebody who cannot be settled, and says what is the matter', async () => {
		const ids = [await know(), await know(ben)];
		for (const id of ids) await changePointsOf(shop, id, earn(70, { expiresAtMs: shop.now() + dayMs }));
		shop.pass(dayMs);
		const broken = { ...shop, store: new Proxy(shop.store, { get: (store, name) => (name === 'read' ? async (wanted: string[]) => (wanted.includes(keys.points(ids[0])) ? Promise.reject(new Error('broken')) : await store.read(wanted)) : Reflect.get(store, name)) }) as Store };
		await expect(sweepPointsOf(broken)).rejects.toThrow('broken');
		expect([(await standing())!.available, (await standing('ben@example.com'))!.available]).toEqual([70, 0]);
		expect(await sweepPointsOf(shop)).toEqual({ swept: 1, hasMore: false });
	});
});
