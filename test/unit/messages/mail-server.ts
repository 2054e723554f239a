import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

export interface ReceivedMail {
	raw: string;
	/** Lines of the header, as they came. */
	headerLines: string[];
	parsed: Email;
	recipients: string[];
}

export interface MailServer {
	port: number;
	received: ReceivedMail[];
	close(): Promise<void>;
}

/** A real SMTP server on the loopback that keeps what it takes. `options` may refuse at any stage. */
export async function startMailServer(options: Partial<SMTPServerOptions> & { beforeAnswer?: (session: SMTPServerSession, server: SMTPServer) => Error | null | 'silence'; answerAfterMs?: number } = {}): Promise<MailServer> {
	const received: ReceivedMail[] = [];
	const { beforeAnswer, answerAfterMs = 0, ...serverOptions } = options;
	const server: SMTPServer = new SMTPServer({
		authOptional: true,
		disabledCommands: ['STARTTLS'],
		disableReverseLookup: true,
		closeTimeout: 100,
		onData(stream, session, answer) {
			const chunks: Buffer[] = [];
			stream.on('data', (chunk: Buffer) => chunks.push(chunk));
			stream.on('end', () => {
				const raw = Buffer.concat(chunks).toString('utf8');
				void PostalMime.parse(raw).then((parsed) => {
					received.push({ raw, headerLines: raw.split('\r\n\r\n')[0].split('\r\n'), parsed, recipients: session.envelope.rcptTo.map(({ address }) => address) });
					const verdict = beforeAnswer?.(session, server);
					if (verdict !== 'silence') setTimeout(() => answer(verdict), answerAfterMs);
				});
			});
		},
		...serverOptions,
	});
	server.on('error', () => undefined);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
	return {
		port: (server.server.address() as AddressInfo).port,
		received,
		close: () => new Promise((resolve) => server.close(() => resolve())),
	};
}

/** A server of one's own making, for what a proper one never does. */
export async function startRawServer(onConnection: (socket: Socket) => void): Promise<{ port: number; connections: () => number; close(): Promise<void> }> {
	let count = 0;
	const sockets = new Set<Socket>();
	const server: Server = createServer((socket) => {
		count++;
		sockets.add(socket);
		socket.on('error', () => undefined);
		socket.on('close', () => sockets.delete(socket));
		onConnection(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
	return {
		port: (server.address() as AddressInfo).port,
		connections: () => count,
		close: () =>
			new Promise((resolve) => {
				for (const socket of sockets) socket.destroy();
				server.close(() => resolve());
			}),
	};
}

/** An SMTP error with a code, as `smtp-server` wants it. */
export function smtpError(responseCode: number, message: string): Error {
	return Object.assign(new Error(message), { responseCode });
}
