import { type IExecuteFunctions, type INodeExecutionData, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import { shopField } from '../../lib/n8n/fields/shop';
import type { Installation } from '../../lib/n8n/installation';
import { installationFor, runOperation } from '../../lib/n8n/runOperation';
import * as check from './operations/check.operation';
import * as list from './operations/list.operation';
import * as set from './operations/set.operation';

const operations = { check, list, set };

/** What a shop knows of its goods: how long a pack lasts, what goes with it. */
export class ProductRules implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Product Rules',
		name: 'productRules',
		icon: { light: 'file:rules.svg', dark: 'file:rules.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ { check: "check a product", list: "list rules", set: "set rules" }[$parameter["operation"]] }}',
		description: 'Keeps what no shop system tells of its goods: how long a pack lasts, accessories, next size, season, delivery days',
		defaults: { name: 'Product Rules' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Check a Product', value: 'check', action: 'Check a product', description: 'Shows which rule applies to a product, and from where' },
					{ name: 'List Rules', value: 'list', action: 'List product rules', description: 'One item per rule' },
					{ name: 'Set Rules', value: 'set', action: 'Set product rules', description: 'From a data table, a CSV file, or typed in' },
				],
				default: 'set',
			},
			...set.description,
			...check.description,
			...list.description,
			shopField,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await executeProductRules(this, await installationFor(this));
	}
}

/** @throws n8n's own errors */
export const executeProductRules = (context: IExecuteFunctions, installation: Installation) => runOperation(context, installation, operations);
