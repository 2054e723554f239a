/**
 * Four suites, one runner. `scripts/test.js` runs them one after the other and adds up the counts. `pictures` is none of them: it takes
 * pictures of mails, for people to look at.
 * @type {import('jest').Config}
 */
const suite = (name, extra = {}) => ({
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	testEnvironment: 'node',
	setupFilesAfterEnv: ['<rootDir>/test/setup.ts'],
	transform: {
		'\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
	},
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	...extra,
});

module.exports = {
	globalSetup: '<rootDir>/test/temporary-folder.js',
	projects: [suite('unit'), suite('contract'), suite('templates'), suite('e2e'), suite('pictures')],
};
