import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf, ShopJourneysError } from '../../model/errors';
import { type Call, errorFrom, type FromThread, type ThreadStart, type ToThread } from './messages';
import type { Answer, Arguments, Engine, Operation } from './operations';

/** How a thread is started. */
export interface ThreadScript {
	path: string;
	/** Options of Node's command line. Those of the process by default. */
	execArgv?: string[];
}

/** What the build made of thread.ts. Undefined when the store is run from its TypeScript sources, which a thread cannot load by itself. */
export function builtThread(): ThreadScript | undefined {
	const path = join(__dirname, 'thread.js');
	return existsSync(path) ? { path } : undefined;
}

interface Waiting {
	resolve: (answer: never) => void;
	reject: (error: Error) => void;
}

/**
 * Works on a file in a thread of its own, which starts with the first call: neither SQLite nor the disk holds up the event loop of
 * the caller. Keeps the process alive only while it owes an answer.
 */
export class OwnThread implements Engine {
	private worker: Worker | undefined;
	private readonly waiting = new Map<number, Waiting>();
	private unsent: Call[] = [];
	private lastId = 0;
	private isClosed = false;

	constructor(
		private readonly file: string,
		readonly label: string,
		private readonly script: ThreadScript,
	) {}

	call<Name extends Operation>(name: Name, scope: string, ...rest: Arguments<Name>): Promise<Answer<Name>> {
		return new Promise<Answer<Name>>((resolve, reject) => {
			if (this.isClosed) return reject(this.unavailable('was closed.'));
			const id = ++this.lastId;
			this.waiting.set(id, { resolve, reject });
			if (this.unsent.push([id, name, scope, rest]) === 1) setImmediate(() => this.send());
		});
	}

	async close(): Promise<void> {
		this.isClosed = true;
		this.send();
		const { worker } = this;
		if (!worker) return;
		const ended = new Promise((resolve) => worker.once('exit', resolve));
		worker.ref();
		this.post(worker, { close: true });
		await ended;
	}

	/** All that was asked in one turn of the event loop goes in one message: waking a thread costs as much as a small write. */
	private send(): void {
		const calls = this.unsent;
		this.unsent = [];
		if (calls.length === 0) return;
		try {
			const worker = (this.worker ??= this.start());
			worker.ref();
			this.post(worker, { calls });
		} catch (error) {
			for (const [id] of calls) this.take(id)?.reject(this.unavailable(`has no thread: ${messageOf(error)}`));
		}
	}

	private post(worker: Worker, message: ToThread): void {
		worker.postMessage(message);
	}

	private start(): Worker {
		const { path, execArgv } = this.script;
		const worker = new Worker(path, { workerData: { file: this.file } satisfies ThreadStart, name: 'shop-journeys-store', execArgv });
		let reason = 'its thread ended';
		worker.on('message', (replies: FromThread) => this.settle(replies));
		worker.on('error', (error) => (reason = messageOf(error)));
		worker.on('exit', () => {
			if (this.worker === worker) this.worker = undefined;
			this.failAll(`did not answer: ${reason}`);
		});
		return worker;
	}

	private settle(replies: FromThread): void {
		for (const [id, answer, failure] of replies) {
			const waiting = this.take(id);
			if (failure) waiting?.reject(errorFrom(failure));
			else waiting?.resolve(answer as never);
		}
		if (this.waiting.size === 0 && !this.isClosed) this.worker?.unref();
	}

	private take(id: number): Waiting | undefined {
		const waiting = this.waiting.get(id);
		this.waiting.delete(id);
		return waiting;
	}

	/** What the thread was asked and did not answer: whether it was done is not known. What was not sent yet goes to the next thread. */
	private failAll(reason: string): void {
		const unsent = new Set(this.unsent.map(([id]) => id));
		for (const id of [...this.waiting.keys()]) if (!unsent.has(id)) this.take(id)?.reject(this.unavailable(reason));
	}

	private unavailable(what: string): ShopJourneysError {
		return new ShopJourneysError('STORE_UNAVAILABLE', `${this.label} ${what}`);
	}
}
