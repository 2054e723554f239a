import type { ShopSettings } from '../model/settings';
import { builtInModel, entryOf, type ModelInput } from './built-in';
import { type BuiltInId, type CartReminderTone, cartReminders, type MessagePart } from './catalogue';
import { buildContext, localeFor, type MessageItem, type MessageLinks, type Surroundings, withOwnCode } from './context';
import { compileCustomMail, type CustomMail } from './custom-mail';
import type { DesignModel } from './design-model';
import { checkLetter, letterModel } from './letter';
import type { MessageLink } from './links';
import { type Design, loadDesign } from './load-design';
import { compileOverrides, type ContentOverrides } from './operator-words';
import type { RenderData } from './template-functions';
import { phrase, wordsFor } from './words';

export { type BuiltInId, type CartReminderTone, cartReminderTones, messageParts as letterParts, type MessagePart as LetterPart } from './catalogue';
export type { MessageItem, MessageLinks } from './context';
export type { ContentOverrides } from './operator-words';

export type MessageContent =
	/** A message of the catalogue, by its id or as a tone of the cart reminder. */
	| ({ kind: 'builtIn'; overrides?: ContentOverrides } & ({ message: BuiltInId } | { tone: CartReminderTone }))
	/** The operator's words in the shop's design. */
	| { kind: 'letter'; words: ContentOverrides & { subject: string }; shows: MessagePart }
	| ({ kind: 'custom' } & CustomMail);

export interface RendererOptions {
	content: MessageContent;
	/** Where the compiled designs are. By default beside this file, or in `dist`. */
	designsDir?: string;
}

export interface RenderExtras extends Surroundings {
	settings: ShopSettings;
	links?: MessageLinks;
	/** Outside a journey; inside, the journey's kind counts. */
	kind?: 'marketing' | 'transactional';
}

export interface RenderedMessage {
	/** One line, not HTML-escaped, at most 200 characters. */
	subject: string;
	previewText: string;
	html: string;
	text: string;
	/** The code that it shows, or ''. */
	discountCode: string;
}

export interface Renderer {
	/** Which links of Message Webhook Trigger the message can show: nobody needs to sign others. */
	readonly links: ReadonlySet<MessageLink>;
	/** What the page of a survey lets the reader choose from: the operator's topics, else ours in the reader's language. */
	surveyTopics(item: MessageItem, settings: ShopSettings): string;
	/** @throws TEMPLATE_INVALID when a template of the operator's fails on this item, or a link that the message needs is missing. */
	render(item: MessageItem, extras: RenderExtras): RenderedMessage;
}

/** In the foot and the head of the design. */
const frameLinks: MessageLink[] = ['unsubscribe', 'preferences', 'view'];

/**
 * Compiles once; `render` then takes well under a third of a millisecond.
 * @throws TEMPLATE_INVALID when a template of the operator's does not compile; PARAMETER_INVALID for a message that there is not;
 * CONFIG_INVALID when the designs were not built.
 */
export function createRenderer({ content, designsDir }: RendererOptions): Renderer {
	if (content.kind === 'custom') return customRenderer(content);
	const design = loadDesign('message', designsDir);
	return content.kind === 'letter' ? letterRenderer(content, design) : builtInRenderer(content, design);
}

function builtInRenderer(content: Extract<MessageContent, { kind: 'builtIn' }>, design: Design): Renderer {
	const id = 'message' in content ? content.message : (cartReminders[content.tone] ?? String(content.tone));
	const entry = entryOf(id);
	const links = [...entry.needs, ...(entry.uses ?? [])];
	if (entry.kind === 'marketing') return designRenderer(design, content.overrides ?? {}, links, (input) => builtInModel(id, entry, input));
	// A message about a purchase carries no offer.
	const renderer = designRenderer(design, { ...content.overrides, discountCode: '' }, links, (input) => builtInModel(id, entry, input));
	return { ...renderer, render: ({ discount: _discount, ...item }, extras) => renderer.render(item, extras) };
}

function letterRenderer({ words, shows }: Extract<MessageContent, { kind: 'letter' }>, design: Design): Renderer {
	checkLetter(words, shows);
	return designRenderer(design, words, [], (input) => letterModel(shows, input));
}

/** Renders a model with the design. */
function designRenderer(design: Design, own: ContentOverrides, links: MessageLink[], modelOf: (input: ModelInput) => DesignModel): Renderer {
	const overrides = compileOverrides(own);
	return {
		links: new Set([...frameLinks, ...links, ...linksNamedIn(own)]),
		surveyTopics: (item, settings) => own.surveyTopics?.trim() || ourSurveyTopics(item, settings),
		render(item, extras) {
			const { context, data, settings, isTransactional } = contextOf(item, extras);
			withOwnCode(context, overrides.discountCode?.(context, data) ?? '');
			const model = modelOf({ context, overrides, words: wordsFor(data.locale), data, settings, isTransactional });
			return { subject: model.subject, previewText: model.previewText, html: design.html(model, data), text: design.text(model, data), discountCode: model.discount?.code ?? '' };
		},
	};
}

function customRenderer(content: Extract<MessageContent, { kind: 'custom' }>): Renderer {
	const mail = compileCustomMail(content);
	return {
		links: new Set(linksNamedIn(content)),
		surveyTopics: ourSurveyTopics,
		render(item, extras) {
			const { context, data } = contextOf(item, extras);
			const said = mail(context, data);
			return { ...said, discountCode: context.discountCode && `${said.subject}\n${said.text}\n${said.html}`.includes(context.discountCode) ? context.discountCode : '' };
		},
	};
}

function ourSurveyTopics(item: MessageItem, settings: ShopSettings): string {
	return phrase(wordsFor(localeFor(item, settings)).design.surveyTopics);
}

function contextOf(item: MessageItem, { settings, links = {}, kind = 'marketing', ...surroundings }: RenderExtras) {
	const locale = localeFor(item, settings);
	const data: RenderData = { locale, timezone: item.customer?.timezone ?? settings.timezone };
	return { context: buildContext(item, settings, links, data, surroundings), data, settings, isTransactional: (item.journey?.kind ?? kind) === 'transactional' };
}

/** Which `links.x` the operator's templates name. */
function linksNamedIn(templates: object): MessageLink[] {
	return [...JSON.stringify(templates).matchAll(/links\.(unsubscribe|answer|preferences|confirm|rate|survey|view|profile)\b/g)].map(([, kind]) => kind as MessageLink);
}
