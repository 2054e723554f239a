/** Ports: chosen, checked, and when taken explained. */
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { LaunchError } = require('./launch-error');

const loopback = '127.0.0.1';
const hintsByPort = new Map([
	[5678, 'another n8n'],
	[1025, 'another mailbox such as MailDev or Mailpit'],
	[1080, 'another mailbox, or a SOCKS proxy'],
	[8080, 'another web server'],
]);

/** @returns {Promise<number>} a port that nobody listens on */
function freePort() {
	return new Promise((resolve, reject) => {
		const server = net.createServer();
		server.on('error', reject);
		server.listen(0, loopback, () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

/** @param {number} port @returns {Promise<NodeJS.ErrnoException | undefined>} why it cannot be listened on */
function whyNotFree(port) {
	return new Promise((resolve) => {
		const server = net.createServer();
		server.on('error', resolve);
		server.listen({ port, host: loopback, exclusive: true }, () => server.close(() => resolve(undefined)));
	});
}

/**
 * A command as a person would say it: "node n8n start", without paths and options.
 * @param {string[]} words
 */
function nameOfCommand(words) {
	const isOption = (word) => word.startsWith('-');
	return words
		.filter((word, index) => !isOption(word) && !['--require', '-r'].includes(words[index - 1]))
		.map((word) => path.basename(word))
		.slice(0, 3)
		.join(' ');
}

/**
 * The process that listens on a port, where the system tells (Linux, own processes).
 * @param {number} port
 * @returns {{ pid: number, name: string } | undefined}
 */
function portHolder(port) {
	const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
	const listening = '0A';
	try {
		const rows = ['/proc/net/tcp', '/proc/net/tcp6'].filter((file) => fs.existsSync(file)).flatMap((file) => fs.readFileSync(file, 'utf8').split('\n').slice(1));
		const inodes = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row[1]?.endsWith(`:${hexPort}`) && row[3] === listening);
		const sockets = new Set(inodes.map((row) => `socket:[${row[9]}]`));
		if (sockets.size === 0) return undefined;
		for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
			try {
				const holds = fs.readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(fs.readlinkSync(`/proc/${pid}/fd/${fd}`)));
				if (holds) return { pid: Number(pid), name: nameOfCommand(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)) };
			} catch {
				// Another user's, or gone meanwhile.
			}
		}
	} catch {
		// No /proc here.
	}
	return undefined;
}

/**
 * @param {{ port: number, variable: string, what: string, holder?: { pid: number, name: string }, code?: string }} found
 */
function portSentence({ port, variable, what, holder, code }) {
	const elsewhere = `set ${variable} to another port, e.g. ${variable}=${port + 1 > 65535 ? port - 1 : port + 1} npm start`;
	if (code === 'EACCES') return `${what} may not listen on port ${port} (ports below 1024 need root): ${elsewhere}.`;
	const guess = hintsByPort.get(port);
	const who = holder
		? `process ${holder.pid} (${holder.name}) listens on it`
		: `another program listens on it${guess ? `, perhaps ${guess} or a start of this in another terminal` : ', perhaps a start of this in another terminal'}`;
	return `Port ${port}, which ${what} needs, is taken: ${who}. Stop that program, or ${elsewhere}.`;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} variable
 * @param {number} fallback
 */
function portFromEnv(env, variable, fallback) {
	const text = env[variable];
	if (text === undefined || text === '') return fallback;
	const port = Number(text);
	if (!/^\d+$/.test(text) || port > 65535) throw new LaunchError(`${variable}=${text} is not a port: give a number from 1 to 65535, or 0 for any free one.`);
	return port;
}

/**
 * The port to use, sure to be free at this moment; 0 asks for any.
 * @param {{ env: NodeJS.ProcessEnv, variable: string, fallback: number, what: string }} options
 * @returns {Promise<number>}
 */
async function claimPort({ env, variable, fallback, what }) {
	const port = portFromEnv(env, variable, fallback);
	if (port === 0) return await freePort();
	const problem = await whyNotFree(port);
	if (problem) throw new LaunchError(portSentence({ port, variable, what, holder: portHolder(port), code: problem.code }));
	return port;
}

module.exports = { freePort, claimPort, portFromEnv, portHolder, portSentence, nameOfCommand };
