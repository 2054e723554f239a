import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const { ensurePackage } = require('../../scripts/lib/build');
const { installPackage } = require('../../scripts/lib/package-install');

const root = path.join(__dirname, '../..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

describe('the packed tarball', () => {
	let files: string[];
	let tarball: string;

	beforeAll(async () => {
		tarball = await ensurePackage();
		files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n').map((file) => file.replace(/^package\//, ''));
	}, 240_000);

	test('holds every node and credential that it announces, with icons and codex files', () => {
		for (const file of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) expect(files).toContain(file);
		for (const node of manifest.n8n.nodes as string[]) {
			expect(files).toContain(node.replace(/\.js$/, '.json'));
			const icons = files.filter((file) => path.dirname(file) === path.dirname(node) && file.endsWith('.svg'));
			expect(icons.length).toBeGreaterThanOrEqual(2);
		}
	});

	test('holds what the compiler does not copy: Lua, SQL, mail designs and words', () => {
		const sources = (folder: string, ending: string) => readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(ending));
		for (const [folder, ending] of [['lib/store/redis', '.lua'], ['lib/store/sqlite', '.sql'], ['lib/messages/words', '.json'], ['lib/messages/designs', '.hbs']] as const) {
			const expected = sources(folder, ending);
			expect(expected.length).toBeGreaterThan(0);
			for (const file of expected) expect(files).toContain(`dist/${folder}/${file}`);
		}
		expect(files).toContain('dist/lib/messages/designs/message.html.hbs');
	});

	test('holds the templates, the licence and the docs that n8n shows', () => {
		for (const file of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'workflows-templates/03-cart-reminder/abandoned-cart.json']) expect(files).toContain(file);
	});

	test('holds nothing else: no sources, tests, secrets or build leftovers', () => {
		const allowed = /^(package\.json|index\.js|README\.md|LICENSE|CHANGELOG\.md|workflows-templates\/.+|dist\/(nodes|credentials|lib)\/.+\.(js|json|svg|png|lua|sql|hbs))$/;
		expect(files.filter((file) => !allowed.test(file))).toEqual([]);
	});

	test('is installed as n8n installs it, without a second n8n-workflow', async () => {
		const userFolder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-package-'));
		try {
			await installPackage({ tarball, userFolder });
			const modules = path.join(userFolder, '.n8n/nodes/node_modules');
			const installed = readdirSync(modules, { recursive: true, encoding: 'utf8' });
			expect(installed.filter((file) => /(^|\/)n8n-(workflow|core)(\/|$)/.test(file))).toEqual([]);
			const found = JSON.parse(readFileSync(path.join(modules, manifest.name, 'package.json'), 'utf8'));
			expect(found).toMatchObject({ name: manifest.name, version: manifest.version, dependencies: manifest.dependencies });
			for (const dependency of Object.keys(manifest.dependencies)) expect(installed.some((file) => file.endsWith(`node_modules/${dependency}/package.json`) || file === `${dependency}/package.json`)).toBe(true);
		} finally {
			rmSync(userFolder, { recursive: true, force: true });
		}
	}, 240_000);
});

describe('package.json', () => {
	test('is what n8n looks for in a community package', () => {
		expect(manifest).toMatchObject({ name: 'n8n-nodes-shop-journeys', license: 'MIT', peerDependencies: { 'n8n-workflow': '*' }, n8n: { n8nNodesApiVersion: 1, strict: false } });
		expect(manifest.keywords).toContain('n8n-community-node-package');
	});

	test('pins every dependency to one version', () => {
		for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
	});
});
