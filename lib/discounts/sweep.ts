import { randomUUID } from 'node:crypto';
import { type Clock, hourMs, minuteMs } from '../model/clock';
import { isShopJourneysError } from '../model/errors';
import { type DiscountCodeRecord, indexes } from '../model/records';
import type { IndexEntry, Store } from '../store/store';
import { transact } from '../store/transaction';
import { removeBooking } from './issue';
import type { CodeSource } from './source';

/** When a booking that the shop could not be asked about is looked at again. Journey time. */
const againMs = hourMs;
const claimMs = 5 * minuteMs;
/** Looked through at a time: what cannot be settled here does not keep what can from its turn. */
const pagesAtMost = 4;

export interface Swept {
	/** Codes whose time was over. */
	expired: number;
	/** Bookings that never became codes, taken away in the shop too. */
	forgotten: number;
	/** Left for later: the shop could not be asked. */
	left: number;
}

/**
 * Settles what is due, at most `limit` entries: codes that are over, and bookings that nobody made codes of. Safe to run anywhere at once and to repeat;
 * there may be more when as many were settled as asked for.
 */
export async function sweepCodes(store: Store, sourceOf: (name: string) => CodeSource | undefined, clock: Clock, { limit }: { limit: number }): Promise<Swept> {
	const swept: Swept = { expired: 0, forgotten: 0, left: 0 };
	let after: IndexEntry | undefined;
	for (let page = 0; page < pagesAtMost; page++) {
		const due = await store.walk(indexes.discountCodes, { to: clock.journeyNowMs(), limit, after });
		for (const { key } of due) {
			const done = await sweepOne(store, key, sourceOf, clock);
			if (done) swept[done]++;
		}
		if (due.length < limit || swept.expired + swept.forgotten + swept.left >= limit) break;
		after = due.at(-1);
	}
	return swept;
}

/** Whether there is anything to settle: cheap, for those who look every minute. */
export async function hasDueCodes(store: Store, clock: Clock): Promise<boolean> {
	return (await store.walk(indexes.discountCodes, { to: clock.journeyNowMs(), limit: 1 })).length > 0;
}

async function sweepOne(store: Store, key: string, sourceOf: (name: string) => CodeSource | undefined, clock: Clock): Promise<keyof Swept | undefined> {
	const token = randomUUID();
	const outcome = await transact(store, async (tx): Promise<'expired' | DiscountCodeRecord | undefined> => {
		await tx.load([key]);
		const record = tx.get<DiscountCodeRecord>(key);
		if (record?.state === 'booked') {
			// Whoever can ask its shop takes it.
			if (sourceOf(record.source) === undefined || (record.claim && record.claim.untilMs > clock.machineNowMs())) return undefined;
			tx.set(key, { ...record, claim: { token, untilMs: clock.machineNowMs() + claimMs } });
			return record;
		}
		tx.index(indexes.discountCodes, key, null);
		if (record?.state !== 'free' && record?.state !== 'issued') return undefined;
		// Kept as it is otherwise: an order told late still finds it, and a list never hands it out again.
		if (record.state === 'free') tx.index(indexes.freeDiscountCodes(record.source.slice('list:'.length)), key, null);
		tx.set(key, { ...record, state: 'expired' });
		return 'expired';
	});
	if (outcome.status !== 'committed' || outcome.result === undefined) return undefined;
	return outcome.result === 'expired' ? 'expired' : await forgetBooking(store, key, token, outcome.result, sourceOf(outcome.result.source)!, clock);
}

async function forgetBooking(store: Store, key: string, token: string, record: DiscountCodeRecord, source: CodeSource, clock: Clock): Promise<'forgotten' | 'left'> {
	const isGone = await isRevoked(source, record);
	await transact(store, async (tx) => {
		await tx.load([key]);
		const now = tx.get<DiscountCodeRecord>(key);
		if (now?.claim?.token !== token) return;
		if (!isGone) {
			tx.set(key, { ...now, claim: { token, untilMs: clock.machineNowMs() } });
			tx.index(indexes.discountCodes, key, clock.journeyNowMs() + againMs);
			return;
		}
		await removeBooking(tx, key, now);
	});
	return isGone ? 'forgotten' : 'left';
}

async function isRevoked(source: CodeSource, record: DiscountCodeRecord): Promise<boolean> {
	try {
		await source.revoke(record);
		return true;
	} catch (error) {
		if (isShopJourneysError(error, 'SHOP_UNREACHABLE', 'SHOP_REFUSED')) return false;
		throw error;
	}
}
