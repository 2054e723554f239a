import { isDeepStrictEqual } from 'node:util';
import type { MessageChannel, ShopEvent } from '../model/events';
import { type CustomerRecord, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import { mergeLatest, type Telling, withLatest } from './latest';
import { strongerConsent } from './profile';

/** What customers say when they are asked: ratings, surveys, preferences, and whether a browser may be sent messages. Whatever order it is told in, the customer is the same in the end. */

/** Ratings and surveys that are kept. */
const maxAnswers = 20;
/** Browsers that are kept. */
const maxBrowsers = 5;
/** Longer comments are cut off. */
const maxText = 1_000;

/** Takes an answer over to the customer. Returns whether it was news. */
export function applyAnswers(tx: Transaction, event: ShopEvent, customer: CustomerRecord, nowMs: number): boolean {
	const after = withAnswer(customer, event, Math.min(event.occurredAtMs, nowMs));
	if (isDeepStrictEqual(after, customer)) return false;
	tx.set(keys.customer(customer.id), after);
	return true;
}

function withAnswer(customer: CustomerRecord, event: ShopEvent, atMs: number): CustomerRecord {
	const { type, rating, survey, preferences, push, source } = event;
	if (type === 'rated' && rating) return withParts(customer, { ratings: [{ ...rating, ...shortened(rating.comment), atMs }] });
	if (type === 'surveyed' && survey) return withParts(customer, { surveys: [{ ...survey, ...shortened(survey.comment), atMs }] });
	if (type === 'preferences_changed' && preferences) {
		const { value, telling } = preferencesOf(customer);
		return withPreferences(customer, withLatest(value, telling, preferences, [atMs, event.sequenceMs ?? 0]));
	}
	if (type === 'push_subscribed' && push) {
		const isKnown = customer.pushSubscriptions?.some(({ endpoint }) => endpoint === push.endpoint) === true;
		const after = withParts(customer, { pushSubscriptions: [{ endpoint: push.endpoint, p256dh: push.p256dh, auth: push.auth, atMs }] });
		// The browser's own permission is the consent; a browser that is only told of once more does not undo what was chosen since.
		const isNew = !isKnown && after.pushSubscriptions?.some(({ endpoint }) => endpoint === push.endpoint) === true;
		return isNew ? { ...after, consent: { ...after.consent, push: strongerConsent(after.consent.push, { status: 'subscribed', basis: 'opt_in', source, atMs }) } } : after;
	}
	if (type === 'push_unsubscribed' && push) return withParts(customer, { pushEnded: [{ endpoint: push.endpoint, atMs }] });
	return customer;
}

const shortened = (comment: string | undefined) => (comment === undefined ? {} : { comment: comment.slice(0, maxText) });

type Lists = Pick<CustomerRecord, 'ratings' | 'surveys' | 'pushSubscriptions' | 'pushEnded'>;

/** The customer with more ratings, surveys and browsers: the newest of each kind are kept. */
export function withParts(customer: CustomerRecord, more: Lists): CustomerRecord {
	const { ratings: _r, surveys: _s, pushSubscriptions: _p, pushEnded: _e, ...rest } = customer;
	// Who rates the same once more has changed their mind.
	const ratings = newest([...(customer.ratings ?? []), ...(more.ratings ?? [])], ({ orderId, productId, atMs }) => JSON.stringify(orderId ?? productId ? [orderId, productId] : [atMs]), maxAnswers);
	const surveys = newest([...(customer.surveys ?? []), ...(more.surveys ?? [])], JSON.stringify, maxAnswers);
	const pushEnded = newest([...(customer.pushEnded ?? []), ...(more.pushEnded ?? [])], ({ endpoint }) => endpoint, maxBrowsers);
	const endedAtMs = new Map(pushEnded.map(({ endpoint, atMs }) => [endpoint, atMs]));
	const subscribed = [...(customer.pushSubscriptions ?? []), ...(more.pushSubscriptions ?? [])].filter(({ endpoint, atMs }) => atMs > (endedAtMs.get(endpoint) ?? -Infinity));
	const pushSubscriptions = newest(subscribed, ({ endpoint }) => endpoint, maxBrowsers);
	return {
		...rest,
		...(ratings.length > 0 && { ratings }),
		...(surveys.length > 0 && { surveys }),
		...(pushSubscriptions.length > 0 && { pushSubscriptions }),
		...(pushEnded.length > 0 && { pushEnded }),
	};
}

/** Newest first, of those with the same key the newest; at the same moment always the same one. */
function newest<T extends { atMs: number }>(all: T[], key: (entry: T) => string, limit: number): T[] {
	const text = new Map(all.map((entry) => [entry, JSON.stringify(entry)]));
	const sorted = [...all].sort((a, b) => b.atMs - a.atMs || (text.get(a)! < text.get(b)! ? -1 : 1));
	const kept = new Map<string, T>();
	for (const entry of sorted) if (!kept.has(key(entry))) kept.set(key(entry), entry);
	return [...kept.values()].slice(0, limit);
}

type Preferences = Pick<NonNullable<CustomerRecord['preferences']>, 'topics' | 'frequency'>;

function preferencesOf({ preferences }: CustomerRecord): { value: Preferences; telling: Telling } {
	if (!preferences) return { value: {}, telling: { newest: [0, 0] } };
	const { atMs, sequenceMs = 0, earlier, ...value } = preferences;
	return { value, telling: { newest: [atMs, sequenceMs], earlier } };
}

function withPreferences(customer: CustomerRecord, { value, telling }: { value: Preferences; telling: Telling }): CustomerRecord {
	const [atMs, sequenceMs] = telling.newest;
	return { ...customer, preferences: { ...value, atMs, ...(sequenceMs !== 0 && { sequenceMs }), ...(telling.earlier && { earlier: telling.earlier }) } };
}

/** The customer with the other one's answers too: the latest word on each preference, the newest of everything else. */
export function withMergedAnswers(customer: CustomerRecord, other: CustomerRecord): CustomerRecord {
	const merged = withParts(customer, other);
	return other.preferences ? withPreferences(merged, mergeLatest(preferencesOf(customer), preferencesOf(other))) : merged;
}

/** The later contact on each channel: what the frequency cap counts from. */
export function mergeContacts(a: CustomerRecord['contacts'], b: CustomerRecord['contacts']): CustomerRecord['contacts'] {
	if (!a || !b) return a ?? b;
	const merged = { ...a };
	for (const channel of Object.keys(b) as MessageChannel[]) {
		const [mine, theirs] = [merged[channel], b[channel]!];
		if (!mine || theirs.atMs > mine.atMs || (theirs.atMs === mine.atMs && theirs.messageKey > mine.messageKey)) merged[channel] = theirs;
	}
	return merged;
}
