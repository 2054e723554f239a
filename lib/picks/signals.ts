import { dayMs } from '../model/clock';

/**
 * What is derived from the event log for one product: how often it was bought and looked at, and what with. Everything loses half its
 * weight in `halfLifeMs`, so that last year's fashion gives way. Weights add up in any order of events. They name no persons.
 */
export interface ProductSignals {
	/** The journey time at which the weights below are what they are. */
	asOfMs: number;
	/** Orders it was in. */
	bought: number;
	/** Visits in which it was looked at. */
	viewed: number;
	/** Product id and weight, heaviest first, at most `maxNeighbours`: bought in the same order ... */
	boughtWith: Neighbour[];
	/** ... looked at in the same visit ... */
	viewedWith: Neighbour[];
	/** ... bought within `viewToOrderMs` after this one had been looked at. */
	boughtAfter: Neighbour[];
}

export type Neighbour = [productId: string, weight: number];
export type NeighbourKind = 'boughtWith' | 'viewedWith' | 'boughtAfter';

export const halfLifeMs = 90 * dayMs;
/** Neighbours kept of each kind. */
export const maxNeighbours = 60;
/** What weighs less is forgotten. */
const leastWeight = 0.01;
/** A visit: half an hour without a look ends it. */
export const visitMs = 30 * 60_000;
/** How long after a look an order counts as following it. */
export const viewToOrderMs = 14 * dayMs;

/** What an event of then weighs at another time. */
export const weightAt = (atMs: number, asOfMs: number) => 2 ** ((atMs - asOfMs) / halfLifeMs);

/** The signals of one product while they are being changed. */
export class Signals {
	private asOfMs: number;
	bought: number;
	viewed: number;
	private readonly neighbours: Record<NeighbourKind, Map<string, number>>;

	constructor(known: ProductSignals | null, atMs: number) {
		this.asOfMs = known?.asOfMs ?? atMs;
		this.bought = known?.bought ?? 0;
		this.viewed = known?.viewed ?? 0;
		this.neighbours = { boughtWith: new Map(known?.boughtWith), viewedWith: new Map(known?.viewedWith), boughtAfter: new Map(known?.boughtAfter) };
	}

	/** Counts an order (or with sign -1 takes one out again). */
	addBought(atMs: number, sign: 1 | -1): void {
		this.moveTo(atMs);
		this.bought = Math.max(this.bought + sign * weightAt(atMs, this.asOfMs), 0);
	}

	addViewed(atMs: number): void {
		this.moveTo(atMs);
		this.viewed += weightAt(atMs, this.asOfMs);
	}

	addNeighbour(kind: NeighbourKind, productId: string, atMs: number, sign: 1 | -1 = 1): void {
		this.moveTo(atMs);
		const weights = this.neighbours[kind];
		weights.set(productId, (weights.get(productId) ?? 0) + sign * weightAt(atMs, this.asOfMs));
	}

	/** Later events weigh one; what was there weighs less by then. */
	private moveTo(atMs: number): void {
		if (atMs <= this.asOfMs) return;
		const factor = weightAt(this.asOfMs, atMs);
		this.bought *= factor;
		this.viewed *= factor;
		for (const weights of Object.values(this.neighbours)) for (const [id, weight] of weights) weights.set(id, weight * factor);
		this.asOfMs = atMs;
	}

	/**
	 * As it is kept. Of too many neighbours the lightest go: one that is new weighs more than one that was seen once, long ago, so that
	 * it gets in.
	 */
	toRecord(): ProductSignals {
		const kept = (kind: NeighbourKind): Neighbour[] =>
			[...this.neighbours[kind]]
				.filter(([, weight]) => weight >= leastWeight)
				.sort(([a, weightA], [b, weightB]) => weightB - weightA || (a < b ? -1 : 1))
				.slice(0, maxNeighbours)
				.map(([id, weight]) => [id, rounded(weight)]);
		return { asOfMs: this.asOfMs, bought: rounded(this.bought), viewed: rounded(this.viewed), boughtWith: kept('boughtWith'), viewedWith: kept('viewedWith'), boughtAfter: kept('boughtAfter') };
	}
}

/** Far finer than what is forgotten, and no more bytes than that. */
const rounded = (weight: number) => Math.round(weight * 1e6) / 1e6;

/** What sold on one UTC day: by category (`''`: none), orders by product. */
export type DaySales = Record<string, Array<[productId: string, orders: number]>>;

/** Products counted on one day, over all categories. Of more, those sold least go. */
export const maxSoldOnDay = 2_000;
/** Days of sales that are kept: the longest period that bestsellers can be asked for, and a month for late news. */
export const soldKeptDays = 120;

export const dayOf = (atMs: number) => Math.floor(atMs / dayMs);

/** The sales of one day while they are being changed. */
export class Sales {
	private readonly categories: Map<string, Map<string, number>>;

	constructor(known: DaySales | null) {
		this.categories = new Map(Object.entries(known ?? {}).map(([category, sold]) => [category, new Map(sold)]));
	}

	add(category: string, productId: string, sign: 1 | -1): void {
		const sold = this.categories.get(category) ?? new Map<string, number>();
		sold.set(productId, Math.max((sold.get(productId) ?? 0) + sign, 0));
		this.categories.set(category, sold);
	}

	toRecord(): DaySales {
		const all = [...this.categories].flatMap(([category, sold]) => [...sold].filter(([, orders]) => orders > 0).map(([id, orders]) => ({ category, id, orders })));
		const kept = all.sort((a, b) => b.orders - a.orders || (a.id < b.id ? -1 : 1)).slice(0, maxSoldOnDay);
		return Object.fromEntries([...Map.groupBy(kept, ({ category }) => category)].map(([category, sold]) => [category, sold.map(({ id, orders }): [string, number] => [id, orders])]));
	}
}
