import type { CartFacts } from '../model/events';
import type { CartPart, CartRecord } from '../model/records';
import { isOlder, type Told } from './latest';

/** Which fields belong to which part of a cart. */
const fieldsOf = {
	content: ['items', 'totalMinor', 'updatedAtMs'],
	currency: ['currency'],
	customer: ['customerId'],
	link: ['recoveryUrl'],
	optIn: ['acceptsMarketing'],
} as const satisfies Record<CartPart, ReadonlyArray<keyof CartRecord>>;
const parts = Object.keys(fieldsOf) as CartPart[];

/**
 * A cart as one event tells of it. Cart and checkout of one purchase have timestamps of different precision (Shopify:
 * milliseconds and whole seconds): at the same time the checkout has the last word. The checkout's own link is better
 * than a cart's at any time.
 */
export function cartOf(id: string, facts: CartFacts, sequenceMs: number, customerId: string | undefined): CartRecord {
	const rank = facts.stage === 'checkout' ? 1 : 0;
	const at: Told = [facts.updatedAtMs, rank, sequenceMs];
	const closed = facts.closed === 'completed' ? ('ordered' as const) : facts.closed;
	return {
		id,
		stage: facts.stage,
		items: facts.items,
		updatedAtMs: facts.updatedAtMs,
		createdAtMs: facts.updatedAtMs,
		...(facts.totalMinor !== undefined && { totalMinor: facts.totalMinor }),
		...(facts.currency !== undefined && { currency: facts.currency }),
		...(facts.recoveryUrl !== undefined && { recoveryUrl: facts.recoveryUrl }),
		...(facts.acceptsMarketing !== undefined && { acceptsMarketing: facts.acceptsMarketing }),
		...(customerId !== undefined && { customerId }),
		...(closed && { closed }),
		seen: {
			// A deletion says nothing of what was in it.
			...(facts.closed !== 'deleted' && { content: at }),
			...(facts.currency !== undefined && { currency: at }),
			...(facts.recoveryUrl !== undefined && { link: [rank, facts.updatedAtMs, sequenceMs] }),
			...(facts.acceptsMarketing !== undefined && { optIn: at }),
			...(customerId !== undefined && { customer: at }),
		},
	};
}

/**
 * Two tellings of one cart, put together: of each part the later one counts, a checkout does not become a cart again,
 * and an ordered or deleted cart stays closed. So neither the order nor the number of deliveries matters.
 */
export function mergeCarts(before: CartRecord | null, told: CartRecord): CartRecord {
	if (!before) return told;
	const merged: CartRecord = {
		...before,
		stage: before.stage === 'checkout' ? before.stage : told.stage,
		createdAtMs: Math.min(before.createdAtMs, told.createdAtMs),
		seen: { ...before.seen },
	};
	for (const part of parts) {
		if (!told.seen[part] || isOlder(told.seen[part], before.seen[part])) continue;
		merged.seen[part] = told.seen[part];
		for (const field of fieldsOf[part]) {
			if (told[field] === undefined) delete merged[field as 'totalMinor'];
			else Object.assign(merged, { [field]: told[field] });
		}
	}
	const closed = before.closed === 'ordered' ? before.closed : (told.closed ?? before.closed);
	if (closed) merged.closed = closed;
	return merged;
}
