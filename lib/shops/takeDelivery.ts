import type { EventType, ShopEvent } from '../model/events';
import { deliveryCounters } from '../model/records';
import type { Recorder, RecordOutcome } from '../record/record';
import type { Store } from '../store/store';
import type { Delivery, NormaliseContext, ShopAdapter } from './adapter';

/** What became of a delivery. */
export interface Taken {
	/** How many of its events came to what. */
	outcomes: Partial<Record<RecordOutcome, number>>;
	/** Why nothing is recorded though it is genuine. */
	ignored?: string;
	/** Those of its events that were news and were asked for. */
	told: ShopEvent[];
}

/**
 * Reads a delivery that was verified, and records its events one after the other.
 * @param tell the types of events that are handed back when they were news
 * @throws PAYLOAD_INVALID, and what `record` throws: events before that one are recorded, and are duplicates when the shop repeats the delivery
 */
export async function takeDelivery(
	delivery: Delivery,
	adapter: ShopAdapter,
	{ store, record, normalise }: { store: Store; record: Recorder; normalise: NormaliseContext },
	tell: readonly EventType[],
): Promise<Taken> {
	const { events, ignored } = adapter.normalise(delivery, normalise);
	if (ignored) await store.commit({ counters: [{ group: deliveryCounters, field: `${adapter.id}.ignored`, add: 1 }] });
	return { ...(await recordInTurn(events, record, tell)), ...(ignored !== undefined && { ignored }) };
}

/** Records events one after the other, as their order is what happened. @param tell see `takeDelivery` @throws what `record` throws */
export async function recordInTurn(events: readonly ShopEvent[], record: Recorder, tell: readonly EventType[]): Promise<Pick<Taken, 'outcomes' | 'told'>> {
	const outcomes: Taken['outcomes'] = {};
	const told: ShopEvent[] = [];
	for (const event of events) {
		const outcome = await record(event);
		outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
		if (outcome === 'recorded' && tell.includes(event.type)) told.push(event);
	}
	return { outcomes, told };
}
