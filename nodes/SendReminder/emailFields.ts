import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { type BuiltInMessage, cartReminders, type CartReminderTone, catalogue, chapters } from '../../lib/messages/catalogue';

const showFor = (show: NonNullable<INodeProperties['displayOptions']>['show']) => ({ displayOptions: { show } });

/** The words in an overridable field are Handlebars, rendered per customer without n8n expressions. */
const words = (displayName: string, name: string, placeholder: string, description: string, rows?: number): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	placeholder,
	description,
	...(rows && { typeOptions: { rows } }),
});

const discountCode = words('Discount Code', 'discountCode', 'e.g. COMEBACK10', 'A code that exists in your shop and works for everybody. Empty: the code of a Discount Code node before this one, else none.');

const tones = Object.entries(cartReminders) as Array<[CartReminderTone, keyof typeof catalogue]>;
const toneIds = new Set<string>(Object.values(cartReminders));

const toneOptions = tones
	.map(([value, id]): INodePropertyOptions => ({ name: catalogue[id].label, value, description: catalogue[id].description }))
	.sort((one, other) => one.name.localeCompare(other.name));

/** All but the tones of the cart reminder, which have a field of their own. The chapter in the name keeps them together. */
const builtInOptions = (Object.entries(catalogue) as Array<[string, BuiltInMessage]>)
	.filter(([id]) => !toneIds.has(id))
	.map(([value, { chapter, label, description }]): INodePropertyOptions => ({ name: `${chapters[chapter]}: ${label}`, value, description }));

const contentFields: INodeProperties[] = [
	{
		displayName: 'Message',
		name: 'message',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Built-In Message', value: 'builtIn', description: 'One of the messages that come with the package, in the customer’s language' },
			{ name: 'Cart Reminder (Built-In)', value: 'cartReminder', description: 'Shows the cart with pictures and prices; looks right on every phone' },
			{ name: 'My Words in the Shop’s Design', value: 'letter', description: 'A subject, a text and a button, with the cart, the order or the product under it' },
			{ name: 'My Own Template', value: 'custom', description: 'Your own subject, HTML and text with Handlebars' },
		],
		default: 'cartReminder',
	},
	{
		displayName: 'Tone',
		name: 'tone',
		type: 'options',
		noDataExpression: true,
		...showFor({ message: ['cartReminder'] }),
		options: toneOptions,
		default: 'reminder',
		description: 'The words of the mail. Anything can be replaced under "Own Words".',
	},
	{
		displayName: 'Built-In Message',
		name: 'builtInMessage',
		type: 'options',
		noDataExpression: true,
		...showFor({ message: ['builtIn'] }),
		options: builtInOptions,
		default: 'newsletter-thanks',
		description: 'In English, Traditional and Simplified Chinese, Russian and Thai. Anything can be replaced under "Own Words".',
	},
	{ ...discountCode, ...showFor({ message: ['cartReminder', 'builtIn'] }) },
	{
		displayName: 'Own Words',
		name: 'ownWords',
		type: 'collection',
		placeholder: 'Replace',
		default: {},
		...showFor({ message: ['cartReminder', 'builtIn'] }),
		options: [
			words('Button Address', 'buttonUrl', 'e.g. https://shop.example.com/guide', 'Where the button leads, if not to what the message shows'),
			words('Button Label', 'buttonLabel', 'e.g. Back to my cart', 'What the button says'),
			words('Discount Text', 'discountText', 'e.g. 10 % off until midnight', 'What stands under the discount code'),
			words('Headline', 'headline', 'e.g. Still thinking about it, {{customer.firstName}}?', 'The first line of the mail'),
			words('Preview Text', 'previewText', 'e.g. Your cart is kept for you', 'What mail programs show beside the subject'),
			words('Subject', 'subject', 'e.g. {{customer.firstName}}, your cart is still here', 'The subject line'),
			words('Survey Topics', 'surveyTopics', 'e.g. Advice, Delivery, Price', 'What the page of a survey lets customers choose from, separated by commas'),
			words('Text', 'intro', 'e.g. We kept everything for you.', 'The text of the mail. A new line makes a new paragraph.', 4),
		],
	},
	{
		...words('Subject', 'subject', 'e.g. {{customer.firstName}}, your cart is still here', 'Handlebars; see docs/mail.md for all variables'),
		required: true,
		...showFor({ message: ['letter', 'custom'] }),
	},
	{
		...words('Preview Text', 'previewText', 'e.g. Your cart is kept for you', 'What mail programs show beside the subject'),
		...showFor({ message: ['letter', 'custom'] }),
	},
	{
		...words('Headline', 'headline', 'e.g. It is back, {{customer.firstName}}', 'The first line of the mail'),
		...showFor({ message: ['letter'] }),
	},
	{
		...words('Text', 'letterText', 'e.g. {{product.title}} can be ordered again.', 'Handlebars; a new line makes a new paragraph', 6),
		...showFor({ message: ['letter'] }),
	},
	{
		displayName: 'Show Below the Text',
		name: 'shows',
		type: 'options',
		noDataExpression: true,
		...showFor({ message: ['letter'] }),
		options: [
			{ name: 'Nothing', value: 'nothing' },
			{ name: 'The Cart', value: 'cart' },
			{ name: 'The Order', value: 'order' },
			{ name: 'The Picks', value: 'picks', description: 'Up to four recommended products, where a Product Picks node comes before' },
			{ name: 'The Points', value: 'points', description: 'How many, what expires next, and the way to the next tier; nothing for who never had any' },
			{ name: 'The Product', value: 'product', description: 'The one that is back in stock, or that was looked at' },
		],
		default: 'nothing',
		description: 'With pictures and prices where they are known',
	},
	{
		...words('Button Label', 'buttonLabel', 'e.g. See it in the shop', 'What the button says. Empty: no button.'),
		...showFor({ message: ['letter'] }),
	},
	{
		...words('Button Address', 'buttonUrl', 'e.g. https://shop.example.com/new', 'Where the button leads. Empty: to what is shown, else to the shop.'),
		...showFor({ message: ['letter'] }),
	},
	{ ...discountCode, ...showFor({ message: ['letter'] }) },
	{
		...words('HTML', 'html', 'e.g. <p>Hello {{customer.firstName}}</p>', 'Handlebars. Values are escaped; {{#each cart.items}} walks the cart.', 10),
		required: true,
		...showFor({ message: ['custom'] }),
	},
	{
		...words('Text', 'text', 'e.g. Hello {{customer.firstName}}', 'The plain-text part. Empty: made from the HTML.', 5),
		...showFor({ message: ['custom'] }),
	},
];

/** What an e-mail says. */
export const emailFields: INodeProperties[] = contentFields.map((field) => ({ ...field, displayOptions: { show: { channel: ['email'], ...field.displayOptions?.show } } }));
