import { randomUUID } from 'node:crypto';
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
import { commitArguments, commitResult } from './commit';
import type { RedisConnection } from './connection';
import { ScopeKeys } from './keys';
import * as log from './log';
import { GatheredReads } from './reads';

/** A bound as sorted sets read it. */
function bound(value: number): string {
	if (value === -Infinity) return '-inf';
	return value === Infinity ? '+inf' : String(value);
}

/** One scope on a Redis server. Checks arguments, then calls one command or one script. */
export class RedisStore implements Store {
	private readonly keys: ScopeKeys;
	private readonly reads: GatheredReads;

	constructor(
		readonly scope: string,
		private readonly connection: RedisConnection,
		/** Makes sure that `scopes()` will find this one. */
		private readonly register: (scope: string) => Promise<void>,
	) {
		this.keys = new ScopeKeys(scope);
		this.reads = new GatheredReads(connection);
	}

	async read<T = Json>(keys: Key[]): Promise<Array<Versioned<T>>> {
		checkKeys(keys);
		if (keys.length === 0) return [];
		const { from, found } = this.reads.add(keys.map((key) => this.keys.document(key)));
		const documents = await found;
		return keys.map((key, i) => {
			const document = documents[from + i];
			if (!document) return { key, version: 0, value: null };
			const end = document.indexOf('\n');
			return { key, version: Number(document.slice(0, end)), value: JSON.parse(document.slice(end + 1)) as T };
		});
	}

	async commit(commit: Commit): Promise<CommitResult> {
		const prepared = prepareCommit(commit);
		if (prepared.writes.length > 0) await this.register(this.scope);
		const { keys, args } = commitArguments(this.keys, prepared);
		const answer = await this.connection.write((redis) => redis.sj_commit(keys.length, ...keys, ...args));
		return commitResult(prepared, answer as [number, number?]);
	}

	async walk(index: string, { from = -Infinity, to = Infinity, after, limit }: WalkOptions): Promise<IndexEntry[]> {
		checkText('index', index);
		checkLimit(limit);
		const behind = after ? [String(after.value), after.key] : ['', ''];
		const flat = (await this.connection.read((redis) => redis.sj_walk(this.keys.index(index), bound(from), bound(to), limit, ...behind))) as string[];
		const entries: IndexEntry[] = [];
		for (let i = 0; i < flat.length; i += 2) entries.push({ key: flat[i], value: Number(flat[i + 1]) });
		return entries;
	}

	async count(index: string, { from = -Infinity, to = Infinity, limit }: { from?: number; to?: number; limit: number }): Promise<number> {
		checkText('index', index);
		checkWhole('limit', limit, 1);
		// A sorted set knows its ranks, so counting costs the same however far it goes.
		return Math.min(limit, await this.connection.read((redis) => redis.zcount(this.keys.index(index), bound(from), bound(to))));
	}

	async claim(index: string, { dueMs, machineNowMs, leaseUntilMs, limit }: ClaimOptions): Promise<Claimed[]> {
		checkText('index', index);
		checkLimit(limit);
		checkFinite('dueMs', dueMs);
		checkFinite('machineNowMs', machineNowMs);
		checkFinite('leaseUntilMs', leaseUntilMs);
		const proof = randomUUID();
		const flat = (await this.connection.write((redis) =>
			redis.sj_claim(this.keys.index(index), this.keys.leases(index), dueMs, machineNowMs, leaseUntilMs, limit, proof),
		)) as string[];
		const claimed: Claimed[] = [];
		for (let i = 0; i < flat.length; i += 3) {
			claimed.push({ key: flat[i], value: Number(flat[i + 1]), token: `${proof}.${claimed.length}`, attempt: Number(flat[i + 2]) });
		}
		return claimed;
	}

	async renew(index: string, leases: Array<{ key: Key; token: string }>, leaseUntilMs: number): Promise<Key[]> {
		checkFinite('leaseUntilMs', leaseUntilMs);
		return await this.settle('renew', index, leases, leaseUntilMs);
	}

	async release(index: string, leases: Array<{ key: Key; token: string }>, notBeforeMs: number): Promise<Key[]> {
		checkFinite('notBeforeMs', notBeforeMs);
		return await this.settle('release', index, leases, notBeforeMs);
	}

	async holds({ index, key, token }: LeaseCheck): Promise<boolean> {
		checkLeases(index, [{ key, token }]);
		const lease = await this.connection.read((redis) => redis.hget(this.keys.leases(index), key));
		return lease !== null && lease.split('|').slice(2).join('|') === token;
	}

	async readCounters(group: string): Promise<Record<string, number>> {
		checkText('group', group);
		const fields = await this.connection.read((redis) => redis.hgetall(this.keys.counters(group)));
		return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, Number(value)]));
	}

	async readLog({ afterSeq, limit }: { afterSeq: number; limit: number }): Promise<LogEntry[]> {
		checkWhole('afterSeq', afterSeq, 0);
		checkLimit(limit);
		return await log.readLog(this.connection, this.keys, this.scope, afterSeq, limit);
	}

	async readTimeline(subject: Key, options: { beforeSeq?: number; limit: number }): Promise<LogEntry[]> {
		const { beforeSeq = Number.MAX_SAFE_INTEGER, limit } = options;
		checkText('subject', subject);
		checkWhole('beforeSeq', beforeSeq, 0);
		checkLimit(limit);
		return await log.readTimeline(this.connection, this.keys, subject, beforeSeq, limit);
	}

	async eraseTimeline(subject: Key, { limit }: { limit: number }): Promise<number> {
		checkText('subject', subject);
		checkLimit(limit);
		const { log: logKey, logByTime } = this.keys;
		const erased = await this.connection.write((redis) => redis.sj_eraseTimeline(this.keys.timeline(subject), logKey, logByTime, limit));
		return erased as number;
	}

	async setLogReader(reader: string, afterSeq: number | null): Promise<void> {
		checkText('reader', reader);
		if (afterSeq !== null) checkWhole('afterSeq', afterSeq, 0);
		await this.connection.write((redis) =>
			afterSeq === null ? redis.hdel(this.keys.logReaders, reader) : redis.hset(this.keys.logReaders, reader, afterSeq),
		);
	}

	async trimLog({ beforeMs, limit }: { beforeMs: number; limit: number }): Promise<number> {
		checkFinite('beforeMs', beforeMs);
		checkLimit(limit);
		return await log.trimLog(this.connection, this.keys, beforeMs, limit);
	}

	async sweepOnce({ untilMs, limit }: { untilMs: number; limit: number }): Promise<number> {
		checkFinite('untilMs', untilMs);
		checkLimit(limit);
		return (await this.connection.write((redis) => redis.sj_sweepOnce(this.keys.once, untilMs, limit))) as number;
	}

	private async settle(how: 'renew' | 'release', index: string, leases: Array<{ key: Key; token: string }>, untilMs: number): Promise<Key[]> {
		checkLeases(index, leases);
		if (leases.length === 0) return [];
		const pairs = leases.flatMap(({ key, token }) => [key, token]);
		return (await this.connection.write((redis) => redis.sj_settle(this.keys.leases(index), how, untilMs, ...pairs))) as Key[];
	}
}
