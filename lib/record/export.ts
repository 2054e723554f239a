import type { CartRecord, CustomerRecord, DiscountCodeRecord, EnrolmentRecord, HistoryRecord, OrderRecord, ReturnRecord } from '../model/records';
import { indexes, keys } from '../model/records';
import type { IndexEntry, LogEntry, Store } from '../store/store';
import { kindOf } from './belongings';
import { readCustomer } from './identity';
import { exportPoints, type PointsExport } from './pointsOfPersons';
import { readCustomerTimeline } from './timeline';

/** Everything that is held about one customer, as plain JSON: what the customer may ask to be given. */
export interface CustomerExport {
	/** Profile, consent, totals, and the names the customer is found by. */
	customer: CustomerRecord;
	/** What the customer did, by day, and the newest events. */
	history: HistoryRecord | null;
	carts: CartRecord[];
	orders: OrderRecord[];
	returns: ReturnRecord[];
	/** Journeys the customer is or was in, with the messages sent. */
	enrolments: EnrolmentRecord[];
	/** Codes that were issued for the customer. */
	discountCodes: DiscountCodeRecord[];
	/** Balance and history of points; null: the customer never had any. */
	points: PointsExport | null;
	/** Newest first. */
	timeline: LogEntry[];
}

const pageSize = 1_000;

/**
 * Collects everything held about a customer.
 * @param id any id the customer ever had
 * @returns null when there is no such customer, or nothing is left of them
 */
export async function exportCustomer(store: Store, id: string): Promise<CustomerExport | null> {
	const customer = await readCustomer(store, id);
	if (!customer || customer.erasedAtMs !== undefined) return null;
	const [{ value: history }] = await store.read<HistoryRecord>([keys.history(customer.id)]);
	const merged = new Set(customer.merged);
	const aliases = new Set(customer.aliases);
	const documents: Record<'cart' | 'order' | 'return' | 'enrolment' | 'discount-code', object[]> = { cart: [], order: [], return: [], enrolment: [], 'discount-code': [] };
	for await (const page of pages(store, customer, merged)) {
		for (const key of page) {
			if (kindOf(key) === 'alias') aliases.add(key);
			else if (kindOf(key) === 'customer') merged.add(key.slice(keys.customer('').length));
		}
		const wanted = page.filter((key) => kindOf(key) in documents);
		for (const { key, value } of wanted.length > 0 ? await store.read<object>(wanted) : []) if (value) documents[kindOf(key) as 'cart'].push(value);
	}
	const seen = new Set((documents.enrolment as EnrolmentRecord[]).map((enrolment) => enrolment.id));
	const open = Object.keys(customer.open).filter((enrolment) => !seen.has(enrolment));
	for (const { value } of open.length > 0 ? await store.read<EnrolmentRecord>(open.map(keys.enrolment)) : []) if (value) documents.enrolment.push(value);
	return {
		customer: { ...customer, aliases: [...aliases] },
		history,
		carts: documents.cart as CartRecord[],
		orders: documents.order as OrderRecord[],
		returns: documents.return as ReturnRecord[],
		enrolments: documents.enrolment as EnrolmentRecord[],
		discountCodes: documents['discount-code'] as DiscountCodeRecord[],
		points: await exportPoints(store, customer.id),
		timeline: await wholeTimeline(store, customer.id, [...merged]),
	};
}

/** The keys of a customer's belongings, those too that a merge has not handed over yet. */
async function* pages(store: Store, { id }: CustomerRecord, merged: Set<string>): AsyncGenerator<string[]> {
	const done = new Set<string>();
	for (let next: string | undefined = id; next !== undefined; next = [...merged].find((other) => !done.has(other))) {
		done.add(next);
		for (let after: IndexEntry | undefined; ; ) {
			const page: IndexEntry[] = await store.walk(indexes.belongings(next), { after, limit: pageSize });
			if (page.length > 0) yield page.map(({ key }) => key);
			if (page.length < pageSize) break;
			after = page[page.length - 1];
		}
	}
}

async function wholeTimeline(store: Store, id: string, merged: string[]): Promise<LogEntry[]> {
	const timeline: LogEntry[] = [];
	for (let beforeSeq: number | undefined; ; ) {
		const page = await readCustomerTimeline(store, { id, merged }, { beforeSeq, limit: pageSize });
		timeline.push(...page);
		if (page.length < pageSize) return timeline;
		beforeSeq = page[page.length - 1].seq;
	}
}
