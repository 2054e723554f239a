import { sleep, type ICredentialDataDecryptedObject, type IHttpRequestOptions } from 'n8n-workflow';
import { secondMs } from '../model/clock';
import { ShopJourneysError } from '../model/errors';
import type { HttpResponse, ShopApiContext, ShopHttp } from '../shops/api';
import { parseExactJson } from '../shops/exact-json';

/** A shop that takes longer than this for one answer counts as not reached. */
const timeoutMs = 30 * secondMs;

/** What of a node's context requests need: every kind of context has it. */
export interface HttpHelpers {
	helpers: { httpRequest(options: IHttpRequestOptions): Promise<unknown> };
}

export interface CredentialHelpers extends HttpHelpers {
	getCredentials(type: string): Promise<ICredentialDataDecryptedObject>;
}

/** Requests through n8n's own helper, which knows its proxy and its rules on where requests may go. */
export function shopHttp({ helpers }: HttpHelpers): ShopHttp {
	return async ({ method, url, query, headers, body }) => {
		try {
			const answer = (await helpers.httpRequest({
				method,
				url,
				qs: query,
				headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
				...(body !== undefined && { body: JSON.stringify(body) }),
				// The bytes as they came: n8n's own parsing would round ids beyond 2^53.
				encoding: 'arraybuffer',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				// Followed, a redirect would turn a POST into a GET; the adapters say what to correct instead.
				disableFollowRedirect: true,
				timeout: timeoutMs,
			})) as { statusCode: number; headers: Record<string, string | string[] | undefined>; body: Buffer | ArrayBuffer | string };
			return { status: answer.statusCode, headers: lowerCase(answer.headers), body: parsed(answer.body) };
		} catch (error) {
			// Without its cause, which holds the whole request, credentials included.
			throw new ShopJourneysError('SHOP_UNREACHABLE', `${hostOf(url)} did not answer: ${reasonOf(error)}`);
		}
	};
}

/**
 * What an adapter's API works with, from the credential that is chosen on the node.
 * @throws SHOP_REFUSED when no credential is chosen
 */
export async function shopApiContext(context: CredentialHelpers, credentialType: string): Promise<ShopApiContext> {
	let credential: ICredentialDataDecryptedObject;
	try {
		credential = await context.getCredentials(credentialType);
	} catch {
		throw new ShopJourneysError('SHOP_REFUSED', 'No credential for the shop is chosen, so its API cannot be asked', { hint: 'Choose or create the credential in the node.' });
	}
	return { http: shopHttp(context), credential, nowMs: () => Date.now(), sleep };
}

export function lowerCase(headers: Record<string, string | string[] | undefined>): HttpResponse['headers'] {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]));
}

function parsed(body: Buffer | ArrayBuffer | string): unknown {
	const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body as ArrayBuffer);
	if (bytes.length === 0) return '';
	try {
		return parseExactJson(bytes);
	} catch {
		return bytes.toString('utf8');
	}
}

/** Never the whole address: it may carry a key. */
function hostOf(url: string): string {
	return URL.canParse(url) ? new URL(url).host : 'The shop';
}

function reasonOf(error: unknown): string {
	const { code } = error as { code?: unknown };
	if (code === 'ENOTFOUND') return 'there is no such address';
	if (code === 'ECONNREFUSED') return 'nothing listens at this address';
	if (code === 'ECONNABORTED' || code === 'ETIMEDOUT') return `no answer within ${timeoutMs / secondMs} seconds`;
	return typeof code === 'string' ? code : 'the connection failed';
}
