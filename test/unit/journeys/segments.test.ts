import { addSweep } from '../../../lib/journeys/segmentTasks';
import { journeyTaskHandlers } from '../../../lib/journeys/tasks';
import { switchOff } from '../../../lib/journeys/definitions';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { type EnrolmentRecord, indexes, type JourneyDefinition, keys } from '../../../lib/model/records';
import { workTasks } from '../../../lib/tasks/tasks';
import { anna, beat, ben, customerById, customerEvent, openShop, orderEvent, type Shop } from '../record/shop';
import { countersOf, enrolmentAt, happening, segmentJourney, waitingIn } from './triggers';

let shop: Shop;

beforeEach(() => {
	shop = openShop();
});
afterEach(() => shop.hub.close());

const switchOn = (journey: Partial<JourneyDefinition> = {}) => shop.switchOn({ ...segmentJourney, ...journey });
/** Days later, n8n having run and looked through the segment. */
const later = async (ms: number) => {
	shop.pass(ms);
	await beat(shop, 'segment');
	shop.definitions.clear();
	await addSweep(shop.store, 'segment', shop.now());
	await shop.workTasks();
};
const order = (customer = anna, extra = {}) => shop.record(orderEvent(shop.now(), { orderId: `order-${shop.now()}-${customer.email}` }, { customer, ...extra }));
const members = async () => (await shop.store.walk(indexes.segment('segment'), { limit: 10_000 })).map(({ key }) => key.slice('customer:'.length));
const buyers: Partial<JourneyDefinition> = { where: { field: 'orders.count', op: 'at_least', value: 2 }, endsOn: ['left_segment'] };

describe('switching a segment journey on', () => {
	it('takes in nobody who is in the segment already, but knows them as members', async () => {
		await order();
		shop.pass(200 * dayMs);
		await switchOn();
		await shop.workTasks();
		expect(await members()).toEqual(['customer-1']);
		expect((await customerById(shop, 'customer-1'))?.segments).toEqual({ segment: shop.now() });
		expect(await waitingIn(shop, 'segment')).toEqual([]);
	});

	it('includes those already in where asked to, so many per day', async () => {
		for (let index = 0; index < 7; index++) await order({ email: `customer${index}@example.com` });
		shop.pass(200 * dayMs);
		await switchOn({ segment: { includeExisting: true, perDay: 3 } });
		await shop.workTasks();
		const due = await shop.store.walk(indexes.due('segment'), { limit: 10 });
		expect(due.map(({ value }) => (value - shop.now()) / dayMs)).toEqual([0, 0, 0, 1, 1, 1, 2]);
	});

	it('looks at all anew after having been off, and when its condition is changed, and not at a restart', async () => {
		await switchOn(buyers);
		await shop.workTasks();
		await order();
		shop.pass(1);
		await order();
		expect(await waitingIn(shop, 'segment')).toHaveLength(1);
		await shop.switchOn({ ...segmentJourney, ...buyers }, 'init');
		expect(await shop.store.count(indexes.tasks, { limit: 5 })).toBe(0);

		await order(ben);
		shop.pass(minuteMs);
		await switchOn({ where: { field: 'orders.count', op: 'at_least', value: 1 } });
		await shop.workTasks();
		expect((await members()).sort()).toEqual(['customer-1', 'customer-2']);
		expect(await waitingIn(shop, 'segment')).toHaveLength(1);

		await switchOff(shop.store, 'segment', 'test', shop.now());
		shop.definitions.clear();
		await order({ email: 'eva@example.com' });
		await switchOn({ where: { field: 'orders.count', op: 'at_least', value: 1 } });
		await shop.workTasks();
		expect(await members()).toHaveLength(3);
		expect(await countersOf(shop, 'segment')).toMatchObject({ entered: 1 });
	});

	it('tells who enters by an event during the first look from who was in before it', async () => {
		await order();
		shop.pass(1);
		await order();
		await order(ben);
		shop.pass(1);
		await switchOn(buyers);
		// The first look has not begun yet.
		await order();
		await order(ben);
		expect((await members()).sort()).toEqual(['customer-1', 'customer-2']);
		await shop.workTasks();
		expect((await waitingIn(shop, 'segment'))).toEqual(['segment:customer-2']);
	});
});

describe('a customer', () => {
	it('enters a segment by an event, in the same commit, and leaves it so', async () => {
		await switchOn({ where: { field: 'tags', op: 'includes', value: ['vip'] }, endsOn: ['left_segment'] });
		await shop.workTasks();
		shop.pass(minuteMs);
		await shop.record(customerEvent(shop.now(), { ...anna, tags: ['vip'] }));
		expect(await enrolmentAt(shop, 'segment:customer-1')).toMatchObject({ status: 'open', enteredAtMs: shop.now() });
		shop.pass(minuteMs);
		await shop.record(customerEvent(shop.now(), { ...anna, tags: [] }));
		expect(await enrolmentAt(shop, 'segment:customer-1')).toMatchObject({ status: 'ended', endReason: 'left_segment' });
		expect(await members()).toEqual([]);
		expect((await customerById(shop, 'customer-1'))?.segments).toBeUndefined();
	});

	it('stays in the journey outside of the segment where it does not end on that', async () => {
		await switchOn({ where: { field: 'tags', op: 'includes', value: ['vip'] }, endsOn: ['order'] });
		await shop.workTasks();
		await shop.record(customerEvent(shop.now(), { ...anna, tags: ['vip'] }));
		shop.pass(minuteMs);
		await shop.record(customerEvent(shop.now(), { ...anna, tags: [] }));
		expect(await enrolmentAt(shop, 'segment:customer-1')).toMatchObject({ status: 'open' });
		await order();
		expect(await enrolmentAt(shop, 'segment:customer-1')).toMatchObject({ status: 'ended', endReason: 'bought' });
	});

	it('counts what was done within days, and enters by doing it once more', async () => {
		await switchOn({ where: { event: 'category_viewed', of: { category: 'Shoes' }, times: 'at_least', count: 2, withinDays: 7 } });
		await shop.workTasks();
		const look = () => shop.record(happening(shop, 'category_viewed', { view: { path: '/shoes', category: 'shoes' } }));
		await look();
		expect(await waitingIn(shop, 'segment')).toEqual([]);
		shop.pass(minuteMs);
		await look();
		expect(await waitingIn(shop, 'segment')).toHaveLength(1);
		// Time takes the customer out again.
		await later(10 * dayMs);
		expect(await members()).toEqual([]);
	});

	it('becomes a member without entering by a history import, or after having unsubscribed', async () => {
		await switchOn(buyers);
		await shop.workTasks();
		await order(anna, { isHistory: true });
		shop.pass(1);
		await order(anna, { isHistory: true });
		await shop.record(happening(shop, 'unsubscribed', { customer: ben }));
		await order(ben);
		shop.pass(1);
		await order(ben);
		expect((await members()).length).toBe(2);
		expect(await waitingIn(shop, 'segment')).toEqual([]);
	});

	it('who was forgotten is no member any more', async () => {
		await switchOn(buyers);
		await shop.workTasks();
		await order();
		shop.pass(1);
		await order();
		await shop.record(happening(shop, 'customer_erased'));
		await later(hourMs);
		expect(await members()).toEqual([]);
		expect(await waitingIn(shop, 'segment')).toEqual([]);
	});
});

describe('time', () => {
	it('brings customers in without any event, and once', async () => {
		await switchOn();
		await shop.workTasks();
		await order();
		await later(179 * dayMs);
		expect(await waitingIn(shop, 'segment')).toEqual([]);
		await later(dayMs);
		expect(await enrolmentAt(shop, 'segment:customer-1')).toMatchObject({ status: 'open', dueAtMs: shop.now() });
		await later(dayMs);
		expect(await countersOf(shop, 'segment')).toEqual({ entered: 1 });
		await order();
		expect(await enrolmentAt(shop, 'segment:customer-1')).toMatchObject({ status: 'ended' });
		expect(await members()).toEqual([]);
	});

	it('brings a birthday near, each year anew where the journey says so', async () => {
		await switchOn({
			where: { field: 'birthday', op: 'anniversary_within_days', value: 7 },
			anchor: { type: 'date', of: 'birthday' },
			steps: [{ name: '7 days before', delayMs: -7 * dayMs, fromMinute: 600 }, { name: 'On the day', delayMs: 0 }],
			endsOn: [],
			reentryAfterMs: 30 * dayMs,
		});
		await shop.workTasks();
		await shop.record(customerEvent(shop.now(), { ...anna, birthday: '1990-03-20', timezone: 'Asia/Tokyo' }));
		await later(9 * dayMs);
		expect(await members()).toEqual([]);
		await later(2 * dayMs);
		const enrolment = (await enrolmentAt(shop, 'segment:customer-1'))!;
		expect(new Date(enrolment.enteredAtMs).toISOString()).toBe('2026-03-19T15:00:00.000Z');
		expect(new Date(enrolment.dueAtMs).toISOString()).toBe('2026-03-13T01:00:00.000Z');
		await later(30 * dayMs);
		expect(await members()).toEqual([]);
	});

	it('is asked not before it is time, and never twice at once', async () => {
		await switchOn();
		expect(await addSweep(shop.store, 'segment', shop.now() + dayMs)).toBe(false);
		await shop.workTasks();
		expect(await addSweep(shop.store, 'segment', shop.now() + 14 * minuteMs)).toBe(false);
		shop.pass(15 * minuteMs);
		for (let again = 0; again < 2; again++) expect(await addSweep(shop.store, 'segment', shop.now())).toBe(true);
		expect(await shop.store.count(indexes.tasks, { limit: 5 })).toBe(1);
		await shop.workTasks();
		expect(await addSweep(shop.store, 'segment', shop.now())).toBe(false);
	});
});

describe('a look at many', () => {
	const crowd = 120;
	const enrolments = async () => {
		const ids = await waitingIn(shop, 'segment');
		return await shop.store.read<EnrolmentRecord>(ids.map(keys.enrolment));
	};

	beforeEach(async () => {
		for (let index = 0; index < crowd; index++) await order({ email: `customer${index}@example.com` });
	});

	it.each([
		['the first, that includes those already in', async () => {
			shop.pass(200 * dayMs);
			await switchOn({ segment: { includeExisting: true, perDay: 50 } });
		}],
		['one of the later ones', async () => {
			await switchOn();
			await shop.workTasks();
			shop.pass(200 * dayMs);
			await addSweep(shop.store, 'segment', shop.now());
		}],
	])('is killed half-way and ends right: %s', async (_which, begin) => {
		await begin();
		let batches = 0;
		await workTasks(shop.store, shop.clock, journeyTaskHandlers, { isStopped: () => ++batches > 8 });
		const half = (await members()).length;
		expect(half).toBeGreaterThan(0);
		expect(half).toBeLessThan(crowd);
		// The process died inside of a batch: the lease has to run out.
		await workTasks(shop.store, shop.clock, Object.fromEntries(Object.keys(journeyTaskHandlers).map((type) => [type, () => Promise.reject(new Error('killed'))])));
		shop.pass(5 * minuteMs);
		await Promise.all([1, 2].map(() => shop.workTasks()));
		expect(await members()).toHaveLength(crowd);
		expect(await enrolments()).toHaveLength(crowd);
		expect(await countersOf(shop, 'segment')).toEqual({ entered: crowd });
		expect(await shop.store.count(indexes.tasks, { limit: 5 })).toBe(0);
	});

	it('takes those out who are no longer in, page by page', async () => {
		await switchOn({ where: { field: 'orders.last', op: 'days_ago_at_most', value: 30 }, segment: { includeExisting: true, perDay: 1000 }, endsOn: ['left_segment'] });
		await shop.workTasks();
		expect(await enrolments()).toHaveLength(crowd);
		await later(31 * dayMs);
		expect(await members()).toEqual([]);
		expect(await countersOf(shop, 'segment')).toEqual({ entered: crowd, 'ended.left_segment': crowd });
	});
});
