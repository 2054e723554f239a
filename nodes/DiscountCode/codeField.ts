import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../lib/model/errors';

export const codeField = (operation: string): INodeProperties => ({
	displayName: 'Code',
	name: 'code',
	type: 'string',
	default: '',
	placeholder: 'e.g. THANKS-7KDM4RWX',
	displayOptions: { show: { operation: [operation] } },
	description: 'Empty: the code that the item brings along (discount.code or code)',
});

/** @throws PARAMETER_INVALID */
export function codeOf(context: IExecuteFunctions, itemIndex: number): string {
	const { json } = context.getInputData()[itemIndex];
	const told = [context.getNodeParameter('code', itemIndex), (json.discount as { code?: unknown } | undefined)?.code, json.code];
	const code = told.map((value) => (typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '')).find((value) => value !== '');
	if (code === undefined) throw new ShopJourneysError('PARAMETER_INVALID', `Item ${itemIndex} names no discount code`, { hint: 'Fill in "Code", or let the item bring one along as discount.code or code.' });
	return code;
}
