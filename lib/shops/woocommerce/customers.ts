import type { CustomerFacts } from '../../model/events';
import type { Normalised } from '../adapter';
import type { Fields } from '../fields';
import { isToBeTold, onceEvent, type Resource, stateEvent } from './delivery';
import { changedAtMs, countryOf, expectResource, gmtMs, idOrNone, plainText, requiredId } from './wordpress';

/**
 * Whose order or checkout it is. Guests have no account (`customer_id` 0): they are known by what they typed in. WooCommerce
 * knows nothing of consent, so nothing is said of it.
 */
export function readBuyer(body: Fields): CustomerFacts | undefined {
	const shopCustomerId = idOrNone(body, 'customer_id');
	const billing = body.object('billing');
	const facts: CustomerFacts = {
		shopCustomerId,
		...readContact(billing, body.object('shipping')),
		email: billing?.text('email'),
		phone: billing?.text('phone'),
		...(shopCustomerId !== undefined && { hasAccount: true }),
	};
	return (facts.shopCustomerId ?? facts.email ?? facts.phone) === undefined ? undefined : facts;
}

/** Name and place of who pays. A parcel may go to somebody else, so its address counts only where nothing else is told, and never its name. */
function readContact(billing: Fields | undefined, shipping: Fields | undefined): Pick<CustomerFacts, 'firstName' | 'lastName' | 'country' | 'city' | 'postcode'> {
	const address = countryOf(billing) || billing?.text('city') ? billing : (shipping ?? billing);
	return {
		firstName: billing && plainText(billing, 'first_name'),
		lastName: billing && plainText(billing, 'last_name'),
		country: countryOf(address),
		city: address?.text('city'),
		postcode: address?.text('postcode'),
	};
}

/** Accounts of those who run the shop: WooCommerce tells of them in the same topics. */
const staffRoles = ['administrator', 'shop_manager', 'editor', 'author', 'contributor'];

/** customer.created and customer.updated: the whole account. A young account is told of as created, whatever the topic: topics are not signed. */
export function customerChanged(resource: Resource): Normalised {
	const { body, context } = resource;
	expectResource(body, 'customer', ['id', 'email', 'role'], ['line_items', 'permalink', 'discount_type']);
	const id = requiredId(body);
	if (staffRoles.includes(body.text('role') ?? '')) return { events: [], ignored: 'An account of somebody who works for the shop' };
	const billing = body.object('billing');
	const contact = readContact(billing, body.object('shipping'));
	const customer: CustomerFacts = {
		...contact,
		shopCustomerId: id,
		email: body.text('email') ?? billing?.text('email'),
		phone: billing?.text('phone'),
		firstName: plainText(body, 'first_name') ?? contact.firstName,
		lastName: plainText(body, 'last_name') ?? contact.lastName,
		hasAccount: true,
	};
	// An account that nobody changed since has no date of change.
	const createdAtMs = gmtMs(body, 'date_created_gmt');
	const updatedAtMs = changedAtMs(body);
	const thing = `customer:${id}`;
	const updated = stateEvent(resource, 'customer_updated', thing, context.toJourneyMs(updatedAtMs), { customer });
	if (createdAtMs === undefined || !isToBeTold(resource, createdAtMs, updatedAtMs)) return { events: [updated] };
	return { events: [onceEvent(resource, 'customer_created', thing, context.toJourneyMs(createdAtMs), { customer }), updated] };
}

/** customer.deleted: the id and nothing else. Who has the account deleted is forgotten: no other topic says so. */
export function customerDeleted(resource: Resource): Normalised {
	const { body, context, readAtMs } = resource;
	expectResource(body, 'deleted customer', ['id'], ['email', 'line_items', 'name']);
	const id = requiredId(body);
	return { events: [onceEvent(resource, 'customer_erased', `customer:${id}`, context.toJourneyMs(readAtMs), { customer: { shopCustomerId: id } })] };
}
