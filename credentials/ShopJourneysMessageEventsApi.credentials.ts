import type { ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

const secret = (displayName: string, name: string, placeholder: string, description: string): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	typeOptions: { password: true },
	default: '',
	placeholder,
	description,
});

/** What mail, SMS and WhatsApp providers sign their events with. Only the fields of those in use are filled in: deliveries of the others are refused. */
export class ShopJourneysMessageEventsApi implements ICredentialType {
	name = 'shopJourneysMessageEventsApi';
	displayName = 'Shop Journeys Message Events API';
	icon: Icon = { light: 'file:../nodes/MessageWebhookTrigger/message.svg', dark: 'file:../nodes/MessageWebhookTrigger/message.dark.svg' };
	documentationUrl = 'https://github.com/shop-journeys/n8n-nodes-shop-journeys/blob/main/docs/bounces.md';
	properties: INodeProperties[] = [
		{ displayName: 'Fill in only the providers that you send with. The address to paste there is the one of Message Webhook Trigger with ?p= and the provider behind it, e.g. ?p=sendgrid.', name: 'notice', type: 'notice', default: '' },
		secret('SendGrid: Verification Key', 'sendgridPublicKey', 'e.g. MFkwEwYHKoZIzj0C...', 'Settings, Mail Settings, Event Webhook, Signed Event Webhook'),
		secret('Mailgun: HTTP Webhook Signing Key', 'mailgunSigningKey', 'e.g. 3f2a...', 'Settings, API Security: it is not the API key'),
		{ displayName: 'Postmark: User', name: 'postmarkUser', type: 'string', default: '', placeholder: 'e.g. postmark', description: 'Of your own choice: it stands in the address that you paste at Postmark, as Basic auth' },
		secret('Postmark: Password', 'postmarkPassword', 'e.g. 24 random letters and digits', 'Of your own choice, long and random'),
		secret('Resend: Signing Secret', 'resendSigningSecret', 'e.g. whsec_...', 'Shown at the webhook in Resend'),
		{ displayName: 'Amazon SES: SNS Topics', name: 'sesTopicArns', type: 'string', default: '', placeholder: 'e.g. arn:aws:sns:eu-west-1:123456789012:ses-events', description: 'ARNs of the topics that may tell of messages, separated by commas' },
		secret('Twilio: Auth Token', 'twilioAuthToken', 'e.g. 32 letters and digits', 'The primary auth token of the account that sends'),
		secret('Meta: App Secret', 'metaAppSecret', 'e.g. 32 letters and digits', 'App settings, Basic'),
		secret('Meta: Verify Token', 'metaVerifyToken', 'e.g. 24 random letters and digits', 'Of your own choice: Meta asks for it when you enter the address'),
	];
}
