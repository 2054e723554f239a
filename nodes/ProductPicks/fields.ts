import type { INodeProperties } from 'n8n-workflow';
import { shopField } from '../../lib/n8n/fields/shop';

export const showField: INodeProperties = {
	displayName: 'Show',
	name: 'show',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'Back in Stock', value: 'backInStock', action: 'Pick what is back in stock', description: 'What can be bought again since a short while' },
		{ name: 'Bestsellers', value: 'bestsellers', action: 'Pick bestsellers', description: 'What sold best in the period, of one category if you like' },
		{ name: 'For the Customer', value: 'forCustomer', action: 'Pick for the customer', description: 'From the categories that the customer bought from or looked at, and what others bought with it' },
		{ name: 'New Products', value: 'newProducts', action: 'Pick new products', description: 'What came into the shop in the period, newest first' },
		{ name: 'Next Size', value: 'nextSize', action: 'Pick the next size', description: 'By your product rules, else the same product one size up. Nothing else takes its place.' },
		{ name: 'Reduced in Price', value: 'reduced', action: 'Pick what is reduced', description: 'What costs less than it did' },
		{ name: 'Similar', value: 'similar', action: 'Pick what is similar', description: 'What others looked at in the same visit, and more of the same category' },
		{ name: 'Upgrade', value: 'upgrade', action: 'Pick the upgrade', description: 'By your product rules. Nothing else takes its place.' },
		{ name: 'What Goes With It', value: 'goesWith', action: 'Pick what goes with it', description: 'The accessories of your product rules, then what others bought together with it' },
		{ name: 'What Others Bought After Viewing', value: 'afterViewing', action: 'Pick what others bought after viewing', description: 'What those who looked at it ended up buying' },
	],
	default: 'goesWith',
};

export const countField: INodeProperties = {
	displayName: 'Number of Products',
	name: 'count',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 20 },
	default: 4,
	description: 'How many to pick. There are fewer only when the shop has no more that may be shown.',
};

export const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Category',
			name: 'category',
			type: 'string',
			default: '',
			placeholder: 'e.g. Shoes',
			description: 'Only products of this category, as the shop calls it. Empty: all.',
		},
		{
			displayName: 'Except Bought Within (Days)',
			name: 'exceptBoughtDays',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: 3650 },
			default: 90,
			description: 'What the customer bought so recently is not picked. 0: what was bought before may be picked again.',
		},
		{
			displayName: 'Fill Up With Others',
			name: 'fallBack',
			type: 'boolean',
			default: true,
			description: 'Whether other products fill up what is missing: first by the other ways, then the same category, bestsellers, new products, and anything in stock. Upgrade and Next Size are never filled up.',
		},
		{
			displayName: 'Period (Days)',
			name: 'periodDays',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 90 },
			default: 30,
			description: 'Over which time bestsellers are counted, and how long a product is new, back in stock or freshly reduced',
		},
		{ ...shopField, required: false, description: 'Which shop this is, where one n8n serves several. Items of a journey say so by themselves.' },
	],
};
