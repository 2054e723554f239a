import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

type Callback = (error: Error | null) => void;

/**
 * Brings SQLite's write-ahead log to the disk beside the event loop. SQLite itself would wait for the disk inside
 * COMMIT and hold up all reads meanwhile.
 *
 * A sync is of the file, whoever wrote into it: what was committed before one starts is on the disk when it ends. The
 * log stays the same file while a connection is open, and SQLite syncs it by itself before it begins it anew.
 */
export class LogSync {
	private descriptor: number | null = null;
	/** Committed, and not part of the sync that is running. */
	private waiting: Callback[] = [];
	private underWay: Callback[] = [];
	private isRunning = false;
	private isClosed = false;

	/** @param database its file; null when nothing is to be synced */
	constructor(private readonly database: string | null) {}

	/** Calls back once everything committed up to now is on the disk, or cannot be brought there. */
	after(callback: Callback): void {
		if (this.database === null) return callback(null);
		this.waiting.push(callback);
		if (!this.isRunning) this.start();
	}

	/** Syncs at once what is still waiting. */
	close(): void {
		this.isClosed = true;
		const callbacks = [...this.underWay.splice(0), ...this.waiting.splice(0)];
		if (callbacks.length > 0) tell(callbacks, errorOf(() => fdatasyncSync(this.open())));
		// A running sync still uses the descriptor, and closes it when it ends.
		if (!this.isRunning) this.release();
	}

	private start(): void {
		this.underWay = this.waiting.splice(0);
		this.isRunning = true;
		const error = errorOf(() => fdatasync(this.open(), (failure) => this.end(failure)));
		if (error) this.end(error);
	}

	private end(error: Error | null): void {
		this.isRunning = false;
		const callbacks = this.underWay.splice(0);
		if (this.isClosed) this.release();
		else if (this.waiting.length > 0) this.start();
		tell(callbacks, error);
	}

	private open(): number {
		return (this.descriptor ??= openSync(`${this.database}-wal`, 'r+'));
	}

	private release(): void {
		if (this.descriptor !== null) closeSync(this.descriptor);
		this.descriptor = null;
	}
}

function tell(callbacks: Callback[], error: Error | null): void {
	for (const callback of callbacks) callback(error);
}

function errorOf(work: () => void): Error | null {
	try {
		work();
		return null;
	} catch (error) {
		return error as Error;
	}
}
