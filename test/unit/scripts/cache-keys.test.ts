import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const { hashFiles, hashTree } = require('../../../scripts/lib/hash');
const { runtimeKey } = require('../../../scripts/lib/runtime');
const { cacheDir } = require('../../../scripts/lib/paths');
const { dependenciesMatchLock } = require('../../../scripts/lib/build');
const { stripManifest } = require('../../../scripts/lib/package-install');

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-keys-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string | object) => {
	mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
	writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
};

describe('keys of the cache', () => {
	it('keys the pinned n8n by its manifest and lock file, byte for byte', () => {
		const dir = path.join(__dirname, '../../../docker/runtime');
		const bytes = Buffer.concat([readFileSync(path.join(dir, 'package.json')), readFileSync(path.join(dir, 'package-lock.json'))]);
		expect(runtimeKey()).toBe(createHash('sha256').update(bytes).digest('hex').slice(0, 16));
	});

	it('notices a changed byte, a new name and a new file, and nothing else', () => {
		write('a/one.ts', '1');
		write('b.json', '{}');
		const entries = ['a', 'b.json', 'missing'];
		const before = hashTree(folder, entries);
		expect(hashTree(folder, entries)).toBe(before);
		write('elsewhere.ts', '1');
		expect(hashTree(folder, entries)).toBe(before);
		write('a/one.ts', '2');
		const changed = hashTree(folder, entries);
		expect(changed).not.toBe(before);
		write('a/two.ts', '');
		expect(hashTree(folder, entries)).not.toBe(changed);
		expect(hashFiles([path.join(folder, 'b.json')])).toHaveLength(16);
	});

	it('does not mistake one split of names and contents for another', () => {
		write('x/ab', 'c');
		write('y/a', 'bc');
		expect(hashTree(path.join(folder, 'x'), ['ab'])).not.toBe(hashTree(path.join(folder, 'y'), ['a']));
	});

	it.each([
		[{ SHOP_JOURNEYS_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
		[{ XDG_CACHE_HOME: '/x' }, '/x/n8n-nodes-shop-journeys'],
	])('finds the cache for %j', (env, expected) => {
		expect(cacheDir(env)).toBe(path.normalize(expected));
	});
});

describe('whether node_modules is what the lock file asks for', () => {
	const lock = { packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/only-elsewhere': { version: '2.0.0', optional: true } } };
	const install = (packages: object) => write('node_modules/.package-lock.json', { packages });

	it('is so when every version is there', () => {
		write('package-lock.json', lock);
		expect(dependenciesMatchLock(folder)).toBe(false);
		install({ 'node_modules/a': { version: '1.0.0' } });
		expect(dependenciesMatchLock(folder)).toBe(true);
	});

	it.each([{}, { 'node_modules/a': { version: '1.0.1' } }, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/only-elsewhere': { version: '1.0.0' } }])('is not so for %j', (packages) => {
		write('package-lock.json', lock);
		install(packages);
		expect(dependenciesMatchLock(folder)).toBe(false);
	});
});

it("strips what n8n's installer strips", () => {
	const manifest = { name: 'n', version: '1.0.0', dependencies: { a: '1' }, devDependencies: { b: '1' }, peerDependencies: { 'n8n-workflow': '*' }, optionalDependencies: { c: '1' }, n8n: {} };
	expect(stripManifest(manifest)).toEqual({ name: 'n', version: '1.0.0', dependencies: { a: '1' }, n8n: {} });
});
