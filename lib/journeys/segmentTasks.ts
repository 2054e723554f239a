import { dayMs, minuteMs } from '../model/clock';
import { type CustomerRecord, type DefinitionsRecord, type HistoryRecord, indexes, type JourneyDefinition, keys, type SegmentStateRecord } from '../model/records';
import { walkSegment } from '../segments/list';
import type { IndexEntry, Store } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import { addTask, type TaskHandler, type TaskRecord, type TaskStep } from '../tasks/tasks';
import { journeysIn } from './definitions';
import { whereOf } from './gate';
import { enterSegment, isIn, isMember, leaveSegment, memberEnrolment, segmentKeys, setMember } from './segments';

/**
 * Looking through all customers for who is in a segment: once when the journey is switched on, then again and again, since
 * time brings customers in and out without any event. Both are the same two walks: through the members for who is out,
 * through the segment for who is not yet a member.
 */

/** The type of the task that looks through all customers while a segment journey is on. */
export const sweep = 'segment_sweep';
/** Customers changed per commit: each may touch three documents, and those that are left out cost nothing. */
const changesAtOnce = 15;
/** Members looked at per commit. */
const membersAtOnce = 500;
/** Journey time between two looks at a small segment. */
const sweepEveryMs = 15 * minuteMs;
/** Journey time added for each customer that the last look met, so that a large segment is not walked all day long. */
const pausePerCustomerMs = 10;

type Position = {
	walk: 'out' | 'in';
	/** The member looked at last. */
	after?: { key: string; value: number } | null;
	/** Customers that the walks have met. */
	looked: number;
	/** Commits of the second walk. */
	batch: number;
	/** Those already in who were entered. */
	entered: number;
};

/**
 * Lets the segment be looked through if it is time. The same task while one waits changes nothing.
 * @returns whether there is work to do
 */
export async function addSweep(store: Store, journey: string, journeyNowMs: number): Promise<boolean> {
	const outcome = await transact(store, async (tx) => {
		await tx.load([keys.definitions, keys.segmentState(journey)]);
		const definition = segmentJourney(tx, journey);
		const state = tx.get<SegmentStateRecord>(keys.segmentState(journey));
		const lastMs = Math.max(state?.sweptAtMs ?? 0, definition?.segment?.readyAtMs ?? Infinity);
		if (journeyNowMs - lastMs < sweepEveryMs + (state?.looked ?? 0) * pausePerCustomerMs) return false;
		await addTask(tx, { id: `${sweep}:${journey}`, type: sweep, about: { journey } }, journeyNowMs);
		return true;
	});
	return outcome.status === 'committed' && outcome.result;
}

/** The definition as it stands in the transaction; undefined when it is off or gone. */
function segmentJourney(tx: Transaction, journey: string): JourneyDefinition | undefined {
	const found = tx.get<DefinitionsRecord>(keys.definitions)?.journeys.find(({ id }) => id === journey);
	return found?.offAtMs === undefined && found?.segment ? found : undefined;
}

/** Who is in when the journey is switched on becomes a member; with "include existing" they enter too, so many per day. */
export const firstLookTask: TaskHandler = async (task, tx, store) => {
	const { journey, sinceMs } = task.about as { journey: string; sinceMs: number };
	await tx.load([keys.definitions]);
	const definition = segmentJourney(tx, journey);
	// Switched off, or switched on anew, which has a task of its own.
	if (!definition || definition.segment?.lookSinceMs !== sinceMs) return finish(store, task);
	const journeys = journeysIn(tx);
	return await look(task, tx, store, definition, {
		takeIn: (customerId, position) => {
			const { includeExisting, perDay } = definition.segment!;
			if (!includeExisting) return setMember(tx, definition, customerId, task.createdAtMs, journeys);
			const fromMs = task.createdAtMs + Math.floor(position.entered / perDay) * dayMs;
			if (enterSegment(tx, definition, customerId, task.createdAtMs, journeys, fromMs)) position.entered++;
		},
		isWanted: (customer) => definition.segment!.includeExisting || !isMember(definition, customer),
		finish: () => {
			const record = tx.get<DefinitionsRecord>(keys.definitions)!;
			const ready = { ...definition, segment: { ...definition.segment!, readyAtMs: task.createdAtMs } };
			tx.set(keys.definitions, { journeys: record.journeys.map((one) => (one.id === journey ? ready : one)) });
		},
	});
};

/** Who has come in since the last look enters, who is out leaves. */
export const sweepTask: TaskHandler = async (task, tx, store) => {
	const { journey } = task.about as { journey: string };
	await tx.load([keys.definitions, keys.segmentState(journey)]);
	const definition = segmentJourney(tx, journey);
	if (definition?.segment?.readyAtMs === undefined) return finish(store, task);
	const journeys = journeysIn(tx);
	return await look(task, tx, store, definition, {
		takeIn: (customerId) => void enterSegment(tx, definition, customerId, task.createdAtMs, journeys),
		isWanted: (customer) => !isMember(definition, customer),
		finish: ({ looked }) => tx.set(keys.segmentState(journey), { sweptAtMs: task.createdAtMs, looked } satisfies SegmentStateRecord),
	});
};

interface Look {
	/** What becomes of a customer who is in and wanted. */
	takeIn(customerId: string, position: Position): void;
	/** Whether there is anything to do for a customer who is in. */
	isWanted(customer: CustomerRecord): boolean;
	finish(position: Position): void;
}

async function look(task: TaskRecord, tx: Transaction, store: Store, definition: JourneyDefinition, { takeIn, isWanted, finish: conclude }: Look): Promise<TaskStep> {
	const position: Position = { walk: 'out', looked: 0, batch: 0, entered: 0, ...(task.position as object | null) };
	const nowMs = task.createdAtMs;
	if (position.walk === 'out') {
		const page = await store.walk(indexes.segment(definition.id), { after: position.after ?? undefined, limit: membersAtOnce });
		const { gone, last } = await leavers(store, definition, page, nowMs);
		await loadAll(tx, definition, gone);
		const journeys = journeysIn(tx);
		for (const id of gone) if (!decide(tx, definition, id, nowMs)) leaveSegment(tx, definition, id, nowMs, journeys);
		const isLast = page.length < membersAtOnce && last === page.length;
		return { position: isLast ? { ...position, walk: 'in', looked: position.looked + last } : { ...position, after: { ...page[last - 1] }, looked: position.looked + last } };
	}
	const { ids, isLast, looked } = await newcomers(task, store, definition, position.batch, isWanted);
	await loadAll(tx, definition, ids);
	const next: Position = { ...position, batch: position.batch + 1 };
	for (const id of ids) if (decide(tx, definition, id, nowMs)) takeIn(id, next);
	if (!isLast) return { position: next };
	conclude({ ...next, looked: position.looked + looked });
	return finish(store, task);
}

async function loadAll(tx: Transaction, definition: JourneyDefinition, ids: string[]): Promise<void> {
	await tx.load(ids.flatMap((id) => segmentKeys(definition, id)));
	const customers = ids.flatMap((id) => tx.get<CustomerRecord>(keys.customer(id)) ?? []);
	await tx.load(customers.map((customer) => memberEnrolment(definition, customer)));
}

/** Decides on the documents of the transaction: what the walks saw may have changed. */
function decide(tx: Transaction, definition: JourneyDefinition, id: string, nowMs: number): boolean {
	const history = keys.history(id);
	return isIn(definition, tx.get<CustomerRecord>(keys.customer(id)), tx.has(history) ? tx.get<HistoryRecord>(history) : null, nowMs);
}

/** Of a page of members those who are out, as many as fit into a commit, and how much of the page that was. */
async function leavers(store: Store, definition: JourneyDefinition, page: IndexEntry[], nowMs: number): Promise<{ gone: string[]; last: number }> {
	const needsHistory = whereOf(definition).needs.history;
	const ids = page.map(({ key }) => key.slice(keys.customer('').length));
	const customers = page.length > 0 ? await store.read<CustomerRecord>(page.map(({ key }) => key)) : [];
	const histories = needsHistory && page.length > 0 ? await store.read<HistoryRecord>(ids.map(keys.history)) : [];
	const gone: string[] = [];
	for (const [index, { value }] of page.entries()) {
		// Came in by an event after this look began: decided later than this look can.
		if (value > nowMs || isIn(definition, customers[index].value, histories[index]?.value ?? null, nowMs)) continue;
		gone.push(ids[index]);
		if (gone.length === changesAtOnce) return { gone, last: index + 1 };
	}
	return { gone, last: page.length };
}

/** The second walk of a task under way in this process. Another process, or this one after a crash, begins it again: who is a member by then is passed over. */
interface Walk {
	pages: AsyncGenerator<CustomerRecord[]>;
	waiting: string[];
	looked: number;
	/** The batch handed out last, again as long as it is not committed. */
	batch: number;
	handedOut: { ids: string[]; isLast: boolean; looked: number };
}

const walks = new WeakMap<Store, Map<string, Walk>>();

async function newcomers(task: TaskRecord, store: Store, definition: JourneyDefinition, batch: number, isWanted: (customer: CustomerRecord) => boolean): Promise<Walk['handedOut']> {
	const known = walks.get(store) ?? new Map<string, Walk>();
	walks.set(store, known);
	let walk = known.get(task.id);
	if (walk?.batch === batch) return walk.handedOut;
	if (walk?.batch !== batch - 1) {
		const options = { nowMs: task.createdAtMs, currency: definition.currency ?? 'USD', timezone: definition.timezone ?? 'UTC' };
		walk = { pages: walkSegment(store, definition.where!, options), waiting: [], looked: 0, batch: -1, handedOut: { ids: [], isLast: false, looked: 0 } };
		known.set(task.id, walk);
	}
	let isOver = false;
	while (!isOver && walk.waiting.length <= changesAtOnce) {
		const page = await walk.pages.next();
		isOver = page.done === true;
		if (page.done) break;
		walk.looked += page.value.length;
		walk.waiting.push(...page.value.filter(isWanted).map(({ id }) => id));
	}
	walk.handedOut = { ids: walk.waiting.splice(0, changesAtOnce), isLast: isOver && walk.waiting.length === 0, looked: walk.looked };
	walk.batch = batch;
	return walk.handedOut;
}

/** The task is over, or is none any more. */
function finish(store: Store, task: TaskRecord): TaskStep {
	walks.get(store)?.delete(task.id);
	return { done: true };
}
