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
import { entryOf } from './log';
import type { Engine } from './operations';

/** One scope of a file. Checks arguments and makes them plain, has the engine do the work, and shapes its answers. */
export class SqliteStore implements Store {
	constructor(
		readonly scope: string,
		private readonly engine: Engine,
	) {}

	async read<T = Json>(keys: Key[]): Promise<Array<Versioned<T>>> {
		checkKeys(keys);
		const rows = await this.engine.call('documents', this.scope, keys);
		const found = new Map(rows.map((row) => [row.key, row]));
		return keys.map((key) => {
			const row = found.get(key);
			return row ? { key, version: row.version, value: JSON.parse(row.data) as T } : { key, version: 0, value: null };
		});
	}

	async commit(commit: Commit): Promise<CommitResult> {
		return await this.engine.call('commit', this.scope, prepareCommit(commit));
	}

	async walk(index: string, { from = -Infinity, to = Infinity, after, limit }: WalkOptions): Promise<IndexEntry[]> {
		checkText('index', index);
		checkLimit(limit);
		const rows = await this.engine.call('walk', this.scope, index, from, to, after, limit);
		return rows.map(({ key, value }) => ({ key, value }));
	}

	async count(index: string, { from = -Infinity, to = Infinity, limit }: { from?: number; to?: number; limit: number }): Promise<number> {
		checkText('index', index);
		checkWhole('limit', limit, 1);
		return await this.engine.call('count', this.scope, index, from, to, limit);
	}

	async claim(index: string, options: ClaimOptions): Promise<Claimed[]> {
		checkText('index', index);
		checkLimit(options.limit);
		checkFinite('dueMs', options.dueMs);
		checkFinite('machineNowMs', options.machineNowMs);
		checkFinite('leaseUntilMs', options.leaseUntilMs);
		return await this.engine.call('claim', this.scope, index, options);
	}

	async renew(index: string, leases: Array<{ key: Key; token: string }>, leaseUntilMs: number): Promise<Key[]> {
		checkLeases(index, leases);
		checkFinite('leaseUntilMs', leaseUntilMs);
		return await this.engine.call('settleLeases', this.scope, 'renew', index, leases, leaseUntilMs);
	}

	async release(index: string, leases: Array<{ key: Key; token: string }>, notBeforeMs: number): Promise<Key[]> {
		checkLeases(index, leases);
		checkFinite('notBeforeMs', notBeforeMs);
		return await this.engine.call('settleLeases', this.scope, 'release', index, leases, notBeforeMs);
	}

	async holds({ index, key, token }: LeaseCheck): Promise<boolean> {
		checkLeases(index, [{ key, token }]);
		return await this.engine.call('holds', this.scope, index, key, token);
	}

	async readCounters(group: string): Promise<Record<string, number>> {
		checkText('group', group);
		const rows = await this.engine.call('counters', this.scope, group);
		return Object.fromEntries(rows.map(({ field, value }) => [field, value]));
	}

	async readLog({ afterSeq, limit }: { afterSeq: number; limit: number }): Promise<LogEntry[]> {
		checkWhole('afterSeq', afterSeq, 0);
		checkLimit(limit);
		return (await this.engine.call('log', this.scope, afterSeq, limit)).map(entryOf);
	}

	async readTimeline(subject: Key, options: { beforeSeq?: number; limit: number }): Promise<LogEntry[]> {
		const { beforeSeq = Number.MAX_SAFE_INTEGER, limit } = options;
		checkText('subject', subject);
		checkWhole('beforeSeq', beforeSeq, 0);
		checkLimit(limit);
		return (await this.engine.call('timeline', this.scope, subject, beforeSeq, limit)).map(entryOf);
	}

	async eraseTimeline(subject: Key, { limit }: { limit: number }): Promise<number> {
		checkText('subject', subject);
		checkLimit(limit);
		return await this.engine.call('eraseTimeline', this.scope, subject, limit);
	}

	async setLogReader(reader: string, afterSeq: number | null): Promise<void> {
		checkText('reader', reader);
		if (afterSeq !== null) checkWhole('afterSeq', afterSeq, 0);
		await this.engine.call('setLogReader', this.scope, reader, afterSeq);
	}

	async trimLog({ beforeMs, limit }: { beforeMs: number; limit: number }): Promise<number> {
		checkFinite('beforeMs', beforeMs);
		checkLimit(limit);
		return await this.engine.call('trimLog', this.scope, beforeMs, limit);
	}

	async sweepOnce({ untilMs, limit }: { untilMs: number; limit: number }): Promise<number> {
		checkFinite('untilMs', untilMs);
		checkLimit(limit);
		return await this.engine.call('sweepOnce', this.scope, untilMs, limit);
	}
}
