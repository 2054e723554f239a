import { type IExecuteFunctions, type INodeExecutionData, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import { rethrow } from '../../lib/n8n/errors';
import type { Installation } from '../../lib/n8n/installation';
import { installationFor } from '../../lib/n8n/runOperation';
import { countField, optionsField, showField } from './fields';
import { pickForItems } from './pickForItems';

/** Puts recommended products on each item. */
export class ProductPicks implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Product Picks',
		name: 'productPicks',
		icon: { light: 'file:picks.svg', dark: 'file:picks.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ { goesWith: "what goes with it", similar: "similar", afterViewing: "bought after viewing", forCustomer: "for the customer", bestsellers: "bestsellers", newProducts: "new products", backInStock: "back in stock", reduced: "reduced in price", upgrade: "upgrade", nextSize: "next size" }[$parameter["show"]] }}',
		description: 'Puts recommended products on each item, with the reason for each: never what is sold out, never what the customer just bought',
		defaults: { name: 'Product Picks' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Picked', 'Nothing to Pick'],
		properties: [showField, countField, optionsField],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await executeProductPicks(this, await installationFor(this));
	}
}

/** @throws n8n's own errors */
export async function executeProductPicks(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	try {
		return await pickForItems(context, installation);
	} catch (error) {
		rethrow(context.getNode(), error);
	}
}
