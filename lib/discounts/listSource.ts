import { ShopJourneysError } from '../model/errors';
import { type DiscountCodeRecord, indexes, keys } from '../model/records';
import type { IndexEntry, Store } from '../store/store';
import { transact } from '../store/transaction';
import { normaliseCode } from './code';
import type { CodeSource } from './source';

/** Codes per commit, far within a commit's bounds. */
const loadedAtOnce = 40;
const lookedAtOnce = 50;
const longestCode = 100;

/**
 * Puts the operator's codes on a list, behind those that are there. A code that any list or customer ever had is passed over, so that
 * loading the same file again adds only what is new, and one code never goes out twice.
 * @param options.expiresAtMs journey time: when the shop ends them; they are not handed out from then on
 * @throws PARAMETER_INVALID before anything is loaded
 */
export async function loadCodes(store: Store, list: string, codes: string[], { expiresAtMs }: { expiresAtMs?: number } = {}): Promise<{ added: number; known: number }> {
	const wanted = [...new Map(codes.map((code) => [normaliseCode(code), code.trim()])).entries()].filter(([code]) => code !== '');
	const wrong = wanted.find(([code]) => code.length > longestCode || /[\s\p{C}]/u.test(code));
	if (wrong) throw new ShopJourneysError('PARAMETER_INVALID', `"${wrong[1].slice(0, 40)}" is no discount code`, { hint: 'One code each, without spaces, 100 characters at most.' });
	let added = 0;
	for (let start = 0; start < wanted.length; start += loadedAtOnce) added += await loadBatch(store, list, wanted.slice(start, start + loadedAtOnce), expiresAtMs);
	return { added, known: wanted.length - added };
}

async function loadBatch(store: Store, list: string, codes: Array<[normalised: string, code: string]>, expiresAtMs: number | undefined): Promise<number> {
	const outcome = await transact(store, async (tx) => {
		const listKey = keys.discountList(list);
		await tx.load([listKey, ...codes.map(([code]) => keys.discountCode(code))]);
		let places = tx.get<{ places: number }>(listKey)?.places ?? 0;
		let added = 0;
		for (const [normalised, code] of codes) {
			const key = keys.discountCode(normalised);
			if (tx.get(key) !== null) continue;
			const record: DiscountCodeRecord = { code, state: 'free', source: `list:${list}`, place: places++, ...(expiresAtMs !== undefined && { expiresAtMs }) };
			tx.set(key, record);
			tx.index(indexes.freeDiscountCodes(list), key, record.place!);
			if (expiresAtMs !== undefined) tx.index(indexes.discountCodes, key, expiresAtMs);
			added++;
		}
		if (added > 0) tx.set(listKey, { places });
		return added;
	});
	return outcome.status === 'committed' ? outcome.result : 0;
}

/** How many codes of a list are left, counted up to `limit`. */
export async function codesLeft(store: Store, list: string, limit = 10_000): Promise<number> {
	return await store.count(indexes.freeDiscountCodes(list), { limit });
}

/** The operator's own codes, oldest first. The shop knows them already, and nothing here can end them there. */
export function listSource(store: Store, list: string): CodeSource {
	const index = indexes.freeDiscountCodes(list);
	return {
		name: `list:${list}`,
		async choose(tx, nowMs) {
			let after: IndexEntry | undefined;
			for (;;) {
				const entries = await store.walk(index, { after, limit: lookedAtOnce });
				const records = await tx.peek<DiscountCodeRecord>(entries.map(({ key }) => key));
				const next = entries.find(({ key }) => isFree(records.get(key), nowMs));
				if (next) {
					tx.index(index, next.key, null);
					const { code, expiresAtMs } = records.get(next.key)!;
					return { code, isReady: true, expiresAtMs };
				}
				if (entries.length < lookedAtOnce) return null;
				after = entries.at(-1);
			}
		},
		create: async () => 'created',
		revoke: async () => {},
		check: async () => null,
	};
}

/** Finds the source of a code by the name that its record has. @param shop codes made in the shop, where its API can be asked */
export function codeSources(store: Store, shop?: CodeSource): (name: string) => CodeSource | undefined {
	return (name) => (name.startsWith('list:') ? listSource(store, name.slice('list:'.length)) : shop);
}

function isFree(record: DiscountCodeRecord | undefined, nowMs: number): boolean {
	return record?.state === 'free' && (record.expiresAtMs === undefined || record.expiresAtMs > nowMs);
}
