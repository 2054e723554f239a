import type { IDataObject } from 'n8n-workflow';
import { linkParameters, type LinkPayload, linkSource } from '../../../lib/messages/links';
import { looksLikeMachine, RecentClicks } from '../../../lib/messages/machines';
import { webUrl } from '../../../lib/messages/safe-text';
import { secondMs } from '../../../lib/model/clock';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { Installation } from '../../../lib/n8n/installation';
import { digest, itemOf, messageOf } from './message';
import { linkOf, type Route, type RouteRequest } from './route';
import { soon } from './soon';

const recentClicks = new WeakMap<Installation, RecentClicks>();

function recentOf(installation: Installation): RecentClicks {
	let recent = recentClicks.get(installation);
	if (!recent) recentClicks.set(installation, (recent = new RecentClicks()));
	return recent;
}

/** On to the page that was signed with the link, and to no other: nothing else in the request has a say in it. */
export const clickRoute: Route = {
	parameter: linkParameters.click,
	async handle(request) {
		const { token, link } = linkOf(request, 'click');
		const url = webUrl(link.to);
		if (!url) throw new ShopJourneysError('LINK_INVALID', 'This link leads nowhere');
		const event = await soon(recordClick(request, link, token, url), request.logError, 'A click');
		return { status: 302, headers: { Location: url, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex' }, body: '', ...(event && { events: [event] }) };
	},
};

/** Returns the item for a person's click. A click with the same link within a second is the same one; by machines a link is followed once. */
async function recordClick({ installation, headers, isHead, method }: RouteRequest, link: LinkPayload, token: string, url: string): Promise<IDataObject | null> {
	const { clock } = installation;
	const shop = installation.shop(link.shop);
	const message = await messageOf(shop.store, link);
	const nowMs = clock.machineNowMs();
	const linkId = digest(token);
	const others = recentOf(installation).add(`${link.shop}/${message.id}`, linkId, link.isTrap === true, nowMs);
	const sinceSentMs = message.send && clock.journeyNowMs() - message.send.atMs;
	// A link is followed by GET.
	const sign = looksLikeMachine({ what: 'click', headers, isHead: isHead || method !== 'GET', isTrap: link.isTrap, sinceSentMs, others });
	const { productId, category } = link;
	const shown = { url, ...(productId !== undefined && { productId }), ...(category !== undefined && { category }) };
	const outcome = await shop.record({
		type: 'message_clicked',
		dedupeId: sign ? `click-machine:${message.id}:${linkId}` : `click:${message.id}:${linkId}:${Math.floor(nowMs / secondMs)}`,
		occurredAtMs: clock.journeyNowMs(),
		source: linkSource,
		customerId: link.customerId,
		message: { ...message.facts, ...shown, ...(sign && { isMachine: true, detail: sign }) },
	});
	return outcome === 'recorded' && !sign ? itemOf('message_clicked', link, message, shown) : null;
}
