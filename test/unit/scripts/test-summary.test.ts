const { readJestReport, summaryLine, summaryTable } = require('../../../scripts/lib/test-summary');

const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, numRuntimeErrorTestSuites: 0, numTotalTests: 3, success: true };

describe('the counts of a test run', () => {
	it('adds up every runner', () => {
		const results = [
			{ name: 'lint', passed: 1, failed: 0, skipped: 0, ms: 10 },
			readJestReport('unit', 1500, report),
			readJestReport('e2e', 95_000, { ...report, numPassedTests: 1, numFailedTests: 2, success: false }),
		];
		expect(summaryLine(results)).toBe('5 passed, 2 failed');
		expect(summaryTable(results).split('\n').map((line: string) => line.split(/ {2,}/))).toEqual([
			['suite', 'passed', 'failed', 'skipped', 'time'],
			['lint', '1', '0', '0', '0.0 s'],
			['unit', '3', '0', '0', '1.5 s'],
			['e2e', '1', '2', '0', '1 min 35 s'],
		]);
	});

	it('names what was skipped or left to do', () => {
		expect(summaryLine([readJestReport('unit', 0, { ...report, numPendingTests: 2, numTodoTests: 1 })])).toBe('3 passed, 0 failed, 3 skipped');
	});

	it.each([
		['a file that could not be run', { ...report, numRuntimeErrorTestSuites: 2, success: false }, 2],
		['no report at all', undefined, 1],
		['no tests', { ...report, numPassedTests: 0, numTotalTests: 0 }, 1],
		['a failure outside the tests', { ...report, success: false }, 1],
	])('counts %s as failed', (_what, jestReport, failed) => {
		expect(readJestReport('unit', 0, jestReport)).toMatchObject({ failed });
	});
});
