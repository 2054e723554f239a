import type { Key } from '../store';
import type { SqliteConnection } from './connection';

/** Keys looked up by one statement. */
const most = 64;
/** The statements by their number of keys. */
const statements = new Map<string, string>();

export interface DocumentRow {
	key: Key;
	version: number;
	/** JSON. */
	data: string;
}

function statementFor(columns: string, count: number): string {
	const name = `${columns}/${count}`;
	let sql = statements.get(name);
	if (!sql) {
		sql = `SELECT ${columns} FROM document WHERE scope = ? AND key IN (${Array(count).fill('?').join(', ')})`;
		statements.set(name, sql);
	}
	return sql;
}

function rowsOf<Row>(db: SqliteConnection, columns: string, scope: string, keys: Key[]): Row[] {
	if (keys.length === 0) return [];
	if (keys.length <= most) return db.all<Row>(statementFor(columns, keys.length), scope, ...keys);
	const rows: Row[] = [];
	for (let start = 0; start < keys.length; start += most) rows.push(...rowsOf<Row>(db, columns, scope, keys.slice(start, start + most)));
	return rows;
}

/** Those documents that exist, in no particular order, from one state of the file. */
export function readDocuments(db: SqliteConnection, scope: string, keys: Key[]): DocumentRow[] {
	const read = () => rowsOf<DocumentRow>(db, 'key, version, data', scope, keys);
	// One statement sees one state by itself.
	return keys.length <= most ? read() : db.snapshot(read);
}

/** The versions of those documents that exist. Inside a transaction. */
export function readVersions(db: SqliteConnection, scope: string, keys: Key[]): Map<Key, number> {
	return new Map(rowsOf<{ key: Key; version: number }>(db, 'key, version', scope, keys).map(({ key, version }) => [key, version]));
}
