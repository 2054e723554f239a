import { ShopJourneysError } from '../../model/errors';
import type { Json, Key, LogEntry } from '../store';
import type { SqliteConnection } from './connection';

const sql = {
	trimmed: 'SELECT trimmed_seq AS seq FROM log_state WHERE scope = ?',
	after: 'SELECT seq, at_ms, type, subject, data FROM log WHERE scope = ? AND seq > ? ORDER BY seq LIMIT ?',
	timeline:
		'SELECT seq, at_ms, type, subject, data FROM log WHERE scope = ? AND subject = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
	erase:
		'DELETE FROM log WHERE rowid IN (SELECT rowid FROM log WHERE scope = ? AND subject = ? ORDER BY seq LIMIT ?)',
	readerSet: 'INSERT OR REPLACE INTO log_reader (scope, reader, after_seq) VALUES (?, ?, ?)',
	readerForget: 'DELETE FROM log_reader WHERE scope = ? AND reader = ?',
	slowest: 'SELECT min(after_seq) AS seq FROM log_reader WHERE scope = ?',
	old: 'SELECT seq FROM log WHERE scope = ? AND at_ms < ? AND seq <= ? ORDER BY at_ms, seq LIMIT ?',
	remove: 'DELETE FROM log WHERE scope = ? AND seq = ?',
	trimmedSet: 'UPDATE log_state SET trimmed_seq = max(trimmed_seq, ?) WHERE scope = ?',
};

/** A log entry as it lies in the file. */
export interface LogRow {
	seq: number;
	at_ms: number;
	type: string;
	subject: string | null;
	data: string;
}

export function entryOf(row: LogRow): LogEntry {
	const entry: LogEntry = { seq: row.seq, atMs: row.at_ms, type: row.type, data: JSON.parse(row.data) as Json };
	if (row.subject !== null) entry.subject = row.subject;
	return entry;
}

/** @throws CURSOR_TOO_OLD */
export function readLog(db: SqliteConnection, scope: string, afterSeq: number, limit: number): LogRow[] {
	return db.snapshot(() => rowsAfter(db, scope, afterSeq, limit));
}

function rowsAfter(db: SqliteConnection, scope: string, afterSeq: number, limit: number): LogRow[] {
	const trimmedSeq = db.get<{ seq: number }>(sql.trimmed, scope)?.seq ?? 0;
	if (afterSeq > 0 && afterSeq < trimmedSeq) {
		throw new ShopJourneysError('CURSOR_TOO_OLD', `The log of ${scope} was trimmed up to ${trimmedSeq}; ${afterSeq} lies before it.`);
	}
	return db.all<LogRow>(sql.after, scope, afterSeq, limit);
}

export function readTimeline(db: SqliteConnection, scope: string, subject: Key, beforeSeq: number, limit: number): LogRow[] {
	return db.all<LogRow>(sql.timeline, scope, subject, beforeSeq, limit);
}

export function eraseTimeline(db: SqliteConnection, scope: string, subject: Key, limit: number): number {
	return db.run(sql.erase, scope, subject, limit);
}

export function setLogReader(db: SqliteConnection, scope: string, reader: string, afterSeq: number | null): void {
	if (afterSeq === null) db.run(sql.readerForget, scope, reader);
	else db.run(sql.readerSet, scope, reader, afterSeq);
}

export function trimLog(db: SqliteConnection, scope: string, beforeMs: number, limit: number): number {
	const slowest = db.get<{ seq: number | null }>(sql.slowest, scope)?.seq ?? Number.MAX_SAFE_INTEGER;
	const old = db.all<{ seq: number }>(sql.old, scope, beforeMs, slowest, limit);
	for (const { seq } of old) db.run(sql.remove, scope, seq);
	// Not spread into Math.max: an entry may be older than its neighbours (an imported order), so the last is not the highest.
	if (old.length > 0) db.run(sql.trimmedSet, old.reduce((highest, { seq }) => Math.max(highest, seq), 0), scope);
	return old.length;
}
