import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binary = process.env.REDIS_SERVER_BIN ?? 'redis-server';

/** Whether there is a server to test with, and what to do when there is none. */
export function findRedisServer(): 'found' | 'skip' {
	 
	if (spawnSync(binary, ['--version']).status === 0) return 'found';
	if (process.env.SHOP_JOURNEYS_NO_REDIS_TESTS === '1') return 'skip';
	throw new Error(
		'redis-server is missing. Install it (Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis), name it in ' +
			'REDIS_SERVER_BIN, or set SHOP_JOURNEYS_NO_REDIS_TESTS=1 to leave the Redis driver untested.',
	);
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}

/** A real redis-server on a free loopback port, its append-only file in a folder of its own. */
export class RedisServer {
	private process: ChildProcess | undefined;

	private constructor(
		readonly port: number,
		private readonly folder: string,
		private readonly options: string[],
	) {}

	/**
	 * `options` are those of redis-server's command line. By default as docs/store.md has it: with `everysec` a Redis that waits for a
	 * slow disk answers before it has written, and a killed one loses that.
	 */
	static async start(options: string[] = ['--appendonly', 'yes', '--appendfsync', 'always']): Promise<RedisServer> {
		const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'shop-journeys-redis-')), options);
		await server.launch();
		return server;
	}

	get url(): string {
		return `redis://127.0.0.1:${this.port}/0`;
	}

	/** Starts it (again) on the same port and folder; resolves when it takes connections. */
	async launch(): Promise<void> {
		 
		const child = spawn(binary, ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', '', ...this.options]);
		this.process = child;
		let output = '';
		await new Promise<void>((resolve, reject) => {
			child.stdout.on('data', (chunk: Buffer) => {
				output += chunk.toString();
				if (output.includes('Ready to accept connections')) resolve();
			});
			child.once('error', reject);
			child.once('close', () => reject(new Error(`redis-server ended: ${output}`)));
		});
	}

	async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
		const child = this.process;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		const closed = once(child, 'close');
		child.kill(signal);
		await closed;
	}

	/** Stops the server's process for a while: connections stay open and nothing answers. */
	freeze(frozen: boolean): void {
		this.process?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
	}

	async remove(): Promise<void> {
		await this.kill();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
