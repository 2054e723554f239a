import type { AttributeValue, ChildFacts, ConsentFact, CustomerFacts, EventType, ShopEvent } from '../model/events';
import { type CustomerRecord, keys } from '../model/records';
import { findCustomer } from '../record/identity';
import { formSource } from '../record/optIn';
import type { Store } from '../store/store';
import { attributeOf, type FormField } from './fields';
import type { FormDefinition } from './form';
import type { Answers } from './read';

/** A form that was filled in rightly. */
export interface Submission {
	form: FormDefinition;
	fields: FormField[];
	answers: Answers;
	/** Unique: sent twice, it is recorded once. */
	nonce: string;
	/** Journey time. */
	atMs: number;
	/** The customer that a signed link names. */
	customerId?: string;
	/** The language it was asked for in. */
	locale?: string;
	/** With a form that tells when something is back. */
	productId?: string;
	variantId?: string;
}

type Part = Pick<ShopEvent, 'customer'> & Partial<ShopEvent> & { type: EventType };

/** The events that a form becomes, in the order in which they are to be recorded. */
export async function eventsOf(submission: Submission, store: Store): Promise<ShopEvent[]> {
	const { nonce, atMs, customerId } = submission;
	const parts = await partsOf(submission, store);
	return parts.map((part, index) => ({ ...part, dedupeId: `form:${nonce}${index > 0 ? `/${index}` : ''}`, occurredAtMs: atMs, source: formSource, ...(customerId && { customerId }) }));
}

async function partsOf(submission: Submission, store: Store): Promise<Part[]> {
	const { form, answers, locale, atMs, productId, variantId } = submission;
	const { email, firstName } = answers as { email?: string; firstName?: string };
	const who: CustomerFacts = { ...(email && { email }), ...(firstName && { firstName }), ...(locale && { locale }) };
	switch (form.kind) {
		case 'sign_up':
			return await signUp(submission, who, store);
		case 'back_in_stock':
			return [{ type: 'restock_requested', customer: who, product: { productId: productId!, updatedAtMs: atMs }, ...(variantId && { variantId }) }];
		case 'profile':
			return [{ type: 'customer_updated', customer: { ...who, ...profileOf(submission) } }];
		case 'contact': {
			const { topic, message } = answers as { topic?: string; message: string };
			return [{ type: 'contacted', customer: who, contact: { way: 'form', ...(topic && { topic }), text: message } }];
		}
	}
}

/**
 * Address and number make one customer where neither is known; else each goes to whom it belongs: that somebody typed both into one
 * form does not prove that they are one person's.
 */
async function signUp({ form, fields, answers, atMs, customerId }: Submission, who: CustomerFacts, store: Store): Promise<Part[]> {
	const { email, phone, topics } = answers as { email?: string; phone?: string; topics?: string[] };
	const consentOf = (channel: 'email' | 'sms' | 'whatsapp'): ConsentFact | undefined => {
		const field = fields.find((other) => other.channel === channel);
		const hasAddress = channel === 'email' ? (email ?? customerId) : phone;
		return field && hasAddress && answers[field.name] === true ? { status: 'subscribed', basis: 'opt_in', atMs, note: `Form "${form.id}"`, text: field.label } : undefined;
	};
	const [emailConsent, smsConsent, whatsappConsent] = [consentOf('email'), consentOf('sms'), consentOf('whatsapp')];
	const byMail: CustomerFacts = { ...who, ...(emailConsent && { emailConsent }) };
	const byPhone: CustomerFacts = { ...(phone && { phone }), ...(smsConsent && { smsConsent }), ...(whatsappConsent && { whatsappConsent }) };
	const [mailOwner, phoneOwner] = await Promise.all([email ? findCustomer(store, keys.alias('email', email)) : null, phone ? findCustomer(store, keys.alias('phone', phone)) : null]);
	const isOne = customerId !== undefined || !email || !phone || (!mailOwner && !phoneOwner);
	const parts: Part[] = isOne ? [{ type: 'consent_changed', customer: { ...byMail, ...byPhone } }] : [{ type: 'consent_changed', customer: byMail }, { type: 'consent_changed', customer: byPhone }];
	if (!topics || !mayChoose(mailOwner ?? (email ? null : phoneOwner), customerId)) return parts;
	return [...parts, { type: 'preferences_changed', customer: email ? { email } : phone ? { phone } : {}, preferences: { topics } }];
}

/** What a customer once chose, only a signed link of theirs changes. */
function mayChoose(known: CustomerRecord | null, customerId: string | undefined): boolean {
	return customerId !== undefined || !known?.preferences;
}

function profileOf({ fields, answers }: Submission): CustomerFacts {
	const facts: CustomerFacts = {};
	const attributes: Record<string, AttributeValue> = {};
	const children: ChildFacts[] = [];
	for (const field of fields) {
		const answer = answers[field.name];
		if (answer === undefined || !field.question) continue;
		const attribute = attributeOf(field);
		const { type } = field.question;
		if (attribute !== undefined) attributes[attribute] = answer as AttributeValue;
		else if (type === 'children') children.push(answer as ChildFacts);
		else Object.assign(facts, { [type]: answer });
	}
	return { ...facts, ...(children.length > 0 && { children }), ...(Object.keys(attributes).length > 0 && { attributes }) };
}
