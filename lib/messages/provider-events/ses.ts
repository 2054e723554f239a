import { verify, X509Certificate } from 'node:crypto';
import { ShopJourneysError } from '../../model/errors';
import { requireSecret } from '../../shops/signatures';
import type { ProviderHttp } from '../channels/http';
import { refOf } from '../channels/ref';
import type { EventProvider, ToldEvent } from './provider';
import { atMsOf, fieldsOf, type Fields, listOf, parseJson, refuse, requireRecent, textOf, wordsOf } from './read';

/** Amazon's own host and nothing else: whoever chooses the certificate chooses what is taken for signed. */
const certificateUrl = /^https:\/\/sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/SimpleNotificationService-[A-Za-z0-9]+\.pem$/;
const subscribeUrl = /^https:\/\/sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/\?[^#\s]*$/;

const signedFields = {
	Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
	SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
	UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const;

/** The lines that SNS signs (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html). */
export function signedText(envelope: Fields): string | null {
	const fields = Object.hasOwn(signedFields, String(envelope.Type)) ? signedFields[envelope.Type as keyof typeof signedFields] : null;
	if (!fields) return null;
	const lines = fields.filter((field) => typeof envelope[field] === 'string').map((field) => `${field}\n${envelope[field] as string}\n`);
	return lines.join('');
}

/** Certificates by their address, which names each for good. */
const certificates = new Map<string, Promise<X509Certificate>>();
const mostCertificates = 10;

function certificateAt(url: string, http: ProviderHttp): Promise<X509Certificate> {
	let certificate = certificates.get(url);
	if (!certificate) {
		certificate = fetchCertificate(url, http);
		if (certificates.size >= mostCertificates) certificates.clear();
		certificates.set(url, certificate);
		certificate.catch(() => certificates.delete(url));
	}
	return certificate;
}

async function fetchCertificate(url: string, http: ProviderHttp): Promise<X509Certificate> {
	const cannot = (why: string) => new ShopJourneysError('SHOP_UNREACHABLE', `Amazon's certificate could not be fetched: ${why}`, { hint: 'Check that n8n can reach Amazon SNS.' });
	const answer = await http({ method: 'GET', url, headers: {} }).catch((error: Error) => {
		throw cannot(error.message);
	});
	if (answer.status !== 200) throw cannot(`it was answered with ${answer.status}`);
	try {
		return new X509Certificate(answer.body);
	} catch {
		throw cannot('what came is no certificate');
	}
}

/**
 * Amazon SES through SNS (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html): notifications and event
 * publishing, version 1 and 2 of the signature. Anybody can have a topic of their own that SNS signs for: only listed ones are taken.
 */
export const sesEvents: EventProvider = {
	id: 'ses',
	name: 'Amazon SES',
	async verify({ rawBody, receivedAtMs }, { sesTopicArns }, http) {
		const topics = requireSecret(sesTopicArns).split(/[\s,]+/).filter(Boolean);
		const envelope = fieldsOf(parseJson(rawBody));
		if (!topics.includes(String(envelope.TopicArn))) refuse('The delivery is of an SNS topic that is not listed in the credential');
		const text = signedText(envelope);
		const url = String(envelope.SigningCertURL);
		const hash = { 1: 'sha1', 2: 'sha256' }[String(envelope.SignatureVersion)];
		if (text === null || !hash || typeof envelope.Signature !== 'string') refuse('The delivery is not signed as SNS does. Raw message delivery has to be off.');
		if (!certificateUrl.test(url)) refuse('The certificate of the delivery does not lie at Amazon SNS');
		requireRecent(Date.parse(String(envelope.Timestamp)), receivedAtMs);
		const certificate = await certificateAt(url, http);
		if (receivedAtMs > Date.parse(certificate.validTo) || receivedAtMs < Date.parse(certificate.validFrom)) refuse('The certificate of the delivery has expired');
		if (!verify(hash, Buffer.from(text), certificate.publicKey, Buffer.from(envelope.Signature, 'base64'))) refuse('The signature does not match the delivery');
	},
	read({ rawBody, receivedAtMs }) {
		const envelope = fieldsOf(parseJson(rawBody));
		if (envelope.Type === 'SubscriptionConfirmation') {
			const url = String(envelope.SubscribeURL);
			if (!subscribeUrl.test(url)) refuse('The address to confirm the subscription does not lie at Amazon SNS');
			return { events: [], ignored: 0, confirmUrl: url };
		}
		if (envelope.Type !== 'Notification') return { events: [], ignored: 1 };
		const events = eventsOf(fieldsOf(parseMessage(envelope.Message)), String(envelope.MessageId), receivedAtMs);
		return { events, ignored: events.length === 0 ? 1 : 0 };
	},
};

/** SNS sends words of its own through a topic too. */
function parseMessage(message: unknown): unknown {
	try {
		return JSON.parse(String(message));
	} catch {
		return null;
	}
}

function eventsOf(told: Fields, id: string, receivedAtMs: number): ToldEvent[] {
	const mail = fieldsOf(told.mail);
	const ref = refOf('ses', mail.tags) ?? refOf('ses', mail.headers);
	const of = (part: unknown, recipients: unknown[], type: ToldEvent['type'], message: Partial<ToldEvent['message']> = {}): ToldEvent[] =>
		(recipients.length > 0 ? recipients : [undefined]).map((recipient, index) => {
			const address = textOf(recipient) ?? textOf(fieldsOf(recipient).emailAddress);
			return { type, id: `${id}/${index}`, atMs: atMsOf(fieldsOf(part).timestamp ?? mail.timestamp, receivedAtMs), ref, ...(address && { address }), message: { channel: 'email', ...message } };
		});
	const destination = listOf(mail.destination);
	switch (told.eventType ?? told.notificationType) {
		case 'Delivery':
			return of(told.delivery, listOf(fieldsOf(told.delivery).recipients), 'message_delivered');
		case 'Bounce': {
			const bounce = fieldsOf(told.bounce);
			const [first] = listOf(bounce.bouncedRecipients).map(fieldsOf);
			return of(bounce, listOf(bounce.bouncedRecipients), 'message_bounced', { bounce: bounce.bounceType === 'Permanent' ? 'hard' : 'soft', ...wordsOf(first?.diagnosticCode) });
		}
		case 'Complaint': {
			const complaint = fieldsOf(told.complaint);
			return complaint.complaintFeedbackType === 'not-spam' ? [] : of(complaint, listOf(complaint.complainedRecipients), 'message_complained');
		}
		case 'Open':
			return of(told.open, destination, 'message_opened');
		case 'Click':
			return of(told.click, destination, 'message_clicked', { url: textOf(fieldsOf(told.click).link) });
		case 'Subscription':
			return of(told.subscription, destination, 'unsubscribed');
		default:
			return [];
	}
}
