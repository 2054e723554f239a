/** What the launcher keeps in a user folder, and which folders it refuses: a demo must not run into a shop's data. */
const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { LaunchError } = require('./launch-error');
const { isRunning } = require('./lock');
const { demoOwner, generatePassword } = require('./owner');

const fileName = 'shop-journeys-start.json';

/**
 * @typedef {object} FolderState
 * @property {'demo' | 'live'} mode
 * @property {string} [signingSecret] demo only
 * @property {{ email: string, password: string }} [owner] demo only
 * @property {boolean} [ownerIsSetUp]
 * @property {string} [importedKey] what was imported and published last
 */

/**
 * @param {string} userFolder
 * @param {'demo' | 'live'} mode
 * @returns {FolderState}
 */
function openFolder(userFolder, mode) {
	const file = path.join(userFolder, fileName);
	if (fs.existsSync(file)) {
		/** @type {FolderState} */
		const state = JSON.parse(fs.readFileSync(file, 'utf8'));
		if (state.mode === mode) return state;
		throw new LaunchError(
			mode === 'live'
				? `${userFolder} belongs to the demo, where time runs faster: choose another folder with N8N_USER_FOLDER for your shop.`
				: `${userFolder} belongs to a real shop (npm start -- --live): choose another folder with N8N_USER_FOLDER for the demo.`,
		);
	}
	if (mode === 'demo' && fs.existsSync(path.join(userFolder, '.n8n'))) {
		throw new LaunchError(`${userFolder} holds an n8n that the demo did not make: choose another folder with N8N_USER_FOLDER, or start with -- --live to use this one for real work.`);
	}
	/** @type {FolderState} */
	const state = { mode };
	if (mode === 'demo') {
		state.signingSecret = `whsec_${randomBytes(32).toString('base64')}`;
		state.owner = { email: demoOwner.email, password: generatePassword() };
	}
	saveFolder(userFolder, state);
	return state;
}

/**
 * Makes sure that no other start works in this folder: two would overwrite each other's package and database.
 * @param {string} userFolder
 * @param {number} [pid]
 */
function claimFolder(userFolder, pid = process.pid) {
	const file = path.join(userFolder, 'shop-journeys-start.pid');
	const holder = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
	if (holder && holder !== pid && isOurStart(holder)) {
		throw new LaunchError(`Another start (process ${holder}) works in ${userFolder}: stop it first, or choose another folder with N8N_USER_FOLDER.`);
	}
	fs.writeFileSync(file, String(pid));
}

/** Process numbers come round again: where the system tells, the command has to be ours. @param {number} pid */
function isOurStart(pid) {
	if (!isRunning(pid)) return false;
	const commandFile = `/proc/${pid}/cmdline`;
	return !fs.existsSync(commandFile) || fs.readFileSync(commandFile, 'utf8').includes('start.js');
}

/** @param {string} userFolder @param {FolderState} state */
function saveFolder(userFolder, state) {
	fs.mkdirSync(userFolder, { recursive: true });
	const file = path.join(userFolder, fileName);
	fs.writeFileSync(`${file}.new`, `${JSON.stringify(state, null, '\t')}\n`, { mode: 0o600 });
	fs.renameSync(`${file}.new`, file);
}

module.exports = { openFolder, claimFolder, saveFolder };
