/** A rendered message on its way out. */
export interface EmailMessage {
	/** `<...@...>`, derived from the send key: the same send always has the same id. */
	messageId: string;
	from: string;
	to: string;
	replyTo?: string;
	subject: string;
	html: string;
	text: string;
	/** RFC 8058 and friends; values without line breaks. */
	headers: Record<string, string>;
}

export type SendOutcome =
	| { status: 'sent'; response: string }
	/** The provider said no, for good (5xx) or for now (4xx, connection refused): in both cases nothing was sent. */
	| { status: 'refused'; permanent: boolean; scope: 'recipient' | 'provider'; response: string }
	/** The connection broke when the message may already have been taken. */
	| { status: 'unknown'; response: string };

export interface EmailChannel {
	/** How many messages may be under way at once. */
	readonly connections: number;
	/** Never rejects for what a provider or network does. */
	send(message: EmailMessage): Promise<SendOutcome>;
	/** Lets go of the pool; idle connections close. */
	close(): Promise<void>;
}
