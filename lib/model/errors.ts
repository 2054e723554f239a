/**
 * Every error that `lib` throws on purpose, by code. `lib/n8n` turns them into n8n's own errors; the webhook
 * triggers turn them into HTTP answers (`httpStatus`).
 */
export const errorTable = {
	/** A delivery whose signature is missing or wrong. Nothing is recorded. */
	SIGNATURE_INVALID: { httpStatus: 401, hint: 'Check that the secret in the credential is the one the shop signs with.' },
	/** No secret is configured: a refusal, never a skipped check. */
	SECRET_MISSING: { httpStatus: 401, hint: 'Open the credential of the trigger node and fill in the secret.' },
	/** A payload that the adapter cannot read. The shop should not retry it. */
	PAYLOAD_INVALID: { httpStatus: 422, hint: 'Compare the payload with the schema in docs/generic-shop.md.' },
	/** The store did not answer in time, or answered with an I/O error. Retrying later is right. */
	STORE_UNAVAILABLE: { httpStatus: 503, hint: 'Check that the store is running and that its address is right (SHOP_JOURNEYS_REDIS_URL, or the disk n8n writes to).' },
	/** A document changed too often under a commit for the retries to succeed. Retrying later is right. */
	STORE_BUSY: { httpStatus: 503, hint: 'Try again; if it stays, one customer or cart receives an unusual number of events.' },
	/** A commit that breaks the contract (too many documents, an unsafe number). A defect of the caller. */
	COMMIT_INVALID: { httpStatus: 500, hint: 'This is a defect of Shop Journeys: please report it with the text of this message.' },
	/** A log reader asked for entries that were trimmed away. */
	CURSOR_TOO_OLD: { httpStatus: 500, hint: 'Start again from the oldest entry kept.' },
	/** The installation cannot run as it is set up: queue mode without Redis, a clock speed that is not allowed. */
	CONFIG_INVALID: { httpStatus: 503, hint: 'See docs/configuration.md.' },
	/** A template of the operator's that does not compile or render. */
	TEMPLATE_INVALID: { httpStatus: 500, hint: 'Correct the template at the line and column named.' },
	/** A field of a node that is missing or out of range. */
	PARAMETER_INVALID: { httpStatus: 500, hint: 'Correct the field named in the node.' },
	/** The shop's (or a provider's) API did not answer. Retrying later is right. */
	SHOP_UNREACHABLE: { httpStatus: 503, hint: 'Check the address in the credential and whether the shop can be reached from n8n.' },
	/** The shop's API answered and refused: a wrong key, a missing permission. */
	SHOP_REFUSED: { httpStatus: 502, hint: 'Check the credential and the permissions it was given in the shop.' },
	/** A segment's condition that cannot apply: an unknown field, text compared as a number, a period longer than history is kept. */
	CONDITION_INVALID: { httpStatus: 500, hint: 'Correct the condition named in the node.' },
	/** An event of tracking.js from a page that is not the shop’s. */
	TRACKING_REFUSED: { httpStatus: 403, hint: 'Add the page’s origin under "Allowed Origins" of the Shop Webhook Trigger.' },
	/** More events of tracking.js than one visitor or address may send. Retrying later is right. */
	TRACKING_LIMIT: { httpStatus: 429, hint: 'Try again in a minute.' },
	/** A signed link that was changed or belongs to another installation. */
	LINK_INVALID: { httpStatus: 400, hint: 'Use the link from the latest message.' },
	/** A signed link whose time is over. */
	LINK_EXPIRED: { httpStatus: 410, hint: 'Ask for a new one.' },
} as const;

export type ErrorCode = keyof typeof errorTable;

/** The one error class of `lib`. `message` says what happened, `hint` how to mend it. */
export class ShopJourneysError extends Error {
	readonly hint: string;

	constructor(
		readonly code: ErrorCode,
		message: string,
		options: { hint?: string; cause?: unknown } = {},
	) {
		super(message, { cause: options.cause });
		this.name = 'ShopJourneysError';
		this.hint = options.hint ?? errorTable[code].hint;
	}

	get httpStatus(): number {
		return errorTable[this.code].httpStatus;
	}
}

/** Whether `error` is ours, optionally with one of these codes. */
export function isShopJourneysError(error: unknown, ...codes: ErrorCode[]): error is ShopJourneysError {
	return error instanceof ShopJourneysError && (codes.length === 0 || codes.includes(error.code));
}

/** What happened and how to mend it, in sentences. */
export function withHint({ message, hint }: ShopJourneysError): string {
	return `${message.replace(/\.?$/, '.')} ${hint}`;
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
