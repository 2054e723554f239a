import type { AttributeValue, ShopEvent } from '../model/events';
import { historyField, type HistoryRecord, type ReturnRecord } from '../model/records';
import { countedWithin } from '../segments/compile';

type Data = Record<string, AttributeValue>;

/** Longer words of customers are cut off: they travel in every item of the journey. */
const maxText = 500;
/** Over so many days clicks on the same product or category are counted. */
const clickDays = 30;

/** What is known besides of the customer whose event it is. */
export interface EventSurroundings {
	returned: ReturnRecord | null;
	/** What the customer did, this event included. */
	history: HistoryRecord | null;
	/** Journey time. */
	nowMs: number;
}

/** What an event says besides its documents, as conditions and items know it: flat, texts of at most 500 characters. */
export function dataOf({ custom, answer, message, rating, survey, contact, points, type }: ShopEvent, { returned, history, nowMs }: EventSurroundings): Data | undefined {
	if (custom?.data) return custom.data;
	if (answer) return { reason: answer.reason, ...texts({ comment: answer.comment }) };
	if (rating) return { stars: rating.stars, ...texts({ comment: rating.comment, order: rating.orderId, product: rating.productId }) };
	if (survey) return { score: survey.score, ...texts({ comment: survey.comment, topics: survey.topics?.join(', ') }) };
	if (contact) return { way: contact.way, ...texts({ topic: contact.topic, text: contact.text }) };
	if (points) return { points: points.points, balance: points.balance, ...texts({ tier: points.tier, reference: points.reference }) };
	if (message) {
		const clicks = (of: { product?: string; category?: string }) => countedWithin(history, historyField('message_clicked', of), clickDays, nowMs);
		const { channel, journey, campaign, step, variant, productId, category, url, bounce, detail } = message;
		const counted = type === 'message_clicked' && { ...(productId && { productClicks: clicks({ product: productId }) }), ...(category && { categoryClicks: clicks({ category }) }) };
		return { channel, ...(step !== undefined && { step }), ...counted, ...texts({ journey, campaign, variant, product: productId, category, url, bounce: type === 'message_bounced' ? bounce : undefined, detail }) };
	}
	return returned ? { status: returned.status, needsBankDetails: returned.needsBankDetails === true } : undefined;
}

function texts(all: Record<string, string | undefined>): Record<string, string> {
	const said = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
	return Object.fromEntries(said.map(([name, text]) => [name, text.slice(0, maxText)]));
}
