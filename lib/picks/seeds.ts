import { dayMs } from '../model/clock';
import type { LineItem } from '../model/events';
import type { JourneyItem } from '../model/item';
import type { CustomerRecord, HistoryRecord } from '../model/records';

/** A product from which others are found. */
export interface Seed {
	productId: string;
	sku?: string;
	title?: string;
	category?: string;
	/** 1 for what the item is about; less for what the customer did some time ago. */
	weight: number;
}

/** What there is to go by: the item, and what we know of its customer. */
export interface Subject {
	item: Partial<Pick<JourneyItem, 'cart' | 'order' | 'product' | 'view'>>;
	customer: CustomerRecord | null;
	history: HistoryRecord | null;
}

/** More of what a customer bought makes better picks (docs/benchmarks.md), and more to read. */
const maxSeeds = 60;
/** What the customer did loses half its weight in this time. */
const interestHalfLifeMs = 60 * dayMs;

export const interestAt = (atMs: number, nowMs: number) => 2 ** (-Math.max(nowMs - atMs, 0) / interestHalfLifeMs);

const linesOf = (part: { items?: unknown } | undefined): LineItem[] => (Array.isArray(part?.items) ? (part.items as LineItem[]).filter((line) => typeof line?.productId === 'string') : []);

/** What the item is about, each once: its cart, its order, its product, what was looked at. */
export function itemSeeds({ cart, order, product, view }: Subject['item']): Seed[] {
	const lines = [...linesOf(cart), ...linesOf(order)].map(({ productId, sku, title, category }) => ({ productId, sku, title, category, weight: 1 }));
	const seeds: Seed[] = [
		...lines,
		...(typeof product?.id === 'string' ? [{ productId: product.id, title: product.title, category: product.category, weight: 1 }] : []),
		...(typeof view?.productId === 'string' ? [{ productId: view.productId, title: view.productTitle, category: view.category, weight: 1 }] : []),
	];
	return once(seeds);
}

/** What the customer bought, latest first. */
export function boughtSeeds({ customer }: Subject, nowMs: number): Seed[] {
	const bought = Object.entries(customer?.bought?.products ?? {}).sort(([a, { lastAtMs: atA }], [b, { lastAtMs: atB }]) => atB - atA || (a < b ? -1 : 1));
	return bought.map(([productId, { lastAtMs }]) => ({ productId, weight: interestAt(lastAtMs, nowMs) })).slice(0, maxSeeds);
}

/** What the customer looked at, latest first. */
export function viewedSeeds({ history }: Subject, nowMs: number): Seed[] {
	const viewed = (history?.recent ?? []).flatMap(({ type, atMs, view }) => (type === 'product_viewed' && view?.productId !== undefined ? [{ productId: view.productId, title: view.productTitle, category: view.category, weight: interestAt(atMs, nowMs) }] : []));
	return once(viewed).slice(0, maxSeeds);
}

/** What picks go by: the item, else the customer's own doings. */
export function seedsOf(subject: Subject, nowMs: number): Seed[] {
	const seeds = itemSeeds(subject.item).slice(0, maxSeeds);
	return seeds.length > 0 ? seeds : customerSeeds(subject, nowMs);
}

export function customerSeeds(subject: Subject, nowMs: number): Seed[] {
	return once([...boughtSeeds(subject, nowMs), ...viewedSeeds(subject, nowMs)]);
}

function once(seeds: Seed[]): Seed[] {
	const first = new Map<string, Seed>();
	for (const seed of seeds) if (!first.has(seed.productId)) first.set(seed.productId, seed);
	return [...first.values()];
}

/** What must not be picked: what the item is about, all of it, and what the customer bought within these days. */
export function exceptedOf({ item, customer }: Subject, exceptBoughtDays: number, nowMs: number): Set<string> {
	const recently = Object.entries(customer?.bought?.products ?? {}).filter(([, { lastAtMs }]) => exceptBoughtDays > 0 && nowMs - lastAtMs <= exceptBoughtDays * dayMs);
	return new Set([...itemSeeds(item).map(({ productId }) => productId), ...recently.map(([productId]) => productId)]);
}

/** The categories that the customer bought from and looked at, dearest first, with their weights. */
export function favouriteCategories({ customer, history }: Subject, nowMs: number): Array<[category: string, weight: number]> {
	const weights = new Map<string, number>();
	const add = (category: string, weight: number) => weights.set(category, (weights.get(category) ?? 0) + weight);
	for (const [category, { items, lastAtMs }] of Object.entries(customer?.bought?.categories ?? {})) add(category, (1 + Math.log2(Math.max(items, 1))) * interestAt(lastAtMs, nowMs));
	// A look is less than a purchase.
	for (const { atMs, view } of history?.recent ?? []) if (view?.category) add(view.category, 0.5 * interestAt(atMs, nowMs));
	return [...weights].sort(([a, weightA], [b, weightB]) => weightB - weightA || (a < b ? -1 : 1)).slice(0, 5);
}
