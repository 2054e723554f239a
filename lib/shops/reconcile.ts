import { type Clock, hourMs, minuteMs } from '../model/clock';
import { isShopJourneysError, messageOf, ShopJourneysError } from '../model/errors';
import { indexes, keys } from '../model/records';
import type { Recorder } from '../record/record';
import type { Claimed, Store } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import type { NormaliseContext } from './adapter';
import { type HistoryKind, historyKinds, type HistoryPage, type ShopApi, type ShopApiContext } from './api';
import { addCounts, type HistoryCounts, noCounts, recordAll } from './history';

/**
 * Deliveries get lost: shops promise none, n8n answers some before our node is there, and what a shop could not deliver
 * for hours it gives up. So a shop is asked through its API what has changed since it was last asked.
 */

/** Shops show a change in their lists some time after it was made, and their clocks and ours differ. */
const overlapMs = 10 * minuteMs;
/** From the end of a round to the next. */
export const reconcileEveryMs = hourMs;
/** Before a round that failed goes on where it stopped. */
const retryMs = 5 * minuteMs;
/** A page may wait for the shop's limits; then another process may take over. */
const leaseMs = 5 * minuteMs;

/** How far the reconciliation has come. Wall clock, as shops know no other. */
export interface ReconcileRecord {
	/** Everything that changed in the shop before this was asked for. */
	upToMs: number;
	/** A round under way: what it asks for, and where it goes on. */
	round?: { sinceMs: number; startedAtMs: number; kind: HistoryKind; cursor: string | null; /** Why kinds were left out. */ withheld?: string[] };
	/** The last round that came to its end. */
	last?: { atMs: number; counts: HistoryCounts; refused: string[] };
	/** What the round under way has brought so far. */
	counts?: HistoryCounts;
	refused?: string[];
	/** Why it stands still, in words. */
	failure?: string;
}

export interface ReconcileOptions {
	store: Store;
	clock: Clock;
	record: Recorder;
	api: ShopApi;
	/** Asked for once a round has been claimed. */
	context(): Promise<ShopApiContext>;
	normalise: NormaliseContext;
	isStopped?: () => boolean;
}

const key = keys.progress('reconcile');
/** Sentences on entries that could not be read: enough to see what is wrong. */
const refusedKept = 20;

/**
 * Makes a round due at once, whoever may be at one now: after a start, when deliveries may have been missed. A shop that was
 * never reconciled begins with this moment; what lies before it is for the history import.
 */
export async function reconcileSoon(store: Store, wallNowMs: number): Promise<void> {
	await transact(store, async (tx) => {
		await tx.load([key]);
		if (!tx.get(key)) tx.set(key, { upToMs: wallNowMs } satisfies ReconcileRecord);
		tx.index(indexes.reconcile, key, 0);
	});
}

/** Forgets the shop's place, when another shop is connected under the same name. */
export async function forgetReconciliation(store: Store): Promise<void> {
	await transact(store, async (tx) => {
		await tx.load([key]);
		tx.set(key, null);
		tx.index(indexes.reconcile, key, null);
	});
}

export async function reconciliationOf(store: Store): Promise<ReconcileRecord | null> {
	return (await store.read<ReconcileRecord>([key]))[0].value;
}

/**
 * Does a round if one is due and no other process is at it; one that was cut short goes on where it stood.
 * @returns what a finished round has brought; null when there was none to finish
 * @throws SHOP_UNREACHABLE, SHOP_REFUSED, STORE_UNAVAILABLE: it goes on a few minutes later
 */
export async function reconcile(options: ReconcileOptions): Promise<HistoryCounts | null> {
	const { store, clock } = options;
	const nowMs = clock.machineNowMs();
	const [claimed] = await store.claim(indexes.reconcile, { dueMs: nowMs, machineNowMs: nowMs, leaseUntilMs: nowMs + leaseMs, limit: 1 });
	if (!claimed) return null;
	try {
		return await round(options, claimed);
	} catch (error) {
		await fail(options, claimed, error);
		throw error;
	}
}

async function round({ store, clock, record, api, context, normalise, isStopped }: ReconcileOptions, claimed: Claimed): Promise<HistoryCounts | null> {
	const apiContext = await context();
	let state = await change(store, claimed, (before) => ({
		...before,
		round: before.round ?? { sinceMs: before.upToMs - overlapMs, startedAtMs: clock.machineNowMs(), kind: historyKinds[0], cursor: null },
	}));
	while (state?.round) {
		if (isStopped?.()) {
			await store.release(indexes.reconcile, [claimed], clock.machineNowMs());
			return null;
		}
		const { round } = state;
		const asked = await ask(api, apiContext, round, normalise);
		const withheld = asked.withheld ? [...(round.withheld ?? []), asked.withheld.message] : round.withheld;
		// A shop that lets us see nothing at all: the round is done when it does.
		if (asked.withheld && withheld?.length === historyKinds.length) throw asked.withheld;
		const { page } = asked;
		const counts = { ...(await recordAll(page.events, record)), refused: page.refused?.length ?? 0 };
		const nextKind = page.cursor === null ? historyKinds[historyKinds.indexOf(round.kind) + 1] : round.kind;
		const total = addCounts(state.counts ?? noCounts, counts);
		const refused = [...(state.refused ?? []), ...(page.refused ?? [])].slice(0, refusedKept);
		if (!nextKind) {
			const last = { atMs: clock.machineNowMs(), counts: total, refused: [...(withheld ?? []), ...refused] };
			const done = await change(store, claimed, () => ({ upToMs: round.startedAtMs, last }), (tx) => tx.index(indexes.reconcile, key, last.atMs + reconcileEveryMs));
			return done && total;
		}
		state = await change(store, claimed, ({ failure: _mended, ...before }) => ({ ...before, round: { ...round, kind: nextKind, cursor: page.cursor, ...(withheld && { withheld }) }, counts: total, refused }));
		await store.renew(indexes.reconcile, [claimed], clock.machineNowMs() + leaseMs);
	}
	return null;
}

/** A page of a kind; nothing and the reason where the shop does not let us see this kind, so that the others still come. */
async function ask(api: ShopApi, context: ShopApiContext, { kind, sinceMs, cursor }: NonNullable<ReconcileRecord['round']>, normalise: NormaliseContext): Promise<{ page: HistoryPage; withheld?: ShopJourneysError }> {
	try {
		return { page: await api.history(context, kind, { sinceMs, cursor, normalise }) };
	} catch (error) {
		if (!isShopJourneysError(error, 'SHOP_REFUSED')) throw error;
		return { page: { events: [], cursor: null }, withheld: error };
	}
}

/** Writes the record as long as the lease holds; null when another process has taken over. */
async function change(store: Store, claimed: Claimed, to: (before: ReconcileRecord) => ReconcileRecord, also?: (tx: Transaction) => void): Promise<ReconcileRecord | null> {
	const outcome = await transact(store, async (tx) => {
		tx.requireLease({ index: indexes.reconcile, key, token: claimed.token });
		await tx.load([key]);
		const before = tx.get<ReconcileRecord>(key);
		if (!before) throw new ShopJourneysError('COMMIT_INVALID', 'The reconciliation has lost its record');
		const next = to(before);
		tx.set(key, next);
		also?.(tx);
		return next;
	});
	return outcome.status === 'committed' ? outcome.result : null;
}

async function fail({ store, clock }: ReconcileOptions, claimed: Claimed, error: unknown): Promise<void> {
	// A store that is away keeps nothing; the lease runs out by itself.
	if (isShopJourneysError(error, 'STORE_UNAVAILABLE')) return;
	// What the shop withheld in part is asked for again from the start.
	const again = (before: ReconcileRecord) => (before.round?.withheld ? { ...before.round, kind: historyKinds[0], cursor: null, withheld: undefined } : before.round);
	await change(store, claimed, (before) => ({ ...before, round: again(before), failure: messageOf(error) }));
	await store.release(indexes.reconcile, [claimed], clock.machineNowMs() + retryMs);
}
