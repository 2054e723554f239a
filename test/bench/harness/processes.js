/** Processes beside the benchmark: servers and generators that take orders, and what the system says of any process. */
const { fork } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

/** Ticks of the kernel's clock per second, the same on every Linux that Node.js runs on. */
const ticksPerSecond = 100;

/**
 * Starts a file of this folder as a process that answers requests one after the other.
 * @param {string} name
 */
function startHelper(name) {
	const child = fork(path.join(__dirname, `${name}.js`), { execPath: process.execPath, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
	/** @type {{ resolve: (value: any) => void, reject: (error: Error) => void } | null} */
	let waiting = null;
	child.on('message', (/** @type {{ result?: unknown, error?: string }} */ { result, error }) => {
		const { resolve, reject } = waiting;
		waiting = null;
		if (error) reject(new Error(`${name}: ${error}`));
		else resolve(result);
	});
	child.on('exit', (code) => waiting?.reject(new Error(`${name} ended (exit code ${code})`)));
	return {
		pid: child.pid,
		/** @param {string} order @param {Record<string, unknown>} [parameters] */
		ask: (order, parameters = {}) =>
			new Promise((resolve, reject) => {
				waiting = { resolve, reject };
				child.send({ order, parameters });
			}),
		stop: () => child.kill(),
	};
}

/** The other side of `startHelper`. @param {Record<string, (parameters: any) => unknown>} orders */
function serveOrders(orders) {
	process.on('message', async (/** @type {{ order: string, parameters: unknown }} */ { order, parameters }) => {
		try {
			process.send({ result: await orders[order](parameters) });
		} catch (error) {
			process.send({ error: error.stack });
		}
	});
	// Ctrl-C is the benchmark's to handle; without it there is nothing to do.
	process.on('SIGINT', () => {});
	process.on('disconnect', () => process.exit());
}

/** Processor time a process has used, in milliseconds. @param {number} pid */
function cpuMs(pid) {
	const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Resident memory of a process, in megabytes. @param {number} pid */
function residentMb(pid) {
	return Math.round(Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
}

/**
 * Waits until a process has no work left, or as little as it has anyway: what one side leaves behind must not slow down
 * the next.
 * @param {number} pid
 */
async function untilIdle(pid, limitMs = 20_000) {
	const intervalMs = 300;
	const giveUpAt = Date.now() + limitMs;
	for (let quiet = 0; quiet < 2 && Date.now() < giveUpAt; ) {
		const before = cpuMs(pid);
		await sleep(intervalMs);
		quiet = cpuMs(pid) - before <= intervalMs / 10 ? quiet + 1 : 0;
	}
}

module.exports = { startHelper, serveOrders, cpuMs, residentMb, untilIdle };
