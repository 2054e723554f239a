import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { anyCustomer } from '../../../lib/n8n/customerOfItem';
import { readCustomerTimeline } from '../../../lib/record/timeline';
import { isoTime, journeyNames, journeysOf } from '../profile';
import type { Output, Run } from '../run';
import { standing } from '../standing';
import { entryWords } from '../words';

export const description: INodeProperties[] = [
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 1000 },
		default: 50,
		displayOptions: { show: { operation: ['timeline'] } },
		description: 'Max number of results to return',
	},
];

/** How it stands now (what would keep a message back, and what is due next), then what happened, newest first. */
export async function execute(run: Run): Promise<Output> {
	const customer = await anyCustomer(run);
	const who = { id: customer.id, email: customer.email };
	const limit = Math.min(Math.max(Math.floor(Number(run.context.getNodeParameter('limit', run.itemIndex))) || 1, 1), 1000);
	const names = await journeyNames(run);
	const now = standing(run, customer, await journeysOf(run, customer));
	const entries = (await readCustomerTimeline(run.shop.store, customer, { limit })).sort((a, b) => b.atMs - a.atMs || b.seq - a.seq);
	const past = entries.map((entry) => ({ at: isoTime(entry.atMs), when: 'past', type: entry.type, what: entryWords(entry, names, run.settings.locale), details: entry.data as IDataObject }));
	return [...now, ...past].map((entry) => ({ json: { ...entry, customer: who } as IDataObject }));
}
