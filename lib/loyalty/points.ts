import { indexes, keys } from '../model/records';
import type { IndexEntry, Store } from '../store/store';
import { Transaction } from '../store/transaction';
import { applyOperation, balanceAt, type Chapter, emptyLedger, type LedgerEntry, type LedgerHead, type LedgerOperation, type LedgerOutcome, mergeLedgers, nextDueMs, pageSize, type PointsBalance, type Receipt, receiptNameOf, receiptNames } from './ledger';

/** The store side of points: one small head per customer, a receipt per reference, and pages of the history. The rules are in ledger.ts. */

export interface PointsChange {
	outcome: LedgerOutcome;
	/** What the history got, what fell due meanwhile included; empty when nothing changed. */
	entries: LedgerEntry[];
	/** Of what was earned at a time (journey time), so much was undone by this: found or owed. */
	undone?: { points: number; earnedAtMs: number };
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
	const receipts = await receiptsIn(tx, customerId, names);
	const applied = applyOperation(tx.get<LedgerHead>(headKey) ?? emptyLedger(), receipts, operation, nowMs);
	for (const [name, receipt] of Object.entries(applied.receipts)) tx.set(receiptKey(name), receipt);
	// A repetition changes nothing, unless something fell due.
	if (applied.entries.length > 0 || Object.keys(applied.receipts).length > 0) await keep(tx, customerId, applied.head);
	const earned = operation.type === 'give_back' && operation.earnReference !== undefined ? `earn:${operation.earnReference}` : '';
	const undone = (applied.receipts[earned]?.undone ?? 0) - (receipts[earned]?.undone ?? 0);
	return { outcome: applied.outcome, entries: applied.entries, ...(undone > 0 && applied.receipts[earned] && { undone: { points: undone, earnedAtMs: applied.receipts[earned].atMs } }) };
}

/**
 * Receipts within a transaction, by the names that `receiptNames` gives them: the customer's own, which win, else those of customers who were merged into this one. The latter nobody
 * writes any more, and who has merged says the head: they need no check.
 */
export async function receiptsIn(tx: Transaction, customerId: string, names: string[]): Promise<Record<string, Receipt | undefined>> {
	await tx.load([keys.points(customerId), ...names.map((name) => keys.pointsReceipt(customerId, name))]);
	const { chapters = [] } = tx.get<LedgerHead>(keys.points(customerId)) ?? {};
	const own = Object.fromEntries(names.map((name) => [name, tx.get<Receipt>(keys.pointsReceipt(customerId, name)) ?? undefined]));
	const missing = chapters.length > 0 ? names.filter((name) => !own[name]) : [];
	if (missing.length === 0) return own;
	const former = await tx.peek<Receipt>(missing.flatMap((name) => chapters.map((chapter) => keys.pointsReceipt(chapter.customerId, name))));
	return { ...own, ...Object.fromEntries(missing.map((name) => [name, firstOf(chapters, name, former)])) };
}

const firstOf = (chapters: Chapter[], name: string, former: Map<string, Receipt>) => chapters.map(({ customerId }) => former.get(keys.pointsReceipt(customerId, name))).find((receipt) => receipt !== undefined);

/** The same without a transaction. */
async function readReceipts(store: Store, customerId: string, names: string[]): Promise<{ head: LedgerHead | null; receipts: Record<string, Receipt | undefined> }> {
	const tx = new Transaction(store);
	const receipts = await receiptsIn(tx, customerId, names);
	return { head: tx.get<LedgerHead>(keys.points(customerId)), receipts };
}

/** Makes one ledger of two within a transaction: for customers who proved to be one. Nothing is left under the name of the one who goes but the history and the receipts. */
export async function mergePointsIn(tx: Transaction, from: string, to: string): Promise<void> {
	await tx.load([keys.points(from), keys.points(to)]);
	const goes = tx.get<LedgerHead>(keys.points(from));
	if (!goes) return;
	const { head, tail } = mergeLedgers(tx.get<LedgerHead>(keys.points(to)) ?? emptyLedger(), goes, from);
	await writePages(tx, from, tail, 1);
	tx.set(keys.points(from), null);
	tx.index(indexes.pointsDue, keys.points(from), null);
	await keep(tx, to, head);
}

/** Documents taken out by one step of an erasure. */
const erasedAtOnce = 40;

/** How far an erasure has come: pages of the history, and of the receipts that are named by one. */
export interface ErasedPoints {
	page: number;
	receipt: number;
}

/**
 * Takes a ledger out, a bounded part at a time: receipts and pages, then the head.
 * @returns where to go on; null: nothing is left
 */
export async function erasePointsIn(tx: Transaction, customerId: string, { page, receipt }: ErasedPoints): Promise<ErasedPoints | null> {
	const headKey = keys.points(customerId);
	await tx.load([headKey]);
	const head = tx.get<LedgerHead>(headKey);
	if (!head) return null;
	const pages = partsOf(head, customerId).flatMap(({ id, entries }) => Array.from({ length: Math.ceil(entries / pageSize) }, (_none, number) => keys.pointsPage(id, number)));
	const owners = [customerId, ...(head.chapters ?? []).map((chapter) => chapter.customerId)];
	const isLast = page >= pages.length;
	if (!isLast) await tx.load([pages[page]]);
	const entries = isLast ? head.recent : (tx.get<PointsPage>(pages[page])?.entries ?? []);
	const names = [...new Set(entries.map(receiptNameOf).filter((name) => name !== null))];
	const receipts = names.flatMap((name) => owners.map((owner) => keys.pointsReceipt(owner, name)));
	const now = receipts.slice(receipt, receipt + erasedAtOnce);
	await tx.load(now);
	for (const key of now) tx.set(key, null);
	if (receipt + erasedAtOnce < receipts.length) return { page, receipt: receipt + erasedAtOnce };
	if (!isLast) {
		tx.set(pages[page], null);
		return { page: page + 1, receipt: 0 };
	}
	tx.set(headKey, null);
	tx.index(indexes.pointsDue, headKey, null);
	return null;
}

/** What an operation would come to, without writing: for tests in the editor. @throws PARAMETER_INVALID */
export async function tryPoints(store: Store, customerId: string, operation: LedgerOperation, nowMs: number): Promise<LedgerOutcome> {
	const { head, receipts } = await readReceipts(store, customerId, receiptNames(operation));
	return applyOperation(head ?? emptyLedger(), receipts, operation, nowMs).outcome;
}

/** Of the references of an order, those under which points were earned and redeemed: a refund undoes what there is. */
export async function knownReferences(store: Store, customerId: string, { earnReference, redeemReference }: { earnReference: string; redeemReference: string }): Promise<{ earnReference?: string; redeemReference?: string }> {
	const [earn, redeem] = [`earn:${earnReference}`, `redeem:${redeemReference}`];
	const { receipts } = await readReceipts(store, customerId, [earn, redeem]);
	return { ...(receipts[earn] && { earnReference }), ...(receipts[redeem]?.state === 'redeemed' && { redeemReference }) };
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
	const parts = partsOf(head, customerId);
	const total = parts.reduce((sum, { entries }) => sum + entries, head.recent.length);
	const end = Math.max(0, Math.min(beforeSeq ?? total, total));
	const start = Math.max(0, end - Math.min(200, Math.max(1, limit)));
	const found: LedgerEntry[] = [];
	let offset = 0;
	for (const { id, entries } of parts) {
		const pages: string[] = [];
		for (let page = Math.max(0, Math.floor((start - offset) / pageSize)); page * pageSize < Math.min(end - offset, entries); page++) pages.push(keys.pointsPage(id, page));
		const read = pages.length > 0 ? await store.read<PointsPage>(pages) : [];
		for (const entry of read.flatMap(({ value }) => value?.entries ?? [])) found.push({ ...entry, seq: entry.seq + offset });
		offset += entries;
	}
	for (const entry of head.recent) found.push({ ...entry, seq: entry.seq + total - head.entries });
	return found.filter(({ seq }) => seq >= start && seq < end).reverse();
}

/** Where the entries stand that are in pages, and how many: those of merged customers first, then the customer's own. */
function partsOf(head: LedgerHead, customerId: string): Array<{ id: string; entries: number }> {
	return [...(head.chapters ?? []).map((chapter) => ({ id: chapter.customerId, entries: chapter.entries })), { id: customerId, entries: head.entries - head.recent.length }];
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
	const recent = await writePages(tx, customerId, head.recent, pageSize);
	const before = tx.get<LedgerHead>(key);
	const dueMs = nextDueMs(head);
	if (dueMs !== (before && nextDueMs(before))) tx.index(indexes.pointsDue, key, dueMs);
	tx.set(key, { ...head, recent });
}

/** Writes entries into pages as long as there are so many for one. @returns those that are left */
async function writePages(tx: Transaction, customerId: string, entries: LedgerEntry[], least: number): Promise<LedgerEntry[]> {
	let left = entries;
	while (left.length >= least) {
		const page = keys.pointsPage(customerId, Math.floor(left[0].seq / pageSize));
		await tx.load([page]);
		tx.set(page, { entries: left.slice(0, pageSize) } satisfies PointsPage);
		left = left.slice(pageSize);
	}
	return left;
}
