import { constants, gzipSync } from 'node:zlib';
import { dayMs, hourMs } from '../../model/clock';
import { indexes, keys, type WebViewRecord, webViewDays } from '../../model/records';
import type { Store } from '../../store/store';
import { transact, type Transaction } from '../../store/transaction';

/** Hundreds of pages are compressed a second: quickly is better than tightly. A tenth of a millisecond, less than handing it to another thread costs. */
const level = constants.Z_BEST_SPEED;

/** The page of a mail, as it is kept. */
export function zipPage(html: string): string {
	return gzipSync(html, { level }).toString('base64');
}

/** Keeps the page of a mail with its booking. Its document is known to the transaction. */
export function keepWebView(tx: Transaction, messageId: string, record: WebViewRecord): void {
	const key = keys.webView(messageId);
	tx.set(key, record);
	tx.index(indexes.webViews, key, record.atMs);
	tx.index(indexes.belongings(record.customerId), key, record.atMs);
}

/** Pages removed per commit. */
const trimBatch = 30;
/** Commits per call: the rest follows next time. */
const maxBatches = 20;

/** Forgets pages older than `webViewDays`, so many at most. @returns how many */
export async function trimWebViews(store: Store, nowMs: number): Promise<number> {
	let removed = 0;
	for (let batch = 0; batch < maxBatches; batch++) {
		const old = await store.walk(indexes.webViews, { to: nowMs - webViewDays * dayMs, limit: trimBatch });
		if (old.length === 0) break;
		await transact(store, async (tx) => {
			await tx.load(old.map(({ key }) => key));
			for (const { key } of old) {
				const record = tx.get<WebViewRecord>(key);
				if (record) tx.index(indexes.belongings(record.customerId), key, null);
				tx.set(key, null);
				tx.index(indexes.webViews, key, null);
			}
		});
		removed += old.length;
		if (old.length < trimBatch) break;
	}
	return removed;
}

/** How often this process looks for old pages. Machine time. */
const trimEveryMs = hourMs;
const trimmedAt = new WeakMap<Store, number>();

/** Trims now and then. */
export async function trimWebViewsSometimes(store: Store, journeyNowMs: number, machineNowMs: number): Promise<void> {
	if (machineNowMs - (trimmedAt.get(store) ?? -Infinity) < trimEveryMs) return;
	trimmedAt.set(store, machineNowMs);
	await trimWebViews(store, journeyNowMs);
}
