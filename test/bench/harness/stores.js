/** Stores to measure in this process: both drivers, empty, on this machine. */
const { spawn, spawnSync } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const { checkoutDir } = require('../../../scripts/lib/paths');
const { temporaryFolder } = require('../../../scripts/lib/temporary-folder');

/** A file of our build. @param {string} file e.g. `lib/store/open` */
const ours = (file) => require(path.join(checkoutDir, 'dist', `${file}.js`));

/** @returns {Promise<number>} */
function freePort() {
	return new Promise((resolve, reject) => {
		const server = net.createServer().on('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = /** @type {net.AddressInfo} */ (server.address());
			server.close(() => resolve(port));
		});
	});
}

/** A redis-server as docs/store.md recommends it. @param {string} folder @param {(cleanUp: () => void) => void} onEnd */
async function startRedis(folder, onEnd) {
	const port = await freePort();
	const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec']);
	onEnd(() => child.kill());
	let said = '';
	await new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('exit', () => reject(new Error(`redis-server ended: ${said}`)));
		child.stdout.on('data', (chunk) => {
			said += chunk;
			if (said.includes('Ready to accept connections')) resolve(undefined);
		});
	});
	return `redis://127.0.0.1:${port}/0`;
}

/**
 * Opens an empty store of a driver in a folder that goes away at the end, and says where it is.
 * @param {'sqlite' | 'redis'} driver
 * @param {(cleanUp: () => Promise<void> | void) => void} onEnd
 */
async function openEmptyStoreAt(driver, onEnd) {
	const folder = temporaryFolder(`shop-journeys-bench-${driver}-`);
	const config = driver === 'sqlite' ? { driver, file: path.join(folder, 'store.sqlite') } : { driver, url: await startRedis(folder, onEnd) };
	const hub = ours('lib/store/open').openStore(config);
	onEnd(() => hub.close());
	await hub.ping();
	return { hub, config };
}

/** Opens an empty store of a driver. @param {'sqlite' | 'redis'} driver @param {(cleanUp: () => Promise<void> | void) => void} onEnd */
const openEmptyStore = async (driver, onEnd) => (await openEmptyStoreAt(driver, onEnd)).hub;

/** The drivers that can be measured here. */
function driversHere() {
	const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
	if (!hasRedis) console.log('Redis is not measured: there is no redis-server on this machine.');
	return hasRedis ? ['sqlite', 'redis'] : ['sqlite'];
}

/** Runs `work` for each number below `count`, `width` at a time. @param {number} count @param {number} width @param {(index: number) => Promise<unknown>} work */
async function inParallel(count, width, work) {
	let next = 0;
	await Promise.all(
		Array.from({ length: width }, async () => {
			while (next < count) await work(next++);
		}),
	);
}

module.exports = { ours, openEmptyStore, openEmptyStoreAt, driversHere, inParallel };
