/** One real n8n per side of a comparison, each with a folder of its own. */
const fs = require('node:fs');
const path = require('node:path');
const { ensurePackage } = require('../../../scripts/lib/build');
const { startN8n } = require('../../../scripts/lib/n8n');
const { packageName } = require('../../../scripts/lib/paths');
const { ensureRuntime } = require('../../../scripts/lib/runtime');
const { temporaryFolder } = require('../../../scripts/lib/temporary-folder');
const { prepareUserFolder } = require('../../../scripts/lib/user-folder');
const { residentMb, untilIdle } = require('./processes');

/** @type {Array<() => Promise<void> | void>} */
const cleanUps = [];

/**
 * @typedef {object} Side
 * @property {string} url
 * @property {number} pid
 * @property {string} packageDir our package as n8n has installed it
 * @property {string} storeFile
 * @property {number} idleMb resident memory once started, before any work
 */

/**
 * @param {object} options
 * @param {string} options.name
 * @param {boolean} [options.withOurPackage]
 * @param {string} [options.extraPackage] a folder to lie beside it, installed as it is
 * @param {object[]} [options.credentials]
 * @param {object[]} options.workflows
 * @param {Record<string, string>} [options.env]
 * @param {string} [options.cpuProfileDir]
 * @returns {Promise<Side>}
 */
async function startSide({ name, withOurPackage = false, extraPackage, credentials, workflows, env = {}, cpuProfileDir }) {
	const runtime = await ensureRuntime();
	const userFolder = temporaryFolder(`shop-journeys-bench-${name}-`);
	const nodesDir = path.join(userFolder, '.n8n', 'nodes', 'node_modules');
	if (extraPackage) {
		const to = path.join(nodesDir, JSON.parse(fs.readFileSync(path.join(extraPackage, 'package.json'), 'utf8')).name);
		fs.cpSync(extraPackage, to, { recursive: true });
	}
	await prepareUserFolder({ userFolder, runtime, tarball: withOurPackage ? await ensurePackage() : undefined, credentials, workflows });
	if (cpuProfileDir) fs.mkdirSync(cpuProfileDir, { recursive: true });
	const n8n = await startN8n({
		userFolder,
		runtime,
		env: { ...env, ...(cpuProfileDir && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${path.resolve(cpuProfileDir)}` }) },
	});
	cleanUps.unshift(() => n8n.stop());
	if (n8n.failed.length > 0) throw new Error(`${name}: ${n8n.failed.map(({ workflowId, error }) => `${workflowId}: ${error}`).join('; ')}`);
	await untilIdle(n8n.pid);
	return {
		url: n8n.url,
		pid: n8n.pid,
		packageDir: path.join(nodesDir, packageName),
		storeFile: path.join(userFolder, '.n8n', 'shop-journeys', 'store.sqlite'),
		idleMb: residentMb(n8n.pid),
	};
}

/** Runs a benchmark and leaves nothing of it behind, however it ends. @param {(onEnd: (cleanUp: () => Promise<void> | void) => void) => Promise<void>} work */
async function runBenchmark(work) {
	const cleanUp = async () => {
		for (const task of cleanUps.splice(0)) await task();
	};
	for (const signal of ['SIGINT', 'SIGTERM']) {
		process.once(signal, () => {
			console.log('\nStopping ...');
			void cleanUp().finally(() => process.exit(130));
		});
	}
	try {
		await work((task) => cleanUps.unshift(task));
	} catch (error) {
		console.error(error);
		process.exitCode = 1;
	} finally {
		await cleanUp();
	}
}

module.exports = { startSide, runBenchmark };
