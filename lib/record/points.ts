import { isDeepStrictEqual } from 'node:util';
import type { Definitions, DefinitionsCache } from '../journeys/definitions';
import { applyFacts, applyJourneys } from '../journeys/enrol';
import { orderReference } from '../loyalty/earning';
import { balanceAt, emptyLedger, type EntryType, type LedgerEntry, type LedgerHead, type LedgerOperation, receiptNames } from '../loyalty/ledger';
import { changePointsIn, type PointsChange } from '../loyalty/points';
import type { Programme } from '../loyalty/programme';
import { type DayTotals, dayIn, decideTier, emptyTiers, shortened, type TierRecord, withAmount } from '../loyalty/tiers';
import type { Clock } from '../model/clock';
import { isShopJourneysError, ShopJourneysError } from '../model/errors';
import type { EventType, PointsFacts, ShopEvent } from '../model/events';
import { type CustomerRecord, type HistoryRecord, indexes, keys, type PointsStanding } from '../model/records';
import { indexChanges } from '../segments/indexes';
import type { IndexEntry, Store } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import { counted } from './history';
import { loadCustomer } from './identity';

/**
 * Points with all that follows from them: the customer's standing and its indexes, the log, the history, and journeys. Whoever changes
 * points goes through here: orders (record.ts), the Loyalty Points node and the sweep (lib/n8n/installation.ts).
 */

/** What a change of points is decided by besides the documents. */
export interface PointsContext {
	/** Journey time. */
	nowMs: number;
	/** Null: the shop has no programme, and points are only what the Loyalty Points node makes of them. */
	programme: Programme | null;
	/** The order that the change comes from. */
	orderId?: string;
}

/** One thing that happened to a customer's points. */
export interface PointsNews {
	type: EventType;
	points: PointsFacts;
}

/** What a change of points came to, to be told by `tellPoints` once all documents are as they will be. */
export interface PointsChanged extends PointsChange {
	/** The one it happened to, whatever id was asked for; null: there is no such customer, or nobody any more. */
	customerId: string | null;
	news: PointsNews[];
}

/** Reservations move points within the customer's own: nobody is told. */
const eventTypes: Partial<Record<EntryType, EventType>> = {
	earned: 'points_earned',
	available: 'points_available',
	redeemed: 'points_redeemed',
	given_back: 'points_given_back',
	clawed_back: 'points_clawed_back',
	adjusted: 'points_adjusted',
	expired: 'points_expired',
};

const nobody: PointsChanged = { outcome: { status: 'unknown', points: 0 }, entries: [], customerId: null, news: [] };

/**
 * Carries out an operation on the points of a customer within a transaction; merges are followed, and who was erased has none. The
 * caller tells of it (`tellPoints`) and brings the indexes up to date (`indexChanges`).
 * @throws PARAMETER_INVALID
 */
export async function changePoints(tx: Transaction, customerId: string, operation: LedgerOperation, context: PointsContext): Promise<PointsChanged> {
	const { nowMs, orderId } = context;
	const customer = await loadCustomer(tx, customerId);
	if (!customer || customer.erasedAtMs !== undefined) return nobody;
	const { id } = customer;
	const change = await changePointsIn(tx, id, operation, nowMs);
	const { outcome, entries } = change;
	keepStanding(tx, id, nowMs);
	const tierNews = await keepTier(tx, id, { points: countedBy(operation, change, context) }, context);
	// The points of a reservation left the balance when they were reserved: spent they are now.
	const spent = operation.type === 'confirm' ? -outcome.points : 0;
	const reference = operation.type === 'settle' ? undefined : operation.reference;
	const about = { reference, orderId: orderId ?? (reference?.startsWith(orderPrefix) ? reference.slice(orderPrefix.length).split('/')[0] : undefined) };
	const news = entries.flatMap((entry) => newsOf(entry, spent, about));
	return { outcome, entries, customerId: id, news: [...news, ...tierNews] };
}

/** What an operation adds to the points that count towards tiers, and on which day: what a refund takes back, on the day it was earned. */
function countedBy(operation: LedgerOperation, { outcome, entries, undone }: PointsChange, { programme, nowMs }: PointsContext): Amount[] {
	if (!programme) return [];
	if (operation.type === 'earn') {
		const isEarned = outcome.status === 'done' && !outcome.isRepeated && entries.length > 0;
		return isEarned ? [{ day: dayIn(programme.timezone, nowMs), amount: outcome.points }] : [];
	}
	return undone ? [{ day: dayIn(programme.timezone, undone.earnedAtMs), amount: -undone.points }] : [];
}

/** So much on a local day. */
export interface Amount {
	day: string;
	amount: number;
}

/**
 * Counts towards a customer's tier, and decides it. The customer is loaded.
 * @param counts nothing to count leaves it as it is, unless `isDue`
 */
export async function keepTier(tx: Transaction, customerId: string, { points = [], spent = [], isDue = false }: { points?: Amount[]; spent?: Amount[]; isDue?: boolean }, { programme, nowMs }: PointsContext): Promise<PointsNews[]> {
	if (!programme || (points.length === 0 && spent.length === 0 && !isDue)) return [];
	const key = keys.tier(customerId);
	await tx.load([key]);
	const before = tx.get<TierRecord>(key) ?? emptyTiers(programme.currency);
	const added = (totals: DayTotals, amounts: Amount[]) => shortened(amounts.reduce((sum, { day, amount }) => withAmount(sum, day, amount), totals), programme, nowMs);
	// What was spent in another currency than the shop has now says nothing.
	const spentBefore = before.currency === programme.currency ? before.spent : emptyTiers(programme.currency).spent;
	const record: TierRecord = { points: added(before.points, points), spent: added(spentBefore, spent), currency: programme.currency };
	if (!isDeepStrictEqual(record, tx.get(key))) tx.set(key, record);
	return decide(tx, customerId, record, programme, nowMs);
}

/** Brings the customer's tier up to date with what counts. */
function decide(tx: Transaction, customerId: string, record: TierRecord, programme: Programme, nowMs: number): PointsNews[] {
	const customerKey = keys.customer(customerId);
	const customer = tx.get<CustomerRecord>(customerKey)!;
	const { available = 0, pending = 0, expiresAtMs, expiring, ...tier } = customer.points ?? {};
	const { standing, reached, lost, nextMs } = decideTier(record, tier, programme, nowMs);
	tx.index(indexes.tiersDue, keys.tier(customerId), nextMs);
	const points: PointsStanding = { available, pending, ...(expiresAtMs !== undefined && { expiresAtMs, expiring }), ...standing };
	// Nobody has points by having none.
	const isNothing = customer.points === undefined && standing.tier === undefined && !standing.progress;
	if (!isNothing && !isDeepStrictEqual(points, customer.points)) tx.set(customerKey, { ...customer, points });
	const tell = (type: EventType, label: string | undefined): PointsNews[] => (label === undefined ? [] : [{ type, points: { points: 0, balance: available, tier: label } }]);
	return [...tell('tier_lost', lost), ...tell('tier_reached', reached)];
}

/** @param spent what a confirmation spends; `about`: the operation's reference, and the order it is about */
function newsOf({ type, points, balance, reference, shortfall }: LedgerEntry, spent: number, about: { reference?: string; orderId?: string }): PointsNews[] {
	const event = eventTypes[type];
	const moved = type === 'redeemed' && points === 0 ? spent : points;
	if (!event || (moved === 0 && shortfall === undefined)) return [];
	const orderId = reference !== undefined && reference === about.reference ? about.orderId : undefined;
	return [{ type: event, points: { points: moved, balance, ...(reference !== undefined && { reference }), ...(orderId !== undefined && { orderId }), ...(shortfall !== undefined && { shortfall }) } }];
}

const orderPrefix = orderReference('');

/** Brings the summary in the customer's document up to date with the ledger; both are loaded. */
export function keepStanding(tx: Transaction, customerId: string, nowMs: number): void {
	const key = keys.customer(customerId);
	const customer = tx.get<CustomerRecord>(key)!;
	const head = tx.get<LedgerHead>(keys.points(customerId));
	if (!head && !customer.points) return;
	const { available, pending, expiring } = balanceAt(head ?? emptyLedger(), nowMs);
	const { available: _a, pending: _p, expiresAtMs: _e, expiring: _x, ...tier } = customer.points ?? { available: 0, pending: 0 };
	const points: PointsStanding = { available, pending, ...(expiring.length > 0 && { expiresAtMs: expiring[0].expiresAtMs, expiring: expiring[0].points }), ...tier };
	if (!isDeepStrictEqual(points, customer.points)) tx.set(key, { ...customer, points });
}

/**
 * Tells what happened to points: counts it in the customer's history, writes it into the log, and lets journeys see it. To be called last, when the
 * documents are as they will be.
 * @param anyId any id of the customer
 * @param isHistory told by an import: nobody is enrolled
 */
export async function tellPoints(tx: Transaction, anyId: string, news: PointsNews[], { nowMs, definitions, isHistory = false }: { nowMs: number; definitions: Definitions; isHistory?: boolean }): Promise<void> {
	// Somebody to whom something happened may have been merged into another one since.
	const customerId = news.length > 0 ? (await loadCustomer(tx, anyId))?.id : undefined;
	if (customerId === undefined) return;
	const key = keys.history(customerId);
	await tx.load([key]);
	tx.set(key, counted(tx.get<HistoryRecord>(key), news.map(({ type }) => ({ recent: { atMs: nowMs, type }, fields: [type] })), nowMs));
	for (const { type, points } of news) tx.log({ atMs: nowMs, type, subject: keys.customer(customerId), data: { source, ...points } });
	for (const { type, points } of news) {
		const event: ShopEvent = { type, dedupeId: '', occurredAtMs: nowMs, source, customerId, points, ...(isHistory && { isHistory }) };
		await applyJourneys(tx, { event, happened: [{ type, atMs: nowMs }], customerId, definitions, nowMs });
	}
}

/** Who tells of points, in the log. */
const source = 'points';

/** What a shop's process needs to change points. */
export interface PointsShop {
	store: Store;
	clock: Clock;
	definitions: DefinitionsCache;
	/** The shop's programme; null: it has none. */
	loyalty?(): Promise<Programme | null>;
}

/**
 * Changes a customer's points with all that follows, in one commit: once per reference, however often and from wherever it is called. Of somebody who is not known, or was
 * erased, nothing is changed; the outcome is `unknown` then.
 * @throws PARAMETER_INVALID, STORE_BUSY, STORE_UNAVAILABLE
 */
export async function changePointsOf(shop: PointsShop, customerId: string, operation: LedgerOperation): Promise<PointsChange> {
	// All that an operation usually needs, in one round trip.
	const needed = [keys.customer(customerId), keys.points(customerId), keys.history(customerId), ...receiptNames(operation).map((name) => keys.pointsReceipt(customerId, name)), ...(operation.type === 'earn' || operation.type === 'give_back' ? [keys.tier(customerId)] : [])];
	const { outcome, entries } = await inOneCommit(shop, async (tx, context) => {
		await tx.load(needed);
		return await changePoints(tx, customerId, operation, context);
	});
	return { outcome, entries };
}

/** Customers looked up at once, and settled by one run of a sweep. */
const sweptAtOnce = 200;
const sweptInARun = 5_000;

/** What a run of a sweep came to. */
export interface Swept {
	swept: number;
	/** More were due than a run does. */
	hasMore: boolean;
}

/**
 * Settles customers for whom something fell due: expired lots, pending points, reservations that ran out. Each in a commit of its own, so a crash costs nothing, and
 * several processes may do it at once.
 * @throws STORE_UNAVAILABLE; and when the others are done, what kept somebody from being settled
 */
export async function sweepPointsOf(shop: PointsShop): Promise<Swept> {
	return await sweep(shop, indexes.pointsDue, async (tx, key, context) => {
		const id = key.slice(keys.points('').length);
		const changed = await changePoints(tx, id, { type: 'settle' }, context);
		// Of somebody who is gone nothing falls due.
		if (changed.customerId !== id || tx.get(key) === null) tx.index(indexes.pointsDue, key, null);
		return changed;
	});
}

/** Decides tiers anew that change as time goes by: earlier days count no more, or a tier was kept for long enough. Like `sweepPointsOf`. */
export async function sweepTiersOf(shop: PointsShop): Promise<Swept> {
	return await sweep(shop, indexes.tiersDue, async (tx, key, context) => {
		const id = key.slice(keys.tier('').length);
		const customer = await loadCustomer(tx, id);
		const isGone = customer?.id !== id || customer.erasedAtMs !== undefined || !context.programme;
		if (isGone) tx.index(indexes.tiersDue, key, null);
		const news = isGone ? [] : await keepTier(tx, id, { isDue: true }, context);
		return { ...nobody, customerId: isGone ? null : id, news };
	});
}

async function sweep(shop: PointsShop, index: string, settle: (tx: Transaction, key: string, context: PointsContext) => Promise<PointsChanged>): Promise<Swept> {
	const to = shop.clock.journeyNowMs();
	const failures: unknown[] = [];
	let swept = 0;
	for (let after: IndexEntry | undefined; swept < sweptInARun; ) {
		const due: IndexEntry[] = await shop.store.walk(index, { to, limit: sweptAtOnce, ...(after && { after }) });
		for (const { key } of due) {
			try {
				await inOneCommit(shop, async (tx, context) => await settle(tx, key, context));
			} catch (error) {
				if (isShopJourneysError(error, 'STORE_UNAVAILABLE')) throw error;
				// One customer who cannot be settled now keeps nobody else waiting.
				failures.push(error);
			}
		}
		swept += due.length;
		after = due.at(-1);
		if (due.length < sweptAtOnce) break;
	}
	if (failures.length > 0) throw failures[0];
	return { swept, hasMore: swept >= sweptInARun };
}

async function inOneCommit(shop: PointsShop, change: (tx: Transaction, context: PointsContext) => Promise<PointsChanged>): Promise<PointsChanged> {
	const { store, clock, definitions, loyalty } = shop;
	const programme = (await loyalty?.()) ?? null;
	const done = await transact(
		store,
		async (tx) => {
			const journeys = await definitions.get(clock.machineNowMs());
			tx.adopt(journeys.document);
			const context: PointsContext = { nowMs: clock.journeyNowMs(), programme };
			const changed = await change(tx, context);
			const { customerId, news } = changed;
			if (customerId !== null) {
				await tellPoints(tx, customerId, news, { ...context, definitions: journeys });
				if (news.length === 0 && tx.changed(keys.customer(customerId)).length > 0) await applyFacts(tx, { customerId, definitions: journeys, nowMs: context.nowMs });
				await indexChanges(tx);
			}
			return changed;
		},
		(key) => key === keys.definitions && definitions.clear(),
	);
	if (done.status !== 'committed') throw new ShopJourneysError('COMMIT_INVALID', `Points were not committed: ${done.status}`);
	return done.result;
}
