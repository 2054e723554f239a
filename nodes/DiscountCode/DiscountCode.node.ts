import { type IExecuteFunctions, type INodeExecutionData, type INodeProperties, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import type { Installation } from '../../lib/n8n/installation';
import { installationFor, runSplit } from '../../lib/n8n/runOperation';
import * as check from './operations/check.operation';
import * as clean from './operations/clean.operation';
import * as issue from './operations/issue.operation';
import * as load from './operations/load.operation';
import * as revoke from './operations/revoke.operation';
import { optionsField } from './optionFields';
import { sourceCredentials, sourceField } from './source';

interface Operation {
	description: INodeProperties[];
	/** Gives what comes out on Issued and on Not Issued. */
	execute(context: IExecuteFunctions, installation: Installation): Promise<[INodeExecutionData[], INodeExecutionData[]]>;
}
const operations: Record<string, Operation> = { issue, check, revoke, load, clean };

/** A code of the customer's own for each purpose, made in the shop or taken from the operator's list. */
export class DiscountCode implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Discount Code',
		name: 'discountCode',
		icon: { light: 'file:code.svg', dark: 'file:code.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ { check: "check a code", clean: "clean up", load: "load into " + $parameter["list"], revoke: "revoke a code" }[$parameter["operation"]] ?? { amount: "amount off", free_shipping: "free shipping", gift: "gift" }[$parameter["gives"]] ?? $parameter["percent"] + " %" }}{{ $parameter["operation"] === "issue" ? ({ shopify: ", Shopify", woocommerce: ", WooCommerce" }[$parameter["source"]] ?? ", list " + $parameter["list"]) : "" }}',
		description: 'Gives each customer a discount code of their own, once per step: made in Shopify or WooCommerce, or taken from a list',
		defaults: { name: 'Discount Code' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Issued', 'Not Issued'],
		credentials: sourceCredentials,
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Check', value: 'check', action: 'Check a discount code', description: 'Whether a code that was issued can be used now' },
					{ name: 'Clean Up', value: 'clean', action: 'Clean up discount codes', description: 'Books what ran out, and takes back what was never handed out' },
					{ name: 'Issue', value: 'issue', action: 'Issue a discount code', description: 'One for each customer and step, however often it runs' },
					{ name: 'Load a List', value: 'load', action: 'Load a list of discount codes', description: 'Your own codes, which the shop knows already' },
					{ name: 'Revoke', value: 'revoke', action: 'Revoke a discount code', description: 'Makes a code unusable, in the shop first' },
				],
				default: 'issue',
			},
			sourceField,
			...Object.values(operations).flatMap(({ description }) => description),
			optionsField,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await executeDiscountCode(this, await installationFor(this));
	}
}

/** @throws n8n's own errors */
export async function executeDiscountCode(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	return await runSplit(context, async () => await operations[context.getNodeParameter('operation', 0) as string].execute(context, installation));
}
