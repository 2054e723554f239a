import type { IExecuteFunctions } from 'n8n-workflow';
import type { TextMessage } from '../../../lib/messages/channels/channel';
import { severalLines, singleLine } from '../../../lib/messages/safe-text';
import { smsSegments } from '../../../lib/messages/sms-segments';
import type { CompiledTemplate } from '../../../lib/messages/templates';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { ComposerMaker } from './compose';
import { compileText, type Composing, composing, readOnce } from './parts';

/** More segments are hardly meant: each costs as much as a message, and networks join no more reliably. */
const mostSegments = 10;
/** WhatsApp's limit. */
const longestText = 4096;

const smsFields = ['smsText', 'discountCode'] as const;

/** Writes SMS. Links lead straight to the shop: a signed one would take a segment of its own. */
export const smsComposer: ComposerMaker = async (context, installation, options) => {
	const wordsOf = readOnce(context, smsFields, (itemIndex) => ({
		text: compileText(required(context, 'smsText', itemIndex), 'Text'),
		discountCode: compileText(context.getNodeParameter('discountCode', itemIndex, '') as string, 'Discount Code'),
	}));
	return (job, customer, settings, served): TextMessage => {
		const { text, discountCode } = wordsOf(job.itemIndex);
		const message = composing(job, customer, settings, served, 'sms', installation, options, discountCode);
		return { channel: 'sms', ...named(message), to: customer.phone!, text: smsText(text(message.context, message.data)) };
	};
};

function smsText(rendered: string): string {
	const text = filled('Text', severalLines(rendered, longestText));
	const { segments, encoding } = smsSegments(text);
	if (segments <= mostSegments) return text;
	throw new ShopJourneysError('TEMPLATE_INVALID', `Text: it would go out as ${segments} SMS (${encoding}) for this customer; at most ${mostSegments} are sent`, { hint: 'Shorten the text. Emoji and many accents more than double what it takes.' });
}

const whatsappFields = ['whatsappMessage', 'whatsappText', 'templateName', 'templateLanguage', 'templateValues', 'discountCode'] as const;

/** Writes WhatsApp messages: an approved template with its values, or free words to who has written within a day. */
export const whatsappComposer: ComposerMaker = async (context, installation, options) => {
	const wordsOf = readOnce(context, whatsappFields, (itemIndex) => readWhatsApp(context, itemIndex));
	return (job, customer, settings, served): TextMessage => {
		const { discountCode, write } = wordsOf(job.itemIndex);
		const message = composing(job, customer, settings, served, 'whatsapp', installation, options, discountCode);
		return { channel: 'whatsapp', ...named(message), to: customer.phone!, ...write(message) };
	};
};

interface WhatsAppWords {
	discountCode: CompiledTemplate;
	write(message: Composing): Pick<TextMessage, 'text' | 'template'>;
}

function readWhatsApp(context: IExecuteFunctions, itemIndex: number): WhatsAppWords {
	const discountCode = compileText(context.getNodeParameter('discountCode', itemIndex, '') as string, 'Discount Code');
	if (context.getNodeParameter('whatsappMessage', itemIndex, 'template') === 'text') {
		const text = compileText(required(context, 'whatsappText', itemIndex), 'Text');
		return { discountCode, write: ({ context: facts, data }) => ({ text: filled('Text', severalLines(text(facts, data), longestText)) }) };
	}
	const name = required(context, 'templateName', itemIndex).trim();
	const language = compileText(context.getNodeParameter('templateLanguage', itemIndex, '') as string, 'Language');
	const { values: rows = [] } = context.getNodeParameter('templateValues', itemIndex, {}) as { values?: Array<{ value?: string }> };
	const values = rows.map(({ value = '' }, index) => compileText(value, `Value ${index + 1}`));
	return {
		discountCode,
		write({ context: facts, data }) {
			// WhatsApp takes no line breaks in a value, and none that is empty.
			const written = values.map((value, index) => filled(`Value ${index + 1}`, singleLine(value(facts, data), 1000)));
			return { text: written.join(' '), template: { name, language: singleLine(language(facts, data), 20), values: written } };
		},
	};
}

function named({ messageId, ref, eventsAddress, context: { discountCode } }: Composing): Pick<TextMessage, 'messageId' | 'ref' | 'eventsAddress' | 'discountCode'> {
	return { messageId, ref, ...(eventsAddress !== undefined && { eventsAddress }), ...(discountCode && { discountCode }) };
}

function required(context: IExecuteFunctions, field: keyof typeof labels, itemIndex: number): string {
	const value = String(context.getNodeParameter(field, itemIndex, '') ?? '');
	if (!value.trim()) throw new ShopJourneysError('PARAMETER_INVALID', `The message has no ${labels[field].toLowerCase()}`, { hint: `Fill in "${labels[field]}".` });
	return value;
}

const labels = { smsText: 'Text', whatsappText: 'Text', templateName: 'Template' } as const;

function filled(field: string, text: string): string {
	if (!text) throw new ShopJourneysError('TEMPLATE_INVALID', `${field}: nothing is left of it for this customer`, { hint: 'Say what stands there when a fact is missing, e.g. {{default customer.firstName "there"}}.' });
	return text;
}
