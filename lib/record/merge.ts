import { type Definitions, type DefinitionsById, journeysIn } from '../journeys/definitions';
import { endOpen, purchaseEchoMs } from '../journeys/endings';
import { end } from '../journeys/enrolment';
import { type AliasRecord, type CartRecord, type CustomerRecord, type EnrolmentRecord, type HistoryRecord, indexes, keys } from '../model/records';
import type { Json, Store } from '../store/store';
import type { Transaction } from '../store/transaction';
import { addTask, type TaskHandler } from '../tasks/tasks';
import { belongs, forgetPage, handOver, mergedKey } from './belongings';
import { mergeHistories } from './history';
import { loadCustomer, type RecordContext } from './identity';
import { inOrderOfStay, mergeCustomers } from './mergeCustomers';
import { endAll } from './endings';
import { mergePoints } from './pointsOfPersons';
import { isWaiting } from './restock';

/** Enrolments that move in the commit of the merge itself; any more follow in its task. */
const moveAtOnce = 12;
/** Belongings moved per batch. */
const batchSize = 30;

/** What is left to do after a merge. */
interface MergeAbout {
	from: string;
	to: string;
	aliases: string[];
	/** Aliases of either that the document has no room for. */
	surplus: string[];
	restock: Record<string, number>;
}

/**
 * Makes one customer of two, in this commit as far as anybody would notice: profile, consent, totals, history, open
 * enrolments and the cart touched last. Carts, orders and returns, other aliases and requests follow in a task; until then
 * they are found through the tombstone. Both customers are loaded.
 * @returns the customer who stays, already written
 */
export async function applyMerge(tx: Transaction, a: CustomerRecord, b: CustomerRecord, definitions: Definitions, context: RecordContext): Promise<CustomerRecord> {
	const [stays, goes] = inOrderOfStay(a, b);
	await tx.load([stays, goes].map(({ id }) => keys.history(id)));
	const key = keys.customer(stays.id);
	const moving = Object.keys(goes.open).slice(0, moveAtOnce);
	const leftOver = Object.fromEntries(Object.entries(goes.open).slice(moveAtOnce));
	const moved = Object.fromEntries(moving.map((id) => [id, goes.open[id]]));
	tx.set(key, mergeCustomers(stays, { ...goes, open: moved }));
	tx.set(keys.customer(goes.id), tombstone(goes, stays.id, leftOver));
	const news = await mergePoints(tx, stays, goes, context);
	if (news.length > 0) context.pointsNews.push({ customerId: stays.id, news });
	await moveEnrolments(tx, moving, stays.id, definitions, context.journeyNowMs);
	await moveLatestCart(tx, goes, stays.id);
	await endWhatBothEnd(tx, stays.id, definitions, context);

	const [before, lost] = [stays, goes].map(({ id }) => tx.get<HistoryRecord>(keys.history(id)));
	if (lost) {
		tx.set(keys.history(stays.id), mergeHistories(before, lost, context.journeyNowMs));
		tx.set(keys.history(goes.id), null);
	}
	for (const journey of Object.keys(goes.segments ?? {})) {
		tx.index(indexes.segment(journey), keys.customer(goes.id), null);
		tx.index(indexes.segment(journey), key, tx.get<CustomerRecord>(key)!.segments![journey]);
	}
	belongs(tx, mergedKey(goes.id), context.journeyNowMs, stays.id);
	const kept = tx.get<CustomerRecord>(key)!.aliases ?? [];
	const surplus = [...(stays.aliases ?? []), ...(goes.aliases ?? [])].filter((alias) => !kept.includes(alias));
	const about: MergeAbout = { from: goes.id, to: stays.id, aliases: goes.aliases ?? [], surplus, restock: goes.restock ?? {} };
	await addTask(tx, { id: `merge-${goes.id}`, type: 'merge', about: about as unknown as Json }, context.journeyNowMs);
	return tx.get<CustomerRecord>(key)!;
}

function tombstone({ id, createdAtMs, profileAtMs }: CustomerRecord, mergedInto: string, open: CustomerRecord['open']): CustomerRecord {
	return { id, createdAtMs, profileAtMs, mergedInto, consent: {}, orders: { count: 0, spentMinor: {} }, open };
}

/** Gives enrolments to another customer, on whose list they are already. Of two about the same the younger ends. */
async function moveEnrolments(tx: Transaction, moving: string[], to: string, definitions: DefinitionsById, nowMs: number): Promise<void> {
	const open = Object.keys(tx.get<CustomerRecord>(keys.customer(to))?.open ?? {});
	// Only those of the same journeys can be about the same.
	const journeys = new Set(moving.map((id) => tx.get<CustomerRecord>(keys.customer(to))?.open[id]?.journey));
	const rivals = open.filter((id) => journeys.has(tx.get<CustomerRecord>(keys.customer(to))?.open[id]?.journey));
	await tx.load([...moving, ...rivals].map(keys.enrolment));
	const first = new Map<string, EnrolmentRecord>();
	const enrolments = rivals.map((id) => tx.get<EnrolmentRecord>(keys.enrolment(id))).filter((enrolment) => enrolment?.status === 'open') as EnrolmentRecord[];
	for (const enrolment of enrolments.sort((a, b) => a.openedAtMs - b.openedAtMs || (a.id < b.id ? -1 : 1))) {
		const mine = { ...enrolment, customerId: to };
		if (enrolment.customerId !== to) tx.set(keys.enrolment(enrolment.id), mine);
		belongs(tx, keys.enrolment(enrolment.id), enrolment.openedAtMs, to, enrolment.customerId);
		if (first.has(subjectOf(enrolment))) end(tx, definitions.byId.get(enrolment.journey) ?? null, mine, 'replaced', nowMs);
		else first.set(subjectOf(enrolment), enrolment);
	}
}

function subjectOf({ journey, cartId, orderId, productId, variantId, returnId }: EnrolmentRecord): string {
	return JSON.stringify([journey, cartId, orderId, productId, variantId, returnId]);
}

/** What was said or bought under one name ends what was under way under the other. */
async function endWhatBothEnd(tx: Transaction, id: string, definitions: Definitions, context: RecordContext): Promise<void> {
	await endWhatIsRefused(tx, id, definitions, context.journeyNowMs);
	const boughtAtMs = tx.get<CustomerRecord>(keys.customer(id))!.orders.lastAtMs;
	if (boughtAtMs !== undefined) await endOpen(tx, id, ['order'], ({ enteredAtMs }) => (enteredAtMs <= boughtAtMs + purchaseEchoMs ? 'bought' : null), definitions, context.journeyNowMs);
}

/** Nobody who was erased, is suppressed or has said no stays in a journey that came from another name. */
async function endWhatIsRefused(tx: Transaction, id: string, definitions: DefinitionsById, nowMs: number): Promise<void> {
	const { consent, suppressed, erasedAtMs } = tx.get<CustomerRecord>(keys.customer(id))!;
	if (erasedAtMs !== undefined) await endAll(tx, id, 'erased', false, definitions, nowMs);
	else if (suppressed) await endAll(tx, id, 'suppressed', false, definitions, nowMs);
	else if (consent.email?.status === 'unsubscribed') await endAll(tx, id, 'unsubscribed', true, definitions, nowMs);
}

/** The cart that may be reminded of changes hands at once. */
async function moveLatestCart(tx: Transaction, { id, latestCart }: CustomerRecord, to: string): Promise<void> {
	if (!latestCart) return;
	const key = keys.cart(latestCart.id);
	await tx.load([key]);
	const cart = tx.get<CartRecord>(key);
	if (cart?.customerId !== id) return;
	tx.set(key, { ...cart, customerId: to });
	belongs(tx, key, cart.createdAtMs, to, id);
}

type Step = 'names' | 'requests' | 'enrolments' | 'belongings';

/** What a merge leaves behind, in batches: what did not fit into its commit, then the belongings until none is left. */
export const mergeTask: TaskHandler = async (task, tx, store) => {
	const about = task.about as unknown as MergeAbout;
	const stays = await loadCustomer(tx, about.to);
	const gone = await loadTombstone(tx, about.from);
	if (!stays || !gone) return { done: true };
	switch ((task.position ?? 'names') as Step) {
		case 'names':
			await moveNames(tx, about, stays, task.createdAtMs);
			return { position: 'requests' };
		case 'requests':
			await moveRequests(tx, store, about, stays);
			return { position: 'enrolments' };
		case 'enrolments':
			if (Object.keys(gone.open).length === 0) return { position: 'belongings' };
			await moveLeftOver(tx, gone, stays, task.createdAtMs);
			return { position: 'enrolments' };
		case 'belongings': {
			const page = await store.walk(indexes.belongings(about.from), { limit: batchSize });
			await tx.load(page.map(({ key }) => key));
			if (stays.erasedAtMs === undefined) handOver(tx, page, about.from, stays.id);
			else await forgetPage(tx, store, page, about.from);
			return page.length < batchSize ? { done: true } : { position: 'belongings' };
		}
	}
};

async function moveNames(tx: Transaction, { from, aliases, surplus }: MergeAbout, stays: CustomerRecord, nowMs: number): Promise<void> {
	if (stays.erasedAtMs === undefined) for (const alias of surplus) belongs(tx, alias, nowMs, stays.id);
	await tx.load(aliases);
	for (const alias of aliases) if (tx.get<AliasRecord>(alias)?.id === from) tx.set(alias, stays.erasedAtMs === undefined ? { id: stays.id } : null);
}

/** Whoever still waits to be told goes on waiting, since the earlier of both requests. */
async function moveRequests(tx: Transaction, store: Store, { from, restock }: MergeAbout, stays: CustomerRecord): Promise<void> {
	for (const [index, atMs] of Object.entries(restock)) {
		if (!(await isWaiting(store, index, [from], atMs))) continue;
		tx.index(index, keys.customer(from), null);
		if (stays.erasedAtMs === undefined) tx.index(index, keys.customer(stays.id), stays.restock?.[index] ?? atMs);
	}
}

async function moveLeftOver(tx: Transaction, gone: CustomerRecord, stays: CustomerRecord, nowMs: number): Promise<void> {
	const moving = Object.keys(gone.open).slice(0, moveAtOnce);
	const left = Object.fromEntries(Object.entries(gone.open).slice(moveAtOnce));
	const moved = Object.fromEntries(moving.map((id) => [id, gone.open[id]]));
	tx.set(keys.customer(gone.id), { ...gone, open: left });
	tx.set(keys.customer(stays.id), { ...stays, open: { ...moved, ...stays.open } });
	await tx.load([keys.definitions]);
	await moveEnrolments(tx, moving, stays.id, journeysIn(tx), nowMs);
	await endWhatIsRefused(tx, stays.id, journeysIn(tx), nowMs);
}

/** The document that a merge left of a customer. */
async function loadTombstone(tx: Transaction, id: string): Promise<CustomerRecord | null> {
	await tx.load([keys.customer(id)]);
	const customer = tx.get<CustomerRecord>(keys.customer(id));
	return customer?.mergedInto ? customer : null;
}
