import type { Clock } from '../model/clock';
import { isShopJourneysError, withHint } from '../model/errors';
import { type DiscountCodeRecord, indexes, keys } from '../model/records';
import type { Store } from '../store/store';
import { transact } from '../store/transaction';
import { normaliseCode } from './code';
import type { CodeSource } from './source';

/** After so many answers in a row that did not come, a run asks a shop no more. */
export const unansweredAtMost = 2;

/** `unknown`: no code that was issued for this shop. `missing`: the shop has it no more, or has somebody else's of that name. */
export type CodeStatus = 'valid' | 'unknown' | 'missing' | 'redeemed' | 'revoked' | 'expired' | 'unavailable';

/**
 * Whether a code can be used at this moment, by our record and then by its source.
 * @param sourceOf the source of that name, where there is one
 */
export async function checkCode(store: Store, code: string, sourceOf: (name: string) => Pick<CodeSource, 'check'> | undefined, clock: Clock): Promise<CodeStatus> {
	const record = await read(store, code);
	if (!record || record.state === 'free' || record.state === 'booked') return 'unknown';
	if (record.state !== 'issued') return record.state;
	if (record.expiresAtMs !== undefined && record.expiresAtMs <= clock.journeyNowMs()) return 'expired';
	const source = sourceOf(record.source);
	if (!source) return 'unavailable';
	try {
		const live = await source.check(record);
		if (live === null) return 'valid';
		if (!live.exists || !live.isOurs) return 'missing';
		if (live.isUsed) return 'redeemed';
		return live.isActive ? 'valid' : 'revoked';
	} catch (error) {
		if (isShopJourneysError(error, 'SHOP_UNREACHABLE')) return 'unavailable';
		throw error;
	}
}

/** As `checkCode`; that the shop refuses to tell is an answer, in words. */
export async function askForCode(...asked: Parameters<typeof checkCode>): Promise<{ status: CodeStatus; why?: string }> {
	try {
		return { status: await checkCode(...asked) };
	} catch (error) {
		if (isShopJourneysError(error, 'SHOP_REFUSED')) return { status: 'unavailable', why: withHint(error) };
		throw error;
	}
}

/**
 * Makes an issued code unusable: in the shop first, so that it counts as revoked only once it is. One that was used stays so.
 * @returns `unavailable` when it is to be tried again
 * @throws SHOP_REFUSED
 */
export async function revokeCode(store: Store, code: string, sourceOf: (name: string) => CodeSource | undefined): Promise<'revoked' | 'redeemed' | 'expired' | 'unknown' | 'unavailable'> {
	const record = await read(store, code);
	if (!record || record.state === 'free' || record.state === 'booked') return 'unknown';
	if (record.state !== 'issued') return record.state;
	const source = sourceOf(record.source);
	if (!source) return 'unavailable';
	try {
		await source.revoke(record);
	} catch (error) {
		if (isShopJourneysError(error, 'SHOP_UNREACHABLE')) return 'unavailable';
		throw error;
	}
	const key = keys.discountCode(normaliseCode(code));
	const outcome = await transact(store, async (tx) => {
		await tx.load([key]);
		const now = tx.get<DiscountCodeRecord>(key)!;
		if (now.state !== 'issued') return now.state as 'revoked' | 'redeemed' | 'expired';
		tx.set(key, { ...now, state: 'revoked' });
		tx.index(indexes.discountCodes, key, null);
		return 'revoked' as const;
	});
	return outcome.status === 'committed' ? outcome.result : 'unavailable';
}

async function read(store: Store, code: string): Promise<DiscountCodeRecord | null> {
	const normalised = normaliseCode(code);
	if (normalised === '' || Buffer.byteLength(normalised) > 400) return null;
	return (await store.read<DiscountCodeRecord>([keys.discountCode(normalised)]))[0].value;
}
