import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { ChildFacts, CustomerFacts } from '../../../lib/model/events';
import { type CustomerRecord, keys } from '../../../lib/model/records';
import { anyCustomer, emailOf, lookUp, phoneOf, referencesOf, refuseErased } from '../../../lib/n8n/customerOfItem';
import { pairRows } from '../fields';
import { factsOf, type Output, type Run, tell, withCustomer } from '../run';
import { birthdayOf, countryOf, listOf, localeOf, type PairParameter, pairsOf, refuseValue, timezoneOf } from '../values';
import { findCustomer } from '../../../lib/record/identity';

const shown = { show: { operation: ['upsert'] } };
const text = (displayName: string, name: string, placeholder: string, description?: string): INodeProperties => ({ displayName, name, type: 'string', default: '', placeholder, ...(description && { description }) });

export const description: INodeProperties[] = [
	{
		displayName: 'Profile',
		name: 'profile',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		displayOptions: shown,
		description: 'What is left out or empty stays as it is',
		options: [
			text('Birthday', 'birthday', 'e.g. 1988-05-24', 'Or --05-24 where the year is not known'),
			text('City', 'city', 'e.g. Vienna'),
			text('Country', 'country', 'e.g. AT', 'ISO 3166 code of two letters'),
			text('E-Mail', 'email', 'e.g. anna@example.com'),
			text('First Name', 'firstName', 'e.g. Anna'),
			text('ID in the Shop', 'shopCustomerId', 'e.g. 7219034423'),
			text('Last Name', 'lastName', 'e.g. Berger'),
			text('Latitude', 'latitude', 'e.g. 48.2082', 'With Longitude, in degrees'),
			text('Locale', 'locale', 'e.g. de-AT'),
			text('Longitude', 'longitude', 'e.g. 16.3738', 'With Latitude, in degrees'),
			text('Phone', 'phone', 'e.g. +43 664 1234567', 'Without a country code: a number of the customer’s country, else the shop’s'),
			text('Postcode', 'postcode', 'e.g. 1010'),
			text('Tags', 'tags', 'e.g. vip, tea lover', 'Added to those that are there, separated by commas'),
			text('Time Zone', 'timezone', 'e.g. Europe/Vienna'),
		],
	},
	{ ...pairRows('Attributes', 'attributes', 'Add Attribute', 'Anything else worth keeping, e.g. sizes or the favourite shop. An empty value takes the attribute out.'), displayOptions: shown },
	{
		displayName: 'Children',
		name: 'children',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Child',
		default: {},
		displayOptions: shown,
		description: 'All of them: they take the place of those that were known',
		options: [
			{
				displayName: 'Children',
				name: 'all',
				values: [
					text('Birthday', 'birthday', 'e.g. 2019-11-02'),
					text('Name', 'name', 'e.g. Mia'),
				],
			},
		],
	},
];

/** Makes a customer known, or changes what is known. Consent is not part of it: see Set Consent. */
export async function execute(run: Run): Promise<Output> {
	const references = referencesOf(run);
	const known = await lookUp(run, references);
	const facts = profileFacts(run, known);
	if (known) {
		refuseErased(run, known);
		await refuseSomebodyElses(run, known, facts);
		await tell(run, { type: 'customer_updated', customerId: known.id, customer: facts });
		return await withCustomer(run, known.id, { created: false });
	}
	const named: CustomerFacts = { ...factsOf(run, references), ...facts };
	const alias = aliasesOf(named)[0];
	// Nothing to find the new customer by again: the message of an unknown customer says it better.
	if (!alias) return await withCustomer(run, (await anyCustomer(run)).id);
	const existing = await findCustomer(run.shop.store, alias.key);
	await tell(run, { type: 'customer_updated', customer: named });
	const customer = await findCustomer(run.shop.store, alias.key);
	if (!customer) {
		throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: "Customer" names somebody who has just been erased`, { hint: 'Who asked to be forgotten is not brought back by what was said before.' });
	}
	return await withCustomer(run, customer.id, { created: existing === null });
}

const aliasesOf = ({ shopCustomerId, email, phone }: CustomerFacts) => [
	...(shopCustomerId ? [{ field: 'ID in the Shop', value: shopCustomerId, key: keys.alias('shop-customer', shopCustomerId) }] : []),
	...(email ? [{ field: 'E-Mail', value: email, key: keys.alias('email', email) }] : []),
	...(phone ? [{ field: 'Phone', value: phone, key: keys.alias('phone', phone) }] : []),
];

/** An address that leads to somebody else would make the two one, for good: that is no slip of the keyboard's to decide. */
async function refuseSomebodyElses({ shop, itemIndex }: Run, { id }: CustomerRecord, facts: CustomerFacts): Promise<void> {
	for (const { field, value, key } of aliasesOf(facts)) {
		const other = await findCustomer(shop.store, key);
		if (!other || other.id === id) continue;
		throw new ShopJourneysError('PARAMETER_INVALID', `Item ${itemIndex}: "${field}" is "${value}", which belongs to another customer (${other.id})`, {
			hint: 'Choose that customer, or write another value. When both are one person, merge them in the shop: its next delivery puts them together.',
		});
	}
}

function profileFacts(run: Run, known: CustomerRecord | null): CustomerFacts {
	const { context, itemIndex, settings, nowMs } = run;
	const profile = context.getNodeParameter('profile', itemIndex, {}) as IDataObject;
	const value = (name: string) => String(profile[name] ?? '').trim();
	const read = <T>(name: string, field: string, reader: (field: string, value: string) => T): { [name: string]: T } => (value(name) ? { [name]: reader(field, value(name)) } : {});
	const asIs = (_field: string, said: string) => said;
	const country = value('country') ? countryOf('Country', value('country')) : undefined;
	const { all = [] } = context.getNodeParameter('children', itemIndex, {}) as { all?: Array<{ birthday?: unknown; name?: unknown }> };
	const { rows = [] } = context.getNodeParameter('attributes', itemIndex, {}) as { rows?: PairParameter[] };
	const tagsAdded = listOf('Tags', value('tags'));
	return {
		...read('email', 'E-Mail', emailOf),
		...read('phone', 'Phone', (field, said) => phoneOf(field, said, country ?? known?.country ?? settings.country)),
		...read('shopCustomerId', 'ID in the Shop', asIs),
		...read('firstName', 'First Name', asIs),
		...read('lastName', 'Last Name', asIs),
		...read('city', 'City', asIs),
		...read('postcode', 'Postcode', asIs),
		...read('birthday', 'Birthday', (field, said) => birthdayOf(field, said, nowMs)),
		...read('locale', 'Locale', localeOf),
		...read('timezone', 'Time Zone', timezoneOf),
		...(country && { country }),
		...position(value('latitude'), value('longitude')),
		...(all.length > 0 && { children: all.map((child) => childOf(child, nowMs)) }),
		...(tagsAdded.length > 0 && { tagsAdded }),
		...(rows.length > 0 && { attributes: pairsOf('Attributes', rows) }),
	};
}

function childOf({ birthday, name }: { birthday?: unknown; name?: unknown }, nowMs: number): ChildFacts {
	const label = String(name ?? '').trim();
	return { birthday: birthdayOf('Children: Birthday', String(birthday ?? '').trim(), nowMs), ...(label && { name: label }) };
}

function position(latitude: string, longitude: string): { latitude?: number; longitude?: number } {
	if (!latitude && !longitude) return {};
	const degrees = (field: string, value: string, most: number) => {
		const number = value === '' ? NaN : Number(value);
		if (!(Math.abs(number) <= most)) refuseValue(field, value, `no number from -${most} to ${most}`, 'Latitude and longitude belong together: write both, like 48.2082 and 16.3738.');
		return number;
	};
	return { latitude: degrees('Latitude', latitude, 90), longitude: degrees('Longitude', longitude, 180) };
}
