import type { IAuthenticateGeneric, ICredentialTestRequest, ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

/** n8n has no credential type for Resend. */
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
			description: 'From "API Keys" in Resend. "Sending access" is enough for sending; testing this credential needs "Full access".',
		},
	];
	authenticate: IAuthenticateGeneric = { type: 'generic', properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } } };
	test: ICredentialTestRequest = { request: { baseURL: 'https://api.resend.com', url: '/domains' } };
}
