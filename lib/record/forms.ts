import type { AttributeValue, CustomerFacts } from '../model/events';
import { type CustomerRecord, keys } from '../model/records';
import type { Leads } from './identity';

/**
 * What is believed of a form. Anybody can type anybody's address into it: unless a signed link from a message says whose
 * form it is, it finds one customer by the address or number given, fills in what is not known of them, and changes
 * nothing else. Whoever is not known yet becomes a customer with all that was given. No form changes an address or a number
 * that is known: the consent that goes with it is not the consent of whoever has the new one.
 */

/** Of what a form names: with a proven customer what is theirs, or a first number that is nobody's; else everything of somebody new, or the first that leads to anybody. */
export function believedOfForm(aliases: string[], { to }: Leads, proven: CustomerRecord | null): string[] {
	if (proven) return aliases.filter((alias) => (to.get(alias) ? to.get(alias)!.id === proven.id : proven.phone === undefined && !isEmail(alias)));
	const known = aliases.find((alias) => to.get(alias));
	return known === undefined ? aliases : [known];
}

const isEmail = (alias: string) => alias.startsWith('alias:email:');

const filled = ['firstName', 'lastName', 'locale', 'timezone', 'country', 'city', 'postcode', 'birthday', 'children'] as const;

/**
 * The facts that may be taken over. A consent counts only for the very address or number that was believed and that
 * messages to this customer go to.
 */
export function ofForm(facts: CustomerFacts, aliases: string[], customer: CustomerRecord, isProven: boolean): CustomerFacts {
	const isBelieved = (kind: 'email' | 'phone') => facts[kind] !== undefined && aliases.includes(keys.alias(kind, facts[kind]));
	const isTheirs = (kind: 'email' | 'phone') => (isBelieved(kind) && (customer[kind] ?? facts[kind]) === facts[kind]) || (isProven && facts[kind] === undefined && customer[kind] !== undefined);
	const next = { ...facts };
	if (!isProven) {
		for (const field of filled) if (customer[field] !== undefined) delete next[field];
		if (facts.attributes) next.attributes = unknownOf(facts.attributes, customer);
	}
	for (const kind of ['email', 'phone'] as const) if (!isBelieved(kind) || customer[kind] !== undefined) delete next[kind];
	if (!isTheirs('email')) delete next.emailConsent;
	if (!isTheirs('phone')) {
		delete next.smsConsent;
		delete next.whatsappConsent;
	}
	return next;
}

function unknownOf(attributes: Record<string, AttributeValue | null>, { attributes: known = {} }: CustomerRecord): Record<string, AttributeValue | null> {
	return Object.fromEntries(Object.entries(attributes).filter(([name]) => !Object.hasOwn(known, name)));
}
