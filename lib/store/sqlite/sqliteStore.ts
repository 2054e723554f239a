import type {
	Claimed,
	ClaimOptions,
	Commit,
	CommitResult,
	IndexEntry,
	Json,
	Key,
	LeaseCheck,
	LogEntry,
	Store,
	Versioned,
	WalkOptions,
} from '../store';
import { checkFinite, checkKeys, checkLeases, checkLimit, checkText, checkWhole, prepareCommit } from '../validate';
import { applyCommit, carriesToken } from './commit';
import type { SqliteConnection } from './connection';
import type { GroupCommit } from './groupCommit';
import { isOneStatement, readDocuments } from './documents';
import { claim, settleLeases } from './leases';
import * as log from './log';

const sql = {
	walkFrom: `SELECT key, value FROM entry WHERE scope = ? AND idx = ? AND value >= ? AND value <= ?
		ORDER BY value, key LIMIT ?`,
	walkAfter: `SELECT key, value FROM entry WHERE scope = ? AND idx = ? AND (value, key) > (?, ?) AND value <= ?
		ORDER BY value, key LIMIT ?`,
	count: `SELECT count(*) AS n FROM
		(SELECT 1 FROM entry WHERE scope = ? AND idx = ? AND value >= ? AND value <= ? LIMIT ?)`,
	counters: 'SELECT field, value FROM counter WHERE scope = ? AND grp = ?',
	sweepOnce:
		'DELETE FROM once WHERE scope = ?1 AND key IN (SELECT key FROM once WHERE scope = ?1 AND until_ms <= ?2 ORDER BY until_ms LIMIT ?3)',
};

interface DocumentRow {
	key: Key;
	version: number;
	data: string;
}

/** One scope of a file. Checks arguments, then hands the work to the connection's queue. */
export class SqliteStore implements Store {
	constructor(
		readonly scope: string,
		private readonly db: SqliteConnection,
		private readonly queue: GroupCommit,
	) {}

	async read<T = Json>(keys: Key[]): Promise<Array<Versioned<T>>> {
		checkKeys(keys);
		const readAll = () => readDocuments<DocumentRow>(this.db, 'key, version, data', this.scope, keys);
		const rows = await this.queue.read(() => (isOneStatement(keys.length) ? readAll() : this.db.snapshot(readAll)));
		const found = new Map(rows.map((row) => [row.key, row]));
		return keys.map((key) => {
			const row = found.get(key);
			return row ? { key, version: row.version, value: JSON.parse(row.data) as T } : { key, version: 0, value: null };
		});
	}

	async commit(commit: Commit): Promise<CommitResult> {
		const prepared = prepareCommit(commit);
		return await this.queue.write(() => applyCommit(this.db, this.scope, prepared));
	}

	async walk(index: string, { from = -Infinity, to = Infinity, after, limit }: WalkOptions): Promise<IndexEntry[]> {
		checkText('index', index);
		checkLimit(limit);
		const rows = await this.queue.read(() =>
			after && after.value >= from
				? this.db.all<IndexEntry>(sql.walkAfter, this.scope, index, after.value, after.key, to, limit)
				: this.db.all<IndexEntry>(sql.walkFrom, this.scope, index, from, to, limit),
		);
		return rows.map(({ key, value }) => ({ key, value }));
	}

	async count(index: string, { from = -Infinity, to = Infinity, limit }: { from?: number; to?: number; limit: number }): Promise<number> {
		checkText('index', index);
		checkWhole('limit', limit, 1);
		return await this.queue.read(() => this.db.get<{ n: number }>(sql.count, this.scope, index, from, to, limit)?.n ?? 0);
	}

	async claim(index: string, options: ClaimOptions): Promise<Claimed[]> {
		checkText('index', index);
		checkLimit(options.limit);
		checkFinite('dueMs', options.dueMs);
		checkFinite('machineNowMs', options.machineNowMs);
		checkFinite('leaseUntilMs', options.leaseUntilMs);
		return await this.queue.write(() => claim(this.db, this.scope, index, options));
	}

	async renew(index: string, leases: Array<{ key: Key; token: string }>, leaseUntilMs: number): Promise<Key[]> {
		checkLeases(index, leases);
		checkFinite('leaseUntilMs', leaseUntilMs);
		return await this.queue.write(() => settleLeases(this.db, 'renew', this.scope, index, leases, leaseUntilMs));
	}

	async release(index: string, leases: Array<{ key: Key; token: string }>, notBeforeMs: number): Promise<Key[]> {
		checkLeases(index, leases);
		checkFinite('notBeforeMs', notBeforeMs);
		return await this.queue.write(() => settleLeases(this.db, 'release', this.scope, index, leases, notBeforeMs));
	}

	async holds({ index, key, token }: LeaseCheck): Promise<boolean> {
		checkLeases(index, [{ key, token }]);
		return await this.queue.read(() => carriesToken(this.db, this.scope, index, key, token));
	}

	async readCounters(group: string): Promise<Record<string, number>> {
		checkText('group', group);
		const rows = await this.queue.read(() => this.db.all<{ field: string; value: number }>(sql.counters, this.scope, group));
		return Object.fromEntries(rows.map(({ field, value }) => [field, value]));
	}

	async readLog({ afterSeq, limit }: { afterSeq: number; limit: number }): Promise<LogEntry[]> {
		checkWhole('afterSeq', afterSeq, 0);
		checkLimit(limit);
		return await this.queue.read(() => this.db.snapshot(() => log.readLog(this.db, this.scope, afterSeq, limit)));
	}

	async readTimeline(subject: Key, options: { beforeSeq?: number; limit: number }): Promise<LogEntry[]> {
		const { beforeSeq = Number.MAX_SAFE_INTEGER, limit } = options;
		checkText('subject', subject);
		checkWhole('beforeSeq', beforeSeq, 0);
		checkLimit(limit);
		return await this.queue.read(() => log.readTimeline(this.db, this.scope, subject, beforeSeq, limit));
	}

	async eraseTimeline(subject: Key, { limit }: { limit: number }): Promise<number> {
		checkText('subject', subject);
		checkLimit(limit);
		return await this.queue.write(() => log.eraseTimeline(this.db, this.scope, subject, limit));
	}

	async setLogReader(reader: string, afterSeq: number | null): Promise<void> {
		checkText('reader', reader);
		if (afterSeq !== null) checkWhole('afterSeq', afterSeq, 0);
		await this.queue.write(() => log.setLogReader(this.db, this.scope, reader, afterSeq));
	}

	async trimLog({ beforeMs, limit }: { beforeMs: number; limit: number }): Promise<number> {
		checkFinite('beforeMs', beforeMs);
		checkLimit(limit);
		return await this.queue.write(() => log.trimLog(this.db, this.scope, beforeMs, limit));
	}

	async sweepOnce({ untilMs, limit }: { untilMs: number; limit: number }): Promise<number> {
		checkFinite('untilMs', untilMs);
		checkLimit(limit);
		return await this.queue.write(() => this.db.run(sql.sweepOnce, this.scope, untilMs, limit));
	}
}
