import { ShopJourneysError } from '../model/errors';
import { asStored, type RecentDocuments, recentDocuments } from './recent';
import type { Commit, CommitResult, IndexSet, Json, LeaseCheck, Store, Versioned } from './store';
import { maxFirstVersion } from './validate';

/** How often a transaction is tried before STORE_BUSY: each conflict means that another commit went through. */
const maxAttempts = 24;
/** After some conflicts in a row, those that fight over the same document in this process take turns. */
const quickAttempts = 3;
/** Who reads much is beaten again and again by those who read little, at other documents too: after so many conflicts all others of this process let it through. */
const patientAttempts = 10;

/**
 * One optimistic transaction: what was read and not written becomes a version check, so the commit is void when
 * anything it was decided on has changed.
 */
export class Transaction {
	private readonly documents = new Map<string, Versioned<unknown>>();
	private readonly written = new Map<string, unknown>();
	private readonly leases: LeaseCheck[] = [];
	private readonly indexSets = new Map<string, IndexSet>();
	private readonly parts: Required<Pick<Commit, 'once' | 'counters' | 'log'>> = { once: [], counters: [], log: [] };

	/** Versions at which documents that it makes begin. */
	private readonly firstVersions = new Map<string, number>();
	/** Documents that it went by without reading them. */
	private readonly recalled: string[] = [];

	/**
	 * @param recent what this process knows already, kept up by the commit
	 * @param recalls goes by it: who decides by this transaction must commit it, and believe what it came to only then
	 */
	constructor(
		private readonly store: Store,
		private readonly recent?: RecentDocuments,
		private readonly recalls = false,
	) {}

	/** Reads what is not read yet, in one round trip. Empty keys are passed over. */
	async load(keys: Array<string | undefined>): Promise<void> {
		let missing: Set<string> | undefined;
		for (const key of keys) {
			if (!key || this.documents.has(key)) continue;
			const recalled = this.recalls ? this.recent?.recall(key) : undefined;
			if (recalled) {
				this.documents.set(key, recalled);
				this.recalled.push(key);
			} else (missing ??= new Set()).add(key);
		}
		if (!missing) return;
		for (const document of await this.store.read<unknown>([...missing])) this.documents.set(document.key, document);
	}

	/** Whether what it went by without reading it has changed. */
	async isOutOfDate(): Promise<boolean> {
		if (this.recalled.length === 0) return false;
		const now = await this.store.read<unknown>(this.recalled);
		return now.some(({ key, version }) => version !== this.documents.get(key)!.version);
	}

	/** Reads documents that a decision may go by although they change meanwhile (a product's tags): the commit does not check them. Those that are not there are left out. */
	async peek<T>(keys: string[]): Promise<Map<string, T>> {
		const found = new Map<string, T>();
		const missing: string[] = [];
		for (const key of new Set(keys)) {
			if (!this.documents.has(key)) missing.push(key);
			else if (this.get(key) !== null) found.set(key, this.get<T>(key)!);
		}
		if (missing.length > 0) for (const { key, value } of await this.store.read<T>(missing)) if (value !== null) found.set(key, value);
		return found;
	}

	/** The document as it stood before this transaction; null where it was not there or was not loaded. */
	before<T>(key: string): T | null {
		return (this.documents.get(key)?.value as T | undefined) ?? null;
	}

	/** Whether the document is known to this transaction. */
	has(key: string): boolean {
		return this.documents.has(key);
	}

	/** Takes over a document read elsewhere (a cache): the commit checks that it is still at that version. */
	adopt(document: Versioned<unknown>): void {
		if (!this.documents.has(document.key)) this.documents.set(document.key, document);
	}

	/** A loaded document as it will stand once this transaction is committed: what another one may adopt. */
	committed(key: string): Versioned<unknown> {
		const document = this.documents.get(key)!;
		if (!this.written.has(key)) return document;
		const value = this.written.get(key);
		return { key, version: value === null ? 0 : this.nextVersion(document), value };
	}

	/** A new document's version begins anywhere: what was read of a removed one of the same key, here or elsewhere, never passes for it. */
	private nextVersion({ key, version }: Versioned<unknown>): number {
		if (version > 0) return version + 1;
		let first = this.firstVersions.get(key);
		if (first === undefined) this.firstVersions.set(key, (first = 1 + Math.floor(Math.random() * maxFirstVersion)));
		return first;
	}

	/** The document as it will stand after this transaction. It must have been loaded. */
	get<T>(key: string): T | null {
		const written = this.written.get(key);
		if (written !== undefined) return written as T | null;
		const document = this.documents.get(key);
		if (!document) throw new ShopJourneysError('COMMIT_INVALID', `"${key}" was used in a transaction without being loaded`);
		return document.value as T | null;
	}

	/** Replaces a loaded document; `null` removes it. */
	set(key: string, value: object | null): void {
		if (!this.documents.has(key)) throw new ShopJourneysError('COMMIT_INVALID', `"${key}" was written in a transaction without being loaded`);
		this.written.set(key, value);
	}

	/** What this transaction writes so far of the documents whose keys begin like this, as they were and as they will be. */
	changed<T>(prefix: string): Array<{ key: string; before: T | null; after: T | null }> {
		const written = [...this.written].filter(([key]) => key.startsWith(prefix));
		return written.map(([key, after]) => ({ key, before: this.before<T>(key), after: after as T | null }));
	}

	requireLease(lease: LeaseCheck): void {
		this.leases.push(lease);
	}

	once(key: string, untilMs: number): void {
		this.parts.once.push({ key, untilMs });
	}

	count(group: string, field: string, add = 1): void {
		this.parts.counters.push({ group, field, add });
	}

	/** The last word on an entry counts. */
	index(index: string, key: string, value: number | null): void {
		this.indexSets.set(`${index}\n${key}`, { index, key, value });
	}

	log(entry: { atMs: number; type: string; subject?: string; data: Json }): void {
		this.parts.log.push(entry);
	}

	async commit(): Promise<CommitResult> {
		// Whoever asks from now on is to see what this commit leaves, or to wait for it.
		this.recent?.forget(this.written.keys());
		const outcome = await this.send();
		if (outcome.status === 'committed') this.recent?.remember(this.left());
		else if (outcome.status === 'conflict' && outcome.reason === 'version') this.recent?.forget(this.documents.keys());
		return outcome;
	}

	/** All documents that it went by as its commit left them, in the form in which they would be read. */
	private left(): Array<Versioned<unknown>> {
		return Array.from(this.documents.keys(), (key) => {
			const document = this.committed(key);
			return this.written.has(key) ? { ...document, value: asStored(document.value) } : document;
		});
	}

	private send(): Promise<CommitResult> {
		const checks = [];
		const writes = [];
		for (const document of this.documents.values()) {
			const { key, version } = document;
			const value = this.written.get(key);
			// Removing what is not there is only a check that it still is not.
			if (value === undefined || (value === null && version === 0)) checks.push({ key, version });
			else writes.push({ key, version, value: value as Json, ...(version === 0 && { first: this.nextVersion(document) }) });
		}
		return this.store.commit({ checks, writes, leases: this.leases, index: [...this.indexSets.values()], ...this.parts });
	}
}

export type TransactionResult<R> = { status: 'committed'; result: R } | { status: 'duplicate' } | { status: 'lease_lost' };

/** A transaction whose body has run: nothing has happened yet. */
export interface Prepared<R> {
	result: R;
	/** At most once. `conflict`: the document under `key` has changed since it was read, and nothing has happened. @throws STORE_UNAVAILABLE */
	commit(): Promise<TransactionResult<R> | { status: 'conflict'; key: string }>;
}

/** Runs `body` without committing what it decided: once, and once more where it failed by what was out of date. @throws STORE_UNAVAILABLE, and whatever `body` throws */
export async function prepare<R>(store: Store, body: (tx: Transaction) => Promise<R>): Promise<Prepared<R>> {
	const first = new Transaction(store, recentDocuments(store), true);
	try {
		return prepared(first, await body(first));
	} catch (error) {
		if (!(await first.isOutOfDate())) throw error;
		return await prepareAnew(store, body);
	}
}

/** The same, by what the store says now. */
async function prepareAnew<R>(store: Store, body: (tx: Transaction) => Promise<R>): Promise<Prepared<R>> {
	const tx = new Transaction(store, recentDocuments(store));
	return prepared(tx, await body(tx));
}

function prepared<R>(tx: Transaction, result: R): Prepared<R> {
	return {
		result,
		async commit() {
			const outcome = await tx.commit();
			if (outcome.status === 'committed') return { status: 'committed', result };
			if (outcome.status === 'duplicate') return { status: 'duplicate' };
			return outcome.reason === 'lease' ? { status: 'lease_lost' } : { status: 'conflict', key: outcome.key };
		},
	};
}

/** The last in line for each document that several fight over (scope and key), and for the front of each scope. */
const lines = new Map<string, Promise<void>>();

/** Waits for one's turn. @returns what lets the next one go */
async function takeTurn(line: string): Promise<() => void> {
	const before = lines.get(line);
	let leave!: () => void;
	const mine = new Promise<void>((resolve) => (leave = resolve));
	const last = Promise.resolve(before).then(() => mine);
	lines.set(line, last);
	await before;
	return () => {
		leave();
		if (lines.get(line) === last) lines.delete(line);
	};
}

/**
 * Runs `body` and commits what it decided, again from the start when a document changed in between.
 * `body` must have no other effects. A lost lease is an answer, not a reason to try again.
 * @param onConflict called before each new attempt, e.g. to drop a cache
 * @param onAsked called once the store has been asked to commit: what it is asked after that comes after it
 * @throws STORE_BUSY after too many conflicts, STORE_UNAVAILABLE, and whatever `body` throws
 */
export async function transact<R>(store: Store, body: (tx: Transaction) => Promise<R>, onConflict?: (key: string) => unknown, onAsked?: () => void): Promise<TransactionResult<R>> {
	let leave: (() => void) | undefined;
	let leaveFront: (() => void) | undefined;
	try {
		for (let attempt = 1; attempt <= maxAttempts; attempt++) {
			if (!leaveFront && lines.has(store.scope)) await lines.get(store.scope);
			const committing = (await (attempt === 1 ? prepare : prepareAnew)(store, body)).commit();
			if (attempt === 1) onAsked?.();
			const outcome = await committing;
			if (outcome.status !== 'conflict') return outcome;
			onConflict?.(outcome.key);
			// One line at a time, so that nobody waits for somebody who waits for him.
			if (attempt >= quickAttempts) leave ??= await takeTurn(`${store.scope}\n${outcome.key}`);
			if (attempt >= patientAttempts) leaveFront ??= await takeTurn(store.scope);
		}
	} finally {
		leaveFront?.();
		leave?.();
	}
	throw new ShopJourneysError('STORE_BUSY', `A document of ${store.scope} changed ${maxAttempts} times under a commit`);
}
