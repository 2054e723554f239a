/** The result of a benchmark: a table on the screen, and a file with all figures. */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { checkoutDir } = require('../../../scripts/lib/paths');

/** What the figures depend on; nothing that names the machine. @param {import('../../../scripts/lib/runtime').Runtime} runtime */
function machineFacts(runtime) {
	const n8n = JSON.parse(fs.readFileSync(path.join(runtime.dir, 'node_modules', 'n8n', 'package.json'), 'utf8'));
	return {
		cores: os.availableParallelism(),
		cpu: os.cpus()[0]?.model ?? 'unknown',
		memoryMb: Math.round(os.totalmem() / 2 ** 20),
		platform: `${os.platform()} ${os.arch()}`,
		node: process.versions.node,
		n8n: n8n.version,
		loadAtStart: Number(os.loadavg()[0].toFixed(2)),
	};
}

/** @param {string[][]} rows the first one is the head */
function table(rows) {
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	const line = (row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ');
	const [head, ...body] = rows.map(line);
	return [head, '─'.repeat(head.length), ...body].join('\n');
}

/** @param {{ median: number, min: number, max: number }} spread @param {number} [digits] */
const inWords = ({ median, min, max }, digits = 0) => `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;

/** @param {Record<string, { median: number, min: number, max: number }>} ratios @param {Record<string, number>} budgets */
function ratioTable(ratios, budgets) {
	return table([
		['ratio', 'median (min–max)', 'budget', ''],
		...Object.entries(ratios).map(([name, ratio]) => [name, inWords(ratio, 2), ...(budgets[name] === undefined ? ['none', ''] : [`≥ ${budgets[name]}`, ratio.median >= budgets[name] ? 'met' : 'MISSED'])]),
	]);
}

/**
 * @param {string} name
 * @param {{ ratios: Record<string, { median: number, min: number, max: number }>, budgets: Record<string, number>, [field: string]: unknown }} result `ratios` come out as plain numbers, with their spread beside them
 */
function writeResult(name, { ratios, budgets, ...rest }) {
	const folder = path.join(checkoutDir, 'bench-results');
	fs.mkdirSync(folder, { recursive: true });
	const file = path.join(folder, `${name}.json`);
	const result = {
		benchmark: name,
		date: new Date().toISOString(),
		ratios: Object.fromEntries(Object.entries(ratios).map(([key, { median }]) => [key, median])),
		budgets,
		spread: ratios,
		...rest,
	};
	fs.writeFileSync(file, `${JSON.stringify(result, null, '\t')}\n`);
	return path.relative(checkoutDir, file);
}

module.exports = { machineFacts, table, inWords, ratioTable, writeResult };
