import { isSameSignature, requireSecret } from '../../shops/signatures';
import { refOf } from '../channels/ref';
import type { EventProvider, ToldEvent } from './provider';
import { atMsOf, digestOf, fieldsOf, type Fields, parseJson, refuse, textOf, wordsOf } from './read';

const hardBounces = ['HardBounce', 'BadEmailAddress', 'ManuallyDeactivated'];
/** Postmark's bounce types that are none: automatic answers, list mail, and trouble on the way in. */
const noBounces = ['AutoResponder', 'AddressChange', 'Subscribe', 'ChallengeVerification', 'OpenRelayTest', 'VirusNotification', 'DMARCPolicy', 'TemplateRenderingFailed', 'InboundError'];

function told(event: Fields): (Pick<ToldEvent, 'type'> & Partial<ToldEvent['message']>) | null {
	switch (event.RecordType) {
		case 'Delivery':
			return { type: 'message_delivered' };
		case 'Bounce':
			return ofBounce(event);
		case 'SpamComplaint':
			return { type: 'message_complained' };
		case 'Open':
			return { type: 'message_opened' };
		case 'Click':
			return { type: 'message_clicked', url: textOf(event.OriginalLink) };
		case 'SubscriptionChange':
			// Bounces and complaints are told on their own.
			return event.SuppressSending === true && event.SuppressionReason === 'ManualSuppression' && event.Origin === 'Recipient' ? { type: 'unsubscribed' } : null;
		default:
			return null;
	}
}

function ofBounce({ Type, Details, Description }: Fields): ReturnType<typeof told> {
	const type = textOf(Type) ?? '';
	if (type === 'SpamComplaint') return { type: 'message_complained' };
	if (type === 'Unsubscribe') return { type: 'unsubscribed' };
	if (noBounces.includes(type)) return null;
	return { type: 'message_bounced', bounce: hardBounces.includes(type) ? 'hard' : 'soft', ...wordsOf(textOf(Details) ?? Description) };
}

/** Postmark's webhooks (https://postmarkapp.com/developer/webhooks/webhooks-overview) are not signed: a user and a password in the address come as Basic auth. */
export const postmarkEvents: EventProvider = {
	id: 'postmark',
	name: 'Postmark',
	verify({ headers }, { postmarkUser, postmarkPassword }) {
		const expected = `${requireSecret(postmarkUser)}:${requireSecret(postmarkPassword)}`;
		const given = /^Basic ([\w+/=-]+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
		if (!isSameSignature(Buffer.from(given, 'base64').toString('utf8'), expected)) refuse('The delivery does not carry the user and password of the credential');
	},
	read({ rawBody, receivedAtMs }) {
		const event = fieldsOf(parseJson(rawBody));
		const said = told(event);
		if (!said) return { events: [], ignored: 1 };
		const { type, ...message } = said;
		const address = textOf(event.Recipient) ?? textOf(event.Email);
		const at = event.DeliveredAt ?? event.BouncedAt ?? event.ReceivedAt ?? event.ChangedAt;
		const id = event.RecordType === 'Bounce' || event.RecordType === 'SpamComplaint' ? textOf(event.ID) : undefined;
		return {
			events: [{ type, id: id ?? digestOf(rawBody), atMs: atMsOf(at, receivedAtMs), ref: refOf('postmark', event.Metadata), ...(address && { address }), message: { channel: 'email', ...message } }],
			ignored: 0,
		};
	},
};
