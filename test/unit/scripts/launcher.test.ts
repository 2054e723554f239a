import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const { createProgress, describeFailure, formatElapsed } = require('../../../scripts/lib/progress');
const { LaunchError } = require('../../../scripts/lib/launch-error');
const { missingBuildTools } = require('../../../scripts/lib/sqlite-addon');
const { openFolder } = require('../../../scripts/lib/folder-state');
const { withLock } = require('../../../scripts/lib/lock');
const { n8nEnvironment } = require('../../../scripts/lib/n8n');
const { box, speedInWords } = require('../../../scripts/lib/launch-box');

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-launcher-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('progress', () => {
	it('counts the steps in a plain log, and says which one failed', async () => {
		let text = '';
		const { step } = createProgress({ total: 2, out: { write: (chunk: string) => (text += chunk) } });
		await step('First', async (log: (line: string) => void) => log('half way'));
		await expect(step('Second', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
		expect(text.replace(/\d+\.\d s/g, 'T')).toBe('[1/2] First ...\n[1/2] First: half way\n✔ [1/2] First · T\n[2/2] Second ...\n✘ [2/2] Second · T\n');
	});

	it('shows the last lines of the log and where it is, without npm’s own noise and without a stack', () => {
		const logFile = path.join(folder, 'install.log');
		const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
		writeFileSync(logFile, [...lines, 'npm warn Unknown user config "x".', ''].join('\n'));
		const text = describeFailure(new LaunchError('npm ci failed (exit code 1)', { logFile }));
		expect(text).toMatch(/^npm ci failed \(exit code 1\)\n\n {4}line 30\n/);
		expect(text).toContain(`    line 49\n\nThe whole log: ${logFile}`);
		expect(text).not.toContain('line 29');
	});

	it.each([
		[900, '0.9 s'],
		[59_400, '59 s'],
		[61_000, '1 min 01 s'],
	])('writes %d ms as %s', (ms, expected) => {
		expect(formatElapsed(ms)).toBe(expected);
	});
});

describe('what is missing for the database driver', () => {
	it('is one sentence that names it', () => {
		expect(missingBuildTools(() => true)).toBeUndefined();
		expect(missingBuildTools((command: string) => command !== 'g++')).toBe(
			"n8n's database driver has to be compiled on this machine, and g++ is missing: install it (on Debian: apt-get install g++) and start again.",
		);
		expect(missingBuildTools(() => false)).toContain('python3 and make and g++ are missing: install them');
	});
});

describe('user folders', () => {
	it('keeps the secrets of a demo over starts', () => {
		const first = openFolder(folder, 'demo');
		expect(first.signingSecret).toMatch(/^whsec_.{40,}/);
		expect(openFolder(folder, 'demo')).toEqual(first);
	});

	it('makes a password that n8n takes: long, with a digit and a capital', () => {
		expect(openFolder(folder, 'demo').owner.password).toMatch(/^(?=.*\d)(?=.*[A-Z]).{12,64}$/);
	});

	it('does not mix a demo and a real shop, in either direction', () => {
		openFolder(folder, 'demo');
		expect(() => openFolder(folder, 'live')).toThrow('belongs to the demo');
		const shop = path.join(folder, 'shop');
		openFolder(shop, 'live');
		expect(() => openFolder(shop, 'demo')).toThrow('belongs to a real shop');
	});
});

describe('the lock', () => {
	it('lets one in after the other', async () => {
		const file = path.join(folder, 'a.lock');
		const order: string[] = [];
		const work = (name: string) =>
			withLock(file, async () => {
				order.push(`${name} in`);
				await new Promise((resolve) => setTimeout(resolve, 20));
				order.push(`${name} out`);
			});
		await Promise.all([work('a'), work('b')]);
		expect([order[0].slice(0, 1), order[1].slice(0, 1)]).toEqual([order[1].slice(0, 1), order[0].slice(0, 1)]);
		expect(order).toHaveLength(4);
	});

	it('does not wait for a process that is gone, and is free after a failure', async () => {
		const file = path.join(folder, 'a.lock');
		writeFileSync(file, '999999999 gone');
		await expect(withLock(file, async () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
		expect(await withLock(file, async () => 'done')).toBe('done');
	});
});

describe("n8n's environment", () => {
	it('listens on this machine only and answers webhooks without a virtual machine, unless told otherwise', () => {
		const env = n8nEnvironment({ userFolder: '/u', port: 1, brokerPort: 2, node: '/n/bin/node', env: { N8N_LISTEN_ADDRESS: undefined, EXECUTIONS_DATA_MAX_AGE: '24', NODE_ENV: 'test' } });
		expect(env).toMatchObject({ N8N_LISTEN_ADDRESS: '127.0.0.1', N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true', EXECUTIONS_DATA_MAX_AGE: '24', N8N_PORT: '1', N8N_RUNNERS_BROKER_PORT: '2', N8N_USER_FOLDER: '/u', N8N_SECURE_COOKIE: 'false' });
		expect(env.PATH).toMatch(/^\/n\/bin:/);
		expect(env).not.toHaveProperty('NODE_ENV');
		expect(env).not.toHaveProperty('JEST_WORKER_ID');
	});

	it('keeps secure cookies behind https', () => {
		expect(n8nEnvironment({ userFolder: '/u', node: '/n', env: { N8N_PROTOCOL: 'https' } })).not.toHaveProperty('N8N_SECURE_COOKIE', 'false');
	});
});

describe('the closing box', () => {
	it('has straight edges', () => {
		const lines = box('Title', [['Shop', 'http://127.0.0.1:8080'], '', 'A line of its own that is longer than the others']).split('\n');
		expect(new Set(lines.map((line: string) => [...line].length)).size).toBe(1);
	});

	it.each([
		[60, 'time runs 60 ×: an hour is a minute'],
		[1, 'time runs at its usual pace'],
		[1440, 'time runs 1440 ×: an hour is 2.5 seconds'],
		[10, 'time runs 10 ×: an hour is 6 minutes'],
	])('says how fast time runs at %d', (speed, expected) => {
		expect(speedInWords(speed)).toBe(expected);
	});
});
