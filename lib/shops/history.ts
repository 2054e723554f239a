import { secondMs } from '../model/clock';
import type { ShopEvent } from '../model/events';
import type { RecordOutcome } from '../record/record';

/** What became of the events of an import or a reconciliation. */
export interface HistoryCounts {
	/** Events that came. */
	found: number;
	recorded: number;
	/** Seen before. */
	duplicate: number;
	/** Older than what is known. */
	stale: number;
	/** Entries or rows that could not be read. */
	refused: number;
}

export const noCounts: Readonly<HistoryCounts> = { found: 0, recorded: 0, duplicate: 0, stale: 0, refused: 0 };

export function addCounts(a: HistoryCounts, b: HistoryCounts): HistoryCounts {
	return { found: a.found + b.found, recorded: a.recorded + b.recorded, duplicate: a.duplicate + b.duplicate, stale: a.stale + b.stale, refused: a.refused + b.refused };
}

/** Commits that wait for the same write to the disk share it: this many at once are several times as fast as one by one. */
const lanes = 16;

/**
 * Records events side by side, those of one customer (or product) one after the other in their order.
 * @throws what `record` throws; events behind it may or may not have been recorded, and are to be recorded again
 */
export async function recordAll(events: readonly ShopEvent[], record: (event: ShopEvent) => Promise<RecordOutcome>): Promise<HistoryCounts> {
	const counts: HistoryCounts = { ...noCounts, found: events.length };
	const queue = [...Map.groupBy(events.entries(), ([position, event]) => subjectOf(event) ?? position).values()];
	const work = async () => {
		for (let group = queue.shift(); group; group = queue.shift()) {
			for (const [, event] of group) counts[await record(event)]++;
		}
	};
	await Promise.all(Array.from({ length: Math.min(lanes, queue.length) }, work));
	return counts;
}

/** Events with the same answer would fight over one document. */
function subjectOf({ customer, order, product }: ShopEvent): string | undefined {
	return customer?.shopCustomerId ?? customer?.email?.toLowerCase() ?? customer?.phone ?? order?.orderId ?? product?.productId;
}

/** Calls `tell` at most every few seconds, however often it is asked to. */
export function everyFewSeconds(nowMs: () => number, tell: (text: string) => void, pauseMs = 5 * secondMs): (text: () => string) => void {
	let lastMs = nowMs();
	return (text) => {
		if (nowMs() - lastMs < pauseMs) return;
		lastMs = nowMs();
		tell(text());
	};
}
