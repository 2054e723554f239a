/** The two servers of the demo beside n8n: the mailbox, which comes from npm, and the shop, which is ours. */
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { startChild } = require('./child');
const { cacheDir, checkoutDir, logFileFor } = require('./paths');
const { hashFiles } = require('./hash');
const { LaunchError } = require('./launch-error');
const { withLock } = require('./lock');
const { installLocked } = require('./runtime');

const demoDir = path.join(checkoutDir, 'docker', 'demo');
const readyLimitMs = 20_000;
const pollMs = 100;

/**
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<string>} the folder it is installed in
 */
async function ensureMailbox({ log = () => {} } = {}) {
	const dir = path.join(cacheDir(), `mailbox-${hashFiles([path.join(demoDir, 'package.json'), path.join(demoDir, 'package-lock.json')])}`);
	if (fs.existsSync(dir)) return dir;
	await withLock(
		`${dir}.lock`,
		async () => {
			if (!fs.existsSync(dir)) await installLocked({ from: demoDir, to: dir, logFile: logFileFor('mailbox'), what: 'the mailbox', log });
		},
		log,
	);
	return dir;
}

/** @param {import('./child').Child} child @param {string} url @param {string} logFile @param {number} [limitMs] */
async function untilServing(child, url, logFile, limitMs = readyLimitMs) {
	const giveUpAt = Date.now() + limitMs;
	while (Date.now() < giveUpAt) {
		if (!child.isRunning()) throw new LaunchError(`The ${child.name} ended while starting.`, { logFile });
		try {
			const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
			await response.arrayBuffer();
			if (response.ok) return;
		} catch {
			// Not yet.
		}
		await sleep(pollMs);
	}
	await child.kill();
	throw new LaunchError(`The ${child.name} did not answer within ${limitMs / 1000} s.`, { logFile });
}

/**
 * Catches all mail that is sent to it and shows it on a page; on this machine only.
 * @param {{ dir: string, node: string, smtpPort: number, webPort: number, mailFolder: string, logFile: string }} options
 */
async function startMailbox({ dir, node, smtpPort, webPort, mailFolder, logFile }) {
	fs.mkdirSync(mailFolder, { recursive: true });
	const child = startChild({
		name: 'mailbox',
		node,
		args: [
			path.join(dir, 'node_modules', 'maildev', 'bin', 'maildev'),
			...['--smtp', String(smtpPort), '--web', String(webPort), '--ip', '127.0.0.1', '--web-ip', '127.0.0.1'],
			...['--mail-directory', mailFolder, '--hide-extensions', 'STARTTLS', '--silent'],
		],
		cwd: mailFolder,
		env: process.env,
		logFile,
	});
	const url = `http://127.0.0.1:${webPort}`;
	await untilServing(child, `${url}/healthz`, logFile);
	return { ...child, url };
}

/**
 * @param {{ node: string, port: number, webhookTarget: string, signingSecret: string, dataDir: string, clockSpeed: number, mailboxUrl: string, editorUrl: string, logFile: string }} options
 */
async function startDemoShop({ node, port, webhookTarget, signingSecret, dataDir, clockSpeed, mailboxUrl, editorUrl, logFile }) {
	const url = `http://127.0.0.1:${port}`;
	const child = startChild({
		name: 'demo shop',
		node,
		args: [path.join(demoDir, 'shop', 'server.js')],
		cwd: path.join(demoDir, 'shop'),
		env: {
			...process.env,
			PORT: String(port),
			SHOP_URL: url,
			WEBHOOK_TARGET: webhookTarget,
			SIGNING_SECRET: signingSecret,
			DATA_DIR: dataDir,
			CLOCK_SPEED: String(clockSpeed),
			MAILBOX_URL: mailboxUrl,
			EDITOR_URL: editorUrl,
		},
		logFile,
	});
	await untilServing(child, `${url}/healthz`, logFile);
	return { ...child, url };
}

module.exports = { ensureMailbox, startMailbox, startDemoShop, untilServing };
