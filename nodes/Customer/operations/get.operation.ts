import type { INodeProperties } from 'n8n-workflow';
import { anyCustomer } from '../../../lib/n8n/customerOfItem';
import { type Output, type Run, withCustomer } from '../run';

export const description: INodeProperties[] = [];

/** Everything known of the customer, in the item's `customer`. */
export async function execute(run: Run): Promise<Output> {
	return await withCustomer(run, (await anyCustomer(run)).id);
}
