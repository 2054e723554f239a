import type { INodeProperties } from 'n8n-workflow';

/** Which shop a node works for. One shop is the common case, so the default fits. */
export const shopField: INodeProperties = {
	displayName: 'Shop',
	name: 'shop',
	type: 'string',
	default: 'main',
	required: true,
	noDataExpression: true,
	description: 'Name of the shop in the store, the same as in its Shop Webhook Trigger. With one shop, leave it as it is.',
};
