import type { IDataObject } from 'n8n-workflow';
import { linkParameters, type LinkPayload, linkSource } from '../../../lib/messages/links';
import { answerPage, cartAnsweredPage, isAnswerReason } from '../../../lib/messages/pages';
import { digest, itemOf, messageOf } from './message';
import { readerOf } from './reader';
import { linkOf, pageReply, type Route, type RouteRequest, textOf } from './route';

/** Why the cart was not ordered. */
export const answerRoute: Route = {
	parameter: linkParameters.answer,
	async handle(request) {
		const { token, link } = linkOf(request, 'answer');
		const { look } = await readerOf(request, link);
		if (request.method === 'GET' || !isAnswerReason(textOf(request.body.reason))) return pageReply(200, answerPage(look, token));
		return pageReply(200, cartAnsweredPage(look), await recordAnswer(request, link, token));
	},
};

/** Returns the item to start the workflow with, or null when this message was answered before: the first answer counts. */
async function recordAnswer({ installation, body }: RouteRequest, link: LinkPayload, token: string): Promise<IDataObject | null> {
	const [reason, comment] = [textOf(body.reason), textOf(body.comment)];
	const shop = installation.shop(link.shop);
	const message = await messageOf(shop.store, link);
	const outcome = await shop.record({
		type: 'cart_answered',
		dedupeId: `answer:${digest(token)}`,
		occurredAtMs: installation.clock.journeyNowMs(),
		source: linkSource,
		customerId: link.customerId,
		message: message.facts,
		answer: { reason, ...(comment && { comment }) },
	});
	return outcome === 'recorded' ? itemOf('cart_answered', link, message, { reason, comment }) : null;
}
