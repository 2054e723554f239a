import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const script = path.join(__dirname, '../../../docker/entrypoint.sh');
const packageName = 'n8n-nodes-shop-journeys';

let folder: string;
let home: string;
let calls: string;

const write = (name: string, content: string, mode = 0o644) => {
	const file = path.join(folder, name);
	mkdirSync(path.dirname(file), { recursive: true });
	writeFileSync(file, content);
	chmodSync(file, mode);
};

/** What the image carries. */
function image(version: string, hash: string): void {
	rmSync(path.join(folder, 'image'), { recursive: true, force: true });
	write('image/package.json', JSON.stringify({ name: packageName, version }));
	write('image/.installed-from', hash);
	write('image/dist/node.js', `// ${version}`);
	write('image/node_modules/dependency/index.js', '');
}

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-entrypoint-'));
	home = path.join(folder, 'home');
	mkdirSync(home);
	calls = path.join(folder, 'calls');
	writeFileSync(calls, '');
	image('1.0.0', 'aaaa');
	write('templates/00-connect/one.json', '{}');
	write('templates/03-cart-reminder/two.json', '{}');
	write('bin/n8n', '#!/bin/sh\necho "n8n $*" >> "$CALLS"\nexit "${N8N_EXIT:-0}"\n', 0o755);
	write('next.sh', '#!/bin/sh\necho "next $*" >> "$CALLS"\nexit 7\n', 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(args: string[] = [], env: Record<string, string> = {}) {
	const { status, stdout, stderr } = spawnSync('sh', [script, ...args], {
		encoding: 'utf8',
		env: {
			PATH: `${path.join(folder, 'bin')}:${path.dirname(process.execPath)}:${process.env.PATH}`,
			HOME: home,
			CALLS: calls,
			SHOP_JOURNEYS_PACKAGE_DIR: path.join(folder, 'image'),
			SHOP_JOURNEYS_TEMPLATES_DIR: path.join(folder, 'templates'),
			SHOP_JOURNEYS_NEXT_ENTRYPOINT: path.join(folder, 'next.sh'),
			...env,
		},
	});
	return { status, stdout, stderr, calls: readFileSync(calls, 'utf8').split('\n').filter(Boolean) };
}

const installed = (root = home) => path.join(root, '.n8n/nodes/node_modules', packageName);
const ledger = () => JSON.parse(readFileSync(path.join(home, '.n8n/nodes/package.json'), 'utf8')) as { dependencies: Record<string, string> };

describe("the image's entrypoint", () => {
	it('brings the package into an empty volume, imports the templates, and hands over with the same arguments', () => {
		const { status, calls: made } = run(['start', '--tunnel']);
		expect(status).toBe(7);
		expect(made).toEqual([
			`n8n import:workflow --separate --input=${path.join(folder, 'templates/00-connect/')}`,
			`n8n import:workflow --separate --input=${path.join(folder, 'templates/03-cart-reminder/')}`,
			'next start --tunnel',
		]);
		expect(readFileSync(path.join(installed(), 'dist/node.js'), 'utf8')).toBe('// 1.0.0');
		expect(existsSync(path.join(installed(), 'node_modules/dependency/index.js'))).toBe(true);
		expect(ledger().dependencies).toEqual({ [packageName]: '1.0.0' });
	});

	it('leaves everything alone at the next start', () => {
		run();
		write('home/.n8n/nodes/node_modules/n8n-nodes-shop-journeys/touched', 'by hand');
		writeFileSync(calls, '');
		expect(run().calls).toEqual(['next ']);
		expect(existsSync(path.join(installed(), 'touched'))).toBe(true);
	});

	it('replaces an older package whole, and keeps other packages in n8n’s list', () => {
		run();
		const file = path.join(home, '.n8n/nodes/package.json');
		writeFileSync(file, JSON.stringify({ name: 'installed-nodes', private: true, dependencies: { ...ledger().dependencies, 'n8n-nodes-other': '2.0.0' } }));
		write('home/.n8n/nodes/node_modules/n8n-nodes-shop-journeys/dist/gone.js', '');
		image('1.1.0', 'bbbb');
		run();
		expect(existsSync(path.join(installed(), 'dist/gone.js'))).toBe(false);
		expect(readFileSync(path.join(installed(), 'dist/node.js'), 'utf8')).toBe('// 1.1.0');
		expect(ledger().dependencies).toEqual({ [packageName]: '1.1.0', 'n8n-nodes-other': '2.0.0' });
	});

	it('replaces a package of the same version with another content', () => {
		run();
		image('1.0.0', 'cccc');
		write('image/dist/node.js', '// rebuilt');
		run();
		expect(readFileSync(path.join(installed(), 'dist/node.js'), 'utf8')).toBe('// rebuilt');
	});

	it('leaves no half copy that n8n would load, and clears away what a killed start has left', () => {
		write('home/.n8n/nodes/.copying-1/package.json', '{}');
		run();
		expect(readdirSync(path.join(home, '.n8n/nodes')).sort()).toEqual(['node_modules', 'package.json']);
		expect(readdirSync(path.join(home, '.n8n/nodes/node_modules'))).toEqual([packageName]);
	});

	it('mends a list that cannot be read', () => {
		write('home/.n8n/nodes/package.json', '{');
		run();
		expect(ledger().dependencies).toEqual({ [packageName]: '1.0.0' });
	});

	it('uses the user folder that n8n uses', () => {
		const other = path.join(folder, 'other');
		run([], { N8N_USER_FOLDER: other });
		expect(existsSync(installed(other))).toBe(true);
		expect(existsSync(path.join(home, '.n8n'))).toBe(false);
	});

	it.each(['worker', 'webhook', 'execute'])('imports nothing for n8n %s', (command) => {
		expect(run([command]).calls).toEqual([`next ${command}`]);
		expect(existsSync(installed())).toBe(true);
	});

	it('starts n8n all the same when the import fails, and tries again the next time', () => {
		const failed = run([], { N8N_EXIT: '1' });
		expect(failed.calls.at(-1)).toBe('next ');
		expect(failed.stdout).toContain('could not be imported');
		writeFileSync(calls, '');
		expect(run().calls).toHaveLength(3);
		writeFileSync(calls, '');
		expect(run().calls).toHaveLength(1);
	});
});
