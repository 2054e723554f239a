import type { IExecuteFunctions, INodeCredentialDescription, INodeProperties } from 'n8n-workflow';
import type { SenderOptions, SendJob } from '../../lib/messages/send/sender';
import { offerOf, shownIn } from '../../lib/messages/send/truth';
import { shopApiContext } from '../../lib/n8n/http';
import type { ShopHandle } from '../../lib/n8n/installation';
import { adapterFor } from '../../lib/shops/registry';
import { messageOf } from '../../lib/model/errors';

/** How stock and price are checked once more when a message leaves. */
export type ContentCheck = 'store' | 'shopify' | 'woocommerce' | 'off';

export const contentCheckField: INodeProperties = {
	displayName: 'Check Stock and Price',
	name: 'contentCheck',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'Ask Shopify', value: 'shopify', description: 'One question per batch, when the messages leave. Where the shop does not answer, what it told us counts.' },
		{ name: 'Ask WooCommerce', value: 'woocommerce', description: 'One question per batch, when the messages leave. Where the shop does not answer, what it told us counts.' },
		{ name: 'Do Not Check', value: 'off', description: 'The message shows what the item says' },
		{ name: 'With What the Shop Told Us', value: 'store', description: 'What is sold out is left out of the message, prices that rose are shown as they are now' },
	],
	default: 'store',
	displayOptions: { show: { operation: ['send'] } },
	description: 'What a message shows is checked once more when it leaves: in stock, and not dearer than it says. A discount code of a Discount Code node is checked too: by our record always, by the shop where it is asked here.',
};

export const contentCheckCredentials: INodeCredentialDescription[] = [
	{ name: 'shopifyAccessTokenApi', required: true, displayOptions: { show: { operation: ['send'], contentCheck: ['shopify'] } } },
	{ name: 'wooCommerceApi', required: true, displayOptions: { show: { operation: ['send'], contentCheck: ['woocommerce'] } } },
];

/**
 * Asks the shop for all products that the jobs show, in one go. The shop's silence is no reason to send nothing: then what it told
 * us before counts, and a banner says so.
 */
export async function liveCheck(context: IExecuteFunctions, shop: ShopHandle, check: ContentCheck, jobs: SendJob[]): Promise<SenderOptions['checkLive']> {
	if (check === 'store' || check === 'off') return undefined;
	const ids = [...new Set(jobs.flatMap(({ item }) => shownIn(item).map(({ productId }) => productId)))];
	if (ids.length === 0) return undefined;
	const adapter = adapterFor(check);
	try {
		const products = await adapter.api!.products!(await shopApiContext(context, adapter.credential.type), ids, await shop.normaliseContext());
		const byId = new Map(products.map((product) => [product.productId, { ...product, sequenceMs: 0 }]));
		return async (shown) => shown.flatMap((one) => offerOf(byId.get(one.productId), one) ?? []);
	} catch (error) {
		context.addExecutionHints({ message: `${adapter.label} could not be asked for stock and prices, so what it told before counts: ${messageOf(error)}`, type: 'warning', location: 'outputPane' });
		return undefined;
	}
}
