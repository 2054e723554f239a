/** A server that runs as our child: started in a process group of its own, stopped with all it started. */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const watchParent = path.join(__dirname, 'watch-parent.js');
const defaultStopMs = 15_000;

/**
 * @typedef {object} Child
 * @property {string} name
 * @property {number} pid
 * @property {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} exited
 * @property {() => boolean} isRunning
 * @property {(limitMs?: number) => Promise<void>} stop asks it to end; after the limit it is killed
 * @property {() => Promise<void>} kill kill -9, with everything it started
 */

/**
 * Starts a Node.js program. It ends by itself when we die without a chance to stop it.
 * @param {{ name: string, node: string, args: string[], cwd?: string, env: NodeJS.ProcessEnv, logFile: string }} options
 * @returns {Child}
 */
function startChild({ name, node, args, cwd, env, logFile }) {
	fs.mkdirSync(path.dirname(logFile), { recursive: true });
	const log = fs.openSync(logFile, 'a');
	// The fourth stream is the watch-parent pipe: it closes with us, whatever ends us.
	const child = spawn(node, ['--require', watchParent, ...args], { cwd, env, detached: true, stdio: ['ignore', log, log, 'pipe'] });
	fs.closeSync(log);
	child.stdio[3].on('error', () => {});
	child.stdio[3].unref();
	let running = true;
	const exited = new Promise((resolve) => {
		child.on('error', (error) => {
			fs.appendFileSync(logFile, `${error.message}\n`);
			running = false;
			resolve({ code: 127, signal: null });
		});
		child.on('exit', (code, signal) => {
			running = false;
			resolve({ code, signal });
		});
	});
	/** @param {NodeJS.Signals} signal */
	const signalGroup = (signal) => {
		try {
			process.kill(-child.pid, signal);
		} catch (error) {
			if (error.code !== 'ESRCH') throw error;
		}
	};
	const kill = async () => {
		if (!child.pid) return;
		signalGroup('SIGKILL');
		await exited;
	};
	const stop = async (limitMs = defaultStopMs) => {
		if (!child.pid) return;
		// Only the server itself: it knows how to end what it started.
		if (running) child.kill('SIGTERM');
		const limit = new AbortController();
		const ended = await Promise.race([exited.then(() => true), sleep(limitMs, false, { signal: limit.signal })]);
		limit.abort();
		// Whatever is left of its group, and itself when the limit has passed.
		signalGroup('SIGKILL');
		if (!ended) await exited;
	};
	return { name, pid: child.pid, exited, isRunning: () => running, stop, kill };
}

module.exports = { startChild };
