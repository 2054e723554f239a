/** n8n's database driver is the one native part of the runtime: its prebuilt file if there is one, else built here. */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { LaunchError } = require('./launch-error');
const { npmEnvironment, runCommand } = require('./run-command');

/** What node-gyp needs, in the words of Debian's packages. */
const buildTools = [
	{ command: 'python3', install: 'python3' },
	{ command: 'make', install: 'make' },
	{ command: 'g++', install: 'g++' },
];

/**
 * @param {(command: string) => boolean} [isThere]
 * @returns {string | undefined} the sentence to print when a tool is missing
 */
function missingBuildTools(isThere = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0) {
	const missing = buildTools.filter(({ command }) => !isThere(command));
	if (missing.length === 0) return undefined;
	const names = missing.map(({ command }) => command).join(' and ');
	return `n8n's database driver has to be compiled on this machine, and ${names} ${missing.length === 1 ? 'is' : 'are'} missing: install ${missing.length === 1 ? 'it' : 'them'} (on Debian: apt-get install ${missing.map(({ install }) => install).join(' ')}) and start again.`;
}

/**
 * @param {{ dir: string, node: string, logFile: string, log: (line: string) => void }} options
 */
async function ensureSqliteAddon({ dir, node, logFile, log }) {
	const addon = path.join(dir, 'node_modules', 'sqlite3', 'build', 'Release', 'node_sqlite3.node');
	const env = { ...npmEnvironment(), PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` };
	const prebuilt = path.join(dir, 'node_modules', 'prebuild-install', 'bin.js');
	if (fs.existsSync(prebuilt)) {
		log('looking for a prebuilt database driver');
		try {
			await runCommand(node, [prebuilt, '-r', 'napi'], { cwd: path.join(dir, 'node_modules', 'sqlite3'), env, logFile, what: 'Fetching the prebuilt driver' });
		} catch {
			// Not reachable from here, or none for this machine: it is built below.
		}
	}
	if (fs.existsSync(addon)) return;
	const sentence = missingBuildTools();
	if (sentence) throw new LaunchError(sentence);
	log('compiling the database driver (about two minutes)');
	// The headers come with the Node package, so node-gyp has nothing to download.
	const headers = path.join(dir, 'node_modules', `node-${process.platform}-${process.arch}`);
	const nodedir = fs.existsSync(path.join(headers, 'include')) ? { npm_config_nodedir: headers } : {};
	await runCommand('npm', ['rebuild', 'sqlite3', '--no-audit', '--no-fund', '--ignore-scripts=false'], {
		cwd: dir,
		env: { ...env, ...nodedir },
		logFile,
		what: "Compiling n8n's database driver",
	});
	if (!fs.existsSync(addon)) throw new LaunchError("n8n's database driver was not built.", { logFile });
}

module.exports = { ensureSqliteAddon, missingBuildTools };
