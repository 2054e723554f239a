import { createHmac } from 'node:crypto';
import { isSameSignature, requireSecret } from '../../shops/signatures';
import type { EventProvider, ToldEvent } from './provider';
import { atMsOf, fieldsOf, type Fields, listOf, parseJson, refuse, textOf, wordsOf } from './read';
import { meaningOf } from './twilio';

const statuses: Record<string, ToldEvent['type'] | undefined> = { delivered: 'message_delivered', read: 'message_opened', failed: 'message_bounced' };

/** WhatsApp by Meta (https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks): what became of messages, and what recipients write. */
export const metaEvents: EventProvider = {
	id: 'meta',
	name: 'WhatsApp (Meta)',
	verify({ headers, rawBody }, { metaAppSecret }) {
		const key = requireSecret(metaAppSecret).trim();
		if (!isSameSignature(headers['x-hub-signature-256'] ?? '', `sha256=${createHmac('sha256', key).update(rawBody).digest('hex')}`)) refuse('The signature does not match the delivery');
	},
	read({ rawBody, receivedAtMs }) {
		const values = listOf(fieldsOf(parseJson(rawBody)).entry).flatMap((entry) => listOf(fieldsOf(entry).changes).map((change) => fieldsOf(fieldsOf(change).value)));
		const all = values.flatMap((value) => [...listOf(value.statuses).map((status) => statusOf(fieldsOf(status), receivedAtMs)), ...listOf(value.messages).map((message) => replyOf(fieldsOf(message), receivedAtMs))]);
		const events = all.filter((event) => event !== null);
		return { events, ignored: Math.max(all.length, 1) - events.length };
	},
	challenge(query, { metaVerifyToken }) {
		if (query['hub.mode'] !== 'subscribe' || !isSameSignature(String(query['hub.verify_token'] ?? ''), requireSecret(metaVerifyToken).trim())) refuse('The verify token is not the one of the credential');
		return String(query['hub.challenge'] ?? '').replace(/[^\w-]/g, '').slice(0, 200);
	},
};

function statusOf({ id, status, timestamp, recipient_id: recipient, biz_opaque_callback_data: ref, errors }: Fields, receivedAtMs: number): ToldEvent | null {
	const type = statuses[String(status)];
	if (!type || !textOf(id)) return null;
	const failure = type === 'message_bounced' ? { bounce: 'soft' as const, ...wordsOf(fieldsOf(listOf(errors)[0]).title) } : {};
	return { type, id: `${textOf(id)}/${String(status)}`, atMs: atMsOf(timestamp, receivedAtMs), ref: textOf(ref), ...numberOf(recipient), message: { channel: 'whatsapp', ...failure } };
}

function replyOf({ id, from, timestamp, text, button }: Fields, receivedAtMs: number): ToldEvent | null {
	if (!textOf(id)) return null;
	const words = textOf(fieldsOf(text).body) ?? textOf(fieldsOf(button).text) ?? '';
	return { type: meaningOf(words), id: textOf(id)!, atMs: atMsOf(timestamp, receivedAtMs), ...numberOf(from), message: { channel: 'whatsapp', ...wordsOf(words) } };
}

const numberOf = (digits: unknown) => (textOf(digits) ? { address: `+${textOf(digits)!.replace(/\D/g, '')}` } : {});
