import { ShopJourneysError } from '../model/errors';
import type { JourneyItem } from '../model/item';
import type { ShopSettings } from '../model/settings';
import { themeFor, type Theme } from './colour';
import { buildContext, localeFor, type ContextItem, type MessageContext, type MessageLinks } from './context';
import { loadDesign, type Design } from './load-design';
import { textFromHtml, tidy } from './plain-text';
import { directionOf, pickLocale, severalLines, singleLine } from './safe-text';
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

export type MessageContent =
	| { kind: 'builtIn'; design: 'cart-reminder'; tone: CartReminderTone; overrides?: ContentOverrides }
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
	return content.kind === 'custom' ? customRenderer(content) : builtInRenderer(content, loadDesign(content.design, designsDir));
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

function builtInRenderer(content: Extract<MessageContent, { kind: 'builtIn' }>, design: Design): Renderer {
	if (!cartReminderTones.includes(content.tone)) throw new ShopJourneysError('PARAMETER_INVALID', `There is no tone called "${String(content.tone)}"`);
	const overrides: Overrides = {};
	for (const [key, field] of Object.entries(overrideFields) as Array<[keyof ContentOverrides, string]>) {
		const source = content.overrides?.[key];
		if (source?.trim()) overrides[key] = compileTemplate(source, { field, mode: 'text' });
	}
	return {
		render(item, { settings, links = {} }) {
			const locale = localeFor(item, settings);
			const data: RenderData = { locale, timezone: item.customer?.timezone ?? settings.timezone };
			const context = buildContext(item, settings, links, locale);
			context.discountCode = singleLine(overrides.discountCode?.(context, data) ?? '', 60);
			const words = wordsFor(locale);
			const model = designModel(context, content.tone, overrides, words, data, settings);
			return {
				subject: model.subject,
				previewText: model.previewText,
				html: design.html(model, data),
				text: design.text(model, data),
			};
		},
	};
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
	items: Array<ContextItem & { details: string; stockNote: string }>;
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

function designModel(context: MessageContext, tone: CartReminderTone, overrides: Overrides, words: Words, data: RenderData, settings: ShopSettings): DesignModel {
	const { customer, cart, shop } = context;
	const hasCode = context.discountCode !== '';
	const toneWords = wordsOfTone(tone, context, words);
	const values = { shop: shop.name };
	const wordsOf = (key: keyof ToneWords) => overrides[key]?.(context, data) ?? namedPhrase(toneWords[key], customer.firstName, values);
	// The operator writes in the shop's language; our own words may have had to fall back to English.
	const language = overrides.intro ? pickLocale(settings.locale) : words.locale;
	const direction = directionOf(language);
	const hiddenItems = cart.items.length - maxItemsShown;
	const url = cart.url || shop.url;
	return {
		lang: language,
		dir: direction,
		start: direction === 'rtl' ? 'right' : 'left',
		end: direction === 'rtl' ? 'left' : 'right',
		subject: singleLine(wordsOf('subject'), maxSubjectLength),
		previewText: singleLine(wordsOf('previewText'), maxPreviewLength),
		theme: themeFor(settings.colour),
		shop,
		headline: singleLine(wordsOf('headline'), 200),
		intro: paragraphs(wordsOf('intro')),
		items: cart.items.slice(0, maxItemsShown).map((line) => ({ ...line, details: details(line, words), stockNote: tone === 'lowStock' && isLow(line) ? phrase(words.design.onlyLeft, { count: line.stock }, words.locale) : '' })),
		moreItems: hiddenItems > 0 ? phrase(words.design.moreItems, { count: hiddenItems }, words.locale) : '',
		total: cart.total ? { label: phrase(words.design.total), amount: cart.total } : undefined,
		discount: hasCode ? { code: context.discountCode, text: discountText(context, tone, overrides, words, data) } : undefined,
		button: url ? { label: singleLine(wordsOf('buttonLabel'), 60), url } : undefined,
		help: helpLine(settings, shop.url, words),
		postalLines: postalLines(shop),
		why: phrase(words.design.why, values),
		whyNot: tone === 'reminder' && context.links.answer ? { label: phrase(words.design.whyNot), url: context.links.answer } : undefined,
		unsubscribe: context.links.unsubscribe ? { label: phrase(words.design.unsubscribe), url: context.links.unsubscribe } : undefined,
	};
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
function discountText(context: MessageContext, tone: CartReminderTone, overrides: Overrides, words: Words, data: RenderData): string {
	const own = overrides.discountText?.(context, data);
	return singleLine(own ?? phrase(tone === 'lastCode' ? words.design.discountTextToday : words.design.discountText), 200);
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
