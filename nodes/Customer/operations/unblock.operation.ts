import type { INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import { livingCustomer } from '../../../lib/n8n/customerOfItem';
import { type Output, type Run, tell, textOf, withCustomer } from '../run';

export const description: INodeProperties[] = [
	{
		displayName: 'Reason',
		name: 'unblockReason',
		type: 'string',
		default: '',
		placeholder: 'e.g. The mailbox was full and is not any more',
		displayOptions: { show: { operation: ['unblock'] } },
		description: 'For your colleagues: it is shown in the timeline',
	},
];

/** Lifts a block, whether it was set by hand or came from a bounce or complaint. Journeys that ended stay ended. */
export async function execute(run: Run): Promise<Output> {
	const { id, suppressed } = await livingCustomer(run);
	if (suppressed?.reason === 'erased') {
		throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: "Customer" names somebody whose address was erased on request, so the block cannot be lifted`, {
			hint: 'Who asked to be forgotten is not written to again, even as a new customer.',
		});
	}
	const note = textOf(run, 'unblockReason').slice(0, 500);
	await tell(run, { type: 'unblocked', customerId: id, ...(note && { note }) });
	return await withCustomer(run, id);
}
