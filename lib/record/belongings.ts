import { type AliasRecord, type CartRecord, type CustomerRecord, type DiscountCodeRecord, type EnrolmentRecord, indexes, keys, type OrderRecord, type ReturnRecord } from '../model/records';
import type { Store } from '../store/store';
import type { Transaction } from '../store/transaction';

/**
 * What belongs to a customer besides the customer's own document, in the index `of:<customer>` by time: the keys of carts,
 * orders, returns, enrolments, discount codes and kept mails, of customers that were merged into this one (their log entries), and of aliases that no
 * longer fit into the document. Merges and erasures walk it in batches; this file knows what each kind needs then.
 */

/** Says that a document belongs to a customer, or to another one than before. */
export function belongs(tx: Transaction, key: string, atMs: number, customerId: string | undefined, before?: string): void {
	if (before === customerId) return;
	if (before !== undefined) tx.index(indexes.belongings(before), key, null);
	if (customerId !== undefined) tx.index(indexes.belongings(customerId), key, atMs);
}

type Kind = 'cart' | 'order' | 'return' | 'enrolment' | 'customer' | 'alias' | 'web-view' | 'discount-code';
export const kindOf = (key: string) => key.slice(0, key.indexOf(':')) as Kind;

/** Hands loaded belongings of a customer who was merged away to the one who stays. */
export function handOver(tx: Transaction, entries: Array<{ key: string; value: number }>, from: string, to: string): void {
	for (const { key, value } of entries) {
		tx.index(indexes.belongings(from), key, null);
		const document = tx.get<object>(key);
		if (!document || ownerOf(key, document) !== from) continue;
		tx.set(key, withOwner(key, document, to));
		tx.index(indexes.belongings(to), key, value);
	}
}

function ownerOf(key: string, document: object): string | undefined {
	switch (kindOf(key)) {
		case 'alias':
			return (document as AliasRecord).id;
		case 'customer':
			return (document as CustomerRecord).mergedInto;
		case 'discount-code':
			return (document as DiscountCodeRecord).purpose?.customerId;
		default:
			return (document as CartRecord).customerId;
	}
}

function withOwner(key: string, document: object, owner: string): object {
	switch (kindOf(key)) {
		case 'alias':
			return { ...document, id: owner };
		case 'customer':
			return { ...document, mergedInto: owner };
		case 'discount-code':
			return { ...document, purpose: { ...(document as DiscountCodeRecord).purpose, customerId: owner } };
		default:
			return { ...document, customerId: owner };
	}
}

/**
 * Takes the person out of a loaded belonging. Carts, orders and returns stay as the shop's own figures, with the id of the
 * erased customer, which names nobody any more and keeps late deliveries from finding another one; what leads back to a
 * person (links, what was looked at) goes. Aliases go altogether. What is somebody else's by now is left alone.
 */
function anonymise(tx: Transaction, key: string, owner: string): void {
	const document = tx.get<object>(key);
	if (!document || ownerOf(key, document) !== owner) return;
	switch (kindOf(key)) {
		case 'cart':
			return tx.set(key, namelessCart(document as CartRecord));
		case 'order':
			return tx.set(key, namelessOrder(document as OrderRecord));
		case 'return':
			return tx.set(key, namelessReturn(document as ReturnRecord));
		case 'enrolment': {
			const { view: _view, event: _event, failure: _failure, ...rest } = document as EnrolmentRecord;
			const sends = Object.entries(rest.sends).map(([name, { response: _response, ...send }]) => [name, send]);
			return tx.set(key, { ...rest, sends: Object.fromEntries(sends) });
		}
		case 'alias':
			return tx.set(key, null);
		case 'web-view':
			tx.index(indexes.webViews, key, null);
			return tx.set(key, null);
		case 'discount-code': {
			// The code itself stays, as the shop has it: an order told late still finds it.
			const { onlyFor: _onlyFor, ...rest } = document as DiscountCodeRecord;
			return tx.set(key, rest);
		}
		case 'customer':
			return;
	}
}

/** Log entries removed per round trip. */
const logBatch = 1_000;

/** Anonymises a page of loaded belongings and takes them off the list; the log of customers among them goes at once, which does no harm when it is done again. */
export async function forgetPage(tx: Transaction, store: Store, page: Array<{ key: string }>, owner: string): Promise<void> {
	for (const { key } of page) {
		anonymise(tx, key, owner);
		tx.index(indexes.belongings(owner), key, null);
		if (kindOf(key) === 'customer') while ((await store.eraseTimeline(key, { limit: logBatch })) === logBatch);
	}
}

/** What is kept of the carts, orders and returns of somebody who was erased: of what is delivered late too. */
export function namelessCart({ recoveryUrl: _link, ...cart }: CartRecord): CartRecord {
	return cart;
}

export function namelessOrder({ statusUrl: _link, ...order }: OrderRecord): OrderRecord {
	return order;
}

export function namelessReturn({ formUrl: _link, ...told }: ReturnRecord): ReturnRecord {
	return told;
}

/** An entry of one's own belongings that leads to a customer's log: see `maxMerged`. */
export const mergedKey = (id: string) => keys.customer(id);
