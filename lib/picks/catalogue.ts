import { dayMs } from '../model/clock';
import type { ShopEvent } from '../model/events';
import { indexes, type ProductRecord } from '../model/records';

/**
 * The catalogue in the order in which picks ask for it: what is new, back in stock, reduced, or of a category. The entries are written
 * in the product's own commit and only for what can be bought, so that a pick reads as much as it shows, however large the shop is.
 */

/** How long a price that fell by itself counts as reduced: the buyer is to compare with a price of the last days. */
const fallKeptMs = 30 * dayMs;

type Variant = NonNullable<ProductRecord['variants']>[number];

/** The variant whose price stands for the product: the same in items, in mails and when a message is checked once more. */
const firstVariant = (product: ProductRecord): Variant | undefined => product.variants?.[0];

/** Pieces of all variants, or undefined where one of them is not counted: then there is no end to it. */
export function stockOf({ variants = [] }: ProductRecord): number | undefined {
	if (variants.length === 0 || variants.some(({ stock }) => stock === undefined)) return undefined;
	return variants.reduce((sum, { stock }) => sum + Math.max(stock!, 0), 0);
}

/** Whether it can be shown and bought: it has a name, is not deleted and not sold out. */
export function isOnSale(product: ProductRecord | null | undefined): product is ProductRecord {
	return !!product && product.deleted !== true && !!product.title && stockOf(product) !== 0;
}

/** What it costs when it is not reduced, where that is more than it costs now: as the shop says, else what it cost until it fell lately. */
export function fullPriceOf(product: ProductRecord, nowMs: number): number | undefined {
	const { priceMinor, fullPriceMinor } = firstVariant(product) ?? {};
	if (priceMinor === undefined) return undefined;
	if (fullPriceMinor !== undefined) return fullPriceMinor > priceMinor ? fullPriceMinor : undefined;
	const { fellFromMinor, reducedAtMs = -Infinity } = product;
	return fellFromMinor !== undefined && fellFromMinor > priceMinor && nowMs - reducedAtMs <= fallKeptMs ? fellFromMinor : undefined;
}

/** A product with what is remembered of its past: since when it is there, back in stock, and reduced. */
export function withPast(before: ProductRecord | null, told: ProductRecord, { occurredAtMs, isHistory }: Pick<ShopEvent, 'occurredAtMs' | 'isHistory'>, nowMs: number): ProductRecord {
	const atMs = Math.min(occurredAtMs, nowMs);
	const product: ProductRecord = { ...told, ...pastOf(before) };
	// An import tells of goods that have long been there: the last change is the least that is known of their age.
	const seenAtMs = told.createdAtMs ?? before?.firstSeenAtMs ?? (isHistory ? Math.min(told.updatedAtMs, atMs) : atMs);
	product.firstSeenAtMs = Math.min(seenAtMs, nowMs);
	if (before && stockOf(before) === 0 && stockOf(product) !== 0) product.backAtMs = atMs;
	return withReduction(before, product, atMs);
}

function pastOf(before: ProductRecord | null): Partial<ProductRecord> {
	const { firstSeenAtMs, backAtMs, reducedAtMs, fellFromMinor } = before ?? {};
	return Object.fromEntries(Object.entries({ firstSeenAtMs, backAtMs, reducedAtMs, fellFromMinor }).filter(([, value]) => value !== undefined));
}

function withReduction(before: ProductRecord | null, { reducedAtMs, fellFromMinor, ...product }: ProductRecord, atMs: number): ProductRecord {
	const { priceMinor, fullPriceMinor } = firstVariant(product) ?? {};
	if (priceMinor === undefined) return product;
	if (fullPriceMinor !== undefined && fullPriceMinor > priceMinor) return { ...product, reducedAtMs: reducedAtMs ?? atMs };
	const earlier = before && before.currency === product.currency ? firstVariant(before) : undefined;
	const isSame = earlier?.variantId === firstVariant(product)?.variantId;
	// The end of a reduction that the shop told is no fall, and a further fall is measured from where it began.
	const wasMinor = isSame ? Math.max(earlier?.priceMinor ?? 0, fellFromMinor ?? 0) : 0;
	if (wasMinor <= priceMinor) return product;
	const hasFallen = (earlier?.priceMinor ?? 0) > priceMinor;
	return { ...product, fellFromMinor: wasMinor, reducedAtMs: hasFallen ? atMs : reducedAtMs };
}

/** The entries of a product, by index; none for what cannot be bought. */
export function catalogueEntries(product: ProductRecord | null): Map<string, number> {
	const entries = new Map<string, number>();
	if (!isOnSale(product) || product.firstSeenAtMs === undefined) return entries;
	entries.set(indexes.catalogue(), -product.firstSeenAtMs);
	if (product.category) entries.set(indexes.catalogue(product.category), -product.firstSeenAtMs);
	if (product.backAtMs !== undefined) entries.set(indexes.backInStock, -product.backAtMs);
	if (product.reducedAtMs !== undefined) entries.set(indexes.reduced, -product.reducedAtMs);
	return entries;
}

/** How a product's entries change; `null` takes one out. */
export function catalogueChanges(before: ProductRecord | null, after: ProductRecord): Array<[index: string, value: number | null]> {
	const was = catalogueEntries(before);
	const is = catalogueEntries(after);
	const gone = [...was.keys()].filter((index) => !is.has(index)).map((index): [string, null] => [index, null]);
	return [...gone, ...[...is].filter(([index, value]) => was.get(index) !== value)];
}
