import { readMany } from '../journeys/items';
import { dayMs } from '../model/clock';
import { keys, type ProductRecord } from '../model/records';
import type { IndexEntry, Store } from '../store/store';
import { type DaySales, dayOf, type ProductSignals } from './signals';

const pageSize = 50;

/**
 * What one execution reads of a shop for all its picks, each document and each page of an index once. Lives as long as the execution:
 * what changes meanwhile is caught when the message leaves.
 */
export class PickReads {
	private readonly products = new Map<string, ProductRecord | null>();
	private readonly signals = new Map<string, ProductSignals | null>();
	private readonly pages = new Map<string, IndexEntry[][]>();
	private readonly sold = new Map<number, Promise<Bestsellers>>();

	constructor(
		private readonly store: Store,
		private readonly nowMs: number,
	) {}

	/** The products and signals of these ids, in one round trip as far as they are not known yet. */
	async load(productIds: Iterable<string>, withSignals: boolean): Promise<void> {
		const missing = new Set<string>();
		for (const id of productIds) {
			if (!this.products.has(id)) missing.add(keys.product(id));
			if (withSignals && !this.signals.has(id)) missing.add(keys.signals(id));
		}
		if (missing.size === 0) return;
		const found = await readMany<object>(this.store, [...missing]);
		for (const key of missing) {
			const isProduct = key.startsWith(keys.product(''));
			const value = found.get(key) ?? null;
			if (isProduct) this.products.set(key.slice(keys.product('').length), value as ProductRecord | null);
			else this.signals.set(key.slice(keys.signals('').length), value as ProductSignals | null);
		}
	}

	/** A product that was loaded. */
	product(id: string): ProductRecord | null {
		return this.products.get(id) ?? null;
	}

	/** Signals that were loaded. */
	signalsOf(id: string): ProductSignals | null {
		return this.signals.get(id) ?? null;
	}

	/** The products of an index in its order, page by page, with their documents. */
	async *walk(index: string, { to }: { to?: number } = {}): AsyncGenerator<string[]> {
		const name = `${index}\n${to ?? ''}`;
		const known = this.pages.get(name) ?? [];
		this.pages.set(name, known);
		for (let page = 0; ; page++) {
			if (!known[page]) {
				const after = known[page - 1]?.at(-1);
				known[page] = await this.store.walk(index, { ...(to !== undefined && { to }), ...(after && { after }), limit: pageSize });
			}
			const ids = known[page].map(({ key }) => key.slice(keys.product('').length));
			await this.load(ids, false);
			if (ids.length > 0) yield ids;
			if (known[page].length < pageSize) return;
		}
	}

	/** What sold in the last days, best first. */
	bestsellers(days: number): Promise<Bestsellers> {
		let sold = this.sold.get(days);
		if (!sold) this.sold.set(days, (sold = this.readBestsellers(days)));
		return sold;
	}

	private async readBestsellers(days: number): Promise<Bestsellers> {
		const today = dayOf(this.nowMs);
		const found = await readMany<DaySales>(this.store, Array.from({ length: days + 1 }, (_, ago) => keys.soldOn(today - ago)));
		const all = new Map<string, number>();
		const categories = new Map<string, Map<string, number>>();
		for (const day of found.values()) {
			for (const [category, products] of Object.entries(day)) {
				const name = category.trim().toLowerCase();
				const ofCategory = categories.get(name) ?? new Map<string, number>();
				categories.set(name, ofCategory);
				for (const [id, orders] of products) {
					all.set(id, (all.get(id) ?? 0) + orders);
					ofCategory.set(id, (ofCategory.get(id) ?? 0) + orders);
				}
			}
		}
		return { all: ranked(all), categories: new Map([...categories].map(([name, sold]) => [name, ranked(sold)])) };
	}
}

/** Product ids with the orders they were in, best first. Categories in lower case. */
export interface Bestsellers {
	all: Ranked;
	categories: Map<string, Ranked>;
}

export type Ranked = Array<[productId: string, score: number]>;

/** Best first; ties in the order of ids, so that the same question has the same answer. */
export function ranked(scores: Map<string, number>): Ranked {
	return [...scores].filter(([, score]) => score > 0).sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || (a < b ? -1 : 1));
}

/** The bound of an index by negated time: what happened within these days. */
export const sinceDays = (days: number, nowMs: number) => -(nowMs - days * dayMs);

