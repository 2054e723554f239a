/** Runs a command to its end, with what it says in a log file rather than on the screen. */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { LaunchError } = require('./launch-error');

/**
 * The environment for an npm that works in another folder: without what an outer `npm start` says about its own.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
function npmEnvironment(env = process.env) {
	const ours = /^(npm_(lifecycle|package)_.*|npm_command|npm_config_(prefix|local_prefix|global|workspaces?|omit|include|production|dry_run|json)|NODE_ENV)$/i;
	return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}

/** Commands under way, each in a process group of its own. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends every command under way with all that it has started: npm alone would leave compilers running. */
function stopCommands() {
	for (const child of running) {
		try {
			process.kill(-child.pid, 'SIGTERM');
		} catch {
			// It has ended by itself.
		}
	}
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, logFile: string, what: string }} options `what` names the work in the error: "npm ci failed"
 * @returns {Promise<string>} what it wrote on standard output
 */
function runCommand(command, args, { cwd, env, logFile, what }) {
	fs.mkdirSync(path.dirname(logFile), { recursive: true });
	const log = fs.createWriteStream(logFile, { flags: 'a' });
	log.write(`$ ${command} ${args.join(' ')}\n`);
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
		running.add(child);
		let output = '';
		child.stdout.on('data', (chunk) => {
			output += chunk;
			log.write(chunk);
		});
		child.stderr.on('data', (chunk) => log.write(chunk));
		child.on('error', (error) => {
			running.delete(child);
			log.end(() => reject(new LaunchError(`${what} could not be started: ${error.message}`, { logFile, cause: error })));
		});
		child.on('close', (code, signal) => {
			running.delete(child);
			log.end(() => {
				if (code === 0) resolve(output);
				else reject(new LaunchError(`${what} failed (${signal ? `signal ${signal}` : `exit code ${code}`})`, { logFile }));
			});
		});
	});
}

module.exports = { runCommand, stopCommands, npmEnvironment };
