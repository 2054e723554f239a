import type { Claimed, Commit, CommitResult, IndexEntry, LogEntry } from '../../../lib/store/store';

interface Entry {
	value: number;
	token: string | null;
	untilMs: number;
	attempt: number;
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The contract in as few lines as it takes, without time, disk or a second process: what drivers are compared with. */
export class ModelStore {
	readonly documents = new Map<string, { version: number; value: unknown }>();
	readonly once = new Map<string, number>();
	readonly counters = new Map<string, Map<string, number>>();
	readonly indices = new Map<string, Map<string, Entry>>();
	log: LogEntry[] = [];
	readonly readers = new Map<string, number>();
	private lastSeq = 0;
	private trimmedSeq = 0;
	private tokens = 0;

	version(key: string): number {
		return this.documents.get(key)?.version ?? 0;
	}

	commit({ checks = [], leases = [], writes = [], once = [], counters = [], index = [], log = [] }: Commit): CommitResult {
		for (const { key } of once) if (this.once.has(key)) return { status: 'duplicate', key };
		for (const { key, version } of [...checks, ...writes]) {
			if (this.version(key) !== version) return { status: 'conflict', key, reason: 'version' };
		}
		for (const lease of leases) {
			if (!this.holds(lease)) return { status: 'conflict', key: lease.key, reason: 'lease' };
		}
		for (const { key, untilMs } of once) this.once.set(key, untilMs);
		for (const { key, version, value } of writes) {
			if (value === null) this.documents.delete(key);
			else this.documents.set(key, { version: version + 1, value });
		}
		for (const { group, field, add } of counters) {
			const fields = this.counters.get(group) ?? new Map<string, number>();
			this.counters.set(group, fields.set(field, (fields.get(field) ?? 0) + add));
		}
		for (const { index: name, key, value } of index) {
			if (value === null) this.entries(name).delete(key);
			else this.entries(name).set(key, { value, token: null, untilMs: -Infinity, attempt: 0 });
		}
		for (const entry of log) this.log.push({ seq: ++this.lastSeq, ...entry });
		return { status: 'committed' };
	}

	walk(index: string, from: number, to: number, after: IndexEntry | undefined, limit: number): IndexEntry[] {
		const behind = (entry: IndexEntry) => !after || entry.value > after.value || (entry.value === after.value && byBytes(entry.key, after.key) > 0);
		return this.sorted(index)
			.filter((entry) => entry.value >= from && entry.value <= to && behind(entry))
			.slice(0, limit)
			.map(({ key, value }) => ({ key, value }));
	}

	claim(index: string, dueMs: number, machineNowMs: number, leaseUntilMs: number, limit: number): Claimed[] {
		const free = this.sorted(index).filter(({ key, value }) => value <= dueMs && (this.entries(index).get(key)?.untilMs ?? 0) <= machineNowMs);
		return free.slice(0, limit).map(({ key, value }) => {
			const attempt = (this.entries(index).get(key)?.attempt ?? 0) + 1;
			const token = `model-${++this.tokens}`;
			this.entries(index).set(key, { value, token, untilMs: leaseUntilMs, attempt });
			return { key, value, token, attempt };
		});
	}

	settle(how: 'renew' | 'release', index: string, lease: { key: string; token: string }, untilMs: number): string[] {
		const entry = this.entries(index).get(lease.key);
		if (!entry || entry.token !== lease.token) return [];
		entry.untilMs = untilMs;
		if (how === 'release') entry.token = null;
		return [lease.key];
	}

	holds({ index, key, token }: { index: string; key: string; token: string }): boolean {
		return this.entries(index).get(key)?.token === token;
	}

	readLog(afterSeq: number, limit: number): LogEntry[] | 'CURSOR_TOO_OLD' {
		if (afterSeq > 0 && afterSeq < this.trimmedSeq) return 'CURSOR_TOO_OLD';
		return this.log.filter(({ seq }) => seq > afterSeq).slice(0, limit);
	}

	readTimeline(subject: string, beforeSeq: number, limit: number): LogEntry[] {
		return this.log
			.filter((entry) => entry.subject === subject && entry.seq < beforeSeq)
			.reverse()
			.slice(0, limit);
	}

	eraseTimeline(subject: string, limit: number): number {
		return this.forget(this.log.filter((entry) => entry.subject === subject).slice(0, limit));
	}

	trimLog(beforeMs: number, limit: number): number {
		const passed = Math.min(Infinity, ...this.readers.values());
		const old = this.log.filter(({ atMs, seq }) => atMs < beforeMs && seq <= passed);
		old.sort((a, b) => a.atMs - b.atMs || a.seq - b.seq);
		const trimmed = old.slice(0, limit);
		this.trimmedSeq = Math.max(this.trimmedSeq, ...trimmed.map(({ seq }) => seq));
		return this.forget(trimmed);
	}

	sweepOnce(untilMs: number): number {
		const due = [...this.once].filter(([, keptUntilMs]) => keptUntilMs <= untilMs);
		for (const [key] of due) this.once.delete(key);
		return due.length;
	}

	private forget(entries: LogEntry[]): number {
		this.log = this.log.filter((entry) => !entries.includes(entry));
		return entries.length;
	}

	private entries(index: string): Map<string, Entry> {
		const entries = this.indices.get(index) ?? new Map<string, Entry>();
		this.indices.set(index, entries);
		return entries;
	}

	private sorted(index: string): IndexEntry[] {
		const entries = [...this.entries(index)].map(([key, { value }]) => ({ key, value }));
		return entries.sort((a, b) => a.value - b.value || byBytes(a.key, b.key));
	}
}
