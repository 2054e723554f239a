import type { ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

/** Who the shop is to the push services of browsers (VAPID, RFC 8292). */
export class ShopJourneysVapidApi implements ICredentialType {
	name = 'shopJourneysVapidApi';
	displayName = 'Shop Journeys Web Push (VAPID) API';
	icon: Icon = { light: 'file:../nodes/SendReminder/send.svg', dark: 'file:../nodes/SendReminder/send.dark.svg' };
	documentationUrl = 'https://github.com/shop-journeys/n8n-nodes-shop-journeys/blob/main/docs/web-push.md';
	properties: INodeProperties[] = [
		{
			displayName: 'Public Key',
			name: 'publicKey',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. BEl62iUYgUivxIkv69yViEuiBIa...',
			description: 'The same as in the Shop Webhook Trigger under Browser Tracking. To make both keys, run: npx web-push generate-vapid-keys.',
		},
		{
			displayName: 'Private Key',
			name: 'privateKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'Keep it: with other keys, every customer would have to allow messages anew',
		},
		{
			displayName: 'Subject',
			name: 'subject',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. mailto:shop@example.com',
			description: 'Where a push service finds you when something is wrong: mailto: and an address, or a page of yours',
		},
	];
}
