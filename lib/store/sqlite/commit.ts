import type { CommitResult, Key } from '../store';
import { invalid } from '../validate';
import type { PreparedCommit } from '../validate';
import type { SqliteConnection } from './connection';

const sql = {
	onceFind: 'SELECT 1 FROM once WHERE scope = ? AND key = ?',
	onceAdd: 'INSERT INTO once (scope, key, until_ms) VALUES (?, ?, ?)',
	version: 'SELECT version FROM document WHERE scope = ? AND key = ?',
	insert: 'INSERT INTO document (scope, key, version, data) VALUES (?, ?, 1, ?)',
	update: 'UPDATE document SET version = version + 1, data = ? WHERE scope = ? AND key = ?',
	remove: 'DELETE FROM document WHERE scope = ? AND key = ?',
	token: 'SELECT token FROM lease WHERE scope = ? AND idx = ? AND key = ?',
	leaseRemove: 'DELETE FROM lease WHERE scope = ? AND idx = ? AND key = ?',
	entrySet:
		'INSERT INTO entry (scope, idx, key, value) VALUES (?, ?, ?, ?) ON CONFLICT (scope, idx, key) DO UPDATE SET value = excluded.value',
	entryRemove: 'DELETE FROM entry WHERE scope = ? AND idx = ? AND key = ?',
	counter: 'SELECT value FROM counter WHERE scope = ? AND grp = ? AND field = ?',
	counterSet: 'INSERT OR REPLACE INTO counter (scope, grp, field, value) VALUES (?, ?, ?, ?)',
	lastSeq: 'SELECT last_seq AS seq FROM log_state WHERE scope = ?',
	lastSeqSet:
		'INSERT INTO log_state (scope, last_seq, trimmed_seq) VALUES (?, ?, 0) ON CONFLICT (scope) DO UPDATE SET last_seq = excluded.last_seq',
	logAdd: 'INSERT INTO log (scope, seq, at_ms, type, subject, data) VALUES (?, ?, ?, ?, ?, ?)',
};

/** Whether an entry carries this token at the moment. */
export function carriesToken(db: SqliteConnection, scope: string, index: string, key: Key, token: string): boolean {
	return db.get<{ token: string | null }>(sql.token, scope, index, key)?.token === token;
}

/** What makes the commit void, if anything: once-keys first, then versions, then leases. */
function findObstacle(db: SqliteConnection, scope: string, commit: PreparedCommit): CommitResult | undefined {
	for (const { key } of commit.once) {
		if (db.get(sql.onceFind, scope, key)) return { status: 'duplicate', key };
	}
	for (const list of [commit.checks, commit.writes]) {
		for (const { key, version } of list) {
			const found = db.get<{ version: number }>(sql.version, scope, key)?.version ?? 0;
			if (found !== version) return { status: 'conflict', key, reason: 'version' };
		}
	}
	for (const { index, key, token } of commit.leases) {
		if (!carriesToken(db, scope, index, key, token)) return { status: 'conflict', key, reason: 'lease' };
	}
	return undefined;
}

function counterTotals(db: SqliteConnection, scope: string, counters: PreparedCommit['counters']): number[] {
	return counters.map(({ group, field, add }) => {
		const total = (db.get<{ value: number }>(sql.counter, scope, group, field)?.value ?? 0) + add;
		if (!Number.isSafeInteger(total)) throw invalid(`The counter ${group} ${field} would leave the safe integers.`);
		return total;
	});
}

function appendLog(db: SqliteConnection, scope: string, log: PreparedCommit['log']): void {
	let seq = db.get<{ seq: number }>(sql.lastSeq, scope)?.seq ?? 0;
	for (const { atMs, type, subject, text } of log) db.run(sql.logAdd, scope, ++seq, atMs, type, subject, text);
	db.run(sql.lastSeqSet, scope, seq);
}

/**
 * One commit inside the transaction of its batch.
 * @throws COMMIT_INVALID before the first write when a counter would leave the safe integers
 */
export function applyCommit(db: SqliteConnection, scope: string, commit: PreparedCommit): CommitResult {
	const obstacle = findObstacle(db, scope, commit);
	if (obstacle) return obstacle;
	const totals = counterTotals(db, scope, commit.counters);

	for (const { key, untilMs } of commit.once) db.run(sql.onceAdd, scope, key, untilMs);
	for (const { key, version, text } of commit.writes) {
		if (text === null) db.run(sql.remove, scope, key);
		else if (version === 0) db.run(sql.insert, scope, key, text);
		else db.run(sql.update, text, scope, key);
	}
	for (const { index, key, value } of commit.index) {
		db.run(sql.leaseRemove, scope, index, key);
		if (value === null) db.run(sql.entryRemove, scope, index, key);
		else db.run(sql.entrySet, scope, index, key, value);
	}
	commit.counters.forEach(({ group, field }, i) => db.run(sql.counterSet, scope, group, field, totals[i]));
	if (commit.log.length > 0) appendLog(db, scope, commit.log);
	return { status: 'committed' };
}
