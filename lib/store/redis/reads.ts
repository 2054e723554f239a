import type { RedisConnection } from './connection';

/** Documents of one command. */
const maxKeys = 1_000;

/** What goes to the server in one command. */
interface Batch {
	keys: string[];
	found: Promise<Array<string | null>>;
}

/**
 * Reads that are asked for in one turn of the event loop, sent as one command at its end: when the answers to several callers come in together, as
 * they do on a busy shop, all of them go on in that turn. A command of its own for each would cost this process and the server more than what it reads.
 */
export class GatheredReads {
	private next: Batch | null = null;

	constructor(private readonly connection: RedisConnection) {}

	/**
	 * @param keys at most `maxKeys`, of one scope
	 * @returns the strings of all that are read together (null where there is none); those of `keys` begin at `from`. @throws STORE_UNAVAILABLE
	 */
	add(keys: string[]): { from: number; found: Batch['found'] } {
		if (this.next && this.next.keys.length + keys.length > maxKeys) this.next = null;
		const batch = (this.next ??= this.begin());
		const from = batch.keys.length;
		batch.keys.push(...keys);
		return { from, found: batch.found };
	}

	private begin(): Batch {
		const keys: string[] = [];
		const found = new Promise<void>((resolve) => process.nextTick(resolve)).then(async () => {
			// What is asked for from now on is read by the next command, so that nobody is answered with what was there before he asked.
			if (this.next?.keys === keys) this.next = null;
			return await this.connection.read((redis) => redis.mget(keys));
		});
		return { keys, found };
	}
}
