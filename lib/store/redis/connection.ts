import { Redis } from 'ioredis';
import { isShopJourneysError, messageOf, ShopJourneysError } from '../../model/errors';
import { defineScripts } from './scripts';
import type { ScriptedRedis } from './scripts';

/** How long a call waits for the server in all, connecting included. */
const patienceMs = 5_000;
/** A call gives up earlier once so many attempts to connect have failed in a row; later ones then wait for one more attempt. */
const maxFailures = 4;

/** Errors of the connection, not of the command: a read may be asked again. */
const connectionLost = new Set(['MaxRetriesPerRequestError', 'AbortError']);

interface Address {
	label: string;
	/** What must never show up in a message. */
	secrets: string[];
}

function parseAddress(url: string): Address {
	let parsed: URL;
	try {
		parsed = new URL(url);
	} catch {
		throw new ShopJourneysError('CONFIG_INVALID', 'The Redis URL cannot be read.', {
			hint: 'Set SHOP_JOURNEYS_REDIS_URL to redis://user:password@host:6379/0 (rediss:// for TLS); encode special characters of the password.',
		});
	}
	if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') {
		throw new ShopJourneysError('CONFIG_INVALID', 'The Redis URL must begin with redis:// or rediss://.', {
			hint: 'Set SHOP_JOURNEYS_REDIS_URL to redis://user:password@host:6379/0.',
		});
	}
	const secrets = [parsed.password, parsed.searchParams.get('password') ?? ''];
	return {
		label: `Redis (${parsed.hostname || 'localhost'}:${parsed.port || '6379'})`,
		secrets: [...secrets, ...secrets.map(decode)].filter((secret) => secret !== ''),
	};
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/**
 * One connection that never queues and never sends a command twice by itself: a commit that was cut off may have
 * happened, and only its caller can tell. Waiting for the server, within bounds, is done here.
 */
export class RedisConnection {
	readonly label: string;
	private readonly redis: ScriptedRedis;
	private readonly secrets: string[];
	private readonly whenLost = new Set<() => void>();
	private lastError = '';
	private failuresInARow = 0;

	constructor(url: string) {
		const { label, secrets } = parseAddress(url);
		this.label = label;
		this.secrets = secrets;
		this.redis = defineScripts(
			new Redis(url, {
				lazyConnect: true,
				// Replies keep the shape that scripts and parsing below were written for, on every server.
				protocol: 2,
				connectTimeout: 2_000,
				commandTimeout: patienceMs,
				// A server that stops answering without closing: the next call finds a new connection.
				socketTimeout: patienceMs,
				enableOfflineQueue: false,
				autoResendUnfulfilledCommands: false,
				// 0: whatever is under way fails as soon as the connection closes.
				maxRetriesPerRequest: 0,
				retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000),
				// After a failover the old address may be a replica: connect anew.
				reconnectOnError: (error) => error.message.startsWith('READONLY'),
			}),
		);
		// Without a listener ioredis prints every failed attempt.
		this.redis.on('error', (error: Error) => {
			this.lastError = error.message || (error as NodeJS.ErrnoException).code || error.name;
		});
		this.redis.on('ready', () => (this.failuresInARow = 0));
		this.redis.on('close', () => {
			this.failuresInARow += 1;
			this.whenLost.forEach((notify) => notify());
		});
	}

	/** Calls `notify` each time the connection is lost. */
	onLost(notify: () => void): void {
		this.whenLost.add(notify);
	}

	/**
	 * Sends what changes something, once.
	 * @throws STORE_UNAVAILABLE
	 */
	async write<T>(send: (redis: ScriptedRedis) => Promise<T>): Promise<T> {
		await this.untilReady();
		try {
			return await send(this.redis);
		} catch (error) {
			throw this.unavailable(error);
		}
	}

	/**
	 * Sends what only reads; once more when the connection was lost under it.
	 * @throws STORE_UNAVAILABLE
	 */
	async read<T>(send: (redis: ScriptedRedis) => Promise<T>): Promise<T> {
		await this.untilReady();
		try {
			return await send(this.redis);
		} catch (error) {
			if (!(error instanceof Error) || !connectionLost.has(error.name)) throw this.unavailable(error);
		}
		return await this.write(send);
	}

	async close(): Promise<void> {
		if (this.redis.status === 'ready') {
			// QUIT lets what is under way finish; a server that is gone is only let go.
			await this.redis.quit().catch(() => undefined);
		}
		this.redis.disconnect();
	}

	private async untilReady(): Promise<void> {
		if (this.redis.status === 'ready') return;
		if (this.redis.status === 'end') throw this.unavailable('it was closed');
		if (this.redis.status === 'wait') this.redis.connect().catch(() => undefined);
		await new Promise<void>((resolve, reject) => {
			const stop = (error?: ShopJourneysError) => {
				clearTimeout(timer);
				this.redis.off('ready', onReady);
				this.redis.off('close', onClose);
				this.redis.off('end', onEnd);
				if (error) reject(error);
				else resolve();
			};
			const onReady = () => stop();
			const onEnd = () => stop(this.unavailable(this.lastError || 'it was closed'));
			const onClose = () => {
				if (this.failuresInARow >= maxFailures) stop(this.unavailable(this.lastError));
			};
			const timer = setTimeout(() => stop(this.unavailable(this.lastError || 'no answer')), patienceMs);
			this.redis.on('ready', onReady);
			this.redis.on('close', onClose);
			this.redis.on('end', onEnd);
		});
	}

	/** ioredis' errors carry the command with its arguments (a password among them), so none is passed on as a cause. */
	private unavailable(error: unknown): ShopJourneysError {
		if (isShopJourneysError(error)) return error;
		let reason = messageOf(error);
		if (error instanceof Error && connectionLost.has(error.name)) reason = this.lastError || 'the connection was lost';
		for (const secret of this.secrets) reason = reason.replaceAll(secret, '***');
		return new ShopJourneysError('STORE_UNAVAILABLE', `${this.label} did not answer: ${reason || 'no connection'}`, { hint: hintFor(reason) });
	}
}

function hintFor(reason: string): string {
	if (/NOAUTH|WRONGPASS|NOPERM|invalid password/i.test(reason)) {
		return 'Check the user and the password in SHOP_JOURNEYS_REDIS_URL, and that the user may run scripts.';
	}
	if (reason.includes('OOM')) return 'Redis is out of memory: raise its maxmemory. It must not evict keys (maxmemory-policy noeviction).';
	if (reason.includes('MISCONF')) return 'Redis cannot write to its disk and refuses changes: make room there, and look into its log.';
	if (reason.includes('READONLY')) return 'The address leads to a replica: point SHOP_JOURNEYS_REDIS_URL at the primary.';
	if (/MOVED|CROSSSLOT|CLUSTERDOWN/.test(reason)) return 'The address leads into a Redis cluster that does not serve this slot: see docs/store.md.';
	return 'Check that Redis is running and that the host and port in SHOP_JOURNEYS_REDIS_URL can be reached from this machine.';
}
