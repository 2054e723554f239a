import { sleep } from 'n8n-workflow';
import { type ChannelTools, NoAnswer, type ProviderHttp } from '../messages/channels/http';
import { secondMs } from '../model/clock';
import { type HttpHelpers, lowerCase } from './http';

/** A provider that takes longer than this may have taken the message or not. */
const timeoutMs = 60 * secondMs;

/** What channels over HTTP work with: n8n's own helper, which knows its proxy and its rules on where requests may go. */
export function channelTools(context: HttpHelpers): ChannelTools {
	return { http: providerHttp(context), nowMs: () => Date.now(), sleep };
}

function providerHttp({ helpers }: HttpHelpers): ProviderHttp {
	return async ({ method, url, headers, body }) => {
		try {
			const answer = (await helpers.httpRequest({
				method,
				url,
				headers,
				// As bytes: text would be trimmed where it is JSON, and signatures count every byte.
				...(body !== undefined && { body: Buffer.from(body as string) }),
				encoding: 'arraybuffer',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
				timeout: timeoutMs,
			})) as { statusCode: number; headers: Record<string, string | string[] | undefined>; body: Buffer | ArrayBuffer | string };
			return { status: answer.statusCode, headers: lowerCase(answer.headers), body: Buffer.from(answer.body as Buffer).toString('utf8') };
		} catch (error) {
			// Without its cause, which holds the whole request, credentials included.
			throw noAnswer(error, URL.canParse(url) ? new URL(url).host : 'The address');
		}
	};
}

/** By these no connection came about, so that nothing was sent. */
const unconnected = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|ERR_INVALID_URL|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|UND_ERR_CONNECT_TIMEOUT)$/;

function noAnswer(error: unknown, host: string): NoAnswer {
	const { code, name, syscall, cause } = error as { code?: unknown; name?: unknown; syscall?: unknown; cause?: { syscall?: unknown } };
	// n8n's guard against requests into its own network.
	if (String(name).startsWith('SsrfBlocked')) return new NoAnswer(`n8n does not allow requests to ${host}`, false);
	const wasConnecting = syscall === 'connect' || cause?.syscall === 'connect';
	if (typeof code === 'string' && (unconnected.test(code) || wasConnecting)) return new NoAnswer(`${host} could not be reached: ${sentenceOf(code)}`, false);
	return new NoAnswer(`The connection to ${host} broke before it confirmed the message`, true);
}

function sentenceOf(code: string): string {
	if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such address';
	if (code === 'ECONNREFUSED') return 'nothing listens at this address';
	return code;
}
