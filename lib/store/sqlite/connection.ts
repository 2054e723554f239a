import { closeSync, mkdirSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { isShopJourneysError, messageOf, ShopJourneysError } from '../../model/errors';
import { LogSync } from './logSync';
import { migrate } from './migrate';

/** How long SQLite itself waits for another process, blocking this one. Short: the longer waits are asynchronous. */
const busyTimeoutMs = 100;
/** A migration or a recovery by another process at the start is worth a longer wait. */
const openTimeoutMs = 5_000;

const busyCode = 5;
const lockedCode = 6;

type SqliteModule = typeof import('node:sqlite');

function loadSqlite(): SqliteModule {
	// Asked for by name at run time, so that a process which uses Redis runs on a Node without it.
	const sqlite = process.getBuiltinModule?.('node:sqlite') as SqliteModule | undefined;
	if (!sqlite) {
		throw new ShopJourneysError('CONFIG_INVALID', `Node ${process.versions.node} has no built-in SQLite.`, {
			hint: 'Run n8n on Node 24, or set SHOP_JOURNEYS_REDIS_URL to keep the store in Redis.',
		});
	}
	return sqlite;
}

/** Whether another process holds the lock: worth waiting for, unlike every other error. */
export function isBusy(error: unknown): boolean {
	const code = (error as { errcode?: unknown }).errcode;
	// The low byte is the primary code; SQLITE_BUSY_SNAPSHOT and the like carry more above it.
	return typeof code === 'number' && ((code & 0xff) === busyCode || (code & 0xff) === lockedCode);
}

/** One open file with its prepared statements. Synchronous: queueing and waiting are GroupCommit's. */
export class SqliteConnection {
	private readonly statements = new Map<string, StatementSync>();

	private constructor(
		private readonly db: DatabaseSync,
		readonly label: string,
		/** What is acknowledged only after `logSync.after` is on the disk. */
		readonly logSync: LogSync,
	) {}

	/**
	 * Opens (and creates, and migrates) a file. `:memory:` lives as long as the connection.
	 * @throws STORE_UNAVAILABLE, or CONFIG_INVALID when this Node or this version cannot read the file
	 */
	static open(file: string): SqliteConnection {
		const label = file === ':memory:' ? 'SQLite (in memory)' : `SQLite (${basename(file)})`;
		const { DatabaseSync } = loadSqlite();
		let db: DatabaseSync | undefined;
		try {
			if (file !== ':memory:') {
				mkdirSync(dirname(file), { recursive: true });
				// Customers' data: made readable by n8n's user alone. SQLite gives its -wal and -shm files the same mode.
				closeSync(openSync(file, 'a', 0o600));
			}
			db = new DatabaseSync(file, { timeout: openTimeoutMs });
			// Not every file system can do it (a network drive); then SQLite keeps the journal it had.
			const hasLog = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode === 'wal';
			// What was acknowledged is on the disk: with a log LogSync sees to that (docs/store.md), else COMMIT itself.
			db.exec(`PRAGMA synchronous = ${hasLog ? 'NORMAL' : 'FULL'}`);
			// An erased customer's bytes are overwritten where that costs no extra page.
			db.exec('PRAGMA secure_delete = FAST');
			// Kilobytes. Grows only as it is used; with a smaller one, pages that are written all the time are read back again.
			db.exec('PRAGMA cache_size = -32000');
			// Pages of the log before it is copied into the file, which happens inside COMMIT and holds up what comes next: rarely, and then
			// a page that changed a hundred times is copied once.
			db.exec('PRAGMA wal_autocheckpoint = 8000');
			db.exec('PRAGMA journal_size_limit = 67108864');
			migrate(db, label);
			db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
			return new SqliteConnection(db, label, new LogSync(hasLog ? file : null));
		} catch (error) {
			db?.close();
			throw unavailable(label, error);
		}
	}

	get isOpen(): boolean {
		return this.db.isOpen;
	}

	get inTransaction(): boolean {
		return this.db.isTransaction;
	}

	run(sql: string, ...values: SQLInputValue[]): number {
		return Number(this.statement(sql).run(...values).changes);
	}

	get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
		return this.statement(sql).get(...values) as Row | undefined;
	}

	all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
		return this.statement(sql).all(...values) as Row[];
	}

	/** Runs several reads against one state of the file, whatever other processes commit meanwhile. */
	snapshot<T>(read: () => T): T {
		this.run('BEGIN');
		try {
			return read();
		} finally {
			if (this.inTransaction) this.run('COMMIT');
		}
	}

	close(): void {
		this.logSync.close();
		this.statements.clear();
		if (this.db.isOpen) this.db.close();
	}

	private statement(sql: string): StatementSync {
		let statement = this.statements.get(sql);
		if (!statement) {
			statement = this.db.prepare(sql);
			this.statements.set(sql, statement);
		}
		return statement;
	}
}

/** Whatever SQLite or the disk reported, as STORE_UNAVAILABLE; our own errors pass through. */
export function unavailable(label: string, error: unknown): ShopJourneysError {
	if (isShopJourneysError(error)) return error;
	const reason = messageOf(error);
	const hint = isBusy(error)
		? 'Another process kept the file locked for several seconds. Look for a backup or a second n8n that uses the same file.'
		: 'Check that the disk has space left and that n8n may write to the folder of the file.';
	return new ShopJourneysError('STORE_UNAVAILABLE', `${label} did not answer: ${reason}`, { hint, cause: error });
}
