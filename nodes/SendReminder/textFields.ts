import type { INodeProperties } from 'n8n-workflow';

type Show = NonNullable<INodeProperties['displayOptions']>['show'];

/** The words in these fields are Handlebars, rendered per customer without n8n expressions. */
const words = (displayName: string, name: string, value: string, placeholder: string, description: string, rows?: number): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: value,
	placeholder,
	description,
	...(rows && { typeOptions: { rows } }),
});

const of = (channel: string, field: INodeProperties, show: Show = {}): INodeProperties => ({ ...field, displayOptions: { show: { channel: [channel], ...show } } });

const hello = 'Hello{{#if customer.firstName}} {{customer.firstName}}{{/if}}';
const discountCode = words('Discount Code', 'discountCode', '', 'e.g. COMEBACK10', 'A code that exists in your shop and works for everybody: {{discountCode}} in the text. Empty: the code of a Discount Code node before this one, else none.');

const smsFields: INodeProperties[] = [
	{
		...words('Text', 'smsText', `${hello}, your cart at {{shop.name}} is still here: {{cart.url}}`, 'e.g. {{product.title}} is back: {{product.url}}', 'Handlebars; see docs/sms.md for all variables. Emoji and letters like “ or ł make it cost more than twice as much; the output says how many SMS it became.', 4),
		required: true,
	},
	discountCode,
];

const template: Show = { whatsappMessage: ['template'] };

const whatsappFields: Array<[INodeProperties, Show?]> = [
	[
		{
			displayName: 'Message',
			name: 'whatsappMessage',
			type: 'options',
			noDataExpression: true,
			options: [
				{ name: 'Approved Template', value: 'template', description: 'Always possible. The words are those that Meta approved, with values of yours in them.' },
				{ name: 'Free Text', value: 'text', description: 'Only within 24 hours after the customer wrote to you' },
			],
			default: 'template',
		},
	],
	[{ ...words('Template', 'templateName', '', 'e.g. cart_reminder', 'Its name at Meta; with Twilio the sid of the content (HX...)'), required: true }, template],
	[words('Language', 'templateLanguage', 'en', 'e.g. de', 'In which the template was approved. Twilio keeps it with the template and ignores this.'), { ...template, whatsappProvider: ['whatsappCloud'] }],
	[
		{
			displayName: 'Values',
			name: 'templateValues',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true, sortable: true },
			placeholder: 'Add Value',
			default: {},
			description: 'What stands in the template’s gaps {{1}}, {{2}} ... in their order.',
			options: [
				{
					displayName: 'Values',
					name: 'values',
					values: [words('Value', 'value', '', 'e.g. {{default customer.firstName "there"}}', 'Handlebars. It must not be empty for any customer.')],
				},
			],
		},
		template,
	],
	[{ ...words('Text', 'whatsappText', `${hello}, can we help you with your cart? {{cart.url}}`, 'e.g. {{product.title}} is back: {{product.url}}', 'Handlebars; see docs/sms.md for all variables', 4), required: true }, { whatsappMessage: ['text'] }],
	[discountCode],
];

const pushFields: INodeProperties[] = [
	words('Title', 'pushTitle', '{{shop.name}}', 'e.g. Still interested?', 'Handlebars. About 50 characters are shown.'),
	words('Text', 'pushText', '{{#if product.title}}{{product.title}}: have another look{{else}}Your cart is still here{{/if}}', 'e.g. {{product.title}} is waiting for you', 'Handlebars. About 120 characters are shown.', 2),
	words('Link', 'pushUrl', '', 'e.g. https://shop.example.com/new', 'What opens on a click. Empty: the cart, else the product, else the shop.'),
	words('Picture', 'pushImageUrl', '', 'e.g. https://shop.example.com/new.png', 'Shown by some browsers. Empty: the product’s.'),
	{
		displayName: 'Keep For (Hours)',
		name: 'pushHours',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 672 },
		default: 24,
		description: 'For how long it waits for a browser that is off. 0: only for those that are on now.',
	},
	discountCode,
];

const webhookFields: INodeProperties[] = [
	{
		displayName: 'Counts As',
		name: 'countsAs',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'E-Mail', value: 'email' },
			{ name: 'SMS', value: 'sms' },
			{ name: 'Web Push', value: 'push' },
			{ name: 'WhatsApp', value: 'whatsapp' },
		],
		default: 'email',
		description: 'What your system makes of it: that channel’s consent is needed, and its rest between messages counts',
	},
	words('Subject', 'webhookSubject', '', 'e.g. {{customer.firstName}}, your cart is still here', 'Handlebars'),
	words('Text', 'webhookText', '', 'e.g. {{product.title}} is back: {{product.url}}', 'Handlebars', 4),
	{
		displayName: 'Further Fields',
		name: 'webhookData',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: 'Add Field',
		default: {},
		description: 'What else your system needs: in "data" of the body',
		options: [
			{
				displayName: 'Fields',
				name: 'fields',
				values: [words('Name', 'name', '', 'e.g. template', 'Its name in "data"'), words('Value', 'value', '', 'e.g. {{cart.total}}', 'Handlebars')],
			},
		],
	},
	discountCode,
];

/** What SMS, WhatsApp, web push and webhooks say. */
export const textFields: INodeProperties[] = [
	...smsFields.map((field) => of('sms', field)),
	...whatsappFields.map(([field, show]) => of('whatsapp', field, show)),
	...pushFields.map((field) => of('push', field)),
	...webhookFields.map((field) => of('webhook', field)),
];
