import type { INodeProperties } from 'n8n-workflow';
import { livingCustomer } from '../../../lib/n8n/customerOfItem';
import { type Output, type Run, tell, textOf, withCustomer } from '../run';

export const description: INodeProperties[] = [
	{
		displayName: 'Reason',
		name: 'blockReason',
		type: 'string',
		default: '',
		placeholder: 'e.g. Asked by phone not to be written to at all',
		displayOptions: { show: { operation: ['block'] } },
		description: 'For your colleagues: it is shown in the timeline',
	},
];

/** No message of any kind reaches the customer any more, and every journey under way ends. */
export async function execute(run: Run): Promise<Output> {
	const { id } = await livingCustomer(run);
	const note = textOf(run, 'blockReason').slice(0, 500);
	await tell(run, { type: 'blocked', customerId: id, ...(note && { note }) });
	return await withCustomer(run, id);
}
