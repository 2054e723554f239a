import { type NeighbourKind, type ProductSignals, weightAt } from './signals';
import type { PickReads, Ranked } from './reads';
import { ranked } from './reads';
import type { Seed } from './seeds';

/** Candidates that are scored exactly: those with the most common orders or visits. */
const maxScored = 40;
/** So many common orders (of now) count half: one chance purchase makes no pair. */
const support = 1;
/** How much it counts against a product that everybody buys it anyway. 0.5 would be a pure cosine; less let picks hit more often in the benchmark. */
const popularity = 0.3;

export interface Scored {
	scores: Ranked;
	/** The seed that gave most of a product's score. */
	because: Map<string, string>;
}

/**
 * Products that go with the seeds. For one seed and one product, with the decayed numbers of orders (or visits): common orders, by the
 * square root of the orders of each (cosine), less where there are few common ones. Over the seeds it is the sum by their weights.
 * @param excepted what is not to be picked anyway
 */
export async function scoreNeighbours(seeds: Seed[], kind: NeighbourKind, excepted: ReadonlySet<string>, reads: PickReads, nowMs: number): Promise<Scored> {
	await reads.load(seeds.map(({ productId }) => productId), true);
	const common = new Map<string, number>();
	for (const { productId, weight } of seeds) {
		const signals = reads.signalsOf(productId);
		if (!signals) continue;
		const decay = weightAt(signals.asOfMs, nowMs);
		const own = Math.max(frequency(signals, kind === 'boughtWith' ? 'bought' : 'viewed', nowMs), 1);
		for (const [id, together] of signals[kind]) common.set(id, (common.get(id) ?? 0) + (weight * decay * together) / Math.sqrt(own));
	}
	const candidates = ranked(common).map(([id]) => id).filter((id) => !excepted.has(id)).slice(0, maxScored);
	await reads.load(candidates, true);
	const scores = new Map<string, number>();
	const because = new Map<string, { seed: string; share: number }>();
	for (const { productId, weight } of seeds) {
		const signals = reads.signalsOf(productId);
		if (!signals) continue;
		const decay = weightAt(signals.asOfMs, nowMs);
		const together = new Map(signals[kind]);
		const own = Math.max(frequency(signals, kind === 'boughtWith' ? 'bought' : 'viewed', nowMs), 1);
		for (const id of candidates) {
			const count = (together.get(id) ?? 0) * decay;
			if (count === 0 || id === productId) continue;
			const other = reads.signalsOf(id);
			const its = other ? Math.max(frequency(other, kind === 'viewedWith' ? 'viewed' : 'bought', nowMs), 1) : 1;
			const share = ((weight * count) / (Math.sqrt(own) * its ** popularity)) * (count / (count + support));
			scores.set(id, (scores.get(id) ?? 0) + share);
			if (share > (because.get(id)?.share ?? 0)) because.set(id, { seed: productId, share });
		}
	}
	return { scores: ranked(scores), because: new Map([...because].map(([id, { seed }]) => [id, seed])) };
}

const frequency = (signals: ProductSignals, of: 'bought' | 'viewed', nowMs: number) => signals[of] * weightAt(signals.asOfMs, nowMs);
