import { ShopJourneysError } from '../model/errors';
import type { ShopSettings } from '../model/settings';
import { type BuiltInMessage, builtInMessage } from './catalogue';
import { pointsWithNoun } from './benefits';
import type { ContextPick, MessageContext } from './context';
import { discountBox, type DesignModel, frameOf, paragraphs, picksOf, questionOf, shownBy } from './design-model';
import type { MessageLink } from './links';
import type { CompiledOverrides } from './operator-words';
import { pickLocale, singleLine, subjectLine, webUrl } from './safe-text';
import { formatDate, type RenderData } from './template-functions';
import { type MessageWords, namedPhrase, phrase, type PhraseValues, type Words } from './words';

export const maxPreviewLength = 250;

/** What the model of a mail is made from. */
export interface ModelInput {
	context: MessageContext;
	overrides: CompiledOverrides;
	words: Words;
	data: RenderData;
	settings: ShopSettings;
	isTransactional: boolean;
}

/** @throws PARAMETER_INVALID where there is none of that id */
export function entryOf(id: string): BuiltInMessage {
	const entry = builtInMessage(id);
	if (!entry) throw new ShopJourneysError('PARAMETER_INVALID', `There is no built-in message called "${id}"`, { hint: 'Choose one from the list under "Built-In Message".' });
	return entry;
}

/**
 * The design's model of a built-in message.
 * @throws TEMPLATE_INVALID where a link that it cannot do without is missing
 */
export function builtInModel(id: string, entry: BuiltInMessage, input: ModelInput): DesignModel {
	const { context, overrides, words, data, settings, isTransactional } = input;
	for (const kind of entry.needs) if (!linkOf(context, kind)) throw missingLink(entry, kind);
	const { picks, areMeant } = picksFor(entry, context);
	const said = words.messages[entry.wordsOf?.(areMeant ? { ...context, picks } : { ...context, picks: [] }) ?? id];
	const values = valuesOf(entry, context, words, data);
	const saying = (text: MessageWords[keyof MessageWords]) => (text === undefined ? '' : namedPhrase(text, context.customer.firstName, values, words.locale));
	const wordsOf = (key: 'subject' | 'previewText' | 'headline' | 'intro') => overrides[key]?.(context, data) ?? saying(said[key]);
	const shown = shownBy(entry.shows, context, words, data, entry.tellsLowStock);
	const intro = wordsOf('intro');
	// The operator writes in the shop's language; our own words may have had to fall back to English.
	const frame = frameOf(context, words, settings, { language: overrides.intro ? pickLocale(settings.locale) : words.locale, why: entry.why, isTransactional });
	return {
		...frame,
		help: settings.replyTo && asksForAnswer(intro, words) ? '' : frame.help,
		...shown,
		...(entry.asks ? questionOf(entry.asks, linkOf(context, entry.asks), { question: saying(said.question), lowest: saying(said.lowest), highest: saying(said.highest) }) : { rating: undefined, survey: undefined }),
		subject: subjectLine(wordsOf('subject')),
		previewText: singleLine(wordsOf('previewText'), maxPreviewLength),
		headline: singleLine(wordsOf('headline'), 200),
		intro: paragraphs(intro),
		discount: discountBox(context, words, overrides.discountText?.(context, data), entry.codeEndsToday),
		button: buttonOf(entry, input, shown.url, saying(said.buttonLabel)),
		picks: entry.picks ? picksOf(picks, saying((areMeant ? said.picksTitle : undefined) ?? words.design.picks), words) : undefined,
		aside: asideOf(entry, context, words),
	};
}

/** The picks that a message shows, and whether what it says of them is true of them. Of picks that are not ours nobody knows why they were picked: they are as the message means them. */
function picksFor({ picksMean, tellsOfPicks }: BuiltInMessage, { picks }: MessageContext): { picks: ContextPick[]; areMeant: boolean } {
	const meant = picksMean ? picks.filter(({ reason }) => reason === '' || picksMean.some((way) => way === reason)) : picks;
	if (tellsOfPicks && meant.length > 0) return { picks: meant, areMeant: true };
	return { picks, areMeant: meant.length === picks.length };
}

/** Whether the text itself says that an answer to the mail is welcome. */
function asksForAnswer(text: string, words: Words): boolean {
	return text.toLowerCase().includes(phrase(words.design.answerThis).toLowerCase());
}

function linkOf({ links }: MessageContext, kind: string): string {
	return (links as Record<string, string>)[kind] ?? '';
}

function missingLink({ label }: BuiltInMessage, kind: MessageLink): ShopJourneysError {
	if (kind === 'profile') {
		return new ShopJourneysError('TEMPLATE_INVALID', `The message "${label}" leads to a profile form, and there is none: Message Webhook Trigger is not published, or not at a public https address, or has no form of the kind Profile`, {
			hint: 'Publish a workflow with Message Webhook Trigger that has a form of the kind "Profile", and set WEBHOOK_URL for n8n.',
		});
	}
	return new ShopJourneysError('TEMPLATE_INVALID', `The message "${label}" needs a link that leads to Message Webhook Trigger, which is not published, or not at a public https address`, {
		hint: 'Publish a workflow with Message Webhook Trigger (template "Message Tracking"), and set WEBHOOK_URL for n8n.',
	});
}

/** Where the button leads. Where the address that its words speak of is not known, it leads to the shop and says so. */
function buttonOf(entry: BuiltInMessage, { context, overrides, words, data }: ModelInput, shownUrl: string, ownLabel: string): DesignModel['button'] {
	const wanted = webUrl(overrides.buttonUrl?.(context, data).trim()) || entry.buttonUrl?.(context) || shownUrl;
	const url = wanted || context.shop.url;
	const speaksOfAnother = !wanted && (entry.chapter === '10' || entry.shows === 'order' || entry.shows === 'product');
	const label = singleLine(overrides.buttonLabel?.(context, data) ?? (speaksOfAnother && ownLabel ? phrase(words.design.toShop) : ownLabel), 60);
	return url && label ? { label, url } : undefined;
}

/** What else is asked: why the cart was not ordered; or, with a survey, whether somebody who has not agreed to news would like some. */
function asideOf({ uses, asks }: BuiltInMessage, { links, customer }: MessageContext, words: Words): DesignModel['aside'] {
	if (uses?.includes('answer') && links.answer) return { label: phrase(words.design.whyNot), url: links.answer };
	if (asks === 'survey' && links.preferences && customer.emailConsent !== 'subscribed') return { label: phrase(words.design.invitation), url: links.preferences };
	return undefined;
}

/** What the words of a message may name. Text and formatted values only. */
function valuesOf({ placeholders }: BuiltInMessage, context: MessageContext, words: Words, data: RenderData): PhraseValues {
	const { shop, order, product, view, event, discount, points, place } = context;
	const values: PhraseValues = { shop: shop.name };
	const withNoun = (count: number) => (count > 0 ? pointsWithNoun(count, words, data.locale) : '');
	for (const placeholder of placeholders) {
		if (placeholder === 'order') values.order = order.number;
		else if (placeholder === 'total') values.total = order.total;
		else if (placeholder === 'due') values.due = formatDate(order.paymentDueAt, 'long', data).replaceAll(' ', '\u00a0'); // no line break within a date
		else if (placeholder === 'waits') values.waits = listed(order.waitsFor, data.locale);
		else if (placeholder === 'product') values.product = product.title;
		else if (placeholder === 'topic') values.topic = product.title || product.category || view.category || (event.data.category ?? '');
		else if (placeholder === 'page') values.page = view.title;
		else if (placeholder === 'count') values.count = product.stock ?? '';
		else if (placeholder === 'offer') values.offer = discount.offer;
		else if (placeholder === 'until') values.until = discount.expiresAt;
		else if (placeholder === 'points') values.points = withNoun(points.count.available);
		else if (placeholder === 'expiring') values.expiring = withNoun(points.count.expiring);
		else if (placeholder === 'earned') values.earned = withNoun(points.count.earned);
		else if (placeholder === 'expires') values.expires = points.expiresAt;
		else if (placeholder === 'tier') values.tier = points.tier;
		else if (placeholder === 'nextTier') values.nextTier = points.nextTier;
		else if (placeholder === 'missing') values.missing = points.toNextTier;
		else if (placeholder === 'place') values.place = place.name;
		else if (placeholder === 'town') values.town = place.town;
	}
	return values;
}

const listFormats = new Map<string, Intl.ListFormat>();

function listed(titles: string[], locale: string): string {
	let format = listFormats.get(locale);
	if (!format) {
		format = new Intl.ListFormat(locale, { type: 'conjunction' });
		if (listFormats.size > 100) listFormats.clear();
		listFormats.set(locale, format);
	}
	return format.format(titles);
}
