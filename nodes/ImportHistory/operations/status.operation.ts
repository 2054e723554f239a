import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Installation } from '../../../lib/n8n/installation';
import { listImports } from '../../../lib/shops/imports';
import { importItem } from '../progress';

/** One item per import, the latest first; one that says so where there was none. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[]> {
	const imports = await listImports(installation.shop(context.getNodeParameter('shop', 0) as string).store);
	if (imports.length === 0) return [{ json: { state: 'none', message: 'Nothing was imported yet' }, pairedItem: { item: 0 } }];
	return imports.map((progress) => ({ json: importItem(progress), pairedItem: { item: 0 } }));
}
