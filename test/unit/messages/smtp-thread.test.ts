import type { EmailMessage } from '../../../lib/messages/channels/channel';
import { type SmtpOptions } from '../../../lib/messages/channels/smtp';
import { threadChannels } from '../../../lib/messages/channels/smtpChannels';
import { sourceThread } from '../../threads';
import { smtpError, startMailServer } from './mail-server';

const message: EmailMessage = {
	channel: 'email',
	messageId: '<abc@fern.example>',
	from: 'Fern & Field <hello@fern.example>',
	to: 'mia@example.org',
	subject: '🧺 Ваша корзина',
	html: '<p>Grüße 你好</p>',
	text: 'Grüße 你好',
	headers: { 'List-Unsubscribe': '<https://n8n.fern.example/webhook/u?c=abc>' },
	webViewHtml: '<p>kept for the store</p>',
};

const createChannel = threadChannels(sourceThread('lib/messages/channels/smtpThread.ts'));
const channelTo = (port: number, options?: SmtpOptions) => createChannel({ host: '127.0.0.1', port, secure: false }, options);

async function withServer(options: Parameters<typeof startMailServer>[0], work: (server: Awaited<ReturnType<typeof startMailServer>>) => Promise<void>): Promise<void> {
	const server = await startMailServer(options);
	try {
		await work(server);
	} finally {
		await server.close();
	}
}

test('a mail that a thread sends arrives as it was written, and its answer comes back', async () => {
	await withServer({}, async (server) => {
		expect(await channelTo(server.port).send(message)).toEqual({ status: 'sent', response: expect.stringContaining('250') as string });
		expect(server.received[0].parsed).toMatchObject({ messageId: '<abc@fern.example>', subject: message.subject, from: { name: 'Fern & Field' } });
		expect(server.received[0].parsed.html?.trim()).toBe(message.html);
		expect(server.received[0].parsed.headers).toContainEqual(expect.objectContaining({ key: 'list-unsubscribe', value: '<https://n8n.fern.example/webhook/u?c=abc>' }));
	});
});

test('many at once go over as many connections as there are, and none is lost', async () => {
	let connections = 0;
	await withServer({ onConnect: (_session, accept) => (connections++, accept()) }, async (server) => {
		const channel = channelTo(server.port, { connections: 2 });
		expect(channel.connections).toBe(2);
		const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => channel.send({ ...message, to: `mia${n}@example.org` })));
		expect(outcomes.every(({ status }) => status === 'sent')).toBe(true);
		expect(new Set(server.received.map(({ recipients }) => recipients[0])).size).toBe(20);
		expect(connections).toBe(2);
	});
});

test('a refusal is an answer, with whose fault it is', async () => {
	await withServer({ onRcptTo: (_address, _session, answer) => answer(smtpError(550, '5.1.1 No such user')) }, async (server) => {
		expect(await channelTo(server.port).send(message)).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient' });
	});
});

test('nobody knows what became of a mail whose thread ended', async () => {
	// A script that is not there: the thread ends before it answers.
	const channel = threadChannels({ path: `${__filename}.missing.js` })({ host: '127.0.0.1', port: 9, secure: false });
	expect(await channel.send(message)).toEqual({ status: 'unknown', response: expect.stringContaining('did not answer') as string });
});
