import fc from 'fast-check';
import { DateTime } from 'luxon';
import { dayIn, decideTier, emptyTiers, mergeTiers, shortened, type TierRecord, type TierRules, type TierStanding, withAmount } from '../../../lib/loyalty/tiers';

const zone = 'Europe/Vienna';
const rules: TierRules = { tiers: [{ id: 'silver', label: 'Silver', from: 100 }, { id: 'gold', label: 'Gold', from: 500 }], tierBy: 'points', tierPeriod: 'rolling_year', tierKeptDays: 0, timezone: zone, currency: 'EUR' };
const at = (local: string) => DateTime.fromISO(local, { zone }).toMillis();
const iso = (ms: number | null) => (ms === null ? null : DateTime.fromMillis(ms, { zone }).toISO({ suppressMilliseconds: true, suppressSeconds: true, includeOffset: false }));

function record(days: Record<string, number>, of: 'points' | 'spent' = 'points', currency = 'EUR'): TierRecord {
	const empty = emptyTiers(currency);
	return { ...empty, [of]: Object.entries(days).reduce((totals, [day, amount]) => withAmount(totals, day, amount), empty[of]) };
}
const tierOf = (days: Record<string, number>, local: string, before: TierStanding = {}, more: Partial<TierRules> = {}) => decideTier(record(days), before, { ...rules, ...more }, at(local));

describe('a tier', () => {
	it('is reached by the points of the last year, with the distance to the next', () => {
		expect(tierOf({ '2026-01-10': 60, '2026-03-01': 60 }, '2026-03-01T12:00')).toEqual({
			standing: { tier: 'silver', tierLabel: 'Silver', tierSinceMs: at('2026-03-01T12:00'), progress: 120, nextTier: 'gold', nextTierLabel: 'Gold', toNextTier: 380 },
			reached: 'Silver',
			nextMs: at('2027-01-10T00:00'),
		});
		expect(tierOf({ '2026-01-10': 99 }, '2026-03-01T12:00').standing).toEqual({ progress: 99, nextTier: 'silver', nextTierLabel: 'Silver', toNextTier: 1 });
		expect(tierOf({ '2026-01-10': 700 }, '2026-03-01T12:00').standing).toEqual({ tier: 'gold', tierLabel: 'Gold', tierSinceMs: at('2026-03-01T12:00'), progress: 700 });
	});

	it('is told once, and lost when the period gives it no more, several at once', () => {
		const days = { '2026-01-10': 600 };
		const { standing } = tierOf(days, '2026-03-01T12:00');
		expect(tierOf(days, '2026-08-01T12:00', standing)).toMatchObject({ standing: { tier: 'gold', tierSinceMs: standing.tierSinceMs } });
		expect(tierOf(days, '2026-08-01T12:00', standing)).not.toHaveProperty('reached');
		expect(tierOf(days, '2027-01-09T23:59', standing)).not.toHaveProperty('lost');
		const after = tierOf(days, '2027-01-10T00:00', standing);
		expect(after).toEqual({ standing: { progress: 0, nextTier: 'silver', nextTierLabel: 'Silver', toNextTier: 100 }, lost: 'Gold', nextMs: null });
		expect(tierOf({ ...days, '2026-12-01': 150 }, '2027-01-10T00:00', standing)).toMatchObject({ lost: 'Gold', standing: { tier: 'silver', tierSinceMs: at('2027-01-10T00:00') } });
	});

	it('is kept for so many days after it was reached, but not by who sent back what it was reached by', () => {
		const kept = { tierKeptDays: 400 };
		const { standing } = tierOf({ '2026-01-10': 600 }, '2026-03-01T12:00', {}, kept);
		expect(iso(standing.tierUntilMs!)).toBe('2027-04-06T00:00');
		const later = tierOf({ '2026-01-10': 600 }, '2027-02-01T12:00', standing, kept);
		expect(later).toEqual({ standing: { ...standing, progress: 0 }, nextMs: standing.tierUntilMs });
		expect(tierOf({ '2026-01-10': 600 }, '2027-04-06T00:00', standing, kept)).toMatchObject({ lost: 'Gold' });
		expect(tierOf({ '2026-01-10': 50 }, '2026-03-02T12:00', standing, kept)).toMatchObject({ lost: 'Gold', standing: { progress: 50 } });
		// Half of it went back: what is left gave another one.
		expect(tierOf({ '2026-01-10': 300 }, '2026-03-02T12:00', standing, kept)).toMatchObject({ lost: 'Gold', standing: { tier: 'silver' } });
	});

	it('by the calendar year counts anew on the first of January, local time', () => {
		const year = { tierPeriod: 'calendar_year' as const };
		const { standing, nextMs } = tierOf({ '2026-12-31': 100 }, '2026-12-31T23:59', {}, year);
		expect([standing.tier, iso(nextMs)]).toEqual(['silver', '2027-01-01T00:00']);
		expect(tierOf({ '2026-12-31': 100 }, '2027-01-01T00:00', standing, year)).toMatchObject({ lost: 'Silver', standing: { progress: 0 }, nextMs: null });
	});

	it('for ever is lost by refunds only', () => {
		const ever = { tierPeriod: 'ever' as const, tierKeptDays: 30 };
		const { standing, nextMs } = tierOf({ '2020-01-10': 100 }, '2026-03-01T12:00', {}, ever);
		expect([standing.tierUntilMs, nextMs]).toEqual([undefined, null]);
		expect(tierOf({ '2020-01-10': 99 }, '2026-03-01T12:00', standing, ever)).toMatchObject({ lost: 'Silver' });
	});

	it('of a leap day counts until the end of February of the next year', () => {
		const { standing, nextMs } = tierOf({ '2028-02-29': 100 }, '2028-02-29T12:00');
		expect(iso(nextMs)).toBe('2029-03-01T00:00');
		expect(tierOf({ '2028-02-29': 100 }, '2029-02-28T23:59', standing).standing.tier).toBe('silver');
		expect(tierOf({ '2028-02-29': 100 }, '2029-03-01T00:00', standing).lost).toBe('Silver');
		// On the leap day itself the year reaches back to the 1st of March.
		expect(tierOf({ '2027-02-28': 100 }, '2028-02-27T12:00').standing.tier).toBe('silver');
		expect(tierOf({ '2027-02-28': 100 }, '2028-02-29T12:00').standing.tier).toBeUndefined();
	});

	it('counts days of the shop’s zone, also where the clocks change', () => {
		expect(dayIn(zone, Date.parse('2026-03-28T23:30:00Z'))).toBe('2026-03-29');
		expect(dayIn('America/New_York', Date.parse('2026-03-08T04:30:00Z'))).toBe('2026-03-07');
		// Kathmandu is ahead by five hours and three quarters.
		expect(['2026-06-01T18:14:59.999Z', '2026-06-01T18:15:00Z', '2026-06-01T18:29:59Z'].map((time) => dayIn('Asia/Kathmandu', Date.parse(time)))).toEqual(['2026-06-01', '2026-06-02', '2026-06-02']);
		// Beirut's clocks skip midnight.
		expect(decideTier(record({ '2025-03-29': 100 }), {}, { ...rules, timezone: 'Asia/Beirut' }, Date.parse('2025-04-01T12:00:00Z')).nextMs).toBe(Date.parse('2026-03-28T22:00:00Z'));
		expect(dayIn('Nowhere/Atlantis', 0)).toBe('1970-01-01');
	});

	it('by spending is measured in the shop’s currency, whatever decimals that has', () => {
		const spent = (currency: string, minor: number, from: number) => decideTier(record({ '2026-01-10': minor }, 'spent', currency), {}, { ...rules, tierBy: 'spent', currency, tiers: [{ id: 'a', label: 'A', from }] }, at('2026-03-01T12:00')).standing;
		expect(spent('EUR', 9_999, 100)).toEqual({ progress: 9_999, progressCurrency: 'EUR', nextTier: 'a', nextTierLabel: 'A', toNextTier: 1 });
		expect(spent('JPY', 100, 100).tier).toBe('a');
		expect(spent('KWD', 99_999, 100).tier).toBeUndefined();
		expect(spent('EUR', 9_950, 99.5).tier).toBe('a');
		expect(decideTier(record({ '2026-01-10': 50_000 }, 'spent', 'USD'), {}, { ...rules, tierBy: 'spent' }, at('2026-03-01T12:00')).standing.progress).toBe(0);
	});

	it('is none where the shop has none, or knows it no more', () => {
		expect(tierOf({ '2026-01-10': 600 }, '2026-03-01T12:00', { tier: 'gold' }, { tiers: [] })).toEqual({ standing: {}, nextMs: null });
		expect(tierOf({ '2026-01-10': 600 }, '2026-03-01T12:00', { tier: 'ruby' })).toMatchObject({ reached: 'Gold' });
	});
});

const days = fc.dictionary(fc.integer({ min: 0, max: 900 }).map((number) => DateTime.fromISO('2026-01-01', { zone }).plus({ days: number }).toISODate()!), fc.integer({ min: 1, max: 400 }), { maxKeys: 8 });
const period = fc.constantFrom('rolling_year' as const, 'calendar_year' as const, 'ever' as const);

it('nothing changes before the time that is told, whatever was earned', () => {
	fc.assert(
		fc.property(days, period, fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 900 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (earned, tierPeriod, tierKeptDays, start, part) => {
			const own = { ...rules, tierPeriod, tierKeptDays };
			const nowMs = DateTime.fromISO('2026-01-01T15:00', { zone }).plus({ days: start }).toMillis();
			// Nothing lies ahead.
			const known = Object.fromEntries(Object.entries(earned).filter(([day]) => day <= dayIn(zone, nowMs)));
			const { standing, nextMs } = decideTier(record(known), {}, own, nowMs);
			const until = nextMs ?? nowMs + 3e11;
			expect(until).toBeGreaterThan(nowMs);
			const between = decideTier(record(known), standing, own, Math.floor(nowMs + (until - nowMs) * part));
			expect(between.standing).toEqual(standing);
			// What is added up changes no decision.
			const short = { ...record(known), points: shortened(record(known).points, own, nowMs) };
			expect(decideTier(short, standing, own, nowMs).standing).toEqual(decideTier(record(known), standing, own, nowMs).standing);
		}),
	);
});

it('two customers who prove to be one have earned what both have, whichever is which', () => {
	fc.assert(
		fc.property(days, days, fc.integer({ min: 0, max: 1500 }), (a, b, ahead) => {
			const nowMs = DateTime.fromISO('2026-01-01T15:00', { zone }).plus({ days: ahead }).toMillis();
			const left = { ...record(a), points: shortened(record(a).points, rules, nowMs) };
			const total = (tiers: TierRecord) => Object.values(tiers.points.days).reduce((sum, amount) => sum + amount, tiers.points.earlier);
			expect(total(mergeTiers(left, record(b)))).toBe(total(left) + total(record(b)));
			const own = { ...rules, tierPeriod: 'ever' as const };
			expect(decideTier(mergeTiers(left, record(b)), {}, own, nowMs + 1e11)).toEqual(decideTier(mergeTiers(record(b), left), {}, own, nowMs + 1e11));
		}),
	);
});
