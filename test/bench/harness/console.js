/** Says what runs, with the time that has passed. */
const { formatElapsed } = require('../../../scripts/lib/progress');

const startedAtMs = Date.now();

/** @param {string} text */
function say(text) {
	console.log(`${formatElapsed(Date.now() - startedAtMs).padStart(12)}  ${text}`);
}

module.exports = { say };
