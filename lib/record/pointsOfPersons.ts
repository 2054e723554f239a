import { type ErasedPoints, erasePointsIn, mergePointsIn, pointsHistory } from '../loyalty/points';
import { balanceAt, type LedgerEntry, type LedgerHead, type PointsBalance } from '../loyalty/ledger';
import { mergeTiers, type TierRecord } from '../loyalty/tiers';
import { type CustomerRecord, indexes, keys } from '../model/records';
import type { Store } from '../store/store';
import type { Transaction } from '../store/transaction';
import type { RecordContext } from './identity';
import { keepStanding, keepTier, type PointsNews } from './points';

/** What becomes of points when customers prove to be one, ask to be forgotten, or ask for what is held about them. */

/**
 * Makes one ledger and one tier of those of two customers, in the commit of their merge. The customer who stays is written already. Of two tiers the higher one stays, for as long as it was to be kept.
 * @param stays as it was, and `goes` too
 * @returns what it came to: together they may have reached a tier
 */
export async function mergePoints(tx: Transaction, stays: CustomerRecord, goes: CustomerRecord, context: RecordContext): Promise<PointsNews[]> {
	if (!stays.points && !goes.points) return [];
	const key = keys.customer(stays.id);
	await mergePointsIn(tx, goes.id, stays.id);
	const programme = await context.programme();
	const rank = ({ points }: CustomerRecord) => programme?.tiers.findIndex(({ id }) => id === points?.tier) ?? -1;
	const points = rank(goes) > rank(stays) ? goes.points : stays.points;
	tx.set(key, { ...tx.get<CustomerRecord>(key)!, points: { ...points, available: 0, pending: 0 } });
	keepStanding(tx, stays.id, context.journeyNowMs);
	const [mine, other] = [keys.tier(stays.id), keys.tier(goes.id)];
	await tx.load([mine, other]);
	const [a, b] = [tx.get<TierRecord>(mine), tx.get<TierRecord>(other)];
	if (b) {
		tx.set(mine, a ? mergeTiers(a, b) : b);
		tx.set(other, null);
		tx.index(indexes.tiersDue, other, null);
	}
	return a || b ? await keepTier(tx, stays.id, { isDue: true }, { programme, nowMs: context.journeyNowMs }) : [];
}

/** In the commit of an erasure: nothing of the points falls due any more. The ledger goes in its task. */
export function stopPoints(tx: Transaction, customerId: string): void {
	tx.index(indexes.pointsDue, keys.points(customerId), null);
	tx.index(indexes.tiersDue, keys.tier(customerId), null);
}

/** A bounded part of what an erasure takes away. @returns where to go on; null: nothing is left */
export async function forgetPoints(tx: Transaction, customerId: string, from: ErasedPoints): Promise<ErasedPoints | null> {
	const key = keys.tier(customerId);
	await tx.load([key]);
	if (tx.get(key)) tx.set(key, null);
	return await erasePointsIn(tx, customerId, from);
}

/** What is held about a customer's points. */
export interface PointsExport {
	/** As it stood when it last changed. */
	balance: PointsBalance;
	/** Newest first. */
	history: LedgerEntry[];
	/** What counts towards tiers, by day. */
	tiers: TierRecord | null;
}

const historyAtOnce = 200;

/** Null: the customer never had any. */
export async function exportPoints(store: Store, customerId: string): Promise<PointsExport | null> {
	const [points, tier] = await store.read<LedgerHead | TierRecord>([keys.points(customerId), keys.tier(customerId)]);
	const head = points.value as LedgerHead | null;
	const tiers = tier.value as TierRecord | null;
	if (!head && !tiers) return null;
	const history: LedgerEntry[] = [];
	for (let page: LedgerEntry[]; (page = await pointsHistory(store, customerId, { limit: historyAtOnce, beforeSeq: history.at(-1)?.seq })).length > 0; ) history.push(...page);
	const none: PointsBalance = { available: 0, pending: 0, reserved: 0, owed: 0, expiring: [] };
	return { balance: head ? balanceAt(head, head.atMs) : none, history, tiers };
}
