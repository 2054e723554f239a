import type { IAuthenticateGeneric, ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

/** n8n has no credential type for Resend. Send Reminder tests it: a key that may only send is a good one, which no plain request would tell. */
export class ShopJourneysResendApi implements ICredentialType {
	name = 'shopJourneysResendApi';
	displayName = 'Shop Journeys Resend API';
	icon: Icon = { light: 'file:../nodes/SendReminder/send.svg', dark: 'file:../nodes/SendReminder/send.dark.svg' };
	documentationUrl = 'https://github.com/shop-journeys/n8n-nodes-shop-journeys/blob/main/docs/sending.md#resend';
	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			placeholder: 'e.g. re_...',
			description: 'From "API Keys" in Resend. "Sending access" is enough.',
		},
	];
	authenticate: IAuthenticateGeneric = { type: 'generic', properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } } };
}
