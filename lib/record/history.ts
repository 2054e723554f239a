import { dayMs } from '../model/clock';
import type { EventType, ShopEvent } from '../model/events';
import { historyDays, historyField, type HistoryRecord } from '../model/records';

/** How many of the newest events are kept as they were. */
const maxRecent = 50;
/** How many counters are kept; beyond that the oldest days lose their details first. */
const maxCounters = 3_000;

export type RecentEvent = HistoryRecord['recent'][number];

/** One thing to count: when it was, what it is, and by what else it is counted. */
export interface Happening {
	recent: RecentEvent;
	/** `historyField` names. */
	fields: string[];
}

const none: HistoryRecord = { days: {}, recent: [] };

/** UTC day number. */
export const dayOf = (atMs: number) => Math.floor(atMs / dayMs);

/** How an event is counted. One that lies ahead (a shop's clock) counts as of now. */
export function happeningOf({ type, occurredAtMs, view, custom, product, return: told, refund, cart, message, rating }: ShopEvent, nowMs: number): Happening {
	const of = { product: view?.productId ?? product?.productId ?? message?.productId ?? rating?.productId, category: view?.category ?? message?.category, path: view?.path, query: view?.query, name: custom?.name };
	const details = Object.entries(of).filter(([, value]) => value !== undefined && value !== '');
	const id = told?.returnId ?? refund?.orderId ?? cart?.cartToken ?? cart?.checkoutToken ?? product?.productId;
	return {
		recent: { atMs: Math.min(occurredAtMs, nowMs), type, ...(view && { view }), ...(custom && { name: custom.name }), ...(id !== undefined && { id }) },
		fields: [type, ...details.map(([name, value]) => historyField(type, { [name]: value }))],
	};
}

/** What an order has come to, as it is counted. */
export function milestoneOf(type: EventType, atMs: number, orderId: string, nowMs: number): Happening {
	return { recent: { atMs: Math.min(atMs, nowMs), type, id: orderId }, fields: [type] };
}

/** Adds what happened, or with sign -1 takes it out again. Days that are over count no more. */
export function counted(history: HistoryRecord | null, happenings: Happening[], nowMs: number, sign: 1 | -1 = 1): HistoryRecord {
	const { days: before, recent } = history ?? none;
	const days = { ...before };
	let newest = recent;
	for (const { recent: event, fields } of happenings) {
		const day = String(dayOf(event.atMs));
		days[day] = { ...days[day] };
		for (const field of fields) days[day][field] = (days[day][field] ?? 0) + sign;
		newest = sign === 1 ? inserted(newest, event) : without(newest, event);
	}
	return bounded({ days, recent: newest }, nowMs);
}

/** Into its place among those that are in order already. */
function inserted(recent: RecentEvent[], event: RecentEvent): RecentEvent[] {
	let [from, to] = [0, recent.length];
	while (from < to) {
		const middle = (from + to) >> 1;
		if (newestFirst(event, recent[middle]) < 0) to = middle;
		else from = middle + 1;
	}
	return recent.toSpliced(from, 0, event);
}

function without(recent: RecentEvent[], { type, id, atMs }: RecentEvent): RecentEvent[] {
	const found = recent.findIndex((event) => event.type === type && event.id === id && event.atMs === atMs);
	return found === -1 ? recent : recent.filter((_event, index) => index !== found);
}

/** Two histories of one customer, added up. */
export function mergeHistories(a: HistoryRecord | null, b: HistoryRecord | null, nowMs: number): HistoryRecord {
	const days: HistoryRecord['days'] = { ...a?.days };
	for (const [day, fields] of Object.entries(b?.days ?? {})) {
		days[day] = { ...days[day] };
		for (const [field, count] of Object.entries(fields)) days[day][field] = (days[day][field] ?? 0) + count;
	}
	return bounded({ days, recent: [...(a?.recent ?? []), ...(b?.recent ?? [])].sort(newestFirst) }, nowMs);
}

/** Newest first; those of the same moment in an order that does not depend on which arrived first. */
function newestFirst(a: RecentEvent, b: RecentEvent): number {
	if (a.atMs !== b.atMs) return b.atMs - a.atMs;
	const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
	return left < right ? -1 : left > right ? 1 : 0;
}

function bounded({ days, recent }: HistoryRecord, nowMs: number): HistoryRecord {
	const oldest = dayOf(nowMs) - historyDays;
	const kept = Object.entries(days)
		.filter(([day]) => Number(day) > oldest)
		.map(([day, fields]) => [day, Object.fromEntries(Object.entries(fields).filter(([, count]) => count !== 0))] as const)
		.filter(([, fields]) => Object.keys(fields).length > 0)
		.sort(([a], [b]) => Number(a) - Number(b));
	return { days: Object.fromEntries(lessDetail(kept)), recent: recent.slice(0, maxRecent) };
}

type Day = readonly [string, Record<string, number>];

/** Within the bound: the oldest days keep only the totals of each type, and go altogether when that is not enough. */
function lessDetail(days: Day[]): Day[] {
	const size = ([, fields]: Day) => Object.keys(fields).length;
	let total = days.reduce((sum, day) => sum + size(day), 0);
	const shorten = (shorter: (day: Day) => Day) => (day: Day): Day => {
		if (total <= maxCounters) return day;
		const short = shorter(day);
		total -= size(day) - size(short);
		return short;
	};
	return days
		.map(shorten(([day, fields]) => [day, Object.fromEntries(Object.entries(fields).filter(([field]) => !field.includes(':')))]))
		.map(shorten(([day]) => [day, {}]))
		.filter((day) => size(day) > 0);
}
