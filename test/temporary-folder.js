const { temporaryFolder } = require('../scripts/lib/temporary-folder');

/** Before any test: gives the run a temporary folder of its own. What tests, and what they start, leave there goes with it, whether they pass or not. */
module.exports = () => {
	// An interruption would end the process without its last steps.
	for (const [signal, exitCode] of /** @type {const} */ ([['SIGINT', 130], ['SIGTERM', 143]])) process.once(signal, () => process.exit(exitCode));
	process.env.TMPDIR = temporaryFolder('shop-journeys-tests-');
};
