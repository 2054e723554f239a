import {
	alreadyAnsweredPage,
	answerPage,
	cartAnsweredPage,
	confirmedPage,
	confirmPage,
	lessOftenPage,
	type PageLook,
	preferencesOf,
	preferencesPage,
	preferencesSavedPage,
	problemPage,
	ratedPage,
	ratePage,
	surveyedPage,
	surveyPage,
	thanksPage,
	unsubscribedPage,
	unsubscribePage,
	viewGonePage,
} from '../../../lib/messages/pages';
import type { CustomerRecord } from '../../../lib/model/records';

export const token = 'abc.def';
export const customer: CustomerRecord = {
	id: 'c1',
	createdAtMs: 0,
	profileAtMs: 0,
	email: 'anna.berg@mail.example.com',
	phone: '+4915112345678',
	locale: 'en-GB',
	consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'test', atMs: 1 } },
	orders: { count: 0, spentMinor: {} },
	open: {},
};
export const topics = [
	{ id: 'news', label: 'News <script>alert(1)</script>' },
	{ id: 'sale', label: 'Sales' },
];

/** Every page there is. */
export function allPages(look: PageLook, offered = topics, asked = ['Delivery', '<i>Price</i>']): Record<string, string> {
	const preferences = preferencesOf(customer, { topics: offered }, look.locale);
	const problems = Object.keys(look.words.problems) as Array<keyof PageLook['words']['problems']>;
	return {
		unsubscribe: unsubscribePage(look, { token, channel: 'email', preferencesUrl: '?s=x.y' }),
		unsubscribed: unsubscribedPage(look, { token, channel: 'sms' }),
		less: lessOftenPage(look),
		thanks: thanksPage(look),
		answer: answerPage(look, token),
		cartAnswered: cartAnsweredPage(look),
		preferences: preferencesPage(look, { token, customer, settings: { topics: offered }, preferences }),
		saved: preferencesSavedPage(look, token),
		left: unsubscribedPage(look, { token, channel: null }),
		confirm: confirmPage(look, token),
		confirmed: confirmedPage(look),
		rate: ratePage(look, { token, chosen: 4 }),
		rated: ratedPage(look, { stars: 5, reviewUrl: 'https://reviews.example.com/?a=1&b=2' }),
		ratedLow: ratedPage(look, { stars: 2 }),
		survey: surveyPage(look, { token, chosen: 9, topics: asked }),
		surveyedHigh: surveyedPage(look, 9),
		surveyedMiddle: surveyedPage(look, 7),
		surveyedLow: surveyedPage(look, 6),
		alreadyAnswered: alreadyAnsweredPage(look),
		viewGone: viewGonePage(look),
		...Object.fromEntries(problems.map((problem) => [problem, problemPage(look, problem)])),
	};
}
