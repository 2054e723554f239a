import { secondMs } from '../../model/clock';
import { growingPauseMs, retryAfterMs } from '../../shops/http';
import type { SendOutcome } from './channel';

/** One request to a provider's API, in the bytes that go over the wire. */
export interface ProviderRequest {
	method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	/** Absolute. */
	url: string;
	/** With the content type of the body. */
	headers: Record<string, string>;
	body?: string | Buffer;
}

export interface ProviderResponse {
	status: number;
	/** Names in lower case. */
	headers: Record<string, string | undefined>;
	/** The text as it came. */
	body: string;
}

/**
 * Sends one request and answers with any status; follows no redirect.
 * @throws NoAnswer
 */
export type ProviderHttp = (request: ProviderRequest) => Promise<ProviderResponse>;

/** A request that nobody answered. */
export class NoAnswer extends Error {
	/** @param mayHaveArrived false when the connection never came about, so that nothing can have been taken */
	constructor(
		message: string,
		readonly mayHaveArrived: boolean,
	) {
		super(message);
		this.name = 'NoAnswer';
	}
}

/** What a channel over HTTP works with. lib/n8n makes it of a node's context. */
export interface ChannelTools {
	http: ProviderHttp;
	/** Machine time. */
	nowMs(): number;
	/** Waits, machine time. */
	sleep(ms: number): Promise<void>;
}

/** How long one send waits in all while a provider says that it is too busy. */
const waitAtMostMs = 30 * secondMs;

/** From here half a minute has room for some sixty attempts. */
const shortestPauseMs = 500;

/** What a provider answered; with `retryAfterMs` it is still too busy, and says for how long. */
export type Answer = ProviderResponse & { retryAfterMs?: number };

/**
 * Asks a provider. While it says that it is too busy, it is asked again after the time that it names, or
 * after growing pauses, for half a minute at most.
 * @param isThrottle what counts as too busy: by default 429.
 * @returns its answer; or, where there was none, what that means for the message.
 */
export async function ask(tools: ChannelTools, request: ProviderRequest, isThrottle: (response: ProviderResponse) => boolean = ({ status }) => status === 429): Promise<Answer | SendOutcome> {
	let waitedMs = 0;
	for (let attempt = 1; ; attempt++) {
		let response: ProviderResponse;
		try {
			response = await tools.http(request);
		} catch (error) {
			if (!(error instanceof NoAnswer)) throw error;
			return error.mayHaveArrived ? { status: 'unknown', response: error.message } : { status: 'refused', permanent: false, scope: 'provider', response: error.message };
		}
		if (!isThrottle(response)) return response;
		// Never less than a little: a provider that says "in 0 seconds" again and again is not asked for ever.
		const pauseMs = Math.max(namedPauseMs(response, tools.nowMs()) ?? growingPauseMs(attempt), shortestPauseMs);
		if (waitedMs + pauseMs > waitAtMostMs) return { ...response, retryAfterMs: pauseMs };
		await tools.sleep(pauseMs);
		waitedMs += pauseMs;
	}
}

/** How long an answer asks to wait: `Retry-After`, else `RateLimit-Reset` in seconds from now or `X-RateLimit-Reset`, which may be a moment in Unix time. */
export function namedPauseMs(response: ProviderResponse, nowMs: number): number | undefined {
	const asked = retryAfterMs(response, nowMs);
	if (asked !== undefined) return asked;
	const reset = Number((response.headers['ratelimit-reset'] ?? response.headers['x-ratelimit-reset'])?.trim() || NaN);
	if (Number.isNaN(reset)) return undefined;
	const momentMs = reset > 1e12 ? reset : reset * 1000;
	return Math.max(0, Math.ceil(reset > 1e9 ? momentMs - nowMs : momentMs));
}

/** Whether `ask` got an answer. */
export function isAnswer(result: Answer | SendOutcome): result is Answer {
	return typeof result.status === 'number';
}

/** The body as JSON; an empty object where it is none. */
export function jsonOf({ body }: ProviderResponse): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(body);
		return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
	} catch {
		return {};
	}
}

/** Words of a provider as they may be kept and shown: one line, cut short, without any of the secrets. */
export function shownWords(words: unknown, secrets: Array<string | undefined>): string {
	const text = typeof words === 'string' ? words : words === undefined || words === null ? '' : JSON.stringify(words);
	const clean = secrets.reduce<string>((kept, secret) => (secret && secret.length >= 6 ? kept.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***') : kept), text);
	return clean.replace(/[\s\p{Cc}]+/gu, ' ').trim().slice(0, 300);
}
