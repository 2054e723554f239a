import { Redis } from 'ioredis';
import { openStore } from '../../lib/store/open';
import type { Store, StoreHub } from '../../lib/store/store';
import { contractSuite } from './suite/contractSuite';
import { findRedisServer, RedisServer } from './suite/redisServer';

/** A call may wait five seconds for the server; a second on top for a busy machine. */
const boundedMs = 6_000;

if (findRedisServer() === 'skip') {
	describe.skip('store contract: Redis (not tested: redis-server is missing and SHOP_JOURNEYS_NO_REDIS_TESTS is 1)', () => {
		it('passes the store contract', () => undefined);
	});
} else {
	contractSuite('Redis', async () => {
		const server = await RedisServer.start();
		return { config: { driver: 'redis', url: server.url }, remove: async () => await server.remove() };
	});
	connectionTests();
	clusterTests();
}

/** What a test started, so that one that fails leaves no server and no connection behind. */
const started: Array<() => Promise<void>> = [];
afterEach(async () => {
	for (const stop of started.splice(0).reverse()) await stop();
});

async function startServer(options?: string[]): Promise<RedisServer> {
	const server = await RedisServer.start(options);
	started.push(async () => await server.remove());
	return server;
}

function open(url: string): StoreHub {
	const hub = openStore({ driver: 'redis', url });
	started.push(async () => await hub.close());
	return hub;
}

async function untilAnswers(hub: StoreHub): Promise<void> {
	for (;;) {
		try {
			return await hub.ping();
		} catch {
			// Asked again: each try waits for the server by itself.
		}
	}
}

async function expectRefusedInTime(call: () => Promise<unknown>): Promise<void> {
	const startedAt = performance.now();
	await expect(call()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', httpStatus: 503 });
	expect(performance.now() - startedAt).toBeLessThan(boundedMs);
}

function connectionTests(): void {
	describe('Redis connection', () => {
		let server: RedisServer;
		let hub: StoreHub;
		let store: Store;

		beforeEach(async () => {
			server = await startServer();
			hub = open(server.url);
			store = hub.scope('shop');
		});

		it('has what was acknowledged after the server was killed and started again, refuses calls meanwhile, and recovers', async () => {
			for (let round = 0; round < 3; round++) {
				const acknowledged: string[] = [];
				const write = async (lane: number) => {
					for (let i = 0; ; i++) {
						const key = `order:${round}:${lane}:${i}`;
						await store.commit({ writes: [{ key, version: 0, value: i }], counters: [{ group: 'orders', field: 'placed', add: 1 }] });
						acknowledged.push(key);
						if (acknowledged.length === 200 * (round + 1)) void server.kill();
					}
				};
				const ends = await Promise.allSettled([0, 1, 2, 3].map(write));
				for (const end of ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
				await server.kill();
				expect(acknowledged.length).toBeGreaterThanOrEqual(200 * (round + 1));

				await Promise.all([
					expectRefusedInTime(() => store.commit({ writes: [{ key: 'late', version: 0, value: 1 }] })),
					expectRefusedInTime(() => store.read(['late'])),
					expectRefusedInTime(() => store.read(['another'])),
					expectRefusedInTime(() => store.claim('due', { dueMs: 1, machineNowMs: 1, leaseUntilMs: 2, limit: 1 })),
					expectRefusedInTime(() => hub.ping()),
				]);

				await server.launch();
				await untilAnswers(hub);
				for (let from = 0; from < acknowledged.length; from += 1_000) {
					for (const { version } of await store.read(acknowledged.slice(from, from + 1_000))) expect(version).toBe(1);
				}
				// A refused commit was never sent again behind its caller's back.
				expect(await store.read(['late'])).toEqual([{ key: 'late', version: 0, value: null }]);
				expect(await hub.scopes()).toEqual(['shop']);
			}
		}, 60_000);

		it('takes scripts up again after the server has forgotten them', async () => {
			await store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
			const admin = new Redis(server.url);
			await admin.script('FLUSH');
			await admin.quit();
			const results = await Promise.all([1, 2, 3].map((value) => store.commit({ writes: [{ key: 'a', version: 1, value }] })));
			expect(results.map(({ status }) => status).sort()).toEqual(['committed', 'conflict', 'conflict']);
		});

		it('asks once for what is read at once', async () => {
			await store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
			const admin = new Redis(server.url);
			const asked = async () => Number(/cmdstat_mget:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
			const before = await asked();
			const answers = await Promise.all(['a', 'b', 'c', 'a'].map((key) => store.read([key])));
			expect(answers.map(([{ version }]) => version)).toEqual([1, 0, 0, 1]);
			expect((await asked()) - before).toBe(1);
			await admin.quit();
		});

		it('gives up in time on a server that holds the connection and does not answer', async () => {
			await hub.ping();
			server.freeze(true);
			try {
				await expectRefusedInTime(() => store.read(['a']));
			} finally {
				server.freeze(false);
			}
			await untilAnswers(hub);
		}, 20_000);

		it('leaves no half commit when the server refuses to write', async () => {
			await store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
			const admin = new Redis(server.url);
			await admin.config('SET', 'maxmemory', '1');
			const whole = { writes: [{ key: 'b', version: 0, value: 1 }], once: [{ key: 'o', untilMs: 1 }], log: [{ atMs: 1, type: 't', data: 1 }] };
			await expect(store.commit(whole)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('maxmemory') as string });
			await admin.config('SET', 'maxmemory', '0');
			await admin.quit();
			expect((await store.read(['a', 'b'])).map(({ version }) => version)).toEqual([1, 0]);
			expect(await store.commit(whole)).toEqual({ status: 'committed' });
		});

		it('warns of a server that throws data away or keeps no file', async () => {
			expect(await hub.warnings()).toEqual([]);
			const admin = new Redis(server.url);
			await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
			await admin.config('SET', 'appendonly', 'no');
			await admin.quit();
			expect(await hub.warnings()).toEqual([expect.stringContaining('noeviction'), expect.stringContaining('appendonly')]);
		});
	});

	describe('Redis address', () => {
		it('never shows its password, whether it is refused, wrong or right', async () => {
			const password = 's3cret/p@ss';
			const server = await startServer(['--requirepass', password]);
			const urlWith = (user: string, secret: string) => `redis://${user}:${encodeURIComponent(secret)}@127.0.0.1:${server.port}/0`;
			const right = open(urlWith('', password));
			await right.ping();
			expect(right.label).toBe(`Redis (127.0.0.1:${server.port})`);
			const wrong = open(urlWith('', 'wr0ng/one'));
			const refused: unknown = await wrong.ping().catch((error: unknown) => error);
			expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('password') as string });
			expect(JSON.stringify([refused, String(refused), (refused as Error).cause])).not.toMatch(/wr0ng/);
			await server.kill();
			const down: unknown = await right.ping().catch((error: unknown) => error);
			expect(down).toMatchObject({ code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('SHOP_JOURNEYS_REDIS_URL') as string });
			expect(JSON.stringify([down, String(down), (down as Error).cause])).not.toMatch(/s3cret/);
		}, 30_000);

		it.each(['', 'localhost', 'http://localhost', 'redis://:s3cret@host:notaport'])('refuses %p with a way out', (url) => {
			let refused: unknown;
			try {
				openStore({ driver: 'redis', url });
			} catch (error) {
				refused = error;
			}
			expect(refused).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringContaining('SHOP_JOURNEYS_REDIS_URL') as string });
			expect(String(refused)).not.toContain('s3cret');
		});
	});
}

function clusterTests(): void {
	describe('Redis cluster', () => {
		it('keeps every key of a scope on one slot', async () => {
			const server = await startServer(['--cluster-enabled', 'yes']);
			const admin = new Redis(server.url);
			await admin.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot));
			// A cluster of one settles after a second or two; until then it answers so.
			while (!(await admin.cluster('INFO')).includes('cluster_state:ok'));
			await admin.quit();
			const hub = open(server.url);
			const store = hub.scope('shop:one');
			// Names that would end up on slots of their own.
			const names = ['a', 'b{x}', '{y}c', 'd'];
			const whole = {
				writes: names.map((key) => ({ key, version: 0, value: 1 })),
				once: [{ key: 'o', untilMs: 1 }],
				counters: names.map((group) => ({ group, field: 'f', add: 1 })),
				index: names.map((index) => ({ index, key: 'k', value: 1 })),
				log: names.map((subject) => ({ atMs: 1, type: 't', subject, data: 1 })),
			};
			expect(await store.commit(whole)).toEqual({ status: 'committed' });
			expect((await store.read(names)).map(({ version }) => version)).toEqual([1, 1, 1, 1]);
			const claimed = await store.claim('{y}c', { dueMs: 1, machineNowMs: 0, leaseUntilMs: 1, limit: 1 });
			expect(await store.commit({ leases: [{ index: '{y}c', ...claimed[0] }], checks: [{ key: 'a', version: 1 }] })).toEqual({ status: 'committed' });
			expect(await store.readTimeline('b{x}', { limit: 1 })).toHaveLength(1);
			expect(await store.eraseTimeline('b{x}', { limit: 9 })).toBe(1);
			expect(await store.trimLog({ beforeMs: 2, limit: 9 })).toBe(3);
			expect(await hub.scopes()).toEqual(['shop:one']);
		}, 20_000);
	});
}
