import fc from 'fast-check';
import { type ClockOrigin, createClock, dayMs, hourMs, minuteMs, originAtSpeed, secondMs } from '../../../lib/model/clock';

const start = Date.parse('2026-03-01T12:00:00Z');
const origin = (speed: number): ClockOrigin => ({ machineMs: start, journeyMs: start, speed });

describe('the two clocks', () => {
	it('runs journey time like the wall clock at speed 1', () => {
		const clock = createClock(origin(1), () => start + 5 * hourMs);
		expect(clock.journeyNowMs()).toBe(start + 5 * hourMs);
		expect(clock.machineNowMs()).toBe(start + 5 * hourMs);
	});

	it('turns a day into a minute at speed 1440', () => {
		const clock = createClock(origin(1440), () => start + minuteMs);
		expect(clock.journeyNowMs()).toBe(start + dayMs);
		expect(clock.machineNowMs()).toBe(start + minuteMs);
	});

	it('maps a shop timestamp through the same speed as the clock itself', () => {
		const clock = createClock(origin(60), () => start + minuteMs);
		expect(clock.toJourneyMs(start + minuteMs)).toBe(clock.journeyNowMs());
		expect(clock.toJourneyMs(start + 30 * secondMs)).toBe(start + 30 * minuteMs);
	});

	it('only shifts what happened before the origin', () => {
		const clock = createClock({ machineMs: start, journeyMs: start + dayMs, speed: 60 }, () => start);
		expect(clock.toJourneyMs(start - hourMs)).toBe(start + dayMs - hourMs);
	});

	it('keeps the origin when the speed stays the same, so a restart does not turn time back', () => {
		const before = origin(60);
		expect(originAtSpeed(before, 60, start + 10 * minuteMs)).toBe(before);
	});

	it('goes on from where journey time stands when the speed changes', () => {
		const changedMs = start + 10 * minuteMs;
		const slower = originAtSpeed(origin(60), 1, changedMs);
		expect(createClock(slower, () => changedMs).journeyNowMs()).toBe(start + 10 * hourMs);
		expect(createClock(slower, () => changedMs + hourMs).journeyNowMs()).toBe(start + 11 * hourMs);
	});

	it('never turns journey time back, whatever speeds follow each other', () => {
		const change = fc.record({ speed: fc.double({ min: 0.1, max: 2000, noNaN: true }), afterMs: fc.nat(10 * dayMs) });
		fc.assert(
			fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
				let current = origin(1);
				let machineMs = start;
				let journeyMs = start;
				for (const { speed, afterMs } of changes) {
					machineMs += afterMs;
					const before = createClock(current, () => machineMs).journeyNowMs();
					current = originAtSpeed(current, speed, machineMs);
					const after = createClock(current, () => machineMs).journeyNowMs();
					expect(after).toBe(before);
					expect(after).toBeGreaterThanOrEqual(journeyMs);
					journeyMs = after;
				}
			}),
		);
	});
});
