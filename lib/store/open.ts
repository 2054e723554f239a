import { resolve } from 'node:path';
import { ShopJourneysError } from '../model/errors';
import { RedisHub } from './redis/hub';
import { SqliteHub } from './sqlite/hub';
import type { ThreadScript } from '../threads/thread';
import type { StoreConfig, StoreHub } from './store';

interface Shared {
	hub: StoreHub;
	users: number;
}

/** Open connections of this process, by what they lead to. */
const shared = new Map<string, Shared>();

function identify(config: StoreConfig): string {
	if (config.driver === 'redis') return `redis ${config.url}`;
	return `sqlite ${config.file === ':memory:' ? config.file : resolve(config.file)}`;
}

function connect(config: StoreConfig, thread: ThreadScript | undefined): StoreHub {
	return config.driver === 'redis' ? RedisHub.open(config.url) : SqliteHub.open(resolveFile(config.file), thread);
}

function resolveFile(file: string): string {
	return file === ':memory:' ? file : resolve(file);
}

/**
 * Opens the installation's store, or joins whoever has it open in this process: the same file or URL is one
 * connection. Each caller closes what it opened; the last one closes the connection. An in-memory store is shared
 * just the same and is gone after the last close.
 * @param thread what the thread in which SQLite works runs: a script that calls `serveStore`
 * @throws STORE_UNAVAILABLE when a file cannot be opened (Redis is reached at the first call), CONFIG_INVALID when
 * the configuration, this Node or this version cannot work with it
 */
export function openStore(config: StoreConfig, thread?: ThreadScript): StoreHub {
	const id = identify(config);
	let entry = shared.get(id);
	if (!entry) {
		entry = { hub: connect(config, thread), users: 0 };
		shared.set(id, entry);
	}
	entry.users += 1;
	return new SharedHub(id, entry);
}

/** One user's handle on a shared connection. Closing it twice counts once. */
class SharedHub implements StoreHub {
	private closed = false;

	constructor(
		private readonly id: string,
		private readonly entry: Shared,
	) {}

	get label() {
		return this.entry.hub.label;
	}

	get thread() {
		return this.entry.hub.thread;
	}

	scope(name: string) {
		return this.entry.hub.scope(name);
	}

	async scopes() {
		this.checkOpen();
		return await this.entry.hub.scopes();
	}

	async ping() {
		this.checkOpen();
		await this.entry.hub.ping();
	}

	async warnings() {
		this.checkOpen();
		return await this.entry.hub.warnings();
	}

	async close() {
		if (this.closed) return;
		this.closed = true;
		this.entry.users -= 1;
		if (this.entry.users > 0) return;
		// Out of the map first: who opens while this one closes gets a new connection.
		shared.delete(this.id);
		await this.entry.hub.close();
	}

	private checkOpen(): void {
		if (this.closed) throw new ShopJourneysError('STORE_UNAVAILABLE', `${this.label} was closed.`);
	}
}
