import type { ChannelTools } from '../../../lib/messages/channels/http';
import { channelTools } from '../../../lib/n8n/providerHttp';
import axios from 'axios';
import type { IHttpRequestOptions } from 'n8n-workflow';
import type { MailApiServer } from '../../mocks/mail-apis/server';

export interface TestTools extends ChannelTools {
	/** Pauses that the channel made; no time passes in them. */
	pauses: number[];
}

const startMs = 1_800_000_000_000;

/** n8n's `httpRequest`, axios beneath, with a shorter patience. */
export function testHelpers(timeoutMs = 5_000) {
	return {
		async httpRequest({ method, url, headers, body, encoding, disableFollowRedirect }: IHttpRequestOptions): Promise<unknown> {
			const answer = await axios.request({ method, url, headers: headers as Record<string, string>, data: body, responseType: encoding, timeout: timeoutMs, maxRedirects: disableFollowRedirect ? 0 : 5, validateStatus: () => true, proxy: false });
			return { body: answer.data as unknown, headers: answer.headers, statusCode: answer.status };
		},
	};
}

/** With n8n's helpers; waiting takes no time. */
export function testTools(timeoutMs?: number): TestTools {
	const pauses: number[] = [];
	return {
		...channelTools({ helpers: testHelpers(timeoutMs) }),
		pauses,
		nowMs: () => startMs + pauses.reduce((sum, pause) => sum + pause, 0),
		async sleep(ms) {
			pauses.push(ms);
		},
	};
}

const open: Array<{ close(): Promise<void> }> = [];

/** Closed by `closeServers` after the test. */
export async function opened<T extends MailApiServer>(server: Promise<T>): Promise<T> {
	const started = await server;
	open.push(started);
	return started;
}

export async function closeServers(): Promise<void> {
	for (const server of open.splice(0)) await server.close();
}
