/**
 * The least that SQLite and Redis have to do when due enrolments are claimed: bare statements and commands for the same
 * documents and index entries, as durable as ours, without a line of our code. The keys of what an enrolment is about are known
 * beforehand here; nothing is parsed.
 */
const { randomUUID } = require('node:crypto');

/** @typedef {{ scope: string, index: string, limit: number, dueMs: number, untilMs: number, related: (key: string) => string[], products: string[] }} RawClaim */

/** Keys looked up by one statement, as our driver does. */
const mostKeys = 64;

/** @param {string} file @param {(cleanUp: () => void) => void} onEnd */
function rawSqlite(file, onEnd) {
	const { DatabaseSync } = require('node:sqlite');
	const db = new DatabaseSync(file, { timeout: 5_000 });
	onEnd(() => db.close());
	db.exec('PRAGMA journal_mode = WAL');
	// Our driver acknowledges a write once the log is on the disk; here COMMIT itself waits for that.
	db.exec('PRAGMA synchronous = FULL');
	db.exec('PRAGMA cache_size = -8000');
	const due = db.prepare(`SELECT entry.key AS key, lease.attempt AS attempt FROM entry INDEXED BY entry_by_value
		LEFT JOIN lease ON lease.scope = entry.scope AND lease.idx = entry.idx AND lease.key = entry.key
		WHERE entry.scope = ? AND entry.idx = ? AND entry.value <= ? AND (lease.until_ms IS NULL OR lease.until_ms <= ?)
		ORDER BY entry.value, entry.key LIMIT ?`);
	const lease = db.prepare('INSERT OR REPLACE INTO lease (scope, idx, key, token, until_ms, attempt) VALUES (?, ?, ?, ?, ?, ?)');
	/** @type {Map<number, import('node:sqlite').StatementSync>} */
	const reads = new Map();
	const read = (/** @type {string} */ scope, /** @type {string[]} */ keys) => {
		for (let start = 0; start < keys.length; start += mostKeys) {
			const some = keys.slice(start, start + mostKeys);
			let statement = reads.get(some.length);
			if (!statement) reads.set(some.length, (statement = db.prepare(`SELECT key, version, data FROM document WHERE scope = ? AND key IN (${some.map(() => '?').join(', ')})`)));
			statement.all(scope, ...some);
		}
	};
	return async (/** @type {RawClaim} */ { scope, index, limit, dueMs, untilMs, related, products }) => {
		db.exec('BEGIN IMMEDIATE');
		const keys = due.all(scope, index, dueMs, dueMs, limit).map(({ key }) => /** @type {string} */ (key));
		const proof = randomUUID();
		keys.forEach((key, position) => lease.run(scope, index, key, `${proof}.${position}`, untilMs, 1));
		db.exec('COMMIT');
		read(scope, keys);
		read(scope, keys.flatMap(related));
		read(scope, products);
		return keys;
	};
}

/** @param {string} url @param {(cleanUp: () => void) => void} onEnd */
function rawRedis(url, onEnd) {
	const { Redis } = require('ioredis');
	const redis = new Redis(url);
	onEnd(() => redis.disconnect());
	const document = (/** @type {string} */ scope, /** @type {string[]} */ keys) => keys.map((key) => `sj:{${scope}}:doc:${key}`);
	return async (/** @type {RawClaim} */ { scope, index, limit, dueMs, untilMs, related, products }) => {
		const leases = `sj:{${scope}}:lease:${index}`;
		const keys = await redis.zrangebyscore(`sj:{${scope}}:index:${index}`, '-inf', dueMs, 'LIMIT', 0, limit);
		if (keys.length === 0) return [];
		const proof = randomUUID();
		await redis.pipeline().hmget(leases, ...keys).hset(leases, ...keys.flatMap((key, position) => [key, `${untilMs}|1|${proof}.${position}`])).exec();
		await redis.mget(document(scope, keys));
		await redis.mget(document(scope, keys.flatMap(related)));
		await redis.mget(document(scope, products));
		return keys;
	};
}

module.exports = { rawSqlite, rawRedis };
