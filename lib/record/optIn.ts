import { dayMs } from '../model/clock';
import type { ConsentFact, CustomerFacts, MessageChannel, ShopEvent } from '../model/events';
import type { ConsentRecord, CustomerRecord } from '../model/records';

/** The source of what somebody typed into a form. `customerId` is set where a signed link from a message proves who it is. */
export const formSource = 'form';

/** Nobody is asked to confirm more often than this, so that a form is no way to fill a stranger's mailbox. Journey time. */
const askAgainMs = dayMs;
const mostAsks = 3;
const asksWithinMs = 30 * dayMs;

/** Where each channel's consent stands in facts. */
const factNames = { email: 'emailConsent', sms: 'smsConsent', whatsapp: 'whatsappConsent' } as const satisfies Partial<Record<MessageChannel, keyof CustomerFacts>>;

/**
 * Facts in which a yes that is to be confirmed first is `pending`: with double opt-in whatever the shop or a form says of
 * e-mail, and what a form says of the other channels. Without it, a form still cannot undo a no: whoever unsubscribed
 * confirms. A yes told again takes nothing from who is subscribed.
 * @param isRequired whether the shop wants double opt-in
 */
export function withRequests(customer: CustomerRecord, facts: CustomerFacts, { source, isHistory }: ShopEvent, isRequired: boolean): CustomerFacts {
	const isForm = source === formSource;
	if (isHistory || !(isRequired || isForm)) return facts;
	const next = { ...facts };
	for (const [channel, name] of Object.entries(factNames) as Array<[keyof typeof factNames, (typeof factNames)[keyof typeof factNames]]>) {
		const fact = facts[name];
		if (fact?.status !== 'subscribed' || (fact.basis !== 'opt_in' && fact.basis !== 'unknown')) continue;
		const known = customer.consent[channel];
		const isAsked = isRequired ? isForm || channel === 'email' : known !== undefined;
		if (known?.status === 'subscribed') next[name] = toldAgain(known, fact, isForm);
		else if (isAsked) next[name] = { ...fact, status: 'pending' };
	}
	return next;
}

/** What was confirmed stays so, and a form adds nothing to a yes. */
function toldAgain(known: ConsentRecord, fact: ConsentFact, isForm: boolean): ConsentFact | undefined {
	if (isForm) return undefined;
	return known.basis === 'double_opt_in' ? { ...fact, basis: 'double_opt_in', ...(known.text !== undefined && { text: known.text }) } : fact;
}

/**
 * Whether the customer is to be asked now to confirm the subscription to e-mail, and the customer who remembers it: their
 * consent has become pending, or they asked again. At most once a day, and three times within 30 days until they confirm.
 * A shop that says `pending` by itself asks by itself, unless double opt-in is ours to do.
 * @param before what was known of the customer before the event
 */
export function askedToConfirm(before: CustomerRecord, after: CustomerRecord, { type, source, isHistory }: ShopEvent, isRequired: boolean, nowMs: number): { customer: CustomerRecord; isAsked: boolean } {
	const { email } = after.consent;
	if (email?.status === 'subscribed' && after.optInAsks) {
		const { optInAsks: _asks, ...confirmed } = after;
		return { customer: confirmed, isAsked: false };
	}
	const isNew = before.consent.email?.status !== 'pending';
	const isAgain = type === 'consent_changed' && email !== undefined && email.atMs > (before.consent.email?.atMs ?? -Infinity);
	const isOurs = isRequired || source === formSource;
	if (isHistory || email?.status !== 'pending' || !isOurs || !(isNew || isAgain) || after.suppressed) return { customer: after, isAsked: false };
	const asks = (after.optInAsks ?? []).filter((atMs) => nowMs - atMs < asksWithinMs);
	if (asks.length >= mostAsks || asks.some((atMs) => nowMs - atMs < askAgainMs)) return { customer: after, isAsked: false };
	return { customer: { ...after, optInAsks: [nowMs, ...asks] }, isAsked: true };
}

/** Of two customers that proved to be one: the newest times at which they were asked. */
export function mergeAsks(a: number[] | undefined, b: number[] | undefined): number[] | undefined {
	return a && b ? [...new Set([...a, ...b])].sort((left, right) => right - left).slice(0, mostAsks) : (a ?? b);
}
