import fc from 'fast-check';
import { DateTime } from 'luxon';
import { openFromMs, quietUntilMs, restMs, restUntilMs, yieldsUntilMs } from '../../../lib/messages/send/timing';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { defaultSettings } from '../../../lib/model/settings';

const at = (iso: string, zone = 'UTC') => DateTime.fromISO(iso, { zone }).toMillis();
const local = (timeMs: number | null, zone: string) => (timeMs === null ? null : DateTime.fromMillis(timeMs, { zone }).toISO({ suppressMilliseconds: true, includeOffset: true }));

describe('rest after a marketing message', () => {
	it.each([
		['email', 16],
		['sms', 24],
		['whatsapp', 24],
		['push', 24],
	] as const)('is after %s %d hours unless the shop says otherwise', (channel, hours) => {
		expect(restMs(defaultSettings, {}, channel)).toBe(hours * hourMs);
		expect(restMs({}, {}, channel)).toBe(hours * hourMs);
	});

	it('is as long as the shop says; nought is none', () => {
		const settings = { capHours: { email: 2, sms: 3, whatsapp: 4, push: 0 } };
		expect([restMs(settings, {}, 'email'), restMs(settings, {}, 'whatsapp'), restMs(settings, {}, 'push')]).toEqual([2 * hourMs, 4 * hourMs, 0]);
		expect(restUntilMs({ contacts: { push: { atMs: 1000, messageKey: 'a' } } }, 'push', 'b', 0)).toBe(-Infinity);
	});

	it('is a week for who asked for less, unless the shop gives more', () => {
		const less = { preferences: { frequency: 'less', atMs: 0 } } as const;
		expect(restMs(defaultSettings, less, 'email')).toBe(7 * dayMs);
		expect(restMs({ capHours: { email: 240, sms: 0, push: 0 } }, less, 'email')).toBe(10 * dayMs);
		expect(restMs(defaultSettings, { preferences: { frequency: 'all', atMs: 0 } }, 'email')).toBe(16 * hourMs);
	});

	it('counts from the last message on this channel, and not from the very message that asks', () => {
		const contacts = { email: { atMs: 10 * hourMs, messageKey: 'mine', beforeMs: 2 * hourMs } };
		expect(restUntilMs({ contacts }, 'email', 'another', hourMs)).toBe(11 * hourMs);
		expect(restUntilMs({ contacts }, 'email', 'mine', hourMs)).toBe(3 * hourMs);
		expect(restUntilMs({ contacts }, 'sms', 'another', hourMs)).toBe(-Infinity);
		expect(restUntilMs({}, 'email', 'another', hourMs)).toBe(-Infinity);
	});
});

describe('a message yields', () => {
	const nowMs = at('2026-03-02T08:00:00Z');
	const rest = 16 * hourMs;
	const yields = (dueInMs: number[], lastInMs = 7 * dayMs) => {
		const untilMs = yieldsUntilMs(dueInMs.map((inMs) => ({ dueAtMs: nowMs + inMs })), nowMs, rest, nowMs + lastInMs);
		return untilMs === null ? null : untilMs - nowMs;
	};

	it.each([
		['one due within its rest', [2 * hourMs], 2 * hourMs + 15 * minuteMs],
		['the last of several', [hourMs, 5 * hourMs], 5 * hourMs + 15 * minuteMs],
		['one that is due now', [0], 15 * minuteMs],
		['one that was due a little while ago and is on its way', [-10 * minuteMs], 15 * minuteMs],
	])('to %s', (_what, due, expected) => expect(yields(due)).toBe(expected));

	it.each([
		['when there is none', []],
		['to one that is due after its rest', [16 * hourMs]],
		['to one that has been stuck for an hour', [-hourMs]],
	])('not %s', (_what, due) => expect(yields(due)).toBeNull());

	it('not at its last opportunity: nothing is starved', () => {
		expect(yields([2 * hourMs], 18 * hourMs)).toBe(2 * hourMs + 15 * minuteMs);
		expect(yields([2 * hourMs], 18 * hourMs - 1)).toBeNull();
	});

	it('not where there is no rest to compete for', () => expect(yieldsUntilMs([{ dueAtMs: nowMs }], nowMs, 0, Infinity)).toBeNull());
});

describe('quiet hours', () => {
	const vienna = 'Europe/Vienna';
	const night = { from: 21, to: 8 };

	it.each([
		['2026-03-02T20:59:59', null],
		['2026-03-02T21:00:00', '2026-03-03T08:00:00+01:00'],
		['2026-03-02T23:30:00', '2026-03-03T08:00:00+01:00'],
		['2026-03-03T00:00:00', '2026-03-03T08:00:00+01:00'],
		['2026-03-03T07:59:59', '2026-03-03T08:00:00+01:00'],
		['2026-03-03T08:00:00', null],
		// The night in which the clocks go forward, and the one in which they go back.
		['2026-03-28T22:00:00', '2026-03-29T08:00:00+02:00'],
		['2026-03-29T04:00:00', '2026-03-29T08:00:00+02:00'],
		['2026-10-24T22:00:00', '2026-10-25T08:00:00+01:00'],
	])('over midnight: at %s in Vienna until %s', (now, until) => expect(local(quietUntilMs(night, at(now, vienna), vienna), vienna)).toBe(until));

	it('last nine hours of the clock, but eight or ten of time when the clocks change', () => {
		const length = (evening: string) => (quietUntilMs({ from: 22, to: 7 }, at(evening, vienna), vienna)! - at(evening, vienna)) / hourMs;
		expect([length('2026-03-27T22:00:00'), length('2026-03-28T22:00:00'), length('2026-10-24T22:00:00')]).toEqual([9, 8, 10]);
	});

	it('that end in the hour which the clocks skip end when they go on', () => {
		expect(local(quietUntilMs({ from: 22, to: 2 }, at('2026-03-29T01:30:00', vienna), vienna), vienna)).toBe('2026-03-29T03:00:00+02:00');
	});

	it('that hold in the hour which comes twice hold both times', () => {
		const quiet = { from: 22, to: 3 };
		const first = at('2026-10-25T02:30:00+02:00');
		expect(local(quietUntilMs(quiet, first, vienna), vienna)).toBe('2026-10-25T03:00:00+01:00');
		expect(local(quietUntilMs(quiet, first + hourMs, vienna), vienna)).toBe('2026-10-25T03:00:00+01:00');
	});

	it('may lie within a day, and end at midnight', () => {
		expect(local(quietUntilMs({ from: 12, to: 14 }, at('2026-03-02T13:00:00', vienna), vienna), vienna)).toBe('2026-03-02T14:00:00+01:00');
		expect(quietUntilMs({ from: 12, to: 14 }, at('2026-03-02T14:00:00', vienna), vienna)).toBeNull();
		expect(local(quietUntilMs({ from: 20, to: 0 }, at('2026-03-02T22:00:00', vienna), vienna), vienna)).toBe('2026-03-03T00:00:00+01:00');
	});

	it('are the customer’s own: what is day in one zone is night in another', () => {
		const now = at('2026-03-02T14:00:00Z');
		expect(quietUntilMs(night, now, vienna)).toBeNull();
		expect(local(quietUntilMs(night, now, 'Asia/Bangkok'), 'Asia/Bangkok')).toBe('2026-03-03T08:00:00+07:00');
	});

	it('always end within a day and never leave one inside them', () => {
		const zones = ['UTC', vienna, 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Tehran', 'Pacific/Apia'];
		const hour = fc.integer({ min: 0, max: 23 });
		fc.assert(
			fc.property(hour, hour, fc.integer({ min: at('2024-01-01'), max: at('2028-01-01') }), fc.constantFrom(...zones), (from, to, now, zone) => {
				fc.pre(from !== to);
				const until = quietUntilMs({ from, to }, now, zone);
				const isQuiet = (timeMs: number) => {
					const { hour: h } = DateTime.fromMillis(timeMs, { zone });
					return from < to ? h >= from && h < to : h >= from || h < to;
				};
				expect(until !== null).toBe(isQuiet(now));
				if (until === null) return;
				expect(until).toBeGreaterThan(now);
				expect(until - now).toBeLessThanOrEqual(25 * hourMs);
			}),
			{ numRuns: 300 },
		);
	});
});

describe('what waits is put off', () => {
	const zone = 'Europe/Vienna';

	it('past the quiet hours that begin meanwhile', () => {
		expect(local(openFromMs(at('2026-03-02T23:00:00', zone), { from: 21, to: 8 }, undefined, zone), zone)).toBe('2026-03-03T08:00:00+01:00');
	});

	it('to a time of day and a weekday on which its step may leave', () => {
		const step = { name: 'office', delayMs: 0, fromMinute: 600, weekdays: [1, 2, 3, 4, 5] };
		expect(local(openFromMs(at('2026-03-06T23:00:00', zone), { from: 21, to: 8 }, step, zone), zone)).toBe('2026-03-09T10:00:00+01:00');
		expect(local(openFromMs(at('2026-03-03T11:00:00', zone), undefined, step, zone), zone)).toBe('2026-03-03T11:00:00+01:00');
	});

	it('to the end of the quiet hours where those and the step leave no time at all', () => {
		const late = { name: 'late', delayMs: 0, fromMinute: 22 * 60 };
		const openMs = openFromMs(at('2026-03-02T12:00:00', zone), { from: 21, to: 8 }, late, zone);
		expect(DateTime.fromMillis(openMs, { zone }).hour).toBe(8);
	});
});
