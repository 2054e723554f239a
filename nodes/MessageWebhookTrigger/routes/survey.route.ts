import { linkParameters, valueParameter } from '../../../lib/messages/links';
import { alreadyAnsweredPage, listOf, problemPage, surveyedPage, surveyPage, surveyTopics } from '../../../lib/messages/pages';
import { markOf, recordFeedback } from './feedback';
import { readerOf } from './reader';
import { linkOf, pageReply, type Route, textOf } from './route';

/** How likely the customer is to recommend the shop, 0 to 10 (NPS). */
export const surveyRoute: Route = {
	parameter: linkParameters.survey,
	async handle(request) {
		const { token, link } = linkOf(request, 'survey');
		const reader = await readerOf(request, link);
		const { look, customer } = reader;
		if (!customer) return pageReply(410, problemPage(look, 'unknown'));
		const offered = surveyTopics(link.to);
		const score = request.method === 'POST' ? markOf(request.body.v, 0, 10) : undefined;
		if (score === undefined) return pageReply(200, surveyPage(look, { token, chosen: markOf(request.query[valueParameter], 0, 10), topics: offered }));
		const comment = textOf(request.body.comment);
		const given = listOf(request.body.topic);
		const topics = offered.filter((topic) => given.includes(topic));
		const outcome = await recordFeedback(request, reader, link, {
			type: 'surveyed',
			facts: { survey: { score, ...(topics.length > 0 && { topics }), ...(comment && { comment }) } },
			answer: { score, topics, comment },
			newest: ({ surveys }) => surveys?.[0],
		});
		return outcome.status === 'closed' ? pageReply(200, alreadyAnsweredPage(look)) : pageReply(200, surveyedPage(look, score), outcome.item);
	},
};
