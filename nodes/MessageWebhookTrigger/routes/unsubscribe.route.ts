import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { type LinkPayload, linkParameters } from '../../../lib/messages/links';
import { donePage, unsubscribePage } from '../../../lib/messages/pages';
import type { Installation } from '../../../lib/n8n/installation';
import { linkOf, pageReply, type Route } from './route';

/** Unsubscribe: a GET asks first, because scanners follow every link; a POST does it (RFC 8058). */
export const unsubscribeRoute: Route = {
	parameter: linkParameters.unsubscribe,
	async handle(request) {
		const { token, link } = linkOf(request, 'unsubscribe');
		const { name: shopName, locale } = await request.installation.shop(link.shop).settings();
		if (request.method === 'GET') return pageReply(200, unsubscribePage({ shopName, locale, token }));
		const event = await recordUnsubscribe(request.installation, link);
		return pageReply(200, donePage({ shopName, locale }), event);
	},
};

/** Returns the item to start the workflow with, or null when the customer was unsubscribed before. */
async function recordUnsubscribe({ clock, shop }: Installation, { shop: shopId, customerId, channel }: LinkPayload): Promise<IDataObject | null> {
	const outcome = await shop(shopId).record({
		type: 'unsubscribed',
		// The same link counts again after the customer has subscribed anew.
		dedupeId: `unsubscribe:${randomUUID()}`,
		occurredAtMs: clock.journeyNowMs(),
		source: 'message-link',
		customerId,
	});
	return outcome === 'recorded' ? { event: 'unsubscribed', shop: shopId, customerId, channel } : null;
}
