import { isShopJourneysError, ShopJourneysError } from '../model/errors';
import type { HttpRequest, HttpResponse, ShopApiContext } from './api';

/** How a request is made to a shop that may be busy, down for a moment, or unwilling. */
export interface Patience {
	/** What is asked of the shop, as a noun phrase that fits behind "refused": "the list of customers". */
	what: string;
	/** How often at most, the first time included. */
	attempts?: number;
	/** How long all waiting together may last. A shop that asks for more is given up at once. */
	waitAtMostMs?: number;
	/** Repeating it after an unclear outcome (no answer, 5xx) would do it twice: then it is repeated only after a 429. */
	isOnce?: boolean;
	/** Statuses beyond 2xx that the caller deals with: 404 for what may be gone. */
	accept?: readonly number[];
	/** What to do when the shop refuses (401, 403), where the caller knows it better: the permission to grant. */
	refusedHint?: string;
}

const defaultAttempts = 6;
const defaultWaitAtMostMs = 120_000;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/**
 * Sends a request and answers with a 2xx (or accepted) response. What passes is waited for: 429 as long as the shop says
 * (`Retry-After`, in seconds or as a date) or in growing pauses, 5xx and silence in growing pauses.
 * No message carries a credential, whatever the shop's answer repeats of it.
 * @throws SHOP_UNREACHABLE when it stays busy, down or silent
 * @throws SHOP_REFUSED on any other status
 */
export async function requestWithPatience(context: ShopApiContext, request: HttpRequest, patience: Patience): Promise<HttpResponse> {
	const { what, attempts = defaultAttempts, waitAtMostMs = defaultWaitAtMostMs, isOnce = false, accept = [] } = patience;
	let waitedMs = 0;
	for (let attempt = 1; ; attempt++) {
		const outcome = await sendOnce(context, request, what);
		if (!(outcome instanceof ShopJourneysError)) {
			if ((outcome.status >= 200 && outcome.status < 300) || accept.includes(outcome.status)) return outcome;
			if (!isPassing(outcome.status)) throw refusal(context, outcome, patience);
		}
		const isUnclear = outcome instanceof ShopJourneysError || outcome.status !== 429;
		const pauseMs = (outcome instanceof ShopJourneysError ? undefined : retryAfterMs(outcome, context.nowMs())) ?? growingPauseMs(attempt);
		if (attempt >= attempts || waitedMs + pauseMs > waitAtMostMs || (isOnce && isUnclear)) {
			throw outcome instanceof ShopJourneysError ? outcome : busy(context, outcome, what, pauseMs);
		}
		await context.sleep(pauseMs);
		waitedMs += pauseMs;
	}
}

/** 1 s, 2 s, 4 s ... at most 30 s, by the number of attempts made. */
export function growingPauseMs(attempt: number): number {
	return Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
}

/** A shop's words, cut short and without anything of the credential, to be shown to the operator. */
export function saidByShop(context: ShopApiContext, words: string): string {
	const secrets = Object.values(context.credential).filter((value): value is string => typeof value === 'string' && value.length >= 6 && !URL.canParse(value));
	const clean = secrets.reduce((text, secret) => text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***'), words);
	return clean.replace(/\s+/g, ' ').trim().slice(0, 300);
}

function isPassing(status: number): boolean {
	return status === 408 || status === 429 || status >= 500;
}

async function sendOnce(context: ShopApiContext, request: HttpRequest, what: string): Promise<HttpResponse | ShopJourneysError> {
	try {
		return await context.http(request);
	} catch (error) {
		if (!isShopJourneysError(error, 'SHOP_UNREACHABLE')) throw error;
		// Without its cause: a network library's error holds the whole request, credentials included.
		return new ShopJourneysError('SHOP_UNREACHABLE', `The shop could not be asked for ${what}: ${saidByShop(context, error.message)}`, { hint: error.hint });
	}
}

/** How long an answer asks to wait, where it says so in `Retry-After`. */
export function retryAfterMs({ headers }: Pick<HttpResponse, 'headers'>, nowMs: number): number | undefined {
	const told = headers['retry-after']?.trim();
	if (!told) return undefined;
	const seconds = Number(told);
	const ms = Number.isNaN(seconds) ? Date.parse(told) - nowMs : seconds * 1000;
	return Number.isNaN(ms) ? undefined : Math.max(0, Math.ceil(ms));
}

function busy(context: ShopApiContext, response: HttpResponse, what: string, pauseMs: number): ShopJourneysError {
	if (response.status === 429) {
		return new ShopJourneysError('SHOP_UNREACHABLE', `The shop takes no more requests for now, asked for ${what} (it wants ${Math.ceil(pauseMs / 1000)} s more)`, {
			hint: 'Nothing is lost: it goes on later. If it stays, another app is using up the shop’s limit.',
		});
	}
	return new ShopJourneysError('SHOP_UNREACHABLE', `The shop failed when asked for ${what} (status ${response.status})${quoted(context, response.body)}`);
}

function refusal(context: ShopApiContext, response: HttpResponse, { what, refusedHint }: Patience): ShopJourneysError {
	const { status } = response;
	if (status === 401 || status === 403) {
		const why = status === 401 ? 'it does not know the key in the credential' : 'the key in the credential is not allowed this';
		return new ShopJourneysError('SHOP_REFUSED', `The shop refused ${what}: ${why} (status ${status})${quoted(context, response.body)}`, { hint: refusedHint });
	}
	if (status >= 300 && status < 400) {
		return new ShopJourneysError('SHOP_REFUSED', `The shop sent the request for ${what} elsewhere (status ${status})`, { hint: 'Correct the address in the credential: it has to be the shop’s own, with https.' });
	}
	return new ShopJourneysError('SHOP_REFUSED', `The shop refused ${what} (status ${status})${quoted(context, response.body)}`, {
		hint: status === 404 ? 'Check the address in the credential: there is no such API there.' : undefined,
	});
}

/** What the shop says itself, in the shapes in which shops say it: `message`, `error`, `errors`; no page of HTML. */
function quoted(context: ShopApiContext, body: unknown): string {
	const words = wordsOf(body);
	return words && !words.trimStart().startsWith('<') ? `: "${saidByShop(context, words)}"` : '';
}

function wordsOf(body: unknown): string | undefined {
	if (typeof body === 'string') return body;
	if (typeof body !== 'object' || body === null) return undefined;
	const { message, error, errors } = body as Record<string, unknown>;
	const told = message ?? error ?? errors;
	return typeof told === 'string' ? told : told === undefined || told === null ? undefined : JSON.stringify(told);
}
