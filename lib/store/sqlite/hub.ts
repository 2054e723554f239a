import type { ThreadScript } from '../../threads/thread';
import type { Store, StoreHub, StoreThread } from '../store';
import { checkScope } from '../validate';
import { SqliteConnection } from './connection';
import { InThread } from './inThread';
import type { Engine } from './operations';
import { builtThread, OwnThread } from './ownThread';
import { SqliteStore } from './sqliteStore';

/** All scopes of one file. */
export class SqliteHub implements StoreHub {
	private constructor(
		private readonly engine: Engine,
		readonly thread?: StoreThread,
	) {}

	/** On a file that is open already. */
	static over(engine: Engine): SqliteHub {
		return new SqliteHub(engine);
	}

	/**
	 * Opens (and creates, and migrates) the file once here, so that whoever asks for it hears what is wrong with it; what follows
	 * happens in a thread of its own, where there is one to be had. A store in memory stays in this one.
	 * @throws STORE_UNAVAILABLE or CONFIG_INVALID
	 */
	static open(file: string, thread: ThreadScript | undefined = builtThread()): SqliteHub {
		const connection = SqliteConnection.open(file);
		if (file === ':memory:' || !thread) return new SqliteHub(new InThread(connection));
		connection.close();
		const engine = new OwnThread(file, connection.label, thread);
		return new SqliteHub(engine, engine.thread);
	}

	get label(): string {
		return this.engine.label;
	}

	scope(name: string): Store {
		checkScope(name);
		return new SqliteStore(name, this.engine);
	}

	async scopes(): Promise<string[]> {
		return (await this.engine.call('scopes', '')).map(({ scope }) => scope);
	}

	async ping(): Promise<void> {
		await this.engine.call('lock', '');
	}

	async warnings(): Promise<string[]> {
		return [];
	}

	async close(): Promise<void> {
		await this.engine.close();
	}
}
