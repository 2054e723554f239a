import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../model/errors';
import { type Call, errorFrom, type FromThread, type ToThread } from './messages';

/** How a thread is started. */
export interface ThreadScript {
	path: string;
	/** Options of Node's command line. Those of the process by default. */
	execArgv?: string[];
}

/** A script that the build made of TypeScript. Undefined when we are run from the sources, which a thread cannot load by itself. */
export function builtScript(path: string): ThreadScript | undefined {
	return existsSync(path) ? { path } : undefined;
}

export interface ThreadOptions {
	script: ThreadScript;
	/** What debuggers show. */
	name: string;
	/** What the thread finds in `workerData`. */
	data?: unknown;
	/** The error of a call that the thread did not answer. Whether it was done is not known. @param what e.g. "did not answer: its thread ended" */
	lost(what: string): Error;
}

interface Waiting {
	resolve: (answer: unknown) => void;
	reject: (error: Error) => void;
}

/**
 * A thread that does what it is asked beside the event loop of the caller (`serve` is its side). Starts with the first call, and anew
 * with the next one when it has ended. Keeps the process alive only while it owes an answer.
 */
export class Thread {
	private worker: Worker | undefined;
	private readonly waiting = new Map<number, Waiting>();
	private unsent: Call[] = [];
	private lastId = 0;
	private isClosed = false;

	constructor(private readonly options: ThreadOptions) {}

	/** @throws what `options.lost` makes, and what the thread's function threw */
	call(name: string, args: unknown[]): Promise<unknown> {
		return new Promise((resolve, reject) => {
			if (this.isClosed) return reject(this.options.lost('was closed'));
			const id = ++this.lastId;
			this.waiting.set(id, { resolve, reject });
			if (this.unsent.push([id, name, args]) === 1) setImmediate(() => this.send());
		});
	}

	/** Lets it do what it was asked, refuses what comes later. */
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

	/** All that was asked in one turn of the event loop goes in one message: waking a thread costs as much as a small piece of work. */
	private send(): void {
		const calls = this.unsent;
		this.unsent = [];
		if (calls.length === 0) return;
		try {
			const worker = (this.worker ??= this.start());
			worker.ref();
			this.post(worker, { calls });
		} catch (error) {
			for (const [id] of calls) this.take(id)?.reject(this.options.lost(`has no thread: ${messageOf(error)}`));
		}
	}

	private post(worker: Worker, message: ToThread): void {
		worker.postMessage(message);
	}

	private start(): Worker {
		const { script, name, data } = this.options;
		const worker = new Worker(script.path, { workerData: data, name, execArgv: script.execArgv });
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
			else waiting?.resolve(answer);
		}
		if (this.waiting.size === 0 && !this.isClosed) this.worker?.unref();
	}

	private take(id: number): Waiting | undefined {
		const waiting = this.waiting.get(id);
		this.waiting.delete(id);
		return waiting;
	}

	/** What was not sent yet goes to the next thread. */
	private failAll(what: string): void {
		const unsent = new Set(this.unsent.map(([id]) => id));
		for (const id of [...this.waiting.keys()]) if (!unsent.has(id)) this.take(id)?.reject(this.options.lost(what));
	}
}
