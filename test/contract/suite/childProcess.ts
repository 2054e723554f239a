import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const children = join(__dirname, '..', 'children');

/** A process that runs one of `children/` with this checkout's TypeScript. */
export class ChildProcess {
	readonly lines: string[] = [];
	private errors = '';
	private readonly process: ChildProcessWithoutNullStreams;
	private readonly closed: Promise<unknown>;
	private waiting: (() => void) | undefined;

	constructor(script: 'claim' | 'stream' | 'deliver', argument: object) {
		const register = join(children, '../../register.js');
		 
		this.process = spawn(process.execPath, ['-r', register, join(children, `${script}.ts`), JSON.stringify(argument)]);
		this.closed = once(this.process, 'close');
		this.process.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
		createInterface({ input: this.process.stdout }).on('line', (line) => {
			this.lines.push(line);
			this.waiting?.();
		});
		void this.closed.then(() => this.waiting?.());
	}

	/** Resolves when it has said so many lines. @throws when it ends before */
	async untilLines(count: number): Promise<void> {
		while (this.lines.length < count) {
			if (this.process.exitCode !== null) throw new Error(`The process ended after ${this.lines.length} lines: ${this.errors}`);
			await new Promise<void>((resolve) => (this.waiting = resolve));
		}
	}

	say(line: string): void {
		this.process.stdin.write(`${line}\n`);
	}

	/** kill -9: nothing of its own runs any more. Lines it had already said still arrive. */
	async kill(): Promise<void> {
		this.process.kill('SIGKILL');
		await this.closed;
	}

	/** Resolves when it ended by itself. @throws with what it said on stderr when that was not with 0 */
	async ended(): Promise<void> {
		await this.closed;
		if (this.process.exitCode !== 0) throw new Error(`The process ended with ${this.process.exitCode}: ${this.errors}`);
	}
}
