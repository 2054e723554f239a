import { createHmac } from 'node:crypto';
import { isSameSignature, requireSecret } from '../../shops/signatures';
import type { EventProvider, ToldEvent } from './provider';
import { refuse, wordsOf } from './read';

/** Words with which an SMS is unsubscribed from, and subscribed to again (https://help.twilio.com/articles/223134027). */
const stopWords = ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'OPTOUT', 'REVOKE'];
const startWords = ['START', 'UNSTOP'];
/** The recipient has sent STOP before (https://www.twilio.com/docs/api/errors/21610). */
const stoppedCode = '21610';

/** What the recipient wrote: a word for Twilio, or something for people. */
export function meaningOf(body: string, optOutType?: string): ToldEvent['type'] {
	const word = (optOutType ?? body).trim().toUpperCase().replace(/[.!]+$/, '');
	if (stopWords.includes(word)) return 'unsubscribed';
	return startWords.includes(word) ? 'subscribed' : 'message_replied';
}

const statuses: Record<string, ToldEvent['type'] | undefined> = { delivered: 'message_delivered', read: 'message_opened', undelivered: 'message_bounced', failed: 'message_bounced' };

/**
 * Twilio's status callbacks and incoming messages (https://www.twilio.com/docs/usage/webhooks/messaging-webhooks), signed over the address and all
 * fields. Our reference stands in the address of the callback.
 */
export const twilioEvents: EventProvider = {
	id: 'twilio',
	name: 'Twilio',
	verify({ headers, rawBody, url }, { twilioAuthToken }) {
		const token = requireSecret(twilioAuthToken).trim();
		const given = headers['x-twilio-signature'];
		if (!given) refuse('The delivery is not signed: the header x-twilio-signature is required');
		const fields = [...new URLSearchParams(rawBody.toString('utf8'))].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
		const text = url + fields.map(([name, value]) => `${name}${value}`).join('');
		if (!isSameSignature(given, createHmac('sha1', token).update(text).digest('base64'))) {
			refuse('The signature does not match the delivery. The address at Twilio has to be letter by letter the one that Message Webhook Trigger shows.');
		}
	},
	read({ rawBody, url, receivedAtMs }) {
		const fields = new URLSearchParams(rawBody.toString('utf8'));
		const field = (name: string) => fields.get(name) || undefined;
		const id = field('MessageSid') ?? field('SmsSid');
		if (!id) return { events: [], ignored: 1 };
		const status = field('MessageStatus');
		const party = (status ? field('To') : field('From')) ?? '';
		const channel = party.startsWith('whatsapp:') ? 'whatsapp' : 'sms';
		const address = party.replace(/^whatsapp:/, '');
		const one = (type: ToldEvent['type'], message: Partial<ToldEvent['message']> = {}): ToldEvent => ({
			type,
			id: `${id}/${status ?? 'incoming'}`,
			atMs: receivedAtMs,
			ref: new URL(url).searchParams.get('m') ?? undefined,
			...(address && { address }),
			message: { channel, ...message },
		});
		if (status === undefined) {
			if (!fields.has('Body')) return { events: [], ignored: 1 };
			const body = field('Body') ?? '';
			return { events: [one(meaningOf(body, field('OptOutType')), wordsOf(body))], ignored: 0 };
		}
		if (field('ErrorCode') === stoppedCode) return { events: [one('unsubscribed')], ignored: 0 };
		const type = statuses[status];
		if (!type) return { events: [], ignored: 1 };
		return { events: [one(type, type === 'message_bounced' ? { bounce: 'soft', ...wordsOf(field('ErrorMessage') ?? (field('ErrorCode') && `Twilio's code ${field('ErrorCode')}`)) } : {})], ignored: 0 };
	},
	// Anything else would be sent to the recipient as an answer.
	answer: { contentType: 'text/xml', body: '<?xml version="1.0" encoding="UTF-8"?><Response></Response>' },
};
