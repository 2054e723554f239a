import type { ConsentBasis, ConsentFact, ConsentStatus, CustomerFacts } from '../../model/events';
import type { NormaliseContext, Normalised } from '../adapter';
import type { Fields } from '../fields';
import { expectShape, type ShopifyDelivery } from './delivery';

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
		country: countryOf(address),
		city: address?.text('city'),
		emailConsent: ticked(body.flag('buyer_accepts_marketing')),
		smsConsent: ticked(smsPhone !== undefined),
	});
}

/** Facts that name nobody belong to nobody. */
function named(facts: CustomerFacts): CustomerFacts | undefined {
	return (facts.shopCustomerId ?? facts.email ?? facts.phone) === undefined ? undefined : facts;
}

/** customers/create, customers/update and their like: the whole customer. */
export function customerUpdated(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Customer', has: ['id', 'updated_at'], hasNot: ['line_items', 'order_id'] });
	const { body, context } = delivery;
	const createdAtMs = body.timeMs('created_at');
	const address = body.object('default_address');
	const customer: CustomerFacts = {
		shopCustomerId: body.requiredId('id'),
		email: body.text('email'),
		phone: body.text('phone'),
		firstName: body.text('first_name'),
		lastName: body.text('last_name'),
		country: countryOf(address),
		city: address?.text('city'),
		tags: readTags(body),
		emailConsent: readConsent(body.object('email_marketing_consent'), createdAtMs, context),
		smsConsent: readConsent(body.object('sms_marketing_consent'), createdAtMs, context),
	};
	const occurredAtMs = context.toJourneyMs(body.timeMs('updated_at') ?? createdAtMs ?? delivery.triggeredAtMs);
	return { events: [{ ...delivery.event('customer_updated', occurredAtMs), customer }] };
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
	const told = delivery.body.requiredObject('customer');
	const customer = named({ shopCustomerId: told.id('id'), email: told.text('email'), phone: told.text('phone') });
	if (!customer) throw told.wrong('id', 'is required');
	return { events: [{ ...delivery.event('customer_erased', delivery.context.toJourneyMs(delivery.triggeredAtMs)), customer }] };
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
