import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { itemCustomer } from '../../lib/journeys/items';
import type { Installation } from '../../lib/n8n/installation';
import { factFields } from '../../lib/segments/fields';
import { isOrderable, listSegment } from '../../lib/segments/list';
import { readCondition } from './condition';

const showFor = { show: { operation: ['list'] } };

export const listFields: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		displayOptions: showFor,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		noDataExpression: true,
		typeOptions: { minValue: 1 },
		default: 50,
		displayOptions: { show: { ...showFor.show, returnAll: [false] } },
		description: 'Max number of results to return',
	},
	{
		displayName: 'Order By',
		name: 'orderBy',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: '(No Order)', value: 'none', description: 'Fastest: only as many customers are read as are needed' },
			...factFields
				.filter(({ id }) => isOrderable(id))
				.map(({ id, label }) => ({ name: label, value: id }))
				.toSorted((a, b) => a.name.localeCompare(b.name)),
		],
		default: 'none',
		displayOptions: showFor,
		description: 'By a fact, the whole segment is read to find the first of it. Customers without the fact come last.',
	},
	{
		displayName: 'Direction',
		name: 'direction',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Highest or Latest First', value: 'descending' },
			{ name: 'Lowest or Earliest First', value: 'ascending' },
		],
		default: 'descending',
		displayOptions: { show: showFor.show, hide: { orderBy: ['none'] } },
	},
];

/** Lists the customers of a segment, once per run: one item each, as later nodes and Send Reminder take them. */
export async function listCustomers(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const shop = installation.shop(context.getNodeParameter('shop', 0, 'main') as string);
	const settings = await shop.settings();
	const { name, url, currency, locale, timezone } = settings;
	const field = context.getNodeParameter('orderBy', 0, 'none') as string;
	const { customers } = await listSegment(shop.store, readCondition(context, settings), {
		currency,
		timezone,
		nowMs: installation.clock.journeyNowMs(),
		limit: context.getNodeParameter('returnAll', 0, false) === true ? Infinity : (context.getNodeParameter('limit', 0, 50) as number),
		...(field !== 'none' && { order: { field, descending: context.getNodeParameter('direction', 0, 'descending') === 'descending' } }),
	});
	const about = { name, url, currency, locale, timezone };
	return [customers.map((customer) => ({ json: { shop: about, customer: itemCustomer(customer, settings) } as unknown as IDataObject, pairedItem: { item: 0 } })), []];
}
