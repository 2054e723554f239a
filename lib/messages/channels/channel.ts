import type { MessageChannel, PushSubscriptionFacts } from '../../model/events';

/** What every message has, whatever way it goes. */
interface MessageBase {
	/** Derived from the send key: the same send always has the same id. For e-mail `<...@...>`. */
	messageId: string;
	/** Signed, opaque, letters, digits, `-`, `_` and `.`: travels with the message (provider's metadata), so that what the provider tells of it finds its booking. */
	ref?: string;
	/** Which variant of an experiment it is. */
	variant?: string;
	/** The discount code it shows: checked once more before it leaves, where the sender is told how. */
	discountCode?: string;
}

/** A rendered e-mail on its way out. */
export interface EmailMessage extends MessageBase {
	channel: 'email';
	from: string;
	to: string;
	replyTo?: string;
	subject: string;
	html: string;
	text: string;
	/** RFC 8058 and friends; values without line breaks. */
	headers: Record<string, string>;
	/** The mail as a page: kept for its web view, under its Message-ID, when it is booked. */
	webViewHtml?: string;
	/** Providers that keep two streams (Postmark) choose by it. */
	kind?: 'marketing' | 'transactional';
}

/** An SMS or WhatsApp message. */
export interface TextMessage extends MessageBase {
	channel: 'sms' | 'whatsapp';
	/** E.164. */
	to: string;
	text: string;
	/** WhatsApp takes only approved templates outside a conversation: its name (Meta) or content sid (Twilio), language and values in order. */
	template?: { name: string; language: string; values: string[] };
	/** Where Message Webhook Trigger listens, https: providers that are told with each message where to tell of it (Twilio) tell it there, if the message has a `ref`. */
	eventsAddress?: string;
}

/** A web push. */
export interface PushMessage extends MessageBase {
	channel: 'push';
	/** The customer's browsers: it counts as sent when one of them took it. */
	to: PushSubscriptionFacts[];
	title: string;
	body: string;
	url: string;
	iconUrl?: string;
	imageUrl?: string;
	/** For how long the push service keeps it for a browser that is off. */
	ttlSeconds: number;
}

/** Anything for a system of the operator's own, which stands for one of the channels: its consent and cap count. */
export interface WebhookMessage extends MessageBase {
	channel: MessageChannel;
	/** Whom it is for, as that system needs it. */
	to: { customerId: string; email?: string; phone?: string; firstName?: string; locale?: string };
	subject: string;
	text: string;
	html?: string;
	/** Further fields of the operator's. */
	data: Record<string, string>;
}

export type OutgoingMessage = EmailMessage | TextMessage | PushMessage | WebhookMessage;

export type SendOutcome =
	| {
			status: 'sent';
			response: string;
			/** The provider's own id, where it gives one. */
			providerId?: string;
			/** Push endpoints that are gone: the sender takes them off the customer. */
			goneEndpoints?: string[];
	  }
	/** The provider said no, for good (5xx) or for now (4xx, connection refused): in both cases nothing was sent. */
	| {
			status: 'refused';
			permanent: boolean;
			scope: 'recipient' | 'provider';
			response: string;
			/** How long the provider asks to wait (429, Retry-After), beyond what the channel has waited itself. */
			retryAfterMs?: number;
			goneEndpoints?: string[];
			/** The recipient has unsubscribed from this channel at the provider (STOP): the sender writes it down as the customer's word. */
			isUnsubscribed?: true;
	  }
	/** The connection broke when the message may already have been taken. */
	| { status: 'unknown'; response: string };

/** One way out, with one credential: an SMTP server, a provider's API, a push service. */
export interface SendChannel<M extends OutgoingMessage = OutgoingMessage> {
	/** How many calls may be under way at once. */
	readonly connections: number;
	/** How many messages one call takes; absent: one. With it `sendMany` is there. */
	readonly batchSize?: number;
	/** Never rejects for what a provider or network does. Waits out a short throttle itself (at most 30 s in all). */
	send(message: M): Promise<SendOutcome>;
	/** Outcomes in the order of the messages. Never rejects. */
	sendMany?(messages: M[]): Promise<SendOutcome[]>;
	/** Lets go of the pool; idle connections close. */
	close(): Promise<void>;
}

export type EmailChannel = SendChannel<EmailMessage>;
