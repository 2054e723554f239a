import axios, { type AxiosRequestConfig } from 'axios';
import { type IHttpRequestOptions, type INode, type JsonObject, NodeApiError } from 'n8n-workflow';
import { ShopJourneysResendApi } from '../../../credentials/ShopJourneysResendApi.credentials';
import type { AuthenticatedHelpers } from '../../../lib/n8n/providerHttp';
import { type AwsKey, awsAuthorization } from './aws-signature';

const node = { id: 'n', name: 'Send Reminder', type: 'sendReminder', typeVersion: 1, position: [0, 0], parameters: {} } as INode;

type Credential = Record<string, string>;

/** What n8n's credential types put on a request, by their `authenticate`. */
const authenticate: Record<string, (credential: Credential, options: IHttpRequestOptions) => IHttpRequestOptions> = {
	sendGridApi: ({ apiKey }, options) => withHeaders(options, { Authorization: `Bearer ${apiKey}` }),
	postmarkApi: ({ serverToken }, options) => withHeaders(options, { 'X-Postmark-Server-Token': serverToken }),
	mailgunApi: ({ apiKey }, options) => ({ ...options, auth: { username: 'api', password: apiKey } }),
	shopJourneysResendApi({ apiKey }, options) {
		const headers = Object.entries(new ShopJourneysResendApi().authenticate.properties.headers!);
		return withHeaders(options, Object.fromEntries(headers.map(([name, value]) => [name, String(value).replace(/^=/, '').replace('{{$credentials.apiKey}}', apiKey)])));
	},
	aws({ accessKeyId, secretAccessKey, region }, { baseURL, qs, ...options }) {
		const url = new URL(`${baseURL}${options.url}`);
		const body = options.body as Buffer;
		const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
		const headers = { ...Object.fromEntries(Object.entries(options.headers as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value])), host: url.host, 'content-length': String(body.length), 'x-amz-date': date };
		const signed = { method: String(options.method), path: url.pathname, headers, body, region, service: String((qs as { service?: string } | undefined)?.service), date };
		return withHeaders({ ...options, url: url.href }, { ...headers, authorization: awsAuthorization({ accessKeyId, secretAccessKey } satisfies AwsKey, signed) });
	},
};

function withHeaders(options: IHttpRequestOptions, headers: Record<string, string>): IHttpRequestOptions {
	return { ...options, headers: { ...options.headers, ...headers } };
}

/** n8n's `httpRequestWithAuthentication` with this credential: axios beneath, and every error in n8n's own, as n8n does it. */
export function authenticatedRequests(type: string, credential: Credential): AuthenticatedHelpers & { getCredentials(name: string): Promise<Credential> } {
	return {
		async getCredentials(name) {
			if (name !== type) throw new Error(`No credential of the type ${name}`);
			return credential;
		},
		helpers: {
			async httpRequest() {
				throw new Error('Without its credential the provider would refuse the request');
			},
			async httpRequestWithAuthentication(credentialType, options) {
				try {
					if (credentialType !== type) throw new Error(`Node does not have any credentials of type "${credentialType}" set`);
					const request = authenticate[type](credential, options);
					const answer = await axios.request({ ...axiosOptions(request), validateStatus: request.ignoreHttpStatusErrors ? () => true : undefined });
					return { body: answer.data as unknown, headers: answer.headers, statusCode: answer.status };
				} catch (error) {
					throw new NodeApiError(node, error as JsonObject);
				}
			},
		},
	};
}

function axiosOptions({ method, url, headers, body, auth, qs, timeout, encoding, disableFollowRedirect }: IHttpRequestOptions): AxiosRequestConfig {
	return { method, url, headers: headers as Record<string, string>, data: body, auth, params: qs, timeout, responseType: encoding, maxRedirects: disableFollowRedirect ? 0 : 5, maxBodyLength: Infinity, maxContentLength: Infinity, proxy: false };
}
