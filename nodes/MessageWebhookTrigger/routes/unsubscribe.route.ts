import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { linkParameters, type LinkPayload, linkSource, signLink } from '../../../lib/messages/links';
import { isLeavingReason, lessOftenPage, thanksPage, unsubscribedPage, unsubscribePage } from '../../../lib/messages/pages';
import { digest, itemOf, type LinkedMessage, messageOf } from './message';
import { type Reader, readerOf } from './reader';
import { linkOf, pageReply, type Route, type RouteRequest, textOf } from './route';

/** Unsubscribe: a GET asks first, because scanners follow every link; a POST does it (RFC 8058), whatever else it says. */
export const unsubscribeRoute: Route = {
	parameter: linkParameters.unsubscribe,
	async handle(request) {
		const { token, link } = linkOf(request, 'unsubscribe');
		const reader = await readerOf(request, link);
		const { look } = reader;
		if (request.method === 'GET') {
			const preferencesUrl = `?${linkParameters.preferences}=${signLink(request.installation.linkSecret, { ...link, kind: 'preferences' })}`;
			return pageReply(200, unsubscribePage(look, { token, channel: link.channel, preferencesUrl }));
		}
		const message = await messageOf(reader.shop.store, link);
		if (request.body.less === 'yes') return pageReply(200, lessOftenPage(look), await recordLess(request, reader, link, message));
		if (isLeavingReason(textOf(request.body.reason))) return pageReply(200, thanksPage(look), await recordReason(request, link, message, token));
		return pageReply(200, unsubscribedPage(look, { token, channel: link.channel }), await recordUnsubscribe(request, link, message));
	},
};

/** Returns the item to start the workflow with, or null when the customer was unsubscribed before. */
async function recordUnsubscribe({ installation }: RouteRequest, link: LinkPayload, message: LinkedMessage): Promise<IDataObject | null> {
	const outcome = await installation.shop(link.shop).record({
		type: 'unsubscribed',
		// The same link counts again after the customer has subscribed anew.
		dedupeId: `unsubscribe:${randomUUID()}`,
		occurredAtMs: installation.clock.journeyNowMs(),
		source: linkSource,
		customerId: link.customerId,
		message: message.facts,
	});
	return outcome === 'recorded' ? itemOf('unsubscribed', link, message) : null;
}

async function recordLess({ installation }: RouteRequest, { customer, shop }: Reader, link: LinkPayload, message: LinkedMessage): Promise<IDataObject | null> {
	if (!customer || customer.preferences?.frequency === 'less') return null;
	const outcome = await shop.record({
		type: 'preferences_changed',
		dedupeId: `less:${digest(link.customerId, String(customer.preferences?.atMs ?? ''))}`,
		occurredAtMs: installation.clock.journeyNowMs(),
		source: linkSource,
		customerId: link.customerId,
		message: message.facts,
		preferences: { frequency: 'less' },
	});
	return outcome === 'recorded' ? itemOf('preferences_changed', link, message, { frequency: 'less' }) : null;
}

/** Why the customer left: stands in the timeline, and changes nothing. Said once per message. */
async function recordReason({ installation, body }: RouteRequest, link: LinkPayload, message: LinkedMessage, token: string): Promise<IDataObject | null> {
	const [reason, comment] = [textOf(body.reason), textOf(body.comment)];
	const outcome = await installation.shop(link.shop).record({
		type: 'preferences_changed',
		dedupeId: `leaving:${digest(token)}`,
		occurredAtMs: installation.clock.journeyNowMs(),
		source: linkSource,
		customerId: link.customerId,
		message: message.facts,
		preferences: {},
		note: `left: ${reason}${comment && ` (${comment})`}`,
	});
	return outcome === 'recorded' ? itemOf('preferences_changed', link, message, { reason, comment }) : null;
}
