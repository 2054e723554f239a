import type { INodeProperties } from 'n8n-workflow';

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

const discountCode = words('Discount Code', 'discountCode', 'e.g. COMEBACK10', 'A code that exists in your shop and works for everybody. Empty: the mail shows none.');

const contentFields: INodeProperties[] = [
	{
		displayName: 'Message',
		name: 'message',
		type: 'options',
		noDataExpression: true,
		options: [
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
		options: [
			{ name: 'Friendly Reminder', value: 'reminder', description: 'The cart is kept, and help is offered' },
			{ name: 'Good Points', value: 'benefits', description: 'What speaks for the choice' },
			{ name: 'Last Reminder, With a Code', value: 'lastCode', description: 'With the discount code below, valid that day; without a code just a last reminder' },
			{ name: 'Low Stock, Only if True', value: 'lowStock', description: 'Says what is really running out (three pieces or fewer); else the same as No Hurry' },
			{ name: 'No Hurry', value: 'noHurry', description: 'A second thought, without pressure' },
		],
		default: 'reminder',
		description: 'The words of the mail. Anything can be replaced under "Own Words".',
	},
	{ ...discountCode, ...showFor({ message: ['cartReminder'] }) },
	{
		displayName: 'Own Words',
		name: 'ownWords',
		type: 'collection',
		placeholder: 'Replace',
		default: {},
		...showFor({ message: ['cartReminder'] }),
		options: [
			words('Button Label', 'buttonLabel', 'e.g. Back to my cart', 'What the button says'),
			words('Discount Text', 'discountText', 'e.g. 10 % off until midnight', 'What stands under the discount code'),
			words('Headline', 'headline', 'e.g. Still thinking about it, {{customer.firstName}}?', 'The first line of the mail'),
			words('Preview Text', 'previewText', 'e.g. Your cart is kept for you', 'What mail programs show beside the subject'),
			words('Subject', 'subject', 'e.g. {{customer.firstName}}, your cart is still here', 'The subject line'),
			words('Text', 'intro', 'e.g. We kept everything for you.', 'The text above the cart. A new line makes a new paragraph.', 4),
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
