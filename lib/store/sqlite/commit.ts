import type { ShopJourneysError } from '../../model/errors';
import type { CommitResult, Key } from '../store';
import { invalid } from '../validate';
import type { PreparedCommit } from '../validate';
import type { SqliteConnection } from './connection';
import { readVersions } from './documents';

const sql = {
	onceAdd: 'INSERT INTO once (scope, key, until_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
	onceRemove: 'DELETE FROM once WHERE scope = ? AND key = ?',
	insert: 'INSERT INTO document (scope, key, version, data) VALUES (?, ?, ?, ?)',
	update: 'UPDATE document SET version = ?, data = ? WHERE scope = ? AND key = ?',
	remove: 'DELETE FROM document WHERE scope = ? AND key = ?',
	token: 'SELECT token FROM lease WHERE scope = ? AND idx = ? AND key = ?',
	entrySet:
		'INSERT INTO entry (scope, idx, key, value) VALUES (?, ?, ?, ?) ON CONFLICT (scope, idx, key) DO UPDATE SET value = excluded.value',
	entryRemove: 'DELETE FROM entry WHERE scope = ? AND idx = ? AND key = ?',
	counterAdd: `INSERT INTO counter (scope, grp, field, value) VALUES (?, ?, ?, ?) ON CONFLICT (scope, grp, field)
		DO UPDATE SET value = value + excluded.value WHERE abs(value + excluded.value) <= ${Number.MAX_SAFE_INTEGER}`,
	seqTake: `INSERT INTO log_state (scope, last_seq, trimmed_seq) VALUES (?, ?, 0) ON CONFLICT (scope)
		DO UPDATE SET last_seq = last_seq + excluded.last_seq RETURNING last_seq AS seq`,
	logAdd: 'INSERT INTO log (scope, seq, at_ms, type, subject, data) VALUES (?, ?, ?, ?, ?, ?)',
};

/** A commit that turned out to be wrong after its first write: the batch is undone, and the commit rejected with the cause. */
export class HalfWritten extends Error {
	constructor(readonly reason: ShopJourneysError) {
		super(reason.message, { cause: reason });
	}
}

/** Whether an entry carries this token at the moment. */
export function carriesToken(db: SqliteConnection, scope: string, index: string, key: Key, token: string): boolean {
	return db.get<{ token: string | null }>(sql.token, scope, index, key)?.token === token;
}

/** Remembers the once-keys. Returns the first that was there already; then none of them has been written. */
function takeOnce(db: SqliteConnection, scope: string, once: PreparedCommit['once']): string | undefined {
	const known = once.findIndex(({ key, untilMs }) => db.run(sql.onceAdd, scope, key, untilMs) === 0);
	if (known === -1) return undefined;
	forgetOnce(db, scope, once.slice(0, known));
	return once[known].key;
}

function forgetOnce(db: SqliteConnection, scope: string, once: PreparedCommit['once']): void {
	for (const { key } of once) db.run(sql.onceRemove, scope, key);
}

/** What makes the commit void besides its once-keys, if anything: versions first, then leases. */
function findObstacle(db: SqliteConnection, scope: string, { checks, writes, leases }: PreparedCommit): CommitResult | undefined {
	const expected = [...checks, ...writes];
	const versions = readVersions(db, scope, expected.map(({ key }) => key));
	const changed = expected.find(({ key, version }) => (versions.get(key) ?? 0) !== version);
	if (changed) return { status: 'conflict', key: changed.key, reason: 'version' };
	const lost = leases.find(({ index, key, token }) => !carriesToken(db, scope, index, key, token));
	return lost && { status: 'conflict', key: lost.key, reason: 'lease' };
}

function addCounters(db: SqliteConnection, scope: string, counters: PreparedCommit['counters']): void {
	for (const { group, field, add } of counters) {
		if (db.run(sql.counterAdd, scope, group, field, add) === 0) throw new HalfWritten(invalid(`The counter ${group} ${field} would leave the safe integers.`));
	}
}

/** Statements that take leases off so many entries at once, by that number. */
const leaseRemovals: string[] = [];

/** Most entries that a commit sets have no lease, and one look at the small tree for each is enough to know. */
function removeLeases(db: SqliteConnection, scope: string, entries: PreparedCommit['index']): void {
	const count = entries.length;
	if (count === 0) return;
	leaseRemovals[count] ??= `DELETE FROM lease WHERE scope = ? AND (idx, key) IN (VALUES ${Array(count).fill('(?, ?)').join(', ')})`;
	db.run(leaseRemovals[count], scope, ...entries.flatMap(({ index, key }) => [index, key]));
}

function appendLog(db: SqliteConnection, scope: string, log: PreparedCommit['log']): void {
	let seq = db.get<{ seq: number }>(sql.seqTake, scope, log.length)!.seq - log.length;
	for (const { atMs, type, subject, text } of log) db.run(sql.logAdd, scope, ++seq, atMs, type, subject, text);
}

/**
 * One commit inside the transaction of its batch. Few statements: each costs as much as the page it touches.
 * @throws HalfWritten (COMMIT_INVALID) when a counter would leave the safe integers
 */
export function applyCommit(db: SqliteConnection, scope: string, commit: PreparedCommit): CommitResult {
	const known = takeOnce(db, scope, commit.once);
	if (known !== undefined) return { status: 'duplicate', key: known };
	const obstacle = findObstacle(db, scope, commit);
	if (obstacle) {
		forgetOnce(db, scope, commit.once);
		return obstacle;
	}
	for (const { key, version, next, text } of commit.writes) {
		if (text === null) db.run(sql.remove, scope, key);
		else if (version === 0) db.run(sql.insert, scope, key, next, text);
		else db.run(sql.update, next, text, scope, key);
	}
	removeLeases(db, scope, commit.index);
	for (const { index, key, value } of commit.index) {
		if (value === null) db.run(sql.entryRemove, scope, index, key);
		else db.run(sql.entrySet, scope, index, key, value);
	}
	addCounters(db, scope, commit.counters);
	if (commit.log.length > 0) appendLog(db, scope, commit.log);
	return { status: 'committed' };
}
