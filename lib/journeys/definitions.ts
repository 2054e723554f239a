import { dayMs, minuteMs, secondMs } from '../model/clock';
import { type DefinitionsRecord, type JourneyDefinition, keys } from '../model/records';
import type { Store, Versioned } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import { addTask } from '../tasks/tasks';

/** A definition nobody has renewed for this long counts as off: its n8n is gone. Machine time. */
const heartbeatLifeMs = dayMs;
/** How often a running trigger renews its heartbeat. Machine time. */
export const heartbeatEveryMs = 10 * minuteMs;
/** How long `record()` trusts its copy. Every commit checks the version, so an old copy costs a retry, not a mistake. */
const cacheLifeMs = 30 * secondMs;

interface Heartbeat {
	owner: string;
	atMs: number;
}

/** The journeys of one shop as this process last saw them. */
export interface Definitions {
	document: Versioned<DefinitionsRecord>;
	/** Switched on, with a living heartbeat. */
	active: JourneyDefinition[];
	byId: Map<string, JourneyDefinition>;
}

/** The definitions by id, as all that ends an enrolment needs them. */
export type DefinitionsById = Pick<Definitions, 'byId'>;

/** The definitions of a transaction that has loaded them. */
export function journeysIn(tx: Transaction): DefinitionsById {
	return { byId: new Map(tx.get<DefinitionsRecord>(keys.definitions)?.journeys.map((journey) => [journey.id, journey])) };
}

/** Reads the definitions of a shop and keeps them for a while. One per store and process. */
export class DefinitionsCache {
	private entry: { readAtMs: number; definitions: Promise<Definitions> } | null = null;

	constructor(private readonly store: Store) {}

	get(machineNowMs: number): Promise<Definitions> {
		if (!this.entry || machineNowMs - this.entry.readAtMs > cacheLifeMs) {
			const definitions = readDefinitions(this.store, machineNowMs);
			this.entry = { readAtMs: machineNowMs, definitions };
			definitions.catch(() => this.clear());
		}
		return this.entry.definitions;
	}

	clear(): void {
		this.entry = null;
	}
}

export async function readDefinitions(store: Store, machineNowMs: number): Promise<Definitions> {
	const [document] = await store.read<DefinitionsRecord>([keys.definitions]);
	const journeys = document.value?.journeys ?? [];
	const heartbeats = journeys.length ? await store.read<Heartbeat>(journeys.map(({ id }) => keys.heartbeat(id))) : [];
	const active = journeys.filter(({ offAtMs }, index) => {
		const beat = heartbeats[index].value;
		return offAtMs === undefined && beat !== null && machineNowMs - beat.atMs <= heartbeatLifeMs;
	});
	return { document, active, byId: new Map(journeys.map((journey) => [journey.id, journey])) };
}

export interface Registration {
	definition: JourneyDefinition;
	/** Delays, their number or the maximum age differ from before: enrolments under way are to be moved. */
	scheduleChanged: boolean;
}

/**
 * Writes a trigger's definition when it is switched on. A journey that was on stays "active from" where it was: a
 * restart (`init`) and an edit change nothing about who may enter; switching on after having been off means "only
 * from now on".
 */
export async function register(
	store: Store,
	definition: Omit<JourneyDefinition, 'activeFromMs' | 'offAtMs'>,
	{ mode, owner, journeyNowMs, machineNowMs }: { mode: 'init' | 'activate'; owner: string; journeyNowMs: number; machineNowMs: number },
): Promise<Registration> {
	const outcome = await transact(store, async (tx) => {
		await tx.load([keys.definitions, keys.heartbeat(definition.id)]);
		const journeys = tx.get<DefinitionsRecord>(keys.definitions)?.journeys ?? [];
		const before = journeys.find(({ id }) => id === definition.id);
		const wasOn = before !== undefined && (before.offAtMs === undefined || mode === 'init');
		const next: JourneyDefinition = { ...definition, activeFromMs: wasOn ? before.activeFromMs : journeyNowMs };
		if (next.segment) next.segment = await lookedAt(tx, next, wasOn ? before : undefined, journeyNowMs);
		const scheduleChanged = before !== undefined && JSON.stringify([before.steps, before.maxAgeMs]) !== JSON.stringify([next.steps, next.maxAgeMs]);
		if (JSON.stringify(before) !== JSON.stringify(next)) {
			tx.set(keys.definitions, { journeys: [...journeys.filter(({ id }) => id !== definition.id), next] });
		}
		tx.set(keys.heartbeat(definition.id), { owner, atMs: machineNowMs });
		return { definition: next, scheduleChanged };
	});
	if (outcome.status !== 'committed') throw new Error('unreachable: registering uses no once-keys and no leases');
	return outcome.result;
}

/**
 * Whether a segment journey has to look at all customers first, to know who is in already: after it was off, when its
 * condition was changed, or when those who are in are to be included from now on. Then the task is added.
 */
async function lookedAt(tx: Transaction, next: JourneyDefinition, before: JourneyDefinition | undefined, journeyNowMs: number): Promise<JourneyDefinition['segment']> {
	const isSame = before?.segment !== undefined && JSON.stringify(before.where) === JSON.stringify(next.where) && (before.segment.includeExisting || !next.segment!.includeExisting);
	if (isSame) return { ...next.segment!, lookSinceMs: before.segment!.lookSinceMs, readyAtMs: before.segment!.readyAtMs };
	await addTask(tx, { id: `${firstLook}:${next.id}:${journeyNowMs}`, type: firstLook, about: { journey: next.id, sinceMs: journeyNowMs } }, journeyNowMs);
	return { ...next.segment!, lookSinceMs: journeyNowMs };
}

/** The type of the task that looks at all customers once when a segment journey is switched on. */
export const firstLook = 'segment_first_look';

/** Says that the journey's trigger is alive. */
export async function renewHeartbeat(store: Store, journey: string, owner: string, machineNowMs: number): Promise<void> {
	await transact(store, async (tx) => {
		await tx.load([keys.heartbeat(journey)]);
		tx.set(keys.heartbeat(journey), { owner, atMs: machineNowMs });
	});
}

/** Marks a journey off, unless another process has taken its heartbeat over meanwhile. Returns whether it did. */
export async function switchOff(store: Store, journey: string, owner: string, journeyNowMs: number): Promise<boolean> {
	const outcome = await transact(store, async (tx) => {
		await tx.load([keys.definitions, keys.heartbeat(journey)]);
		const record = tx.get<DefinitionsRecord>(keys.definitions);
		const found = record?.journeys.find(({ id }) => id === journey);
		if (!record || !found || found.offAtMs !== undefined || tx.get<Heartbeat>(keys.heartbeat(journey))?.owner !== owner) return false;
		tx.set(keys.definitions, { journeys: record.journeys.map((item) => (item.id === journey ? { ...item, offAtMs: journeyNowMs } : item)) });
		return true;
	});
	return outcome.status === 'committed' && outcome.result;
}
