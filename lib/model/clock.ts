/**
 * Two clocks. *Journey time* drives due, idle, ages and expiry, and may run faster than the wall clock in a
 * demo. *Machine time* drives leases, back-off, signatures and heartbeats. Nothing below `lib/n8n` reads
 * either by itself: times are arguments, in epoch milliseconds.
 */
export interface Clock {
	/** How many times faster than the wall clock journey time runs; 1 in real shops. */
	readonly speed: number;
	journeyNowMs(): number;
	machineNowMs(): number;
	/** A shop's timestamp (wall clock) as journey time. */
	toJourneyMs(wallMs: number): number;
}

/** Where journey time started to differ from the wall clock. Kept in the store, so that a restart never turns it back. */
export interface ClockOrigin {
	machineMs: number;
	journeyMs: number;
	speed: number;
}

/**
 * The clock of an installation. Before its origin journey time is the wall clock shifted, from the origin on
 * it runs `speed` times as fast.
 */
export function createClock(origin: ClockOrigin, machineNowMs: () => number): Clock {
	const toJourneyMs = (wallMs: number) => {
		const sinceOrigin = wallMs - origin.machineMs;
		return Math.round(origin.journeyMs + (sinceOrigin > 0 ? sinceOrigin * origin.speed : sinceOrigin));
	};
	return {
		speed: origin.speed,
		machineNowMs,
		journeyNowMs: () => toJourneyMs(machineNowMs()),
		toJourneyMs,
	};
}

/** The origin to go on from when the speed changes: journey time continues where it stands. */
export function originAtSpeed(origin: ClockOrigin, speed: number, machineNowMs: number): ClockOrigin {
	if (origin.speed === speed) return origin;
	return { machineMs: machineNowMs, journeyMs: createClock(origin, () => machineNowMs).journeyNowMs(), speed };
}

export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
