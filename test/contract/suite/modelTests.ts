import * as fc from 'fast-check';
import { isShopJourneysError } from '../../../lib/model/errors';
import type { Commit, Json, Store } from '../../../lib/store/store';
import type { Fixture } from './contractSuite';
import { ModelStore } from './modelStore';

/** The same claim's token in the model and in the driver. */
interface TokenPair {
	index: string;
	key: string;
	model: string;
	real: string;
}

const keys = ['a', 'b', 'B', 'é', '\uff5e', '😀'];
const indices = ['i', 'j'];
const smallNumber = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constantFrom(0.5, -0.25, 1_700_000_000_000, Number.MAX_SAFE_INTEGER));
const key = fc.constantFrom(...keys);
const index = fc.constantFrom(...indices);
const limit = fc.integer({ min: 1, max: 6 });
const document = fc.record({
	key,
	/** Mostly the version it stands at. */
	offBy: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) }),
});
const list = <T>(item: fc.Arbitrary<T>, maxLength = 3) => fc.array(item, { maxLength });
const onceKey = fc.record({ key, untilMs: smallNumber });
/** Which of the claims so far, counted from the last. */
const claimed = fc.nat({ max: 8 });

const operation = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.record({
			op: fc.constant('commit' as const),
			documents: fc.uniqueArray(document, { selector: (item) => item.key, maxLength: 3 }),
			values: fc.array(fc.oneof(fc.constant(null), fc.constant('check' as const), fc.jsonValue().filter((value) => value !== null)), { minLength: 3, maxLength: 3 }),
			leases: fc.oneof({ weight: 3, arbitrary: list(claimed, 0) }, { weight: 1, arbitrary: list(claimed, 2) }),
			once: fc.oneof({ weight: 3, arbitrary: list(onceKey, 0) }, { weight: 1, arbitrary: list(onceKey, 1) }),
			counters: list(fc.record({ group: key, field: key, add: fc.integer({ min: -5, max: 5 }) })),
			index: fc.uniqueArray(fc.record({ index, key, value: fc.option(smallNumber, { freq: 4 }) }), { selector: (item) => `${item.index} ${item.key}`, maxLength: 4 }),
			log: list(fc.record({ atMs: smallNumber, type: key, subject: fc.option(key, { nil: undefined }), data: fc.jsonValue() })),
		}),
	},
	{ weight: 4, arbitrary: fc.record({ op: fc.constant('claim' as const), index, dueMs: smallNumber, nowMs: smallNumber, untilMs: smallNumber, limit }) },
	{ weight: 2, arbitrary: fc.record({ op: fc.constantFrom('renew' as const, 'release' as const), claimed, untilMs: smallNumber }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constant('holds' as const), claimed }) },
	{
		weight: 2,
		arbitrary: fc.record({
			op: fc.constant('walk' as const),
			index,
			from: fc.option(smallNumber, { nil: undefined }),
			to: fc.option(smallNumber, { nil: undefined }),
			after: fc.option(fc.record({ key, value: smallNumber }), { nil: undefined }),
			limit,
		}),
	},
	{ weight: 1, arbitrary: fc.record({ op: fc.constant('readLog' as const), afterSeq: fc.nat({ max: 12 }), limit }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constant('readTimeline' as const), subject: key, beforeSeq: fc.nat({ max: 20 }), limit }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constant('eraseTimeline' as const), subject: key, limit }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constant('setLogReader' as const), reader: key, afterSeq: fc.option(fc.nat({ max: 20 })) }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constant('trimLog' as const), beforeMs: smallNumber, limit }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constant('sweepOnce' as const), untilMs: smallNumber }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;
type CommitOperation = Extract<Operation, { op: 'commit' }>;

/** Plays operations on the model and on a driver, and compares what they answer. */
class Comparison {
	private readonly model = new ModelStore();
	private readonly tokens: TokenPair[] = [];

	constructor(private readonly store: Store) {}

	async play(item: Operation): Promise<void> {
		const { model, store } = this;
		switch (item.op) {
			case 'commit':
				return await this.commit(item);
			case 'claim': {
				const expected = model.claim(item.index, item.dueMs, item.nowMs, item.untilMs, item.limit);
				const found = await store.claim(item.index, { dueMs: item.dueMs, machineNowMs: item.nowMs, leaseUntilMs: item.untilMs, limit: item.limit });
				const bare = (entries: typeof found) => entries.map((entry) => [entry.key, entry.value, entry.attempt]);
				expect(bare(found)).toEqual(bare(expected));
				found.forEach((entry, i) => this.tokens.push({ index: item.index, key: entry.key, model: expected[i].token, real: entry.token }));
				return;
			}
			case 'renew':
			case 'release': {
				const pair = this.token(item.claimed);
				if (!pair) return;
				const expected = model.settle(item.op, pair.index, { key: pair.key, token: pair.model }, item.untilMs);
				expect(await store[item.op](pair.index, [{ key: pair.key, token: pair.real }], item.untilMs)).toEqual(expected);
				return;
			}
			case 'holds': {
				const pair = this.token(item.claimed);
				if (pair) expect(await store.holds({ ...pair, token: pair.real })).toBe(model.holds({ ...pair, token: pair.model }));
				return;
			}
			case 'walk': {
				const { from, to, after } = item;
				const expected = model.walk(item.index, from ?? -Infinity, to ?? Infinity, after, item.limit);
				expect(await store.walk(item.index, { from, to, after, limit: item.limit })).toEqual(expected);
				const all = model.walk(item.index, from ?? -Infinity, to ?? Infinity, undefined, item.limit);
				expect(await store.count(item.index, { from, to, limit: item.limit })).toBe(all.length);
				return;
			}
			case 'readLog': {
				const found = await store.readLog(item).catch((error: unknown) => (isShopJourneysError(error) ? error.code : Promise.reject(error)));
				return expect(found).toEqual(model.readLog(item.afterSeq, item.limit));
			}
			case 'readTimeline':
				return expect(await store.readTimeline(item.subject, item)).toEqual(model.readTimeline(item.subject, item.beforeSeq, item.limit));
			case 'eraseTimeline':
				return expect(await store.eraseTimeline(item.subject, item)).toBe(model.eraseTimeline(item.subject, item.limit));
			case 'setLogReader':
				if (item.afterSeq === null) model.readers.delete(item.reader);
				else model.readers.set(item.reader, item.afterSeq);
				return await store.setLogReader(item.reader, item.afterSeq);
			case 'trimLog':
				return expect(await store.trimLog(item)).toBe(model.trimLog(item.beforeMs, item.limit));
			case 'sweepOnce':
				return expect(await store.sweepOnce({ untilMs: item.untilMs, limit: 100 })).toBe(model.sweepOnce(item.untilMs));
		}
	}

	/** Everything that is left in the end. */
	async compareAll(): Promise<void> {
		const documents = await this.store.read(keys);
		expect(documents).toEqual(keys.map((name) => ({ key: name, version: 0, value: null, ...this.model.documents.get(name) })));
		for (const name of indices) {
			expect(await this.store.walk(name, { limit: 100 })).toEqual(this.model.walk(name, -Infinity, Infinity, undefined, 100));
		}
		for (const group of keys) {
			expect(await this.store.readCounters(group)).toEqual(Object.fromEntries(this.model.counters.get(group) ?? []));
		}
		expect(await this.store.readLog({ afterSeq: 0, limit: 1_000 })).toEqual(this.model.log);
	}

	private async commit(item: CommitOperation): Promise<void> {
		const checks: Commit['checks'] = [];
		const writes: Commit['writes'] = [];
		item.documents.forEach(({ key: name, offBy }, i) => {
			const version = Math.max(0, this.model.version(name) + offBy);
			const value = item.values[i];
			if (value === 'check') checks.push({ key: name, version });
			else writes.push({ key: name, version, value: asText(value) });
		});
		const pairs = item.leases.map((back) => this.token(back)).filter((pair) => pair !== undefined);
		const rest = { checks, writes, once: item.once, counters: item.counters, index: item.index, log: item.log.map(withoutUndefined) };
		const found = await this.store.commit({ ...rest, leases: pairs.map((pair) => ({ ...pair, token: pair.real })) });
		expect(found).toEqual(this.model.commit({ ...rest, leases: pairs.map((pair) => ({ ...pair, token: pair.model })) }));
	}

	private token(back: number): TokenPair | undefined {
		return this.tokens.at(-1 - back);
	}
}

/** fast-check's JSON may hold a negative zero, which JSON text does not. */
function asText(value: unknown): Json {
	return JSON.parse(JSON.stringify(value)) as Json;
}

function withoutUndefined({ subject, data, ...rest }: CommitOperation['log'][number]) {
	return { ...rest, ...(subject !== undefined && { subject }), data: asText(data) };
}

export function modelTests(fixture: Fixture): void {
	it('answers random operations as a simple model does', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 60, size: 'max' }), async (operations) => {
				const comparison = new Comparison(fixture.newScope());
				for (const item of operations) await comparison.play(item);
				await comparison.compareAll();
			}),
			{ numRuns: 80 },
		);
	}, 60_000);
}
