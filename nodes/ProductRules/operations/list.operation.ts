import { type IDataObject, type IExecuteFunctions, type INodeExecutionData, type INodeProperties } from 'n8n-workflow';
import type { Installation } from '../../../lib/n8n/installation';
import { readProductRules } from '../../../lib/n8n/productRules';

export const description: INodeProperties[] = [];

/** One item per rule, with the columns that Set takes: a spreadsheet of them can be read back in. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[]> {
	const rules = await readProductRules(installation.shop(context.getNodeParameter('shop', 0) as string).store);
	const pairedItem = context.getInputData().map((_item, item) => ({ item }));
	return rules.map((rule) => ({ json: { ...rule } as IDataObject, pairedItem }));
}
