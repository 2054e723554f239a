import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

export interface CodeOptions {
	/** Major units. */
	minimum?: number;
	products?: string;
	onlyForCustomer?: boolean;
	purpose?: string;
	shop?: string;
}

const issuing = { show: { '/operation': ['issue'] } };

export const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Minimum Order Value',
			name: 'minimum',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			displayOptions: issuing,
			description: 'In the shop’s currency: the code applies to orders from this value on',
		},
		{
			displayName: 'Only for This Customer',
			name: 'onlyForCustomer',
			type: 'boolean',
			default: true,
			displayOptions: { show: { '/operation': ['issue'], '/source': ['shopify', 'woocommerce'] } },
			description: 'Whether the shop lets nobody else use the code: by the customer’s account in Shopify, by the e-mail address in WooCommerce. Off unless added here.',
		},
		{
			displayName: 'Products',
			name: 'products',
			type: 'string',
			default: '',
			placeholder: 'e.g. 8123456789, 8123456790',
			displayOptions: issuing,
			description: 'IDs of the shop’s products that the code applies to, separated by commas. Empty: everything.',
		},
		{
			displayName: 'Purpose',
			name: 'purpose',
			type: 'string',
			default: '',
			placeholder: 'e.g. birthday',
			displayOptions: issuing,
			description: 'What the code is for: the same customer gets the same code for it. In a journey steps with the same purpose share a code; empty, each step has its own. Needed for items that come from no journey trigger.',
		},
		{ displayName: 'Shop ID', name: 'shop', type: 'string', default: 'main', description: 'For items that come from no journey trigger: which shop it is, where one n8n serves several' },
	],
};

export const optionsOf = (context: IExecuteFunctions, itemIndex: number) => context.getNodeParameter('options', itemIndex, {}) as CodeOptions;
