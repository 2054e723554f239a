import type { IDataObject } from 'n8n-workflow';
import { linkParameters, type LinkPayload, linkSource } from '../../../lib/messages/links';
import { looksLikeMachine } from '../../../lib/messages/machines';
import { itemOf, messageOf } from './message';
import { linkOf, type Route, type RouteRequest } from './route';
import { soon } from './soon';

/** One transparent point, 43 bytes. */
const pixel = Buffer.from('47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b', 'hex');
const pixelHeaders = { 'Content-Type': 'image/gif', 'Cache-Control': 'no-store, max-age=0', 'X-Content-Type-Options': 'nosniff' };

/** The picture in a mail that says it was opened. */
export const openRoute: Route = {
	parameter: linkParameters.open,
	async handle(request) {
		const { link } = linkOf(request, 'open');
		const event = await soon(recordOpen(request, link), request.logError, 'An open');
		return { status: 200, headers: pixelHeaders, body: pixel, ...(event && { events: [event] }) };
	},
};

/** A message is opened once; by machines it is opened once too, which is counted apart. Returns the item for a person's first time. */
async function recordOpen({ installation, headers, isHead }: RouteRequest, link: LinkPayload): Promise<IDataObject | null> {
	const { clock } = installation;
	const shop = installation.shop(link.shop);
	const message = await messageOf(shop.store, link);
	const sign = looksLikeMachine({ what: 'open', headers, isHead });
	if (!sign && message.send?.openedAtMs !== undefined) return null;
	const outcome = await shop.record({
		type: 'message_opened',
		dedupeId: `${sign ? 'open-machine' : 'open'}:${message.id}`,
		occurredAtMs: clock.journeyNowMs(),
		source: linkSource,
		customerId: link.customerId,
		message: { ...message.facts, ...(sign && { isMachine: true, detail: sign }) },
	});
	return outcome === 'recorded' && !sign ? itemOf('message_opened', link, message) : null;
}
