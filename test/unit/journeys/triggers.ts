import { randomUUID } from 'node:crypto';
import { dayMs, hourMs } from '../../../lib/model/clock';
import type { EventType, ShopEvent } from '../../../lib/model/events';
import { type EnrolmentRecord, indexes, journeyCounters, type JourneyDefinition, keys } from '../../../lib/model/records';
import { anna, type Shop } from '../record/shop';

/** A journey on an order placed; what tests change is named there. */
export const orderJourney: Partial<JourneyDefinition> = {
	id: 'events',
	name: 'After an Order',
	trigger: 'event',
	subject: 'order',
	watch: undefined,
	events: ['order_placed'],
	steps: [
		{ name: '1 day', delayMs: dayMs },
		{ name: '3 days', delayMs: 3 * dayMs },
	],
	endsOn: [],
	timezone: 'Europe/Vienna',
	currency: 'EUR',
};

export const browseJourney: Partial<JourneyDefinition> = {
	id: 'browse',
	name: 'Browse Abandoned',
	trigger: 'browse',
	subject: 'customer',
	watch: undefined,
	browse: { of: 'product', views: 2, seconds: 60 },
	steps: [{ name: '4 hours', delayMs: 4 * hourMs }],
	endsOn: ['order', 'cart_started'],
	timezone: 'Europe/Vienna',
	currency: 'EUR',
};

export const segmentJourney: Partial<JourneyDefinition> = {
	id: 'segment',
	name: 'We Miss You',
	trigger: 'segment',
	subject: 'customer',
	watch: undefined,
	where: { field: 'orders.last', op: 'days_ago_at_least', value: 180 },
	segment: { includeExisting: false, perDay: 0 },
	steps: [{ name: 'At once', delayMs: 0 }],
	endsOn: ['order', 'left_segment'],
	maxAgeMs: 30 * dayMs,
	timezone: 'Europe/Vienna',
	currency: 'EUR',
};

/** Something that happens to Anna now, unless told otherwise. */
export function happening(shop: Shop, type: EventType, extra: Partial<ShopEvent> = {}): ShopEvent {
	return { type, dedupeId: randomUUID(), occurredAtMs: shop.now(), source: 'test', customer: anna, ...extra };
}

export async function enrolmentAt(shop: Shop, id: string): Promise<EnrolmentRecord | null> {
	return (await shop.store.read<EnrolmentRecord>([keys.enrolment(id)]))[0].value;
}

/** Ids of the enrolments that wait in a journey. */
export async function waitingIn(shop: Shop, journey: string): Promise<string[]> {
	return (await shop.store.walk(indexes.due(journey), { limit: 10_000 })).map(({ key }) => key.slice('enrolment:'.length));
}

export function countersOf(shop: Shop, journey: string): Promise<Record<string, number>> {
	return shop.store.readCounters(journeyCounters(journey));
}
