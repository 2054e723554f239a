import { isShopJourneysError, ShopJourneysError } from '../../model/errors';
import type { HttpRequest, HttpResponse, ShopApiContext } from '../api';
import { type Patience, requestWithPatience } from '../http';

const loopback = ['localhost', '127.0.0.1', '[::1]'];

/** How a REST API key has to be made: the hint for all that a key can be refused for. */
export const keyHint = 'In WooCommerce → Settings → Advanced → REST API make a key with the permission Read/Write for a user who is an administrator or shop manager, and put it into the credential.';

type Asking = Pick<HttpRequest, 'method' | 'query' | 'body'> & Pick<Patience, 'isOnce' | 'accept'>;

/**
 * Asks the REST API (wc/v3) of the shop in the credential. `path` begins with a slash; `what` is a noun phrase.
 * Over https the key goes into the header, or into the address where the credential says so; over http, which only a shop on this machine may use, into the
 * address.
 * @throws SHOP_REFUSED (with what to change), SHOP_UNREACHABLE
 */
export async function askShop(context: ShopApiContext, path: string, what: string, { method, query, body, isOnce, accept }: Asking): Promise<HttpResponse> {
	const { url, auth } = addressOf(context);
	const request: HttpRequest = { method, url: `${url}/wp-json/wc/v3${path}`, query: { ...query, ...auth.query }, headers: auth.headers, body };
	const response = await requestWithPatience({ ...context, http: wholeAnswers(context) }, request, { what, isOnce, accept: [...(accept ?? []), 401, 403, 404] });
	if (isTrouble(response.status) && !accept?.includes(response.status)) throw refusal(response, what);
	if (typeof response.body === 'string' && !isTrouble(response.status)) throw noApi(what, 'answered with a page instead of data');
	return response;
}

function isTrouble(status: number): boolean {
	return status === 401 || status === 403 || status === 404;
}

/** An answer cut short (a time limit of PHP, a lost connection) is no JSON any more: it counts as none at all, so that it is asked for again. */
function wholeAnswers({ http }: ShopApiContext): ShopApiContext['http'] {
	return async (request) => {
		const response = await http(request);
		const isCut = response.status >= 200 && response.status < 300 && typeof response.body === 'string' && !response.body.trimStart().startsWith('<');
		if (isCut) throw new ShopJourneysError('SHOP_UNREACHABLE', 'its answer was cut short');
		return response;
	};
}

function addressOf({ credential }: ShopApiContext): { url: string; auth: Pick<HttpRequest, 'query' | 'headers'> } {
	const [url, key, secret] = ['url', 'consumerKey', 'consumerSecret'].map((field) => String(credential[field] ?? '').trim());
	if (!key || !secret) throw new ShopJourneysError('SHOP_REFUSED', 'The credential has no consumer key and secret', { hint: keyHint });
	const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
	const isPlain = protocol === 'http:' && loopback.includes(hostname);
	if (protocol !== 'https:' && !isPlain) {
		throw new ShopJourneysError('SHOP_REFUSED', 'The address of the shop in the credential does not begin with https://', { hint: 'Fill in the address as the browser shows it, e.g. https://shop.example. Over http the key would be readable on its way.' });
	}
	const isInQuery = isPlain || credential.includeCredentialsInQuery === true;
	const header = `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;
	return {
		url: url.replace(/\/+(wp-json(\/.*)?)?$/, ''),
		auth: isInQuery ? { query: { consumer_key: key, consumer_secret: secret } } : { headers: { authorization: header } },
	};
}

/** The shop's own code and words, of which no word is ours: https://woocommerce.github.io/woocommerce-rest-api-docs/#errors. */
function refusal({ status, body }: HttpResponse, what: string): ShopJourneysError {
	const { code, message } = (typeof body === 'object' && body !== null ? body : {}) as { code?: unknown; message?: unknown };
	const said = typeof message === 'string' ? message : '';
	if (status === 404) {
		if (code === 'rest_no_route') return noApi(what, 'has WordPress but not the REST API of WooCommerce', 'Check that WooCommerce is switched on in the shop (version 5.8 or later).');
		return code === undefined ? noApi(what, 'has no REST API at this address') : new ShopJourneysError('SHOP_REFUSED', `The shop does not know ${what} (${String(code)})`);
	}
	if (/write permission/i.test(said)) return refused(what, 'the key may only read');
	if (/read permission/i.test(said)) return refused(what, 'the key may only write');
	if (/consumer (key|secret)/i.test(said)) return refused(what, 'it does not know the consumer key or secret');
	if (typeof code === 'string' && code.startsWith('woocommerce_rest_cannot')) {
		if (status === 403) return refused(what, 'the user of the key is not allowed this');
		return refused(what, 'the key did not arrive', 'Some servers drop the Authorization header: switch on "Include Credentials in Query" in the credential. If that changes nothing, check the key.');
	}
	return refused(what, `something in front of WooCommerce keeps its REST API closed (status ${status})`, 'Look for a security plugin, firewall or password that protects /wp-json, and let n8n through.');
}

function refused(what: string, why: string, hint = keyHint): ShopJourneysError {
	return new ShopJourneysError('SHOP_REFUSED', `The shop refused ${what}: ${why}`, { hint });
}

function noApi(what: string, why: string, hint = 'Check the address in the credential, and in WordPress → Settings → Permalinks choose anything but "Plain": with plain permalinks there is no REST API.'): ShopJourneysError {
	return new ShopJourneysError('SHOP_REFUSED', `The shop could not be asked for ${what}: it ${why}`, { hint });
}

/** @throws SHOP_UNREACHABLE when it is no list: an error object with status 200, which some proxies make of it */
export function listIn({ body }: HttpResponse, what: string): Array<Record<string, unknown>> {
	if (Array.isArray(body)) return body.filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null);
	throw new ShopJourneysError('SHOP_UNREACHABLE', `The shop's answer to ${what} is no list`);
}

/** How many there are in all; undefined when the header is missing (some caches drop it). */
export function totalIn({ headers }: HttpResponse): number | undefined {
	const total = Number(headers['x-wp-total'] ?? NaN);
	return Number.isSafeInteger(total) ? total : undefined;
}

/** Whether trying the next thing is of no use: the key is refused as a whole, or the shop does not answer. */
export function isHopeless(error: unknown): boolean {
	return isShopJourneysError(error, 'SHOP_UNREACHABLE') || (isShopJourneysError(error, 'SHOP_REFUSED') && error.hint === keyHint);
}
