import { randomUUID } from 'node:crypto';
import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import type { OutgoingMessage } from '../../../lib/messages/channels/channel';
import type { SendJob } from '../../../lib/messages/send/sender';
import { nobody } from '../../../lib/messages/links';
import { ShopJourneysError } from '../../../lib/model/errors';
import { type CustomerRecord, keys } from '../../../lib/model/records';
import type { ShopSettings } from '../../../lib/model/settings';
import { shopIdOf } from '../../../lib/n8n/fields/shop';
import type { Installation, ShopHandle } from '../../../lib/n8n/installation';
import { itemOfCustomer } from '../../../lib/n8n/testItem';
import { findCustomer, normaliseEmail, readCustomer } from '../../../lib/record/identity';
import { composerFor, type SendOptions, servedBy } from '../compose/compose';
import { providerOf } from '../providers';
import type { MessageProvider } from '../providers/provider';
import { readVariants } from '../variants';

/** Whose data a test or a preview shows. */
export const showAsField: INodeProperties = {
	displayName: 'Show as Customer',
	name: 'showAs',
	type: 'string',
	default: '',
	placeholder: 'e.g. anna@example.com',
	displayOptions: { show: { operation: ['sendTest', 'preview'] } },
	description: 'E-mail address or ID of a customer whose cart, order and name the message shows. Empty: the customer of the item, e.g. the sample that a trigger gives when it is tested.',
};

/** A message as it would be for a customer, made outside every journey: no booking, and no link in it that could do anything. */
export interface Rendered {
	message: OutgoingMessage;
	provider: MessageProvider;
	customer: CustomerRecord;
	settings: ShopSettings;
	shop: ShopHandle;
	/** Where Message Webhook Trigger listens; null while it is off. */
	address: string | null;
}

/**
 * The item's message, with an experiment in each of its variants.
 * @throws PARAMETER_INVALID when the item and the node name nobody; TEMPLATE_INVALID
 */
export async function renderFor(context: IExecuteFunctions, installation: Installation, { json }: INodeExecutionData, itemIndex: number): Promise<Rendered[]> {
	const options = context.getNodeParameter('options', 0, {}) as SendOptions;
	const provider = providerOf((name, fallback) => context.getNodeParameter(name, 0, fallback) as string);
	const shop = installation.shop(shopIdOf(json, options.shop ?? 'main'));
	const settings = await shop.settings();
	const { item, customer } = await subjectOf(context, installation, shop, settings, json as SendJob['item'], itemIndex);
	const compose = await composerFor(context, installation, options);
	const variants = readVariants(context)?.variants.filter(({ here }) => here !== false) ?? [];
	const journey = item.journey && { ...item.journey, enrolment: nobody };
	const job: SendJob = { item: { ...item, ...(journey && { journey }) }, customerId: nobody, itemIndex, sendKey: nobody, messageKey: `${nobody}/${randomUUID()}`, campaign: journey ? null : nobody };
	const served = await servedBy(shop);
	const shown = variants.length > 0 ? variants.map(({ name }) => name) : [undefined];
	return shown.map((variant) => ({ message: compose({ ...job, variant }, { ...customer, id: nobody }, settings, served), provider, customer, settings, shop, address: served.address }));
}

async function subjectOf(context: IExecuteFunctions, installation: Installation, shop: ShopHandle, settings: ShopSettings, item: SendJob['item'], itemIndex: number): Promise<{ item: SendJob['item']; customer: CustomerRecord }> {
	const showAs = String(context.getNodeParameter('showAs', itemIndex, '') ?? '').trim();
	const named = showAs || item.customer?.id || item.customer?.email || (typeof item.email === 'string' ? item.email : '');
	const customer = named ? await customerNamed(shop, named) : null;
	if (customer && item.journey && !showAs) return { item, customer };
	if (customer) {
		const { picks, discount } = item;
		// What nodes before this one gave stays: the code and the picks are shown as they would be.
		return { item: { ...(await itemOfCustomer(installation, shop, customer, settings, context.getWorkflow().name ?? 'Test')), ...(picks && { picks }), ...(discount && { discount }) }, customer };
	}
	// The invented customer of a trigger's test.
	if (!showAs && item.journey && item.customer) return { item, customer: { ...(item.customer as unknown as CustomerRecord), consent: {}, open: {} } };
	throw new ShopJourneysError('PARAMETER_INVALID', showAs ? `"Show as Customer" is "${showAs}", whom the store does not know` : `Item ${itemIndex} names no customer`, {
		hint: 'Fill in the e-mail address or ID of a customer under "Show as Customer", or test the trigger first: its sample comes with one.',
	});
}

async function customerNamed({ store }: ShopHandle, named: string): Promise<CustomerRecord | null> {
	const email = normaliseEmail(named);
	const customer = email ? await findCustomer(store, keys.alias('email', email)) : await readCustomer(store, named);
	return customer?.erasedAtMs === undefined ? customer : null;
}

/** What is told of a message: whom it shows, what it says. */
export function saidBy({ message, customer }: Rendered): Record<string, unknown> {
	const texts = Object.fromEntries(Object.entries(message).filter(([name, value]) => ['subject', 'text', 'title', 'body', 'url', 'from', 'replyTo', 'variant'].includes(name) && value !== undefined));
	return { channel: message.channel, shows: customer.email ?? customer.id, ...texts };
}

