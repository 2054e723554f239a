import type { EventType } from '../model/events';
import { type CustomerRecord, type EnrolmentRecord, indexes, type JourneyDefinition, keys, type ProductRecord } from '../model/records';
import { journeysIn } from './definitions';
import type { IndexEntry, Store } from '../store/store';
import type { Transaction } from '../store/transaction';
import type { TaskHandler } from '../tasks/tasks';
import { end, enrolmentId, entityOf } from './enrolment';
import { productEntity } from './enrol';
import { tryEnter } from './gate';

/** What a task of type `restock` is about. */
export type RestockAbout = {
	productId: string;
	/** When only this variant is back. */
	variantId?: string;
	/** Pieces that there are now: so many customers are told. All where the shop does not say. */
	stock?: number;
};

const heard: EventType = 'product_restocked';
/** Customers told per commit. */
const batchSize = 20;
/** Documents that one commit may touch for them. */
const documentBudget = 54;

type Waiting = IndexEntry & { index: string; variantId?: string };

/** Who waits for it, the oldest request first: those who want this variant, and those who take any. */
async function waitingFor(store: Store, { productId, variantId }: RestockAbout, limit: number): Promise<Waiting[]> {
	const queues = [{ index: indexes.restock(productId) }, ...(variantId !== undefined ? [{ index: indexes.restock(productId, variantId), variantId }] : [])];
	const pages = await Promise.all(queues.map(async (queue) => (await store.walk(queue.index, { limit })).map((entry) => ({ ...entry, ...queue }))));
	return pages
		.flat()
		.sort((a, b) => a.value - b.value)
		.slice(0, limit);
}

/**
 * Tells waiting customers that a product is back: enters them into the journeys that listen, oldest request first, no more
 * than there are pieces, and takes them off the list in the same commit. Whoever is left stays waiting.
 */
export const restockTask: TaskHandler = async (task, tx, store) => {
	const about = task.about as RestockAbout;
	let told = (task.position as { told: number } | null)?.told ?? 0;
	await tx.load([keys.definitions]);
	const journeys = [...journeysIn(tx).byId.values()].filter(({ offAtMs }) => offAtMs === undefined);
	const listening = journeys.filter(({ trigger, events, activeFromMs }) => trigger === 'event' && events?.includes(heard) && activeFromMs <= task.createdAtMs);
	const ending = journeys.filter(({ trigger, endsOn }) => trigger === 'event' && endsOn.includes('restocked'));
	if (listening.length === 0) return { done: true };

	// One document of the customer, one more where it was merged into another, and one for each journey.
	const limit = Math.min(batchSize, (about.stock ?? Infinity) - told, Math.max(1, Math.floor(documentBudget / (2 + listening.length + ending.length))));
	const waiting = limit > 0 ? await waitingFor(store, about, limit) : [];
	if (waiting.length === 0) return { done: true };
	const product = (await tx.peek<ProductRecord>([keys.product(about.productId)])).get(keys.product(about.productId)) ?? null;
	await tx.load(waiting.map(({ key }) => key));
	for (const entry of waiting) {
		tx.index(entry.index, entry.key, null);
		const isTold = await tell(tx, entry, { about, product, listening, ending, atMs: task.createdAtMs });
		if (isTold) told++;
	}
	return { position: { told } };
};

/** Whether the journey could send the customer anything: who never agreed to marketing must not take a piece from the next in the queue. */
function mayHear({ kind }: JourneyDefinition, { consent }: CustomerRecord): boolean {
	return kind === 'transactional' || Object.values(consent).some(({ status }) => status === 'subscribed');
}

interface Telling {
	about: RestockAbout;
	product: ProductRecord | null;
	listening: JourneyDefinition[];
	ending: JourneyDefinition[];
	atMs: number;
}

/** Enters one customer, and ends what waited with them; who has bought it since asking waits no more. Returns whether any journey took the customer in. */
async function tell(tx: Transaction, { key, value: askedAtMs, variantId }: Waiting, { about: { productId }, product, listening, ending, atMs }: Telling): Promise<boolean> {
	const asked = tx.get<CustomerRecord>(key);
	if (asked?.mergedInto !== undefined) await tx.load([keys.customer(asked.mergedInto)]);
	const customer = asked?.mergedInto !== undefined ? tx.get<CustomerRecord>(keys.customer(asked.mergedInto)) : asked;
	if (!customer || (customer.bought?.products[productId]?.lastAtMs ?? -Infinity) > askedAtMs) return false;
	const hearing = listening.filter((definition) => mayHear(definition, customer));
	const entityIn = (definition: JourneyDefinition) => (definition.subject === 'product' ? productEntity(customer.id, productId, variantId) : entityOf(definition, customer));
	const keyIn = (definition: JourneyDefinition) => keys.enrolment(enrolmentId(definition.id, entityIn(definition)));
	await tx.load([...hearing, ...ending].map(keyIn));
	const isTold = hearing.map((definition) =>
		tryEnter(tx, definition, {
			customerId: customer.id,
			entity: entityIn(definition),
			about: { productId, ...(variantId !== undefined && { variantId }), event: { type: heard, atMs } },
			atMs,
			nowMs: atMs,
			product,
			facts: { product, event: { type: heard } },
		}),
	).includes(true);
	if (!isTold) return false;
	for (const definition of ending) {
		const enrolment = tx.get<EnrolmentRecord>(keyIn(definition));
		if (enrolment?.status === 'open' && enrolment.productId === productId) end(tx, definition, enrolment, 'restocked', atMs);
	}
	return true;
}
