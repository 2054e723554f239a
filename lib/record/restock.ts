import type { ShopEvent } from '../model/events';
import { type CustomerRecord, indexes, keys } from '../model/records';
import type { Store } from '../store/store';
import { addTask, type TaskHandler } from '../tasks/tasks';
import type { Transaction } from '../store/transaction';
import type { RecordContext } from './identity';
import { maxRestock } from './mergeCustomers';

/** A product, or one variant of it, that can be bought again. What a task of type `restock` is about. */
export interface Restocked {
	productId: string;
	variantId?: string;
	/** Pieces there are; absent where the shop does not say. */
	stock?: number;
}

/** Tasks added per commit; each is a document of its own. */
const tasksAtOnce = 20;

/** Whether a customer, by any of these ids, is in the index at this time: who was told has been taken out of it. */
export async function isWaiting(store: Store, index: string, customerIds: string[], atMs: number): Promise<boolean> {
	const asked = await store.walk(index, { from: atMs, to: atMs, limit: 10_000 });
	return asked.some(({ key }) => customerIds.some((id) => key === keys.customer(id)));
}

/**
 * Puts the customer among those who want to be told when a product is back. Asked again while waiting, the oldest time
 * counts; asked again after having been told, it is a new request.
 * @returns whether it was news
 */
export async function applyRestockRequest(tx: Transaction, event: ShopEvent, customer: CustomerRecord, context: RecordContext): Promise<boolean> {
	if (!event.product) return false;
	const index = indexes.restock(event.product.productId, event.variantId);
	const atMs = Math.min(event.occurredAtMs, context.journeyNowMs);
	const known = customer.restock?.[index];
	if (known === atMs) return false;
	if (known !== undefined) {
		const waits = await isWaiting(context.store, index, [customer.id, ...(customer.merged ?? [])], known);
		if (waits ? known < atMs : atMs < known) return false;
	}
	const requests = Object.entries({ ...customer.restock, [index]: atMs }).sort(([, a], [, b]) => b - a);
	for (const [forgotten] of requests.slice(maxRestock)) tx.index(forgotten, keys.customer(customer.id), null);
	tx.set(keys.customer(customer.id), { ...customer, restock: Object.fromEntries(requests.slice(0, maxRestock)) });
	tx.index(index, keys.customer(customer.id), atMs);
	return true;
}

/** Leaves the telling to tasks, for those variants somebody waits for. The same restock told again is the same task. */
export async function tellRestocked(tx: Transaction, restocked: Restocked[], updatedAtMs: number, context: RecordContext): Promise<void> {
	if (restocked.length === 0) return;
	const isWanted = async (index: string) => (await context.store.count(index, { limit: 1 })) > 0;
	const [isProductWanted, ...wanted] = await Promise.all([isWanted(indexes.restock(restocked[0].productId)), ...restocked.map(({ productId, variantId }) => isWanted(indexes.restock(productId, variantId)))]);
	const asked = restocked.filter((_restocked, index) => isProductWanted || wanted[index]);
	if (asked.length <= tasksAtOnce) await addRestocks(tx, asked, updatedAtMs, context.journeyNowMs);
	else await addTask(tx, { id: `restocks-${asked[0].productId}@${updatedAtMs}`, type: 'restocks', about: { restocked: asked.map((one) => ({ ...one })), updatedAtMs } }, context.journeyNowMs);
}

async function addRestocks(tx: Transaction, restocked: Restocked[], updatedAtMs: number, nowMs: number): Promise<void> {
	const tasks = restocked.map((about) => ({ id: `restock-${about.productId}/${about.variantId ?? ''}@${updatedAtMs}`, type: 'restock', about: { ...about } }));
	await tx.load(tasks.map(({ id }) => keys.task(id)));
	for (const task of tasks) await addTask(tx, task, nowMs);
}

/** Many variants of one product are back at once: adds their tasks in batches. */
export const restocksTask: TaskHandler = async ({ about, position, createdAtMs }, tx) => {
	const { restocked, updatedAtMs } = about as unknown as { restocked: Restocked[]; updatedAtMs: number };
	const start = (position as number | null) ?? 0;
	await addRestocks(tx, restocked.slice(start, start + tasksAtOnce), updatedAtMs, createdAtMs);
	const next = start + tasksAtOnce;
	return next < restocked.length ? { position: next } : { done: true };
};
