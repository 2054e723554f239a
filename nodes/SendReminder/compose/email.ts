import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { itemCustomer } from '../../../lib/journeys/items';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { CustomerRecord } from '../../../lib/model/records';
import type { ShopSettings } from '../../../lib/model/settings';
import { missingAnswer } from '../../../lib/forms/fields';
import type { FormDefinition } from '../../../lib/forms/form';
import { formLink } from '../../../lib/forms/receive';
import type { EmailMessage } from '../../../lib/messages/channels/channel';
import { localeFor } from '../../../lib/messages/context';
import { messageHeaders, messageIdFor, parseMailbox, type Mailbox } from '../../../lib/messages/headers';
import type { LinkKind } from '../../../lib/messages/links';
import { type BuiltInId, type CartReminderTone, type ContentOverrides, createRenderer, type LetterPart, type MessageContent, type MessageItem, type MessageLinks, type Renderer } from '../../../lib/messages/render';
import { placeNear } from '../../../lib/messages/near';
import { codeLinkFor, MessageLinker, productsByUrl, utmFor, withTracking } from '../../../lib/messages/tracking';
import { shopIdOf } from '../../../lib/n8n/fields/shop';
import type { Installation } from '../../../lib/n8n/installation';
import type { ComposerMaker, SendOptions } from './compose';

const contentFields = ['builtInMessage', 'tone', 'discountCode', 'ownWords', 'subject', 'previewText', 'headline', 'letterText', 'buttonLabel', 'buttonUrl', 'html', 'text'] as const;

/**
 * Reads the node's words once and compiles them. Only when one of them is an n8n expression is it evaluated for each
 * item: an expression costs half a millisecond, a Handlebars template a few microseconds.
 * @throws TEMPLATE_INVALID for a template that does not compile
 */
export const emailComposer: ComposerMaker = async (context, installation, options) => {
	const rawParameters = context.getNode().parameters;
	const hasExpression = contentFields.some((field) => JSON.stringify(rawParameters[field] ?? '').includes('"='));
	const renderers = new Map<string, Renderer>();
	const rendererFor = (itemIndex: number): Renderer => {
		const content = readContent(context, itemIndex);
		const key = JSON.stringify(content);
		let renderer = renderers.get(key);
		if (!renderer) renderers.set(key, (renderer = createRenderer({ content })));
		return renderer;
	};
	const first = rendererFor(0);

	return (job, customer, settings, { address, profileForm }): EmailMessage => {
		const { from, mailbox } = senderOf(options, settings);
		const { journey } = job.item;
		const item: MessageItem = job.item.customer ? job.item : { ...job.item, customer: itemCustomer(customer, settings) };
		const kind = journey?.kind ?? options.kind ?? 'marketing';
		const linker = new MessageLinker(
			installation.linkSecret,
			{
				shop: shopIdOf(job.item as IDataObject, options.shop ?? 'main'),
				customerId: customer.id,
				channel: 'email',
				sendKey: job.sendKey,
				...(journey ? { enrolment: journey.enrolment, step: journey.step } : { campaign: job.campaign ?? undefined }),
			},
			address && isReachable(address, installation) ? address : undefined,
			installation.clock.machineNowMs(),
		);
		const messageId = messageIdFor(job.messageKey, mailbox.address.split('@')[1]);
		const renderer = hasExpression ? rendererFor(job.itemIndex) : first;
		const links = linksFor(renderer, linker, item, settings, { viewId: options.webView === true ? messageId : undefined, profileForm, customer });
		const { subject, html, text, discountCode } = renderer.render(item, { settings, links, kind, nowMs: installation.clock.journeyNowMs(), place: placeNear(customer, settings.locations) });
		const countsClicks = options.track ?? kind === 'marketing';
		const utm = kind === 'marketing' ? utmFor(settings, item, options.campaignKey?.trim()) : undefined;
		const tracked = withTracking({ html, text }, { linker, countsClicks, utm, withCode: codeLinkFor(settings, item, discountCode), products: productsByUrl(item), shopUrl: settings.url });
		const replyTo = options.replyTo?.trim() || settings.replyTo;
		return {
			channel: 'email',
			messageId,
			ref: linker.reference(),
			kind,
			from,
			to: customer.email!,
			...(replyTo && { replyTo }),
			subject,
			...tracked,
			...(discountCode && { discountCode }),
			...(links.viewUrl && { webViewHtml: html }),
			// A message about a purchase that is under way is none that could be unsubscribed from.
			headers: messageHeaders(
				kind === 'transactional' ? {} : { oneClickUrl: oneClickUrl(links, linker), mailto: (replyTo && parseMailbox(replyTo)?.address) || mailbox.address },
			),
		};
	};
};

/** @throws PARAMETER_INVALID when no sender is set, or it is no address */
function senderOf({ sender }: SendOptions, settings: ShopSettings): { from: string; mailbox: Mailbox } {
	const from = sender?.trim() || settings.sender;
	const mailbox = from ? parseMailbox(from) : undefined;
	if (from && mailbox) return { from, mailbox };
	throw new ShopJourneysError('PARAMETER_INVALID', from ? `The sender "${from}" is no e-mail address` : 'No sender is set', {
		hint: 'Fill in "Sender" in the Shop Webhook Trigger (and publish it), or under Options of this node.',
	});
}

/** The links that this message can show, no others: each costs a signature. @param serves.viewId the Message-ID, when there is a web view */
function linksFor(renderer: Renderer, linker: MessageLinker, item: MessageItem, settings: ShopSettings, { viewId, profileForm, customer }: { viewId?: string; profileForm?: FormDefinition; customer: CustomerRecord }): MessageLinks {
	const link = (kind: LinkKind, to?: string) => (renderer.links.has(kind) ? linker.link(kind, to) : undefined);
	return {
		unsubscribePageUrl: link('unsubscribe'),
		answerPageUrl: item.journey && link('answer'),
		preferencesUrl: link('preferences'),
		confirmUrl: link('confirm'),
		rateUrl: link('rate', item.order ? `order:${item.order.id}` : item.product && `product:${item.product.id}`),
		surveyUrl: renderer.links.has('survey') ? linker.link('survey', renderer.surveyTopics(item, settings)) : undefined,
		viewUrl: viewId && link('view', viewId),
		...(renderer.links.has('profile') && profileLink(linker, profileForm, customer, localeFor(item, settings))),
	};
}

/** The profile form, filled in as the reader, in the reader's language, with the question that is still open. Nothing where there is no form. */
export function profileLink(linker: MessageLinker, form: FormDefinition | undefined, customer: CustomerRecord, locale: string): Pick<MessageLinks, 'profileUrl' | 'profileAsks'> {
	const proof = form && linker.token('preferences');
	if (!proof) return {};
	const missing = missingAnswer(form, customer);
	return { profileUrl: formLink(linker.address!, form.id, { proof, locale, question: missing?.question }), profileAsks: missing?.asks };
}

function oneClickUrl({ unsubscribePageUrl }: MessageLinks, linker: MessageLinker): string | undefined {
	const url = unsubscribePageUrl ?? linker.link('unsubscribe');
	return url?.startsWith('https://') ? url : undefined;
}

/** A link without https would show a message in clear to the network: only in a demo on one machine. */
export function isReachable(address: string, { isDemo }: Installation): boolean {
	return address.startsWith('https://') || (isDemo && /^http:\/\/(localhost|127\.|\[::1\])/.test(address));
}

function readContent(context: IExecuteFunctions, itemIndex: number): MessageContent {
	const text = (name: string) => context.getNodeParameter(name, itemIndex, '') as string;
	if (text('message') === 'custom') {
		return { kind: 'custom', subject: text('subject'), previewText: text('previewText'), html: text('html'), text: text('text') };
	}
	if (text('message') === 'letter') {
		const words = { subject: text('subject'), previewText: text('previewText'), headline: text('headline'), intro: text('letterText'), buttonLabel: text('buttonLabel'), buttonUrl: text('buttonUrl'), discountCode: text('discountCode') };
		return { kind: 'letter', words, shows: text('shows') as LetterPart };
	}
	const ownWords = context.getNodeParameter('ownWords', itemIndex, {}) as ContentOverrides;
	const overrides = { ...ownWords, discountCode: text('discountCode') };
	if (text('message') === 'builtIn') return { kind: 'builtIn', message: text('builtInMessage') as BuiltInId, overrides };
	return { kind: 'builtIn', tone: text('tone') as CartReminderTone, overrides };
}
