import { parse } from 'csv-parse/sync';
import { messageOf, ShopJourneysError } from '../model/errors';
import { mergeRules, type ProductRule, type ProductRulesRecord } from '../model/productRules';
import { keys } from '../model/records';
import { commitBounds, type Store } from '../store/store';
import { transact } from '../store/transaction';

/** The rules of a shop as they stand; none were ever set: an empty list. @throws STORE_UNAVAILABLE */
export async function readProductRules(store: Store): Promise<ProductRule[]> {
	const [{ value }] = await store.read<ProductRulesRecord>([keys.productRules]);
	return value?.rules ?? [];
}

/**
 * Keeps rules: in place of all that were there, or besides them (what is named in both is replaced).
 * @returns how many rules there are now
 * @throws PARAMETER_INVALID when they are more than one document holds
 */
export async function saveProductRules(store: Store, rules: ProductRule[], mode: 'replace' | 'merge', journeyNowMs: number): Promise<number> {
	const outcome = await transact(store, async (tx) => {
		await tx.load([keys.productRules]);
		const before = tx.get<ProductRulesRecord>(keys.productRules)?.rules ?? [];
		const record: ProductRulesRecord = { rules: mode === 'merge' ? mergeRules(before, rules) : rules, updatedAtMs: journeyNowMs };
		if (Buffer.byteLength(JSON.stringify(record)) > commitBounds.documentBytes) {
			throw new ShopJourneysError('PARAMETER_INVALID', `${record.rules.length} product rules are more than can be kept`, { hint: 'Name tags or categories in place of single products: one row for all that have something in common.' });
		}
		tx.set(keys.productRules, record);
		return record.rules.length;
	});
	if (outcome.status !== 'committed') throw new Error('unreachable: saving rules uses no once-keys and no leases');
	return outcome.result;
}

/**
 * Rows of a table typed in as text: the first line names the columns; commas, semicolons or tabs stand between cells.
 * @throws PARAMETER_INVALID naming the line
 */
export function readTable(text: string): Array<Record<string, string>> {
	const head = text.trim().split('\n', 1)[0] ?? '';
	const delimiter = ['\t', ';', ','].find((candidate) => head.includes(candidate)) ?? ',';
	try {
		return parse(text.trim(), { columns: true, bom: true, trim: true, skip_empty_lines: true, delimiter });
	} catch (error) {
		throw new ShopJourneysError('PARAMETER_INVALID', `"Rows" cannot be read: ${messageOf(error)}`, {
			hint: 'The first line names the columns, each further line has as many cells. A cell with a comma in it stands in double quotes.',
			cause: error,
		});
	}
}
