import type { INodeProperties } from 'n8n-workflow';
import type { ConsentBasis, ConsentFact, ConsentStatus, MessageChannel } from '../../../lib/model/events';
import { livingCustomer } from '../../../lib/n8n/customerOfItem';
import { type Output, type Run, tell, textOf, withCustomer } from '../run';

const shown = { show: { operation: ['setConsent'] } };
const factOf = { email: 'emailConsent', sms: 'smsConsent', whatsapp: 'whatsappConsent', push: 'pushConsent' } as const satisfies Record<MessageChannel, string>;

export const description: INodeProperties[] = [
	{
		displayName: 'Channel',
		name: 'channel',
		type: 'options',
		options: [
			{ name: 'E-Mail', value: 'email' },
			{ name: 'SMS', value: 'sms' },
			{ name: 'Web Push', value: 'push' },
			{ name: 'WhatsApp', value: 'whatsapp' },
		],
		default: 'email',
		displayOptions: shown,
	},
	{
		displayName: 'Status',
		name: 'consentStatus',
		type: 'options',
		options: [
			{ name: 'Pending', value: 'pending', description: 'Asked, not confirmed yet: no marketing' },
			{ name: 'Subscribed', value: 'subscribed', description: 'Marketing may be sent' },
			{ name: 'Unsubscribed', value: 'unsubscribed', description: 'No marketing; marketing journeys under way end' },
		],
		default: 'subscribed',
		displayOptions: shown,
	},
	{
		displayName: 'Basis',
		name: 'basis',
		type: 'options',
		options: [
			{ name: 'Double Opt-In', value: 'double_opt_in', description: 'Agreed, and confirmed by a link' },
			{ name: 'Not Known', value: 'unknown' },
			{ name: 'Opt-In', value: 'opt_in', description: 'The customer agreed' },
			{ name: 'Soft Opt-In', value: 'soft_opt_in', description: 'Gave the address when buying, where the law allows it' },
		],
		default: 'opt_in',
		displayOptions: shown,
	},
	{
		displayName: 'Note',
		name: 'note',
		type: 'string',
		default: '',
		placeholder: 'e.g. Paper form at the counter, taken by Maria',
		displayOptions: shown,
		description: 'Where it comes from and who entered it. It is kept with the consent and its time, as proof.',
	},
];

/** Sets the consent for one channel as of now. */
export async function execute(run: Run): Promise<Output> {
	const { context, itemIndex, nowMs } = run;
	const { id } = await livingCustomer(run);
	const note = textOf(run, 'note').slice(0, 500);
	const fact: ConsentFact = {
		status: context.getNodeParameter('consentStatus', itemIndex) as ConsentStatus,
		basis: context.getNodeParameter('basis', itemIndex) as ConsentBasis,
		atMs: nowMs,
		...(note && { note }),
	};
	await tell(run, { type: 'consent_changed', customerId: id, customer: { [factOf[context.getNodeParameter('channel', itemIndex) as MessageChannel]]: fact } });
	return await withCustomer(run, id);
}
