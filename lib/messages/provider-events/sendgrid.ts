import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { ShopJourneysError } from '../../model/errors';
import { requireSecret } from '../../shops/signatures';
import { refOf } from '../channels/ref';
import type { EventProvider, ToldEvent } from './provider';
import { atMsOf, digestOf, fieldsOf, type Fields, listOf, parseJson, refuse, requireRecent, textOf, wordsOf } from './read';

const signatureHeader = 'x-twilio-email-event-webhook-signature';
const timestampHeader = 'x-twilio-email-event-webhook-timestamp';

/** @throws SECRET_MISSING */
export function sendgridKey(text: string | undefined): KeyObject {
	const bare = requireSecret(text).replace(/-----[^-]+-----|\s/g, '');
	try {
		return createPublicKey({ key: Buffer.from(bare, 'base64'), format: 'der', type: 'spki' });
	} catch {
		throw new ShopJourneysError('SECRET_MISSING', 'The SendGrid public key in the credential is none', { hint: 'Copy the verification key from SendGrid: Settings, Mail Settings, Signed Event Webhook.' });
	}
}

function told(event: Fields): Pick<ToldEvent, 'type'> & Partial<ToldEvent['message']> | null {
	switch (event.event) {
		case 'delivered':
			return { type: 'message_delivered' };
		case 'bounce':
			return { type: 'message_bounced', bounce: event.type === 'blocked' ? 'soft' : 'hard', ...wordsOf(event.reason) };
		case 'dropped':
			return ofDropped(textOf(event.reason) ?? '');
		case 'open':
			return { type: 'message_opened', ...(event.sg_machine_open === true && { isMachine: true }) };
		case 'click':
			return { type: 'message_clicked', url: textOf(event.url) };
		case 'spamreport':
			return { type: 'message_complained' };
		case 'unsubscribe':
		case 'group_unsubscribe':
			return { type: 'unsubscribed' };
		default:
			return null;
	}
}

/** SendGrid keeps lists of its own and drops what is for somebody on them. */
function ofDropped(reason: string): ReturnType<typeof told> {
	if (/^(Bounced Address|Invalid)/i.test(reason)) return { type: 'message_bounced', bounce: 'hard', ...wordsOf(reason) };
	if (/^Spam Reporting Address/i.test(reason)) return { type: 'message_complained' };
	return /^Unsubscribed Address/i.test(reason) ? { type: 'unsubscribed' } : null;
}

/** SendGrid's Event Webhook (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event): ECDSA P-256 over timestamp and body; hundreds of events in one delivery. */
export const sendgridEvents: EventProvider = {
	id: 'sendgrid',
	name: 'SendGrid',
	verify({ headers, rawBody, receivedAtMs }, { sendgridPublicKey }) {
		const key = sendgridKey(sendgridPublicKey);
		const [signature, timestamp] = [headers[signatureHeader], headers[timestampHeader]];
		if (!signature || !timestamp) refuse(`The delivery is not signed: the headers ${signatureHeader} and ${timestampHeader} are required. Switch the Signed Event Webhook on in SendGrid.`);
		if (!verify('sha256', Buffer.concat([Buffer.from(timestamp), rawBody]), key, Buffer.from(signature, 'base64'))) refuse('The signature does not match the delivery');
		requireRecent(Number(timestamp) * 1000, receivedAtMs);
	},
	read({ rawBody, receivedAtMs }) {
		const all = listOf(parseJson(rawBody)).map(fieldsOf);
		const events = all.flatMap((event): ToldEvent[] => {
			const said = told(event);
			if (!said) return [];
			const { type, ...message } = said;
			const address = textOf(event.email);
			return [{ type, id: textOf(event.sg_event_id) ?? digestOf(JSON.stringify(event)), atMs: atMsOf(event.timestamp, receivedAtMs), ref: refOf('sendgrid', event), ...(address && { address }), message: { channel: 'email', ...message } }];
		});
		return { events, ignored: all.length - events.length };
	},
};
