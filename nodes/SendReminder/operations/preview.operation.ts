import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Installation } from '../../../lib/n8n/installation';
import { type Rendered, renderFor, saidBy } from './rendered';

/** "Show as Customer" stands once, for tests and previews: see sendTest.operation.ts. */
export const description = [];

/** Shows each item's message, in each variant, as it would arrive: the words, and for e-mail the whole page to open with "View". Sends nothing. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const shown: INodeExecutionData[] = [];
	for (const [itemIndex, item] of context.getInputData().entries()) {
		for (const rendered of await renderFor(context, installation, item, itemIndex)) shown.push({ ...(await shownOf(context, rendered)), pairedItem: { item: itemIndex } });
	}
	return [shown, []];
}

async function shownOf(context: IExecuteFunctions, rendered: Rendered): Promise<INodeExecutionData> {
	const html = 'html' in rendered.message ? rendered.message.html : undefined;
	return {
		json: { preview: saidBy(rendered) as IDataObject },
		...(html && { binary: { preview: await context.helpers.prepareBinaryData(Buffer.from(html), 'preview.html', 'text/html') } }),
	};
}
