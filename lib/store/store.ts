/**
 * The store contract: atomic steps over versioned documents, and nothing about SQL or Redis. The domain rules
 * are written once, above it. Read this file first.
 *
 * A store is scoped to one shop (or to the installation itself, scope `_installation`): all keys below live in
 * that scope. All times are arguments; a driver never reads a clock.
 */

/** JSON without undefined. A document is stored as text and comes back as a fresh copy. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };

/** A document key, `kind:id`, at most 500 UTF-8 bytes. */
export type Key = string;

/** Every document has a version that grows by one with each write. 0 means "does not exist". */
export interface Versioned<T = Json> {
	key: Key;
	version: number;
	/** null exactly when version is 0. */
	value: T | null;
}

/** A document that was only read: the commit is void when its version has changed since. */
export interface Check {
	key: Key;
	version: number;
}

/** Replaces a document (or removes it: `value: null`) that stood at `version` (0: must not exist yet). */
export interface Write {
	key: Key;
	version: number;
	/** Where a new document's version begins, 1 by default: drawn at random, no document is ever taken for one of the same key that was removed. At most 2^32. */
	first?: number;
	value: Json | null;
}

/** Seen once and remembered until it is swept, at `untilMs` or later (journey or machine time, as the caller sweeps). */
export interface OnceKey {
	key: string;
	untilMs: number;
}

/** Adds to a counter; order does not matter. `group` is read as a whole, so keep it small (a journey, a day). */
export interface CounterAdd {
	group: string;
	field: string;
	/** A safe integer. */
	add: number;
}

/** Puts `key` into `index` at `value` (a finite number), moves it there, or takes it out (`value: null`). Either way a lease on it is void and its attempts
 * start anew, also when the value stays the same. */
export interface IndexSet {
	index: string;
	key: Key;
	value: number | null;
}

export interface LogAppend {
	/** Journey time. */
	atMs: number;
	type: string;
	/** Whose timeline it belongs to: a customer's or a cart's key. */
	subject?: Key;
	data: Json;
}

/** The commit is void unless the entry still carries this token. A lease that has run out keeps its token until somebody else claims, releases or moves the entry. */
export interface LeaseCheck {
	index: string;
	key: Key;
	token: string;
}

/** All or nothing. Bounded: at most 64 documents (checks and writes together), 512 index changes, 64 log entries. */
export interface Commit {
	checks?: Check[];
	leases?: LeaseCheck[];
	writes?: Write[];
	once?: OnceKey[];
	counters?: CounterAdd[];
	index?: IndexSet[];
	log?: LogAppend[];
}

export type CommitResult =
	| { status: 'committed' }
	/** A once-key was there already: nothing was changed. Decided before anything else. */
	| { status: 'duplicate'; key: string }
	/** A document or a lease is not as expected: nothing was changed. Read again and decide anew. */
	| { status: 'conflict'; key: Key; reason: 'version' | 'lease' };

export interface IndexEntry {
	key: Key;
	value: number;
}

export interface WalkOptions {
	/** Both bounds are inclusive; absent means open. */
	from?: number;
	to?: number;
	/** Resume behind this entry, whether or not it is still there. */
	after?: IndexEntry;
	/** 1 to 10,000. */
	limit: number;
}

export interface Claimed extends IndexEntry {
	/** Proof of ownership; new with each claim. */
	token: string;
	/** How often this entry was claimed at its present value, this time included. */
	attempt: number;
}

export interface ClaimOptions {
	/** Claims entries with a value up to this. */
	dueMs: number;
	/** Machine time. Entries whose lease ran out by then are free. */
	machineNowMs: number;
	/** Machine time at which the lease ends. */
	leaseUntilMs: number;
	limit: number;
}

export interface LogEntry {
	/** Grows with each entry of the scope; never reused. */
	seq: number;
	atMs: number;
	type: string;
	subject?: Key;
	data: Json;
}

/**
 * One shop's store. Every method rejects with STORE_UNAVAILABLE when the store cannot be reached after the
 * driver's own retries; then nothing is known to have changed, except that a `commit` whose answer was lost may
 * have happened (its once-keys or versions tell).
 */
export interface Store {
	readonly scope: string;

	/** Reads documents, in the order asked; what is not there comes back with version 0. At most 1,000. */
	read<T = Json>(keys: Key[]): Promise<Array<Versioned<T>>>;

	/** @throws COMMIT_INVALID before anything is written when the commit breaks its bounds, holds unsafe numbers or would make a counter one. */
	commit(commit: Commit): Promise<CommitResult>;

	/** Entries in the order of value, then key bytes. */
	walk(index: string, options: WalkOptions): Promise<IndexEntry[]>;

	/** How many entries lie between the bounds (inclusive), counting no further than `limit`. */
	count(index: string, options: { from?: number; to?: number; limit: number }): Promise<number>;

	/**
	 * Leases entries that are due and free, lowest value first. Two claims, wherever they run, never hold the same
	 * entry at once.
	 */
	claim(index: string, options: ClaimOptions): Promise<Claimed[]>;

	/** Prolongs leases that still hold; returns the keys for which it did. */
	renew(index: string, leases: Array<{ key: Key; token: string }>, leaseUntilMs: number): Promise<Key[]>;

	/**
	 * Gives entries back: the token is void at once, and the entry claimable again from `notBeforeMs` (machine time)
	 * on. Returns the keys for which the lease still held.
	 */
	release(index: string, leases: Array<{ key: Key; token: string }>, notBeforeMs: number): Promise<Key[]>;

	/** Whether the entry carries this token at the moment (see LeaseCheck). Only a commit with a lease check makes sure of it. */
	holds(lease: LeaseCheck): Promise<boolean>;

	readCounters(group: string): Promise<Record<string, number>>;

	/**
	 * Entries behind `afterSeq`, oldest first; 0 starts at the oldest entry kept.
	 * @throws CURSOR_TOO_OLD when `afterSeq` is not 0 and entries behind it were trimmed away
	 */
	readLog(options: { afterSeq: number; limit: number }): Promise<LogEntry[]>;

	/** One subject's entries, newest first, older than `beforeSeq` when given. */
	readTimeline(subject: Key, options: { beforeSeq?: number; limit: number }): Promise<LogEntry[]>;

	/** Takes all entries of a subject out of the log, up to `limit` a call; returns how many were removed. */
	eraseTimeline(subject: Key, options: { limit: number }): Promise<number>;

	/** Keeps the log from `reader`'s cursor on from being trimmed. `null` forgets the reader. */
	setLogReader(reader: string, afterSeq: number | null): Promise<void>;

	/** Trims entries older than `beforeMs` (journey time) that every reader has passed. Returns how many were removed; at most `limit`. */
	trimLog(options: { beforeMs: number; limit: number }): Promise<number>;

	/** Forgets once-keys with `untilMs` at or below the given time, at most `limit`; returns how many. */
	sweepOnce(options: { untilMs: number; limit: number }): Promise<number>;
}

/** The installation's store: one per process and configuration, shared by all nodes. */
export interface StoreHub {
	/** What the operator sees in messages: "SQLite" with the file's name, or "Redis" with its host; never a password. */
	readonly label: string;
	scope(name: string): Store;
	/** Every scope that holds at least one document. */
	scopes(): Promise<string[]>;
	/** Reaches the store once. @throws STORE_UNAVAILABLE */
	ping(): Promise<void>;
	/** What an operator should change about the store (a Redis that evicts keys), in plain words; usually nothing. @throws STORE_UNAVAILABLE */
	warnings(): Promise<string[]>;
	/** The thread of its own in which the store works, where it has one. */
	readonly thread?: StoreThread;
	/** Lets go of the file or the connection; the last user closes it. */
	close(): Promise<void>;
}

/** Does besides what the script it was started with gave to `serveStore`. */
export interface StoreThread {
	/** @throws STORE_UNAVAILABLE when the thread ended before it answered, and what the function throws */
	call(name: string, args: unknown[]): Promise<unknown>;
}

/** Where the store is: `openStore` in open.ts takes it and knows the drivers. */
export type StoreConfig =
	| { driver: 'sqlite'; /** ':memory:' or a path; its folder is made. */ file: string }
	| { driver: 'redis'; url: string };

/** The bounds that `commit` enforces in every driver. */
export const commitBounds = { documents: 64, index: 512, log: 64, onceKeys: 64, counters: 128, keyBytes: 500, documentBytes: 1_000_000 } as const;
