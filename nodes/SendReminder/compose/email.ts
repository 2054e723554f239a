import { type IExecuteFunctions } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { JourneyItem } from '../../../lib/model/item';
import type { EmailMessage } from '../../../lib/messages/channels/channel';
import { messageHeaders, messageIdFor, parseMailbox } from '../../../lib/messages/headers';
import { signLink } from '../../../lib/messages/links';
import { type BuiltInId, type CartReminderTone, type ContentOverrides, createRenderer, type LetterPart, type MessageContent, type Renderer } from '../../../lib/messages/render';
import type { Installation } from '../../../lib/n8n/installation';
import type { ComposerMaker } from './compose';

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

	return (job, customer, settings, address): EmailMessage => {
		const from = options.sender?.trim() || settings.sender;
		const mailbox = from ? parseMailbox(from) : undefined;
		if (!from || !mailbox) {
			throw new ShopJourneysError('PARAMETER_INVALID', from ? `The sender "${from}" is no e-mail address` : 'No sender is set', {
				hint: 'Fill in "Sender" in the Shop Webhook Trigger (and publish it), or under Options of this node.',
			});
		}
		const { journey } = job.item;
		const about = {
			shop: journey?.shop ?? 'main',
			customerId: customer.id,
			channel: 'email',
			...(journey && { enrolment: journey.enrolment, step: journey.step }),
		};
		const base = address && isReachable(address, installation) ? address : undefined;
		const page = base && `${base}?t=${signLink(installation.linkSecret, { kind: 'unsubscribe', ...about })}`;
		const answerPageUrl = base && journey && `${base}?a=${signLink(installation.linkSecret, { kind: 'answer', ...about })}`;
		const replyTo = options.replyTo?.trim() || settings.replyTo;
		const renderer = hasExpression ? rendererFor(job.itemIndex) : first;
		const { subject, html, text } = renderer.render(job.item as JourneyItem, { settings, links: { unsubscribePageUrl: page, answerPageUrl } });
		return {
			channel: 'email',
			messageId: messageIdFor(job.messageKey, mailbox.address.split('@')[1]),
			from,
			to: customer.email!,
			...(replyTo && { replyTo }),
			subject,
			html,
			text,
			// A message about a purchase that is under way is none that could be unsubscribed from.
			headers: messageHeaders(
				(journey?.kind ?? options.kind) === 'transactional'
					? {}
					: { oneClickUrl: page?.startsWith('https://') ? page : undefined, mailto: (replyTo && parseMailbox(replyTo)?.address) || mailbox.address },
			),
		};
	};
};

/** A link without https would show mail in clear to the network: only in a demo on one machine. */
function isReachable(address: string, { isDemo }: Installation): boolean {
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
