/**
 * Shows a person how far a long start has come: one line per step with the time it has taken, rewritten in place
 * on a terminal, written anew now and then in a plain log.
 */
const fs = require('node:fs');

const terminalTickMs = 200;
const logTickMs = 30_000;
const tailLines = 20;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** @param {number} ms */
function formatElapsed(ms) {
	if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
	const seconds = Math.round(ms / 1000);
	return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/**
 * npm repeats warnings about its own configuration; they hide what matters.
 * @param {string} text
 * @param {number} [count]
 */
function lastLines(text, count = tailLines) {
	const lines = text.split('\n').filter((line) => line.trim() && !/^npm (warn|WARN) (Unknown|deprecated)/.test(line));
	return lines.slice(-count);
}

/**
 * @param {{ total: number, out?: { write(text: string): void, isTTY?: boolean, columns?: number } }} options
 */
function createProgress({ total, out = process.stdout }) {
	let number = 0;
	const clearLine = () => out.isTTY && out.write('\r\x1b[2K');

	/**
	 * Runs one step. `work` may say what it is doing with the function it is given.
	 * @template T
	 * @param {string} title
	 * @param {(log: (detail: string) => void) => Promise<T>} work
	 * @returns {Promise<T>}
	 */
	async function step(title, work) {
		const label = `[${++number}/${total}] ${title}`;
		const startedAt = Date.now();
		const elapsed = () => formatElapsed(Date.now() - startedAt);
		let detail = '';
		let tick = 0;
		const draw = () => {
			const line = `${spinner[tick++ % spinner.length]} ${label} · ${elapsed()}${detail ? ` · ${detail}` : ''}`;
			out.write(`\r\x1b[2K${line.slice(0, (out.columns || 80) - 1)}`);
		};
		const log = (text) => {
			detail = text;
			if (out.isTTY) draw();
			else out.write(`${label}: ${text}\n`);
		};
		if (!out.isTTY) out.write(`${label} ...\n`);
		const timer = setInterval(() => (out.isTTY ? draw() : out.write(`${label}: still at it after ${elapsed()}\n`)), out.isTTY ? terminalTickMs : logTickMs);
		timer.unref();
		try {
			const result = await work(log);
			clearLine();
			out.write(`✔ ${label} · ${elapsed()}\n`);
			return result;
		} catch (error) {
			clearLine();
			out.write(`✘ ${label} · ${elapsed()}\n`);
			throw error;
		} finally {
			clearInterval(timer);
		}
	}

	return { step };
}

/**
 * The sentence of an error, and where a log says more its last lines and its place.
 * @param {unknown} error
 */
function describeFailure(error) {
	if (!(error instanceof Error)) return String(error);
	const known = error.name === 'LaunchError';
	const text = [known ? error.message : (error.stack ?? error.message)];
	const logFile = known ? error.logFile : undefined;
	if (logFile && fs.existsSync(logFile)) {
		const lines = lastLines(fs.readFileSync(logFile, 'utf8'));
		text.push('', ...lines.map((line) => `    ${line}`), '', `The whole log: ${logFile}`);
	}
	return text.join('\n');
}

module.exports = { createProgress, describeFailure, formatElapsed, lastLines };
