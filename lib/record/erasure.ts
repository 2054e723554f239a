import { type Definitions, journeysIn } from '../journeys/definitions';
import { type AliasRecord, type CustomerRecord, indexes, keys } from '../model/records';
import type { ErasedPoints } from '../loyalty/points';
import type { Json, Store } from '../store/store';
import type { Transaction } from '../store/transaction';
import { addTask, type TaskHandler } from '../tasks/tasks';
import { forgetPage } from './belongings';
import { endAll } from './endings';
import { loadCustomer, type RecordContext, type SuppressionRecord } from './identity';
import { forgetPoints, stopPoints } from './pointsOfPersons';

/** What is done in the commit of the erasure itself; the rest follows in its task. */
const aliasesAtOnce = 12;
const enrolmentsAtOnce = 12;
/** Belongings per batch; aliases are half as many, since each has a suppression. */
const batchSize = 30;
const logBatch = 1_000;

/** What is left to do after an erasure. It names persons until the task is done, and vanishes with it. */
interface EraseAbout {
	id: string;
	/** Whose log entries are to be removed. */
	subjects: string[];
	/** Aliases that did not fit into the commit, each with the hash that keeps it suppressed. */
	aliases: Array<[alias: string, hash: string]>;
	/** Restock indexes the customer may be in. */
	restock: string[];
	/** Enrolments that are still open. */
	open: CustomerRecord['open'];
}

/**
 * Forgets customers: ends everything, removes aliases and personal fields, and keeps a salted hash of each alias so that the
 * addresses stay suppressed. What is more than a commit holds follows in a task: see `eraseTask`.
 * @param aliases by which the erasure was asked for; every customer they lead to is forgotten
 * @param customerId asked for by id as well
 * @returns whether it was news
 */
export async function applyErasure(tx: Transaction, customerId: string | undefined, aliases: string[], definitions: Definitions, context: RecordContext): Promise<boolean> {
	await tx.load(aliases);
	const leads = [customerId, ...aliases.map((alias) => tx.get<AliasRecord>(alias)?.id)];
	const customers = new Map<string, CustomerRecord>();
	for (const lead of leads) {
		const customer = await loadCustomer(tx, lead);
		if (customer && customer.erasedAtMs === undefined) customers.set(customer.id, customer);
	}
	// Who was never known stays suppressed just the same.
	const now = [...new Set([...aliases, ...[...customers.values()].flatMap(({ aliases: known = [] }) => known)])].slice(0, Math.max(aliasesAtOnce, aliases.length));
	const isNew = await suppress(tx, now.map((alias) => [alias, context.hashAddress(alias)]), context.journeyNowMs);
	for (const customer of customers.values()) await forget(tx, customer, now, definitions, context);
	return isNew || customers.size > 0;
}

/** Removes aliases for good and remembers their hashes. Returns whether one was not suppressed before. */
async function suppress(tx: Transaction, aliases: Array<[alias: string, hash: string]>, atMs: number): Promise<boolean> {
	await tx.load(aliases.flatMap(([alias, hash]) => [alias, keys.suppression(hash)]));
	let isNew = false;
	for (const [alias, hash] of aliases) {
		const key = keys.suppression(hash);
		isNew ||= tx.get(key) === null;
		tx.set(key, { reason: 'erased', atMs } satisfies SuppressionRecord);
		tx.set(alias, null);
	}
	return isNew;
}

async function forget(tx: Transaction, { id, createdAtMs, aliases = [], merged = [], restock = {}, segments = {}, points }: CustomerRecord, done: string[], definitions: Definitions, context: RecordContext): Promise<void> {
	const key = keys.customer(id);
	await endAll(tx, id, 'erased', false, definitions, context.journeyNowMs, enrolmentsAtOnce);
	const { open } = tx.get<CustomerRecord>(key)!;
	const forgotten: CustomerRecord = { id, createdAtMs, profileAtMs: context.journeyNowMs, consent: {}, orders: { count: 0, spentMinor: {} }, open, erasedAtMs: context.journeyNowMs };
	tx.set(key, forgotten);
	await tx.load([keys.history(id)]);
	tx.set(keys.history(id), null);
	if (points) stopPoints(tx, id);
	for (const index of [...Object.keys(restock), ...Object.keys(segments).map(indexes.segment)]) tx.index(index, key, null);
	const about: EraseAbout = {
		id,
		subjects: [id, ...merged],
		aliases: aliases.filter((alias) => !done.includes(alias)).map((alias) => [alias, context.hashAddress(alias)]),
		restock: Object.keys(restock),
		open,
	};
	await addTask(tx, { id: `erase-${id}`, type: 'erase', about: about as unknown as Json }, context.journeyNowMs);
}

type Position = { step: 'aliases' | 'enrolments' | 'belongings' | 'points' | 'log'; done: number; points?: ErasedPoints };

/**
 * What an erasure leaves to do, in batches: aliases, open enrolments, belongings (anonymised, see belongings.ts), points, requests
 * that a merge put back meanwhile, and the log of everybody who was merged into the customer. Entries of the log are
 * removed outside the commit: doing it again removes nothing more.
 */
export const eraseTask: TaskHandler = async (task, tx, store) => {
	const about = task.about as unknown as EraseAbout;
	const { step, done, points = { page: 0, receipt: 0 } } = (task.position ?? { step: 'aliases', done: 0 }) as unknown as Position;
	const go = (next: Position['step'], from = 0) => ({ position: { step: next, done: from } });
	switch (step) {
		case 'aliases':
			await suppressOwn(tx, about.id, about.aliases.slice(done, done + batchSize / 2), task.createdAtMs);
			return done + batchSize / 2 < about.aliases.length ? go('aliases', done + batchSize / 2) : go('enrolments');
		case 'enrolments':
			return (await endLeftOver(tx, about.id, task.createdAtMs)) ? go('belongings') : go('enrolments');
		case 'belongings':
			return (await anonymisePage(tx, store, about.id)) ? go('points') : go('belongings');
		case 'points': {
			const next = await forgetPoints(tx, about.id, points);
			return next ? { position: { step, done, points: { ...next } } } : go('log');
		}
		case 'log': {
			const subject = about.subjects[done];
			for (const index of done === 0 ? about.restock : []) tx.index(index, keys.customer(about.id), null);
			if (subject === undefined) return { done: true };
			const removed = await store.eraseTimeline(keys.customer(subject), { limit: logBatch });
			return removed === logBatch ? go('log', done) : go('log', done + 1);
		}
	}
};

/** Only of those aliases that lead to nobody else by now. */
async function suppressOwn(tx: Transaction, id: string, aliases: Array<[alias: string, hash: string]>, atMs: number): Promise<void> {
	await tx.load(aliases.map(([alias]) => alias));
	const own: Array<[string, string]> = [];
	for (const entry of aliases) {
		const lead = tx.get<AliasRecord>(entry[0]);
		if (!lead || (await loadCustomer(tx, lead.id))?.id === id) own.push(entry);
	}
	await suppress(tx, own, atMs);
}

/** Returns whether nothing is left open. */
async function endLeftOver(tx: Transaction, id: string, nowMs: number): Promise<boolean> {
	await tx.load([keys.customer(id), keys.definitions]);
	const isAll = await endAll(tx, id, 'erased', false, journeysIn(tx), nowMs, batchSize);
	const customer = tx.get<CustomerRecord>(keys.customer(id));
	if (isAll && customer && Object.keys(customer.open).length > 0) tx.set(keys.customer(id), { ...customer, open: {} });
	return isAll;
}

/** Takes the person out of the next belongings, and off the list. Returns whether these were the last. */
async function anonymisePage(tx: Transaction, store: Store, id: string): Promise<boolean> {
	const page = await store.walk(indexes.belongings(id), { limit: batchSize });
	await tx.load(page.map(({ key }) => key));
	await forgetPage(tx, store, page, id);
	return page.length < batchSize;
}
