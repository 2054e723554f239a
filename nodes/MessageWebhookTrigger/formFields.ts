import type { INodeProperties } from 'n8n-workflow';
import type { PopUp } from '../../lib/forms/embedded';
import { checkForms, type FormDefinition, type FormTexts, type Question, questionTypes, type SignUpAsk } from '../../lib/forms/form';
import { defaultSettings } from '../../lib/model/settings';
import { phrase } from '../../lib/messages/words';
import { type FormWords, formWords } from '../../lib/forms/words';

const words = formWords(defaultSettings.locale);

type TextName = keyof FormTexts;

const textLabels = {
	title: 'Title',
	text: 'Text',
	button: 'Button',
	doneTitle: 'Thank-You Title',
	doneText: 'Thank-You Text',
	emailConsent: 'Consent to E-Mail',
	smsConsent: 'Consent to SMS',
	whatsappConsent: 'Consent to WhatsApp',
} as const satisfies Record<TextName, string>;

/** Words of the operator's; empty ones are built in, in five languages. */
function textsField(kind: 'sign_up' | 'back_in_stock' | 'profile' | 'contact'): INodeProperties {
	const builtIn: Partial<Record<TextName, string>> = {
		...(words[kind] as FormWords['contact']),
		...(kind === 'sign_up' && { emailConsent: words.consents.email, smsConsent: words.consents.sms, whatsappConsent: words.consents.whatsapp }),
	};
	const names = (Object.keys(textLabels) as TextName[]).filter((name) => builtIn[name] !== undefined).sort((a, b) => textLabels[a].localeCompare(textLabels[b]));
	return {
		displayName: 'Own Words',
		name: 'texts',
		type: 'collection',
		placeholder: 'Change Words',
		default: {},
		description: 'In place of the built-in ones, which are there in English, Traditional and Simplified Chinese, Russian and Thai. Your own words stand in every language.',
		options: names.map((name) => ({
			displayName: textLabels[name],
			name,
			type: 'string',
			...(!/title|button/i.test(name) && { typeOptions: { rows: 3 } }),
			default: '',
			placeholder: `e.g. ${phrase(builtIn[name]!, { shop: 'Anna’s Tea House' })}`,
			...(name.endsWith('Consent') && { description: 'What the customer agrees to. It is kept with each consent, exactly as it was shown. {shop} is the name of the shop.' }),
		})),
	};
}

const popUpField: INodeProperties = {
	displayName: 'Pop-Up',
	name: 'popUp',
	type: 'collection',
	placeholder: 'Add Pop-Up',
	default: {},
	description: 'Opens the form by itself on the shop’s pages that carry tracking.js with data-forms. Without it the form is shown where the page asks for it.',
	options: [
		{ displayName: 'After Seconds', name: 'afterSeconds', type: 'number', typeOptions: { minValue: 0, maxValue: 3600 }, default: 20, description: 'How long after the page was opened' },
		{ displayName: 'Days of Rest', name: 'everyDays', type: 'number', typeOptions: { minValue: 0, maxValue: 365 }, default: 30, description: 'Who closed the form is not shown it again for so long' },
		{ displayName: 'When Leaving', name: 'onLeave', type: 'boolean', default: true, description: 'Whether it opens when the pointer leaves the page at its top' },
	],
};

const idField = (id: string): INodeProperties => ({
	displayName: 'Form ID',
	name: 'id',
	type: 'string',
	default: id,
	placeholder: `e.g. ${id}`,
	description: 'By which pages and links name the form: small letters, digits and hyphens',
});

/** The forms of the shop, each ready to use as it is added. */
export const formFields: INodeProperties[] = [
	{
		displayName: 'Forms',
		name: 'forms',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Form',
		noDataExpression: true,
		default: {},
		description: 'Forms for the shop’s pages and of their own. Each has the address of this node with ?f= and its ID.',
		options: [
			{
				displayName: 'Sign-Up',
				name: 'signUp',
				values: [
					idField('newsletter'),
					{
						displayName: 'Asks For',
						name: 'asks',
						type: 'multiOptions',
						options: [
							{ name: 'E-Mail', value: 'email' },
							{ name: 'First Name', value: 'firstName' },
							{ name: 'SMS', value: 'sms', description: 'A mobile number, and consent to messages there' },
							{ name: 'Topics', value: 'topics', description: 'The topics of the shop’s settings, where there are any' },
							{ name: 'WhatsApp', value: 'whatsapp', description: 'A mobile number, and consent to WhatsApp messages' },
						],
						default: ['email', 'firstName'],
					},
					{ displayName: 'Box to Tick', name: 'hasBoxes', type: 'boolean', default: false, description: 'Whether the consent has a box to tick even where there is only one. With several channels each has its own.' },
					textsField('sign_up'),
					popUpField,
				],
			},
			{ displayName: 'Tell Me When Back', name: 'backInStock', values: [idField('back-in-stock'), textsField('back_in_stock')] },
			{
				displayName: 'Profile Questions',
				name: 'profile',
				values: [
					idField('profile'),
					{
						displayName: 'Questions',
						name: 'questions',
						type: 'fixedCollection',
						typeOptions: { multipleValues: true, sortable: true },
						placeholder: 'Add Question',
						default: { question: [{ type: 'birthday', attribute: '', label: '', choices: '', isRequired: false }] },
						options: [
							{
								displayName: 'Question',
								name: 'question',
								// In the order in which they are filled in.
								// eslint-disable-next-line n8n-nodes-base/node-param-fixed-collection-type-unsorted-items
								values: [
									{
										displayName: 'Type',
										name: 'type',
										type: 'options',
										options: [
											{ name: 'Birthday', value: 'birthday' },
											{ name: 'Children', value: 'children', description: 'Names and birthdays of up to three' },
											{ name: 'First Name', value: 'firstName' },
											{ name: 'Number', value: 'number', description: 'Becomes an attribute' },
											{ name: 'One of Several', value: 'choice', description: 'Such as sizes. Becomes an attribute.' },
											{ name: 'Phone', value: 'phone' },
											{ name: 'Text', value: 'text', description: 'Becomes an attribute' },
											{ name: 'Yes or No', value: 'yes_no', description: 'Becomes an attribute' },
										],
										default: 'birthday',
									},
									{ displayName: 'Attribute', name: 'attribute', type: 'string', displayOptions: { show: { type: ['choice', 'number', 'text', 'yes_no'] } }, default: '', placeholder: 'e.g. shoe size', description: 'The name under which the answer is kept' },
									{ displayName: 'Question', name: 'label', type: 'string', default: '', placeholder: 'e.g. Which size do you wear?', description: 'As the customer reads it. Empty: the built-in words.' },
									{ displayName: 'Choices', name: 'choices', type: 'string', displayOptions: { show: { type: ['choice'] } }, default: '', placeholder: 'e.g. S, M, L, XL', description: 'Separated by commas' },
									{ displayName: 'Must Be Answered', name: 'isRequired', type: 'boolean', default: false, description: 'Whether the form cannot be sent without it' },
								],
							},
						],
					},
					{
						displayName: 'One Question at a Time',
						name: 'oneAtATime',
						type: 'boolean',
						default: false,
						description: 'Whether a customer who comes by a link in a mail is asked only the first question that is not answered yet. On the shop’s pages all are asked.',
					},
					textsField('profile'),
					popUpField,
				],
			},
			{
				displayName: 'Contact',
				name: 'contact',
				values: [
					idField('contact'),
					{ displayName: 'Topics', name: 'topics', type: 'string', default: '', placeholder: 'e.g. My order, A product, Something else', description: 'What it may be about, separated by commas. Empty: not asked.' },
					textsField('contact'),
				],
			},
		],
	},
];

/** A form as the node has it. */
interface FormParameter {
	id?: string;
	texts?: Record<string, string>;
	popUp?: { afterSeconds?: number; onLeave?: boolean; everyDays?: number };
	asks?: SignUpAsk[];
	hasBoxes?: boolean;
	questions?: { question?: Array<{ type?: (typeof questionTypes)[number]; attribute?: string; label?: string; choices?: string; isRequired?: boolean }> };
	oneAtATime?: boolean;
	topics?: string;
}

/** @throws PARAMETER_INVALID naming the form */
export function readForms(parameter: unknown): FormDefinition[] {
	const { signUp = [], backInStock = [], profile = [], contact = [] } = (parameter ?? {}) as Record<'signUp' | 'backInStock' | 'profile' | 'contact', FormParameter[] | undefined>;
	return checkForms([
		...signUp.map((form) => ({ ...common(form, 'sign_up'), asks: form.asks ?? ['email', 'firstName'], hasBoxes: form.hasBoxes === true })),
		...backInStock.map((form) => common(form, 'back_in_stock')),
		...profile.map((form) => ({ ...common(form, 'profile'), questions: (form.questions?.question ?? [{}]).map(questionOf), ...(form.oneAtATime === true && { oneAtATime: true }) })),
		...contact.map((form) => ({ ...common(form, 'contact'), topics: listOf(form.topics) })),
	]);
}

function common({ id = '', texts = {}, popUp }: FormParameter, kind: FormDefinition['kind']): FormDefinition {
	const own = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.trim()]).filter(([, text]) => text !== ''));
	const opens = popUp && (popUp.afterSeconds !== undefined || popUp.onLeave) ? popUpOf(popUp) : undefined;
	return { id: id.trim(), kind, texts: own, ...(opens && { popUp: opens }) };
}

function popUpOf({ afterSeconds, onLeave, everyDays = 30 }: NonNullable<FormParameter['popUp']>): PopUp {
	return { ...(afterSeconds !== undefined && { afterSeconds }), ...(onLeave && { onLeave }), everyDays };
}

function questionOf({ type = 'birthday', attribute = '', label = '', choices, isRequired = false }: NonNullable<NonNullable<FormParameter['questions']>['question']>[number]): Question {
	return { type, ...(attribute.trim() && { attribute: attribute.trim() }), ...(label.trim() && { label: label.trim() }), ...(type === 'choice' && { choices: listOf(choices) }), isRequired };
}

function listOf(text = ''): string[] {
	return [...new Set(text.split(',').map((part) => part.trim()).filter(Boolean))];
}
