import { type IHttpRequestOptions, sleep } from 'n8n-workflow';
import { type ChannelTools, NoAnswer, type ProviderHttp } from '../messages/channels/http';
import { secondMs } from '../model/clock';
import { type HttpHelpers, lowerCase } from './http';

/** A provider that takes longer than this may have taken the message or not. */
const defaultTimeoutMs = 60 * secondMs;

/** What of a node's context requests with a credential need. */
export interface AuthenticatedHelpers {
	helpers: HttpHelpers['helpers'] & { httpRequestWithAuthentication(this: unknown, credentialType: string, options: IHttpRequestOptions): Promise<unknown> };
}

/** The credential that n8n itself puts on each request: what is secret in it never comes here. */
export interface CredentialUse {
	/** n8n's credential type. */
	type: string;
	/** For AWS: the service that is signed for, which its address does not tell when it is another one than Amazon's. */
	awsService?: string;
}

/**
 * What channels over HTTP work with: n8n's own helper, which knows its proxy and its rules on where requests may go.
 * @param timeoutMs for one request, machine time
 */
export function channelTools(context: HttpHelpers): ChannelTools;
export function channelTools(context: AuthenticatedHelpers, credential: CredentialUse, timeoutMs?: number): ChannelTools;
export function channelTools(context: HttpHelpers | AuthenticatedHelpers, credential?: CredentialUse, timeoutMs = defaultTimeoutMs): ChannelTools {
	const send = credential ? (options: IHttpRequestOptions) => (context as AuthenticatedHelpers).helpers.httpRequestWithAuthentication.call(context, credential.type, { ...options, ...signing(credential) }) : (options: IHttpRequestOptions) => context.helpers.httpRequest(options);
	return { http: providerHttp(send, timeoutMs), nowMs: () => Date.now(), sleep };
}

/** n8n's AWS credentials read the service from `qs`, and join `baseURL` and `url` as text. They take both out again. */
function signing({ awsService }: CredentialUse): Partial<IHttpRequestOptions> {
	return awsService ? { baseURL: '', qs: { service: awsService } } : {};
}

function providerHttp(send: (options: IHttpRequestOptions) => Promise<unknown>, timeoutMs: number): ProviderHttp {
	return async ({ method, url, headers, body }) => {
		try {
			const answer = (await send({
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
const unconnected = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EPROTO|ERR_INVALID_URL|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|UND_ERR_CONNECT_TIMEOUT)$/;

/** As much as a network error may tell; n8n wraps it in its own, the HTTP library in another. */
interface NetworkError {
	code?: unknown;
	name?: unknown;
	message?: unknown;
	syscall?: unknown;
	isAxiosError?: unknown;
	errors?: NetworkError[];
	cause?: NetworkError;
}

function noAnswer(error: unknown, host: string): NoAnswer {
	const chain: NetworkError[] = [];
	for (let link = error as NetworkError | undefined; link && chain.length < 5; link = link.cause) chain.push(link, ...(link.errors ?? []));
	// n8n's guard against requests into its own network.
	if (chain.some(({ name }) => String(name).startsWith('SsrfBlocked'))) return new NoAnswer(`n8n does not allow requests to ${host}`, false);
	const code = chain.map((link) => link.code).find((value) => typeof value === 'string');
	const wasConnecting = chain.some(({ syscall, message }) => syscall === 'connect' || String(message).includes('before secure TLS connection was established'));
	if (typeof code === 'string' && (unconnected.test(code) || wasConnecting)) return new NoAnswer(`${host} could not be reached: ${sentenceOf(code)}`, false);
	// An error that is not the network's came before the request: a credential that cannot be read, a region that does not exist.
	if (code === undefined && !chain.some(({ isAxiosError }) => isAxiosError)) return new NoAnswer(`n8n could not make the request to ${host}: check the credential`, false);
	return new NoAnswer(`The connection to ${host} broke before it confirmed the message`, true);
}

function sentenceOf(code: string): string {
	if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such address';
	if (code === 'ECONNREFUSED') return 'nothing listens at this address';
	return code;
}
