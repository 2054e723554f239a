import type { Readable } from 'node:stream';
import { createHash } from 'node:crypto';
import type { Clock } from '../model/clock';
import { messageOf, ShopJourneysError } from '../model/errors';
import type { ShopEvent } from '../model/events';
import { indexes, keys } from '../model/records';
import type { Recorder } from '../record/record';
import type { Store } from '../store/store';
import { transact } from '../store/transaction';
import type { NormaliseContext } from './adapter';
import type { HistoryKind, ShopApi, ShopApiContext } from './api';
import { type CsvOptions, readCsv } from './csv/read';
import { fingerprint, type Refusal } from './csv/rows';
import { addCounts, type HistoryCounts, noCounts, recordAll } from './history';

/** How far an import has come, kept after each page: one that was cut short goes on here. Times are machine time. */
export interface ImportRecord {
	id: string;
	/** The shop system, or the name of the file. */
	source: string;
	kind: HistoryKind;
	/** `running` also when the process was killed. `withheld`: the shop does not let us see this. */
	state: 'running' | 'done' | 'failed' | 'withheld';
	startedAtMs: number;
	updatedAtMs: number;
	finishedAtMs?: number;
	/** From a shop: only what changed since then (wall clock). */
	sinceMs?: number;
	/** From a shop: its own cursor, and null at the start. From a file: how many customers, orders, refunds or products of it are done. */
	position: string | number | null;
	/** How many there are in all, where the shop tells. */
	total?: number;
	counts: HistoryCounts;
	/** The first ones only. */
	refused: Array<Refusal | { problem: string }>;
	failure?: string;
}

export interface ImportOptions {
	store: Store;
	clock: Clock;
	record: Recorder;
	/** Begin anew instead of going on where the last attempt stopped. */
	startOver: boolean;
	/** Told after each page. */
	onPage?: (progress: ImportRecord) => void;
	/** Whether the operator has stopped it: it ends after the page under way and goes on there another time. */
	isStopped?: () => boolean;
}

/** Rows that are told one by one; the others are counted. */
const refusedKept = 50;
/** Customers, orders or products of a file that are recorded before the position is kept. */
const pageSize = 200;
/** Progress records that Status shows. */
const listedAtMost = 200;

/** Every import that was begun, the latest first. */
export async function listImports(store: Store): Promise<ImportRecord[]> {
	const entries = await store.walk(indexes.imports, { limit: 10_000 });
	const documents = await store.read<ImportRecord>(entries.slice(-listedAtMost).map(({ key }) => key));
	return documents.flatMap(({ value }) => value ?? []).reverse();
}

/** Comes from a history: recorded, but enrols nobody. */
const asHistory = (events: ShopEvent[]) => events.map((event) => ({ ...event, isHistory: true }));

async function save(store: Store, progress: ImportRecord): Promise<void> {
	const key = keys.progress(`import:${progress.id}`);
	await transact(store, async (tx) => {
		await tx.load([key]);
		// The one at hand is counted on.
		tx.set(key, structuredClone(progress));
		tx.index(indexes.imports, key, progress.startedAtMs);
	});
}

/** What is to be done: an import that was cut short where it stood, else a new one. */
async function begin({ store, clock, startOver }: ImportOptions, fresh: Pick<ImportRecord, 'id' | 'source' | 'kind' | 'sinceMs'>): Promise<ImportRecord> {
	const [{ value: before }] = await store.read<ImportRecord>([keys.progress(`import:${fresh.id}`)]);
	const nowMs = clock.machineNowMs();
	const goesOn = before && before.state !== 'done' && before.state !== 'withheld' && before.sinceMs === fresh.sinceMs && !startOver;
	if (goesOn) {
		const { failure: _mended, ...rest } = before;
		return { ...rest, state: 'running', updatedAtMs: nowMs };
	}
	return { ...fresh, state: 'running', startedAtMs: nowMs, updatedAtMs: nowMs, position: null, counts: { ...noCounts }, refused: [] };
}

async function keepFailure<T>(options: ImportOptions, progress: () => ImportRecord, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		const nowMs = options.clock.machineNowMs();
		// A store that is away keeps nothing; what was kept of the last page is enough to go on.
		await save(options.store, { ...progress(), state: 'failed', updatedAtMs: nowMs, failure: messageOf(error) }).catch(() => {});
		throw error;
	}
}

/**
 * Records everything of a kind that the shop knows, or what changed since a moment. Cut short, it goes on at its cursor.
 * @throws SHOP_UNREACHABLE, STORE_UNAVAILABLE; a kind that the shop withholds is the state `withheld`
 */
export async function importFromShop(options: ImportOptions, from: { system: string; api: ShopApi; context: ShopApiContext; kind: HistoryKind; sinceMs?: number; normalise: NormaliseContext }): Promise<ImportRecord> {
	const { store, clock, record, onPage, isStopped } = options;
	const { system, api, context, kind, sinceMs, normalise } = from;
	let progress = await begin(options, { id: `${system}:${kind}`, source: system, kind, ...(sinceMs !== undefined && { sinceMs }) });
	return await keepFailure(
		options,
		() => progress,
		async () => {
			while (progress.state === 'running' && !isStopped?.()) {
				try {
					const page = await api.history(context, kind, { sinceMs, cursor: progress.position as string | null, normalise });
					const counts = { ...(await recordAll(asHistory(page.events), record)), refused: page.refused?.length ?? 0 };
					progress = {
						...progress,
						position: page.cursor,
						...(page.total !== undefined && { total: page.total }),
						counts: addCounts(progress.counts, counts),
						refused: [...progress.refused, ...(page.refused ?? []).map((problem) => ({ problem }))].slice(0, refusedKept),
						...(page.cursor === null && { state: 'done', finishedAtMs: clock.machineNowMs() }),
					};
				} catch (error) {
					if (!(error instanceof ShopJourneysError) || error.code !== 'SHOP_REFUSED') throw error;
					progress = { ...progress, state: 'withheld', failure: `${error.message} ${error.hint}` };
				}
				progress = { ...progress, updatedAtMs: clock.machineNowMs() };
				await save(store, progress);
				onPage?.(progress);
			}
			return progress;
		},
	);
}

/**
 * Records what a CSV says. Cut short, the same file read in the same way goes on behind what was recorded: it is read from
 * the top again, as an order's rows need not follow each other, but nothing is recorded twice.
 * @param open the file from its start, each time anew
 * @throws PARAMETER_INVALID, STORE_UNAVAILABLE
 */
export async function importCsv(options: ImportOptions, from: { name: string; open: () => Promise<Readable> | Readable; reading: CsvOptions }): Promise<ImportRecord> {
	const { store, clock, record, onPage, isStopped } = options;
	const { name, open, reading } = from;
	const { toJourneyMs: _clock, fileAtMs: _told, ...how } = reading;
	const content = await fingerprint(await open(), reading.encoding);
	const id = createHash('sha256').update(`${content}${JSON.stringify(how)}`).digest('base64url').slice(0, 22);
	let progress = await begin(options, { id: `csv:${id}`, source: name, kind: reading.kind });
	// Rows are read from the top again, and so refused again.
	progress = { ...progress, position: progress.position ?? 0, refused: [], counts: { ...progress.counts, refused: 0 } };
	const refuse = (refusal: Refusal) => {
		progress.counts.refused++;
		if (progress.refused.length < refusedKept) progress.refused.push(refusal);
	};
	return await keepFailure(
		options,
		() => progress,
		async () => {
			let page: ShopEvent[] = [];
			let done = progress.position as number;
			let seen = 0;
			const recordPage = async (state: Partial<ImportRecord> = {}) => {
				const counts = await recordAll(asHistory(page), record);
				page = [];
				progress = { ...progress, ...state, position: done, counts: addCounts(progress.counts, counts), updatedAtMs: clock.machineNowMs() };
				await save(store, progress);
				onPage?.(progress);
			};
			for await (const events of readCsv(await open(), reading, refuse)) {
				if (++seen <= done) continue;
				page.push(...events);
				done = seen;
				if (page.length < pageSize) continue;
				await recordPage();
				if (isStopped?.()) return progress;
			}
			await recordPage({ state: 'done', finishedAtMs: clock.machineNowMs() });
			return progress;
		},
	);
}
