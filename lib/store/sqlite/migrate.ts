import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ShopJourneysError } from '../../model/errors';

const folder = join(__dirname, 'migrations');

interface Migration {
	number: number;
	file: string;
}

/** The migrations shipped with this version, in order: `001_initial.sql` is number 1. */
export function shippedMigrations(): Migration[] {
	return readdirSync(folder)
		.filter((file) => /^\d{3}_.+\.sql$/.test(file))
		.map((file) => ({ number: Number(file.slice(0, 3)), file }))
		.sort((a, b) => a.number - b.number);
}

function userVersion(db: DatabaseSync): number {
	return Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

/**
 * Brings a file up to this version's tables. Each migration and its number are one transaction, so a crash leaves
 * the file either before or after it; several processes that start at once wait for each other.
 * @throws CONFIG_INVALID when the file was written by a newer version: guessing at its tables could destroy it
 */
export function migrate(db: DatabaseSync, label: string): void {
	const migrations = shippedMigrations();
	const newest = migrations.at(-1)?.number ?? 0;
	const found = userVersion(db);
	if (found > newest) {
		throw new ShopJourneysError(
			'CONFIG_INVALID',
			`${label} was written by a newer version of Shop Journeys (tables ${found}; this version knows ${newest}).`,
			{ hint: 'Install the newer version again, or restore the copy of the file made before the upgrade.' },
		);
	}
	for (const { number, file } of migrations) {
		if (number <= found) continue;
		db.exec('BEGIN IMMEDIATE');
		try {
			// Another process may have done it while this one waited for the lock.
			if (userVersion(db) < number) {
				db.exec(readFileSync(join(folder, file), 'utf8'));
				db.exec(`PRAGMA user_version = ${number}`);
			}
			db.exec('COMMIT');
		} catch (error) {
			if (db.isTransaction) db.exec('ROLLBACK');
			throw error;
		}
	}
}
