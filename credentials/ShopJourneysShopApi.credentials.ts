import type { ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

/** The secret that a shop without an adapter of its own signs its events with. */
export class ShopJourneysShopApi implements ICredentialType {
	name = 'shopJourneysShopApi';
	displayName = 'Shop Journeys Shop API';
	icon: Icon = { light: 'file:../nodes/ShopWebhookTrigger/shop.svg', dark: 'file:../nodes/ShopWebhookTrigger/shop.dark.svg' };
	documentationUrl = 'https://github.com/shop-journeys/n8n-nodes-shop-journeys/blob/main/docs/generic-shop.md';
	properties: INodeProperties[] = [
		{
			displayName: 'Signing Secret',
			name: 'signingSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			placeholder: 'e.g. whsec_...',
			description: 'At least 24 random characters, or "whsec_" and a base64 key. The shop signs every event with it.',
		},
	];
}
