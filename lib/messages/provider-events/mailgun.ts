import { createHmac } from 'node:crypto';
import { hourMs } from '../../model/clock';
import { isSameSignature, requireSecret } from '../../shops/signatures';
import { refOf } from '../channels/ref';
import type { EventProvider, ToldEvent } from './provider';
import { atMsOf, digestOf, fieldsOf, type Fields, parseJson, refuse, requireRecent, textOf, wordsOf } from './read';

/** Mailgun tries for 8 hours. */
const oldestMs = 12 * hourMs;

function told(event: Fields): Pick<ToldEvent, 'type'> & Partial<ToldEvent['message']> | null {
	switch (event.event) {
		case 'delivered':
			return { type: 'message_delivered' };
		case 'failed':
			return ofFailed(event);
		case 'opened':
			return { type: 'message_opened', ...(fieldsOf(event['client-info']).bot !== undefined && { isMachine: true }) };
		case 'clicked':
			return { type: 'message_clicked', url: textOf(event.url), ...(fieldsOf(event['client-info']).bot !== undefined && { isMachine: true }) };
		case 'complained':
			return { type: 'message_complained' };
		case 'unsubscribed':
			return { type: 'unsubscribed' };
		default:
			return null;
	}
}

/** A temporary failure is tried again by Mailgun; only what it gave up counts. `old`: given up after hours of trying. */
function ofFailed(event: Fields): ReturnType<typeof told> {
	if (event.severity !== 'permanent') return null;
	const { message, description } = fieldsOf(event['delivery-status']);
	const reason = textOf(event.reason) ?? '';
	if (reason === 'suppress-complaint') return { type: 'message_complained' };
	if (reason === 'suppress-unsubscribe') return { type: 'unsubscribed' };
	return { type: 'message_bounced', bounce: reason === 'old' || reason === 'greylisted' || reason === 'espblock' ? 'soft' : 'hard', ...wordsOf(textOf(message) ?? description) };
}

/**
 * Mailgun's webhooks (https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks): the signature covers a timestamp and a
 * token, not the event. So each token is good for one event, and an old one for none.
 */
export const mailgunEvents: EventProvider = {
	id: 'mailgun',
	name: 'Mailgun',
	verify({ rawBody, receivedAtMs }, { mailgunSigningKey }) {
		const key = requireSecret(mailgunSigningKey).trim();
		const { timestamp, token, signature } = fieldsOf(fieldsOf(parseJson(rawBody)).signature);
		if (!textOf(timestamp) || typeof token !== 'string' || typeof signature !== 'string' || token.length > 100) refuse('The delivery is not signed');
		const expected = createHmac('sha256', key).update(`${textOf(timestamp)}${token}`).digest('hex');
		if (!isSameSignature(signature, expected)) refuse('The signature does not match the delivery');
		requireRecent(Number(timestamp) * 1000, receivedAtMs, oldestMs);
	},
	read({ rawBody, receivedAtMs }) {
		const body = fieldsOf(parseJson(rawBody));
		const event = fieldsOf(body['event-data']);
		const said = told(event);
		if (!said) return { events: [], ignored: 1 };
		const { type, ...message } = said;
		const address = textOf(event.recipient);
		const one: ToldEvent = {
			type,
			id: textOf(event.id) ?? digestOf(JSON.stringify(event)),
			atMs: atMsOf(event.timestamp, receivedAtMs),
			ref: refOf('mailgun', event['user-variables']),
			...(address && { address }),
			message: { channel: 'email', ...message },
			signedToken: String(fieldsOf(body.signature).token),
		};
		return { events: [one], ignored: 0 };
	},
};
