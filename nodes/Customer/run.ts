import { randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { ShopJourneysError } from '../../lib/model/errors';
import type { CustomerFacts, ShopEvent } from '../../lib/model/events';
import { type CustomerRecord, keys } from '../../lib/model/records';
import type { ShopSettings } from '../../lib/model/settings';
import { customerReferences, type CustomerReference } from '../../lib/n8n/fields/customer';
import type { Installation, ShopHandle } from '../../lib/n8n/installation';
import { findCustomer, normaliseEmail, normalisePhone, readCustomer } from '../../lib/record/identity';
import { customerProfile } from './profile';

/** One item under way through an operation. */
export interface Run {
	context: IExecuteFunctions;
	itemIndex: number;
	json: IDataObject;
	installation: Installation;
	shop: ShopHandle;
	settings: ShopSettings;
	/** Journey time. */
	nowMs: number;
}

/** An operation gives one or more items for each. */
export type Output = Array<{ json: IDataObject; binary?: IBinaries }>;
type IBinaries = Record<string, Awaited<ReturnType<IExecuteFunctions['helpers']['prepareBinaryData']>>>;

const labels = { id: 'ID', email: 'e-mail', phone: 'phone', shopCustomerId: 'ID in the shop' } as const;

/** Who did it, in every event that this node tells. */
export const operatorSource = 'operator';

/** What the references say as facts, with a wrong address or number refused. */
export function factsOf({ settings }: Run, references: CustomerReference[]): CustomerFacts {
	const facts: CustomerFacts = {};
	for (const { by, value } of references) {
		if (by === 'email') facts.email ??= emailOf('E-Mail', value);
		else if (by === 'phone') facts.phone ??= phoneOf('Phone', value, settings.country);
		else if (by === 'shopCustomerId') facts.shopCustomerId ??= value;
	}
	return facts;
}

/** @throws PARAMETER_INVALID naming the field */
export function emailOf(field: string, value: string): string {
	const email = normaliseEmail(value);
	if (!email) throw new ShopJourneysError('PARAMETER_INVALID', `"${field}" is "${value}", which is no e-mail address`, { hint: 'Write it like anna@example.com.' });
	return email;
}

/** @throws PARAMETER_INVALID naming the field */
export function phoneOf(field: string, value: string, country: string | undefined): string {
	const phone = normalisePhone(value, country);
	if (!phone) {
		throw new ShopJourneysError('PARAMETER_INVALID', `"${field}" is "${value}", which is no phone number`, {
			hint: `Write it with its country code, like +43 664 1234567${country ? '' : '. Numbers without one are understood once "Country" is set in the shop settings'}.`,
		});
	}
	return phone;
}

export const referencesOf = ({ context, itemIndex, json }: Run) => customerReferences(context, itemIndex, json);

/** Who the first reference that leads to anybody leads to; a reference that cannot be one is refused. */
export async function lookUp(run: Run, references = referencesOf(run)): Promise<CustomerRecord | null> {
	const { shop, settings } = run;
	for (const { by, value } of references) {
		let found: CustomerRecord | null;
		if (by === 'id') found = await readCustomer(shop.store, value);
		else if (by === 'email') found = await findCustomer(shop.store, keys.alias('email', emailOf('E-Mail', value)));
		else if (by === 'phone') found = await findCustomer(shop.store, keys.alias('phone', phoneOf('Phone', value, settings.country)));
		else found = await findCustomer(shop.store, keys.alias('shop-customer', value));
		if (found) return found;
	}
	return null;
}

/** The customer of this item, erased ones included. @throws PARAMETER_INVALID when there is none */
export async function anyCustomer(run: Run): Promise<CustomerRecord> {
	const references = referencesOf(run);
	const customer = await lookUp(run, references);
	if (customer) return customer;
	if (references.length === 0) {
		throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex} names no customer`, {
			hint: 'Choose under "Customer" how the customer is found. "From the Item" needs an item of a journey, or one with customerId, email or phone.',
		});
	}
	const said = references.map(({ by, value }) => `${labels[by]} "${value}"`).join(' or ');
	throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: "Customer" names nobody who is known, by ${said}`, {
		hint: 'Check the spelling and the Shop ID. Somebody new is made with the operation Create or Update. Who was erased is not found by address any more.',
	});
}

/** The customer of this item, who may be changed. @throws PARAMETER_INVALID when there is none, or the customer was erased */
export async function livingCustomer(run: Run): Promise<CustomerRecord> {
	const customer = await anyCustomer(run);
	refuseErased(run, customer);
	return customer;
}

export function refuseErased({ itemIndex }: Run, { erasedAtMs }: CustomerRecord): void {
	if (erasedAtMs === undefined) return;
	throw new ShopJourneysError('PARAMETER_INVALID', `Item ${itemIndex}: "Customer" names somebody who was erased on ${new Date(erasedAtMs).toISOString()}`, {
		hint: 'Who asked to be forgotten stays so: nothing is recorded. Somebody who comes back as a customer is a new one.',
	});
}

type Told = Omit<ShopEvent, 'dedupeId' | 'occurredAtMs' | 'source' | 'sequenceMs'>;

/** Records an event that this node tells. @param dedupeId recognises it, where it must not be recorded twice */
export async function tell({ shop, nowMs, itemIndex }: Run, event: Told, dedupeId: string = randomUUID()): ReturnType<ShopHandle['record']> {
	// Of two items of one run about the same customer, the later one has the last word.
	return await shop.record({ ...event, dedupeId: `${operatorSource}:${dedupeId}`.slice(0, 200), occurredAtMs: nowMs, sequenceMs: itemIndex, source: operatorSource });
}

/** The item as it came, with the customer as they are now. */
export async function withCustomer(run: Run, id: string, more: IDataObject = {}): Promise<Output> {
	const customer = await readCustomer(run.shop.store, id);
	return [{ json: { ...run.json, customer: customer && (await customerProfile(run, customer)), ...more } as IDataObject }];
}

/** A field of text of the operation, trimmed. */
export function textOf({ context, itemIndex }: Run, field: string): string {
	return String(context.getNodeParameter(field, itemIndex, '') ?? '').trim();
}
