import type { IExecuteFunctions } from 'n8n-workflow';
import { type FormDefinition, loadForms } from '../../../lib/forms/form';
import type { OutgoingMessage } from '../../../lib/messages/channels/channel';
import type { SendJob } from '../../../lib/messages/send/sender';
import type { CustomerRecord } from '../../../lib/model/records';
import type { ShopSettings } from '../../../lib/model/settings';
import type { Installation, ShopHandle } from '../../../lib/n8n/installation';
import { providerOf } from '../providers';
import type { ChannelChoice } from '../providers/provider';
import { readVariants, withVariant } from '../variants';
import { emailComposer } from './email';
import { pushComposer } from './push';
import { smsComposer, whatsappComposer } from './text';
import { webhookComposer } from './webhook';

/** Options of Send Reminder that every channel reads. */
export interface SendOptions {
	campaignKey?: string;
	connections?: number;
	uncertain?: 'never_twice' | 'never_lost';
	kind?: 'marketing' | 'transactional';
	replyTo?: string;
	sender?: string;
	shop?: string;
	/** Id of a topic of the preference page. */
	topic?: string;
	/** Whether opens and clicks are counted; absent: those of marketing. */
	track?: boolean;
	/** Whether the mail links to itself as a page. */
	webView?: boolean;
	/** Whether stock and price are checked when a message leaves. */
}

/** What Message Webhook Trigger serves. */
export interface Served {
	/** Where it listens; null while it is off. */
	address: string | null;
	/** Its form of the kind Profile, the first where it has several. */
	profileForm?: FormDefinition;
}

export async function servedBy(shop: ShopHandle): Promise<Served> {
	const [address, forms] = await Promise.all([shop.messageAddress(), loadForms(shop.store)]);
	return { address, profileForm: forms.find(({ kind }) => kind === 'profile') };
}

/** Renders one message. @throws TEMPLATE_INVALID */
export type Composer = (job: SendJob, customer: CustomerRecord, settings: ShopSettings, served: Served) => OutgoingMessage;

/** Reads the node's words for a channel once and compiles them. @throws TEMPLATE_INVALID for a template that does not compile */
export type ComposerMaker = (context: IExecuteFunctions, installation: Installation, options: SendOptions) => Promise<Composer>;

/** Who writes the messages of each channel. */
export const composers: Record<ChannelChoice, ComposerMaker> = { email: emailComposer, sms: smsComposer, whatsapp: whatsappComposer, push: pushComposer, webhook: webhookComposer };

/** The composer of the node's channel; with an experiment it writes each job's variant. @throws TEMPLATE_INVALID, PARAMETER_INVALID */
export async function composerFor(context: IExecuteFunctions, installation: Installation, options: SendOptions): Promise<Composer> {
	const { channel } = providerOf((name, fallback) => context.getNodeParameter(name, 0, fallback) as string);
	const make = composers[channel];
	const plain = await make(context, installation, options);
	const variants = readVariants(context)?.variants.filter(({ here }) => here !== false) ?? [];
	if (variants.length === 0) return plain;
	const byName = new Map(await Promise.all(variants.map(async (variant) => [variant.name, await make(withVariant(context, variant), installation, options)] as const)));
	return (job, ...rest) => {
		const compose = job.variant === undefined ? undefined : byName.get(job.variant);
		return compose ? { ...compose(job, ...rest), variant: job.variant } : plain(job, ...rest);
	};
}
