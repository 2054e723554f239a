import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

/** Which customer an action is about. In a journey the item says it, so no expression is needed. */

export type CustomerName = 'id' | 'email' | 'phone' | 'shopCustomerId';

/** What a customer may be found by. */
export interface CustomerReference {
	by: CustomerName;
	value: string;
}

const named = (by: CustomerName, displayName: string, placeholder: string, description?: string): INodeProperties => ({
	displayName,
	name: 'customerValue',
	type: 'string',
	required: true,
	default: '',
	placeholder,
	...(description && { description }),
	displayOptions: { show: { customerBy: [by] } },
});

export const customerFields: INodeProperties[] = [
	{
		displayName: 'Customer',
		name: 'customerBy',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'By E-Mail', value: 'email' },
			{ name: 'By ID', value: 'id', description: 'The ID that Shop Journeys gave' },
			{ name: 'By ID in the Shop', value: 'shopCustomerId', description: 'The ID that the shop gave' },
			{ name: 'By Phone', value: 'phone' },
			{ name: 'From the Item', value: 'item', description: 'The customer of a journey’s item, or the first of customerId, email and phone that the item has' },
		],
		default: 'item',
	},
	named('email', 'E-Mail', 'e.g. anna@example.com'),
	named('id', 'ID', 'e.g. 0b5f2a4e-8c1d-4a47-9a53-2f6f6a0f7a11'),
	named('shopCustomerId', 'ID in the Shop', 'e.g. 7219034423'),
	named('phone', 'Phone', 'e.g. +43 664 1234567', 'Without a country code: a number of the shop’s country'),
];

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '');

/** What the node and the item say of who it is, the surest first; empty when they say nothing. */
export function customerReferences(context: IExecuteFunctions, itemIndex: number, json: IDataObject): CustomerReference[] {
	const by = context.getNodeParameter('customerBy', itemIndex) as CustomerName | 'item';
	if (by !== 'item') return references([[by, context.getNodeParameter('customerValue', itemIndex)]]);
	const customer = (json.customer ?? {}) as IDataObject;
	return references([
		['id', customer.id],
		['id', json.customerId],
		['email', customer.email],
		['email', json.email],
		['phone', customer.phone],
		['phone', json.phone],
	]);
}

function references(found: Array<[CustomerName, unknown]>): CustomerReference[] {
	return found.map(([by, value]) => ({ by, value: text(value) })).filter(({ value }) => value !== '');
}
