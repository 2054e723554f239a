/**
 * `npm run bench -- ingest send`: measures the budgets on this machine. Without a name: all of them. Installs what is
 * missing like `npm test`, then measures with the Node.js that runs n8n. docs/benchmarks.md explains the figures.
 */
const { spawn } = require('node:child_process');
const path = require('node:path');
const { ensurePackage } = require('./lib/build');
const { LaunchError } = require('./lib/launch-error');
const { checkoutDir } = require('./lib/paths');
const { createProgress, describeFailure } = require('./lib/progress');
const { ensureRuntime, withNodeOnPath } = require('./lib/runtime');

const benchmarks = {
	ingest: 'deliveries of a shop that n8n takes per second',
	send: 'mails that n8n sends per second',
	links: 'opens and clicks that n8n takes per second',
	due: 'due enrolments that each driver claims per second, with many waiting',
	record: 'events that each driver records per second, by kind',
	segment: 'decisions about customers per second, and listing the customers of a segment',
	picks: 'products picked per second, and how well: what customers of a real shop bought next, next to its bestsellers',
	loyalty: 'changes of points per second, and with a long history',
};
const usage = `npm run bench                 all benchmarks
npm run bench -- <name> ...   only these:

${Object.entries(benchmarks)
	.map(([name, what]) => `  ${name.padEnd(10)}${what}`)
	.join('\n')}

Shorter runs, to try them out (environment): BENCH_SECONDS (10, of one measurement), BENCH_WARMUP_SECONDS (10),
BENCH_PAIRS (5), BENCH_MAILS (2000), BENCH_STOCK_MAILS (60),
BENCH_DUE (100000), BENCH_WAITING (10000,1000000), BENCH_CUSTOMERS (sizes of the shop), BENCH_ENTRIES (100000, of one customer). BENCH_CPU_PROFILE=<folder> profiles our n8n.`;

/** @param {string} node @param {string} name @returns {Promise<number>} exit code */
function measure(node, name) {
	return new Promise((resolve) => {
		const file = path.join(checkoutDir, 'test', 'bench', `${name}.js`);
		const child = spawn(node, ['--disable-warning=ExperimentalWarning', file], { cwd: checkoutDir, env: withNodeOnPath(node), stdio: 'inherit' });
		// Ctrl-C reaches the child as well; it stops its servers and ends, and then so do we.
		for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
		child.on('error', () => resolve(127));
		child.on('close', (code) => resolve(code ?? 1));
	});
}

async function main() {
	const names = process.argv.slice(2);
	if (names.includes('--help') || names.includes('-h')) return console.log(usage);
	const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
	if (unknown) throw new LaunchError(`There is no benchmark ${unknown}.\n\n${usage}`);
	const { step } = createProgress({ total: 2 });
	const { node } = await step('n8n and its Node.js', async (log) => await ensureRuntime({ log }));
	await step('Shop Journeys: build and pack', async (log) => await ensurePackage({ log }));
	for (const name of names.length > 0 ? names : Object.keys(benchmarks)) {
		const code = await measure(node, name);
		if (code !== 0) process.exitCode = code;
	}
}

main().catch((error) => {
	console.error(describeFailure(error));
	process.exitCode = 1;
});
