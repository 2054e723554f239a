import type { EmailChannel, EmailMessage } from '../../../lib/messages/channels/channel';
import { createSmtpChannel, type SmtpOptions } from '../../../lib/messages/channels/smtp';
import { channelFor } from '../../../lib/messages/channels/smtpChannels';
import { smtpError, startMailServer, startRawServer } from './mail-server';

const message: EmailMessage = {
	channel: 'email',
	messageId: '<abc@fern.example>',
	from: 'Fern & Field <hello@fern.example>',
	to: 'mia@example.org',
	replyTo: 'anna@fern.example',
	subject: 'Your cart is still here',
	html: '<p>Hello</p>',
	text: 'Hello',
	headers: {},
};

const closers: Array<() => Promise<unknown>> = [];
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function mailServer(options: Parameters<typeof startMailServer>[0] = {}) {
	const server = await startMailServer(options);
	closers.push(server.close);
	return server;
}

function channelTo(port: number, options: SmtpOptions = {}, login: { user?: string; password?: string } = {}): EmailChannel {
	const channel = createSmtpChannel({ host: '127.0.0.1', port, secure: false, ...login }, options);
	closers.push(channel.close);
	return channel;
}

test('sends both parts, the names and the Message-ID as given', async () => {
	const server = await mailServer();
	const outcome = await channelTo(server.port).send(message);
	expect(outcome).toEqual({ status: 'sent', response: expect.stringContaining('250') });
	const [mail] = server.received;
	expect(mail.recipients).toEqual(['mia@example.org']);
	expect(mail.parsed).toMatchObject({
		messageId: '<abc@fern.example>',
		subject: 'Your cart is still here',
		from: { name: 'Fern & Field', address: 'hello@fern.example' },
		replyTo: [{ address: 'anna@fern.example' }],
	});
	expect(mail.parsed.text?.trim()).toBe('Hello');
	expect(mail.parsed.html?.trim()).toBe('<p>Hello</p>');
});

test('emoji and right-to-left subjects arrive as they were', async () => {
	const server = await mailServer();
	const subject = '🧺 محمد، سلتك في انتظارك 👩‍🚀 '.trim().repeat(3);
	await channelTo(server.port).send({ ...message, subject });
	expect(server.received[0].parsed.subject).toBe(subject);
});

test('uses the same connection for one mail after another', async () => {
	let connections = 0;
	const server = await mailServer({ onConnect: (_session, accept) => (connections++, accept()) });
	const channel = channelTo(server.port, { connections: 1 });
	for (let i = 0; i < 5; i++) expect(await channel.send(message)).toMatchObject({ status: 'sent' });
	expect(connections).toBe(1);
	expect(channel.connections).toBe(1);
});

describe('refusals', () => {
	const atRecipient = (code: number, text: string) => ({ onRcptTo: (_address: unknown, _session: unknown, answer: (error?: Error | null) => void) => answer(smtpError(code, text)) });

	test.each([
		[550, '5.1.1 User unknown', { permanent: true, scope: 'recipient' }],
		[550, 'No such user here', { permanent: true, scope: 'recipient' }],
		[552, '5.2.2 Mailbox full', { permanent: true, scope: 'recipient' }],
		[450, '4.2.0 Greylisted, come back later', { permanent: false, scope: 'recipient' }],
		[451, '4.7.1 Please try again later', { permanent: false, scope: 'recipient' }],
		[554, '5.7.1 Relay access denied', { permanent: true, scope: 'provider' }],
		[530, '5.7.0 Authentication required', { permanent: true, scope: 'provider' }],
		[452, '4.3.1 Insufficient system storage', { permanent: false, scope: 'provider' }],
		[503, 'Bad sequence of commands', { permanent: false, scope: 'provider' }],
	])('%i "%s" at RCPT TO', async (code, text, expected) => {
		const server = await mailServer(atRecipient(code, text));
		const outcome = await channelTo(server.port).send(message);
		expect(outcome).toEqual({ status: 'refused', ...expected, response: `${code} ${text}` });
	});

	test('a recipient refused in between does not disturb the next', async () => {
		const server = await mailServer({ onRcptTo: ({ address }, _session, answer) => answer(address.startsWith('gone') ? smtpError(550, '5.1.1 Unknown') : null) });
		const channel = channelTo(server.port, { connections: 1 });
		expect(await channel.send({ ...message, to: 'gone@example.org' })).toMatchObject({ status: 'refused', permanent: true });
		expect(await channel.send(message)).toMatchObject({ status: 'sent' });
	});

	test('a refused sender is not the recipient\'s fault', async () => {
		const server = await mailServer({ onMailFrom: (_address, _session, answer) => answer(smtpError(553, '5.1.8 Sender domain not verified')) });
		expect(await channelTo(server.port).send(message)).toMatchObject({ status: 'refused', permanent: true, scope: 'provider' });
	});

	test.each([
		[554, '5.7.1 Message looks like spam', { permanent: true, scope: 'provider' }],
		[550, '5.1.1 Mailbox does not exist', { permanent: true, scope: 'recipient' }],
		[451, '4.3.0 Try again later', { permanent: false, scope: 'provider' }],
		[421, '4.3.2 Shutting down', { permanent: false, scope: 'provider' }],
	])('%i "%s" after the message is a refusal, not a doubt', async (code, text, expected) => {
		const server = await mailServer({ beforeAnswer: () => smtpError(code, text) });
		expect(await channelTo(server.port).send(message)).toMatchObject({ status: 'refused', ...expected });
	});

	test('421 at the greeting is for now, and the provider\'s', async () => {
		const server = await startRawServer((socket) => socket.end('421 4.3.2 Too many connections\r\n'));
		closers.push(server.close);
		expect(await channelTo(server.port).send(message)).toEqual({ status: 'refused', permanent: false, scope: 'provider', response: expect.stringContaining('421') });
	});

	test('a wrong login is for good, in a sentence without the password', async () => {
		const server = await mailServer({ authOptional: false, allowInsecureAuth: true, onAuth: (auth, _session, answer) => answer(smtpError(535, `5.7.8 Bad login for ${String(auth.username)} ${String(auth.password)}`)) });
		const outcome = await channelTo(server.port, {}, { user: 'shop-user', password: 'hunter22' }).send(message);
		expect(outcome).toMatchObject({ status: 'refused', permanent: true, scope: 'provider', response: expect.stringContaining('did not accept user and password') });
		expect(JSON.stringify(outcome)).not.toMatch(/hunter22|shop-user/);
	});

	test('credentials that a server repeats in its answer are struck out', async () => {
		const server = await mailServer({ allowInsecureAuth: true, onAuth: (_auth, _session, answer) => answer(null, { user: 1 }), onRcptTo: (_address, _session, answer) => answer(smtpError(550, '5.1.1 not for shop-user with hunter22')) });
		const outcome = await channelTo(server.port, {}, { user: 'shop-user', password: 'hunter22' }).send(message);
		expect(outcome.response).toBe('550 5.1.1 not for *** with ***');
	});

	test('a port where nobody listens is for now', async () => {
		const server = await startRawServer(() => undefined);
		await server.close();
		expect(await channelTo(server.port).send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider', response: expect.stringContaining('refused the connection') });
	});

	test('a host that does not exist names the host field', async () => {
		const channel = createSmtpChannel({ host: 'mail.invalid', port: 25, secure: false }, { connectionTimeoutMs: 3000 });
		expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider' });
	});

	test.each(['mia', 'mia@', '@example.org', 'mia@example', 'a@b@c.example', 'mia@example.org, eve@example.org', 'mia@example.org, <eve@example.org>', 'mia@example.org\r\nRCPT TO:<eve@example.org>', 'mia <mia@example..org>', ''])('"%s" is refused before anything is connected', async (to) => {
		const server = await startRawServer(() => undefined);
		closers.push(server.close);
		expect(await channelTo(server.port).send({ ...message, to })).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient' });
		expect(server.connections()).toBe(0);
	});

	test('a sender that is no address is the shop\'s to correct', async () => {
		expect(await channelTo(1).send({ ...message, from: 'Fern & Field' })).toMatchObject({ status: 'refused', permanent: true, scope: 'provider', response: expect.stringContaining('sender') });
	});
});

describe('silence and broken lines', () => {
	test('a server that never greets ends in a refusal', async () => {
		const server = await startRawServer(() => undefined);
		closers.push(server.close);
		expect(await channelTo(server.port, { greetingTimeoutMs: 150 }).send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider', response: expect.stringContaining('did not answer in time') });
	});

	test('a server that hangs before DATA ends in a refusal', async () => {
		const server = await mailServer({ onRcptTo: () => undefined });
		expect(await channelTo(server.port, { socketTimeoutMs: 200 }).send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider' });
	});

	test('a server that hangs after the message leaves a doubt', async () => {
		const server = await mailServer({ beforeAnswer: () => 'silence' });
		expect(await channelTo(server.port, { socketTimeoutMs: 200 }).send(message)).toMatchObject({ status: 'unknown' });
		expect(server.received).toHaveLength(1);
	});

	test('a line cut after the message leaves a doubt, and the message is never sent again by itself', async () => {
		const server = await mailServer({
			beforeAnswer: (_session, smtp) => {
				for (const connection of smtp.connections) (connection as unknown as { _socket: { destroy(): void } })._socket.destroy();
				return 'silence';
			},
		});
		expect(await channelTo(server.port).send(message)).toMatchObject({ status: 'unknown' });
		await new Promise((resolve) => setTimeout(resolve, 400));
		expect(server.received).toHaveLength(1);
	});

	test('a server that trickles its answer is given up after the send\'s time', async () => {
		const server = await startRawServer((socket) => {
			socket.write('220 slow\r\n');
			socket.on('data', () => setInterval(() => socket.write('250-still here\r\n'), 50).unref());
		});
		closers.push(server.close);
		expect(await channelTo(server.port, { sendTimeoutMs: 400 }).send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider' });
	});

	test('a connection the server closed while idle is replaced without a loss', async () => {
		const server = await mailServer({ socketTimeout: 300 });
		const channel = channelTo(server.port, { connections: 1 });
		expect(await channel.send(message)).toMatchObject({ status: 'sent' });
		await new Promise((resolve) => setTimeout(resolve, 600));
		expect(await channel.send(message)).toMatchObject({ status: 'sent' });
		expect(server.received).toHaveLength(2);
	});

	test('idle connections are closed and opened again when needed', async () => {
		const open = new Set<string>();
		const server = await mailServer({ onConnect: (session, accept) => (open.add(session.id), accept()), onClose: (session) => void open.delete(session.id) });
		const channel = channelTo(server.port, { idleMs: 50 });
		await channel.send(message);
		expect(open.size).toBe(1);
		await new Promise((resolve) => setTimeout(resolve, 250));
		expect(open.size).toBe(0);
		expect(await channel.send(message)).toMatchObject({ status: 'sent' });
	});

	test('closing lets the mail under way end', async () => {
		const server = await mailServer();
		const channel = channelTo(server.port);
		const sending = channel.send(message);
		await new Promise((resolve) => setTimeout(resolve, 20));
		await channel.close();
		expect(await sending).toMatchObject({ status: 'sent' });
	});
});

test('a credential has one pool in the process, whoever asks', async () => {
	let connections = 0;
	const server = await mailServer({ onConnect: (_session, accept) => (connections++, accept()) });
	const credential = { host: '127.0.0.1', port: server.port, secure: false };
	const first = channelFor(credential, { connections: 1, idleMs: 100 });
	await first.send(message);
	await first.close();
	expect(channelFor({ ...credential }, { connections: 1, idleMs: 100 })).toBe(first);
	await first.send(message);
	expect(connections).toBe(1);
	await new Promise((resolve) => setTimeout(resolve, 300));
	// Idle, it is forgotten; who still holds it can go on.
	expect(channelFor(credential, { connections: 1, idleMs: 100 })).not.toBe(first);
	expect(await first.send(message)).toMatchObject({ status: 'sent' });
});
