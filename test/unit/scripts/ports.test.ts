import { type AddressInfo, createServer, type Server } from 'node:net';

const { claimPort, freePort, nameOfCommand, portFromEnv, portSentence } = require('../../../scripts/lib/ports');

describe('ports', () => {
	let server: Server;
	let taken: number;

	beforeAll(async () => {
		server = createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		taken = (server.address() as AddressInfo).port;
	});
	afterAll(() => server.close());

	it('says which port is taken, by whom, and what to set', async () => {
		const attempt = claimPort({ env: { N8N_PORT: String(taken) }, variable: 'N8N_PORT', fallback: 5678, what: 'n8n' });
		await expect(attempt).rejects.toMatchObject({ name: 'LaunchError', message: expect.stringMatching(new RegExp(`Port ${taken}, which n8n needs, is taken: .*N8N_PORT=\\d+ npm start`)) });
	});

	it('names the process where the system tells', async () => {
		const attempt = claimPort({ env: {}, variable: 'DEMO_SHOP_PORT', fallback: taken, what: 'the demo shop' });
		const expected = process.platform === 'linux' ? `process ${process.pid} \\(` : 'another program';
		await expect(attempt).rejects.toThrow(new RegExp(expected));
	});

	it('takes a free port as it is, and any free one for 0', async () => {
		const free = await freePort();
		expect(await claimPort({ env: { P: String(free) }, variable: 'P', fallback: 1, what: 'it' })).toBe(free);
		const chosen = await claimPort({ env: { P: '0' }, variable: 'P', fallback: taken, what: 'it' });
		expect(chosen).toBeGreaterThan(1023);
		expect(chosen).not.toBe(taken);
	});

	it.each(['-1', '65536', '80a', '1.5', ' '])('refuses %j in a sentence', (text) => {
		expect(() => portFromEnv({ P: text }, 'P', 1)).toThrow(`P=${text} is not a port`);
	});

	it.each([undefined, ''])('uses the usual port for %j', (text) => {
		expect(portFromEnv({ P: text }, 'P', 5678)).toBe(5678);
	});

	it('guesses who it may be when nobody tells', () => {
		expect(portSentence({ port: 5678, variable: 'N8N_PORT', what: 'n8n' })).toBe(
			'Port 5678, which n8n needs, is taken: another program listens on it, perhaps another n8n or a start of this in another terminal. Stop that program, or set N8N_PORT to another port, e.g. N8N_PORT=5679 npm start.',
		);
		expect(portSentence({ port: 65535, variable: 'P', what: 'it' })).toContain('P=65534');
		expect(portSentence({ port: 80, variable: 'P', what: 'it', code: 'EACCES' })).toContain('below 1024 need root');
	});

	it('names a command without paths and options', () => {
		expect(nameOfCommand(['/x/bin/node', '--require', '/y/watch.js', '/z/bin/n8n', 'start', '--open'])).toBe('node n8n start');
	});
});
