import { linkParameters, valueParameter } from '../../../lib/messages/links';
import { alreadyAnsweredPage, problemPage, ratedPage, ratePage } from '../../../lib/messages/pages';
import { markOf, recordFeedback } from './feedback';
import { readerOf } from './reader';
import { linkOf, pageReply, type Route, textOf } from './route';

/** One to five stars for an order or a product. */
export const rateRoute: Route = {
	parameter: linkParameters.rate,
	async handle(request) {
		const { token, link } = linkOf(request, 'rate');
		const reader = await readerOf(request, link);
		const { look, customer, settings } = reader;
		if (!customer) return pageReply(410, problemPage(look, 'unknown'));
		const stars = request.method === 'POST' ? markOf(request.body.v, 1, 5) : undefined;
		if (stars === undefined) return pageReply(200, ratePage(look, { token, chosen: markOf(request.query[valueParameter], 1, 5) }));
		const comment = textOf(request.body.comment);
		const rated = subjectOf(link.to);
		const outcome = await recordFeedback(request, reader, link, {
			type: 'rated',
			facts: { rating: { stars, ...(comment && { comment }), ...rated } },
			answer: { stars, comment, ...rated },
			newest: ({ ratings }) => ratings?.find(({ orderId, productId }) => orderId === rated.orderId && productId === rated.productId),
		});
		return outcome.status === 'closed' ? pageReply(200, alreadyAnsweredPage(look)) : pageReply(200, ratedPage(look, { stars, reviewUrl: settings.reviewUrl }), outcome.item);
	},
};

/** What is rated: `order:1001` or `product:7`. */
function subjectOf(to = ''): { orderId?: string; productId?: string } {
	const [, kind, id] = /^(order|product):(.+)$/s.exec(to) ?? [];
	return kind === 'order' ? { orderId: id } : kind === 'product' ? { productId: id } : {};
}
