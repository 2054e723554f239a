import { minuteMs } from '../../model/clock';
import { ShopJourneysError } from '../../model/errors';
import type { ShopApiContext } from '../api';
import { growingPauseMs, requestWithPatience, saidByShop } from '../http';

/**
 * Pinned: what a version answers never changes. Each is good for a year; after that Shopify answers as the oldest that is
 * (https://shopify.dev/docs/api/usage/versioning). Orders tell their cart's token from this one on.
 */
export const shopifyApiVersion = '2026-07';

const attempts = 8;
const waitAtMostMs = 120_000;
/** Trouble on Shopify's side that passes. */
const passingCodes = ['THROTTLED', 'INTERNAL_SERVER_ERROR', 'TIMEOUT'];

interface Answer {
	data: Record<string, unknown> | null;
	errors: Array<{ message: string; code?: string; requiredAccess?: string; path?: unknown[] }>;
	cost?: { requested: number; available: number; maximum: number; restoreRate: number };
}

/** What a query answered, and which parts of it the shop's owner has not allowed. */
export interface Granted {
	data: Record<string, unknown>;
	/** In plain words, with what to grant. */
	denied: string[];
}

/** A query that asks for more than Shopify works out at once: ask for less. */
export class TooCostly extends Error {}

/**
 * Asks Shopify's Admin API and waits as its throttle wants: before asking again too, so that the next question of the same
 * size finds room (https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits).
 * @param what - a noun phrase for messages: "the orders"
 * @throws SHOP_REFUSED (with the scope to grant), SHOP_UNREACHABLE, TooCostly
 */
export async function askShopify(context: ShopApiContext, what: string, query: string, variables: Record<string, unknown> = {}): Promise<Granted> {
	const address = shopifyAddress(context.credential.shopSubdomain);
	const request = {
		method: 'POST' as const,
		url: `${address}/admin/api/${shopifyApiVersion}/graphql.json`,
		headers: { ...jsonHeaders, 'x-shopify-access-token': await accessToken(context, address) },
		body: { query, variables },
	};
	let waitedMs = 0;
	for (let attempt = 1; ; attempt++) {
		const response = await requestWithPatience(context, request, { what, refusedHint: tokenHint });
		const answer = readAnswer(response.body, what);
		const codes = answer.errors.map(({ code }) => code);
		if (codes.includes('MAX_COST_EXCEEDED')) throw new TooCostly(`Shopify takes the question for ${what} for too much at once`);
		if (!codes.some((code) => code !== undefined && passingCodes.includes(code))) {
			const granted = grantedBy(context, answer, what);
			await context.sleep(roomMs(answer.cost));
			return granted;
		}
		const pauseMs = Math.max(codes.includes('THROTTLED') ? roomMs(answer.cost) : 0, growingPauseMs(attempt));
		if (attempt >= attempts || waitedMs + pauseMs > waitAtMostMs) {
			throw new ShopJourneysError('SHOP_UNREACHABLE', `Shopify does not come to answer for ${what}: "${saidByShop(context, answer.errors[0].message)}"`, {
				hint: 'Nothing is lost: it goes on later. If it stays, see https://www.shopifystatus.com.',
			});
		}
		await context.sleep(pauseMs);
		waitedMs += pauseMs;
	}
}

/**
 * The shop's address: "quay" and "quay.myshopify.com" alike. A full address is taken for this machine only (a shop that
 * tests run), so that no token is ever sent to somebody else's server.
 * @throws SHOP_REFUSED
 */
export function shopifyAddress(subdomain: unknown): string {
	const told = typeof subdomain === 'string' ? subdomain.trim() : '';
	if (/^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?\/?$/.test(told)) return told.replace(/\/$/, '');
	const name = /^(?:https:\/\/)?([a-z0-9][a-z0-9-]{0,80})(?:\.myshopify\.com)?\/?$/i.exec(told)?.[1];
	if (!name) {
		throw new ShopJourneysError('SHOP_REFUSED', `"${told.slice(0, 100)}" in the credential is no subdomain of a Shopify shop`, {
			hint: 'Fill in "Shop Subdomain" of the credential: for quay.myshopify.com it is quay.',
		});
	}
	return `https://${name.toLowerCase()}.myshopify.com`;
}

const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json' };
const tokenHint = 'Fill in "Access Token" of the credential: the Admin API access token of the app, or its Client ID when it was made in the Dev Dashboard. The app has to be installed in this shop.';

/** Tokens that were fetched, for as long as whoever asks goes on asking. */
const fetchedTokens = new WeakMap<ShopApiContext, Promise<{ token: string; untilMs: number }>>();

/**
 * The token itself, or, where the credential holds the client id of an app of the Dev Dashboard, one that is fetched with
 * it and the app's secret: those apps have none that lasts longer than a day
 * (https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant).
 */
async function accessToken(context: ShopApiContext, address: string): Promise<string> {
	const told = textOf(context.credential.accessToken)?.trim();
	if (!told) throw new ShopJourneysError('SHOP_REFUSED', 'The credential has no access token', { hint: tokenHint });
	if (!/^[0-9a-f]{32}$/.test(told)) return told;
	const known = await fetchedTokens.get(context)?.catch(() => undefined);
	if (known && known.untilMs > context.nowMs()) return known.token;
	const fetching = fetchToken(context, address, told);
	fetchedTokens.set(context, fetching);
	return (await fetching).token;
}

async function fetchToken(context: ShopApiContext, address: string, clientId: string): Promise<{ token: string; untilMs: number }> {
	const { status, body } = await requestWithPatience(
		context,
		{ method: 'POST', url: `${address}/admin/oauth/access_token`, headers: jsonHeaders, body: { grant_type: 'client_credentials', client_id: clientId, client_secret: context.credential.appSecretKey } },
		{ what: 'an access token', accept: [400], refusedHint: tokenHint },
	);
	const { access_token: token, expires_in: seconds, error, error_description: description } = asRecord(body);
	if (status !== 400 && typeof token === 'string') return { token, untilMs: context.nowMs() + (Number(seconds) || 0) * 1000 - minuteMs };
	const words = textOf(description) ?? textOf(error);
	throw new ShopJourneysError('SHOP_REFUSED', `Shopify gives the app no access token${words ? `: "${saidByShop(context, words)}"` : ''}`, {
		hint: 'Check Client ID ("Access Token") and client secret ("APP Secret Key") in the credential, and that the app belongs to this shop’s organization and is installed in the shop.',
	});
}

function readAnswer(body: unknown, what: string): Answer {
	const { data, errors, extensions } = asRecord(body);
	// Whole answers that are refused carry a text instead of a list.
	const list = Array.isArray(errors) ? errors.map(asRecord) : errors ? [{ message: typeof errors === 'string' ? errors : JSON.stringify(errors) }] : [];
	if (!data && list.length === 0) {
		throw new ShopJourneysError('SHOP_REFUSED', `What answered for ${what} is not Shopify's API`, { hint: 'Check "Shop Subdomain" of the credential.' });
	}
	const cost = asRecord(asRecord(extensions).cost);
	const throttle = asRecord(cost.throttleStatus);
	return {
		data: data ? asRecord(data) : null,
		errors: list.map((error) => {
			const told = asRecord(error.extensions);
			return { message: String(error.message), code: textOf(told.code), requiredAccess: textOf(told.requiredAccess), path: Array.isArray(error.path) ? error.path : undefined };
		}),
		...(typeof throttle.currentlyAvailable === 'number' && {
			cost: { requested: Number(cost.requestedQueryCost) || 0, available: throttle.currentlyAvailable, maximum: Number(throttle.maximumAvailable) || 0, restoreRate: Number(throttle.restoreRate) || 50 },
		}),
	};
}

/** How long until there is room for the same question again. */
function roomMs(cost: Answer['cost']): number {
	if (!cost || cost.available >= cost.requested) return 0;
	return Math.ceil(((Math.min(cost.requested, cost.maximum) - cost.available) / cost.restoreRate) * 1000);
}

function grantedBy(context: ShopApiContext, { data, errors }: Answer, what: string): Granted {
	const other = errors.find(({ code }) => code !== 'ACCESS_DENIED');
	if (other) throw new ShopJourneysError('SHOP_REFUSED', `Shopify refused ${what}: "${saidByShop(context, other.message)}"`);
	const denied = errors.map((error) => ({ ...error, words: deniedWords(context, error, what) }));
	// A part that may be missing comes as null beside the rest; without the whole there is nothing to go on with.
	const whole = denied.find(({ path }) => !data || (path?.length ?? 0) <= 1);
	if (!data || whole) throw new ShopJourneysError('SHOP_REFUSED', (whole ?? denied[0]).words, { hint: grantHint });
	return { data, denied: [...new Set(denied.map(({ words }) => words))] };
}

export const grantHint = 'Grant it to the app in Shopify (Dev Dashboard, or "Develop apps" in the admin), install the new version, then publish the workflow again.';

function deniedWords(context: ShopApiContext, { message, requiredAccess, path }: Answer['errors'][number], what: string): string {
	const part = path?.filter((name) => typeof name === 'string' && name !== 'nodes').at(-1);
	const subject = path && path.length > 1 ? `"${String(part)}" of ${what}` : what;
	const scopes = [...new Set((requiredAccess ?? message).match(/\b(?:read|write)_[a-z_]+\b/g) ?? [])];
	if (scopes.length > 0) return `Shopify does not tell ${subject}: grant the app the scope ${scopes.join(' or ')}`;
	if (isAboutProtectedData(message)) return `Shopify does not tell ${subject}: ask for access to protected customer data (name, email, phone and address) in the app's settings`;
	return `Shopify does not tell ${subject}: "${saidByShop(context, message)}"`;
}

/** Shopify's words where an app was not (yet) allowed the personal data of customers. */
export function isAboutProtectedData(message: string): boolean {
	return /not approved to|protected customer data/i.test(message);
}

export function asRecord(value: unknown): Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function textOf(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}
