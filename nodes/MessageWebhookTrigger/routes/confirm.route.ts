import type { IDataObject } from 'n8n-workflow';
import { linkParameters, type LinkPayload, linkSource } from '../../../lib/messages/links';
import { channelOf, confirmedPage, confirmPage, problemPage } from '../../../lib/messages/pages';
import type { ConsentFact, CustomerFacts } from '../../../lib/model/events';
import type { ConsentRecord } from '../../../lib/model/records';
import { consentField, laterThan } from './consents';
import { digest, itemOf, messageOf } from './message';
import { type Reader, readerOf } from './reader';
import { linkOf, pageReply, type Route, type RouteRequest } from './route';

/** Confirms a subscription (double opt-in): a GET asks, a POST does it. */
export const confirmRoute: Route = {
	parameter: linkParameters.confirm,
	async handle(request) {
		const { token, link } = linkOf(request, 'confirm');
		const reader = await readerOf(request, link);
		const { look, customer } = reader;
		if (!customer) return pageReply(410, problemPage(look, 'unknown'));
		const consent = customer.consent[channelOf(link.channel)];
		if (consent?.status === 'subscribed' && consent.basis === 'double_opt_in') return pageReply(200, confirmedPage(look));
		if (request.method === 'GET') return pageReply(200, confirmPage(look, token));
		return pageReply(200, confirmedPage(look), await recordConfirmation(request, reader, link, consent));
	},
};

/** Returns the item to start the workflow with, or null when the same was just confirmed elsewhere. */
async function recordConfirmation({ installation }: RouteRequest, { shop }: Reader, link: LinkPayload, before: ConsentRecord | undefined): Promise<IDataObject | null> {
	const nowMs = installation.clock.journeyNowMs();
	const fact: ConsentFact = { status: 'subscribed', basis: 'double_opt_in', atMs: laterThan(before, nowMs), ...(before?.note && { note: before.note }), ...(before?.text && { text: before.text }) };
	const customer: CustomerFacts = { [consentField[channelOf(link.channel)]]: fact };
	const message = await messageOf(shop.store, link);
	const outcome = await shop.record({
		type: 'consent_changed',
		dedupeId: `confirm:${digest(link.customerId, link.channel, String(before?.atMs ?? ''))}`,
		occurredAtMs: nowMs,
		source: linkSource,
		customerId: link.customerId,
		customer,
		message: message.facts,
	});
	return outcome === 'recorded' ? itemOf('subscribed', link, message) : null;
}
