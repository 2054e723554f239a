/** Counts of all runners in one table and one closing line. */
const { formatElapsed } = require('./progress');

/**
 * @typedef {object} SuiteResult
 * @property {string} name
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {number} ms
 * @property {string} [note]
 */

/**
 * Reads what Jest wrote with --json. A file that could not be run at all counts as one failure, and so does a suite
 * without tests: silence is not success.
 * @param {string} name
 * @param {number} ms
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, numRuntimeErrorTestSuites: number, numTotalTests: number, success: boolean, wasInterrupted?: boolean } | undefined} report
 * @returns {SuiteResult}
 */
function readJestReport(name, ms, report) {
	if (!report) return { name, passed: 0, failed: 1, skipped: 0, ms, note: 'Jest did not finish, or there are no tests' };
	const broken = report.numRuntimeErrorTestSuites;
	const result = {
		name,
		passed: report.numPassedTests,
		failed: report.numFailedTests + broken,
		skipped: report.numPendingTests + report.numTodoTests,
		ms,
		note: broken > 0 ? `${broken} test file${broken === 1 ? '' : 's'} could not be run` : undefined,
	};
	if (report.numTotalTests === 0 && broken === 0) return { ...result, failed: 1, note: 'there are no tests' };
	// A leaking worker, an unmet coverage threshold: Jest says no though every test passed.
	if (!report.success && result.failed === 0) return { ...result, failed: 1, note: 'Jest reported a failure outside the tests' };
	return result;
}

/** @param {SuiteResult[]} results */
function totals(results) {
	const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) => results.reduce((total, result) => total + result[key], 0);
	return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** @param {SuiteResult[]} results */
function summaryLine(results) {
	const { passed, failed, skipped } = totals(results);
	return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** @param {SuiteResult[]} results */
function summaryTable(results) {
	const rows = [
		['suite', 'passed', 'failed', 'skipped', 'time', ''],
		...results.map(({ name, passed, failed, skipped, ms, note }) => [name, String(passed), String(failed), String(skipped), formatElapsed(ms), note ?? '']),
	];
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	return rows.map((row) => row.map((cell, column) => (column === 0 || column === 5 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ').trimEnd()).join('\n');
}

module.exports = { readJestReport, summaryLine, summaryTable, totals };
