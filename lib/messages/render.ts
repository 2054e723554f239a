import { ShopJourneysError } from '../model/errors';
import type { JourneyItem } from '../model/item';
import type { ShopSettings } from '../model/settings';
import { themeFor, type Theme } from './colour';
import { buildContext, localeFor, type ContextItem, type MessageContext, type MessageLinks } from './context';
import { loadDesign, type Design } from './load-design';
import { textFromHtml, tidy } from './plain-text';
import { directionOf, pickLocale, severalLines, singleLine, webUrl } from './safe-text';
import type { RenderData } from './template-functions';
import { compileTemplate, type CompiledTemplate } from './templates';
import { type CartReminderTone, cartReminderTones, namedPhrase, phrase, type ToneWords, type Words, wordsFor } from './words';

export type { MessageLinks } from './context';
export { cartReminderTones, type CartReminderTone } from './words';

/** The operator's own words in the built-in design. Each is a Handlebars template; an empty one counts as not given. */
export interface ContentOverrides {
	subject?: string;
	previewText?: string;
	headline?: string;
	/** Line breaks make paragraphs. */
	intro?: string;
	buttonLabel?: string;
	/** Shows the code in a box of its own. Several discount codes or none: one code at most. */
	discountCode?: string;
	/** The words under the code. */
	discountText?: string;
}

/** What a letter shows under its text. */
export const letterParts = ['nothing', 'cart', 'order', 'product'] as const;
export type LetterPart = (typeof letterParts)[number];

export type MessageContent =
	| { kind: 'builtIn'; tone: CartReminderTone; overrides?: ContentOverrides }
	/** The operator's words in the shop's design. The button leads to what is shown, unless `buttonUrl` says where. */
	| { kind: 'letter'; words: ContentOverrides & { subject: string; buttonUrl?: string }; shows: LetterPart }
	| {
			kind: 'custom';
			subject: string;
			/** Put in front of the HTML, hidden. */
			previewText?: string;
			html: string;
			/** Derived from the HTML when empty. */
			text?: string;
	  };

export interface RendererOptions {
	content: MessageContent;
	/** Where the compiled designs are. By default beside this file, or in `dist`. */
	designsDir?: string;
}

export interface RenderExtras {
	settings: ShopSettings;
	links?: MessageLinks;
}

export interface RenderedMessage {
	/** One line, not HTML-escaped, at most 200 characters. */
	subject: string;
	previewText: string;
	html: string;
	text: string;
}

export interface Renderer {
	/** @throws TEMPLATE_INVALID when a template of the operator's fails on this item. */
	render(item: JourneyItem, extras: RenderExtras): RenderedMessage;
}

/** RFC 5322 asks for lines under 998 characters; nobody reads more than about 60 of a subject. */
const maxSubjectLength = 200;
const maxPreviewLength = 250;
/** Lines of a cart in the mail. More would push the button out of sight, and the mail over Gmail's 102 kB. */
const maxItemsShown = 10;
/** Stock at or below this is "really low": only then may a mail say so. */
const lowStockMost = 3;

/**
 * Compiles once; `render` then takes well under a third of a millisecond.
 * @throws TEMPLATE_INVALID when a template of the operator's does not compile; CONFIG_INVALID when the designs were not built.
 */
export function createRenderer({ content, designsDir }: RendererOptions): Renderer {
	if (content.kind === 'custom') return customRenderer(content);
	const design = loadDesign('message', designsDir);
	return content.kind === 'letter' ? letterRenderer(content, design) : builtInRenderer(content, design);
}

type Overrides = Partial<Record<keyof ContentOverrides, CompiledTemplate>>;

const overrideFields: Record<keyof ContentOverrides, string> = {
	subject: 'Subject',
	previewText: 'Preview Text',
	headline: 'Headline',
	intro: 'Text',
	buttonLabel: 'Button Label',
	discountCode: 'Discount Code',
	discountText: 'Discount Text',
};

function compileWords<K extends string>(fields: Record<K, string>, words: Partial<Record<K, string>> = {}): Partial<Record<K, CompiledTemplate>> {
	const compiled: Partial<Record<K, CompiledTemplate>> = {};
	for (const [key, field] of Object.entries(fields) as Array<[K, string]>) {
		const source = words[key];
		if (source?.trim()) compiled[key] = compileTemplate(source, { field, mode: 'text' });
	}
	return compiled;
}

/** Renders a model with a design. */
function designRenderer(design: Design, modelOf: (context: MessageContext, words: Words, data: RenderData, settings: ShopSettings) => DesignModel, discountCode: CompiledTemplate | undefined): Renderer {
	return {
		render(item, { settings, links = {} }) {
			const locale = localeFor(item, settings);
			const data: RenderData = { locale, timezone: item.customer?.timezone ?? settings.timezone };
			const context = buildContext(item, settings, links, locale);
			context.discountCode = singleLine(discountCode?.(context, data) ?? '', 60);
			const model = modelOf(context, wordsFor(locale), data, settings);
			return { subject: model.subject, previewText: model.previewText, html: design.html(model, data), text: design.text(model, data) };
		},
	};
}

function builtInRenderer(content: Extract<MessageContent, { kind: 'builtIn' }>, design: Design): Renderer {
	if (!cartReminderTones.includes(content.tone)) throw new ShopJourneysError('PARAMETER_INVALID', `There is no tone called "${String(content.tone)}"`);
	const overrides: Overrides = compileWords(overrideFields, content.overrides);
	return designRenderer(design, (context, words, data, settings) => reminderModel(context, content.tone, overrides, words, data, settings), overrides.discountCode);
}

function letterRenderer({ words: own, shows }: Extract<MessageContent, { kind: 'letter' }>, design: Design): Renderer {
	if (!own.subject.trim()) throw new ShopJourneysError('PARAMETER_INVALID', 'The message has no subject', { hint: 'Fill in "Subject".' });
	if (!letterParts.includes(shows)) throw new ShopJourneysError('PARAMETER_INVALID', `A message cannot show "${String(shows)}"`);
	const compiled = compileWords({ ...overrideFields, buttonUrl: 'Button Address' }, own);
	return designRenderer(design, (context, words, data, settings) => letterModel(context, shows, compiled, words, data, settings), compiled.discountCode);
}

/** What the compiled designs read. Strings only, so that a design holds no logic beyond "is it there". */
interface DesignModel {
	lang: string;
	dir: 'ltr' | 'rtl';
	start: 'left' | 'right';
	end: 'left' | 'right';
	subject: string;
	previewText: string;
	theme: Theme;
	shop: MessageContext['shop'];
	headline: string;
	intro: string[];
	items: Array<Pick<ContextItem, 'title' | 'url' | 'imageUrl' | 'initial' | 'lineTotal' | 'fullLineTotal'> & { details: string; stockNote: string }>;
	moreItems: string;
	total: { label: string; amount: string } | undefined;
	discount: { code: string; text: string } | undefined;
	button: { label: string; url: string } | undefined;
	help: string;
	postalLines: string[];
	why: string;
	whyNot: { label: string; url: string } | undefined;
	unsubscribe: { label: string; url: string } | undefined;
}

/** What every mail has, whatever it says. `language` is that of the words in it. */
function frameOf(context: MessageContext, language: string, words: Words, settings: ShopSettings): Pick<DesignModel, 'lang' | 'dir' | 'start' | 'end' | 'theme' | 'shop' | 'help' | 'postalLines' | 'unsubscribe'> {
	const direction = directionOf(language);
	return {
		lang: language,
		dir: direction,
		start: direction === 'rtl' ? 'right' : 'left',
		end: direction === 'rtl' ? 'left' : 'right',
		theme: themeFor(settings.colour),
		shop: context.shop,
		help: helpLine(settings, context.shop.url, words),
		postalLines: postalLines(context.shop),
		unsubscribe: context.links.unsubscribe ? { label: phrase(words.design.unsubscribe), url: context.links.unsubscribe } : undefined,
	};
}

/** The lines of a cart or an order, the first ten of them, and how many more there are. */
function linesOf(lines: ContextItem[], words: Words, tellsLowStock: boolean): Pick<DesignModel, 'items' | 'moreItems'> {
	const hidden = lines.length - maxItemsShown;
	return {
		items: lines.slice(0, maxItemsShown).map((line) => ({ ...line, details: details(line, words), stockNote: tellsLowStock && isLow(line) ? phrase(words.design.onlyLeft, { count: line.stock }, words.locale) : '' })),
		moreItems: hidden > 0 ? phrase(words.design.moreItems, { count: hidden }, words.locale) : '',
	};
}

function reminderModel(context: MessageContext, tone: CartReminderTone, overrides: Overrides, words: Words, data: RenderData, settings: ShopSettings): DesignModel {
	const { customer, cart, shop } = context;
	const hasCode = context.discountCode !== '';
	const toneWords = wordsOfTone(tone, context, words);
	const values = { shop: shop.name };
	const wordsOf = (key: keyof ToneWords) => overrides[key]?.(context, data) ?? namedPhrase(toneWords[key], customer.firstName, values);
	const url = cart.url || shop.url;
	return {
		// The operator writes in the shop's language; our own words may have had to fall back to English.
		...frameOf(context, overrides.intro ? pickLocale(settings.locale) : words.locale, words, settings),
		...linesOf(cart.items, words, tone === 'lowStock'),
		subject: singleLine(wordsOf('subject'), maxSubjectLength),
		previewText: singleLine(wordsOf('previewText'), maxPreviewLength),
		headline: singleLine(wordsOf('headline'), 200),
		intro: paragraphs(wordsOf('intro')),
		total: cart.total ? { label: phrase(words.design.total), amount: cart.total } : undefined,
		discount: hasCode ? { code: context.discountCode, text: discountText(context, tone === 'lastCode', overrides, words, data) } : undefined,
		button: url ? { label: singleLine(wordsOf('buttonLabel'), 60), url } : undefined,
		why: phrase(words.design.why, values),
		whyNot: tone === 'reminder' && context.links.answer ? { label: phrase(words.design.whyNot), url: context.links.answer } : undefined,
	};
}

type LetterWords = Partial<Record<keyof ContentOverrides | 'buttonUrl', CompiledTemplate>>;

function letterModel(context: MessageContext, shows: LetterPart, own: LetterWords, words: Words, data: RenderData, settings: ShopSettings): DesignModel {
	const said = (key: keyof LetterWords) => own[key]?.(context, data) ?? '';
	const shown = shownBy(shows, context, words);
	const url = webUrl(said('buttonUrl').trim()) || shown.url || context.shop.url;
	const label = singleLine(said('buttonLabel'), 60);
	const isTransactional = context.journey.kind === 'transactional';
	return {
		...frameOf(context, pickLocale(settings.locale), words, settings),
		...shown,
		subject: singleLine(said('subject'), maxSubjectLength),
		previewText: singleLine(said('previewText'), maxPreviewLength),
		headline: singleLine(said('headline'), 200),
		intro: paragraphs(said('intro')),
		discount: context.discountCode ? { code: context.discountCode, text: discountText(context, false, own, words, data) } : undefined,
		button: url && label ? { label, url } : undefined,
		why: phrase(isTransactional ? words.design.whyTransactional : words.design.whyMarketing, { shop: context.shop.name }),
		whyNot: undefined,
		// About a purchase that is under way: there is nothing to unsubscribe from.
		...(isTransactional && { unsubscribe: undefined }),
	};
}

/** What a letter shows, and where that is in the shop. */
function shownBy(shows: LetterPart, { cart, order, product }: MessageContext, words: Words): Pick<DesignModel, 'items' | 'moreItems' | 'total'> & { url: string } {
	const total = (amount: string) => (amount ? { label: phrase(words.design.total), amount } : undefined);
	if (shows === 'cart') return { ...linesOf(cart.items, words, false), total: total(cart.total), url: cart.url };
	if (shows === 'order') return { ...linesOf(order.items, words, false), total: total(order.total), url: order.url };
	const isThere = shows === 'product' && product.title !== '';
	return { items: isThere ? [{ ...product, details: product.category, stockNote: '', lineTotal: product.price, fullLineTotal: '' }] : [], moreItems: '', total: undefined, url: isThere ? product.url : '' };
}

/** A mail claims nothing that is not true: no code without a code, no scarcity with a full shelf. */
function wordsOfTone(tone: CartReminderTone, { cart, discountCode }: MessageContext, words: Words): ToneWords {
	if (tone === 'lastCode' && discountCode) return words.cartReminder.lastCodeWithCode;
	if (tone === 'lowStock' && !cart.items.some(isLow)) return words.cartReminder.noHurry;
	return words.cartReminder[tone];
}

function isLow(line: ContextItem): line is ContextItem & { stock: number } {
	return line.stock !== undefined && line.stock > 0 && line.stock <= lowStockMost;
}

function details(line: ContextItem, words: Words): string {
	const values = { variant: line.variantTitle ?? '', quantity: line.quantity };
	return phrase(line.variantTitle ? words.design.variantAndQuantity : words.design.quantity, values, words.locale);
}

/** "Today only" belongs to the last reminder with a code: no other knows until when the operator's code is valid. */
function discountText(context: MessageContext, isToday: boolean, overrides: Overrides, words: Words, data: RenderData): string {
	const own = overrides.discountText?.(context, data);
	return singleLine(own ?? phrase(isToday ? words.design.discountTextToday : words.design.discountText), 200);
}

function helpLine(settings: ShopSettings, shopUrl: string, words: Words): string {
	if (settings.replyTo) return phrase(words.design.helpReply);
	return shopUrl ? phrase(words.design.helpVisit, { address: shopUrl.replace(/^https?:\/\//, '') }) : '';
}

/** The address with the shop's name above it, unless it begins with that already. */
function postalLines({ name, postalAddress }: MessageContext['shop']): string[] {
	const lines = severalLines(postalAddress, 500).split('\n').filter(Boolean);
	return lines[0]?.startsWith(name) ? lines : [name, ...lines].filter(Boolean);
}

function paragraphs(text: string): string[] {
	return severalLines(text, 5000).split('\n').filter(Boolean);
}

const blockMarks = /\{\{~?\s*(?:[#/^]|else\b)/g;

/**
 * Turns the HTML template, once, into a template of the plain text: a twentieth of the work of converting each mail.
 * That is right only where all blocks stand between tags; undefined otherwise.
 */
function derivedText(html: string): CompiledTemplate | undefined {
	const source = textFromHtml(html);
	if (source.match(blockMarks)?.length !== html.match(blockMarks)?.length) return undefined;
	try {
		const template = compileTemplate(source, { field: 'HTML', mode: 'text', keepLines: true });
		// An address that is empty for this customer leaves its brackets behind.
		return (context, data) => tidy(template(context, data).replaceAll(' ()', ''));
	} catch {
		return undefined;
	}
}

/** Filler behind the preview text, so that mail programs do not show the start of the body after it. */
const previewFiller = '&#847;&#8199;&#65279;'.repeat(80);

function customRenderer(content: Extract<MessageContent, { kind: 'custom' }>): Renderer {
	const subject = compileTemplate(content.subject, { field: 'Subject', mode: 'text' });
	const preview = compileTemplate(content.previewText ?? '', { field: 'Preview Text', mode: 'text' });
	const hiddenPreview = compileTemplate('{{previewText}}', { field: 'Preview Text', mode: 'html' });
	const html = compileTemplate(content.html, { field: 'HTML', mode: 'html' });
	const text = content.text?.trim() ? compileTemplate(content.text, { field: 'Plain Text', mode: 'text' }) : derivedText(content.html);
	return {
		render(item, { settings, links = {} }) {
			const locale = localeFor(item, settings);
			const data: RenderData = { locale, timezone: item.customer?.timezone ?? settings.timezone };
			const context = buildContext(item, settings, links, locale);
			const previewText = singleLine(preview(context, data), maxPreviewLength);
			const body = html(context, data);
			return {
				subject: singleLine(subject(context, data), maxSubjectLength),
				previewText,
				html: previewText ? withPreview(body, hiddenPreview({ previewText }, data)) : body,
				text: text ? text(context, data) : textFromHtml(body),
			};
		},
	};
}

function withPreview(html: string, escapedPreview: string): string {
	const hidden = `<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all">${escapedPreview}${previewFiller}</div>`;
	const body = /<body\b[^>]*>/i.exec(html);
	const at = body ? body.index + body[0].length : 0;
	return html.slice(0, at) + hidden + html.slice(at);
}
