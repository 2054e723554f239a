import type { Store, StoreHub } from '../store';
import { checkScope } from '../validate';
import { RedisConnection } from './connection';
import { ScopeKeys, scopesKey } from './keys';
import { RedisStore } from './redisStore';

/** All scopes on one Redis server, on one connection. */
export class RedisHub implements StoreHub {
	/** Scopes this process has entered into the list since it connected. */
	private readonly registered = new Set<string>();

	constructor(private readonly connection: RedisConnection) {
		// The server may come back empty or as another one.
		connection.onLost(() => this.registered.clear());
	}

	/** Connects at the first call, not here. @throws CONFIG_INVALID when the URL cannot be read */
	static open(url: string): RedisHub {
		return new RedisHub(new RedisConnection(url));
	}

	get label(): string {
		return this.connection.label;
	}

	scope(name: string): Store {
		checkScope(name);
		return new RedisStore(name, this.connection, async (scope) => await this.register(scope));
	}

	async scopes(): Promise<string[]> {
		const names = await this.connection.read((redis) => redis.smembers(scopesKey));
		const documents = await this.connection.read((redis) => Promise.all(names.map((name) => redis.hget(new ScopeKeys(name).meta, 'docs'))));
		return names.filter((_, i) => Number(documents[i] ?? 0) > 0);
	}

	async ping(): Promise<void> {
		await this.connection.read((redis) => redis.ping());
	}

	/** What an operator should change about the server, in plain words: nothing here stops the store from working. */
	async warnings(): Promise<string[]> {
		const info = await this.connection.read((redis) => redis.info());
		const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
		const found: string[] = [];
		const policy = field('maxmemory_policy');
		if (policy && policy !== 'noeviction') {
			found.push(`${this.label} throws data away when its memory is full (maxmemory-policy ${policy}): set it to noeviction.`);
		}
		if (field('aof_enabled') === '0') {
			found.push(`${this.label} keeps no append-only file: a crash loses what came after its last snapshot. Set appendonly yes.`);
		}
		return found;
	}

	async close(): Promise<void> {
		await this.connection.close();
	}

	/** Before the commit, in a command of its own: the list is on another slot. `scopes()` leaves out what stayed empty. */
	private async register(scope: string): Promise<void> {
		if (this.registered.has(scope)) return;
		await this.connection.write((redis) => redis.sadd(scopesKey, scope));
		this.registered.add(scope);
	}
}
