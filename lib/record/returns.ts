import { isDeepStrictEqual } from 'node:util';
import type { ReturnFacts, ShopEvent } from '../model/events';
import { type CustomerRecord, keys, type OrderRecord, type ReturnRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import { belongs, namelessReturn } from './belongings';
import { loadCustomer, type RecordContext } from './identity';
import { isOlder } from './latest';

/**
 * Records a return as it stands: the latest word counts. Where the delivery does not say whose it is, its order does.
 * @returns whether the event was news, and whose return it is
 */
export async function applyReturn(
	tx: Transaction,
	event: ShopEvent & { return: ReturnFacts },
	customer: CustomerRecord | null,
	context: RecordContext,
): Promise<{ isNews: boolean; customerId: string | undefined }> {
	const { return: facts, sequenceMs = 0 } = event;
	const key = keys.return(facts.returnId);
	await tx.load([key, facts.orderId && keys.order(facts.orderId)]);
	const before = tx.get<ReturnRecord>(key);
	const order = facts.orderId ? tx.get<OrderRecord>(keys.order(facts.orderId)) : null;
	const isStale = before !== null && isOlder([facts.updatedAtMs, sequenceMs], [before.updatedAtMs, before.sequenceMs]);
	const owner = await loadCustomer(tx, (isStale ? (before.customerId ?? customer?.id) : (customer?.id ?? before?.customerId)) ?? order?.customerId);
	const told: ReturnRecord = isStale ? before : { ...facts, ...(facts.orderId === undefined && before?.orderId !== undefined && { orderId: before.orderId }), sequenceMs };
	const owned = { ...told, ...(owner && { customerId: owner.id }) };
	const after = owner?.erasedAtMs === undefined ? owned : namelessReturn(owned);
	if (!isDeepStrictEqual(after, before)) tx.set(key, after);
	belongs(tx, key, Math.min(after.updatedAtMs, context.journeyNowMs), after.customerId, before?.customerId);
	return { isNews: !isStale && !isDeepStrictEqual(after, before), customerId: after.customerId };
}
