import type { INodeProperties } from 'n8n-workflow';
import { checkout, referenceOf } from '../reference';
import { change, type Output, type Run } from '../run';

export const description: INodeProperties[] = [];

/** What was held is available again. */
export async function execute(run: Run): Promise<Output> {
	return await change(run, { type: 'release', reference: referenceOf(run, checkout) }, ({ points }) => ({ released: points }));
}
