import { type CustomerRecord, keys } from '../model/records';
import type { LogEntry, Store } from '../store/store';

/**
 * What happened to a customer, newest first: their own log entries and those of customers who were merged into them,
 * which stay where they were written.
 * @param options.beforeSeq only entries older than this one: `seq` of the last entry of the page before
 * @param options.limit 1 to 10,000
 */
export async function readCustomerTimeline(store: Store, { id, merged = [] }: Pick<CustomerRecord, 'id' | 'merged'>, { beforeSeq, limit }: { beforeSeq?: number; limit: number }): Promise<LogEntry[]> {
	const pages = await Promise.all([id, ...merged].map((subject) => store.readTimeline(keys.customer(subject), { ...(beforeSeq !== undefined && { beforeSeq }), limit })));
	return pages
		.flat()
		.sort((a, b) => b.seq - a.seq)
		.slice(0, limit);
}
