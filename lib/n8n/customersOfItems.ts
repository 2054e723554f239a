import { readMany } from '../journeys/items';
import type { AliasRecord, CustomerRecord, HistoryRecord } from '../model/records';
import { keys } from '../model/records';
import { normaliseEmail } from '../record/identity';
import type { Store } from '../store/store';

/** What an item may say of whom it is about. */
export interface CustomerHint {
	id?: string;
	email?: string;
	shopCustomerId?: string;
}

/** What is read of a customer: null where there is none, or none any more. */
export interface CustomerDocuments {
	customer: CustomerRecord | null;
	history: HistoryRecord | null;
}

/** A customer who was merged into another who was merged ... ends somewhere. */
const maxMerges = 5;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined);

/**
 * Reads off an item whom it is about: journey items and lists of ours carry `customer.id`, others an e-mail or the shop's id, beside
 * the other fields or under `customer`.
 * @param emailField the field that holds the e-mail, where it is called something else
 */
export function customerHint(json: object, emailField = 'email'): CustomerHint {
	const item = json as { [field: string]: unknown; customer?: unknown };
	const inner = (typeof item.customer === 'object' && item.customer !== null ? item.customer : {}) as { [field: string]: unknown };
	return {
		id: text(inner.id) ?? text(item.customerId),
		email: normaliseEmail(text(inner.email) ?? text(item[emailField])),
		shopCustomerId: text(inner.shopCustomerId) ?? text(item.shopCustomerId),
	};
}

/**
 * Reads the customers that items are about, in their order. An id that we do not know may be the shop's.
 * @param withHistory whether what they did is read as well
 */
export async function readCustomers(store: Store, hints: CustomerHint[], withHistory: boolean): Promise<CustomerDocuments[]> {
	const customers = await readById(store, hints.map(({ id }) => id));
	const missing = [...hints.keys()].filter((position) => customers[position] === null);
	if (missing.length > 0) {
		const aliases = missing.map((position) => aliasesOf(hints[position]));
		const leads = await readMany<AliasRecord>(store, aliases.flat());
		const found = await readById(store, aliases.map((candidates) => candidates.map((alias) => leads.get(alias)?.id).find((id) => id !== undefined)));
		missing.forEach((position, index) => (customers[position] = found[index]));
	}
	const histories = withHistory ? await readMany<HistoryRecord>(store, customers.flatMap((customer) => (customer ? [keys.history(customer.id)] : []))) : null;
	return customers.map((customer) => ({ customer, history: (customer && histories?.get(keys.history(customer.id))) ?? null }));
}

function aliasesOf({ id, email, shopCustomerId }: CustomerHint): string[] {
	return [...(email ? [keys.alias('email', email)] : []), ...(shopCustomerId ? [keys.alias('shop-customer', shopCustomerId)] : []), ...(id ? [keys.alias('shop-customer', id)] : [])];
}

async function readById(store: Store, ids: Array<string | undefined>): Promise<Array<CustomerRecord | null>> {
	const customers: Array<CustomerRecord | null> = ids.map(() => null);
	let wanted = ids.flatMap((id, position) => (id ? [{ id, position }] : []));
	for (let round = 0; wanted.length > 0 && round <= maxMerges; round++) {
		const documents = await readMany<CustomerRecord>(store, wanted.map(({ id }) => keys.customer(id)));
		const merged: typeof wanted = [];
		for (const { id, position } of wanted) {
			const customer = documents.get(keys.customer(id));
			if (customer?.mergedInto !== undefined) merged.push({ id: customer.mergedInto, position });
			else if (customer && customer.erasedAtMs === undefined) customers[position] = customer;
		}
		wanted = merged;
	}
	return customers;
}
