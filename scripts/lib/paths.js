/** Where things lie: the checkout, and the cache outside it that several checkouts share. */
const os = require('node:os');
const path = require('node:path');

const packageName = 'n8n-nodes-shop-journeys';
const checkoutDir = path.resolve(__dirname, '..', '..');

/**
 * Holds what is slow to make and the same for every checkout: the pinned n8n, the mailbox, packed packages.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
function cacheDir(env = process.env) {
	if (env.SHOP_JOURNEYS_CACHE) return path.resolve(env.SHOP_JOURNEYS_CACHE);
	return path.join(env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), packageName);
}

/**
 * The n8n user folder when `N8N_USER_FOLDER` is not set. The demo's may be thrown away with the cache; a shop's may not.
 * @param {'demo' | 'live'} mode
 * @param {NodeJS.ProcessEnv} [env]
 */
function defaultUserFolder(mode, env = process.env) {
	return mode === 'demo' ? path.join(cacheDir(env), 'demo') : path.join(os.homedir(), '.n8n-shop-journeys');
}

/** @param {string} name */
function logFileFor(name, env = process.env) {
	return path.join(cacheDir(env), 'logs', `${name}.log`);
}

module.exports = { packageName, checkoutDir, cacheDir, defaultUserFolder, logFileFor };
