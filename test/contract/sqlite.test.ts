import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
 
import { DatabaseSync } from 'node:sqlite';
import { shippedMigrations } from '../../lib/store/sqlite/migrate';
import { contractSuite } from './suite/contractSuite';
import { openPlace } from './suite/place';

const folders: string[] = [];

function newFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'shop-journeys-sqlite-'));
	folders.push(folder);
	return folder;
}

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const ways = [
	{ way: 'SQLite', ownThread: undefined },
	{ way: 'SQLite in a thread of its own', ownThread: true as const },
];

for (const { way, ownThread } of ways) {
	contractSuite(way, async () => ({
		config: { driver: 'sqlite', file: join(newFolder(), 'deep', 'er', 'store.sqlite'), ownThread },
		remove: async () => undefined,
	}));
}

describe.each(ways)('a file: $way', ({ ownThread }) => {
	const open = (file: string) => openPlace({ driver: 'sqlite', file, ownThread });
	const newest = shippedMigrations().at(-1)?.number ?? 0;

	it('is brought from empty to the newest tables, and opened again as it is', async () => {
		const file = join(newFolder(), 'store.sqlite');
		for (const version of [0, 1]) {
			const hub = open(file);
			expect(await hub.scope('s').commit({ writes: [{ key: 'a', version, value: version }] })).toEqual({ status: 'committed' });
			await hub.close();
		}
		const db = new DatabaseSync(file);
		expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: newest });
		expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
		db.close();
		expect(newest).toBeGreaterThan(0);
	});

	it('numbers its migrations from 1 without a gap', () => {
		expect(shippedMigrations().map(({ number }) => number)).toEqual(shippedMigrations().map((_, i) => i + 1));
	});

	it('is refused, and left as it is, when a newer version wrote it', () => {
		const file = join(newFolder(), 'store.sqlite');
		const db = new DatabaseSync(file);
		db.exec(`CREATE TABLE future (a); PRAGMA user_version = ${newest + 1}`);
		db.close();
		const refusal = expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('newer version') as string });
		expect(() => open(file)).toThrow(refusal);
		const again = new DatabaseSync(file);
		expect(again.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()).toEqual([{ name: 'future' }]);
		again.close();
	});

	it('is refused when it is no database, and when its folder cannot be made', () => {
		const folder = newFolder();
		const file = join(folder, 'notes.txt');
		writeFileSync(file, 'no database, but a text that is long enough to have a header '.repeat(20));
		const unavailable = expect.objectContaining({ code: 'STORE_UNAVAILABLE' });
		expect(() => open(file)).toThrow(unavailable);
		expect(() => open(join(file, 'store.sqlite'))).toThrow(unavailable);
	});

	it('is readable by its owner alone', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = open(file);
		await hub.ping();
		for (const name of [file, `${file}-wal`]) {
			expect(existsSync(name)).toBe(true);
			expect(statSync(name).mode & 0o077).toBe(0);
		}
		await hub.close();
	});

	it('shows the name of the file and not its folder', async () => {
		const hub = open(join(newFolder(), 'store.sqlite'));
		expect(hub.label).toBe('SQLite (store.sqlite)');
		await hub.close();
	});

	it('gives up with STORE_UNAVAILABLE when another process keeps it locked, answers reads meanwhile, and recovers', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = open(file);
		const store = hub.scope('s');
		await store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
		const locker = new DatabaseSync(file);
		locker.exec('BEGIN IMMEDIATE');
		const blocked = store.commit({ writes: [{ key: 'a', version: 1, value: 2 }] });
		const refused = expect(blocked).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('locked') as string });
		expect(await store.read(['a'])).toEqual([{ key: 'a', version: 1, value: 1 }]);
		await refused;
		locker.exec('COMMIT');
		locker.close();
		expect(await store.commit({ writes: [{ key: 'a', version: 1, value: 3 }] })).toEqual({ status: 'committed' });
		await hub.close();
	}, 20_000);

	it('writes what was asked for before it is closed', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = open(file);
		const waiting = hub.scope('s').commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
		await hub.close();
		expect(await waiting).toEqual({ status: 'committed' });
		await expect(hub.scope('s').read(['a'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
		const again = open(file);
		expect(await again.scope('s').read(['a'])).toEqual([{ key: 'a', version: 1, value: 1 }]);
		await again.close();
	});

	it('acknowledges nothing that cannot be brought to the disk', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = open(file);
		// Its thread has the file open from the first call on.
		await hub.scopes();
		renameSync(`${file}-wal`, `${file}-elsewhere`);
		const store = hub.scope('s');
		const both = [1, 2].map((value) => store.commit({ writes: [{ key: `k${value}`, version: 0, value }] }));
		for (const commit of both) await expect(commit).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
		renameSync(`${file}-elsewhere`, `${file}-wal`);
		expect(await store.commit({ writes: [{ key: 'k3', version: 0, value: 3 }] })).toEqual({ status: 'committed' });
		await hub.close();
	});

	it('undoes only the change that the disk refuses, and takes its neighbours through', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = open(file);
		const outside = new DatabaseSync(file);
		outside.exec("CREATE TRIGGER refuse BEFORE INSERT ON log WHEN new.type = 'refused' BEGIN SELECT RAISE(ABORT, 'disk'); END");
		outside.close();
		const store = hub.scope('s');
		const results = await Promise.allSettled(
			['a', 'refused', 'b'].map((type) => store.commit({ writes: [{ key: type, version: 0, value: 1 }], log: [{ atMs: 1, type, data: 1 }] })),
		);
		expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		expect(results[1]).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE' } });
		expect((await store.read(['a', 'refused', 'b'])).map(({ version }) => version)).toEqual([1, 0, 1]);
		expect((await store.readLog({ afterSeq: 0, limit: 9 })).map(({ type }) => type)).toEqual(['a', 'b']);
		await hub.close();
	});
});

describe('SQLite', () => {
	it('says which Node it needs when this one has no SQLite', () => {
		const script = `
			process.getBuiltinModule = () => undefined;
			const { openStore } = require(${JSON.stringify(join(__dirname, '../../lib/store/open.ts'))});
			try { openStore({ driver: 'sqlite', file: ':memory:' }); } catch (error) { console.log(error.code, error.message, error.hint); }`;
		 
		const { stdout } = spawnSync(process.execPath, ['-r', join(__dirname, '../register.js'), '-e', script], { encoding: 'utf8' });
		expect(stdout).toMatch(/^CONFIG_INVALID Node .* has no built-in SQLite\. Run n8n on Node 24/);
	});
});

describe('a thread of its own', () => {
	const openOwn = (file: string) => openPlace({ driver: 'sqlite', file, ownThread: true });

	it('leaves the event loop to others while the file is locked', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = openOwn(file);
		const store = hub.scope('s');
		await store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
		const locker = new DatabaseSync(file);
		locker.exec('BEGIN IMMEDIATE');
		const order: string[] = [];
		const commit = store.commit({ writes: [{ key: 'a', version: 1, value: 2 }] }).then(() => order.push('committed'));
		// SQLite waits a tenth of a second at a time, and would hold up whoever shares its thread.
		for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
		order.push('a hundred turns');
		locker.exec('COMMIT');
		locker.close();
		await commit;
		expect(order).toEqual(['a hundred turns', 'committed']);
		await hub.close();
	});

	it('keeps a process alive while it owes an answer, and no longer', () => {
		const script = `
			const { openPlace } = require(${JSON.stringify(join(__dirname, 'suite/place.ts'))});
			const store = openPlace({ driver: 'sqlite', file: process.argv[1], ownThread: true }).scope('s');
			store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] }).then(({ status }) => console.log(status));`;
		const { stdout, status } = spawnSync(process.execPath, ['-r', join(__dirname, '../register.js'), '-e', script, join(newFolder(), 'store.sqlite')], { encoding: 'utf8', timeout: 30_000 });
		expect({ stdout, status }).toEqual({ stdout: 'committed\n', status: 0 });
	});

	it('answers STORE_UNAVAILABLE when the thread ends, and starts another for the next call', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = openOwn(file);
		// A thread that is to open a folder ends at once.
		rmSync(file);
		mkdirSync(file);
		await expect(hub.scope('s').read(['a'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/^SQLite \(store\.sqlite\) did not answer: ./) as string });
		rmSync(file, { recursive: true });
		expect(await hub.scope('s').read(['a'])).toEqual([{ key: 'a', version: 0, value: null }]);
		await hub.close();
	});

	it('tells a caller who broke the contract so', async () => {
		const hub = openOwn(join(newFolder(), 'store.sqlite'));
		const store = hub.scope('s');
		await store.commit({ counters: [{ group: 'g', field: 'f', add: Number.MAX_SAFE_INTEGER }] });
		await expect(store.commit({ counters: [{ group: 'g', field: 'f', add: 1 }] })).rejects.toMatchObject({ name: 'ShopJourneysError', code: 'COMMIT_INVALID', message: expect.stringContaining('safe integers') as string });
		await hub.close();
	});
});
