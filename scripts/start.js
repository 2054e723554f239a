/**
 * `npm start`: the demo, from a fresh clone to a running n8n with a shop and a mailbox. `npm start -- --live`: the same
 * installation for a real shop, with nothing of the demo in it. Plain JavaScript without dependencies: it runs before
 * anything is installed.
 */
const path = require('node:path');
const { ensureBuild, ensurePackage } = require('./lib/build');
const { demoCredentials, readTemplates, webhookUrls, wireForDemo } = require('./lib/demo-wiring');
const { fillDemoCodes } = require('./lib/demo-codes');
const { ensureMailbox, startDemoShop, startMailbox } = require('./lib/demo-servers');
const { claimFolder, openFolder, saveFolder } = require('./lib/folder-state');
const { hashFiles, hashText } = require('./lib/hash');
const { box, speedInWords } = require('./lib/launch-box');
const { LaunchError } = require('./lib/launch-error');
const { startN8n } = require('./lib/n8n');
const { onNpmGone } = require('./lib/npm-parent');
const { setUpOwner } = require('./lib/owner');
const { installPackage } = require('./lib/package-install');
const { defaultUserFolder } = require('./lib/paths');
const { claimPort } = require('./lib/ports');
const { createProgress, describeFailure, formatElapsed } = require('./lib/progress');
const { stopCommands } = require('./lib/run-command');
const { publishWorkflows } = require('./lib/rest');
const { ensureRuntime } = require('./lib/runtime');
const { importInto } = require('./lib/user-folder');

const demoSpeed = 60;
const oldestNode = 20;
const usage = `npm start                 the demo: n8n with the journeys, a shop and a mailbox
npm start -- --live       n8n for a real shop, without anything of the demo

Settings (environment): N8N_PORT, N8N_USER_FOLDER, MAILBOX_SMTP_PORT, MAILBOX_WEB_PORT, DEMO_SHOP_PORT,
SHOP_JOURNEYS_CLOCK_SPEED, SHOP_JOURNEYS_REDIS_URL, SHOP_JOURNEYS_CACHE. A port of 0 means any free one.
See docs/running.md.`;

/** Everything that has to end when we do, in the order of its start. @type {import('./lib/child').Child[]} */
const children = [];
let ending = false;

/** @param {number} exitCode */
async function end(exitCode) {
	if (ending) return;
	ending = true;
	stopCommands();
	// The shop first, so that it does not complain about an n8n that is going.
	for (const child of children.slice().reverse()) await child.stop();
	process.exit(exitCode);
}

/** @param {import('./lib/child').Child & { logFile?: string }} child @param {string} name @param {string} logFile */
function watch(child, name, logFile) {
	children.push(child);
	void child.exited.then(({ code, signal }) => {
		if (ending) return;
		console.error(`\n${describeFailure(new LaunchError(`The ${name} ended by itself (${signal ? `signal ${signal}` : `exit code ${code}`}), so everything else is stopped too.`, { logFile }))}`);
		void end(1);
	});
}

/** @param {NodeJS.ProcessEnv} env @param {boolean} live */
function clockSpeed(env, live) {
	const text = env.SHOP_JOURNEYS_CLOCK_SPEED;
	const speed = text ? Number(text) : live ? 1 : demoSpeed;
	if (!Number.isFinite(speed) || speed <= 0) throw new LaunchError(`SHOP_JOURNEYS_CLOCK_SPEED=${text} is not a number above 0.`);
	if (live && speed !== 1) throw new LaunchError(`SHOP_JOURNEYS_CLOCK_SPEED=${text} is for the demo: in a real shop its customers would get their messages too early. Start --live without it.`);
	return speed;
}

/** @param {NodeJS.ProcessEnv} env @param {boolean} live */
async function claimPorts(env, live) {
	const n8n = await claimPort({ env, variable: 'N8N_PORT', fallback: 5678, what: 'n8n' });
	if (live) return { n8n };
	const ports = {
		n8n,
		smtp: await claimPort({ env, variable: 'MAILBOX_SMTP_PORT', fallback: 1025, what: 'the mailbox (SMTP)' }),
		mailbox: await claimPort({ env, variable: 'MAILBOX_WEB_PORT', fallback: 1080, what: "the mailbox's page" }),
		shop: await claimPort({ env, variable: 'DEMO_SHOP_PORT', fallback: 8080, what: 'the demo shop' }),
	};
	const variables = { n8n: 'N8N_PORT', smtp: 'MAILBOX_SMTP_PORT', mailbox: 'MAILBOX_WEB_PORT', shop: 'DEMO_SHOP_PORT' };
	const seen = new Map();
	for (const [name, port] of Object.entries(ports)) {
		if (seen.has(port)) throw new LaunchError(`${variables[name]} and ${variables[seen.get(port)]} are both ${port}: give each a port of its own.`);
		seen.set(port, name);
	}
	return ports;
}

/**
 * @param {{ userFolder: string, live: boolean, ports: Record<string, number>, speed: number, env: NodeJS.ProcessEnv }} options
 */
function n8nSettings({ live, ports, speed, env }) {
	const address = `http://127.0.0.1:${ports.n8n}`;
	return {
		SHOP_JOURNEYS_CLOCK_SPEED: String(speed),
		SHOP_JOURNEYS_DEMO_STORE: live ? undefined : 'true',
		// A shop's own addresses win; the demo's are what the browser and the mailbox on this machine can reach.
		...(live ? {} : { WEBHOOK_URL: `${address}/`, N8N_EDITOR_BASE_URL: address, N8N_HOST: '127.0.0.1', N8N_PROTOCOL: 'http' }),
		...(env.N8N_LOG_LEVEL ? { N8N_LOG_LEVEL: env.N8N_LOG_LEVEL } : {}),
	};
}

/**
 * @param {string} url
 * @param {import('./lib/folder-state').FolderState} state
 * @param {Array<{ id: string }>} workflows
 */
async function publishDemo(url, state, workflows) {
	try {
		await publishWorkflows(url, state.owner, workflows.map(({ id }) => id));
	} catch (error) {
		if (!/refused the sign-in/.test(error.message)) throw error;
		throw new LaunchError(`The password of ${state.owner.email} was changed in the editor, so the demo cannot publish its new journeys: delete the demo's folder or choose another one with N8N_USER_FOLDER.`);
	}
}

async function startDemo(env) {
	const speed = clockSpeed(env, false);
	const userFolder = path.resolve(env.N8N_USER_FOLDER || defaultUserFolder('demo', env));
	const state = openFolder(userFolder, 'demo');
	claimFolder(userFolder);
	const ports = await claimPorts(env, false);
	const urls = { editor: `http://127.0.0.1:${ports.n8n}`, shop: `http://127.0.0.1:${ports.shop}`, mailbox: `http://127.0.0.1:${ports.mailbox}` };
	const { step } = createProgress({ total: 7 });
	const logFile = (name) => path.join(userFolder, 'logs', `${name}.log`);

	const runtime = await step('n8n and its Node.js', async (log) => await ensureRuntime({ log }));
	await step('Shop Journeys: dependencies and build', async (log) => await ensureBuild({ log }));
	const tarball = await step('Shop Journeys: install into n8n', async (log) => {
		const packed = await ensurePackage({ log });
		await installPackage({ tarball: packed, userFolder, log });
		return packed;
	});
	const mailboxDir = await step('Mailbox', async (log) => await ensureMailbox({ log }));

	const workflows = readTemplates().map((workflow) => wireForDemo(workflow, { shopUrl: urls.shop }));
	const credentials = demoCredentials({ signingSecret: state.signingSecret, smtpPort: ports.smtp });
	const n8nEnv = n8nSettings({ live: false, ports, speed, env });
	// The code is part of the key: n8n opens a webhook that a new version adds only when its workflow is published anew.
	const key = hashText(JSON.stringify([workflows, credentials, hashFiles([tarball]), urls]));
	const isNew = state.importedKey !== key;
	await step('Journeys: import', async (log) => {
		if (isNew) await importInto({ userFolder, runtime, credentials, workflows, publish: [], env: n8nEnv, log });
		log('loading discount codes');
		await fillDemoCodes({ userFolder, runtime, env: n8nEnv });
	});

	await step('Mailbox and demo shop: start', async () => {
		const mailbox = await startMailbox({ dir: mailboxDir, node: runtime.node, smtpPort: ports.smtp, webPort: ports.mailbox, mailFolder: path.join(userFolder, 'mails'), logFile: logFile('mailbox') });
		watch(mailbox, 'mailbox', logFile('mailbox'));
		const shop = await startDemoShop({
			node: runtime.node,
			port: ports.shop,
			webhookTarget: webhookUrls(workflows, urls.editor).shop,
			signingSecret: state.signingSecret,
			dataDir: path.join(userFolder, 'shop'),
			clockSpeed: speed,
			mailboxUrl: urls.mailbox,
			editorUrl: urls.editor,
			logFile: logFile('shop'),
		});
		watch(shop, 'demo shop', logFile('shop'));
	});
	await step('n8n: start and publish', async (log) => {
		const n8n = await startN8n({ userFolder, port: ports.n8n, env: n8nEnv, runtime, logFile: logFile('n8n') });
		watch(n8n, 'n8n', logFile('n8n'));
		if (!state.ownerIsSetUp) {
			await setUpOwner(urls.editor, state.owner);
			state.ownerIsSetUp = true;
			saveFolder(userFolder, state);
		}
		if (isNew) {
			log('publishing the journeys');
			await publishDemo(urls.editor, state, workflows);
			state.importedKey = key;
			saveFolder(userFolder, state);
		}
		for (const { workflowId, error } of n8n.failed) {
			const name = workflows.find(({ id }) => id === workflowId)?.name ?? workflowId;
			console.error(`\nThe journey "${name}" could not be started: ${error}`);
		}
	});

	console.log(
		`\n${box('Shop Journeys: the demo is running', [
			['Shop', urls.shop],
			['Mailbox', urls.mailbox],
			['n8n editor', urls.editor],
			['  sign in as', `${state.owner.email}  ${state.owner.password}`],
			['Journey time', speedInWords(speed)],
			['Data', userFolder],
			'',
			'Put something into the cart, leave it alone, and look into the mailbox.',
			'Ctrl-C stops everything.',
		])}\n`,
	);
	return { mode: 'demo', editor: urls.editor, shop: urls.shop, mailbox: urls.mailbox, smtpPort: ports.smtp, webhooks: webhookUrls(workflows, urls.editor) };
}

async function startLive(env) {
	const speed = clockSpeed(env, true);
	const userFolder = path.resolve(env.N8N_USER_FOLDER || defaultUserFolder('live', env));
	openFolder(userFolder, 'live');
	claimFolder(userFolder);
	const ports = await claimPorts(env, true);
	const { step } = createProgress({ total: 4 });
	const logFile = path.join(userFolder, 'logs', 'n8n.log');

	const runtime = await step('n8n and its Node.js', async (log) => await ensureRuntime({ log }));
	await step('Shop Journeys: dependencies and build', async (log) => await ensureBuild({ log }));
	await step('Shop Journeys: install into n8n', async (log) => await installPackage({ tarball: await ensurePackage({ log }), userFolder, log }));
	const editor = (env.N8N_EDITOR_BASE_URL || env.WEBHOOK_URL || `http://127.0.0.1:${ports.n8n}`).replace(/\/+$/, '');
	await step('n8n: start', async () => {
		const n8n = await startN8n({ userFolder, port: ports.n8n, env: n8nSettings({ live: true, ports, speed, env }), runtime, logFile });
		watch(n8n, 'n8n', logFile);
		for (const { workflowId, error } of n8n.failed) console.error(`\nThe workflow ${workflowId} could not be started: ${error}`);
	});

	const rows = [['n8n editor', editor], ['Data', `${userFolder}  (back this folder up)`], ['Store', env.SHOP_JOURNEYS_REDIS_URL ? 'Redis (SHOP_JOURNEYS_REDIS_URL)' : 'embedded, in the data folder'], '', 'What to do next:'];
	if (!env.WEBHOOK_URL) rows.push('· give n8n a public https address and start again with WEBHOOK_URL=https://...');
	rows.push(
		'· open the editor and make the owner account (the first time)',
		'· import workflows-templates/00-connect/ for your shop, and the journeys you want',
		'· fill in the shop settings and the credentials, then publish each workflow',
		'Ctrl-C stops n8n.',
	);
	console.log(`\n${box('Shop Journeys is running', rows)}\n`);
	return { mode: 'live', editor, shop: null, mailbox: null, smtpPort: null, webhooks: {} };
}

async function main() {
	const args = process.argv.slice(2);
	if (args.includes('--help') || args.includes('-h')) return console.log(usage);
	const unknown = args.find((argument) => argument !== '--live');
	if (unknown) throw new LaunchError(`There is no option ${unknown}.\n\n${usage}`);
	if (Number(process.versions.node.split('.')[0]) < oldestNode) throw new LaunchError(`Node.js ${oldestNode} or newer is needed, this is ${process.versions.node}.`);

	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.on(signal, () => {
			if (!ending) console.log(`\nStopping${children.length > 0 ? ` ${children.map(({ name }) => name).join(', ')}` : ''} ...`);
			void end(0);
		});
	}
	onNpmGone(() => void end(0));
	const startedAt = Date.now();
	const ready = args.includes('--live') ? await startLive(process.env) : await startDemo(process.env);
	if (ending) return;
	console.log(`Ready after ${formatElapsed(Date.now() - startedAt)}.`);
	console.log(`ready ${JSON.stringify(ready)}`);
}

main().catch(async (error) => {
	// Stopping makes the step under way fail; that is no news.
	if (ending) return;
	console.error(`\n${describeFailure(error)}`);
	await end(1);
});
