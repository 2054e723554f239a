import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import type { Installation } from '../../../lib/n8n/installation';
import { renderFor, saidBy, showAsField } from './rendered';

export const description: INodeProperties[] = [showAsField];

/** Shows each item's message as it would arrive: the words, and for e-mail the whole page to open with "View". Sends nothing. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const shown: INodeExecutionData[] = [];
	for (const [itemIndex, item] of context.getInputData().entries()) {
		const rendered = await renderFor(context, installation, item, itemIndex);
		const { message } = rendered;
		const html = 'html' in message ? message.html : undefined;
		shown.push({
			json: { preview: saidBy(rendered) as IDataObject },
			...(html && { binary: { preview: await context.helpers.prepareBinaryData(Buffer.from(html), 'preview.html', 'text/html') } }),
			pairedItem: { item: itemIndex },
		});
	}
	return [shown, []];
}
