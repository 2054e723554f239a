import { type Clock, secondMs } from '../model/clock';
import { isShopJourneysError } from '../model/errors';
import { readMany } from '../journeys/items';
import { type CustomerRecord, indexes, keys, type ProductRecord } from '../model/records';
import { readCustomerTimeline } from '../record/timeline';
import type { LogEntry, Store, Versioned } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import { type DaySales, dayOf, type ProductSignals, Sales, Signals, soldKeptDays, viewToOrderMs, visitMs } from './signals';

/**
 * Folds the event log into signals, behind a cursor of its own. Cursor and effects are one commit, so a crash neither loses nor repeats
 * anything; the lease only spares two processes the same work. What an entry does depends on the log alone.
 */
export interface FoldRecord {
	/** Everything up to this entry is folded. */
	afterSeq: number;
	/** Whether a look at a product was ever folded: until then nobody's looks are searched for. */
	hasViews?: boolean;
}

/** What an entry of the log holds of an order, where it was placed or cancelled: see lib/record. */
export interface LoggedGoods {
	goods?: string[];
	placedAtMs?: number;
}

/** The log's reader: nothing is trimmed that was not folded. */
const reader = 'signals';
const entriesAtOnce = 300;
/** Signals and days of sales written by one commit, besides the cursor. */
const documentsAtOnce = 58;
/** Machine time. */
const leaseMs = 60 * secondMs;
/** One turn; what is left waits for the next. Machine time. */
const turnMs = 5 * secondMs;
/** Different products of one visit, and looks before one order, that are connected. */
const maxVisited = 10;
const maxLooks = 15;
/** Entries of a customer that are searched for looks. */
const looksSearched = 60;
/** Days of sales that are over and removed with one commit. */
const removedAtOnce = 2;

/** Goods of one order that are connected: two orders never fill a commit. */
export const maxGoods = 40;

/** What one entry does. */
interface Effect {
	seq: number;
	kind: 'order' | 'cancelled' | 'view';
	atMs: number;
	/** Goods of the order, or the product looked at. */
	products: string[];
	/** What was looked at before: in the same visit, or before the order. */
	looks: string[];
}

/** What the entries of the log behind `afterSeq`, up to `untilSeq`, do. */
interface Page {
	afterSeq: number;
	untilSeq: number;
	hasViews: boolean;
	effects: Effect[];
}

/**
 * Folds what is new, as far as a turn goes. Safe to call anywhere at once: one process folds.
 * @throws STORE_UNAVAILABLE, STORE_BUSY
 */
export async function foldLog(store: Store, clock: Clock, { isStopped = () => false, forMs = turnMs }: { isStopped?: () => boolean; forMs?: number } = {}): Promise<void> {
	const startMs = clock.machineNowMs();
	const lease = { dueMs: startMs, machineNowMs: startMs, leaseUntilMs: startMs + leaseMs, limit: 1 };
	if ((await store.count(indexes.fold, { limit: 1 })) === 0) await begin(store);
	const [claimed] = await store.claim(indexes.fold, lease);
	if (!claimed) return;
	const folding = new Folding(store, { index: indexes.fold, key: claimed.key, token: claimed.token }, clock);
	try {
		let renewedMs = startMs;
		while (!isStopped() && clock.machineNowMs() - startMs < forMs && (await folding.step())) {
			if (clock.machineNowMs() - renewedMs < leaseMs / 3) continue;
			renewedMs = clock.machineNowMs();
			await store.renew(indexes.fold, [claimed], renewedMs + leaseMs);
		}
		if (folding.afterSeq !== undefined) await store.setLogReader(reader, folding.afterSeq);
	} finally {
		await store.release(indexes.fold, [claimed], clock.machineNowMs());
	}
}

/** Puts the turn into its index, and keeps the log from here on. */
async function begin(store: Store): Promise<void> {
	await store.setLogReader(reader, 0);
	await transact(store, async (tx) => {
		await tx.load([keys.fold]);
		if (!tx.get(keys.fold)) tx.set(keys.fold, { afterSeq: 0 } satisfies FoldRecord);
		tx.index(indexes.fold, keys.fold, 0);
	});
}

/** Documents and categories are kept between the commits of one turn: most days and many products come again. */
const maxRemembered = 2_000;

class Folding {
	private readonly documents = new Map<string, Versioned<unknown>>();
	private readonly categories = new Map<string, string>();
	/** What of the page read last did not fit into the commit. */
	private rest: Page | null = null;
	afterSeq: number | undefined;

	constructor(
		private readonly store: Store,
		private readonly lease: { index: string; key: string; token: string },
		private readonly clock: Clock,
	) {}

	/** One commit. @returns whether there may be more to do */
	async step(): Promise<boolean> {
		const outcome = await transact(
			this.store,
			async (tx) => {
				tx.requireLease(this.lease);
				await tx.load([keys.fold]);
				const fold = tx.get<FoldRecord>(keys.fold) ?? { afterSeq: 0 };
				const page = this.rest?.afterSeq === fold.afterSeq ? this.rest : await this.read(fold);
				const { now, later } = fitting(page.effects);
				await this.apply(tx, now);
				const afterSeq = later.length > 0 ? later[0].seq - 1 : page.untilSeq;
				if (afterSeq > fold.afterSeq) tx.set(keys.fold, { afterSeq, ...(page.hasViews && { hasViews: true }) } satisfies FoldRecord);
				return { afterSeq, hasMore: afterSeq > fold.afterSeq, rest: { ...page, afterSeq, effects: later }, tx };
			},
			() => {
				this.documents.clear();
				this.rest = null;
			},
		);
		if (outcome.status !== 'committed') return false;
		const { afterSeq, hasMore, rest, tx } = outcome.result;
		this.afterSeq = afterSeq;
		this.rest = rest.effects.length > 0 ? rest : null;
		this.remember(tx);
		return hasMore;
	}

	private async read({ afterSeq, ...fold }: FoldRecord): Promise<Page> {
		const { entries, afterSeq: fromSeq } = await readOn(this.store, afterSeq);
		const hasViews = fold.hasViews === true || entries.some(({ type }) => type === 'product_viewed');
		return { afterSeq, untilSeq: entries.at(-1)?.seq ?? fromSeq, hasViews, effects: await this.effectsOf(entries, hasViews) };
	}

	private remember(tx: Transaction): void {
		for (const { key } of [...tx.changed('signals:'), ...tx.changed('sold:')]) {
			// The latest stand last.
			this.documents.delete(key);
			this.documents.set(key, tx.committed(key));
		}
		for (const key of this.documents.keys()) {
			if (this.documents.size <= maxRemembered) break;
			this.documents.delete(key);
		}
	}

	/** What the entries do, in their order. Those of an order that say nothing of its goods are repetitions. */
	private async effectsOf(entries: LogEntry[], hasViews: boolean): Promise<Effect[]> {
		const customers = hasViews ? await this.buyersIn(entries) : new Map<string, CustomerRecord>();
		const effects = await Promise.all(
			entries.map(async ({ seq, type, atMs, subject, data }): Promise<Effect[]> => {
				const { view, goods = [], placedAtMs = atMs } = data as LoggedGoods & { view?: { product?: string } };
				if (type === 'product_viewed' && view?.product) {
					const looks = await this.looksBefore(subject, undefined, seq, atMs, visitMs, maxVisited);
					// Looked at again in the same visit: nothing new.
					return looks.includes(view.product) ? [] : [{ seq, kind: 'view', atMs, products: [view.product], looks }];
				}
				if (goods.length === 0) return [];
				if (type === 'order_cancelled') return [{ seq, kind: 'cancelled', atMs: placedAtMs, products: goods, looks: [] }];
				if (type !== 'order_placed') return [];
				const looks = hasViews ? await this.looksBefore(subject, customers.get(subject ?? '')?.merged, seq, placedAtMs, viewToOrderMs, maxLooks) : [];
				return [{ seq, kind: 'order', atMs: placedAtMs, products: goods, looks: looks.filter((id) => !goods.includes(id)) }];
			}),
		);
		return effects.flat();
	}

	/** Who placed the orders: what they looked at before they were known stands where it was written. */
	private async buyersIn(entries: LogEntry[]): Promise<Map<string, CustomerRecord>> {
		const subjects = entries.flatMap(({ type, subject, data }) => (type === 'order_placed' && subject !== undefined && (data as LoggedGoods).goods ? [subject] : []));
		return await readMany<CustomerRecord>(this.store, subjects);
	}

	/** What a customer looked at before an entry of theirs, newest first, each once. */
	private async looksBefore(subject: string | undefined, merged: string[] | undefined, seq: number, atMs: number, withinMs: number, limit: number): Promise<string[]> {
		if (subject === undefined) return [];
		const id = subject.slice(keys.customer('').length);
		const earlier = await readCustomerTimeline(this.store, { id, merged }, { beforeSeq: seq, limit: looksSearched });
		const looked = new Set<string>();
		for (const entry of earlier) {
			const { view } = entry.data as { view?: { product?: string } };
			if (entry.type === 'product_viewed' && view?.product && entry.atMs <= atMs && atMs - entry.atMs <= withinMs) looked.add(view.product);
		}
		return [...looked].slice(0, limit);
	}

	private async apply(tx: Transaction, effects: Effect[]): Promise<void> {
		if (effects.length === 0) return;
		const nowMs = this.clock.journeyNowMs();
		const firstDay = dayOf(nowMs) - soldKeptDays;
		const touched = [...new Set(effects.flatMap((effect) => keysOf(effect)))].filter((key) => !key.startsWith('sold:') || Number(key.slice('sold:'.length)) >= firstDay);
		for (const key of touched) {
			const known = this.documents.get(key);
			if (known) tx.adopt(known);
		}
		await tx.load(touched);
		await this.learnCategories(tx, effects);
		const signals = new Map<string, Signals>();
		const sales = new Map<number, Sales>();
		const signalsOf = (productId: string, atMs: number) => getOrMake(signals, productId, () => new Signals(tx.get<ProductSignals>(keys.signals(productId)), atMs));
		for (const effect of effects) {
			if (effect.kind === 'view') foldView(effect, signalsOf);
			else {
				const sign = effect.kind === 'order' ? 1 : -1;
				foldOrder(effect, sign, signalsOf);
				const day = dayOf(effect.atMs);
				if (day < firstDay) continue;
				const sold = getOrMake(sales, day, () => new Sales(tx.get<DaySales>(keys.soldOn(day))));
				for (const id of effect.products) sold.add(this.categories.get(id) ?? '', id, sign);
			}
		}
		for (const [id, changed] of signals) tx.set(keys.signals(id), changed.toRecord());
		for (const [day, changed] of sales) {
			tx.set(keys.soldOn(day), changed.toRecord());
			tx.index(indexes.soldOn, keys.soldOn(day), day);
		}
		if (sales.size > 0) await removeOld(this.store, tx, firstDay);
	}

	private async learnCategories(tx: Transaction, effects: Effect[]): Promise<void> {
		if (this.categories.size > maxRemembered) this.categories.clear();
		const unknown = [...new Set(effects.filter(({ kind }) => kind !== 'view').flatMap(({ products }) => products))].filter((id) => !this.categories.has(id));
		const products = await tx.peek<ProductRecord>(unknown.map(keys.product));
		for (const id of unknown) this.categories.set(id, products.get(keys.product(id))?.category ?? '');
	}
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
	let value = map.get(key);
	if (value === undefined) map.set(key, (value = make()));
	return value;
}

type SignalsOf = (productId: string, atMs: number) => Signals;

function foldView({ atMs, products: [product], looks }: Effect, signalsOf: SignalsOf): void {
	signalsOf(product, atMs).addViewed(atMs);
	for (const other of looks) {
		signalsOf(product, atMs).addNeighbour('viewedWith', other, atMs);
		signalsOf(other, atMs).addNeighbour('viewedWith', product, atMs);
	}
}

function foldOrder({ atMs, products, looks }: Effect, sign: 1 | -1, signalsOf: SignalsOf): void {
	for (const id of products) {
		const signals = signalsOf(id, atMs);
		signals.addBought(atMs, sign);
		for (const other of products) if (other !== id) signals.addNeighbour('boughtWith', other, atMs, sign);
	}
	for (const looked of looks) for (const id of products) signalsOf(looked, atMs).addNeighbour('boughtAfter', id, atMs);
}

const keysOf = ({ kind, atMs, products, looks }: Effect) => [...[...products, ...looks].map(keys.signals), ...(kind === 'view' ? [] : [keys.soldOn(dayOf(atMs))])];

/** As many effects as one commit holds, and those that are left. */
function fitting(effects: Effect[]): { now: Effect[]; later: Effect[] } {
	const documents = new Set<string>();
	for (const [position, effect] of effects.entries()) {
		const added = keysOf(effect).filter((key) => !documents.has(key));
		// The first always fits: goods and looks are bounded.
		if (documents.size + added.length > documentsAtOnce && position > 0) return { now: effects.slice(0, position), later: effects.slice(position) };
		for (const key of added) documents.add(key);
	}
	return { now: effects, later: [] };
}

/** Days that no period reaches any more. */
async function removeOld(store: Store, tx: Transaction, firstDay: number): Promise<void> {
	const old = await store.walk(indexes.soldOn, { to: firstDay - 1, limit: removedAtOnce });
	await tx.load(old.map(({ key }) => key));
	for (const { key } of old) {
		tx.set(key, null);
		tx.index(indexes.soldOn, key, null);
	}
}

/** What follows in the log. Where it was trimmed meanwhile (a store brought back from a copy), from where it goes on. */
async function readOn(store: Store, afterSeq: number): Promise<{ entries: LogEntry[]; afterSeq: number }> {
	try {
		return { entries: await store.readLog({ afterSeq, limit: entriesAtOnce }), afterSeq };
	} catch (error) {
		if (!isShopJourneysError(error, 'CURSOR_TOO_OLD')) throw error;
		const from = await firstReadable(store, afterSeq);
		return { entries: await store.readLog({ afterSeq: from, limit: entriesAtOnce }), afterSeq: from };
	}
}

/** The least position behind `tooOld` from which the log can be read. */
async function firstReadable(store: Store, tooOld: number): Promise<number> {
	const isReadable = async (afterSeq: number) => {
		try {
			await store.readLog({ afterSeq, limit: 1 });
			return true;
		} catch (error) {
			if (isShopJourneysError(error, 'CURSOR_TOO_OLD')) return false;
			throw error;
		}
	};
	let low = tooOld;
	let high = tooOld + 1;
	while (!(await isReadable(high))) [low, high] = [high, high + 2 * (high - low)];
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (await isReadable(middle)) high = middle;
		else low = middle;
	}
	return high;
}
