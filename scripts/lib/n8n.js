/** The real n8n as a child process, and its command line. */
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { startChild } = require('./child');
const { logFileFor } = require('./paths');
const { LaunchError } = require('./launch-error');
const { lastLines } = require('./progress');
const { freePort } = require('./ports');
const { runCommand } = require('./run-command');
const { withNodeOnPath } = require('./runtime');

const readyLine = 'Editor is now accessible';
const pollMs = 100;
const readyLimitMs = 180_000;
const activationLimitMs = 60_000;
const attempts = 3;

/** What we set only where the operator has not. */
const defaults = {
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	// Our webhooks hold no expressions; without this n8n makes an isolated VM for every delivery.
	N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
	EXECUTIONS_DATA_PRUNE: 'true',
	EXECUTIONS_DATA_MAX_AGE: '168',
	EXECUTIONS_DATA_PRUNE_MAX_COUNT: '10000',
};

/**
 * @param {{ userFolder: string, port?: number, brokerPort?: number, node: string, env?: NodeJS.ProcessEnv }} options `env` wins over everything but the ports and the folder
 * @returns {NodeJS.ProcessEnv}
 */
function n8nEnvironment({ userFolder, port, brokerPort, node, env = {} }) {
	const base = { ...process.env, ...env };
	const set = { ...defaults, ...Object.fromEntries(Object.entries(base).filter(([, value]) => value !== undefined)) };
	// The line that says n8n is ready is an "info" one.
	if (!['info', 'debug'].includes(set.N8N_LOG_LEVEL)) set.N8N_LOG_LEVEL = 'info';
	// Plain http on this machine only: a browser would not send a secure cookie back to it.
	if (!set.N8N_SECURE_COOKIE && set.N8N_PROTOCOL !== 'https' && set.N8N_LISTEN_ADDRESS === '127.0.0.1') set.N8N_SECURE_COOKIE = 'false';
	set.N8N_USER_FOLDER = userFolder;
	if (port !== undefined) set.N8N_PORT = String(port);
	if (brokerPort !== undefined) set.N8N_RUNNERS_BROKER_PORT = String(brokerPort);
	// Says "production" to npm, and "test" under Jest; n8n behaves differently with either.
	delete set.NODE_ENV;
	delete set.JEST_WORKER_ID;
	return withNodeOnPath(node, set);
}

/**
 * @typedef {object} RunningN8n
 * @property {string} url without a trailing slash
 * @property {number} port
 * @property {number} pid
 * @property {string} logFile
 * @property {Array<{ workflowId: string, nodeId: string, error: string }>} failed published workflows that could not be activated
 * @property {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} exited
 * @property {() => boolean} isRunning
 * @property {(limitMs?: number) => Promise<void>} stop SIGTERM, and SIGKILL after the limit
 * @property {() => Promise<void>} kill kill -9
 */

/** @param {string} url */
async function answers(url) {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
		await response.arrayBuffer();
		return response.ok;
	} catch {
		return false;
	}
}

/**
 * Resolves when workflows are active and the editor is served: /healthz answers some seconds before that.
 * @param {import('./child').Child} child
 * @param {{ url: string, logFile: string, logStart: number, limitMs: number }} options
 */
async function untilReady(child, { url, logFile, logStart, limitMs }) {
	const giveUpAt = Date.now() + limitMs;
	const said = () => fs.readFileSync(logFile).subarray(logStart).toString();
	while (Date.now() < giveUpAt) {
		if (!child.isRunning()) {
			const { code, signal } = await child.exited;
			const text = said();
			throw Object.assign(new LaunchError(`n8n ended while starting (${signal ? `signal ${signal}` : `exit code ${code}`}): ${lastLines(text, 1)[0] ?? 'it said nothing'}`, { logFile }), { output: text });
		}
		if (said().includes(readyLine) && (await answers(`${url}/healthz`))) return;
		await sleep(pollMs);
	}
	throw new LaunchError(`n8n was not ready after ${Math.round(limitMs / 1000)} s.`, { logFile });
}

/**
 * n8n activates published workflows in the background, after it says that it is ready.
 * @param {{ userFolder: string, runtime: import('./runtime').Runtime, startedMs: number, limitMs: number, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<Array<{ workflowId: string, nodeId: string, error: string }>>} what could not be activated
 */
async function untilWorkflowsActive({ userFolder, runtime, startedMs, limitMs, env }) {
	const database = path.join(userFolder, '.n8n', env.DB_SQLITE_DATABASE || 'database.sqlite');
	// Only the embedded database can be read from here.
	if ((env.DB_TYPE && env.DB_TYPE !== 'sqlite') || !fs.existsSync(database)) return [];
	const output = await runCommand(runtime.node, ['--disable-warning=ExperimentalWarning', path.join(__dirname, 'wait-for-workflows.js'), database, String(startedMs), String(limitMs)], {
		logFile: logFileFor('n8n-workflows'),
		what: "Reading n8n's tables",
	});
	const { failed, waiting } = JSON.parse(output);
	return [...failed, ...waiting.map((workflowId) => ({ workflowId, nodeId: '', error: `not activated after ${Math.round(limitMs / 1000)} s` }))];
}

/**
 * Starts n8n and waits until it serves and its published workflows are active.
 * @param {{ userFolder: string, port?: number, env?: NodeJS.ProcessEnv, runtime: import('./runtime').Runtime, logFile?: string, limitMs?: number, waitForWorkflows?: boolean, args?: string[] }} options without a port a free one is taken
 * @returns {Promise<RunningN8n>}
 */
async function startN8n({ userFolder, port, env = {}, runtime, logFile = path.join(userFolder, 'n8n.log'), limitMs = readyLimitMs, waitForWorkflows = true, args = ['start'] }) {
	for (let attempt = 1; ; attempt++) {
		const chosen = port || (await freePort());
		const childEnv = n8nEnvironment({ userFolder, port: chosen, brokerPort: await freePort(), node: runtime.node, env });
		const url = `http://127.0.0.1:${chosen}`;
		fs.mkdirSync(path.dirname(logFile), { recursive: true });
		const logStart = fs.statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
		const startedMs = Date.now();
		const child = startChild({ name: 'n8n', node: runtime.node, args: [runtime.n8nBin, ...args], cwd: userFolder, env: childEnv, logFile });
		try {
			await untilReady(child, { url, logFile, logStart, limitMs });
			const failed = waitForWorkflows ? await untilWorkflowsActive({ userFolder, runtime, startedMs, limitMs: activationLimitMs, env: childEnv }) : [];
			return { name: 'n8n', url, port: chosen, pid: child.pid, logFile, failed, exited: child.exited, isRunning: child.isRunning, stop: child.stop, kill: child.kill };
		} catch (error) {
			await child.kill();
			// Two starts at the same moment may have picked the same free port.
			const collided = /already in use|EADDRINUSE/.test(error.output ?? '');
			if (!collided || attempt === attempts) throw error;
		}
	}
}

/**
 * Runs one command of n8n's command line, e.g. `['import:workflow', '--input=file.json']`, on a folder whose n8n is not running.
 * @param {{ userFolder: string, args: string[], env?: NodeJS.ProcessEnv, runtime: import('./runtime').Runtime, logFile?: string }} options
 * @returns {Promise<string>} its output
 */
async function runN8nCli({ userFolder, args, env = {}, runtime, logFile = logFileFor('n8n-cli') }) {
	fs.mkdirSync(userFolder, { recursive: true });
	return await runCommand(runtime.node, [runtime.n8nBin, ...args], {
		cwd: userFolder,
		env: n8nEnvironment({ userFolder, node: runtime.node, env }),
		logFile,
		what: `n8n ${args[0]}`,
	});
}

module.exports = { startN8n, runN8nCli, n8nEnvironment, untilWorkflowsActive, activationLimitMs };
