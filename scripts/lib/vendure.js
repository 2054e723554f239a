/** A real Vendure for the tests: installed once per lock file into the cache, its database in memory. */
const fs = require('node:fs');
const path = require('node:path');
const { startChild } = require('./child');
const { untilServing } = require('./demo-servers');
const { hashFiles } = require('./hash');
const { withLock } = require('./lock');
const { cacheDir, checkoutDir, logFileFor } = require('./paths');
const { installLocked } = require('./runtime');

const vendureDir = path.join(checkoutDir, 'docker', 'vendure');
/** Loading Vendure and filling its database takes ten seconds alone, and three times that beside other tests. */
const readyLimitMs = 90_000;

/**
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<string>} the folder it is installed in
 */
async function ensureVendure({ log = () => {} } = {}) {
	const dir = path.join(cacheDir(), `vendure-${hashFiles([path.join(vendureDir, 'package.json'), path.join(vendureDir, 'package-lock.json')])}`);
	if (fs.existsSync(dir)) return dir;
	await withLock(
		`${dir}.lock`,
		async () => {
			if (!fs.existsSync(dir)) await installLocked({ from: vendureDir, to: dir, logFile: logFileFor('vendure'), what: 'Vendure (about 160 MB)', log });
		},
		log,
	);
	return dir;
}

/**
 * @param {{ dir: string, node: string, port: number, webhookTarget: string, signingSecret: string, logFile: string }} options
 * @returns {Promise<import('./child').Child & { url: string }>} once there are goods in it
 */
async function startVendure({ dir, node, port, webhookTarget, signingSecret, logFile }) {
	const url = `http://127.0.0.1:${port}`;
	const child = startChild({
		name: 'Vendure',
		node,
		args: [path.join(vendureDir, 'server.js')],
		// Vendure keeps a folder where it is started.
		cwd: path.dirname(logFile),
		// The server lies in the checkout, what it loads in the cache.
		env: { ...process.env, NODE_PATH: path.join(dir, 'node_modules'), PORT: String(port), SHOP_JOURNEYS_URL: webhookTarget, SHOP_JOURNEYS_SECRET: signingSecret },
		logFile,
	});
	await untilServing(child, `${url}/ready`, logFile, readyLimitMs);
	return { ...child, url };
}

module.exports = { ensureVendure, startVendure };
