import type { ProductFacts, ShopEvent } from '../model/events';
import { keys, type ProductRecord } from '../model/records';
import { catalogueChanges, withPast } from '../picks/catalogue';
import type { Transaction } from '../store/transaction';
import type { Restocked } from './restock';

export interface AppliedProduct {
	isNews: boolean;
	product: ProductRecord;
	/** What can be bought again since this event. */
	restocked: Restocked[];
}

/**
 * Records a product as it stands. What tells of a part of it only (a restock names little more than the variant) leaves the
 * rest as it was.
 */
export async function applyProduct(tx: Transaction, event: ShopEvent & { product: ProductFacts }, nowMs: number): Promise<AppliedProduct> {
	const { type, product: facts, sequenceMs = 0, variantId } = event;
	const key = keys.product(facts.productId);
	await tx.load([key]);
	const before = tx.get<ProductRecord>(key);
	if (before && (facts.updatedAtMs < before.updatedAtMs || (facts.updatedAtMs === before.updatedAtMs && sequenceMs < before.sequenceMs))) return { isNews: false, product: before, restocked: [] };
	const isTold = type === 'product_restocked';
	const product = withPast(before, { ...(isTold || facts.isPartial ? withPart(before, facts) : facts), sequenceMs }, event, nowMs);
	tx.set(key, product);
	for (const [index, value] of catalogueChanges(before, product)) tx.index(index, key, value);
	return { isNews: true, product, restocked: isTold ? toldRestocked(facts, variantId) : newlyInStock(before, facts) };
}

function withPart(before: ProductRecord | null, { isPartial: _isPartial, ...facts }: ProductFacts): ProductFacts {
	const said = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Omit<ProductFacts, 'isPartial'>;
	const news = new Map(facts.variants?.map((variant) => [variant.variantId, variant]));
	const known = before?.variants?.map((variant) => ({ ...variant, ...news.get(variant.variantId) })) ?? [];
	const added = facts.variants?.filter(({ variantId }) => !before?.variants?.some((variant) => variant.variantId === variantId)) ?? [];
	const variants = [...known, ...added];
	return { ...before, ...said, ...(variants.length > 0 && { variants }) };
}

/** What the shop says is back: the variants it names, else the product. */
function toldRestocked({ productId, variants = [] }: ProductFacts, variantId: string | undefined): Restocked[] {
	const named = variantId === undefined ? variants : variants.filter((variant) => variant.variantId === variantId);
	const back = named.filter(({ stock }) => stock === undefined || stock > 0);
	if (named.length > 0) return back.map((variant) => restockedOf(productId, variant.variantId, variant.stock));
	return [restockedOf(productId, variantId, undefined)];
}

/** Variants that had no stock and have some now. Where stock is not tracked, nothing is ever out of it. */
function newlyInStock(before: ProductRecord | null, { productId, variants = [], deleted }: ProductFacts): Restocked[] {
	if (deleted) return [];
	const had = new Map(before?.variants?.map(({ variantId, stock }) => [variantId, stock]));
	return variants.flatMap(({ variantId, stock }) => {
		const earlier = had.get(variantId);
		return earlier !== undefined && earlier <= 0 && stock !== undefined && stock > 0 ? [restockedOf(productId, variantId, stock)] : [];
	});
}

function restockedOf(productId: string, variantId: string | undefined, stock: number | undefined): Restocked {
	return { productId, ...(variantId !== undefined && { variantId }), ...(stock !== undefined && { stock }) };
}
