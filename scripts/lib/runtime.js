/**
 * The pinned n8n and the Node.js it needs, installed once per lock file into the cache. Nothing of it depends on the
 * host's Node beyond npm itself.
 */
const fs = require('node:fs');
const path = require('node:path');
const { checkoutDir, cacheDir, logFileFor } = require('./paths');
const { hashFiles } = require('./hash');
const { LaunchError } = require('./launch-error');
const { isRunning, withLock } = require('./lock');
const { npmEnvironment, runCommand } = require('./run-command');
const { ensureSqliteAddon } = require('./sqlite-addon');

const manifestDir = path.join(checkoutDir, 'docker', 'runtime');
const oldestNodeForTests = [22, 13];
const oldestNodeForN8n = 24;

/**
 * @typedef {object} Runtime
 * @property {string} dir
 * @property {string} node path of the Node.js that runs n8n
 * @property {string} n8nBin
 */

/** The key under which this checkout's n8n is cached. */
function runtimeKey() {
	return hashFiles([path.join(manifestDir, 'package.json'), path.join(manifestDir, 'package-lock.json')]);
}

function runtimeDir(env = process.env) {
	return path.join(cacheDir(env), `runtime-${runtimeKey()}`);
}

/** The npm package that holds the Node binary for this machine; its version is the one in the lock file. */
function nodePackage() {
	const { optionalDependencies } = JSON.parse(fs.readFileSync(path.join(manifestDir, 'package.json'), 'utf8'));
	const name = `node-${process.platform}-${process.arch}`;
	return optionalDependencies[name] ? { name, version: optionalDependencies[name] } : undefined;
}

/** @param {string} dir */
function nodeIn(dir) {
	const node = path.join(dir, 'node_modules', '.bin', 'node');
	if (fs.existsSync(node)) return node;
	if (Number(process.versions.node.split('.')[0]) >= oldestNodeForN8n) return process.execPath;
	throw new LaunchError(
		`n8n needs Node.js ${oldestNodeForN8n}, and there is no package of it for ${process.platform} on ${process.arch}: install Node.js ${oldestNodeForN8n} or newer and start again with it.`,
	);
}

/** @param {string} dir @returns {Runtime} */
function describeRuntime(dir) {
	return { dir, node: nodeIn(dir), n8nBin: path.join(dir, 'node_modules', 'n8n', 'bin', 'n8n') };
}

/** @param {string} dir */
function isInstalled(dir) {
	return fs.existsSync(path.join(dir, 'node_modules', 'n8n', 'bin', 'n8n')) && fs.existsSync(path.join(dir, 'node_modules', 'sqlite3', 'build', 'Release', 'node_sqlite3.node'));
}

/**
 * An empty folder to build in, of this process alone. What processes that were killed have left is cleared away.
 * @param {string} target
 */
function temporaryBeside(target) {
	const prefix = `${path.basename(target)}.building-`;
	fs.mkdirSync(path.dirname(target), { recursive: true });
	for (const name of fs.readdirSync(path.dirname(target))) {
		const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : 0;
		if (pid && (pid === process.pid || !isRunning(pid))) fs.rmSync(path.join(path.dirname(target), name), { recursive: true, force: true });
	}
	const folder = path.join(path.dirname(target), `${prefix}${process.pid}`);
	fs.mkdirSync(folder);
	return folder;
}

/**
 * Copies a manifest and its lock file into a folder beside the target, installs there and renames: the target is there
 * as a whole or not at all.
 * @param {{ from: string, to: string, logFile: string, what: string, log: (line: string) => void, finish?: (dir: string) => Promise<void> }} options
 */
async function installLocked({ from, to, logFile, what, log, finish }) {
	const building = temporaryBeside(to);
	fs.rmSync(logFile, { force: true });
	for (const name of ['package.json', 'package-lock.json']) fs.copyFileSync(path.join(from, name), path.join(building, name));
	log(`downloading ${what}`);
	await runCommand('npm', ['ci', '--ignore-scripts', '--include=optional', '--omit=dev', '--no-audit', '--no-fund', '--engine-strict=false'], {
		cwd: building,
		env: npmEnvironment(),
		logFile,
		what: `Installing ${what}`,
	});
	await finish?.(building);
	fs.rmSync(to, { recursive: true, force: true });
	fs.renameSync(building, to);
}

/**
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<Runtime>}
 */
async function ensureRuntime({ log = () => {} } = {}) {
	const dir = runtimeDir();
	if (!isInstalled(dir)) {
		await withLock(
			`${dir}.lock`,
			async () => {
				if (isInstalled(dir)) return;
				const logFile = logFileFor('runtime');
				await installLocked({
					from: manifestDir,
					to: dir,
					logFile,
					what: 'n8n and its Node.js (about 2.8 GB, some minutes)',
					log,
					finish: async (building) => await ensureSqliteAddon({ dir: building, node: nodeIn(building), logFile, log }),
				});
			},
			log,
		);
	}
	return describeRuntime(dir);
}

/**
 * A Node.js that can run the unit tests (`node:sqlite` without a flag): the runtime's, else the host's, else the same
 * one as the runtime's, alone.
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<string>}
 */
async function ensureNode({ log = () => {} } = {}) {
	const dir = runtimeDir();
	if (isInstalled(dir)) return nodeIn(dir);
	const [major, minor] = process.versions.node.split('.').map(Number);
	const [oldestMajor, oldestMinor] = oldestNodeForTests;
	if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return process.execPath;
	const wanted = nodePackage();
	if (!wanted) return nodeIn(dir);
	const to = path.join(cacheDir(), `${wanted.name}-${wanted.version}`);
	const node = path.join(to, 'node_modules', '.bin', 'node');
	if (fs.existsSync(node)) return node;
	await withLock(
		`${to}.lock`,
		async () => {
			if (fs.existsSync(node)) return;
			const building = temporaryBeside(to);
			const logFile = logFileFor('node');
			fs.rmSync(logFile, { force: true });
			fs.writeFileSync(path.join(building, 'package.json'), JSON.stringify({ name: 'shop-journeys-node', private: true, dependencies: { [wanted.name]: wanted.version } }));
			log(`downloading Node.js ${wanted.version}`);
			await runCommand('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false'], {
				cwd: building,
				env: npmEnvironment(),
				logFile,
				what: `Installing Node.js ${wanted.version}`,
			});
			fs.rmSync(to, { recursive: true, force: true });
			fs.renameSync(building, to);
		},
		log,
	);
	return node;
}

/**
 * The environment in which `node` is the runtime's: n8n starts its task runner by that name.
 * @param {string} node
 * @param {NodeJS.ProcessEnv} [env]
 */
function withNodeOnPath(node, env = process.env) {
	return { ...env, PATH: `${path.dirname(node)}${path.delimiter}${env.PATH ?? ''}` };
}

module.exports = { ensureRuntime, ensureNode, installLocked, runtimeDir, runtimeKey, withNodeOnPath };
