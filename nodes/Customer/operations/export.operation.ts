import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { livingCustomer } from '../../../lib/n8n/customerOfItem';
import { exportCustomer } from '../../../lib/record/export';
import { isoTime } from '../profile';
import { type Output, type Run, textOf } from '../run';
import { prunePast } from './erase.operation';

export const description: INodeProperties[] = [
	{
		displayName: 'As a File',
		name: 'asFile',
		type: 'boolean',
		default: false,
		displayOptions: { show: { operation: ['export'] } },
		description: 'Whether to give a JSON file to attach to a mail, in place of the data in the item',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		displayOptions: { show: { operation: ['export'], asFile: [true] } },
		hint: 'The name of the output binary field to put the file in',
	},
];

/** Everything that is held about the customer. The item's own data is not passed on. */
export async function execute(run: Run): Promise<Output> {
	const { context, itemIndex, shop, nowMs } = run;
	const customer = await livingCustomer(run);
	const held = (await exportCustomer(shop.store, customer.id)) as unknown as IDataObject;
	const about = { customer: { id: customer.id, email: customer.email }, exportedAt: isoTime(nowMs), remember: prunePast };
	if (context.getNodeParameter('asFile', itemIndex) !== true) return [{ json: { ...about, data: held } }];
	const file = await context.helpers.prepareBinaryData(Buffer.from(JSON.stringify(held, null, 2)), `customer-${customer.id}.json`, 'application/json');
	return [{ json: about, binary: { [textOf(run, 'binaryPropertyName') || 'data']: file } }];
}
