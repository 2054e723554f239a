import type { CommitResult } from '../store';
import { invalid } from '../validate';
import type { PreparedCommit } from '../validate';
import type { ScopeKeys } from './keys';

/** What commit-N.lua is called with: KEYS and ARGV in the order its header documents. */
export function commitArguments(keys: ScopeKeys, commit: PreparedCommit): { keys: string[]; args: string[] } {
	const { checks, writes, leases, once, counters, index, log } = commit;
	return {
		keys: [
			keys.meta,
			keys.once,
			keys.log,
			keys.logByTime,
			...checks.map(({ key }) => keys.document(key)),
			...writes.map(({ key }) => keys.document(key)),
			...leases.map((lease) => keys.leases(lease.index)),
			...index.flatMap((set) => [keys.index(set.index), keys.leases(set.index)]),
			...counters.map(({ group }) => keys.counters(group)),
			...log.map(({ subject }) => (subject === null ? keys.logByTime : keys.timeline(subject))),
		],
		args: [
			...[once, checks, writes, leases, index, counters, log].map((list) => String(list.length)),
			...once.flatMap(({ key, untilMs }) => [key, String(untilMs)]),
			...checks.map(({ version }) => String(version)),
			...writes.flatMap(({ version, next, text }) => [String(version), text === null ? '' : `${next}\n${text}`]),
			...leases.flatMap(({ key, token }) => [key, token]),
			...index.flatMap(({ key, value }) => [key, value === null ? '' : String(value)]),
			...counters.flatMap(({ field, add }) => [field, String(add)]),
			...log.flatMap(({ atMs, type, subject, text }) => [String(atMs), type, subject ?? '', text]),
		],
	};
}

/** Turns the code and the place that commit-N.lua answers with into words. @throws COMMIT_INVALID for an unsafe counter */
export function commitResult(commit: PreparedCommit, [code, place]: [number, number?]): CommitResult {
	const at = (place ?? 1) - 1;
	switch (code) {
		case 0:
			return { status: 'committed' };
		case 1:
			return { status: 'duplicate', key: commit.once[at].key };
		case 2:
			return { status: 'conflict', key: [...commit.checks, ...commit.writes][at].key, reason: 'version' };
		case 3:
			return { status: 'conflict', key: commit.leases[at].key, reason: 'lease' };
		default: {
			const { group, field } = commit.counters[at];
			throw invalid(`The counter ${group} ${field} would leave the safe integers.`);
		}
	}
}
