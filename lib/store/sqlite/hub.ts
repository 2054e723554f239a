import type { Store, StoreHub } from '../store';
import { checkScope } from '../validate';
import { SqliteConnection } from './connection';
import { GroupCommit } from './groupCommit';
import { SqliteStore } from './sqliteStore';

// A loose index scan: one seek for each scope, however many documents each holds.
const scopesSql = `WITH RECURSIVE found (scope) AS (
		SELECT min(scope) FROM document
		UNION ALL
		SELECT (SELECT min(scope) FROM document WHERE document.scope > found.scope) FROM found WHERE found.scope IS NOT NULL
	) SELECT scope FROM found WHERE scope IS NOT NULL`;

/** All scopes of one file, on one connection. */
export class SqliteHub implements StoreHub {
	private readonly queue: GroupCommit;

	constructor(private readonly connection: SqliteConnection) {
		this.queue = new GroupCommit(connection);
	}

	/** @throws STORE_UNAVAILABLE or CONFIG_INVALID */
	static open(file: string): SqliteHub {
		return new SqliteHub(SqliteConnection.open(file));
	}

	get label(): string {
		return this.connection.label;
	}

	scope(name: string): Store {
		checkScope(name);
		return new SqliteStore(name, this.connection, this.queue);
	}

	async scopes(): Promise<string[]> {
		const rows = await this.queue.read(() => this.connection.all<{ scope: string }>(scopesSql));
		return rows.map(({ scope }) => scope);
	}

	/** Takes the write lock once: a file that can be read but not written is of no use. */
	async ping(): Promise<void> {
		await this.queue.write(() => undefined);
	}

	async warnings(): Promise<string[]> {
		return [];
	}

	async close(): Promise<void> {
		this.queue.close();
		this.connection.close();
	}
}
