import { ShopJourneysError } from '../model/errors';
import { commitBounds } from './store';
import type { Check, Commit, IndexSet, Json, Key, LeaseCheck } from './store';

/** A commit that passed every rule which needs no look at the store, with its JSON made into text once. */
export interface PreparedCommit {
	checks: Check[];
	leases: LeaseCheck[];
	/** `text` is null when the document is removed. */
	/** `next`: the version it will stand at; `text` null: it is removed. */
	writes: Array<{ key: Key; version: number; next: number; text: string | null }>;
	once: Array<{ key: string; untilMs: number }>;
	/** One entry for each group and field: what a commit adds twice is added up here. */
	counters: Array<{ group: string; field: string; add: number }>;
	index: IndexSet[];
	log: Array<{ atMs: number; type: string; subject: Key | null; text: string }>;
}

const maxDepth = 100;

/** The error of a caller that breaks the contract; nothing has been written. */
export function invalid(message: string): ShopJourneysError {
	return new ShopJourneysError('COMMIT_INVALID', message);
}

/**
 * Checks a key, a name or a token: what both drivers can hold and compare byte by byte. Half surrogates would be
 * stored as something else, and a NUL would end the text in SQLite.
 * @throws COMMIT_INVALID
 */
export function checkText(what: string, text: unknown): asserts text is string {
	if (typeof text !== 'string' || text === '') throw invalid(`${what} must be a text that is not empty.`);
	if (text.includes('\0') || !text.isWellFormed()) throw invalid(`${what} holds characters that cannot be stored.`);
	// No character takes more than three bytes for each UTF-16 unit, so most texts need not be measured.
	if (text.length * 3 > commitBounds.keyBytes && Buffer.byteLength(text) > commitBounds.keyBytes) {
		throw invalid(`${what} is longer than ${commitBounds.keyBytes} bytes: ${text.slice(0, 60)}…`);
	}
}

/** @throws COMMIT_INVALID unless `value` is a number that is neither infinite nor NaN. */
export function checkFinite(what: string, value: unknown): asserts value is number {
	if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(`${what} must be a finite number, not ${String(value)}.`);
}

/** @throws COMMIT_INVALID unless `value` is a whole number from `min` to `max`. */
export function checkWhole(what: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): asserts value is number {
	if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
		throw invalid(`${what} must be a whole number from ${min} to ${max}, not ${String(value)}.`);
	}
}

/** The limit of a method that returns or removes many: 1 to 10,000. @throws COMMIT_INVALID */
export function checkLimit(limit: number, max = 10_000): void {
	checkWhole('limit', limit, 1, max);
}

/** The keys of one read: at most 1,000. @throws COMMIT_INVALID */
export function checkKeys(keys: Key[]): void {
	if (keys.length > 1_000) throw invalid(`A read takes at most 1000 keys, not ${keys.length}.`);
	for (const key of keys) checkText('key', key);
}

/** @throws COMMIT_INVALID unless the index and all its leases can be looked up, at most 1,000 of them. */
export function checkLeases(index: string, leases: Array<{ key: Key; token: string }>): void {
	checkText('index', index);
	if (leases.length > 1_000) throw invalid(`At most 1000 leases are settled at once, not ${leases.length}.`);
	for (const { key, token } of leases) {
		checkText('key', key);
		checkText('token', token);
	}
}

/** Braces are left out because a Redis cluster finds a scope's slot between them. @throws COMMIT_INVALID */
export function checkScope(scope: string): void {
	checkText('scope', scope);
	if (/[{}]/.test(scope)) throw invalid(`A scope's name must not hold braces: ${scope}`);
}

/** JSON.stringify turns NaN into null and drops undefined from lists without a word; this does not. */
function checkJson(what: string, value: unknown, depth = 0): void {
	if (depth > maxDepth) throw invalid(`${what} is nested more than ${maxDepth} deep.`);
	switch (typeof value) {
		case 'string':
		case 'boolean':
			return;
		case 'number':
			return checkFinite(what, value);
		case 'object':
			if (value === null) return;
			if (Array.isArray(value)) {
				for (let i = 0; i < value.length; i++) checkJson(`${what}[${i}]`, value[i], depth + 1);
				return;
			}
			if (typeof (value as { toJSON?: unknown }).toJSON === 'function') throw invalid(`${what} is not plain JSON.`);
			for (const name of Object.keys(value)) {
				const inner = (value as Record<string, unknown>)[name];
				if (inner !== undefined) checkJson(name, inner, depth + 1);
			}
			return;
		default:
			throw invalid(`${what} must be JSON, not ${typeof value}.`);
	}
}

function toText(what: string, value: Json): string {
	checkJson(what, value);
	const text = JSON.stringify(value);
	if (text.length * 3 > commitBounds.documentBytes && Buffer.byteLength(text) > commitBounds.documentBytes) {
		throw invalid(`${what} is larger than ${commitBounds.documentBytes} bytes.`);
	}
	return text;
}

function checkBound(what: string, count: number, bound: number): void {
	if (count > bound) throw invalid(`A commit holds at most ${bound} ${what}, not ${count}.`);
}

/** Leaves room for more writes than there will ever be. */
export const maxFirstVersion = 2 ** 32;

/** Zero has no sign in the store: Redis would print it, SQLite would not. */
function plain(value: number): number {
	return value === 0 ? 0 : value;
}

function prepareCounters(counters: NonNullable<Commit['counters']>): PreparedCommit['counters'] {
	const merged = new Map<string, { group: string; field: string; add: number }>();
	for (const { group, field, add } of counters) {
		checkText('counters.group', group);
		checkText('counters.field', field);
		checkWhole(`The addition to ${group} ${field}`, add, -Number.MAX_SAFE_INTEGER);
		// A NUL cannot be part of either, so two pairs never share a name.
		const name = `${group}\0${field}`;
		const sum = (merged.get(name)?.add ?? 0) + add;
		checkWhole(`The addition to ${group} ${field}`, sum, -Number.MAX_SAFE_INTEGER);
		merged.set(name, { group, field, add: plain(sum) });
	}
	return [...merged.values()];
}

function prepareDocuments(commit: Commit): Pick<PreparedCommit, 'checks' | 'writes'> {
	const { checks = [], writes = [] } = commit;
	checkBound('documents', checks.length + writes.length, commitBounds.documents);
	const seen = new Set<string>();
	const visit = (what: string, key: Key, version: number) => {
		checkText(`${what}.key`, key);
		checkWhole(`The version of ${key}`, version, 0, Number.MAX_SAFE_INTEGER - 1);
		if (seen.has(key)) throw invalid(`A commit names each document once, but ${key} comes twice.`);
		seen.add(key);
	};
	for (const { key, version } of checks) visit('checks', key, version);
	return {
		checks,
		writes: writes.map(({ key, version, first = 1, value }) => {
			visit('writes', key, version);
			checkWhole(`The first version of ${key}`, first, 1, maxFirstVersion);
			return { key, version, next: version === 0 ? first : version + 1, text: value === null ? null : toText(key, value) };
		}),
	};
}

function prepareIndex(index: IndexSet[]): IndexSet[] {
	const seen = new Set<string>();
	return index.map((entry) => {
		checkText('index.index', entry.index);
		checkText('index.key', entry.key);
		if (entry.value !== null) checkFinite(`The value of ${entry.key} in ${entry.index}`, entry.value);
		const name = `${entry.index}\0${entry.key}`;
		if (seen.has(name)) throw invalid(`A commit sets ${entry.key} in ${entry.index} twice.`);
		seen.add(name);
		return entry.value === null ? entry : { ...entry, value: plain(entry.value) };
	});
}

/** The same key twice in one commit is one key: it is remembered for the longer of the two times. */
function prepareOnce(once: NonNullable<Commit['once']>): PreparedCommit['once'] {
	const merged = new Map<string, number>();
	for (const { key, untilMs } of once) {
		checkText('once.key', key);
		checkFinite(`untilMs of ${key}`, untilMs);
		merged.set(key, plain(Math.max(untilMs, merged.get(key) ?? untilMs)));
	}
	return [...merged].map(([key, untilMs]) => ({ key, untilMs }));
}

/**
 * Everything about a commit that can be told without the store: bounds, keys, numbers, JSON. Both drivers call it
 * before they touch anything, so that they refuse the same commits.
 * @throws COMMIT_INVALID
 */
export function prepareCommit(commit: Commit): PreparedCommit {
	const { leases = [], once = [], counters = [], index = [], log = [] } = commit;
	checkBound('index changes', index.length, commitBounds.index);
	checkBound('log entries', log.length, commitBounds.log);
	checkBound('once-keys', once.length, commitBounds.onceKeys);
	checkBound('counters', counters.length, commitBounds.counters);
	checkBound('lease checks', leases.length, commitBounds.index);
	for (const lease of leases) {
		checkText('leases.index', lease.index);
		checkText('leases.key', lease.key);
		checkText('leases.token', lease.token);
	}
	return {
		...prepareDocuments(commit),
		leases,
		once: prepareOnce(once),
		counters: prepareCounters(counters),
		index: prepareIndex(index),
		log: log.map(({ atMs, type, subject, data }) => {
			checkFinite('log.atMs', atMs);
			checkText('log.type', type);
			if (subject !== undefined) checkText('log.subject', subject);
			return { atMs: plain(atMs), type, subject: subject ?? null, text: toText(`log.data of ${type}`, data) };
		}),
	};
}
