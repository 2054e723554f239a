import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import { type Mailbox, parseMailbox, withoutControls } from '../headers';
import type { EmailChannel, EmailMessage, SendOutcome } from './channel';
import { mailData } from './mail-data';
import { outcomeOf, refused, type SmtpFailure } from './smtp-outcome';

/** n8n's built-in credential type `smtp`. */
export interface SmtpCredential {
	user?: string;
	password?: string;
	host: string;
	port: number;
	/** TLS from the first byte (port 465). Without it STARTTLS is used where the server offers it. */
	secure: boolean;
	disableStartTls?: boolean;
	/** How we introduce ourselves in EHLO. */
	hostName?: string;
}

export interface SmtpOptions {
	/** Default 5: what most providers allow one customer at the same time. */
	connections?: number;
	connectionTimeoutMs?: number;
	greetingTimeoutMs?: number;
	/** Silence of the server in the middle of a send. RFC 5321 § 4.5.3.2 would wait up to 10 minutes; a leased step cannot. */
	socketTimeoutMs?: number;
	/** The whole of one send, waiting for a connection included: against a server that trickles its answers. */
	sendTimeoutMs?: number;
	/** After this long without a send the connections are closed; the next send opens them again. */
	idleMs?: number;
}

const defaults: Required<SmtpOptions> = {
	connections: 5,
	connectionTimeoutMs: 15_000,
	greetingTimeoutMs: 15_000,
	socketTimeoutMs: 60_000,
	sendTimeoutMs: 300_000,
	idleMs: 60_000,
};

/** The parts of nodemailer's transport that are used. */
type Transport = ReturnType<typeof openTransport>;

/**
 * A pool of SMTP connections with one credential. Connects at the first send.
 * @param onIdle called when the connections were closed for want of work.
 */
export function createSmtpChannel(credential: SmtpCredential, options: SmtpOptions = {}, onIdle?: () => void): EmailChannel {
	const settings = smtpSettings(options);
	const server = `${credential.host}:${credential.port}`;
	let transport: Transport | undefined;
	const closePool = () => {
		idleness.cancel();
		transport?.close();
		transport = undefined;
	};
	const idleness = new Idleness(settings.idleMs, () => {
		closePool();
		onIdle?.();
	});

	return {
		connections: settings.connections,

		async send(message) {
			const from = parseMailbox(message.from);
			if (!from) return refused(true, 'provider', `The sender "${printable(message.from)}" is no valid mail address: correct it in the shop's settings`);
			const to = parseMailbox(message.to);
			if (!to) return refused(true, 'recipient', `"${printable(message.to)}" is no valid mail address`);
			transport ??= openTransport(credential, settings);
			idleness.begin();
			try {
				return await sendThrough(transport, message, from, to, settings.sendTimeoutMs, server);
			} catch (error) {
				return refused(true, 'provider', redacted(`The message could not be built: ${(error as Error).message}`, credential));
			} finally {
				idleness.end();
			}
		},

		async close() {
			closePool();
		},
	};

	async function sendThrough(pool: Transport, message: EmailMessage, from: Mailbox, to: Mailbox, timeoutMs: number, host: string): Promise<SendOutcome> {
		const progress: Progress = {};
		const abort = new AbortController();
		const timer = setTimeout(() => abort.abort(), timeoutMs);
		try {
			const info = await pool.sendMail({ ...mailData(message, from, to), signal: abort.signal, sendProgress: progress } as Parameters<Transport['sendMail']>[0]);
			return { status: 'sent', response: redacted(String(info.response ?? ''), credential) };
		} catch (error) {
			const outcome = outcomeOf(error as SmtpFailure, progress.stream?.readableDidRead === true, host);
			return { ...outcome, response: redacted(outcome.response, credential) };
		} finally {
			clearTimeout(timer);
		}
	}
}

/** Travels with a message as `sendProgress`: the message as it is read for sending; `readableDidRead` says whether a byte of it may have reached the server. */
interface Progress {
	stream?: Readable;
}

function openTransport(credential: SmtpCredential, settings: Required<SmtpOptions>) {
	const transport = createTransport({
		pool: true,
		host: credential.host,
		port: Number(credential.port),
		secure: credential.secure,
		ignoreTLS: !credential.secure && credential.disableStartTls === true,
		name: credential.hostName || undefined,
		auth: credential.user || credential.password ? { user: credential.user ?? '', pass: credential.password ?? '' } : undefined,
		maxConnections: settings.connections,
		maxMessages: 10_000,
		// A message goes back into the queue only when its connection closed before a byte of it was read; see below.
		maxRequeues: 2,
		connectionTimeout: settings.connectionTimeoutMs,
		greetingTimeout: settings.greetingTimeoutMs,
		socketTimeout: settings.socketTimeoutMs,
	});
	// nodemailer does not say how far a failed send had come. The body is read only after the server said 354 to DATA,
	// so a body that was read is the mark. `stream` plug-ins run when the message is built and before it is sent.
	transport.use('stream', (mail, done) => {
		const progress = (mail.data as { sendProgress?: Progress }).sendProgress;
		const { message } = mail;
		if (progress && message) {
			const createReadStream = message.createReadStream.bind(message);
			message.createReadStream = (options) => {
				const stream = createReadStream(options);
				// Never a second time over another connection once the first may have taken it.
				if (progress.stream?.readableDidRead) stream.destroy(new Error('The message was already on its way'));
				else progress.stream = stream;
				return stream;
			};
		}
		done();
	});
	return transport;
}

/** Servers may quote what they were given. Password and user never get into an item, a log or an error. */
function redacted(text: string, { user, password }: SmtpCredential): string {
	let clean = text;
	for (const secret of [password, user]) {
		if (!secret || secret.length < 3) continue;
		for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(`\0${user}\0${password}`).toString('base64')]) clean = clean.split(form).join('***');
	}
	return clean.slice(0, 500);
}

function printable(value: string): string {
	return withoutControls(value).slice(0, 80);
}

export function smtpSettings(options: SmtpOptions): Required<SmtpOptions> {
	return { ...defaults, ...(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as SmtpOptions) };
}

/** Calls back when nothing has been under way for a while. Keeps no process alive. */
export class Idleness {
	private underWay = 0;
	private timer: NodeJS.Timeout | undefined;

	constructor(
		private readonly afterMs: number,
		private readonly onIdle: () => void,
	) {}

	begin(): void {
		this.cancel();
		this.underWay++;
	}

	end(): void {
		this.underWay--;
		if (this.underWay > 0) return;
		this.timer = setTimeout(this.onIdle, this.afterMs);
		this.timer.unref();
	}

	cancel(): void {
		clearTimeout(this.timer);
	}
}

/**
 * One channel for each credential in this thread, whoever asks: runs of a workflow that follow each other find the connections
 * still open. Their `close` leaves them to the idle timer, since others may be sending.
 */
export function sharedChannels(create: typeof createSmtpChannel): (credential: SmtpCredential, options?: SmtpOptions) => EmailChannel {
	const shared = new Map<string, EmailChannel>();
	return (credential, options = {}) => {
		// Hashed, and forgotten when idle: no password stays in memory for longer than it is used.
		const key = createHash('sha256').update(JSON.stringify([credential, options])).digest('base64');
		let channel = shared.get(key);
		if (!channel) {
			const own = create(credential, options, () => shared.delete(key));
			channel = { connections: own.connections, send: (message) => own.send(message), close: async () => undefined };
			shared.set(key, channel);
		}
		return channel;
	};
}
