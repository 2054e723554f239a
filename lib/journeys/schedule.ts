import { DateTime, IANAZone } from 'luxon';
import { dayMs } from '../model/clock';
import type { CustomerRecord, EnrolmentRecord, JourneyDefinition, ScheduleStep } from '../model/records';

/** When a step is due: pure, in the customer's local time. */

/** Where the customer's clock stands: their own time zone, else the shop's. */
export function zoneOf(customer: Pick<CustomerRecord, 'timezone'> | null, definition: Pick<JourneyDefinition, 'timezone'>): string {
	return [customer?.timezone, definition.timezone].find((zone) => zone && isZone(zone)) ?? 'UTC';
}

/** Whether a time zone is known. Finding out costs as much as writing a document, and there are few of them. */
const zones = new Map<string, boolean>();
const maxZones = 1_000;

function isZone(zone: string): boolean {
	let isValid = zones.get(zone);
	if (isValid === undefined) {
		isValid = IANAZone.isValidZone(zone);
		if (zones.size < maxZones) zones.set(zone, isValid);
	}
	return isValid;
}

/** The first moment from `timeMs` on at which the step may leave: not before its time of day, on one of its weekdays. */
export function allowedMs(timeMs: number, { fromMinute, weekdays }: Pick<ScheduleStep, 'fromMinute' | 'weekdays'>, zone: string): number {
	if (fromMinute === undefined && !weekdays) return timeMs;
	const today = DateTime.fromMillis(timeMs, { zone }).startOf('day');
	for (let ahead = 0; ahead <= 7; ahead++) {
		const day = today.plus({ days: ahead });
		if (weekdays && !weekdays.includes(day.weekday)) continue;
		// A time that the clocks skip that day counts from where they go on.
		const from = day.set({ hour: Math.floor((fromMinute ?? 0) / 60), minute: (fromMinute ?? 0) % 60 }).toMillis();
		return Math.max(timeMs, from);
	}
	return timeMs;
}

/** `delayMs` after a moment. Whole days before or after a date are days of the calendar, whatever the clocks do in between. */
function after(timeMs: number, delayMs: number, definition: JourneyDefinition, zone: string): number {
	const followsDate = definition.anchor !== undefined && definition.anchor.type !== 'entry';
	if (!followsDate || delayMs === 0 || delayMs % dayMs !== 0) return timeMs + delayMs;
	return DateTime.fromMillis(timeMs, { zone }).plus({ days: delayMs / dayMs }).toMillis();
}

/** When the next step is due by the schedule: from what the journey counts from, but never closer to the step before than the schedule has it. */
export function dueMs(definition: JourneyDefinition, { enteredAtMs, step, settled }: Pick<EnrolmentRecord, 'enteredAtMs' | 'step' | 'settled'>, zone: string): number {
	const next = definition.steps[step];
	const before = definition.steps[step - 1];
	const byEntry = after(enteredAtMs, next.delayMs, definition, zone);
	const byGap = before && settled?.step === step - 1 ? settled.atMs + next.delayMs - before.delayMs : -Infinity;
	return allowedMs(Math.max(byEntry, byGap), next, zone);
}

/** Whether customers' time zones matter to this schedule. */
export function isLocal({ steps, anchor }: JourneyDefinition): boolean {
	return (anchor !== undefined && anchor.type !== 'entry') || steps.some(({ fromMinute, weekdays }) => fromMinute !== undefined || weekdays !== undefined);
}

/** How late a step may already be when somebody enters: a segment is looked through only now and then. */
const lateEntryMs = dayMs;

/**
 * The step that an entry begins with: the first that is not over yet. Who enters three days before the birthday gets
 * nothing that was meant for a week before it. Null when all are over.
 */
export function firstStep(definition: JourneyDefinition, enteredAtMs: number, nowMs: number, zone: string): number | null {
	if (!definition.anchor || definition.anchor.type === 'entry') return 0;
	const step = definition.steps.findIndex((_step, index) => dueMs(definition, { enteredAtMs, step: index }, zone) > nowMs - lateEntryMs);
	return step < 0 ? null : step;
}
