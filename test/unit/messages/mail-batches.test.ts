import type { EmailMessage, SendOutcome } from '../../../lib/messages/channels/channel';
import { refOf } from '../../../lib/messages/channels/ref';
import { apis, closeStages, message, providerNamed, stageFor, wrongCredential } from './mail-apis';

afterEach(closeStages);

function mails(count: number, change: (index: number) => Partial<EmailMessage> = () => ({})): EmailMessage[] {
	return Array.from({ length: count }, (_, index) => ({ ...message, messageId: `<${index}@fern.example>`, ref: `ref-${index}.sig`, to: `mia${index}@example.org`, ...change(index) }));
}

const statuses = (outcomes: SendOutcome[]) => outcomes.map(({ status }) => status);

test('only Postmark and Resend have batches of messages that differ', async () => {
	for (const provider of apis) {
		const { channel } = await stageFor(provider);
		expect({ size: channel.batchSize, hasMany: channel.sendMany !== undefined }).toEqual({ size: { Postmark: 500, Resend: 100 }[provider.name], hasMany: ['Postmark', 'Resend'].includes(provider.name) });
	}
});

describe.each([providerNamed('Postmark'), providerNamed('Resend')])('a batch of $name', (provider) => {
	test('each message is its own: recipient, ref and id', async () => {
		const { server, channel } = await stageFor(provider);
		const outcomes = await channel.sendMany!(mails(40));
		expect(server.requests).toHaveLength(1);
		expect(server.taken).toHaveLength(40);
		for (const [index, outcome] of outcomes.entries()) {
			const mail = server.taken.find(({ to }) => to === `mia${index}@example.org`)!;
			expect(outcome).toMatchObject({ status: 'sent', providerId: mail.id });
			expect(refOf(provider.carrier, mail.metadata)).toBe(`ref-${index}.sig`);
		}
	});

	test('what is wrong with one stays with that one, in the order of the messages', async () => {
		const { server, channel } = await stageFor(provider);
		const wrong = (index: number) => (index === 0 ? { to: 'nobody' } : index % 4 === 1 ? { to: provider.refusedRecipient } : index % 4 === 3 ? { from: 'no address' } : {});
		const outcomes = await channel.sendMany!(mails(12, wrong));
		expect(outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.scope : outcome.status))).toEqual(['recipient', 'recipient', 'sent', 'provider', 'sent', 'recipient', 'sent', 'provider', 'sent', 'recipient', 'sent', 'provider']);
		for (const [index, outcome] of outcomes.entries()) {
			if (outcome.status === 'sent') expect(server.taken.find(({ id }) => id === outcome.providerId)?.to).toBe(`mia${index}@example.org`);
		}
	});

	test('more than one call takes are several calls', async () => {
		const { server, channel } = await stageFor(provider);
		const size = channel.batchSize!;
		expect(statuses(await channel.sendMany!(mails(size * 2 + 1)))).toEqual(Array(size * 2 + 1).fill('sent'));
		expect(server.requests.map(({ path }) => path.endsWith('/batch'))).toEqual([true, true, false]);
	});

	test.each(['"', '山', '\u0001'])('long messages of %j are divided by their bytes', async (letter) => {
		const { server, channel } = await stageFor(provider);
		const html = letter.repeat(300_000);
		expect(statuses(await channel.sendMany!(mails(12, () => ({ html }))))).toEqual(Array(12).fill('sent'));
		expect(server.requests.length).toBeGreaterThan(1);
		expect(server.requests.length).toBeLessThan(12);
		for (const { body } of server.requests) expect(body.length).toBeLessThanOrEqual(5_000_100);
		expect(server.taken.map(({ to }) => to)).toEqual(mails(12).map(({ to }) => to));
	});

	test.each([400, 413, 422])('a call that is refused whole (%i) goes out one by one: what is wrong with one is no other\'s', async (status) => {
		const { server, channel } = await stageFor(provider);
		server.faults.push({ instead: { status, body: { statusCode: status, name: 'validation_error', message: 'Invalid `to` field.', ErrorCode: 300, Message: "Invalid 'To' address" } } });
		const outcomes = await channel.sendMany!(mails(4, (index) => (index === 2 ? { to: provider.refusedRecipient } : {})));
		expect(statuses(outcomes)).toEqual(['sent', 'sent', 'refused', 'sent']);
		expect(server.taken).toHaveLength(3);
		expect(server.requests).toHaveLength(5);
	});

	test('none at all asks nothing', async () => {
		const { server, channel } = await stageFor(provider);
		expect(await channel.sendMany!([])).toEqual([]);
		expect(await channel.sendMany!(mails(2, () => ({ to: 'nobody' })))).toHaveLength(2);
		expect(server.requests).toHaveLength(0);
	});

	test('a wrong key is said of each', async () => {
		const { channel } = await stageFor(provider, { credential: wrongCredential });
		const outcomes = await channel.sendMany!(mails(3));
		expect(outcomes).toEqual(Array(3).fill(expect.objectContaining({ status: 'refused', permanent: true, scope: 'provider' })));
	});

	test('a long throttle puts all of them off', async () => {
		const { server, channel } = await stageFor(provider);
		server.faults.push({ instead: { status: 429, headers: { 'retry-after': '90' }, body: {} } });
		expect(await channel.sendMany!(mails(3))).toEqual(Array(3).fill(expect.objectContaining({ status: 'refused', permanent: false, retryAfterMs: 90_000 })));
	});

	test(provider.isRepeatable ? 'a line cut after the call is asked again, and nothing is sent twice' : 'a line cut after the call leaves a doubt about each', async () => {
		const { server, channel } = await stageFor(provider);
		server.faults.push({ after: 'cut' });
		expect(statuses(await channel.sendMany!(mails(5)))).toEqual(Array(5).fill(provider.isRepeatable ? 'sent' : 'unknown'));
		expect(server.taken).toHaveLength(5);
	});

	test.each([['shorter than the call', (body: unknown) => body], ['of something else', () => ({ ok: true })], ['no list of results', () => [null, 'x']]])('an answer %s confirms nobody wrongly', async (_what, shape) => {
		const { server, channel } = await stageFor(provider);
		const short = provider.name === 'Postmark' ? [{ ErrorCode: 0, Message: 'OK', MessageID: 'one' }] : { data: [{ id: 'one' }], errors: [] };
		server.faults.push({ instead: { status: 200, body: shape(short) } });
		const outcomes = await channel.sendMany!(mails(3));
		expect(outcomes.slice(1).map(({ status }) => status)).toEqual(['unknown', 'unknown']);
	});
});
