import type { IExecuteFunctions, INodeCredentialDescription, INodeProperties } from 'n8n-workflow';
import { codeSources, listSource } from '../../lib/discounts/listSource';
import type { CodeSource } from '../../lib/discounts/source';
import { shopCodes } from '../../lib/n8n/shopCodes';
import type { Installation, ShopHandle } from '../../lib/n8n/installation';
import { adapterFor } from '../../lib/shops/registry';

type SourceName = 'list' | 'shopify' | 'woocommerce';

export const sourceField: INodeProperties = {
	displayName: 'Source',
	name: 'source',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'List of Codes', value: 'list', description: 'Codes that you made in your shop and loaded here' },
		{ name: 'Shopify', value: 'shopify', description: 'Each code is made in Shopify. Needs read_discounts and write_discounts.' },
		{ name: 'WooCommerce', value: 'woocommerce', description: 'Each code is made in WooCommerce. Needs a key that may read and write.' },
	],
	default: 'list',
	displayOptions: { hide: { operation: ['load'] } },
	description: 'Where codes come from',
};

export const sourceCredentials: INodeCredentialDescription[] = [
	{ name: 'shopifyAccessTokenApi', required: true, displayOptions: { show: { source: ['shopify'] }, hide: { operation: ['load'] } } },
	{ name: 'wooCommerceApi', required: true, displayOptions: { show: { source: ['woocommerce'] }, hide: { operation: ['load'] } } },
];

/** Where this node's codes are issued from. @throws SHOP_REFUSED when no credential is chosen */
export async function issuingSource(context: IExecuteFunctions, { clock }: Installation, { store }: ShopHandle): Promise<CodeSource> {
	const source = context.getNodeParameter('source', 0) as SourceName;
	if (source === 'list') return listSource(store, listName(context));
	return await shopCodes(context, adapterFor(source), clock, context.getNodeParameter('pattern', 0) as string);
}

/** All sources that this node can ask of codes that were issued before. @throws SHOP_REFUSED when no credential is chosen */
export async function knownSources(context: IExecuteFunctions, { clock }: Installation, { store }: ShopHandle): Promise<(name: string) => CodeSource | undefined> {
	const source = context.getNodeParameter('source', 0) as SourceName;
	return codeSources(store, source === 'list' ? undefined : await shopCodes(context, adapterFor(source), clock));
}

export const listName = (context: IExecuteFunctions) => String(context.getNodeParameter('list', 0) ?? '').trim() || 'main';
