import { ShopJourneysError } from '../../model/errors';
import type { Json, Key, LogEntry } from '../store';
import type { RedisConnection } from './connection';
import type { ScopeKeys } from './keys';

/** How many entries one call of trimLog looks at: some milliseconds of the server's time. */
const trimPage = 1_000;

/** A stream entry: its id, then names and values (a atMs, t type, s subject, d JSON) in this order. */
type StreamEntry = [string, string[]];

function toEntry([id, fields]: StreamEntry): LogEntry {
	const [, atMs, , type, , subject, , data] = fields;
	const entry: LogEntry = { seq: Number(id.slice(0, id.indexOf('-'))), atMs: Number(atMs), type, data: JSON.parse(data) as Json };
	if (subject !== '') entry.subject = subject;
	return entry;
}

/** @throws CURSOR_TOO_OLD */
export async function readLog(connection: RedisConnection, keys: ScopeKeys, scope: string, afterSeq: number, limit: number): Promise<LogEntry[]> {
	const answer = (await connection.read((redis) => redis.sj_readLog(keys.meta, keys.log, afterSeq, `${afterSeq + 1}-0`, limit))) as
		| [0, StreamEntry[]]
		| [1, string];
	if (answer[0] === 1) {
		throw new ShopJourneysError('CURSOR_TOO_OLD', `The log of ${scope} was trimmed up to ${answer[1]}; ${afterSeq} lies before it.`);
	}
	return answer[1].map(toEntry);
}

export async function readTimeline(connection: RedisConnection, keys: ScopeKeys, subject: Key, beforeSeq: number, limit: number): Promise<LogEntry[]> {
	const entries = await connection.read((redis) => redis.sj_readTimeline(keys.timeline(subject), keys.log, beforeSeq, limit));
	return (entries as StreamEntry[]).map(toEntry);
}

export async function trimLog(connection: RedisConnection, keys: ScopeKeys, beforeMs: number, limit: number): Promise<number> {
	let removed = 0;
	let rank = 0;
	for (;;) {
		const [taken, left, done] = (await connection.write((redis) =>
			redis.sj_trimLog(keys.logByTime, keys.log, keys.meta, keys.logReaders, beforeMs, limit - removed, rank, trimPage, keys.timelines),
		)) as [number, number, number];
		removed += taken;
		rank += left;
		if (done === 1 || removed >= limit) return removed;
	}
}
