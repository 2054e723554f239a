import type { IDataObject } from 'n8n-workflow';
import { isAllowedRecipient } from '../../lib/journeys/engine';
import type { CustomerRecord } from '../../lib/model/records';
import { notSentReasons } from '../../lib/model/reasons';
import { isoTime } from './profile';
import { restsOf } from './rest';
import type { Run } from './run';

export interface StandingEntry {
	/** Since when, or with `next` when it is due. */
	at: string;
	when: 'now' | 'next';
	type: string;
	what: string;
	details: IDataObject;
}

/** Why nothing is sent, in words. */
const blockedBy: Record<string, string> = {
	blocked: 'blocked by hand',
	hard_bounce: 'the e-mail address bounced for good',
	soft_bounces: 'five messages in a row bounced',
	complaint: 'the customer marked a message as spam',
	erased: 'the customer asked to be forgotten',
};

/** How it stands with a customer: what would keep a message back, and the journeys under way, the one due next first. */
export function standing({ settings, nowMs }: Run, customer: CustomerRecord, journeys: IDataObject[]): StandingEntry[] {
	const entries: StandingEntry[] = [];
	const say = (type: string, atMs: number, what: string, details: IDataObject = {}) => entries.push({ at: isoTime(atMs), when: 'now', type, what, details });
	if (customer.erasedAtMs !== undefined) {
		say('erased', customer.erasedAtMs, notSentReasons.erased.sentence);
		return entries;
	}
	const { suppressed, consent } = customer;
	if (suppressed) say('blocked', suppressed.atMs, `Nothing is sent: ${blockedBy[suppressed.reason] ?? suppressed.reason}${suppressed.note ? ` (${suppressed.note})` : ''}.`, { reason: suppressed.reason });
	if (!customer.email) say('no_address', nowMs, 'The customer has no e-mail address.');
	const email = consent.email;
	if (!email) say('no_consent', nowMs, 'Nothing was ever said about marketing by e-mail, so only messages about a purchase are sent.');
	else if (email.status === 'unsubscribed') say('unsubscribed', email.atMs, notSentReasons.unsubscribed.sentence, { source: email.source, note: email.note });
	else if (email.status === 'pending') say('consent_pending', email.atMs, 'The opt-in to e-mail is not confirmed yet, so no marketing is sent.', { source: email.source });
	for (const { channel, sinceMs, untilMs, what } of restsOf(customer, settings, nowMs)) say('rest', sinceMs, what, { channel, until: isoTime(untilMs) });
	if (settings.sendingMode === 'paused') say('paused', nowMs, notSentReasons.paused.sentence);
	if (settings.sendingMode === 'limited' && !isAllowedRecipient(settings, customer.email)) say('not_allowed', nowMs, notSentReasons.not_allowed.sentence);
	if (journeys.length === 0) say('no_journey', nowMs, 'No journey is under way.');
	for (const journey of journeys) {
		const what = `In the journey "${String(journey.name)}": step ${String(journey.step)} of ${String(journey.steps)}${journey.stepName ? ` ("${String(journey.stepName)}")` : ''} is due next.`;
		const holdout = journey.holdout ? ' In the holdout: it is only counted, nothing is sent.' : '';
		const failure = journey.failure ? ` The last attempt did not succeed: ${String(journey.failure)}` : '';
		entries.push({ at: String(journey.dueAt), when: 'next', type: 'journey', what: `${what}${holdout}${failure}`, details: journey });
	}
	return entries;
}
