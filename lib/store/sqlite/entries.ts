import type { IndexEntry } from '../store';
import type { SqliteConnection } from './connection';

const sql = {
	walkFrom: `SELECT key, value FROM entry WHERE scope = ? AND idx = ? AND value >= ? AND value <= ?
		ORDER BY value, key LIMIT ?`,
	walkAfter: `SELECT key, value FROM entry WHERE scope = ? AND idx = ? AND (value, key) > (?, ?) AND value <= ?
		ORDER BY value, key LIMIT ?`,
	count: `SELECT count(*) AS n FROM
		(SELECT 1 FROM entry WHERE scope = ? AND idx = ? AND value >= ? AND value <= ? LIMIT ?)`,
};

export function walkEntries(db: SqliteConnection, scope: string, index: string, from: number, to: number, after: IndexEntry | undefined, limit: number): IndexEntry[] {
	return after && after.value >= from ? db.all<IndexEntry>(sql.walkAfter, scope, index, after.value, after.key, to, limit) : db.all<IndexEntry>(sql.walkFrom, scope, index, from, to, limit);
}

/** Counts no further than `limit`. */
export function countEntries(db: SqliteConnection, scope: string, index: string, from: number, to: number, limit: number): number {
	return db.get<{ n: number }>(sql.count, scope, index, from, to, limit)?.n ?? 0;
}
