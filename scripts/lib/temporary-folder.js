const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/**
 * Makes a folder in the system's temporary folder that goes when this process ends, however it ends; only a process that is killed leaves it.
 * @param {string} prefix what it is for, a hyphen at its end
 * @returns {string} its path
 */
function temporaryFolder(prefix) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), prefix));
	process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
	return folder;
}

module.exports = { temporaryFolder };
