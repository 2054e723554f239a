import type { EventType, MessageFacts } from '../../model/events';
import type { ProviderHttp } from '../channels/http';

/** What mail and SMS providers tell of our messages: one file for each, which checks its deliveries and reads them. */

export interface ProviderDelivery {
	/** Lower-case names. */
	headers: Record<string, string | undefined>;
	/** The very bytes that were signed. */
	rawBody: Buffer;
	/** The address that the provider called, with its query, as it knows it. */
	url: string;
	/** Machine time. */
	receivedAtMs: number;
}

/** Fields of the credential, each for one provider. Empty: that provider's deliveries are refused. */
export interface ProviderSecrets {
	sendgridPublicKey?: string;
	mailgunSigningKey?: string;
	postmarkUser?: string;
	postmarkPassword?: string;
	resendSigningSecret?: string;
	/** Separated by commas or line breaks. */
	sesTopicArns?: string;
	twilioAuthToken?: string;
	metaAppSecret?: string;
	metaVerifyToken?: string;
}

/** What an event says. `unsubscribed` and `subscribed`: from the provider's own link, or by a word (STOP, START). */
export type ToldType = Extract<EventType, `message_${string}` | 'unsubscribed' | 'subscribed'>;

/** One event as a provider tells it. */
export interface ToldEvent {
	type: ToldType;
	/** The provider's own id of the event, or what stands for it: the same when it is told again. */
	id: string;
	/** Machine time. */
	atMs: number;
	/** Our own reference, as it travelled with the message. */
	ref?: string;
	/** Whom it is about: an e-mail address or, for SMS and WhatsApp, a number. */
	address?: string;
	message: Pick<MessageFacts, 'channel' | 'url' | 'isMachine' | 'bounce' | 'detail'>;
	/** See `ShopEvent.signedToken`. */
	signedToken?: string;
}

export interface ReadDelivery {
	events: ToldEvent[];
	/** How many more it tells of that say nothing to us (processed, deferred, of an unknown kind). */
	ignored: number;
	/** An address to be called, so that the provider goes on delivering. */
	confirmUrl?: string;
}

export interface EventProvider {
	/** As in the address: `?p=<id>`. */
	id: string;
	name: string;
	/** @throws SIGNATURE_INVALID, SECRET_MISSING; SHOP_UNREACHABLE when a certificate cannot be fetched */
	verify(delivery: ProviderDelivery, secrets: ProviderSecrets, http: ProviderHttp): Promise<void> | void;
	/** Of a delivery that was verified. @throws PAYLOAD_INVALID */
	read(delivery: ProviderDelivery): ReadDelivery;
	/** What the provider wants to be answered; by default nothing but the status. */
	answer?: { contentType: string; body: string };
	/** The answer to a GET with which a provider asks whether the address is ours. @throws SIGNATURE_INVALID, SECRET_MISSING */
	challenge?(query: Record<string, unknown>, secrets: ProviderSecrets): string;
}
