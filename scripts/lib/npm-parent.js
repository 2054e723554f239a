/**
 * npm runs us through a shell, and a SIGTERM to npm ends the shell without reaching us: we would run on with nobody to
 * stop us. So under npm we look whether our parent is still there.
 */
const pollMs = 300;

/** @param {() => void} gone */
function onNpmGone(gone) {
	if (!process.env.npm_lifecycle_event) return;
	const parent = process.ppid;
	const timer = setInterval(() => {
		if (process.ppid === parent) return;
		clearInterval(timer);
		gone();
	}, pollMs);
	timer.unref();
}

module.exports = { onNpmGone };
