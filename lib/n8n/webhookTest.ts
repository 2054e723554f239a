import type { INodeExecutionData, ITriggerFunctions, ITriggerResponse, IWebhookFunctions } from 'n8n-workflow';

/** What a call brought in during a test in the editor, by node. */
const brought = new Map<string, INodeExecutionData[]>();

const nodeKey = (context: IWebhookFunctions | ITriggerFunctions) => `${context.getWorkflow().id}/${context.getNode().id}`;

/**
 * The `trigger()` of a node that lives from its webhooks. It is there so that n8n activates the node again at a
 * restart, which it does not do for webhooks alone. For that, a test in the editor runs it in place of passing the
 * call's items on, and waits until it emits something.
 */
export async function webhookTrigger(context: ITriggerFunctions): Promise<ITriggerResponse> {
	if (context.getMode() !== 'manual') return {};
	return {
		manualTriggerFunction: async () => {
			const key = nodeKey(context);
			context.emit([brought.get(key) ?? []]);
			brought.delete(key);
		},
	};
}

/** Remembers the items of a call for `webhookTrigger`, when this is a test in the editor. */
export function rememberForTest(context: IWebhookFunctions, items: INodeExecutionData[]): INodeExecutionData[] {
	if (context.getMode() === 'manual') brought.set(nodeKey(context), items);
	return items;
}
