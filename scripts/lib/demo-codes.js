/**
 * Discount codes for the demo: its journeys take them from the list "main", which an operator would fill. The store is reached through the
 * installed package alone, on n8n's own Node.js, before n8n starts.
 */
const path = require('node:path');
const { n8nEnvironment } = require('./n8n');
const { logFileFor, packageName } = require('./paths');
const { runCommand } = require('./run-command');

/** What a demo may hand out until it is started again. */
const wanted = 300;

/** Fills the list up. @param {{ userFolder: string, runtime: import('./runtime').Runtime, env: NodeJS.ProcessEnv }} options */
async function fillDemoCodes({ userFolder, runtime, env }) {
	const packageDir = path.join(userFolder, '.n8n', 'nodes', 'node_modules', packageName);
	await runCommand(runtime.node, ['--disable-warning=ExperimentalWarning', path.join(__dirname, 'fill-codes.js'), packageDir, 'main', String(wanted)], {
		env: n8nEnvironment({ userFolder, node: runtime.node, env }),
		logFile: logFileFor('demo-codes'),
		what: 'Loading the demo’s discount codes',
	});
}

module.exports = { fillDemoCodes };
