import type { ItemPick } from '../model/item';
import { indexes, type ProductRecord } from '../model/records';
import { type ProductRule, ruleFor } from '../model/productRules';
import type { Store } from '../store/store';
import { fullPriceOf, isOnSale, stockOf } from './catalogue';
import { plainTitle, titleOfNextSize } from './nextSize';
import { PickReads, type Ranked, sinceDays } from './reads';
import { scoreNeighbours } from './scores';
import { boughtSeeds, customerSeeds, exceptedOf, favouriteCategories, itemSeeds, type Seed, seedsOf, type Subject, viewedSeeds } from './seeds';
import type { NeighbourKind } from './signals';
import type { PickShow, PickWay } from './ways';

export interface PickRequest {
	show: PickShow;
	count: number;
	/** Whether other ways fill up what is missing; never for `upgrade` and `nextSize`. */
	fallBack: boolean;
	/** What the customer bought within these days is left out; 0: nothing is. */
	exceptBoughtDays: number;
	/** For bestsellers, new, back in stock. */
	periodDays: number;
	/** Only of this category. */
	category?: string;
}

/** A recommended product, and why. */
export interface Pick {
	product: ProductRecord;
	way: PickWay;
	/** Higher is better; comparable within one way. Absent where there is only an order (the rules', the newest first). */
	score?: number;
	/** The product it goes with. */
	because?: string;
}

/** The ways of each choice in their order, and those that fill up what is missing. */
const waysOf: Record<PickShow, { own: PickWay[]; others: PickWay[] }> = {
	goesWith: { own: ['accessory', 'bought_together'], others: ['viewed_then_bought', 'viewed_together'] },
	similar: { own: ['viewed_together', 'same_category'], others: ['viewed_then_bought', 'bought_together'] },
	afterViewing: { own: ['viewed_then_bought'], others: ['viewed_together', 'bought_together'] },
	forCustomer: { own: ['bought_together', 'viewed_then_bought', 'favourite_category'], others: [] },
	bestsellers: { own: ['bestseller'], others: [] },
	newProducts: { own: ['new'], others: [] },
	backInStock: { own: ['back_in_stock'], others: [] },
	reduced: { own: ['reduced'], others: [] },
	upgrade: { own: ['upgrade'], others: [] },
	nextSize: { own: ['next_size'], others: [] },
};
const lastResorts: PickWay[] = ['same_category', 'bestseller', 'new', 'in_stock'];
/** One product is asked for: another would be wrong. */
const isOnlyThat = (show: PickShow) => show === 'upgrade' || show === 'nextSize';

/** Candidates of one way, best first. */
interface Candidate {
	id: string;
	score?: number;
	because?: string;
}

/** Products that are looked through for those of a certain title, or for what is back or reduced in one category. */
const maxSearched = 500;

/** Picks for one execution: what its items have in common is read once. */
export class Picker {
	private readonly reads: PickReads;

	constructor(
		store: Store,
		private readonly rules: ProductRule[],
		private readonly nowMs: number,
	) {
		this.reads = new PickReads(store, nowMs);
	}

	/** Reads what several picks will begin with in one go. */
	async prepare(asked: Array<{ subject: Subject; show: PickShow }>): Promise<void> {
		const seeds = asked.flatMap(({ subject, show }) => this.seedsFor(subject, show));
		await this.reads.load(seeds.map(({ productId }) => productId), true);
	}

	/**
	 * At most `count` products, each once, best first: by the ways of the choice, then by the others. Never what the item is about, what the customer
	 * bought lately, what is sold out, deleted, or without a name; with `fallBack` never fewer than `count` while the catalogue has as many.
	 * The same question to the same store has the same answer. Reads only.
	 * @throws STORE_UNAVAILABLE
	 */
	async pick(subject: Subject, request: PickRequest): Promise<Pick[]> {
		const { show, count, fallBack, exceptBoughtDays } = request;
		const { own, others } = waysOf[show];
		const ways = fallBack && !isOnlyThat(show) ? [...new Set([...own, ...others, ...lastResorts])] : own;
		const excepted = exceptedOf(subject, exceptBoughtDays, this.nowMs);
		const picks = new Map<string, Pick>();
		for (const way of ways) {
			for await (const candidates of this.candidates(way, subject, request, excepted)) {
				for (const { id, ...found } of candidates) {
					if (picks.size >= count) return [...picks.values()];
					const product = this.reads.product(id);
					if (picks.has(id) || excepted.has(id) || !isOnSale(product) || !isOf(product, request.category)) continue;
					picks.set(id, { product, way, ...found });
				}
				if (picks.size >= count) return [...picks.values()];
			}
		}
		return [...picks.values()];
	}

	/** A pick as items carry it. */
	item({ product, way, score, because }: Pick): ItemPick {
		const { productId, title, url, imageUrl, category, currency, variants } = product;
		const fullPriceMinor = fullPriceOf(product, this.nowMs);
		const stock = stockOf(product);
		const reason = because === undefined ? undefined : this.reads.product(because)?.title;
		return {
			id: productId,
			title,
			url,
			imageUrl,
			category,
			priceMinor: variants?.[0]?.priceMinor,
			...(fullPriceMinor !== undefined && { fullPriceMinor }),
			currency,
			...(stock !== undefined && { stock }),
			reason: way,
			...(reason !== undefined && { because: reason }),
			...(score !== undefined && { score: Number(score.toPrecision(4)) }),
		};
	}

	private seedsFor(subject: Subject, show: PickShow): Seed[] {
		return show === 'forCustomer' ? [...customerSeeds(subject, this.nowMs), ...itemSeeds(subject.item)] : seedsOf(subject, this.nowMs);
	}

	/** The candidates of a way, page by page, their products loaded. */
	private candidates(way: PickWay, subject: Subject, request: PickRequest, excepted: ReadonlySet<string>): AsyncGenerator<Candidate[]> {
		const seeds = this.seedsFor(subject, request.show);
		const since = { to: sinceDays(request.periodDays, this.nowMs) };
		switch (way) {
			case 'accessory':
				return this.byRules(seeds, ({ accessories }) => accessories);
			case 'upgrade':
				return this.byRules(seeds, ({ upgrade }) => upgrade);
			case 'next_size':
				return this.nextSizes(seeds);
			case 'bought_together':
				return this.neighbours(request.show === 'forCustomer' ? orElse(boughtSeeds(subject, this.nowMs), seeds) : seeds, 'boughtWith', excepted);
			case 'viewed_together':
				return this.neighbours(seeds, 'viewedWith', excepted);
			case 'viewed_then_bought':
				return this.neighbours(request.show === 'forCustomer' ? orElse(viewedSeeds(subject, this.nowMs), seeds) : seeds, 'boughtAfter', excepted);
			case 'same_category':
				return this.ofCategories(this.categoriesOf(seeds), request.periodDays);
			case 'favourite_category':
				return this.ofCategories(favouriteCategories(subject, this.nowMs).map(([category]) => category), request.periodDays);
			case 'bestseller':
				return this.bestsellers(request);
			case 'new':
				return this.walked(indexes.catalogue(request.category), since);
			case 'back_in_stock':
				return this.walked(indexes.backInStock, { ...since, atMost: maxSearched });
			case 'reduced':
				return this.walked(indexes.reduced, { atMost: maxSearched }, (product) => fullPriceOf(product, this.nowMs) !== undefined);
			case 'in_stock':
				return this.walked(indexes.catalogue(request.category));
		}
	}

	private async *byRules(seeds: Seed[], named: (rule: ReturnType<typeof ruleFor>) => string[] | string | undefined): AsyncGenerator<Candidate[]> {
		await this.reads.load(seeds.map(({ productId }) => productId), false);
		const found = seeds.flatMap((seed) => [named(this.ruleOf(seed)) ?? []].flat().map((id): Candidate => ({ id, because: seed.productId })));
		await this.reads.load(found.map(({ id }) => id), false);
		yield found;
	}

	private ruleOf({ productId, sku, category }: Seed): ReturnType<typeof ruleFor> {
		const product = this.reads.product(productId);
		const onlySku = product?.variants?.length === 1 ? product.variants[0].sku : undefined;
		return ruleFor(this.rules, { productId, sku: sku ?? onlySku, tags: product?.tags, category: product?.category ?? category });
	}

	/** By the rules, else the product of the same category that is called the same, one size up. */
	private async *nextSizes(seeds: Seed[]): AsyncGenerator<Candidate[]> {
		yield* this.byRules(seeds, ({ nextSize }) => nextSize);
		for (const { productId, title: lineTitle } of seeds) {
			const product = this.reads.product(productId);
			const title = titleOfNextSize(product?.title ?? lineTitle ?? '');
			if (title === undefined || this.ruleOf({ productId, weight: 1 }).nextSize !== undefined) continue;
			let searched = 0;
			for await (const ids of this.reads.walk(indexes.catalogue(product?.category))) {
				yield ids.filter((id) => plainTitle(this.reads.product(id)?.title ?? '') === title).map((id) => ({ id, because: productId }));
				if ((searched += ids.length) >= maxSearched) break;
			}
		}
	}

	private async *neighbours(seeds: Seed[], kind: NeighbourKind, excepted: ReadonlySet<string>): AsyncGenerator<Candidate[]> {
		const { scores, because } = await scoreNeighbours(seeds, kind, excepted, this.reads, this.nowMs);
		yield scores.map(([id, score]) => ({ id, score, because: because.get(id) }));
	}

	private categoriesOf(seeds: Seed[]): string[] {
		return [...new Set(seeds.flatMap(({ productId, category }) => this.reads.product(productId)?.category ?? category ?? []))];
	}

	/** What sells best of these categories, in turn, then the newest of them. */
	private async *ofCategories(categories: string[], periodDays: number): AsyncGenerator<Candidate[]> {
		if (categories.length === 0) return;
		const { categories: sold } = await this.reads.bestsellers(periodDays);
		const lists = categories.map((category) => sold.get(category.trim().toLowerCase()) ?? []);
		yield* this.rankedPages(inTurn(lists));
		for (const category of categories) yield* this.walked(indexes.catalogue(category));
	}

	private async *bestsellers({ category, periodDays }: PickRequest): AsyncGenerator<Candidate[]> {
		const { all, categories } = await this.reads.bestsellers(periodDays);
		yield* this.rankedPages(category === undefined ? all : (categories.get(category.trim().toLowerCase()) ?? []));
	}

	/** Ids in their order, a few at a time: usually the first ones do. */
	private async *rankedPages(list: Ranked): AsyncGenerator<Candidate[]> {
		const pageSize = 50;
		for (let start = 0; start < list.length; start += pageSize) {
			const page = list.slice(start, start + pageSize).map(([id, score]) => ({ id, score }));
			await this.reads.load(page.map(({ id }) => id), false);
			yield page;
		}
	}

	/** @param atMost so many are looked through; by default all, until there are enough */
	private async *walked(index: string, { atMost = Infinity, ...bounds }: { to?: number; atMost?: number } = {}, isMeant: (product: ProductRecord) => boolean = () => true): AsyncGenerator<Candidate[]> {
		let searched = 0;
		for await (const ids of this.reads.walk(index, bounds)) {
			if ((searched += ids.length) > atMost) return;
			yield ids.flatMap((id) => {
				const product = this.reads.product(id);
				return product && isMeant(product) ? [{ id }] : [];
			});
		}
	}
}

const orElse = (seeds: Seed[], others: Seed[]) => (seeds.length > 0 ? seeds : others);

const isOf = (product: ProductRecord, category: string | undefined) => category === undefined || product.category?.trim().toLowerCase() === category.trim().toLowerCase();

/** The first of each list, the second of each, and so on. */
function inTurn(lists: Ranked[]): Ranked {
	const longest = Math.max(...lists.map(({ length }) => length));
	return Array.from({ length: longest }, (_, position) => lists.flatMap((list) => (list[position] ? [list[position]] : []))).flat();
}
