import { hourMs } from '../../model/clock';
import type { CustomerFacts } from '../../model/events';
import type { Normalised } from '../adapter';
import type { Fields } from '../fields';
import { entityIn, eventOf, type Told } from './delivery';

/** How long after its account was made an event still tells of that: the event and the account are of the same request. */
const newAccountMs = hourMs;

/** A customer of an order or by themselves. Guests have no user. */
export function readCustomer(customer: Fields, { locale }: Told, address: Fields | undefined): CustomerFacts {
	return {
		shopCustomerId: customer.requiredId('id'),
		email: customer.text('emailAddress'),
		phone: customer.text('phoneNumber') ?? address?.text('phoneNumber'),
		firstName: customer.text('firstName'),
		lastName: customer.text('lastName'),
		locale,
		country: countryOf(address),
		city: address?.text('city'),
		postcode: address?.text('postalCode'),
		hasAccount: customer.object('user') !== undefined,
	};
}

function countryOf(address: Fields | undefined): string | undefined {
	const code = address?.text('countryCode')?.toUpperCase();
	return code && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/**
 * Any event about a customer. Vendure has an event for a registration only where the address is to be verified, and tells it
 * again when the customer asks for another mail; so a new account is told by the date of its user.
 */
export function customerChanged(told: Told): Normalised {
	const body = entityIn(told, 'customer');
	const shopCustomerId = body.requiredId('id');
	// There is no other word for "erase me".
	if (body.flag('deleted')) return { events: [eventOf(told, 'customer_erased', { customer: { shopCustomerId } })] };
	const customer: CustomerFacts = {
		...readCustomer(body, told, body.object('address')),
		tags: body.list('groups').flatMap((group) => group.text('name') ?? []),
	};
	const updated = eventOf(told, 'customer_updated', { customer });
	const accountAtMs = body.object('user')?.timeMs('createdAt');
	if (accountAtMs === undefined || Math.abs(told.occurredAtMs - accountAtMs) > newAccountMs) return { events: [updated] };
	return { events: [eventOf(told, 'customer_created', { customer }, `customer:${shopCustomerId}`), updated] };
}
