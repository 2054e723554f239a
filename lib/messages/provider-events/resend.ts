import { verifyStandard } from '../../shops/generic/signature';
import { requireSecret } from '../../shops/signatures';
import { refOf } from '../channels/ref';
import type { EventProvider, ToldEvent } from './provider';
import { atMsOf, digestOf, fieldsOf, type Fields, listOf, parseJson, textOf, wordsOf } from './read';

const svixHeaders = { id: 'svix-id', timestamp: 'svix-timestamp', signature: 'svix-signature' };

function told(type: unknown, data: Fields): (Pick<ToldEvent, 'type'> & Partial<ToldEvent['message']>) | null {
	switch (type) {
		case 'email.delivered':
			return { type: 'message_delivered' };
		case 'email.bounced': {
			const bounce = fieldsOf(data.bounce);
			return { type: 'message_bounced', bounce: bounce.type === undefined || bounce.type === 'Permanent' ? 'hard' : 'soft', ...wordsOf(bounce.message) };
		}
		// Resend keeps a list of addresses that bounced or complained before.
		case 'email.suppressed':
			return { type: 'message_bounced', bounce: 'hard', ...wordsOf(fieldsOf(data.suppressed).message) };
		case 'email.complained':
			return { type: 'message_complained' };
		case 'email.opened':
			return { type: 'message_opened' };
		case 'email.clicked':
			return { type: 'message_clicked', url: textOf(fieldsOf(data.click).link) };
		default:
			return null;
	}
}

/** Resend's webhooks (https://resend.com/docs/dashboard/webhooks/introduction), signed by Svix as Standard Webhooks are. */
export const resendEvents: EventProvider = {
	id: 'resend',
	name: 'Resend',
	verify(delivery, { resendSigningSecret }) {
		verifyStandard(delivery, requireSecret(resendSigningSecret), svixHeaders);
	},
	read({ headers, rawBody, receivedAtMs }) {
		const body = fieldsOf(parseJson(rawBody));
		const data = fieldsOf(body.data);
		const said = told(body.type, data);
		if (!said) return { events: [], ignored: 1 };
		const { type, ...message } = said;
		const address = textOf(listOf(data.to)[0] ?? data.to);
		return {
			events: [{ type, id: headers[svixHeaders.id] ?? digestOf(rawBody), atMs: atMsOf(fieldsOf(data.click).timestamp ?? body.created_at, receivedAtMs), ref: refOf('resend', data.tags), ...(address && { address }), message: { channel: 'email', ...message } }],
			ignored: 0,
		};
	},
};
