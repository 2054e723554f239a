import type { INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import { anyCustomer } from '../../../lib/n8n/customerOfItem';
import { readCustomer } from '../../../lib/record/identity';
import { isoTime } from '../profile';
import { type Output, type Run, tell, textOf } from '../run';

export const description: INodeProperties[] = [
	{
		displayName: 'Confirmation',
		name: 'confirmation',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. anna@example.com',
		displayOptions: { show: { operation: ['erase'] } },
		description: 'The customer’s e-mail address, phone number or ID once more. What is erased cannot be brought back.',
	},
];

export const prunePast = 'n8n keeps the data of past executions, this one included: delete those that show this customer, or let n8n prune them (EXECUTIONS_DATA_PRUNE).';

/** Forgets the customer: everything but a salted hash that keeps the addresses suppressed. The item's own data is not passed on. */
export async function execute(run: Run): Promise<Output> {
	const customer = await anyCustomer(run);
	if (customer.erasedAtMs === undefined) {
		const typed = textOf(run, 'confirmation').toLowerCase();
		const names = [customer.email, customer.phone, customer.shopCustomerId, customer.id].filter((name) => name !== undefined);
		const plain = (name: string) => name.toLowerCase().replace(/[\s().-]/g, '');
		if (!typed || !names.some((name) => plain(name) === plain(typed))) {
			throw new ShopJourneysError('PARAMETER_INVALID', `Item ${run.itemIndex}: "Confirmation" is ${typed ? 'none of this customer’s addresses or IDs' : 'empty'}, so nothing was erased`, {
				hint: 'Write the e-mail address, phone number or ID of the customer into "Confirmation". What is erased cannot be brought back.',
			});
		}
		await tell(run, { type: 'customer_erased', customerId: customer.id });
	}
	const after = await readCustomer(run.shop.store, customer.id);
	return [
		{
			json: {
				customer: { id: customer.id, erased: true, erasedAt: isoTime(after?.erasedAtMs ?? run.nowMs) },
				alreadyErased: customer.erasedAtMs !== undefined,
				remember: prunePast,
			},
		},
	];
}
