import type { Condition } from '../model/conditions';
import { ShopJourneysError } from '../model/errors';
import { type CustomerRecord, type HistoryRecord, keys } from '../model/records';
import type { IndexEntry, Store } from '../store/store';
import { compileCondition, needs, type Predicate, withoutHistory } from './compile';
import { factField, type FactReader, type FactValue } from './fields';
import { isListed } from './indexes';
import { type Plan, planListing, type PlanOptions, type Range } from './plan';

/** `nowMs`: journey time. */
export type WalkOptions = PlanOptions;

export interface ListOptions extends WalkOptions {
	/** How many customers at most. */
	limit: number;
	/** By a fact of the customer: a number, an amount in the shop's currency, a date or a text. Who has none comes last. Absent: in no order that means anything. */
	order?: { field: string; descending: boolean };
}

export interface Listing {
	customers: CustomerRecord[];
	/** Documents read to find them, histories included. */
	documentsRead: number;
}

/** Index entries of the first round trip, which is often enough, and of the later ones. */
const firstPage = 200;
const pageEntries = 1_000;
/** Documents per round trip. */
const readBatch = 500;
/** Fewer are not worth a round trip of their own. */
const leastBatch = 25;

/** Customers looked at of each way where several are too large to be counted, and how many ways. */
const sampleSize = 30;
const maxRivals = 3;

/** What reading has cost so far. */
export interface Cost {
	documentsRead: number;
}

/**
 * Customers of a segment, in batches, each once. Who enters or leaves the segment meanwhile may or may not be among them.
 * @param expected how many the caller will take: batches grow no larger than it needs. Absent: all
 * @throws CONDITION_INVALID when the condition asks for facts that only an order, an enrolment or an event has; STORE_UNAVAILABLE
 */
export async function* walkSegment(store: Store, condition: Condition, options: WalkOptions, { expected = Infinity, cost = { documentsRead: 0 } }: { expected?: number; cost?: Cost } = {}): AsyncGenerator<CustomerRecord[]> {
	const decide = decider(condition, options);
	const { candidates, looked } = await smallest(store, await planListing(store, condition, options), options, cost);
	const found = new Set<string>();
	for (let read = 0; ; ) {
		const taken = await candidates.take(nextBatch(expected - found.size, read, found.size));
		if (taken.length === 0) return;
		const matches = (await decide(store, taken, cost, looked)).filter(({ id }) => !found.has(id));
		read += taken.length;
		for (const { id } of matches) found.add(id);
		if (matches.length > 0) yield matches;
	}
}

/**
 * Of several ways that are too large to be counted, the smallest: the customers of a small group are in the large ones more often
 * than the other way round, so a few of each tell.
 * @returns the way, from its beginning, and the customers that were read for it
 */
async function smallest(store: Store, { rivals = [], ...plan }: Plan, { nowMs, ...settings }: WalkOptions, cost: Cost): Promise<{ candidates: Candidates; looked: Map<string, CustomerRecord | null> }> {
	const looked = new Map<string, CustomerRecord | null>();
	const ways = [plan, ...rivals.slice(0, maxRivals)].map((one) => ({ candidates: new Candidates(store, one), asks: one.asks, hits: 0 }));
	const asked = ways.flatMap(({ asks }) => asks).filter((one) => !needs(one).history);
	if (ways.length === 1 || asked.length === 0) return { candidates: ways[0].candidates, looked };
	const isInAll = compileCondition({ all: asked }, settings);
	const samples = await Promise.all(ways.map(async ({ candidates }) => await candidates.peek(sampleSize)));
	const sampled = [...new Set(samples.flat())];
	(await readCustomers(store, sampled, cost, looked)).forEach((customer, position) => looked.set(sampled[position], customer));
	ways.forEach((way, position) => {
		const customers = samples[position].map((key) => looked.get(key) ?? null);
		way.hits = customers.filter((customer) => isListed(customer) && isInAll({ customer }, nowMs)).length;
	});
	return { candidates: ways.reduce((best, way) => (way.hits > best.hits ? way : best)).candidates, looked };
}

/** Reads customers; those read before are not read again. */
async function readCustomers(store: Store, customerKeys: string[], cost: Cost, looked: Map<string, CustomerRecord | null>): Promise<Array<CustomerRecord | null>> {
	const fresh = looked.size === 0 ? customerKeys : customerKeys.filter((key) => !looked.has(key));
	const documents = await store.read<CustomerRecord>(fresh);
	cost.documentsRead += documents.length;
	if (fresh.length === customerKeys.length) return documents.map(({ value }) => value);
	const read = new Map(documents.map(({ key, value }) => [key, value]));
	return customerKeys.map((key) => read.get(key) ?? looked.get(key) ?? null);
}

/** As many as will probably hold what is still wanted, by what was found until now. */
function nextBatch(wanted: number, read: number, found: number): number {
	const rate = read === 0 ? 1 : Math.max(found, 1) / read;
	return Math.max(leastBatch, Math.min(readBatch, Math.ceil(wanted / rate)));
}

/**
 * Lists customers of a segment through the index that holds the fewest of them. With an order all of the segment is read, and the
 * first of that order are kept.
 * @throws like `walkSegment`; CONDITION_INVALID when customers cannot be put in the order asked for
 */
export async function listSegment(store: Store, condition: Condition, { limit, order, ...options }: ListOptions): Promise<Listing> {
	const cost: Cost = { documentsRead: 0 };
	const compare = order && orderBy(order, options.currency);
	let customers: CustomerRecord[] = [];
	for await (const matches of walkSegment(store, condition, options, { expected: compare ? Infinity : limit, cost })) {
		customers.push(...matches);
		if (!compare && customers.length >= limit) break;
		// Cut now and then, so that a large shop's customers are not all held at once.
		if (compare && customers.length >= 2 * limit + readBatch) customers = customers.sort(compare).slice(0, limit);
	}
	if (compare) customers.sort(compare);
	return { customers: customers.slice(0, limit), ...cost };
}

/** How many customers are in a segment now. */
export async function countSegment(store: Store, condition: Condition, options: WalkOptions): Promise<number> {
	let count = 0;
	for await (const matches of walkSegment(store, condition, options)) count += matches.length;
	return count;
}

/** Whether customers may be put in the order of this fact. */
export function isOrderable(field: string): boolean {
	const known = factField(field);
	return known?.part === 'customer' && ['text', 'number', 'money', 'date'].includes(known.type);
}

function orderBy({ field, descending }: NonNullable<ListOptions['order']>, currency: string): (a: CustomerRecord, b: CustomerRecord) => number {
	const known = factField(field);
	if (!known || !isOrderable(field)) {
		throw new ShopJourneysError('CONDITION_INVALID', `Customers cannot be put in the order of "${known?.label ?? field}"`, { hint: 'Choose a number, an amount, a date or a text of the customer.' });
	}
	const read = known.read as FactReader as (customer: CustomerRecord, currencies: { currency: string; shopCurrency: string }) => FactValue;
	const currencies = { currency, shopCurrency: currency };
	const direction = descending ? -1 : 1;
	const byId = (a: CustomerRecord, b: CustomerRecord) => (a.id < b.id ? -1 : 1);
	return (a, b) => {
		const [x, y] = [read(a, currencies), read(b, currencies)];
		if (x === undefined || y === undefined) return x === y ? byId(a, b) : x === undefined ? 1 : -1;
		const difference = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
		return difference * direction || byId(a, b);
	};
}

/** Reads customers and, of those that are still possible, what they did; keeps those that match. */
function decider(condition: Condition, { nowMs, ...settings }: WalkOptions): (store: Store, customerKeys: string[], cost: Cost, looked: Map<string, CustomerRecord | null>) => Promise<CustomerRecord[]> {
	const { customer: _customer, history: needsHistory, ...others } = needs(condition);
	const strange = Object.entries(others).find(([, isNeeded]) => isNeeded)?.[0];
	if (strange) {
		throw new ShopJourneysError('CONDITION_INVALID', `Customers cannot be listed by facts of ${strange === 'enrolment' ? 'earlier messages of a journey' : `one ${strange}`}`, {
			hint: 'List by facts of the customer, and filter the items of a journey by the others.',
		});
	}
	const isMatch = compileCondition(condition, settings);
	const possible = needsHistory ? withoutHistory(condition) : null;
	const isPossible: Predicate = possible ? compileCondition(possible, settings) : () => true;
	return async (store, customerKeys, cost, looked) => {
		const customers = (await readCustomers(store, customerKeys, cost, looked)).filter(isListed);
		if (!needsHistory) return customers.filter((customer) => isMatch({ customer }, nowMs));
		const candidates = customers.filter((customer) => isPossible({ customer }, nowMs));
		const histories = await store.read<HistoryRecord>(candidates.map(({ id }) => keys.history(id)));
		cost.documentsRead += histories.length;
		return candidates.filter((customer, position) => isMatch({ customer, history: histories[position].value }, nowMs));
	};
}

/** Hands out the keys that a plan leads to, each once. */
class Candidates {
	private readonly source: AsyncGenerator<string[]>;
	private ready: string[] = [];

	constructor(store: Store, plan: Plan) {
		this.source = candidateKeys(store, plan);
	}

	/** Up to so many; none when there are no more. */
	async take(count: number): Promise<string[]> {
		await this.fill(count);
		return this.ready.splice(0, count);
	}

	/** What `take` would give, which it gives again. */
	async peek(count: number): Promise<string[]> {
		await this.fill(count);
		return this.ready.slice(0, count);
	}

	private async fill(count: number): Promise<void> {
		while (this.ready.length < count) {
			const page = await this.source.next();
			if (page.done) return;
			this.ready = [...this.ready, ...page.value];
		}
	}
}

async function* candidateKeys(store: Store, { branches }: Plan): AsyncGenerator<string[]> {
	const ranges = branches.flatMap((branch) => branch.ranges.map((range) => ({ range, alsoIn: branch.alsoIn })));
	// A single walk meets a customer twice only where the value changed meanwhile; the caller sorts that out.
	const seen = ranges.length > 1 ? new Set<string>() : null;
	const members = new Map<Range[], Set<string>>();
	for (const { range, alsoIn } of ranges) {
		for (const others of alsoIn) if (!members.has(others)) members.set(others, await keysIn(store, others));
		for await (const page of walkRange(store, range)) {
			const fresh = page.filter(({ key }) => !seen?.has(key) && alsoIn.every((others) => members.get(others)!.has(key))).map(({ key }) => key);
			for (const key of fresh) seen?.add(key);
			if (fresh.length > 0) yield fresh;
		}
	}
}

async function keysIn(store: Store, ranges: Range[]): Promise<Set<string>> {
	const found = new Set<string>();
	for (const range of ranges) for await (const page of walkRange(store, range)) for (const { key } of page) found.add(key);
	return found;
}

async function* walkRange(store: Store, { index, from, to }: Range): AsyncGenerator<IndexEntry[]> {
	let limit = firstPage;
	for (let after: IndexEntry | undefined; ; ) {
		const page = await store.walk(index, { from, to, after, limit });
		if (page.length > 0) yield page;
		if (page.length < limit) return;
		after = page.at(-1);
		limit = pageEntries;
	}
}
