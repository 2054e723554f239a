import { configWithoutCloudSupport } from '@n8n/node-cli/eslint';

/** Imports run one way: nodes → lib/n8n → lib/<domain> → the store's contract → lib/model (DESIGN of the folders in docs/architecture.md). */
const domains = ['shops', 'tracking', 'segments', 'record', 'journeys', 'tasks', 'messages', 'forms', 'loyalty', 'discounts', 'picks'];
const oneWay = [
	{ target: './lib/model', from: './lib', except: ['./model'], message: 'lib/model imports nothing of ours.' },
	{ target: './lib/threads', from: './lib', except: ['./threads', './model'], message: 'lib/threads knows lib/model only.' },
	{ target: './lib/store', from: './lib', except: ['./store', './threads', './model'], message: 'The store knows lib/model and lib/threads only.' },
	{ target: './lib', from: './nodes', message: 'lib does not know the nodes.' },
	{ target: './lib', from: './credentials', message: 'lib does not know the credentials.' },
	...domains.map((name) => ({ target: `./lib/${name}`, from: './lib/n8n', message: 'Only nodes import lib/n8n.' })),
	{
		target: ['./nodes', './lib/n8n', ...domains.map((name) => `./lib/${name}`)],
		from: ['./lib/store/sqlite', './lib/store/redis'],
		message: 'A driver is reached only through openStore.',
	},
];

export default [
	{ ignores: ['dist/**', 'node_modules/**', 'docker/**', 'bench-results/**', 'coverage/**'] },
	...configWithoutCloudSupport,
	{
		files: ['**/*.ts'],
		rules: {
			'import-x/no-restricted-paths': ['error', { zones: oneWay }],
			// The linter may run on a Node.js without node:sqlite; the compiler checks these names.
			'import-x/no-unresolved': ['error', { ignore: ['^node:'] }],
			'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true }],
		},
	},
	{
		// Pure code: it throws its own error class, which lib/n8n turns into n8n's.
		files: ['lib/**/*.ts', 'test/**/*.ts'],
		rules: { '@n8n/community-nodes/require-node-api-error': 'off' },
	},
	{
		// Tests start servers, kill processes and load the plain JavaScript of scripts/.
		files: ['test/**/*.ts'],
		rules: { '@n8n/community-nodes/no-dangerous-functions': 'off', '@typescript-eslint/no-require-imports': 'off' },
	},
	{
		files: ['lib/{model,threads,store,shops,tracking,segments,record,journeys,tasks,messages,forms,loyalty,discounts,picks}/**/*.ts'],
		rules: { 'no-restricted-imports': ['error', { paths: [{ name: 'n8n-workflow', message: 'Only lib/n8n and nodes import n8n-workflow.' }] }] },
	},
	{
		// Operators already have these credentials in n8n, and a second set of the same secrets would be worse.
		files: ['nodes/DiscountCode/DiscountCode.node.ts', 'nodes/ImportHistory/ImportHistory.node.ts', 'nodes/SendReminder/SendReminder.node.ts', 'nodes/ShopWebhookTrigger/ShopWebhookTrigger.node.ts'],
		rules: {
			'@n8n/community-nodes/no-credential-reuse': 'off',
			'@n8n/community-nodes/valid-credential-references': 'off',
			'n8n-nodes-base/node-class-description-credentials-name-unsuffixed': 'off',
		},
	},
	{
		// Send Reminder tests it; the rule reads a node's credentials only where they are written out one by one.
		files: ['credentials/ShopJourneysResendApi.credentials.ts', 'credentials/ShopJourneysVapidApi.credentials.ts'],
		rules: { '@n8n/community-nodes/credential-test-required': 'off' },
	},
	{
		// All its operations are about one noun: a resource would be a choice of one.
		files: ['nodes/Customer/Customer.node.ts', 'nodes/LoyaltyPoints/LoyaltyPoints.node.ts'],
		rules: { '@n8n/community-nodes/resource-operation-pattern': 'off' },
	},
	{
		// The default is the first provider of the channel, which the rule cannot read.
		files: ['nodes/SendReminder/providers/index.ts'],
		rules: { 'n8n-nodes-base/node-param-default-missing': 'off' },
	},
	{
		files: ['package.json'],
		rules: {
			// n8n's own installer installs plain dependencies of a community package; a store, a mail client and a
			// template engine are not code to write anew.
			'@n8n/community-nodes/no-runtime-dependencies': 'off',
		},
	},
];
