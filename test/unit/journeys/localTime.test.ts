import fc from 'fast-check';
import { DateTime } from 'luxon';
import { dateMs, replacementMs, supplyMs } from '../../../lib/journeys/anchor';
import { allowedMs, dueMs, firstStep, zoneOf } from '../../../lib/journeys/schedule';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import type { CustomerRecord, JourneyDefinition } from '../../../lib/model/records';
import { cartJourney, tea } from '../record/shop';

const vienna = 'Europe/Vienna';
const at = (iso: string, zone = vienna) => DateTime.fromISO(iso, { zone }).toMillis();
const local = (timeMs: number, zone = vienna) => DateTime.fromMillis(timeMs, { zone }).toFormat('yyyy-MM-dd HH:mm');

describe('a local time of day', () => {
	it('is waited for by what is due earlier, and lets pass what is due later', () => {
		expect(local(allowedMs(at('2026-03-02T08:00'), { fromMinute: 600 }, vienna))).toBe('2026-03-02 10:00');
		expect(local(allowedMs(at('2026-03-02T18:30'), { fromMinute: 600 }, vienna))).toBe('2026-03-02 18:30');
	});

	it('waits for the next weekday that is allowed, at that time', () => {
		// The 6th of March 2026 is a Friday.
		const onWeekdays = { fromMinute: 600, weekdays: [1, 2, 3, 4, 5] };
		expect(local(allowedMs(at('2026-03-07T18:00'), onWeekdays, vienna))).toBe('2026-03-09 10:00');
		expect(local(allowedMs(at('2026-03-06T18:00'), onWeekdays, vienna))).toBe('2026-03-06 18:00');
		expect(local(allowedMs(at('2026-03-07T18:00'), { weekdays: [1] }, vienna))).toBe('2026-03-09 00:00');
	});

	it('comes on the days on which the clocks change', () => {
		expect(local(allowedMs(at('2026-03-29T00:30'), { fromMinute: 600 }, vienna))).toBe('2026-03-29 10:00');
		expect(local(allowedMs(at('2026-10-25T00:30'), { fromMinute: 600 }, vienna))).toBe('2026-10-25 10:00');
		// 02:30 does not exist that night.
		expect(local(allowedMs(at('2026-03-29T00:30'), { fromMinute: 150 }, vienna))).toBe('2026-03-29 03:30');
	});

	it('is the customer’s own, else the shop’s, else UTC', () => {
		expect(zoneOf({ timezone: 'Asia/Tokyo' }, { timezone: vienna })).toBe('Asia/Tokyo');
		expect(zoneOf({ timezone: 'Mars/Base' }, { timezone: vienna })).toBe(vienna);
		expect(zoneOf(null, {})).toBe('UTC');
	});

	it('is never earlier, on an allowed day, not before its hour, within a week, and the same when asked again', () => {
		const zones = fc.constantFrom('UTC', vienna, 'America/New_York', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia', 'Africa/Cairo');
		const from = Date.UTC(2010, 0, 1);
		fc.assert(
			fc.property(
				zones,
				fc.integer({ min: from, max: from + 30 * 365 * dayMs }),
				fc.option(fc.integer({ min: 0, max: 1439 }), { nil: undefined }),
				fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), { nil: undefined }),
				(zone, timeMs, fromMinute, weekdays) => {
					const allowed = allowedMs(timeMs, { fromMinute, weekdays }, zone);
					const then = DateTime.fromMillis(allowed, { zone });
					expect(allowed).toBeGreaterThanOrEqual(timeMs);
					// A whole day was skipped once (Apia, 2011).
					expect(allowed - timeMs).toBeLessThanOrEqual(8 * dayMs + hourMs);
					if (weekdays) expect(weekdays).toContain(then.weekday);
					// Where the clocks skip the very minute, the day goes on later; it never goes on earlier.
					if (fromMinute !== undefined) expect(then.hour * 60 + then.minute).toBeGreaterThanOrEqual(fromMinute);
					expect(allowedMs(allowed, { fromMinute, weekdays }, zone)).toBe(allowed);
				},
			),
			{ numRuns: 600 },
		);
	});
});

const definition = (journey: Partial<JourneyDefinition>): JourneyDefinition => ({ ...cartJourney, activeFromMs: 0, timezone: vienna, ...journey });
const birthdays = definition({
	anchor: { type: 'date', of: 'birthday' },
	steps: [
		{ name: '7 days before', delayMs: -7 * dayMs },
		{ name: 'On the day', delayMs: 0, fromMinute: 600 },
		{ name: '2 hours', delayMs: 12 * hourMs },
	],
});

describe('steps before a date', () => {
	it('count days of the calendar, also where the clocks change in between', () => {
		const birthday = at('2026-03-30T00:00');
		expect(local(dueMs(birthdays, { enteredAtMs: birthday, step: 0 }, vienna))).toBe('2026-03-23 00:00');
		expect(local(dueMs(birthdays, { enteredAtMs: birthday, step: 1 }, vienna))).toBe('2026-03-30 10:00');
		expect(local(dueMs(birthdays, { enteredAtMs: birthday, step: 2 }, vienna))).toBe('2026-03-30 12:00');
	});

	it('that are over at the entry are left out, but for those of the last day', () => {
		const birthday = at('2026-03-30T00:00');
		expect(firstStep(birthdays, birthday, at('2026-03-23T12:00'), vienna)).toBe(0);
		expect(firstStep(birthdays, birthday, at('2026-03-24T12:00'), vienna)).toBe(1);
		expect(firstStep(birthdays, birthday, at('2026-04-02T12:00'), vienna)).toBeNull();
	});

	it('keep their distance when a step was late, and their time of day', () => {
		const birthday = at('2026-03-30T00:00');
		expect(local(dueMs(birthdays, { enteredAtMs: birthday, step: 1, settled: { step: 0, token: 't', atMs: at('2026-03-24T09:00') } }, vienna))).toBe('2026-03-31 10:00');
	});
});

const customer = (facts: Partial<CustomerRecord>) => ({ id: 'c', orders: { count: 0, spentMinor: {} }, ...facts }) as CustomerRecord;

describe('dates that return', () => {
	const next = (of: Parameters<typeof dateMs>[0], facts: Partial<CustomerRecord>, now: string) => {
		const found = dateMs(of, customer(facts), null, at(now), vienna);
		return found === null ? null : local(found);
	};

	it('are today or next, at the start of the local day', () => {
		expect(next('birthday', { birthday: '1990-05-04' }, '2026-05-04T23:59')).toBe('2026-05-04 00:00');
		expect(next('birthday', { birthday: '--05-04' }, '2026-05-05T00:00')).toBe('2027-05-04 00:00');
		expect(next('birthday', { birthday: '1992-02-29' }, '2026-01-10T10:00')).toBe('2026-02-28 00:00');
		expect(next('birthday', {}, '2026-01-10T10:00')).toBeNull();
	});

	it('are those of the child whose birthday is nearest', () => {
		expect(next('child_birthday', { children: [{ birthday: '2018-01-09' }, { birthday: '2020-06-01' }] }, '2026-01-10T10:00')).toBe('2026-06-01 00:00');
	});

	it('are anniversaries of orders, the first a year after', () => {
		const orders = { count: 2, spentMinor: {}, firstAtMs: at('2024-07-01T23:30'), lastAtMs: at('2026-01-09T09:00') };
		expect(next('first_order', { orders }, '2026-01-10T10:00')).toBe('2026-07-01 00:00');
		expect(next('last_order', { orders }, '2026-01-09T10:00')).toBe('2027-01-09 00:00');
	});
});

describe('a supply', () => {
	const placedAtMs = at('2026-03-02T09:00');
	const rules = [
		{ category: 'Supplements', daysPerUnit: 2, deliveryDays: 2 },
		{ product: 'capsules', daysPerUnit: 1, unitsPerPack: 100, deliveryDays: 5 },
	];
	const capsules = { ...tea, productId: 'capsules' };
	const daysUntil = (productId: string, lines: Array<typeof tea>, product: { tags?: string[]; category?: string } | null = null, earlierMs?: number) => {
		const found = supplyMs({ type: 'supply', leadDays: 3 }, { productId, lines, placedAtMs }, rules, product as never, earlierMs);
		return 'atMs' in found ? (found.atMs - placedAtMs) / dayMs : found.reason;
	};

	it('of one box of a hundred capsules, one a day, five days under way, is thought of on day 92', () => {
		expect(daysUntil('capsules', [capsules])).toBe(92);
	});

	it('grows with the quantity and with what is left of the one before', () => {
		expect(daysUntil('capsules', [{ ...capsules, quantity: 2 }])).toBe(192);
		expect(daysUntil('capsules', [capsules], null, placedAtMs + 20 * dayMs)).toBe(120);
		expect(daysUntil('capsules', [capsules], null, placedAtMs - 20 * dayMs)).toBe(92);
	});

	it('goes by the category where nothing nearer is said, and is unknown without a rule', () => {
		expect(daysUntil('powder', [{ ...tea, productId: 'powder', quantity: 30 }], { category: 'supplements' })).toBe(55);
		expect(daysUntil('tea', [tea])).toBe('no_product_rule');
	});

	it('that is gone before a parcel could come reminds nobody', () => {
		expect(daysUntil('powder', [{ ...tea, productId: 'powder' }], { category: 'supplements' })).toBe('supply_too_short');
	});
});

describe('a replacement', () => {
	const placedAtMs = at('2026-03-02T09:00');
	const rules = [
		{ category: 'Shoes', replacementDays: 270 },
		{ product: 'sneakers', replacementDays: 180 },
		{ tag: 'everlasting', goods: 'hard' as const },
	];
	const daysUntil = (lines: Array<Partial<typeof tea> & { sku?: string; category?: string }>, product: object | null = null) => {
		const found = replacementMs({ productId: 'any', lines: lines.map((line) => ({ ...tea, productId: 'any', ...line })), placedAtMs }, rules, product as never);
		return 'atMs' in found ? (found.atMs - placedAtMs) / dayMs : found.reason;
	};

	it('is due so many days after the order as the rule of the product says, else that of its category', () => {
		expect(daysUntil([{ productId: 'sneakers', category: 'Shoes' }])).toBe(180);
		expect(daysUntil([{ category: 'shoes' }])).toBe(270);
		expect(daysUntil([{}], { category: 'Shoes' })).toBe(270);
	});

	it('of several variants follows the one that is due first', () => {
		expect(daysUntil([{ category: 'Shoes' }, { sku: 'sneakers', category: 'Shoes' }])).toBe(180);
	});

	it('is unknown where no rule says it, as it is without a rule at all', () => {
		expect(daysUntil([{}], { tags: ['everlasting'] })).toBe('no_product_rule');
		expect(daysUntil([])).toBe('no_product_rule');
	});
});

it('minutes stay minutes where delays follow a date', () => {
	const definitionOfMinutes = { ...birthdays, steps: [{ name: '', delayMs: 90 * minuteMs }] };
	expect(dueMs(definitionOfMinutes, { enteredAtMs: 1000, step: 0 }, vienna)).toBe(1000 + 90 * minuteMs);
});
