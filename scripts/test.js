/**
 * `npm test`: everything. `npm test -- unit contract`: only these. What follows the suites goes to Jest
 * (`npm test -- unit -t "cart"`). Installs what is missing on a fresh clone by itself.
 */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ensureBuild, ensureDependencies, ensurePackage } = require('./lib/build');
const { onNpmGone } = require('./lib/npm-parent');
const { checkoutDir } = require('./lib/paths');
const { describeFailure, formatElapsed } = require('./lib/progress');
const { stopCommands } = require('./lib/run-command');
const { ensureNode, ensureRuntime, withNodeOnPath } = require('./lib/runtime');
const { readJestReport, summaryLine, summaryTable, totals } = require('./lib/test-summary');
const { temporaryFolder } = require('./lib/temporary-folder');
const { ensureTool, tools } = require('./lib/tools');

const jestSuites = ['unit', 'contract', 'templates', 'e2e'];
const allSuites = ['lint', 'types', 'build', ...jestSuites];
/** Which suites need the whole n8n, and which programs beside Node. */
const needs = {
	runtime: ['templates', 'e2e'],
	tools: { contract: [tools.redis], e2e: [tools.redis, tools.browser, tools.proxy] },
	/** Suites whose tests start servers: one test file at a time. */
	oneByOne: ['contract', 'e2e'],
};

/** @param {string} text */
const say = (text) => console.log(`\n▸ ${text}`);

/** What runs on this terminal just now. @type {import('node:child_process').ChildProcess | undefined} */
let current;

/** @param {number} exitCode */
function abort(exitCode) {
	current?.kill('SIGTERM');
	stopCommands();
	process.exit(exitCode);
}

/**
 * Runs on this terminal, so that the output is live and coloured.
 * @param {string} node
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} the exit code
 */
function runLive(node, args, env = {}) {
	return new Promise((resolve) => {
		const child = current = spawn(node, args, { cwd: checkoutDir, env: { ...withNodeOnPath(node), ...env }, stdio: 'inherit' });
		child.on('error', () => resolve(127));
		child.on('close', (code) => resolve(code ?? 1));
	});
}

const inModules = (...parts) => path.join(checkoutDir, 'node_modules', ...parts);

/**
 * A check that passes or fails as a whole.
 * @param {string} name
 * @param {() => Promise<number>} run
 */
async function runCheck(name, run) {
	const startedAt = Date.now();
	const code = await run();
	return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, ms: Date.now() - startedAt };
}

/**
 * @param {string} name
 * @param {string} node
 * @param {string[]} jestArguments
 */
async function runJest(name, node, jestArguments) {
	const startedAt = Date.now();
	const env = {};
	const missing = [];
	for (const tool of needs.tools[name] ?? []) {
		if (await ensureTool(tool, (line) => console.log(line))) continue;
		missing.push(tool);
		env[tool.variable] = '1';
		console.log(`\n!!! NOT TESTED: ${tool.untested}.\n!!! ${tool.name} is not on PATH and could not be installed: install it (on Debian: apt-get install ${tool.debianPackage}).\n`);
	}
	const outputFile = path.join(temporaryFolder('shop-journeys-test-'), `${name}.json`);
	const jest = ['--disable-warning=ExperimentalWarning', inModules('jest', 'bin', 'jest.js'), '--selectProjects', name, '--json', `--outputFile=${outputFile}`];
	if (needs.oneByOne.includes(name)) jest.push('--runInBand');
	await runLive(node, [...jest, ...jestArguments], env);
	const report = fs.existsSync(outputFile) ? JSON.parse(fs.readFileSync(outputFile, 'utf8')) : undefined;
	const result = readJestReport(name, Date.now() - startedAt, report);
	if (missing.length > 0) {
		// Whether or not the tests marked themselves as skipped.
		result.skipped = Math.max(result.skipped, missing.length);
		result.note = `not tested: ${missing.map(({ untested }) => untested).join('; ')}`;
	}
	return result;
}

/** @param {string[]} argv */
function readArguments(argv) {
	const firstOther = argv.findIndex((argument) => !allSuites.includes(argument));
	const suites = firstOther === -1 ? argv : argv.slice(0, firstOther);
	return { suites: suites.length > 0 ? suites : allSuites, jestArguments: firstOther === -1 ? [] : argv.slice(firstOther), everything: suites.length === 0 };
}

/** @param {string} title @param {(log: (line: string) => void) => Promise<unknown>} work */
async function prepare(title, work) {
	const startedAt = Date.now();
	let told = false;
	const tell = (line) => {
		if (!told) say(title);
		told = true;
		console.log(`  ${line}`);
	};
	const result = await work(tell);
	if (told) console.log(`  done in ${formatElapsed(Date.now() - startedAt)}`);
	return result;
}

async function main() {
	process.on('SIGINT', () => abort(130));
	process.on('SIGTERM', () => abort(143));
	onNpmGone(() => abort(143));
	const { suites, jestArguments } = readArguments(process.argv.slice(2));
	const results = [];
	const needsRuntime = suites.some((suite) => needs.runtime.includes(suite));
	await prepare('Dependencies', async (log) => await ensureDependencies({ log }));
	const node = needsRuntime ? (await prepare('n8n', async (log) => await ensureRuntime({ log }))).node : await prepare('Node.js', async (log) => await ensureNode({ log }));

	if (suites.includes('lint')) {
		say('lint');
		results.push(await runCheck('lint', async () => await runLive(node, [inModules('eslint', 'bin', 'eslint.js'), '.'])));
	}
	if (suites.includes('types')) {
		say('types');
		for (const [name, project] of [['types', 'tsconfig.json'], ['types of tracking.js', 'lib/tracking/browser']]) {
			results.push(await runCheck(name, async () => await runLive(node, [inModules('typescript', 'bin', 'tsc'), '--noEmit', '-p', project])));
		}
	}
	const buildResult = await runCheck('build', async () => {
		try {
			await prepare('build', async (log) => (needsRuntime ? await ensurePackage({ log }) : await ensureBuild({ log })));
			return 0;
		} catch (error) {
			say('build');
			console.log(describeFailure(error));
			return 1;
		}
	});
	// The other suites use what is built, so a build that fails is told in any case.
	if (suites.includes('build') || buildResult.failed > 0) results.push(buildResult);

	for (const suite of jestSuites.filter((name) => suites.includes(name))) {
		say(suite);
		results.push(await runJest(suite, node, jestArguments));
	}

	console.log(`\n${summaryTable(results)}\n\n${summaryLine(results)}`);
	process.exitCode = totals(results).failed > 0 ? 1 : 0;
}

main().catch((error) => {
	console.error(describeFailure(error));
	console.log('\n0 passed, 1 failed');
	process.exitCode = 1;
});
