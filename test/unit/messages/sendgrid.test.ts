import { closeStages, message, providerNamed, stageFor } from './mail-apis';

afterEach(closeStages);

const provider = providerNamed('SendGrid');

test.each([
	['the account has no credits left', 401, [{ message: 'Maximum credits exceeded', field: null }], { permanent: true, scope: 'provider', response: expect.stringContaining('Maximum credits exceeded') }],
	['the key may not send', 403, [{ message: 'access forbidden', field: null }], { permanent: true, scope: 'provider' }],
	['the address is not valid', 400, [{ message: 'Does not contain a valid address.', field: 'personalizations.0.to.0.email' }], { permanent: true, scope: 'recipient' }],
	['something else is wrong as well', 400, [{ message: 'Does not contain a valid address.', field: 'personalizations.0.to.0.email' }, { message: 'Invalid', field: 'from.email' }], { permanent: true, scope: 'provider' }],
	['the ref is too long', 400, [{ message: 'Too long', field: 'personalizations.0.custom_args' }], { permanent: true, scope: 'provider' }],
	['it says no word', 400, undefined, { permanent: true, scope: 'provider' }],
])('%s', async (_what, status, errors, expected) => {
	const { server, channel } = await stageFor(provider);
	server.faults.push({ instead: { status, body: { errors } } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', ...expected });
});

test('its sandbox looks at a mail and sends none', async () => {
	const { server, channel } = await stageFor(provider);
	server.faults.push({ instead: { status: 200, body: '' } });
	expect(await channel.send(message)).toMatchObject({ status: 'unknown' });
});

test('neither body may be empty', async () => {
	const { server, channel } = await stageFor(provider);
	expect(await channel.send({ ...message, text: '' })).toMatchObject({ status: 'sent' });
	expect(server.taken[0].text.trim()).toBe('');
});
