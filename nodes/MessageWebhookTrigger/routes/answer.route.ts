import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { type LinkPayload, linkParameters } from '../../../lib/messages/links';
import { answeredPage, answerPage, isAnswerReason } from '../../../lib/messages/pages';
import { singleLine } from '../../../lib/messages/safe-text';
import type { Installation } from '../../../lib/n8n/installation';
import { linkOf, pageReply, type Route } from './route';

/** Why the cart was not ordered. */
export const answerRoute: Route = {
	parameter: linkParameters.answer,
	async handle(request) {
		const { token, link } = linkOf(request, 'answer');
		const { name: shopName, locale } = await request.installation.shop(link.shop).settings();
		if (request.method === 'GET') return pageReply(200, answerPage({ shopName, locale, token }));
		const event = await recordAnswer(request.installation, link, token, request.body);
		return pageReply(200, answeredPage({ shopName, locale }), event);
	},
};

/** Returns the item to start the workflow with, or null when this message was answered before: the first answer counts. */
async function recordAnswer({ clock, shop }: Installation, link: LinkPayload, token: string, body: IDataObject): Promise<IDataObject | null> {
	const reason = String(body.reason ?? '');
	if (!isAnswerReason(reason)) return null;
	const comment = singleLine(body.comment, 1000);
	const { shop: shopId, customerId, enrolment, step } = link;
	const outcome = await shop(shopId).record({
		type: 'cart_answered',
		dedupeId: `answer:${createHash('sha256').update(token).digest('base64url')}`,
		occurredAtMs: clock.journeyNowMs(),
		source: 'message-link',
		customerId,
		answer: { reason, ...(comment && { comment }) },
	});
	return outcome === 'recorded' ? { event: 'cart_answered', shop: shopId, customerId, enrolment, step, reason, comment } : null;
}
