import { type EarningOrder, type EarningRules, lotTimes, pointsForLines, pointsForOrder } from '../../../lib/loyalty/earning';
import type { LineItem } from '../../../lib/model/events';

const line = (productId: string, quantity: number, unitPriceMinor: number, more: Partial<LineItem> = {}): LineItem => ({ productId, title: `Title of ${productId}`, quantity, unitPriceMinor, ...more });
const order: EarningOrder = {
	currency: 'EUR',
	totalMinor: 5_480,
	items: [line('tea', 3, 990, { category: 'Tea', sku: 'T-1' }), line('pot', 1, 1_510, { variantId: 'pot-red' }), line('card', 2, 500, { category: 'Gift Cards' })],
};
const rules: EarningRules = { rate: 1, rounding: 'down', excluded: [] };

describe('points for an order', () => {
	it('go by its total, at the rate, rounded as asked', () => {
		expect(pointsForOrder(order, rules)).toBe(54);
		expect(pointsForOrder(order, { ...rules, rounding: 'up' })).toBe(55);
		expect(pointsForOrder(order, { ...rules, rate: 0.1, rounding: 'nearest' })).toBe(5);
		expect(pointsForOrder({ ...order, totalMinor: 0 }, rules)).toBe(0);
	});

	it('count whole units where a currency has no decimals, and thousandths where it has three', () => {
		expect(pointsForOrder({ ...order, currency: 'JPY' }, { ...rules, rate: 0.01 })).toBe(54);
		expect(pointsForOrder({ ...order, currency: 'KWD' }, rules)).toBe(5);
	});

	it('leave out what is excluded, by id, article number, title or category, whatever the case', () => {
		for (const excluded of [['TEA'], ['t-1'], ['title of tea'], [' Tea ']]) expect(pointsForOrder(order, { ...rules, excluded })).toBe(25);
		expect(pointsForOrder(order, { ...rules, excluded: ['pot-red', 'gift cards'] })).toBe(29);
		expect(pointsForOrder(order, { ...rules, excluded: ['Pots'] }, (productId) => (productId === 'pot' ? 'pots' : undefined))).toBe(39);
		// What the lines cost together may be more than the total, after a discount on the order.
		expect(pointsForOrder({ ...order, totalMinor: 1_000 }, { ...rules, excluded: ['tea', 'pot', 'card'] })).toBe(0);
	});

	it('refuse a rate that is none', () => {
		for (const rate of [-1, Number.NaN, 0.1234567]) expect(() => pointsForOrder(order, { ...rules, rate })).toThrow('not a number of points per unit');
	});
});

describe('points for the lines of an order', () => {
	const perPiece = { of: [], points: 10, per: 'piece' as const };

	it('count each piece', () => {
		expect(pointsForLines(order, [perPiece], rules)).toBe(60);
		expect(pointsForLines(order, [{ ...perPiece, points: 0.5 }], rules)).toBe(1 + 0 + 1);
		expect(pointsForLines(order, [{ ...perPiece, points: 0.5 }], { ...rules, rounding: 'up' })).toBe(2 + 1 + 1);
	});

	it('take the first rule that fits, and leave out what is excluded or fits none', () => {
		const triple = { of: ['tea'], points: 3, per: 'unit' as const };
		expect(pointsForLines(order, [triple], rules)).toBe(89);
		expect(pointsForLines(order, [triple, perPiece], rules)).toBe(89 + 10 + 20);
		expect(pointsForLines(order, [triple, perPiece], { ...rules, excluded: ['gift cards', 'tea'] })).toBe(10);
		expect(pointsForLines(order, [], rules)).toBe(0);
	});
});

describe('when points count and expire', () => {
	const iso = ({ availableAtMs, expiresAtMs }: { availableAtMs?: number; expiresAtMs?: number }) => [availableAtMs, expiresAtMs].map((time) => time && new Date(time).toISOString());
	const times = (at: string, pendingDays: number, expiresAfterDays: number, timezone = 'Europe/Vienna') => iso(lotTimes({ pendingDays, expiresAfterDays }, Date.parse(at), timezone));

	it('goes by days on the calendar, to the end of the last one', () => {
		expect(times('2026-01-10T09:30:00Z', 14, 30)).toEqual(['2026-01-24T09:30:00.000Z', '2026-02-09T23:00:00.000Z']);
		expect(times('2026-01-10T09:30:00Z', 0, 0)).toEqual([undefined, undefined]);
	});

	it('does so over the changes of the clocks, over leap days, and late in the evening', () => {
		expect(times('2026-03-28T12:00:00Z', 1, 1)).toEqual(['2026-03-29T11:00:00.000Z', '2026-03-29T22:00:00.000Z']);
		expect(times('2026-10-24T12:00:00Z', 1, 1)).toEqual(['2026-10-25T13:00:00.000Z', '2026-10-25T23:00:00.000Z']);
		expect(times('2028-02-28T12:00:00Z', 1, 1)).toEqual(['2028-02-29T12:00:00.000Z', '2028-02-29T23:00:00.000Z']);
		expect(times('2028-02-29T12:00:00Z', 0, 365)).toEqual([undefined, '2029-02-28T23:00:00.000Z']);
		expect(times('2026-06-30T22:30:00Z', 0, 1)).toEqual([undefined, '2026-07-02T22:00:00.000Z']);
	});

	it('makes one lot of what is earned on one day', () => {
		expect(times('2026-05-01T06:00:00Z', 0, 90)).toEqual(times('2026-05-01T20:00:00Z', 0, 90));
	});

	it('takes an unknown time zone for UTC', () => {
		expect(times('2026-05-01T06:00:00Z', 0, 1, 'Mars/Base')).toEqual([undefined, '2026-05-03T00:00:00.000Z']);
	});
});
