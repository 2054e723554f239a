import { closeStages, message, providerNamed, stageFor } from './mail-apis';

afterEach(closeStages);

const provider = providerNamed('Postmark');

test('marketing leaves over the broadcast stream, what is about an order over the other', async () => {
	const { server, channel } = await stageFor(provider);
	await channel.send(message);
	await channel.send({ ...message, kind: 'transactional' });
	await channel.send({ ...message, kind: undefined });
	expect(server.taken.map(({ stream }) => stream)).toEqual(['broadcast', 'outbound', 'broadcast']);
});

test.each([
	[10, 422, 'The Server Token is invalid', { permanent: true, scope: 'provider', response: expect.stringContaining('credential') }],
	[100, 503, 'Maintenance', { permanent: false, scope: 'provider' }],
	[300, 422, "Invalid 'To' address: 'x'.", { permanent: true, scope: 'recipient' }],
	[300, 422, "Error parsing 'To': Illegal email domain 'x' in address 'y'.", { permanent: true, scope: 'recipient' }],
	[300, 422, "Invalid 'From' address: 'x'.", { permanent: true, scope: 'provider' }],
	[300, 422, "Error parsing 'Reply-To': Illegal email domain.", { permanent: true, scope: 'provider' }],
	[400, 422, 'Sender signature not found', { permanent: true, scope: 'provider' }],
	[401, 422, 'Sender signature not confirmed', { permanent: true, scope: 'provider' }],
	[405, 422, 'You ran out of credits', { permanent: true, scope: 'provider' }],
	[406, 422, 'You tried to send to a recipient that has been marked as inactive.', { permanent: true, scope: 'recipient' }],
	[412, 422, 'While your account is pending approval, all recipient addresses must share the same domain as the From address.', { permanent: true, scope: 'provider' }],
	[1235, 422, 'The provided message stream does not exist.', { permanent: true, scope: 'provider', response: expect.stringContaining('1235') }],
])('code %i with status %i: %s', async (ErrorCode, status, Message, expected) => {
	const { server, channel } = await stageFor(provider);
	server.faults.push({ instead: { status, body: { ErrorCode, Message } } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', ...expected });
});

test('a code in a 200 is a refusal all the same', async () => {
	const { server, channel } = await stageFor(provider);
	server.faults.push({ instead: { status: 200, body: { ErrorCode: 406, Message: 'Inactive recipient' } } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', permanent: true, scope: 'recipient' });
});

test('accepted with a delay is accepted', async () => {
	const { server, channel } = await stageFor(provider);
	server.faults.push({ instead: { status: 200, body: { Message: 'Message accepted, but delivery may be delayed.', MessageID: 'abc' } } });
	expect(await channel.send(message)).toEqual({ status: 'sent', response: 'Message accepted, but delivery may be delayed.', providerId: 'abc' });
});
