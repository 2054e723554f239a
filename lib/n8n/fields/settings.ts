import type { INodeProperties, NodeParameterValueType } from 'n8n-workflow';
import { ShopJourneysError } from '../../model/errors';
import type { ShopSettings } from '../../model/settings';

/** The shop's settings as the operator fills them in. Kept in the store on activation, where every node reads them. */
export const settingsFields: INodeProperties[] = [
	{ displayName: 'Shop Name', name: 'shopName', type: 'string', noDataExpression: true, default: '', placeholder: 'e.g. Anna’s Tea House', description: 'As customers know it: in subjects and in the head of every mail' },
	{ displayName: 'Shop URL', name: 'shopUrl', type: 'string', noDataExpression: true, default: '', placeholder: 'e.g. https://shop.example.com' },
	{ displayName: 'Sender', name: 'sender', type: 'string', noDataExpression: true, default: '', placeholder: 'e.g. Anna’s Tea House <hello@shop.example.com>', description: 'From whom messages come. The mail server must be allowed to send for it.' },
	{ displayName: 'Postal Address', name: 'postalAddress', type: 'string', typeOptions: { rows: 3 }, noDataExpression: true, default: '', placeholder: 'e.g. 12 High Street, 1010 Vienna, Austria', description: 'Stands at the foot of every mail. Marketing mail must have one in most countries.' },
	{ displayName: 'Currency', name: 'currency', type: 'string', noDataExpression: true, default: 'USD', placeholder: 'e.g. EUR', description: 'ISO 4217 code, for deliveries that do not say which' },
	{ displayName: 'Locale', name: 'locale', type: 'string', noDataExpression: true, default: 'en', placeholder: 'e.g. de-AT', description: 'For customers whose own language is not known' },
	{ displayName: 'Time Zone', name: 'timezone', type: 'string', noDataExpression: true, default: 'UTC', placeholder: 'e.g. Europe/Vienna' },
	{
		displayName: 'Sending Mode',
		name: 'sendingMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Live', value: 'live', description: 'Messages go to customers' },
			{ name: 'Only These Addresses', value: 'limited', description: 'For trying out: everybody else is kept waiting' },
			{ name: 'Paused', value: 'paused', description: 'Nothing is sent; journeys are kept' },
		],
		default: 'live',
	},
	{
		displayName: 'Allowed Addresses',
		name: 'allowedRecipients',
		type: 'string',
		noDataExpression: true,
		displayOptions: { show: { sendingMode: ['limited'] } },
		default: '',
		placeholder: 'e.g. me@example.com, @my-company.example',
		description: 'Separated by commas. An @domain allows everybody in it.',
	},
	{
		displayName: 'More Settings',
		name: 'moreSettings',
		type: 'collection',
		placeholder: 'Add Setting',
		noDataExpression: true,
		default: {},
		options: [
			{ displayName: 'Colour', name: 'colour', type: 'color', default: '#1f6f54', description: 'Of buttons and accents in mails' },
			{ displayName: 'Logo URL', name: 'logoUrl', type: 'string', default: '', placeholder: 'e.g. https://shop.example.com/logo.png' },
			{ displayName: 'Reply To', name: 'replyTo', type: 'string', default: '', placeholder: 'e.g. anna@shop.example.com', description: 'A person who reads the answers. Empty: the sender.' },
			{
				displayName: 'Soft Opt-In at Checkout',
				name: 'softOptIn',
				type: 'boolean',
				default: false,
				description: 'Whether a customer who typed an address at the checkout may be reminded of that checkout without having opted in. Ask a lawyer: it depends on the country.',
			},
		],
	},
];

/** @throws PARAMETER_INVALID naming the field */
export function readSettings(parameter: (name: string) => NodeParameterValueType | object): Partial<ShopSettings> {
	const text = (name: string) => String(parameter(name) ?? '').trim();
	const more = (parameter('moreSettings') ?? {}) as { colour?: string; logoUrl?: string; replyTo?: string; softOptIn?: boolean };
	const url = text('shopUrl').replace(/\/+$/, '');
	if (url && !/^https?:\/\/[^\s/]+/.test(url)) throw new ShopJourneysError('PARAMETER_INVALID', `"Shop URL" is "${url}", which is no web address`, { hint: 'Write it with https:// in front.' });
	const currency = text('currency').toUpperCase();
	if (!/^[A-Z]{3}$/.test(currency)) throw new ShopJourneysError('PARAMETER_INVALID', `"Currency" is "${currency}", which is no currency code`, { hint: 'Write its three letters, e.g. EUR.' });
	const timezone = text('timezone') || 'UTC';
	check(() => new Intl.DateTimeFormat('en', { timeZone: timezone }), `"Time Zone" is "${timezone}", which is not known`, 'Write it like Europe/Vienna.');
	const locale = text('locale') || 'en';
	check(() => Intl.getCanonicalLocales(locale), `"Locale" is "${locale}", which is not known`, 'Write it like en or de-AT.');
	const allowed = parameter('sendingMode') === 'limited' ? text('allowedRecipients').toLowerCase().split(/[\s,;]+/).filter(Boolean) : [];
	return {
		...(text('shopName') && { name: text('shopName') }),
		url,
		sender: text('sender') || undefined,
		postalAddress: text('postalAddress'),
		currency,
		locale,
		timezone,
		sendingMode: parameter('sendingMode') as ShopSettings['sendingMode'],
		allowedRecipients: allowed,
		colour: /^#[0-9a-f]{6}$/i.test(more.colour ?? '') ? more.colour! : '#1f6f54',
		logoUrl: more.logoUrl?.trim() || undefined,
		replyTo: more.replyTo?.trim() || undefined,
		softOptIn: more.softOptIn === true,
	};
}

function check(attempt: () => unknown, message: string, hint: string): void {
	try {
		attempt();
	} catch {
		throw new ShopJourneysError('PARAMETER_INVALID', message, { hint });
	}
}
