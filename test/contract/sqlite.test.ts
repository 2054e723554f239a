import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
 
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../lib/store/open';
import { shippedMigrations } from '../../lib/store/sqlite/migrate';
import { contractSuite } from './suite/contractSuite';

const folders: string[] = [];

function newFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'shop-journeys-sqlite-'));
	folders.push(folder);
	return folder;
}

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

contractSuite('SQLite', async () => ({
	config: { driver: 'sqlite', file: join(newFolder(), 'deep', 'er', 'store.sqlite') },
	remove: async () => undefined,
}));

describe('SQLite file', () => {
	const newest = shippedMigrations().at(-1)?.number ?? 0;

	it('is brought from empty to the newest tables, and opened again as it is', async () => {
		const file = join(newFolder(), 'store.sqlite');
		for (const version of [0, 1]) {
			const hub = openStore({ driver: 'sqlite', file });
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
		expect(() => openStore({ driver: 'sqlite', file })).toThrow(refusal);
		const again = new DatabaseSync(file);
		expect(again.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()).toEqual([{ name: 'future' }]);
		again.close();
	});

	it('is refused when it is no database, and when its folder cannot be made', () => {
		const folder = newFolder();
		const file = join(folder, 'notes.txt');
		writeFileSync(file, 'no database, but a text that is long enough to have a header '.repeat(20));
		const unavailable = expect.objectContaining({ code: 'STORE_UNAVAILABLE' });
		expect(() => openStore({ driver: 'sqlite', file })).toThrow(unavailable);
		expect(() => openStore({ driver: 'sqlite', file: join(file, 'store.sqlite') })).toThrow(unavailable);
	});

	it('is readable by its owner alone', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = openStore({ driver: 'sqlite', file });
		await hub.ping();
		for (const name of [file, `${file}-wal`]) {
			expect(existsSync(name)).toBe(true);
			expect(statSync(name).mode & 0o077).toBe(0);
		}
		await hub.close();
	});

	it('shows the name of the file and not its folder', async () => {
		const hub = openStore({ driver: 'sqlite', file: join(newFolder(), 'store.sqlite') });
		expect(hub.label).toBe('SQLite (store.sqlite)');
		await hub.close();
	});

	it('gives up with STORE_UNAVAILABLE when another process keeps it locked, answers reads meanwhile, and recovers', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = openStore({ driver: 'sqlite', file });
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
		const hub = openStore({ driver: 'sqlite', file });
		const waiting = hub.scope('s').commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
		await hub.close();
		expect(await waiting).toEqual({ status: 'committed' });
		await expect(hub.scope('s').read(['a'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
		const again = openStore({ driver: 'sqlite', file });
		expect(await again.scope('s').read(['a'])).toEqual([{ key: 'a', version: 1, value: 1 }]);
		await again.close();
	});

	it('acknowledges nothing that cannot be brought to the disk', async () => {
		const file = join(newFolder(), 'store.sqlite');
		const hub = openStore({ driver: 'sqlite', file });
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
		const hub = openStore({ driver: 'sqlite', file });
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

	it('says which Node it needs when this one has no SQLite', () => {
		const script = `
			process.getBuiltinModule = () => undefined;
			const { openStore } = require(${JSON.stringify(join(__dirname, '../../lib/store/open.ts'))});
			try { openStore({ driver: 'sqlite', file: ':memory:' }); } catch (error) { console.log(error.code, error.message, error.hint); }`;
		 
		const { stdout } = spawnSync(process.execPath, ['-r', join(__dirname, 'children/register.js'), '-e', script], { encoding: 'utf8' });
		expect(stdout).toMatch(/^CONFIG_INVALID Node .* has no built-in SQLite\. Run n8n on Node 24/);
	});
});
