/** An error whose message is meant for the person at the terminal: it is printed without a stack. */
class LaunchError extends Error {
	/**
	 * @param {string} message what happened and what to do about it
	 * @param {{ logFile?: string, cause?: unknown }} [details] `logFile`: its last lines are shown beside the message
	 */
	constructor(message, details = {}) {
		super(message, { cause: details.cause });
		this.name = 'LaunchError';
		this.logFile = details.logFile;
	}
}

module.exports = { LaunchError };
