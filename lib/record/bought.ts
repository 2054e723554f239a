import type { BoughtTotal, BoughtTotals, OrderRecord } from '../model/records';

const maxCategories = 50;
const maxProducts = 200;
const maxEarlier = 5;

const none: BoughtTotals = { items: 0, saleItems: 0, categories: {}, products: {} };

/** Adds what an order holds to the totals of its customer, or with sign -1 takes it out again. A cancelled order holds nothing. */
export function withOrder(bought: BoughtTotals | undefined, order: OrderRecord, sign: 1 | -1): BoughtTotals | undefined {
	if (order.cancelledAtMs !== undefined || order.items.length === 0) return bought;
	const next = { ...(bought ?? none) };
	const categories = new Map<string, number>();
	const products = new Map<string, number>();
	for (const { productId, category, quantity, unitPriceMinor, fullPriceMinor } of order.items) {
		// A line taken off an order stays on it with a quantity of zero.
		if (quantity <= 0) continue;
		next.items += sign * quantity;
		if (fullPriceMinor !== undefined && fullPriceMinor > unitPriceMinor) next.saleItems += sign * quantity;
		products.set(productId, (products.get(productId) ?? 0) + quantity);
		if (category) categories.set(category, (categories.get(category) ?? 0) + quantity);
	}
	next.categories = withTotals(next.categories, categories, order.placedAtMs, sign, maxCategories);
	next.products = withTotals(next.products, products, order.placedAtMs, sign, maxProducts);
	return isNothing(next) ? undefined : next;
}

function isNothing({ items, saleItems, categories, products }: BoughtTotals): boolean {
	return items === 0 && saleItems === 0 && Object.keys(categories).length === 0 && Object.keys(products).length === 0;
}

function withTotals(totals: Record<string, BoughtTotal>, quantities: Map<string, number>, atMs: number, sign: 1 | -1, limit: number): Record<string, BoughtTotal> {
	const next = new Map(Object.entries(totals));
	for (const [name, quantity] of quantities) {
		const before = next.get(name);
		const times = before ? [before.lastAtMs, ...(before.earlierAtMs ?? [])] : [];
		if (sign === 1) times.push(atMs);
		else if (times.includes(atMs)) times.splice(times.indexOf(atMs), 1);
		const total = totalOf((before?.items ?? 0) + sign * quantity, times);
		if (total) next.set(name, total);
		else next.delete(name);
	}
	return mostRecent(next, limit);
}

function totalOf(items: number, times: number[]): BoughtTotal | null {
	const [lastAtMs, ...earlierAtMs] = [...times].sort((a, b) => b - a).slice(0, maxEarlier + 1);
	return lastAtMs === undefined || items <= 0 ? null : { items, lastAtMs, ...(earlierAtMs.length > 0 && { earlierAtMs }) };
}

function mostRecent(totals: Map<string, BoughtTotal>, limit: number): Record<string, BoughtTotal> {
	const newestFirst = [...totals].sort(([a, { lastAtMs: atA }], [b, { lastAtMs: atB }]) => atB - atA || (a < b ? -1 : 1));
	return Object.fromEntries(newestFirst.slice(0, limit));
}

/** What two customers bought that proved to be one. */
export function mergeBought(a: BoughtTotals | undefined, b: BoughtTotals | undefined): BoughtTotals | undefined {
	if (!a || !b) return a ?? b;
	const merge = (left: Record<string, BoughtTotal>, right: Record<string, BoughtTotal>, limit: number) => {
		const merged = new Map(Object.entries(left));
		for (const [name, total] of Object.entries(right)) {
			const known = merged.get(name);
			const times = [total, ...(known ? [known] : [])].flatMap(({ lastAtMs, earlierAtMs = [] }) => [lastAtMs, ...earlierAtMs]);
			merged.set(name, totalOf(total.items + (known?.items ?? 0), times)!);
		}
		return mostRecent(merged, limit);
	};
	return {
		items: a.items + b.items,
		saleItems: a.saleItems + b.saleItems,
		categories: merge(a.categories, b.categories, maxCategories),
		products: merge(a.products, b.products, maxProducts),
	};
}
