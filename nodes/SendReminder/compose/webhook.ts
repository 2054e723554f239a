import type { IExecuteFunctions } from 'n8n-workflow';
import type { WebhookMessage } from '../../../lib/messages/channels/channel';
import { severalLines, singleLine } from '../../../lib/messages/safe-text';
import type { CompiledTemplate } from '../../../lib/messages/templates';
import type { MessageChannel } from '../../../lib/model/events';
import type { ComposerMaker } from './compose';
import { compileText, composing, readOnce } from './parts';

const fields = ['webhookSubject', 'webhookText', 'webhookData', 'discountCode'] as const;
const longestText = 20_000;

/** Writes what is handed to a system of the operator's. */
export const webhookComposer: ComposerMaker = async (context, installation, options) => {
	const channel = context.getNodeParameter('countsAs', 0, 'email') as MessageChannel;
	const wordsOf = readOnce(context, fields, (itemIndex) => readWebhook(context, itemIndex));
	return (job, customer, settings, served): WebhookMessage => {
		const words = wordsOf(job.itemIndex);
		const { messageId, ref, context: facts, data } = composing(job, customer, settings, served, channel, installation, options, words.discountCode);
		const { email, phone, firstName, locale } = customer;
		return {
			channel,
			messageId,
			ref,
			...(facts.discountCode && { discountCode: facts.discountCode }),
			to: { customerId: customer.id, ...(email && { email }), ...(phone && { phone }), ...(firstName && { firstName }), ...(locale && { locale }) },
			subject: singleLine(words.subject(facts, data), 200),
			text: severalLines(words.text(facts, data), longestText),
			data: Object.fromEntries(words.data.map(([name, value]) => [name, severalLines(value(facts, data), longestText)])),
		};
	};
};

function readWebhook(context: IExecuteFunctions, itemIndex: number) {
	const template = (name: (typeof fields)[number], label: string) => compileText(String(context.getNodeParameter(name, itemIndex, '') ?? ''), label);
	const { fields: rows = [] } = context.getNodeParameter('webhookData', itemIndex, {}) as { fields?: Array<{ name?: string; value?: string }> };
	return {
		subject: template('webhookSubject', 'Subject'),
		text: template('webhookText', 'Text'),
		discountCode: template('discountCode', 'Discount Code'),
		data: rows.filter(({ name }) => name?.trim()).map(({ name = '', value = '' }): [string, CompiledTemplate] => [name.trim(), compileText(value, name.trim())]),
	};
}
