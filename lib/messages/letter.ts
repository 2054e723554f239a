import { ShopJourneysError } from '../model/errors';
import { maxPreviewLength, type ModelInput } from './built-in';
import { type MessagePart, messageParts } from './catalogue';
import { discountBox, type DesignModel, frameOf, paragraphs, picksOf, shownBy } from './design-model';
import type { ContentOverrides } from './operator-words';
import { pickLocale, singleLine, subjectLine, webUrl } from './safe-text';
import { phrase } from './words';

/** @throws PARAMETER_INVALID for a letter without a subject, or one that shows what there is not */
export function checkLetter({ subject }: ContentOverrides, shows: MessagePart): void {
	if (!subject?.trim()) throw new ShopJourneysError('PARAMETER_INVALID', 'The message has no subject', { hint: 'Fill in "Subject".' });
	if (!messageParts.includes(shows)) throw new ShopJourneysError('PARAMETER_INVALID', `A message cannot show "${String(shows)}"`);
}

/** The operator's words in the shop's design. The button leads to what is shown, unless the operator says where. */
export function letterModel(shows: MessagePart, { context, overrides, words, data, settings, isTransactional }: ModelInput): DesignModel {
	const said = (key: keyof ContentOverrides) => overrides[key]?.(context, data) ?? '';
	const shown = shownBy(shows, context, words, data);
	const url = webUrl(said('buttonUrl').trim()) || shown.url || context.shop.url;
	const label = singleLine(said('buttonLabel'), 60);
	return {
		...frameOf(context, words, settings, { language: pickLocale(settings.locale), why: isTransactional ? 'whyTransactional' : 'whyMarketing', isTransactional }),
		...shown,
		subject: subjectLine(said('subject')),
		previewText: singleLine(said('previewText'), maxPreviewLength),
		headline: singleLine(said('headline'), 200),
		intro: paragraphs(said('intro')),
		rating: undefined,
		survey: undefined,
		discount: discountBox(context, words, overrides.discountText?.(context, data)),
		button: url && label ? { label, url } : undefined,
		picks: shows === 'picks' ? picksOf(context.picks, phrase(words.design.picks), words) : undefined,
		aside: undefined,
	};
}
