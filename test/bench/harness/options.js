/** How long and how often: full length by default, shorter to try a benchmark out. */

/** @param {string} name @param {number} fallback */
function positive(name, fallback) {
	const text = process.env[name];
	if (!text) return fallback;
	const value = Number(text);
	if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} is "${text}", which is not a number above 0`);
	return value;
}

module.exports = {
	/** Length of one measurement. */
	seconds: positive('BENCH_SECONDS', 10),
	warmUpSeconds: positive('BENCH_WARMUP_SECONDS', 10),
	/** How often each side is measured, in turn. */
	pairs: positive('BENCH_PAIRS', 5),
	/** Mails of one measurement of ours and of bare nodemailer. */
	mails: positive('BENCH_MAILS', 2000),
	/** Mails of one measurement of the stock Send Email node. */
	stockMails: positive('BENCH_STOCK_MAILS', 60),
	/** Where V8 writes a CPU profile of the n8n with our nodes. */
	cpuProfileDir: process.env.BENCH_CPU_PROFILE || undefined,
};
