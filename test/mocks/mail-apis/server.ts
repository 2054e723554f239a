import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressParser } from 'postal-mime';

export interface Person {
	name: string;
	address: string;
}

/** A mail as the provider would send it on. */
export interface TakenMail {
	from: Person;
	to: string;
	replyTo?: Person;
	subject: string;
	html: string;
	text: string;
	/** Those that the sender asked for, names in lower case. */
	headers: Record<string, string>;
	/** In the shape in which the provider's events give it back. */
	metadata: unknown;
	/** What the provider calls it. */
	id: string;
	/** Whether the provider adds tracking or an unsubscribe link of its own. */
	isTracked: boolean;
	/** Postmark. */
	stream?: string;
}

export interface ApiRequest {
	method: string;
	path: string;
	headers: IncomingHttpHeaders;
	body: Buffer;
}

export interface ApiAnswer {
	status: number;
	headers?: Record<string, string>;
	/** JSON, or text as it is. */
	body?: unknown;
}

/** What goes wrong with the next requests. */
export interface Fault {
	/** How many requests it meets; 1 when absent. */
	times?: number;
	/** Answered before anything is taken. */
	instead?: ApiAnswer;
	/** The request is worked on; then this is answered, or the connection is cut before or in the middle of the answer, or nothing comes. */
	after?: ApiAnswer | 'cut' | 'cutMidway' | 'hang';
}

export interface MailApiServer {
	url: string;
	port: number;
	taken: TakenMail[];
	faults: Fault[];
	requests: ApiRequest[];
	close(): Promise<void>;
}

/** Works on one request: takes mails, and answers. Checks the credential too. */
export type Handler = (request: ApiRequest, take: (mail: TakenMail) => void) => ApiAnswer | Promise<ApiAnswer>;

/** A provider's API on 127.0.0.1. */
export async function startMailApi(handler: Handler, maxBytes: number): Promise<MailApiServer> {
	const taken: TakenMail[] = [];
	const faults: Fault[] = [];
	const requests: ApiRequest[] = [];
	const server = createServer((incoming, response) => {
		const chunks: Buffer[] = [];
		incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
		incoming.on('end', () => {
			const request = { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, body: Buffer.concat(chunks) };
			requests.push(request);
			const fault = faults[0];
			if (fault) {
				fault.times = (fault.times ?? 1) - 1;
				if (fault.times <= 0) faults.shift();
			}
			if (fault?.instead) return write(response, fault.instead);
			if (request.body.length > maxBytes) return write(response, { status: 413, body: { message: 'Request Entity Too Large' } });
			void Promise.resolve(handler(request, (mail) => taken.push(mail))).then((answer) => {
				if (fault?.after === 'hang') return undefined;
				if (fault?.after === 'cut') return void incoming.socket.destroy();
				if (fault?.after === 'cutMidway') {
					response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': '5000' });
					response.write('{"id":"half');
					return void setTimeout(() => incoming.socket.destroy(), 20);
				}
				return write(response, fault?.after ?? answer);
			});
		});
	});
	server.keepAliveTimeout = 200;
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		port,
		taken,
		faults,
		requests,
		close: () =>
			new Promise((resolve) => {
				server.closeAllConnections();
				server.close(() => resolve());
			}),
	};
}

function write(response: ServerResponse, { status, headers, body = '' }: ApiAnswer): void {
	const isText = typeof body === 'string';
	response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
	response.end(isText ? body : JSON.stringify(body));
}

/** Reads `Name <address>` as a mail server would. */
export function person(value: string): Person {
	const [found, ...others] = addressParser(value);
	if (others.length > 0 || !found?.address) throw new Error(`Not one address: ${value}`);
	return { name: found.name ?? '', address: found.address };
}

/** The domain whose senders the provider has verified. */
export const verifiedDomain = 'fern.example';

export function isVerified(address: string): boolean {
	return address.endsWith(`@${verifiedDomain}`);
}

/** A recipient that providers check while they take the mail. */
export function looksValid(address: string): boolean {
	return /^[a-z0-9.!#$%&'*+/=?^_{}|~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(address) && !address.startsWith('invalid@');
}

/** A key that nobody was ever given. */
export const madeUp = (prefix: string) => `${prefix}${createHash('sha256').update(prefix).digest('hex').slice(0, 32)}`;

let count = 0;
export const nextId = () => `b7bc2f4a-e38e-4336-af7d-${String(++count).padStart(12, '0')}`;
