import { applyCommit, carriesToken } from './commit';
import type { SqliteConnection } from './connection';
import { readDocuments } from './documents';
import { claim, settleLeases } from './leases';
import * as log from './log';
import { countEntries, walkEntries } from './entries';

const sql = {
	counters: 'SELECT field, value FROM counter WHERE scope = ? AND grp = ?',
	sweepOnce:
		'DELETE FROM once WHERE scope = ?1 AND key IN (SELECT key FROM once WHERE scope = ?1 AND until_ms <= ?2 ORDER BY until_ms LIMIT ?3)',
	// A loose index scan: one seek for each scope, however many documents each holds.
	scopes: `WITH RECURSIVE found (scope) AS (
			SELECT min(scope) FROM document
			UNION ALL
			SELECT (SELECT min(scope) FROM document WHERE document.scope > found.scope) FROM found WHERE found.scope IS NOT NULL
		) SELECT scope FROM found WHERE scope IS NOT NULL`,
};

/**
 * All that is asked of a file, by name. Arguments were checked before; arguments and answers are plain data, which a message between
 * threads can carry. Reads see what is committed, writes run inside the transaction of their batch.
 */
export const reads = {
	documents: readDocuments,
	walk: walkEntries,
	count: countEntries,
	holds: carriesToken,
	counters: (db: SqliteConnection, scope: string, group: string) => db.all<{ field: string; value: number }>(sql.counters, scope, group),
	log: log.readLog,
	timeline: log.readTimeline,
	scopes: (db: SqliteConnection, _scope: string) => db.all<{ scope: string }>(sql.scopes),
};

export const writes = {
	commit: applyCommit,
	claim,
	settleLeases,
	eraseTimeline: log.eraseTimeline,
	setLogReader: log.setLogReader,
	trimLog: log.trimLog,
	sweepOnce: (db: SqliteConnection, scope: string, untilMs: number, limit: number) => db.run(sql.sweepOnce, scope, untilMs, limit),
	/** Takes the write lock and does nothing: a file that can be read but not written is of no use. */
	lock: (_db: SqliteConnection, _scope: string) => undefined,
};

type Operations = typeof reads & typeof writes;
export type Operation = keyof Operations;
export type Arguments<Name extends Operation> = Operations[Name] extends (db: SqliteConnection, scope: string, ...rest: infer Rest) => unknown ? Rest : never;
export type Answer<Name extends Operation> = ReturnType<Operations[Name]>;

/** An open file: does what it is asked, in this thread or another. */
export interface Engine {
	/** What the operator sees in messages. */
	readonly label: string;
	/** @throws STORE_UNAVAILABLE, and what the operation throws */
	call<Name extends Operation>(name: Name, scope: string, ...rest: Arguments<Name>): Promise<Answer<Name>>;
	/** Writes what is waiting, refuses what comes later. */
	close(): Promise<void>;
}
