import { indexes, keys } from '../model/records';
import type { IndexEntry, Store } from '../store/store';
import type { Transaction } from '../store/transaction';
import { applyOperation, balanceAt, emptyLedger, type LedgerEntry, type LedgerHead, type LedgerOperation, type LedgerOutcome, nextDueMs, pageSize, type PointsBalance, type Receipt, receiptNames } from './ledger';

/** The store side of points: one small head per customer, a receipt per reference, and pages of the history. The rules are in ledger.ts. */

export interface PointsChange {
	outcome: LedgerOutcome;
	/** What the history got, what fell due meanwhile included; empty when nothing changed. */
	entries: LedgerEntry[];
}

/**
 * Decides an operation within a transaction, for callers who commit more with it. Uses at most six documents.
 * @throws PARAMETER_INVALID
 */
export async function changePointsIn(tx: Transaction, customerId: string, operation: LedgerOperation, nowMs: number): Promise<PointsChange> {
	const headKey = keys.points(customerId);
	const receiptKey = (name: string) => keys.pointsReceipt(customerId, name);
	const names = receiptNames(operation);
	await tx.load([headKey, ...names.map(receiptKey)]);
	const receipts = Object.fromEntries(names.map((name) => [name, tx.get<Receipt>(receiptKey(name)) ?? undefined]));
	const applied = applyOperation(tx.get<LedgerHead>(headKey) ?? emptyLedger(), receipts, operation, nowMs);
	for (const [name, receipt] of Object.entries(applied.receipts)) tx.set(receiptKey(name), receipt);
	// A repetition changes nothing, unless something fell due.
	if (applied.entries.length > 0 || Object.keys(applied.receipts).length > 0) await keep(tx, customerId, applied.head);
	return { outcome: applied.outcome, entries: applied.entries };
}

/** The receipt of a reference within a transaction, by the name that `receiptNames` gives it. */
export async function receiptIn(tx: Transaction, customerId: string, name: string): Promise<Receipt | null> {
	const key = keys.pointsReceipt(customerId, name);
	await tx.load([key]);
	return tx.get<Receipt>(key);
}

/** What an operation would come to, without writing: for tests in the editor. @throws PARAMETER_INVALID */
export async function tryPoints(store: Store, customerId: string, operation: LedgerOperation, nowMs: number): Promise<LedgerOutcome> {
	const names = receiptNames(operation);
	const [head, ...receipts] = await store.read<LedgerHead | Receipt>([keys.points(customerId), ...names.map((name) => keys.pointsReceipt(customerId, name))]);
	const known = Object.fromEntries(names.map((name, i) => [name, (receipts[i].value as Receipt | null) ?? undefined]));
	return applyOperation((head.value as LedgerHead | null) ?? emptyLedger(), known, operation, nowMs).outcome;
}

/** Of the references of an order, those under which points were earned and redeemed: a refund undoes what there is. */
export async function knownReferences(store: Store, customerId: string, { earnReference, redeemReference }: { earnReference: string; redeemReference: string }): Promise<{ earnReference?: string; redeemReference?: string }> {
	const [earned, redeemed] = await store.read<Receipt>([keys.pointsReceipt(customerId, `earn:${earnReference}`), keys.pointsReceipt(customerId, `redeem:${redeemReference}`)]);
	return { ...(earned.value && { earnReference }), ...(redeemed.value?.state === 'redeemed' && { redeemReference }) };
}

/** The balance at a time (journey time), without writing. */
export async function pointsBalance(store: Store, customerId: string, nowMs: number): Promise<PointsBalance> {
	const [{ value }] = await store.read<LedgerHead>([keys.points(customerId)]);
	return balanceAt(value ?? emptyLedger(), nowMs);
}

/**
 * A page of the history, newest first; further pages with `beforeSeq`, the `seq` of the last entry received.
 * @param limit 1 to 200
 */
export async function pointsHistory(store: Store, customerId: string, { beforeSeq, limit }: { beforeSeq?: number; limit: number }): Promise<LedgerEntry[]> {
	const [{ value: head }] = await store.read<LedgerHead>([keys.points(customerId)]);
	if (!head) return [];
	const end = Math.max(0, Math.min(beforeSeq ?? head.entries, head.entries));
	const start = Math.max(0, end - Math.min(200, Math.max(1, limit)));
	const inPages = head.entries - head.recent.length;
	const pages: string[] = [];
	for (let page = Math.floor(start / pageSize); page * pageSize < Math.min(end, inPages); page++) pages.push(keys.pointsPage(customerId, page));
	const older = pages.length > 0 ? await store.read<PointsPage>(pages) : [];
	const entries = [...older.flatMap(({ value }) => value?.entries ?? []), ...head.recent];
	return entries.filter(({ seq }) => seq >= start && seq < end).reverse();
}

/** Customers for whom something fell due by `nowMs` (journey time), each once; whoever is told settles them. */
export async function* dueLedgers(store: Store, nowMs: number): AsyncGenerator<string> {
	for (let after: IndexEntry | undefined; ; ) {
		const due = await store.walk(indexes.pointsDue, { to: nowMs, limit: 500, ...(after && { after }) });
		for (const { key } of due) yield key.slice(keys.points('').length);
		after = due.at(-1);
		if (!after) return;
	}
}

/** A full page of the history: written once, never changed. */
interface PointsPage {
	entries: LedgerEntry[];
}

/** Writes the head, its full pages apart, and when it falls due next. */
async function keep(tx: Transaction, customerId: string, head: LedgerHead): Promise<void> {
	const key = keys.points(customerId);
	let { recent } = head;
	while (recent.length >= pageSize) {
		const page = keys.pointsPage(customerId, Math.floor(recent[0].seq / pageSize));
		await tx.load([page]);
		tx.set(page, { entries: recent.slice(0, pageSize) } satisfies PointsPage);
		recent = recent.slice(pageSize);
	}
	const before = tx.get<LedgerHead>(key);
	const dueMs = nextDueMs(head);
	if (dueMs !== (before && nextDueMs(before))) tx.index(indexes.pointsDue, key, dueMs);
	tx.set(key, { ...head, recent });
}
