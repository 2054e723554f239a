import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { DiscountTerms } from '../../lib/model/records';
import { amountOf } from '../../lib/n8n/fields/amount';
import { optionsOf } from './optionFields';

const shown = { show: { operation: ['issue'] } };
const giving = (gives: string) => ({ show: { operation: ['issue'], gives: [gives] } });

/** What a code is worth. */
export const valueFields: INodeProperties[] = [
	{
		displayName: 'Gives',
		name: 'gives',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Amount Off', value: 'amount' },
			{ name: 'Free Shipping', value: 'free_shipping' },
			{ name: 'Gift', value: 'gift', description: 'One piece of a product for nothing' },
			{ name: 'Percentage Off', value: 'percentage' },
		],
		default: 'percentage',
		displayOptions: shown,
		description: 'What the code is worth. With a list: what its codes give in the shop, for the words of messages.',
	},
	{ displayName: 'Percent', name: 'percent', type: 'number', typeOptions: { minValue: 0, maxValue: 100 }, default: 10, displayOptions: giving('percentage'), description: 'Above 0, at most 100' },
	{ displayName: 'Amount', name: 'amount', type: 'number', typeOptions: { minValue: 0 }, default: 5, displayOptions: giving('amount'), description: 'In the shop’s currency, e.g. 5 or 7.50' },
	{ displayName: 'Product', name: 'giftProduct', type: 'string', default: '', required: true, placeholder: 'e.g. 8123456789', displayOptions: giving('gift'), description: 'ID of the product that is given, as the shop has it' },
	{ displayName: 'Price of the Product', name: 'giftPrice', type: 'number', typeOptions: { minValue: 0 }, default: 0, displayOptions: giving('gift'), description: 'In the shop’s currency: so much at most is taken off' },
];

/** What the fields say, in minor units. @throws PARAMETER_INVALID for what is no amount of money */
export function readTerms(context: IExecuteFunctions, itemIndex: number, currency: string): DiscountTerms {
	const { minimum, products } = optionsOf(context, itemIndex);
	const productIds = products?.split(',').map((id) => id.trim()).filter((id) => id !== '');
	return {
		value: readValue(context, itemIndex, currency),
		currency,
		...(minimum && { minimumMinor: amountOf('Minimum Order Value', minimum, currency) }),
		...(productIds?.length && { productIds }),
	};
}

function readValue(context: IExecuteFunctions, itemIndex: number, currency: string): DiscountTerms['value'] {
	const parameter = (name: string) => context.getNodeParameter(name, itemIndex);
	const kind = parameter('gives') as DiscountTerms['value']['kind'];
	switch (kind) {
		case 'percentage':
			return { kind, percent: Number(parameter('percent')) };
		case 'amount':
			return { kind, amountMinor: amountOf('Amount', parameter('amount'), currency) };
		case 'free_shipping':
			return { kind };
		case 'gift':
			return { kind, productId: String(parameter('giftProduct')).trim(), worthMinor: amountOf('Price of the Product', parameter('giftPrice'), currency) };
	}
}
