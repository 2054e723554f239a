import type { ProductFacts } from '../model/events';
import { keys, type ProductRecord } from '../model/records';
import type { Transaction } from '../store/transaction';

/** Records a product as it stands. Returns whether the event was news. */
export async function applyProduct(tx: Transaction, facts: ProductFacts, sequenceMs: number): Promise<boolean> {
	const key = keys.product(facts.productId);
	await tx.load([key]);
	const before = tx.get<ProductRecord>(key);
	if (before && (facts.updatedAtMs < before.updatedAtMs || (facts.updatedAtMs === before.updatedAtMs && sequenceMs < before.sequenceMs))) return false;
	tx.set(key, { ...facts, sequenceMs });
	return true;
}
