import type { Key } from '../store';
import type { SqliteConnection } from './connection';

/** Keys looked up by one statement. */
const most = 64;
/** The statements by their number of keys. */
const statements = new Map<string, string>();

function statementFor(columns: string, count: number): string {
	const name = `${columns}/${count}`;
	let sql = statements.get(name);
	if (!sql) {
		sql = `SELECT ${columns} FROM document WHERE scope = ? AND key IN (${Array(count).fill('?').join(', ')})`;
		statements.set(name, sql);
	}
	return sql;
}

/**
 * The rows of those documents that exist, in no particular order. Up to 64 keys are one statement, and with that one
 * state of the file; for more the caller sees to that.
 */
export function readDocuments<Row>(db: SqliteConnection, columns: 'key, version' | 'key, version, data', scope: string, keys: Key[]): Row[] {
	if (keys.length === 0) return [];
	if (keys.length <= most) return db.all<Row>(statementFor(columns, keys.length), scope, ...keys);
	const rows: Row[] = [];
	for (let start = 0; start < keys.length; start += most) rows.push(...readDocuments<Row>(db, columns, scope, keys.slice(start, start + most)));
	return rows;
}

/** Whether so many keys are read by one statement. */
export const isOneStatement = (count: number) => count <= most;
