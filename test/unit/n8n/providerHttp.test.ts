import { type IHttpRequestOptions, type INode, type JsonObject, NodeApiError, NodeOperationError } from 'n8n-workflow';
import { NoAnswer } from '../../../lib/messages/channels/http';
import { channelTools } from '../../../lib/n8n/providerHttp';

const node = { id: 'n', name: 'Send Reminder', type: 'sendReminder', typeVersion: 1, position: [0, 0], parameters: {} } as INode;
const request = { method: 'POST' as const, url: 'https://api.example.com/send?key=hidden', headers: { 'content-type': 'application/json', 'x-key': 'hidden' }, body: ' {"a":"ä"} ' };

/** What the channel is told when n8n's helper throws this. */
async function told(error: unknown): Promise<NoAnswer> {
	const helpers = {
		httpRequest: async () => {
			throw error;
		},
	};
	return await channelTools({ helpers }).http(request).then(
		() => {
			throw new Error('It answered');
		},
		(failure: NoAnswer) => failure,
	);
}

const axiosError = (code: string, more: object = {}) => Object.assign(new Error(`connect ${code} with the key hidden`), { isAxiosError: true, code, config: { headers: request.headers }, ...more });

describe('errors of the network', () => {
	test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EPROTO', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])('%s: nothing was sent, as it comes and in n8n\'s own', async (code) => {
		for (const error of [axiosError(code), new NodeApiError(node, axiosError(code) as unknown as JsonObject)]) expect(await told(error)).toMatchObject({ name: 'NoAnswer', mayHaveArrived: false });
	});

	test.each(['ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'ERR_CANCELED', 'ERR_BAD_RESPONSE', 'SOMETHING_NEW'])('%s: it may have arrived', async (code) => {
		for (const error of [axiosError(code), new NodeApiError(node, axiosError(code) as unknown as JsonObject)]) expect(await told(error)).toMatchObject({ mayHaveArrived: true });
	});

	test.each([
		['no connection in time', axiosError('ETIMEDOUT', { syscall: 'connect' })],
		['no connection in time, beneath', axiosError('ETIMEDOUT', { cause: Object.assign(new Error('x'), { code: 'ETIMEDOUT', syscall: 'connect' }) })],
		['none of several addresses in time', axiosError('ETIMEDOUT', { cause: Object.assign(new Error('x'), { code: 'ETIMEDOUT', errors: [{ syscall: 'connect', code: 'ETIMEDOUT' }] }) })],
		['cut before it was encrypted', axiosError('ECONNRESET', { message: 'Client network socket disconnected before secure TLS connection was established' })],
		['blocked by n8n', Object.assign(new Error('blocked'), { name: 'SsrfBlockedIpError' })],
		['a credential that cannot be read', new NodeOperationError(node, 'Credentials could not be decrypted')],
		['a credential that cannot be read, in n8n\'s own', new NodeApiError(node, new Error('Unsupported AWS region') as unknown as JsonObject)],
	])('%s: nothing was sent', async (_what, error) => {
		expect(await told(error)).toMatchObject({ mayHaveArrived: false });
	});

	test('nothing of the request goes with them', async () => {
		for (const code of ['ECONNREFUSED', 'ECONNRESET', 'CERT_HAS_EXPIRED']) {
			const failure = await told(axiosError(code));
			expect(JSON.stringify([failure.message, { ...failure }, String(failure.cause)])).not.toContain('hidden');
			expect(failure.message).toContain('api.example.com');
		}
	});
});

test('a request goes as its bytes, follows no redirect, and any status is an answer', async () => {
	const asked: IHttpRequestOptions[] = [];
	const helpers = {
		httpRequest: async (options: IHttpRequestOptions) => {
			asked.push(options);
			return { statusCode: 429, headers: { 'Retry-After': '7', 'Set-Cookie': ['a', 'b'] }, body: Buffer.from('{"ü":1}') };
		},
	};
	expect(await channelTools({ helpers }).http(request)).toEqual({ status: 429, headers: { 'retry-after': '7', 'set-cookie': 'a, b' }, body: '{"ü":1}' });
	expect(asked).toEqual([expect.objectContaining({ method: 'POST', url: request.url, body: Buffer.from(request.body), disableFollowRedirect: true, ignoreHttpStatusErrors: true, timeout: expect.any(Number) })]);
});

test('with a credential n8n puts it on, with its own context', async () => {
	const calls: unknown[] = [];
	const context = {
		name: 'the node',
		helpers: {
			httpRequest: async () => {
				throw new Error('Without the credential');
			},
			async httpRequestWithAuthentication(this: unknown, type: string, options: IHttpRequestOptions) {
				calls.push([(this as { name: string }).name, type, options.qs, options.baseURL]);
				return { statusCode: 200, headers: {}, body: Buffer.alloc(0) };
			},
		},
	};
	await channelTools(context, { type: 'sendGridApi' }).http(request);
	await channelTools(context, { type: 'aws', awsService: 'ses' }).http(request);
	expect(calls).toEqual([
		['the node', 'sendGridApi', undefined, undefined],
		['the node', 'aws', { service: 'ses' }, ''],
	]);
});
