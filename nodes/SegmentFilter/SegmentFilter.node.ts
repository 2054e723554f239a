import { type IExecuteFunctions, type INodeExecutionData, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import { rethrow } from '../../lib/n8n/errors';
import { conditionFields, conditionHints } from '../../lib/n8n/fields/conditions';
import { shopField } from '../../lib/n8n/fields/shop';
import type { Installation } from '../../lib/n8n/installation';
import { installationFor } from '../../lib/n8n/runOperation';
import { filterFields, filterItems } from './filter.operation';
import { listCustomers, listFields } from './list.operation';

/** Decides by everything the store knows of a customer, or lists the customers for whom the conditions hold. */
export class SegmentFilter implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Segment Filter',
		name: 'segmentFilter',
		icon: { light: 'file:filter.svg', dark: 'file:filter.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] === "list" ? "list customers" : "match or no match" }}',
		description: 'Lets customers pass by what they bought, did and are, or lists those of a segment',
		defaults: { name: 'Segment Filter' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Match', 'No Match'],
		hints: conditionHints,
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Filter', value: 'filter', action: 'Filter items by customer', description: 'Sort the items that come in into Match and No Match' },
					{ name: 'List Customers', value: 'list', action: 'List customers of a segment', description: 'One item for each customer of the segment, on Match' },
				],
				default: 'filter',
			},
			...conditionFields({
				parts: ['order', 'cart', 'product', 'view', 'event'],
				hasMessages: true,
				defaults: { groups: [{ match: 'all', conditions: { fact: [{ field: 'orders.count', numberOperator: 'at_least', number: 1 }] } }] },
			}),
			...filterFields,
			...listFields,
			shopField,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await executeSegmentFilter(this, await installationFor(this));
	}
}

/** @throws n8n's own errors */
export async function executeSegmentFilter(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	try {
		return context.getNodeParameter('operation', 0) === 'list' ? await listCustomers(context, installation) : await filterItems(context, installation);
	} catch (error) {
		rethrow(context.getNode(), error);
	}
}
