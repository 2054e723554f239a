import type { INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import { livingCustomer } from '../../../lib/n8n/customerOfItem';
import { type Output, type Run, tell, textOf, withCustomer } from '../run';
import { listOf } from '../values';

const shown = { show: { operation: ['changeTags'] } };

export const description: INodeProperties[] = [
	{ displayName: 'Add', name: 'tagsToAdd', type: 'string', default: '', placeholder: 'e.g. vip, tea lover', displayOptions: shown, description: 'Tags, separated by commas. They stand beside the tags of the shop and are not sent to it.' },
	{ displayName: 'Remove', name: 'tagsToRemove', type: 'string', default: '', placeholder: 'e.g. newcomer', displayOptions: shown, description: 'Tags that were added here, separated by commas. Tags of the shop are removed in the shop.' },
];

/** Puts tags on and takes tags off. */
export async function execute(run: Run): Promise<Output> {
	const tagsAdded = listOf('Add', textOf(run, 'tagsToAdd'));
	const tagsRemoved = listOf('Remove', textOf(run, 'tagsToRemove'));
	if (tagsAdded.length + tagsRemoved.length === 0) {
		throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: neither "Add" nor "Remove" names a tag`, { hint: 'Write at least one tag into one of the two fields.' });
	}
	const both = tagsAdded.find((tag) => tagsRemoved.includes(tag));
	if (both) throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: "Add" and "Remove" both name "${both}"`, { hint: 'Name each tag in one of the two fields.' });
	const { id } = await livingCustomer(run);
	await tell(run, { type: 'customer_updated', customerId: id, customer: { tagsAdded, tagsRemoved } });
	return await withCustomer(run, id);
}
