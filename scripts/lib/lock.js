/** One installer at a time, across checkouts and processes of this machine. */
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const retryMs = 300;

/** @param {number} pid */
function isRunning(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
}

/** @param {string} file */
function readHolder(file) {
	try {
		const [pid, token] = fs.readFileSync(file, 'utf8').split(' ');
		return { pid: Number(pid), token };
	} catch {
		return undefined;
	}
}

/**
 * Takes the lock file or says who holds it.
 * @param {string} file
 * @param {string} token
 */
function tryTake(file, token) {
	const own = `${file}.${token}`;
	fs.writeFileSync(own, `${process.pid} ${token}`);
	try {
		// A link appears whole or not at all, so nobody ever reads a lock without its holder.
		fs.linkSync(own, file);
		return true;
	} catch (error) {
		if (error.code !== 'EEXIST') throw error;
		return false;
	} finally {
		fs.rmSync(own, { force: true });
	}
}

/**
 * Removes a lock whose holder is gone. Only the one who renames it away removes it.
 * @param {string} file
 * @param {{ token: string }} dead
 */
function removeDead(file, dead) {
	const aside = `${file}.dead-${process.pid}-${Date.now()}`;
	try {
		fs.renameSync(file, aside);
	} catch {
		return;
	}
	// Somebody else may have removed the dead one and taken the lock between our look and our rename.
	if (readHolder(aside)?.token !== dead.token) {
		try {
			fs.linkSync(aside, file);
		} catch {
			// Taken meanwhile by a third; the second one notices nothing, but the work under this lock is atomic by rename as well.
		}
	}
	fs.rmSync(aside, { force: true });
}

/**
 * Runs `work` while no other process runs something under the same lock.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(line: string) => void} [log]
 * @returns {Promise<T>}
 */
async function withLock(file, work, log = () => {}) {
	fs.mkdirSync(path.dirname(file), { recursive: true });
	const token = `${process.pid}-${Math.random().toString(36).slice(2)}`;
	let told = false;
	while (!tryTake(file, token)) {
		const holder = readHolder(file);
		if (holder && !isRunning(holder.pid)) {
			removeDead(file, holder);
			continue;
		}
		if (!told && holder) log(`waiting for process ${holder.pid}, which is doing the same`);
		told = true;
		await sleep(retryMs);
	}
	try {
		return await work();
	} finally {
		if (readHolder(file)?.token === token) fs.rmSync(file, { force: true });
	}
}

module.exports = { withLock, isRunning };
