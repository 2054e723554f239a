import { isDeepStrictEqual } from 'node:util';
import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { linkParameters, type LinkPayload, linkSource, signLink } from '../../../lib/messages/links';
import { lookOf, type Preferences, preferencesFrom, preferencesOf, preferencesPage, preferencesSavedPage, problemPage, reachableOver, unsubscribedPage } from '../../../lib/messages/pages';
import type { ConsentFact, CustomerFacts, MessageChannel } from '../../../lib/model/events';
import type { CustomerRecord } from '../../../lib/model/records';
import { consentField, laterThan } from './consents';
import { digest, itemOf, type LinkedMessage, messageOf } from './message';
import { type Reader, readerOf } from './reader';
import { linkOf, pageReply, type Route, type RouteRequest } from './route';

/** The preference centre: topics, ways, frequency, language. */
export const preferencesRoute: Route = {
	parameter: linkParameters.preferences,
	async handle(request) {
		const { token, link } = linkOf(request, 'preferences');
		const reader = await readerOf(request, link);
		const { customer, settings, look } = reader;
		if (!customer) return pageReply(410, problemPage(look, 'unknown'));
		const before = preferencesOf(customer, settings, look.locale);
		// Only what the page itself posts is an answer: nothing in it would mean "nothing at all".
		if (request.method === 'GET' || request.body.save !== 'yes') return pageReply(200, preferencesPage(look, { token, customer, settings, preferences: before }));
		const wanted = preferencesFrom(request.body, customer, settings, before);
		const hasLeft = wanted.frequency === 'none' || (wanted.channels.length === 0 && before.channels.length > 0);
		const after: Preferences = hasLeft ? { ...wanted, channels: [], frequency: 'none' } : wanted;
		const events = await recordPreferences(request, reader as Reader & { customer: CustomerRecord }, link, before, after);
		const newLook = lookOf(settings, after.language);
		// Who has left is asked why, as on the page of an unsubscribe link.
		const page = hasLeft
			? unsubscribedPage(newLook, { token: signLink(request.installation.linkSecret, { ...link, kind: 'unsubscribe' }), channel: null })
			: preferencesSavedPage(newLook, token);
		return { ...pageReply(200, page), events };
	},
};

/** Records what is different from before. Returns an item for each event. */
async function recordPreferences({ installation }: RouteRequest, { shop, customer, settings }: Reader & { customer: CustomerRecord }, link: LinkPayload, before: Preferences, after: Preferences): Promise<IDataObject[]> {
	const nowMs = installation.clock.journeyNowMs();
	const message = await messageOf(shop.store, link);
	const about = { occurredAtMs: nowMs, source: linkSource, customerId: link.customerId, message: message.facts };
	const items: IDataObject[] = [];
	const hasLeft = after.frequency === 'none';
	const facts: CustomerFacts = { ...consentChanges(customer, link, before, after, nowMs), ...(after.language !== before.language && { locale: after.language }) };
	// Who leaves everything keeps the rest for a return.
	const preferences = {
		...(settings.topics?.length && !isDeepStrictEqual(after.topics, before.topics) && { topics: after.topics }),
		...(after.frequency !== 'none' && after.frequency !== (customer.preferences?.frequency ?? 'all') && { frequency: after.frequency }),
	};
	if (Object.keys(facts).length + Object.keys(preferences).length > 0) {
		const outcome = await shop.record({
			...about,
			type: 'preferences_changed',
			// The same form sent twice at once.
			dedupeId: `preferences:${digest(link.customerId, JSON.stringify(after), JSON.stringify([customer.preferences ?? null, customer.consent, customer.locale ?? '']))}`,
			...(Object.keys(facts).length > 0 && { customer: facts }),
			preferences,
		});
		if (outcome === 'recorded') items.push(changedItem(link, message, after));
	}
	if (hasLeft && customer.consent.email?.status !== 'unsubscribed') {
		const outcome = await shop.record({ ...about, message: { ...message.facts, channel: 'email' }, type: 'unsubscribed', dedupeId: `unsubscribe:${randomUUID()}` });
		if (outcome === 'recorded') items.push(itemOf('unsubscribed', link, message));
	}
	return items;
}

function changedItem(link: LinkPayload, message: LinkedMessage, { topics, channels, frequency, language }: Preferences): IDataObject {
	return itemOf('preferences_changed', link, message, { topics, channels, frequency, language });
}

/**
 * The consents that the form changes. Leaving takes e-mail along as an event of its own. Whoever holds a link that came over a channel has
 * proved to own its address there.
 */
function consentChanges(customer: CustomerRecord, { channel: provenChannel }: LinkPayload, before: Preferences, after: Preferences, nowMs: number): CustomerFacts {
	const changes: CustomerFacts = {};
	for (const channel of reachableOver(customer).keys()) {
		const [wasOn, isOn] = [before.channels.includes(channel), after.channels.includes(channel)];
		if (wasOn === isOn || (!isOn && after.frequency === 'none' && channel === 'email')) continue;
		changes[consentField[channel]] = consentOf(isOn, channel === provenChannel, customer.consent[channel], nowMs);
	}
	return changes;
}

function consentOf(isOn: boolean, isProven: boolean, before: CustomerRecord['consent'][MessageChannel], nowMs: number): ConsentFact {
	const atMs = laterThan(before, nowMs);
	return isOn ? { status: 'subscribed', basis: isProven ? 'double_opt_in' : 'opt_in', atMs } : { status: 'unsubscribed', basis: before?.basis ?? 'unknown', atMs };
}
