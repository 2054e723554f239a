import { closeStages, message, providerNamed, stageFor } from './mail-apis';

afterEach(closeStages);

const provider = providerNamed('Resend');

test('the key of a call comes from the message, and tells nobody\'s address', async () => {
	const { server, channel } = await stageFor(provider);
	await channel.send(message);
	await channel.send({ ...message, messageId: '<other@fern.example>' });
	const keys = server.requests.map(({ headers }) => String(headers['idempotency-key']));
	expect(new Set(keys).size).toBe(2);
	for (const key of keys) expect(key).toMatch(/^[\w-]{20,256}$/);
});

test('the same message a second time is not sent a second time', async () => {
	const { server, channel } = await stageFor(provider);
	const first = await channel.send(message);
	expect(await channel.send(message)).toEqual(first);
	expect(server.taken).toHaveLength(1);
});

test('the same message in other words: nobody knows of the first one, and none is sent', async () => {
	const { server, channel } = await stageFor(provider);
	await channel.send(message);
	expect(await channel.send({ ...message, subject: 'Still here' })).toMatchObject({ status: 'unknown' });
	expect(server.taken).toHaveLength(1);
});

test('a call that is still worked on is waited for', async () => {
	const { server, channel, pauses } = await stageFor(provider);
	server.faults.push({ after: 'cut' }, { times: 2, instead: { status: 409, body: { statusCode: 409, name: 'concurrent_idempotent_requests', message: 'Same idempotency key used while original request is still in progress.' } } });
	expect(await channel.send(message)).toMatchObject({ status: 'sent' });
	expect(pauses).toHaveLength(2);
	expect(server.taken).toHaveLength(1);
});

test.each(['daily_quota_exceeded', 'monthly_quota_exceeded'])('%s is not waited for', async (name) => {
	const { server, channel, pauses } = await stageFor(provider);
	server.faults.push({ times: 9, instead: { status: 429, body: { statusCode: 429, name, message: 'You have reached your email quota.' } } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: false, scope: 'provider', response: expect.stringContaining('quota') });
	expect(pauses).toEqual([]);
	expect(server.requests).toHaveLength(1);
});

test.each([
	[401, 'missing_api_key', 'Missing API key', { permanent: true, scope: 'provider', response: expect.stringContaining('credential') }],
	[403, 'invalid_api_key', 'API key is invalid.', { permanent: true, scope: 'provider', response: expect.stringContaining('credential') }],
	[403, 'validation_error', 'You can only send testing emails to your own email address', { permanent: true, scope: 'provider' }],
	[422, 'validation_error', 'Invalid `to` field.', { permanent: true, scope: 'recipient' }],
	[422, 'validation_error', 'Invalid `reply_to` field.', { permanent: true, scope: 'provider' }],
	[422, 'invalid_from_address', 'Invalid `from` field.', { permanent: true, scope: 'provider' }],
	[451, 'security_error', 'We may have found a security issue', { permanent: true, scope: 'provider' }],
	[500, 'application_error', 'An unexpected error occurred.', { permanent: false, scope: 'provider' }],
	[200, 'validation_error', 'Invalid `to` field.', { permanent: true }],
])('%i %s: %s', async (statusCode, name, text, expected) => {
	const { server, channel } = await stageFor(provider);
	server.faults.push({ instead: { status: statusCode, body: { statusCode, name, message: text } } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', ...expected });
});

test('names lose what Resend refuses in them', async () => {
	const { server, channel } = await stageFor(provider);
	expect(await channel.send({ ...message, from: '"Fern, Field: & (Co)" <hello@fern.example>', replyTo: '"Anna; \\"A\\"" <anna@fern.example>' })).toMatchObject({ status: 'sent' });
	expect(server.taken[0]).toMatchObject({ from: { name: 'Fern Field & Co' }, replyTo: { name: 'Anna A', address: 'anna@fern.example' } });
});
