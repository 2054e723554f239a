/** Programs that tests need and npm does not bring: from PATH, else from Debian where we may install, else without. */
const { spawnSync } = require('node:child_process');
const { logFileFor } = require('./paths');
const { runCommand } = require('./run-command');

/**
 * What the tests do without when a tool is missing; the variable tells them so.
 * @typedef {{ name: string, commands: string[], debianPackage: string, variable: string, untested: string }} Tool
 * @type {Record<'redis' | 'browser' | 'proxy', Tool>}
 */
const tools = {
	redis: {
		name: 'redis-server',
		commands: ['redis-server'],
		debianPackage: 'redis-server',
		variable: 'SHOP_JOURNEYS_NO_REDIS_TESTS',
		untested: 'the Redis store (its half of the store contract, and n8n on Redis)',
	},
	browser: {
		name: 'Chromium',
		commands: ['chromium', 'chromium-browser', 'google-chrome'],
		debianPackage: 'chromium',
		variable: 'SHOP_JOURNEYS_NO_BROWSER_TESTS',
		untested: 'the editor and the pages in a browser',
	},
	proxy: {
		name: 'Caddy',
		commands: ['caddy'],
		debianPackage: 'caddy',
		variable: 'SHOP_JOURNEYS_NO_PROXY_TESTS',
		untested: 'the proxy of the compose file',
	},
};

/** @param {string} command */
function isOnPath(command) {
	return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

/**
 * @param {Tool} tool
 * @param {(line: string) => void} log
 * @returns {Promise<boolean>} whether it is there now
 */
async function ensureTool(tool, log) {
	if (tool.commands.some(isOnPath)) return true;
	const mayInstall = process.getuid?.() === 0 && isOnPath('apt-get');
	if (!mayInstall) return false;
	log(`installing ${tool.debianPackage}`);
	const logFile = logFileFor(`apt-${tool.debianPackage}`);
	// The tests start their own server; the package's must not take the usual port.
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
	try {
		await runCommand('apt-get', ['update'], { env, logFile, what: 'apt-get update' });
		await runCommand('apt-get', ['install', '-y', '--no-install-recommends', tool.debianPackage], { env, logFile, what: `Installing ${tool.debianPackage}` });
	} catch {
		return false;
	}
	return tool.commands.some(isOnPath);
}

module.exports = { tools, ensureTool };
