import { createMailgunChannel } from '../../../lib/messages/channels/mailgun';
import { closeStages, message, providerNamed, stageFor } from './mail-apis';

afterEach(closeStages);

const provider = providerNamed('Mailgun');

test.each([
	['a sandbox domain, whose list does not have the address', 403, { message: 'Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients in Account Settings.' }, { permanent: true, scope: 'provider' }],
	['the same with another status', 400, { message: 'Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in domain settings.' }, { permanent: true, scope: 'provider' }],
	['the recipient is not valid', 400, { message: 'to parameter is not a valid address. please check documentation' }, { permanent: true, scope: 'recipient' }],
	['the recipient is not valid, in quotes', 400, { message: "'to' parameter is not a valid address. please check documentation" }, { permanent: true, scope: 'recipient' }],
	['the sender is not valid', 400, { message: 'from parameter is not a valid address. please check documentation' }, { permanent: true, scope: 'provider' }],
	['the Reply-To is not valid', 400, { message: 'h:Reply-To parameter is not a valid address. please check documentation' }, { permanent: true, scope: 'provider' }],
	['no such domain', 404, { message: 'Domain not found: mg.fern.example' }, { permanent: true, scope: 'provider', response: expect.stringContaining('Domain not found') }],
	['the domain has sent enough this hour', 420, { message: 'Domain mg.fern.example is not allowed to send: recipient limit exceeded, try again after' }, { permanent: false, scope: 'provider' }],
])('%s', async (_what, status, body, expected) => {
	const { server, channel } = await stageFor(provider);
	server.faults.push({ times: 100, instead: { status, body } });
	expect(await channel.send(message)).toMatchObject({ status: 'refused', ...expected });
	expect(server.taken).toHaveLength(0);
});

test('a domain cannot lead the request to another path', async () => {
	const urls: string[] = [];
	const tools = {
		http: async ({ url }: { url: string }) => {
			urls.push(url);
			return { status: 404, headers: {}, body: '' };
		},
		nowMs: () => 0,
		sleep: async () => undefined,
	};
	await createMailgunChannel({ address: 'https://api.mailgun.net', secrets: [], domain: '../domains/other?x=' }, tools).send(message);
	expect(urls).toEqual(['https://api.mailgun.net/v3/..%2Fdomains%2Fother%3Fx%3D/messages']);
});
