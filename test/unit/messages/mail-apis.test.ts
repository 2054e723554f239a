import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { refOf } from '../../../lib/messages/channels/ref';
import { apis, closeStages, message, stageFor, wrongCredential } from './mail-apis';

afterEach(closeStages);

const soon = { status: 'refused', permanent: false, scope: 'provider' };
const never = { status: 'refused', permanent: true, scope: 'provider' };

describe.each(apis)('$name', (provider) => {
	describe('what arrives', () => {
		test('sender, recipient, Reply-To, subject, both bodies and our headers', async () => {
			const { server, channel } = await stageFor(provider);
			const outcome = await channel.send(message);
			const [mail] = server.taken;
			expect(outcome).toMatchObject({ status: 'sent', providerId: mail.id });
			expect(mail).toMatchObject({
				from: { name: 'Fern & Field', address: 'hello@fern.example' },
				to: 'mia@example.org',
				replyTo: { name: 'Anna', address: 'anna@fern.example' },
				subject: message.subject,
				headers: { 'auto-submitted': 'auto-generated', 'list-unsubscribe': message.headers['List-Unsubscribe'], 'list-unsubscribe-post': 'List-Unsubscribe=One-Click' },
			});
			expect([mail.html.trim(), mail.text.trim()]).toEqual(['<p>Hello Mia</p>', 'Hello Mia']);
			if (provider.keepsMessageId) expect(mail.headers['message-id']).toBe(message.messageId);
			expect(server.requests).toHaveLength(1);
		});

		test('the ref comes back with the provider\'s events, also a long one with every letter that it may have', async () => {
			const { server, channel } = await stageFor(provider);
			const refs = [message.ref!, `${'aB0-_'.repeat(100)}.${'__--._.-'.repeat(3)}Zz9`];
			for (const ref of refs) await channel.send({ ...message, messageId: `<${ref.length}@fern.example>`, ref });
			expect(server.taken.map(({ metadata }) => refOf(provider.carrier, metadata))).toEqual(refs);
		});

		test('without a ref, or with one longer than the provider takes, the mail leaves without it', async () => {
			const { server, channel } = await stageFor(provider);
			await channel.send({ ...message, ref: undefined });
			await channel.send({ ...message, messageId: '<2@fern.example>', ref: 'x'.repeat(9000) });
			expect(server.taken.map(({ metadata }) => refOf(provider.carrier, metadata))).toEqual([undefined, undefined]);
		});

		test('the provider\'s own tracking and unsubscribing are off', async () => {
			const { server, channel } = await stageFor(provider);
			await channel.send(message);
			expect(server.taken[0].isTracked).toBe(false);
		});

		test.each([
			['日本の店 花', '春のお知らせ 🌸'],
			['محمد وشركاؤه', '🧺 محمد، سلتك في انتظارك'],
			['Žluťoučký kůň', 'Überraschung für Zoë — “only” today'],
		])('the name "%s" and its subject', async (name, subject) => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, from: `${name} <hello@fern.example>`, subject })).toMatchObject({ status: 'sent' });
			expect(server.taken[0]).toMatchObject({ from: { name, address: 'hello@fern.example' }, subject });
		});

		test('a name with quotation marks, commas and semicolons leads to nobody else', async () => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, from: '"Fern, \\"Field\\"; & Co: <eve@evil.example>" <hello@fern.example>' })).toMatchObject({ status: 'sent' });
			expect(server.taken[0].from.address).toBe('hello@fern.example');
			expect(server.taken[0].from.name).toMatch(/^Fern.*Field.*Co/);
		});

		test('an international domain leaves as DNS knows it', async () => {
			const { server, channel } = await stageFor(provider);
			await channel.send({ ...message, to: 'mia@bücher.example' });
			expect(server.taken[0].to).toBe('mia@xn--bcher-kva.example');
		});

		test('bodies of 100 kB, letter by letter', async () => {
			const { server, channel } = await stageFor(provider);
			const line = '<p>Grüße — 山茶花 &amp; "quotes", 100% = x\u00a0y; +1 🌿</p>\n.\n';
			const html = line.repeat(Math.ceil(100_000 / Buffer.byteLength(line)));
			expect(await channel.send({ ...message, html, text: html })).toMatchObject({ status: 'sent' });
			const [mail] = server.taken;
			expect(mail.html.replaceAll('\r\n', '\n').trim() === html.trim()).toBe(true);
			expect(mail.text.replaceAll('\r\n', '\n').trim() === html.trim()).toBe(true);
		});
	});

	describe('what somebody smuggles in', () => {
		test('line breaks in subject and names start no header', async () => {
			const { server, channel } = await stageFor(provider);
			await channel.send({ ...message, subject: 'Hello\r\nBcc: eve@evil.example\n\nbody', replyTo: 'Anna\r\nBcc: eve@evil.example <anna@fern.example>' });
			const [mail] = server.taken;
			expect(mail.subject).toBe('Hello Bcc: eve@evil.example body');
			expect(mail.replyTo).toBeUndefined();
			expect(Object.keys(mail.headers)).not.toContain('bcc');
		});

		test.each(['X-Note', 'List-Id'])('line breaks in the value of %s start no header', async (name) => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, headers: { ...message.headers, [name]: 'a\r\nBcc: eve@evil.example\r\n\r\n<p>' } })).toMatchObject({ status: 'sent' });
			expect(Object.keys(server.taken[0].headers)).not.toContain('bcc');
			expect(server.taken[0].headers[name.toLowerCase()] ?? '').not.toMatch(/[\r\n]/);
		});

		test('a name of a header that is none is left out', async () => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, headers: { 'X-A\r\nBcc': 'eve@evil.example', 'X B: c': 'd', '': 'e' } })).toMatchObject({ status: 'sent' });
			expect(JSON.stringify(server.taken[0].headers)).not.toMatch(/eve|bcc/i);
		});

		test.each(['mia', 'mia@', 'mia@example', 'mia@example.org, eve@example.org', 'mia@example.org\r\nBcc: eve@example.org', 'mia <mia@example..org>', ''])('the recipient "%s" is refused before anything is asked', async (to) => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, to })).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient' });
			expect(server.requests).toHaveLength(0);
		});

		test('a sender that is no address is the shop\'s to correct', async () => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, from: 'Fern & Field' })).toMatchObject({ ...never, response: expect.stringContaining('sender') });
			expect(server.requests).toHaveLength(0);
		});

		test('an address with other letters before the @ is said to be one that the provider does not reach', async () => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, to: 'märy@example.org' })).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient', response: expect.stringContaining(provider.name) });
			expect(server.requests).toHaveLength(0);
		});
	});

	describe('what the provider refuses', () => {
		test('a wrong key is for good, and the provider\'s', async () => {
			const { server, channel } = await stageFor(provider, { credential: wrongCredential });
			const outcome = await channel.send(message);
			expect(outcome).toMatchObject({ ...never, response: expect.stringMatching(/credential/) });
			expect(server.taken).toHaveLength(0);
			expect(JSON.stringify(outcome)).not.toContain(wrongCredential.apiKey);
		});

		test('a sender that was not verified is not the recipient\'s fault', async () => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, from: 'shop@other.example' })).toMatchObject(never);
			expect(server.taken).toHaveLength(0);
		});

		test('a recipient that it refuses at once is the recipient\'s, for good', async () => {
			const { server, channel } = await stageFor(provider);
			expect(await channel.send({ ...message, to: provider.refusedRecipient })).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient', response: expect.stringContaining(provider.name) });
			expect(server.taken).toHaveLength(0);
		});

		test('a path that is not its API names the field', async () => {
			const { server, channel } = await stageFor(provider);
			server.faults.push({ instead: { status: 404, body: '' } }, { instead: { status: 301, headers: { location: 'https://elsewhere.example/' } } });
			expect(await channel.send(message)).toMatchObject({ ...never, response: expect.stringContaining('API Address') });
			expect(await channel.send(message)).toMatchObject({ ...never, response: expect.stringContaining('API Address') });
			expect(server.requests).toHaveLength(2);
		});

		test('a message that is too large', async () => {
			const { server, channel } = await stageFor(provider);
			server.faults.push({ instead: { status: 413, body: { message: 'Request Entity Too Large' } } });
			expect(await channel.send(message)).toMatchObject({ ...never, response: expect.stringContaining('larger') });
			expect(server.taken).toHaveLength(0);
		});

		test.each([408, 500, 503])('%i is for now', async (status) => {
			const { server, channel } = await stageFor(provider);
			server.faults.push({ instead: { status, body: '<html><body>Internal error</body></html>' } });
			const outcome = await channel.send(message);
			expect(outcome).toMatchObject(soon);
			expect(outcome.response).not.toContain('<');
			expect(server.requests).toHaveLength(1);
		});

		test('what it repeats of the key is struck out', async () => {
			const { server, channel } = await stageFor(provider);
			const body = { message: `Not with ${provider.secret}`, Message: `Not with ${provider.secret}`, ErrorCode: 99, name: 'validation_error', errors: [{ message: `Not with ${provider.secret}`, field: 'from' }] };
			for (const status of [400, 403, 429, 500]) {
				server.faults.push({ times: 20, instead: { status, headers: { 'retry-after': '100' }, body } });
				const outcome = await channel.send(message);
				expect(outcome.status).toBe('refused');
				expect(JSON.stringify(outcome)).not.toContain(provider.secret);
				server.faults.splice(0);
			}
		});
	});

	describe('too fast', () => {
		test('a short pause is waited, and the mail leaves once', async () => {
			const { server, channel, pauses } = await stageFor(provider);
			server.faults.push({ times: 2, instead: { status: 429, headers: { 'retry-after': '3' }, body: {} } });
			expect(await channel.send(message)).toMatchObject({ status: 'sent' });
			expect(pauses).toEqual([3000, 3000]);
			expect(server.taken).toHaveLength(1);
		});

		test('a long one is put off, with the time it takes', async () => {
			const { server, channel, pauses } = await stageFor(provider);
			server.faults.push({ instead: { status: 429, headers: { 'retry-after': '3600' }, body: { message: 'slow down' } } });
			expect(await channel.send(message)).toMatchObject({ ...soon, retryAfterMs: 3_600_000 });
			expect(pauses).toEqual([]);
		});

		test('a provider that never says when is asked for half a minute at most', async () => {
			const { server, channel, pauses } = await stageFor(provider);
			server.faults.push({ times: 1000, instead: { status: 429, body: {} } });
			expect(await channel.send(message)).toMatchObject(soon);
			const waited = pauses.reduce((sum, pause) => sum + pause, 0);
			expect(waited).toBeGreaterThan(5000);
			expect(waited).toBeLessThanOrEqual(30_000);
			expect(server.taken).toHaveLength(0);
		});

		test.each([['0'], [new Date(0).toUTCString()], ['soon']])('"Retry-After: %s" for ever ends too', async (retryAfter) => {
			const { server, channel } = await stageFor(provider);
			server.faults.push({ times: 1000, instead: { status: 429, headers: { 'retry-after': retryAfter }, body: {} } });
			expect(await channel.send(message)).toMatchObject(soon);
			expect(server.requests.length).toBeLessThan(100);
		});

		test('limits in other headers are read', async () => {
			const { server, channel, pauses } = await stageFor(provider);
			server.faults.push({ instead: { status: 429, headers: { 'ratelimit-reset': '2' }, body: {} } });
			server.faults.push({ instead: { status: 429, headers: { 'x-ratelimit-reset': '1800000007' }, body: {} } });
			expect(await channel.send(message)).toMatchObject({ status: 'sent' });
			expect(pauses).toEqual([2000, 5000]);
		});
	});

	describe('silence and broken lines', () => {
		const doubtful = provider.isRepeatable ? 'is asked again, and the mail leaves once' : 'leaves a doubt, and the mail is not sent again';

		test.each(['cut', 'cutMidway'] as const)(`a line that breaks after the mail was taken (%s) ${doubtful}`, async (after) => {
			const { server, channel } = await stageFor(provider);
			server.faults.push({ after });
			expect(await channel.send(message)).toMatchObject({ status: provider.isRepeatable ? 'sent' : 'unknown' });
			expect(server.taken).toHaveLength(1);
			expect(server.requests).toHaveLength(provider.isRepeatable ? 2 : 1);
		});

		test(`a provider that hangs ${doubtful}`, async () => {
			const { server, channel } = await stageFor(provider, { timeoutMs: 2500 });
			server.faults.push({ after: 'hang' });
			expect(await channel.send(message)).toMatchObject({ status: provider.isRepeatable ? 'sent' : 'unknown' });
			expect(server.taken).toHaveLength(1);
		});

		test.each([502, 504])(`a gateway that lost its patience (%i) ${doubtful}`, async (status) => {
			const { server, channel } = await stageFor(provider);
			server.faults.push({ after: { status, body: 'Bad gateway' } });
			expect(await channel.send(message)).toMatchObject({ status: provider.isRepeatable ? 'sent' : 'unknown' });
			expect(server.taken).toHaveLength(1);
		});

		test('a doubt that the second attempt does not end stays one', async () => {
			const { server, channel } = await stageFor(provider);
			server.faults.push({ after: 'cut' }, { instead: { status: 500, body: {} } });
			expect(await channel.send(message)).toMatchObject({ status: 'unknown' });
			expect(server.taken).toHaveLength(1);
			expect(server.requests.length).toBeLessThanOrEqual(2);
		});

		test('a port where nobody listens is for now', async () => {
			const free = createServer();
			await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
			const { port } = free.address() as AddressInfo;
			await new Promise((resolve) => free.close(resolve));
			const { channel } = await stageFor(provider, { address: `http://127.0.0.1:${port}` });
			expect(await channel.send(message)).toMatchObject({ ...soon, response: expect.stringContaining('nothing listens') });
		});

		test('a host that does not exist is for now', async () => {
			const { channel } = await stageFor(provider, { address: 'http://mail-api.invalid' });
			expect(await channel.send(message)).toMatchObject({ ...soon, response: expect.stringContaining('no such address') });
		});

		test('something that does not speak TLS is for now', async () => {
			const plain = await provider.start();
			const { channel } = await stageFor(provider, { address: `https://127.0.0.1:${plain.port}` });
			expect(await channel.send(message)).toMatchObject(soon);
			expect(plain.requests).toHaveLength(0);
			await plain.close();
		});
	});

	test.each([['no JSON', 'OK'], ['a page', '<html>Welcome</html>'], ['another service\'s answer', { ok: true }], ['null', null], ['an error', { statusCode: 422, name: 'validation_error', message: 'Invalid', ErrorCode: 300, Message: 'Invalid', errors: [{ message: 'Invalid' }] }]])('a 200 with %s is no success', async (_what, body) => {
		const { server, channel } = await stageFor(provider);
		server.faults.push({ instead: { status: 200, body } });
		expect((await channel.send(message)).status).not.toBe('sent');
	});

	test.each([201, 202, 204, 299])('a %i without a confirmation is no success, and no refusal', async (status) => {
		const { server, channel } = await stageFor(provider);
		server.faults.push({ instead: { status, body: '' } });
		const outcome = await channel.send(message);
		// SendGrid confirms with the status alone.
		expect(outcome.status).toBe(provider.name === 'SendGrid' && status === 202 ? 'sent' : 'unknown');
	});

	test('many at once keep each its own outcome', async () => {
		const { server, channel } = await stageFor(provider);
		const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => channel.send({ ...message, messageId: `<${index}@fern.example>`, to: index % 3 === 0 ? provider.refusedRecipient : `mia${index}@example.org` })));
		expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, (_, index) => (index % 3 === 0 ? 'refused' : 'sent')));
		expect(server.taken).toHaveLength(13);
		for (const [index, outcome] of outcomes.entries()) {
			if (outcome.status === 'sent') expect(server.taken.find(({ id }) => id === outcome.providerId)?.to).toBe(`mia${index}@example.org`);
		}
	});
});
