import type { INodeProperties } from 'n8n-workflow';

/** How the shop is connected, where it has an API that we use. */
export const connectionFields: INodeProperties[] = [
	{
		displayName: 'Connect',
		name: 'connect',
		type: 'options',
		noDataExpression: true,
		// WooCommerce's deliveries are signed with a secret that is made here and shown to nobody: only the API can hand it over.
		displayOptions: { hide: { system: ['generic', 'vendure', 'woocommerce'] } },
		options: [
			{ name: 'By the Shop’s API', value: 'api', description: 'Publishing registers the webhooks, unpublishing removes them, and every hour the shop is asked for what its deliveries have missed' },
			{ name: 'By Hand', value: 'hand', description: 'You paste the production URL into the shop yourself; what it does not deliver stays unknown' },
		],
		default: 'api',
	},
	{
		// n8n has no field that only shows something; a list that is filled by a call can. There is no name or ID to choose.
		// eslint-disable-next-line n8n-nodes-base/node-param-display-name-wrong-for-dynamic-options
		displayName: 'State of the Connection',
		name: 'connectionState',
		type: 'options',
		noDataExpression: true,
		displayOptions: { hide: { system: ['generic', 'vendure'], connect: ['hand'] } },
		typeOptions: { loadOptionsMethod: 'connectionState', loadOptionsDependsOn: ['shop'] },
		default: 'state',
		// eslint-disable-next-line n8n-nodes-base/node-param-description-wrong-for-dynamic-options
		description: 'Only shows how things stand: open the list to see the problems and what to do about them',
	},
];
