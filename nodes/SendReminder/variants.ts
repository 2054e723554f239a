import type { IExecuteFunctions, INodeParameters, INodeProperties } from 'n8n-workflow';
import { checkVariants, type Variant } from '../../lib/messages/variants';

/** A variant as the node's parameters hold it. What is empty stays as the node has it. */
export interface VariantParameter extends Variant {
	/** Whether this node sends it; else another Send Reminder of the same experiment does, e.g. over another channel. */
	here: boolean;
	subject?: string;
	previewText?: string;
	headline?: string;
	text?: string;
	buttonLabel?: string;
	discountCode?: string;
	tone?: string;
	builtInMessage?: string;
}

const words = (displayName: string, name: string, placeholder: string, rows?: number): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	placeholder,
	...(rows && { typeOptions: { rows } }),
	description: 'Empty: as above',
});

export const variantFields: INodeProperties[] = [
	{
		displayName: 'Variants',
		name: 'variants',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: 'Add Variant',
		default: {},
		noDataExpression: true,
		description: 'An experiment: each customer gets one of these, always the same one, by weight. What a variant leaves empty is as above.',
		options: [
			{
				displayName: 'Variants',
				name: 'list',
				values: [
					{ displayName: 'Name', name: 'name', type: 'string', default: '', placeholder: 'e.g. A', description: 'Reports and items show it' },
					{ displayName: 'Weight', name: 'weight', type: 'number', typeOptions: { minValue: 0 }, default: 50, description: 'Share among the others: 50 and 50 are halves' },
					words('Subject', 'subject', 'e.g. Still thinking about it, {{customer.firstName}}?'),
					words('Preview Text', 'previewText', 'e.g. Your cart is kept for you'),
					words('Headline', 'headline', 'e.g. You left something behind'),
					words('Text', 'text', 'e.g. Here is your cart once more.', 4),
					words('Button Label', 'buttonLabel', 'e.g. Back to my cart'),
					words('Discount Code', 'discountCode', 'e.g. COMEBACK10'),
					{
						displayName: 'Sent Here',
						name: 'here',
						type: 'boolean',
						default: true,
						description: 'Whether this node sends it. Off: the item comes out on Not Sent, where a second Send Reminder with the same experiment name can send it over another channel or with another message.',
					},
				],
			},
		],
	},
];

export interface Experiment {
	name: string;
	variants: VariantParameter[];
}

/** The node's experiment; null when it has none. @throws PARAMETER_INVALID */
export function readVariants(context: IExecuteFunctions): Experiment | null {
	const { list = [] } = context.getNodeParameter('variants', 0, {}) as { list?: VariantParameter[] };
	if (list.length === 0) return null;
	checkVariants(list);
	const { experiment } = context.getNodeParameter('options', 0, {}) as { experiment?: string };
	return { name: experiment?.trim() || context.getNode().id, variants: list };
}

/** The node's parameters as they are with a variant: its own words in place of those above, wherever a channel keeps them. */
export function withVariant(context: IExecuteFunctions, variant: VariantParameter): IExecuteFunctions {
	const own = Object.fromEntries(Object.entries(variant).filter(([name, value]) => !['name', 'weight', 'here'].includes(name) && value !== '' && value !== undefined)) as INodeParameters;
	const isOwnHtml = context.getNodeParameter('message', 0, '') === 'custom';
	const said: INodeParameters = {
		...own,
		...('text' in own && (isOwnHtml ? { html: own.text, text: '' } : { letterText: own.text, intro: own.text })),
		...('text' in own && { smsText: own.text, whatsappText: own.text, pushText: own.text, webhookText: own.text }),
		...('headline' in own && { pushTitle: own.headline }),
		...('subject' in own && { webhookSubject: own.subject }),
	};
	const getNodeParameter = (name: string, itemIndex: number, fallback?: unknown) => {
		if (name !== 'ownWords') return said[name] ?? context.getNodeParameter(name, itemIndex, fallback);
		return { ...(context.getNodeParameter(name, itemIndex, fallback) as object), ...said };
	};
	return Object.create(context, { getNodeParameter: { value: getNodeParameter } }) as IExecuteFunctions;
}
