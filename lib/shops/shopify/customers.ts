import type { ConsentBasis, ConsentFact, ConsentStatus, CustomerFacts } from '../../model/events';
import type { NormaliseContext, Normalised } from '../adapter';
import type { Fields } from '../fields';
import { expectShape, idOfGlobalId, type ShopifyDelivery } from './delivery';

/** Whose cart or order it is: the customer where Shopify knows one, else what was typed in at the checkout. */
export function readBuyer(body: Fields, createdAtMs: number, context: NormaliseContext): CustomerFacts | undefined {
	const customer = body.object('customer');
	// A parcel may go to somebody else: the shipping address comes last, and no address lends its phone, which would make the
	// two one customer.
	const contact = body.object('billing_address') ?? body.object('shipping_address');
	const address = customer?.object('default_address') ?? contact;
	const smsPhone = body.flag('buyer_accepts_sms_marketing') ? body.text('sms_marketing_phone') : undefined;
	// A tick that is absent says nothing: who subscribed elsewhere stays subscribed. It counts from when the checkout began,
	// since every later change of it carries the tick along: an unsubscribe in between has to hold.
	const ticked = (isTicked: boolean | undefined): ConsentFact | undefined =>
		isTicked ? { status: 'subscribed', basis: 'opt_in', atMs: context.toJourneyMs(createdAtMs) } : undefined;
	return named({
		shopCustomerId: customer?.id('id'),
		email: customer?.text('email') ?? body.text('email') ?? body.text('contact_email'),
		phone: smsPhone ?? customer?.text('phone') ?? body.text('phone'),
		firstName: customer?.text('first_name') ?? contact?.text('first_name'),
		lastName: customer?.text('last_name') ?? contact?.text('last_name'),
		locale: localeOf(body.text('customer_locale')),
		...placeOf(address, contact),
		hasAccount: hasAccountOf(customer),
		emailConsent: ticked(body.flag('buyer_accepts_marketing')),
		smsConsent: ticked(smsPhone !== undefined),
	});
}

/** Facts that name nobody belong to nobody. */
function named(facts: CustomerFacts): CustomerFacts | undefined {
	return (facts.shopCustomerId ?? facts.email ?? facts.phone) === undefined ? undefined : facts;
}

/**
 * customers/create, customers/update and their like: the whole customer. Shopify makes a customer of every guest who
 * checks out; an account is created when its state says so.
 */
export function customerUpdated(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Customer', has: ['id', 'updated_at'], hasNot: ['line_items', 'order_id'] });
	const { body, context, topic } = delivery;
	const customer = readCustomer(body, context);
	const occurredAtMs = context.toJourneyMs(body.timeMs('updated_at') ?? body.timeMs('created_at') ?? delivery.triggeredAtMs);
	const isNewAccount = customer.hasAccount === true && (topic === 'customers/create' || topic === 'customers/enable');
	const start = isNewAccount ? delivery.onceEvent('customer_created', `customer:${customer.shopCustomerId}`, occurredAtMs) : delivery.event('customer_updated', occurredAtMs);
	return { events: [{ ...start, customer }] };
}

/** A whole customer. */
export function readCustomer(body: Fields, context: NormaliseContext): CustomerFacts {
	const createdAtMs = body.timeMs('created_at');
	return {
		shopCustomerId: body.requiredId('id'),
		email: body.text('email'),
		phone: body.text('phone'),
		firstName: body.text('first_name'),
		lastName: body.text('last_name'),
		locale: localeOf(body.text('locale')),
		...placeOf(body.object('default_address')),
		hasAccount: hasAccountOf(body),
		tags: readTags(body),
		emailConsent: readConsent(body.object('email_marketing_consent'), createdAtMs, context),
		smsConsent: readConsent(body.object('sms_marketing_consent'), createdAtMs, context),
	};
}

/** `enabled` is an account; invited, declined and disabled ones have none that can be used. */
function hasAccountOf(customer: Fields | undefined): boolean | undefined {
	const state = customer?.text('state');
	return state === undefined ? undefined : state === 'enabled';
}

/** Where somebody lives. A customer's default address carries no coordinates: `beside` lends them when it is the same place. */
function placeOf(address: Fields | undefined, beside?: Fields): Pick<CustomerFacts, 'country' | 'city' | 'postcode' | 'latitude' | 'longitude'> {
	const country = countryOf(address);
	const city = address?.text('city');
	const postcode = address?.text('zip');
	const isBeside = beside && postcode !== undefined && beside.text('zip') === postcode && beside.text('city') === city && countryOf(beside) === country;
	const located = [address, isBeside ? beside : undefined].find((place) => place?.number('latitude') !== undefined && place.number('longitude') !== undefined);
	return { country, city, postcode, latitude: located?.number('latitude'), longitude: located?.number('longitude') };
}

/** customers/email_marketing_consent_update. */
export function emailConsentChanged(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Customer', has: ['customer_id', 'email_marketing_consent'], hasNot: ['line_items'] });
	const { body } = delivery;
	return consentChanged(delivery, body.requiredObject('email_marketing_consent'), (emailConsent) => ({
		shopCustomerId: body.requiredId('customer_id'),
		email: body.text('email_address'),
		emailConsent,
	}));
}

/** customers/marketing_consent_update: despite its name the consent to SMS. */
export function smsConsentChanged(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Customer', has: ['id', 'sms_marketing_consent'], hasNot: ['line_items'] });
	const { body } = delivery;
	return consentChanged(delivery, body.requiredObject('sms_marketing_consent'), (smsConsent) => ({
		shopCustomerId: body.requiredId('id'),
		phone: body.text('phone'),
		smsConsent,
	}));
}

function consentChanged(delivery: ShopifyDelivery, told: Fields, toCustomer: (consent: ConsentFact) => CustomerFacts): Normalised {
	const consent = readConsent(told, undefined, delivery.context, delivery.triggeredAtMs);
	if (!consent) return { events: [], ignored: 'Consent was neither given nor withdrawn, or it carries no date to tell it from an older one' };
	return { events: [{ ...delivery.event('consent_changed', consent.atMs), customer: toCustomer(consent) }] };
}

const statusByState = new Map<string, ConsentStatus>([
	['subscribed', 'subscribed'],
	['pending', 'pending'],
	['unsubscribed', 'unsubscribed'],
	['redacted', 'unsubscribed'],
]);
const basisByLevel = new Map<string, ConsentBasis>([
	['single_opt_in', 'opt_in'],
	['confirmed_opt_in', 'double_opt_in'],
]);

/**
 * A yes needs a date that the signed body vouches for: its own, or the customer's creation as the earliest possible.
 * With a later one (the delivery's), a repeated yes would undo a no given since. A no counts in any case.
 */
function readConsent(told: Fields | undefined, createdAtMs: number | undefined, context: NormaliseContext, noAtMs = createdAtMs): ConsentFact | undefined {
	// "not_subscribed" (never asked) and "invalid" (an address that cannot be) are no change of consent.
	const status = statusByState.get(told?.text('state') ?? '');
	if (!told || !status) return undefined;
	const atMs = told.timeMs('consent_updated_at') ?? (status === 'unsubscribed' ? noAtMs : createdAtMs);
	if (atMs === undefined) return undefined;
	return { status, basis: basisByLevel.get(told.text('opt_in_level') ?? '') ?? 'unknown', atMs: context.toJourneyMs(atMs) };
}

/** customers/redact: the shop owner, or the law, wants a customer forgotten. */
export function customerErased(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { has: ['shop_id', 'customer', 'orders_to_redact'], hasNot: ['data_request', 'line_items'] });
	return privacyEvent(delivery, 'customer_erased');
}

/** customers/data_request: a customer wants to see what is kept; the shop owner hands it out. */
export function dataRequested(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { has: ['shop_id', 'customer', 'data_request'], hasNot: ['orders_to_redact', 'line_items'] });
	return privacyEvent(delivery, 'data_requested');
}

function privacyEvent(delivery: ShopifyDelivery, type: 'customer_erased' | 'data_requested'): Normalised {
	const told = delivery.body.requiredObject('customer');
	const customer = named({ shopCustomerId: told.id('id'), email: told.text('email'), phone: told.text('phone') });
	if (!customer) throw told.wrong('id', 'is required');
	return { events: [{ ...delivery.event(type, delivery.context.toJourneyMs(delivery.triggeredAtMs)), customer }] };
}

/** customers/merge: told when the merge begins, fails and is done. It carries no time of its own. */
export function customersMerged(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { has: ['admin_graphql_api_customer_kept_id', 'admin_graphql_api_customer_deleted_id', 'status'], hasNot: ['line_items'] });
	const { body, context } = delivery;
	const status = body.text('status');
	if (status !== 'completed') return { events: [], ignored: `The merge of two customers is not done (${status?.slice(0, 40) ?? 'no status'})` };
	const keptId = customerId(body, 'admin_graphql_api_customer_kept_id');
	const deletedId = customerId(body, 'admin_graphql_api_customer_deleted_id');
	const start = delivery.onceEvent('customers_merged', `customer:${keptId}+${deletedId}`, context.toJourneyMs(delivery.triggeredAtMs));
	return { events: [{ ...start, customer: { shopCustomerId: keptId }, mergedShopCustomerIds: [keptId, deletedId] }] };
}

function customerId(body: Fields, name: string): string {
	const id = idOfGlobalId(body.text(name), 'Customer');
	if (id === undefined) throw body.wrong(name, 'has to be the global id of a customer');
	return id;
}

/** Shopify writes "de", "de-DE" and "pt_BR". */
function localeOf(value: string | undefined): string | undefined {
	const tag = value?.trim().replaceAll('_', '-');
	return tag && /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(tag) ? tag : undefined;
}

function countryOf(address: Fields | undefined): string | undefined {
	const code = address?.text('country_code');
	return code && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/** "vip, wholesale". Customers have had none since API 2024-10, which says nothing, while "" says that there are none. */
export function readTags(body: Fields): string[] | undefined {
	if (!body.isSent('tags')) return undefined;
	return (body.text('tags') ?? '').split(',').map((tag) => tag.trim()).filter((tag) => tag !== '');
}
