import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ShopJourneysError } from '../model/errors';
import { type CustomerRecord, keys } from '../model/records';
import type { ShopSettings } from '../model/settings';
import { normalisePhone } from '../model/phone';
import { findCustomer, normaliseEmail, readCustomer } from '../record/identity';
import { customerReferences } from './fields/customer';
import type { ShopHandle } from './installation';

/** One item under way through an operation on a customer. */
export interface ItemRun {
	context: IExecuteFunctions;
	itemIndex: number;
	json: IDataObject;
	shop: ShopHandle;
	settings: ShopSettings;
}

const labels = { id: 'ID', email: 'e-mail', phone: 'phone', shopCustomerId: 'ID in the shop' } as const;

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

export const referencesOf = ({ context, itemIndex, json }: ItemRun) => customerReferences(context, itemIndex, json);

/** Who the first reference that leads to anybody leads to; a reference that cannot be one is refused. */
export async function lookUp(run: ItemRun, references = referencesOf(run)): Promise<CustomerRecord | null> {
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
export async function anyCustomer(run: ItemRun): Promise<CustomerRecord> {
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
export async function livingCustomer(run: ItemRun): Promise<CustomerRecord> {
	const customer = await anyCustomer(run);
	refuseErased(run, customer);
	return customer;
}

export function refuseErased({ itemIndex }: ItemRun, { erasedAtMs }: CustomerRecord): void {
	if (erasedAtMs === undefined) return;
	throw new ShopJourneysError('PARAMETER_INVALID', `Item ${itemIndex}: "Customer" names somebody who was erased on ${new Date(erasedAtMs).toISOString()}`, {
		hint: 'Who asked to be forgotten stays so: nothing is recorded. Somebody who comes back as a customer is a new one.',
	});
}

/** Items worked on at once. */
const lanes = 16;

/** Works on many items at once; those of one customer one after the other, in their order. @param isOver nothing more is begun */
export async function eachByCustomer(context: IExecuteFunctions, items: INodeExecutionData[], work: (itemIndex: number) => Promise<void>, isOver: () => boolean): Promise<void> {
	const lane: number[][] = Array.from({ length: lanes }, () => []);
	const laneOf = new Map<string, number>();
	for (const [itemIndex, { json }] of items.entries()) {
		const name = nameOf(context, itemIndex, json);
		if (!laneOf.has(name)) laneOf.set(name, laneOf.size % lanes);
		lane[laneOf.get(name)!].push(itemIndex);
	}
	const workOff = async (itemIndexes: number[]) => {
		for (const itemIndex of itemIndexes) if (!isOver()) await work(itemIndex);
	};
	await Promise.all(lane.map(workOff));
}

function nameOf(context: IExecuteFunctions, itemIndex: number, json: IDataObject): string {
	try {
		const [reference] = customerReferences(context, itemIndex, json);
		return reference ? `${reference.by}:${reference.value.toLowerCase()}` : '';
	} catch {
		// An expression that fails for this item fails again, and is reported, when its turn comes.
		return '';
	}
}
