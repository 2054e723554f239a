import type { IExecuteFunctions } from 'n8n-workflow';
import type { PushMessage } from '../../../lib/messages/channels/channel';
import { severalLines, singleLine, webUrl } from '../../../lib/messages/safe-text';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { ComposerMaker } from './compose';
import { compileText, composing, readOnce } from './parts';

const fields = ['pushTitle', 'pushText', 'pushUrl', 'pushImageUrl', 'pushHours', 'discountCode'] as const;
/** Systems cut what they show long before. */
const longestTitle = 120;
const longestText = 500;

/** Writes web pushes. */
export const pushComposer: ComposerMaker = async (context, installation, options) => {
	const wordsOf = readOnce(context, fields, (itemIndex) => readPush(context, itemIndex));
	return (job, customer, settings, served): PushMessage => {
		const words = wordsOf(job.itemIndex);
		const { messageId, ref, context: facts, data, clickUrl } = composing(job, customer, settings, served, 'push', installation, options, words.discountCode);
		const title = singleLine(words.title(facts, data), longestTitle) || facts.shop.name;
		// Where a journey is about a product, its page is what the customer wants to see again.
		const url = webUrl(words.url(facts, data).trim()) || facts.cart.url || facts.product.url || facts.shop.url;
		if (!url) throw new ShopJourneysError('TEMPLATE_INVALID', 'Link: there is no page to open', { hint: 'Fill in "Link", or "Shop URL" in the Shop Webhook Trigger.' });
		const imageUrl = webUrl(words.imageUrl(facts, data).trim()) || facts.product.imageUrl || facts.cart.items[0]?.imageUrl;
		return {
			channel: 'push',
			messageId,
			ref,
			...(facts.discountCode && { discountCode: facts.discountCode }),
			to: (customer.pushSubscriptions ?? []).map(({ endpoint, p256dh, auth }) => ({ endpoint, p256dh, auth })),
			title,
			body: severalLines(words.text(facts, data), longestText),
			url: clickUrl(url),
			...(facts.shop.logoUrl && { iconUrl: facts.shop.logoUrl }),
			...(imageUrl && { imageUrl }),
			ttlSeconds: words.ttlSeconds,
		};
	};
};

function readPush(context: IExecuteFunctions, itemIndex: number) {
	const template = (name: (typeof fields)[number], label: string) => compileText(String(context.getNodeParameter(name, itemIndex, '') ?? ''), label);
	return {
		title: template('pushTitle', 'Title'),
		text: template('pushText', 'Text'),
		url: template('pushUrl', 'Link'),
		imageUrl: template('pushImageUrl', 'Picture'),
		discountCode: template('discountCode', 'Discount Code'),
		ttlSeconds: Math.round(Number(context.getNodeParameter('pushHours', itemIndex, 24)) * 3600),
	};
}
