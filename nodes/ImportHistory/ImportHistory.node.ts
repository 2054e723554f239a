import { type IExecuteFunctions, type INodeExecutionData, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import { shopField } from '../../lib/n8n/fields/shop';
import type { Installation } from '../../lib/n8n/installation';
import { installationFor, runOperation } from '../../lib/n8n/runOperation';
import * as fromCsv from './operations/fromCsv.operation';
import * as fromShop from './operations/fromShop.operation';
import * as status from './operations/status.operation';

const operations = { fromCsv, fromShop, status };

/** Brings in what happened before the pack was there. Enrols nobody; what was cut short goes on where it stood. */
export class ImportHistory implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Import History',
		name: 'importHistory',
		icon: { light: 'file:import.svg', dark: 'file:import.dark.svg' },
		group: ['input'],
		version: 1,
		subtitle: '={{ { fromCsv: "from CSV: " + $parameter["kind"], fromShop: "from the shop", status: "status" }[$parameter["operation"]] }}',
		description: 'Brings in customers, products and orders from before, from the shop or a CSV file. Nobody is mailed because of it.',
		defaults: { name: 'Import History' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'shopifyAccessTokenApi', required: true, displayOptions: { hide: { operation: ['fromCsv', 'status'], system: ['woocommerce'] } } },
			{ name: 'wooCommerceApi', required: true, displayOptions: { hide: { operation: ['fromCsv', 'status'], system: ['shopify'] } } },
		],
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'From CSV', value: 'fromCsv', action: 'Import history from CSV', description: 'Customers, products, or orders with one row per order line' },
					{ name: 'From the Shop', value: 'fromShop', action: 'Import history from the shop', description: 'Customers, products and orders through the shop’s API' },
					{ name: 'Status', value: 'status', action: 'Show how far imports are', description: 'One item per import: how far it is, and what it could not read' },
				],
				default: 'fromShop',
			},
			...fromShop.description,
			...fromCsv.description,
			{
				displayName: 'Start Over',
				name: 'startOver',
				type: 'boolean',
				displayOptions: { show: { operation: ['fromShop', 'fromCsv'] } },
				default: false,
				description: 'Whether to begin anew instead of going on where an import that was cut short stopped. Either way nothing is taken twice.',
			},
			shopField,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await executeImportHistory(this, await installationFor(this));
	}
}

/** @throws n8n's own errors */
export const executeImportHistory = (context: IExecuteFunctions, installation: Installation) => runOperation(context, installation, operations);
