import { isShopJourneysError, ShopJourneysError } from '../../model/errors';
import { HalfWritten } from './commit';
import type { SqliteConnection } from './connection';
import { isBusy, unavailable } from './connection';

/** How long one flush may hold the file's write lock, in changes. */
const maxBatch = 256;
/** With SQLite's own wait of 0.1 s before each try: some seconds in all. */
const maxBusyTries = 40;
const busyPauseMs = 25;

interface Change {
	apply: () => unknown;
	resolve: (result: never) => void;
	reject: (error: unknown) => void;
}

type Outcome = { result: unknown } | { error: unknown };

/**
 * Group commit: what asks to write during one turn of the event loop shares one transaction, and all that is committed
 * while the disk is busy shares the next sync. Each change looks at the state that the earlier ones left, and is
 * acknowledged once it is on the disk.
 */
export class GroupCommit {
	private queue: Change[] = [];
	private flushing = false;
	private busyTries = 0;
	private closed = false;

	constructor(private readonly connection: SqliteConnection) {}

	/**
	 * Runs `apply` in a write transaction. A ShopJourneysError thrown before its first write rejects this change alone; any
	 * other error (HalfWritten) undoes the batch, whose changes are then tried one by one.
	 */
	write<T>(apply: () => T): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			if (this.closed) return reject(this.closedError());
			this.queue.push({ apply, resolve, reject });
			this.schedule();
		});
	}

	/** Runs a read on the committed state, waiting for a lock as `write` does (rare: recovery after a crash). */
	async read<T>(read: () => T): Promise<T> {
		for (let tries = 1; ; tries++) {
			if (this.closed) throw this.closedError();
			try {
				return read();
			} catch (error) {
				if (!isBusy(error) || tries >= maxBusyTries) throw unavailable(this.connection.label, error);
				await new Promise((resolve) => setTimeout(resolve, busyPauseMs));
			}
		}
	}

	/** Writes what is waiting, refuses what comes later. */
	close(): void {
		this.closed = true;
		while (this.queue.length > 0) {
			try {
				this.flushBatch(this.queue.splice(0, maxBatch));
			} catch (error) {
				this.rejectAll(this.queue.splice(0), error);
			}
		}
	}

	private schedule(): void {
		if (this.flushing) return;
		this.flushing = true;
		setImmediate(() => this.flush());
	}

	private flush(): void {
		const batch = this.queue.splice(0, maxBatch);
		let pauseMs = 0;
		try {
			if (batch.length > 0) this.flushBatch(batch);
			this.busyTries = 0;
		} catch (error) {
			// Only BEGIN throws: nothing of this batch has happened.
			this.busyTries += 1;
			if (isBusy(error) && this.busyTries < maxBusyTries && !this.closed) {
				this.queue = [...batch, ...this.queue];
				// Not in step with the other process, which may be waiting for us just the same.
				pauseMs = busyPauseMs * (1 + (this.busyTries % 3));
			} else {
				this.busyTries = 0;
				this.rejectAll(batch, error);
			}
		}
		this.flushing = false;
		if (this.queue.length === 0) return;
		if (pauseMs === 0) return this.schedule();
		this.flushing = true;
		setTimeout(() => this.flush(), pauseMs);
	}

	private flushBatch(batch: Change[]): void {
		this.connection.run('BEGIN IMMEDIATE');
		const outcomes: Outcome[] = [];
		try {
			for (const change of batch) outcomes.push(this.attempt(change));
			this.connection.run('COMMIT');
		} catch (error) {
			this.rollback();
			// One change that the disk or SQLite refuses must not take its neighbours along: each tries again by itself.
			if (batch.length > 1) return batch.forEach((change) => this.flushAlone(change));
			return this.rejectAll(batch, error);
		}
		this.connection.logSync.after((error) => {
			if (error) return this.rejectAll(batch, error);
			batch.forEach((change, i) => {
				const outcome = outcomes[i];
				if ('error' in outcome) change.reject(outcome.error);
				else change.resolve(outcome.result as never);
			});
		});
	}

	private flushAlone(change: Change): void {
		try {
			this.flushBatch([change]);
		} catch (error) {
			this.rejectAll([change], error);
		}
	}

	private attempt(change: Change): Outcome {
		try {
			return { result: change.apply() };
		} catch (error) {
			if (isShopJourneysError(error)) return { error };
			throw error;
		}
	}

	private rollback(): void {
		try {
			// A full disk makes SQLite roll back by itself.
			if (this.connection.isOpen && this.connection.inTransaction) this.connection.run('ROLLBACK');
		} catch {
			// The error that led here says more; a connection that cannot roll back fails at the next BEGIN.
		}
	}

	private rejectAll(changes: Change[], error: unknown): void {
		const reason = error instanceof HalfWritten ? error.reason : unavailable(this.connection.label, error);
		for (const change of changes) change.reject(reason);
	}

	private closedError(): ShopJourneysError {
		return new ShopJourneysError('STORE_UNAVAILABLE', `${this.connection.label} was closed.`);
	}
}
