import { randomUUID } from 'node:crypto';
import type { Claimed, ClaimOptions, Key } from '../store';
import { carriesToken } from './commit';
import type { SqliteConnection } from './connection';

const sql = {
	// The entries are read in the order of their index: the walk stops at the limit, however many wait, and passes over
	// leased ones with one look-up each.
	due: `SELECT entry.key AS key, entry.value AS value, lease.attempt AS attempt
		FROM entry INDEXED BY entry_by_value
		LEFT JOIN lease ON lease.scope = entry.scope AND lease.idx = entry.idx AND lease.key = entry.key
		WHERE entry.scope = ? AND entry.idx = ? AND entry.value <= ? AND (lease.until_ms IS NULL OR lease.until_ms <= ?)
		ORDER BY entry.value, entry.key LIMIT ?`,
	lease: 'INSERT OR REPLACE INTO lease (scope, idx, key, token, until_ms, attempt) VALUES (?, ?, ?, ?, ?, ?)',
	renew: 'UPDATE lease SET until_ms = ? WHERE scope = ? AND idx = ? AND key = ?',
	release: 'UPDATE lease SET token = NULL, until_ms = ? WHERE scope = ? AND idx = ? AND key = ?',
};

interface Due {
	key: string;
	value: number;
	attempt: number | null;
}

export function claim(db: SqliteConnection, scope: string, index: string, options: ClaimOptions): Claimed[] {
	const { dueMs, machineNowMs, leaseUntilMs, limit } = options;
	const proof = randomUUID();
	return db.all<Due>(sql.due, scope, index, dueMs, machineNowMs, limit).map((due, i) => {
		const claimed = { key: due.key, value: due.value, token: `${proof}.${i}`, attempt: (due.attempt ?? 0) + 1 };
		db.run(sql.lease, scope, index, claimed.key, claimed.token, leaseUntilMs, claimed.attempt);
		return claimed;
	});
}

/** Both renewing and giving back set a new time on leases that still hold; they differ in the token's fate. */
export function settleLeases(
	db: SqliteConnection,
	scope: string,
	how: 'renew' | 'release',
	index: string,
	leases: Array<{ key: Key; token: string }>,
	untilMs: number,
): Key[] {
	const held = leases.filter(({ key, token }) => {
		if (!carriesToken(db, scope, index, key, token)) return false;
		db.run(sql[how], untilMs, scope, index, key);
		return true;
	});
	return held.map(({ key }) => key);
}
