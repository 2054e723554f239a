/** Keys of what is cached: the same content gives the same key on every machine. */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const keyLength = 16;

/**
 * The first 16 hex digits of SHA-256 over the bytes of the files, one after the other.
 * @param {string[]} files
 */
function hashFiles(files) {
	const hash = createHash('sha256');
	for (const file of files) hash.update(fs.readFileSync(file));
	return hash.digest('hex').slice(0, keyLength);
}

/** @param {string | Buffer} content */
function hashText(content) {
	return createHash('sha256').update(content).digest('hex').slice(0, keyLength);
}

/**
 * Names and contents of everything below the given files and folders. Missing ones count as absent, not as an error.
 * @param {string} base
 * @param {string[]} entries relative to `base`
 */
function hashTree(base, entries) {
	const hash = createHash('sha256');
	/** @param {string} relative */
	const visit = (relative) => {
		const full = path.join(base, relative);
		const stat = fs.statSync(full, { throwIfNoEntry: false });
		if (!stat) return;
		if (stat.isDirectory()) {
			for (const name of fs.readdirSync(full).sort()) visit(path.posix.join(relative, name));
		} else {
			const content = fs.readFileSync(full);
			hash.update(`${relative}\0${content.length}\0`).update(content);
		}
	};
	for (const entry of entries) visit(entry);
	return hash.digest('hex').slice(0, keyLength);
}

module.exports = { hashFiles, hashText, hashTree };
