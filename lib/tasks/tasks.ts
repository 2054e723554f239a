import { randomUUID } from 'node:crypto';
import { type Clock, hourMs, secondMs } from '../model/clock';
import { isShopJourneysError, ShopJourneysError } from '../model/errors';
import { indexes, keys } from '../model/records';
import type { Json, Store } from '../store/store';
import { transact, type Transaction } from '../store/transaction';

/**
 * Work that does not fit into one commit (a restock with ten thousand waiting, a merge, an erasure, an import): a document
 * committed together with what caused it, worked off in leased batches by whichever process is alive. Each batch commits
 * its effects and its new position together, so a killed process leaves neither gaps nor repetitions.
 */
export interface TaskRecord {
	id: string;
	type: string;
	/** What it is about; never changes. */
	about: Json;
	/** Where it stands; null at the start. */
	position: Json;
	/** Journey time. */
	createdAtMs: number;
	/** Why the last attempt failed, in words. */
	failure?: string;
}

export interface TaskStep {
	/** The new position, or `done`. */
	position?: Json;
	done?: boolean;
}

/**
 * Does one bounded batch of a task inside the given transaction, which already holds the lease and the task's document.
 * It may read the store besides (walks are not part of the transaction), but writes only through `tx`.
 */
export type TaskHandler = (task: TaskRecord, tx: Transaction, store: Store) => Promise<TaskStep>;

/** How long one batch may take before another process takes over. Machine time. */
const leaseMs = 60 * secondMs;
const firstRetryMs = 5 * secondMs;

/** Adds a task to a commit. The id recognises it: the same one again while it waits changes nothing. */
export async function addTask(tx: Transaction, task: { id?: string; type: string; about: Json }, journeyNowMs: number): Promise<string> {
	const id = task.id ?? randomUUID();
	const key = keys.task(id);
	await tx.load([key]);
	if (tx.get(key)) return id;
	const record: TaskRecord = { id, type: task.type, about: task.about, position: null, createdAtMs: journeyNowMs };
	tx.set(key, record);
	// Due at once in any clock: the index is by machine time, in which only retries wait (under their lease).
	tx.index(indexes.tasks, key, 0);
	return id;
}

/**
 * Works off tasks until none is free, or `isStopped` says so. Several processes may run it at once.
 * @returns how many batches were done
 * @throws STORE_UNAVAILABLE
 */
export async function workTasks(
	store: Store,
	clock: Clock,
	handlers: Record<string, TaskHandler>,
	{ isStopped = () => false, onFailure }: { isStopped?: () => boolean; onFailure?: (task: TaskRecord, error: unknown) => void } = {},
): Promise<number> {
	let batches = 0;
	while (!isStopped()) {
		const machineNowMs = clock.machineNowMs();
		const [claimed] = await store.claim(indexes.tasks, { dueMs: machineNowMs, machineNowMs, leaseUntilMs: machineNowMs + leaseMs, limit: 1 });
		if (!claimed) return batches;
		const lease = { index: indexes.tasks, key: claimed.key, token: claimed.token };
		let task: TaskRecord | null = null;
		try {
			for (let isDone = false; !isDone && !isStopped(); ) {
				const outcome = await transact(store, async (tx) => {
					tx.requireLease(lease);
					await tx.load([claimed.key]);
					task = tx.get<TaskRecord>(claimed.key);
					if (!task) {
						tx.index(indexes.tasks, claimed.key, null);
						return true;
					}
					const handler = handlers[task.type];
					if (!handler) throw new ShopJourneysError('CONFIG_INVALID', `Nobody knows how to do tasks of type "${task.type}"`);
					const { failure: _failure, ...rest } = task;
					const step = await handler(task, tx, store);
					if (step.done) {
						tx.set(claimed.key, null);
						tx.index(indexes.tasks, claimed.key, null);
					} else tx.set(claimed.key, { ...rest, position: step.position ?? null });
					return step.done === true;
				});
				if (outcome.status !== 'committed') break;
				batches++;
				isDone = outcome.result;
				if (!isDone) await store.renew(indexes.tasks, [claimed], clock.machineNowMs() + leaseMs);
			}
			// Stopped half-way: free for the next process at once.
			if (isStopped()) await store.release(indexes.tasks, [claimed], clock.machineNowMs());
		} catch (error) {
			if (task) onFailure?.(task, error);
			await store.release(indexes.tasks, [claimed], clock.machineNowMs() + Math.min(firstRetryMs * 4 ** (claimed.attempt - 1), hourMs));
			if (isShopJourneysError(error, 'STORE_UNAVAILABLE')) throw error;
		}
	}
	return batches;
}
