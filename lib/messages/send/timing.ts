import { DateTime } from 'luxon';
import { allowedMs } from '../../journeys/schedule';
import { dayMs, hourMs, minuteMs } from '../../model/clock';
import type { MessageChannel } from '../../model/events';
import type { CustomerRecord, ScheduleStep } from '../../model/records';
import { defaultSettings, type ShopSettings } from '../../model/settings';

/** When a marketing message may leave: rest after the last one, priority, quiet hours. Pure; all times are journey time. */

const defaultCaps = defaultSettings.capHours!;
/** Who asked for less on the preference page has rest this long. */
const lessMs = 7 * dayMs;

/** How long the customer has rest after a marketing message on this channel. 0: no rest. */
export function restMs({ capHours }: Pick<ShopSettings, 'capHours'>, { preferences }: Pick<CustomerRecord, 'preferences'>, channel: MessageChannel): number {
	const hours = capHours?.[channel] ?? defaultCaps[channel]!;
	return preferences?.frequency === 'less' ? Math.max(hours * hourMs, lessMs) : hours * hourMs;
}

/** When the rest after the last marketing message is over. A message's own booking does not stand in its own way. @param messageKey null: for any other message */
export function restUntilMs({ contacts }: Pick<CustomerRecord, 'contacts'>, channel: MessageChannel, messageKey: string | null, rest: number): number {
	const contact = contacts?.[channel];
	const lastMs = contact?.messageKey === messageKey ? contact.beforeMs : contact?.atMs;
	return lastMs === undefined || rest === 0 ? -Infinity : lastMs + rest;
}

/** A step of a more important journey that this customer is in. */
export interface Rival {
	dueAtMs: number;
}

/** A step that is overdue by more than this waits for something else than its turn: nobody waits for it. */
const stuckMs = hourMs;
/** After a rival was due it has this long to leave. If it did not, the message that waited goes. */
const turnMs = 15 * minuteMs;

/**
 * Until when a message waits for more important ones: those that fall due before its own rest would be over. It waits
 * only as long as it can still leave in time afterwards, so nothing is starved: at its last opportunity it goes first.
 * Among equals nobody waits; the first to be booked goes.
 * @param lastMs nothing is sent later than this
 */
export function yieldsUntilMs(rivals: Rival[], nowMs: number, rest: number, lastMs: number): number | null {
	const due = rivals.map(({ dueAtMs }) => dueAtMs).filter((dueAtMs) => dueAtMs > nowMs - stuckMs && dueAtMs < nowMs + rest && Math.max(dueAtMs, nowMs) + rest <= lastMs);
	return due.length === 0 ? null : Math.max(nowMs, ...due) + turnMs;
}

/** When the quiet hours that it is in the midst of are over where the customer is; null outside of them. */
export function quietUntilMs(quietHours: ShopSettings['quietHours'], nowMs: number, zone: string): number | null {
	if (!quietHours) return null;
	const { from, to } = quietHours;
	const local = DateTime.fromMillis(nowMs, { zone });
	const isQuiet = from < to ? local.hour >= from && local.hour < to : local.hour >= from || local.hour < to;
	if (!isQuiet) return null;
	// In the evening they end tomorrow. An hour that the clocks skip counts from where they go on.
	const day = local.startOf('day').plus({ days: local.hour >= to ? 1 : 0 });
	return day.set({ hour: to }).toMillis();
}

/** Rounds after which a time of day and quiet hours that exclude each other are given up on. */
const maxRounds = 8;

/** The first moment from `timeMs` on outside the quiet hours, and at a time and on a day that the step allows. Where both exclude each other, the quiet hours have the last word. */
export function openFromMs(timeMs: number, quietHours: ShopSettings['quietHours'], step: ScheduleStep | undefined, zone: string): number {
	let openMs = timeMs;
	for (let round = 0; round < maxRounds; round++) {
		const allowed = step ? allowedMs(openMs, step, zone) : openMs;
		const next = quietUntilMs(quietHours, allowed, zone) ?? allowed;
		if (next === openMs) return openMs;
		openMs = next;
	}
	return openMs;
}
