import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { itemCustomer } from '../../../lib/journeys/items';
import { buildContext, localeFor, type MessageContext, type MessageItem, withOwnCode } from '../../../lib/messages/context';
import { messageIdFor } from '../../../lib/messages/headers';
import { placeNear } from '../../../lib/messages/near';
import type { SendJob } from '../../../lib/messages/send/sender';
import type { RenderData } from '../../../lib/messages/template-functions';
import { type CompiledTemplate, compileTemplate } from '../../../lib/messages/templates';
import { codeLinkFor, MessageLinker, productsByUrl, utmFor } from '../../../lib/messages/tracking';
import type { MessageChannel } from '../../../lib/model/events';
import type { CustomerRecord } from '../../../lib/model/records';
import type { ShopSettings } from '../../../lib/model/settings';
import { shopIdOf } from '../../../lib/n8n/fields/shop';
import type { Installation } from '../../../lib/n8n/installation';
import type { SendOptions, Served } from './compose';
import { isReachable, profileLink } from './email';

/** What the messages that are no e-mails are made from. */

/**
 * Reads what the operator wrote and prepares it. Only when a field is an n8n expression is it read anew for each item: an
 * expression costs half a millisecond, a Handlebars template a few microseconds.
 * @throws TEMPLATE_INVALID for a template that does not compile
 */
export function readOnce<T>(context: IExecuteFunctions, fields: readonly string[], read: (itemIndex: number) => T): (itemIndex: number) => T {
	const { parameters } = context.getNode();
	const hasExpression = fields.some((field) => JSON.stringify(parameters[field] ?? '').includes('"='));
	const first = read(0);
	return hasExpression ? (itemIndex) => (itemIndex === 0 ? first : read(itemIndex)) : () => first;
}

/** Handlebars that gives plain text. @param field as the operator sees it. @throws TEMPLATE_INVALID */
export function compileText(source: string, field: string): CompiledTemplate {
	return compileTemplate(source, { field, mode: 'text', keepLines: true });
}

export interface Composing {
	messageId: string;
	/** Names the message: see `MessageBase.ref`. */
	ref: string;
	context: MessageContext;
	data: RenderData;
	/** Where Message Webhook Trigger listens, where the whole world can reach it. */
	eventsAddress?: string;
	/** On to a page of the shop, in marketing with its UTM parameters, counted as a click; the page itself where nobody counts. */
	clickUrl(to: string): string;
}

/** What every one of these messages needs to be written. */
export function composing(job: SendJob, customer: CustomerRecord, settings: ShopSettings, { address, profileForm }: Served, channel: MessageChannel, installation: Installation, options: SendOptions, discountCode: CompiledTemplate): Composing {
	const { journey } = job.item;
	const item: MessageItem = job.item.customer ? job.item : { ...job.item, customer: itemCustomer(customer, settings) };
	const linker = new MessageLinker(
		installation.linkSecret,
		{
			shop: shopIdOf(job.item as IDataObject, options.shop ?? 'main'),
			customerId: customer.id,
			channel,
			sendKey: job.sendKey,
			...(journey ? { enrolment: journey.enrolment, step: journey.step } : { campaign: job.campaign ?? undefined }),
		},
		address && isReachable(address, installation) ? address : undefined,
		installation.clock.machineNowMs(),
	);
	const locale = localeFor(item, settings);
	const data: RenderData = { locale, timezone: customer.timezone ?? settings.timezone };
	const context = buildContext(item, settings, { unsubscribePageUrl: linker.link('unsubscribe'), ...profileLink(linker, profileForm, customer, locale) }, data, { nowMs: installation.clock.journeyNowMs(), place: placeNear(customer, settings.locations) });
	withOwnCode(context, discountCode(context, data));
	const withCode = codeLinkFor(settings, item, context.discountCode) ?? ((url: string) => url);
	const products = productsByUrl(item);
	const isMarketing = (journey?.kind ?? options.kind ?? 'marketing') === 'marketing';
	const countsClicks = options.track ?? isMarketing;
	return {
		messageId: messageIdFor(job.messageKey, '').slice(1).split('@')[0],
		ref: linker.reference(),
		// Twilio refuses a message that names an address within a network.
		...(address?.startsWith('https://') && { eventsAddress: address }),
		context,
		data,
		clickUrl(to) {
			// What the settings call the medium is e-mail's.
			const utm = isMarketing && settings.utm ? utmFor({ ...settings, utm: { ...settings.utm, medium: channel } }, item, options.campaignKey?.trim()) : undefined;
			const page = withCode(utm?.tagged(to) ?? to);
			return countsClicks ? linker.click(page, products.get(to)) : page;
		},
	};
}
