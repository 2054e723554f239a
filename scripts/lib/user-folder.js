/** An n8n user folder that is ready to be started, or copied: key, owner, package, credentials, published workflows. */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { cacheDir } = require('./paths');
const { hashText } = require('./hash');
const { withLock } = require('./lock');
const { runN8nCli, startN8n } = require('./n8n');
const { setUpOwner } = require('./owner');
const { installPackage } = require('./package-install');
const { runtimeKey } = require('./runtime');

/**
 * @typedef {object} Credential
 * @property {string} id
 * @property {string} name
 * @property {string} type
 * @property {Record<string, unknown>} data in the clear; n8n encrypts it on import
 */

const testOwner = { email: 'owner@example.com', password: 'Owner-of-the-tests-1', firstName: 'Test', lastName: 'Owner' };
const testKey = 'shop-journeys-tests-encryption-key';

/** @param {string} userFolder @param {string} encryptionKey */
function writeEncryptionKey(userFolder, encryptionKey) {
	const n8nDir = path.join(userFolder, '.n8n');
	fs.mkdirSync(n8nDir, { recursive: true });
	fs.writeFileSync(path.join(n8nDir, 'config'), JSON.stringify({ encryptionKey }, null, '\t'), { mode: 0o600 });
}

/**
 * Brings credentials and workflows in and publishes them. The n8n of this folder must not be running.
 * @param {{ userFolder: string, runtime: import('./runtime').Runtime, credentials?: Credential[], workflows?: Array<{ id: string, name: string }>, publish?: string[], env?: NodeJS.ProcessEnv, log?: (line: string) => void }} options `publish`: ids, all of them when left out
 */
async function importInto({ userFolder, runtime, credentials = [], workflows = [], publish = workflows.map(({ id }) => id), env, log = () => {} }) {
	const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'shop-journeys-import-'));
	const write = (name, content) => {
		const file = path.join(temporary, name);
		// Secrets in the clear: for this user only, and not for long.
		fs.writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
		return file;
	};
	try {
		if (credentials.length > 0) {
			log(`importing ${credentials.length} credentials`);
			await runN8nCli({ userFolder, runtime, env, args: ['import:credentials', `--input=${write('credentials.json', credentials)}`] });
		}
		if (workflows.length > 0) {
			log(`importing ${workflows.length} workflows`);
			await runN8nCli({ userFolder, runtime, env, args: ['import:workflow', `--input=${write('workflows.json', workflows)}`] });
		}
		for (const [index, id] of publish.entries()) {
			log(`publishing workflow ${index + 1} of ${publish.length}`);
			await runN8nCli({ userFolder, runtime, env, args: ['publish:workflow', `--id=${id}`] });
		}
	} finally {
		fs.rmSync(temporary, { recursive: true, force: true });
	}
}

/**
 * A folder with n8n's tables and an owner, made once and copied afterwards: creating the tables takes n8n ten seconds.
 * @param {{ runtime: import('./runtime').Runtime, owner: typeof testOwner, encryptionKey: string, log: (line: string) => void }} options
 */
async function ensureBaseFolder({ runtime, owner, encryptionKey, log }) {
	const base = path.join(cacheDir(), `user-folder-${hashText(JSON.stringify([runtimeKey(), owner, encryptionKey]))}`);
	if (fs.existsSync(base)) return base;
	await withLock(
		`${base}.lock`,
		async () => {
			if (fs.existsSync(base)) return;
			const building = `${base}.building`;
			fs.rmSync(building, { recursive: true, force: true });
			fs.mkdirSync(building, { recursive: true });
			writeEncryptionKey(building, encryptionKey);
			log("creating n8n's tables");
			const n8n = await startN8n({ userFolder: building, runtime });
			try {
				await setUpOwner(n8n.url, owner);
			} finally {
				await n8n.stop();
			}
			fs.rmSync(path.join(building, 'n8n.log'), { force: true });
			fs.renameSync(building, base);
		},
		log,
	);
	return base;
}

/**
 * Makes a user folder for tests, to be started with `startN8n` or copied first. What is slow about it is cached.
 * @param {object} options
 * @param {string} options.userFolder must not exist, or be empty
 * @param {import('./runtime').Runtime} options.runtime
 * @param {string} [options.tarball] the package, from `ensurePackage()`; none means a plain n8n
 * @param {Credential[]} [options.credentials]
 * @param {Array<{ id: string, name: string }>} [options.workflows] with fixed ids
 * @param {string[]} [options.publish] ids; all workflows when left out
 * @param {typeof testOwner} [options.owner]
 * @param {string} [options.encryptionKey]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {(line: string) => void} [options.log]
 * @returns {Promise<{ userFolder: string, owner: typeof testOwner, encryptionKey: string }>}
 */
async function prepareUserFolder({ userFolder, runtime, tarball, credentials, workflows, publish, owner = testOwner, encryptionKey = testKey, env, log = () => {} }) {
	const base = await ensureBaseFolder({ runtime, owner, encryptionKey, log });
	fs.mkdirSync(userFolder, { recursive: true });
	fs.cpSync(base, userFolder, { recursive: true });
	if (tarball) await installPackage({ tarball, userFolder, log });
	await importInto({ userFolder, runtime, credentials, workflows, publish, env, log });
	return { userFolder, owner, encryptionKey };
}

module.exports = { prepareUserFolder, importInto, writeEncryptionKey, testOwner };
