import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import { shopApiContext } from '../../../lib/n8n/http';
import type { Installation } from '../../../lib/n8n/installation';
import { type HistoryKind, historyKinds } from '../../../lib/shops/api';
import { importFromShop, type ImportRecord } from '../../../lib/shops/imports';
import { adapterFor } from '../../../lib/shops/registry';
import { importItem, importOptions } from '../progress';

const displayOptions = { show: { operation: ['fromShop'] } };

export const description: INodeProperties[] = [
	{
		displayName: 'Shop System',
		name: 'system',
		type: 'options',
		noDataExpression: true,
		displayOptions,
		options: [
			{ name: 'Shopify', value: 'shopify' },
			{ name: 'WooCommerce', value: 'woocommerce' },
		],
		default: 'shopify',
	},
	{
		displayName: 'What',
		name: 'what',
		type: 'multiOptions',
		noDataExpression: true,
		displayOptions,
		options: [
			{ name: 'Customers', value: 'customers' },
			{ name: 'Orders', value: 'orders' },
			{ name: 'Products', value: 'products' },
		],
		default: ['customers', 'products', 'orders'],
	},
	{
		displayName: 'Since',
		name: 'since',
		type: 'options',
		noDataExpression: true,
		displayOptions,
		options: [
			{ name: 'The Beginning', value: 'everything' },
			{ name: 'A Date', value: 'date', description: 'Only what changed since then' },
		],
		default: 'everything',
	},
	{
		displayName: 'Changed Since',
		name: 'sinceDate',
		type: 'dateTime',
		displayOptions: { show: { operation: ['fromShop'], since: ['date'] } },
		default: '',
		required: true,
	},
];

/** One item per kind, in the order in which they build on each other. A kind that the shop withholds stops no other. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[]> {
	const parameter = (name: string) => context.getNodeParameter(name, 0, '') as unknown;
	const adapter = adapterFor(parameter('system') as string);
	if (!adapter.api) throw new ShopJourneysError('PARAMETER_INVALID', `${adapter.label} has no API that history could be asked of`, { hint: 'Import a CSV instead.' });
	const what = parameter('what') as HistoryKind[];
	const kinds = historyKinds.filter((kind) => what.includes(kind));
	if (kinds.length === 0) throw new ShopJourneysError('PARAMETER_INVALID', 'Nothing is chosen to be imported', { hint: 'Choose at least one under "What".' });
	const sinceMs = parameter('since') === 'date' ? sinceOf(parameter('sinceDate')) : undefined;
	const shop = installation.shop(parameter('shop') as string);
	const api = { system: adapter.id, api: adapter.api, context: await shopApiContext(context, adapter.credential.type), normalise: await shop.normaliseContext() };
	const options = importOptions(context, installation, shop, parameter('startOver') === true);
	const done: ImportRecord[] = [];
	for (const kind of kinds) {
		if (!options.isStopped?.()) done.push(await importFromShop(options, { ...api, kind, sinceMs }));
	}
	if (done.length > 0 && done.every(({ state }) => state === 'withheld')) throw new ShopJourneysError('SHOP_REFUSED', done[0].failure!);
	return done.map((progress) => ({ json: importItem(progress), pairedItem: { item: 0 } }));
}

function sinceOf(value: unknown): number {
	const sinceMs = Date.parse(String(value));
	if (Number.isNaN(sinceMs)) throw new ShopJourneysError('PARAMETER_INVALID', `"Changed Since" is "${String(value)}", which is no date`, { hint: 'Choose a date.' });
	return sinceMs;
}
