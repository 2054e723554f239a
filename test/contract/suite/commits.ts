import { commitBounds } from '../../../lib/store/store';
import type { Commit, Json, Store } from '../../../lib/store/store';
import type { Fixture } from './contractSuite';
import { openPlace } from './place';

const maxSafe = Number.MAX_SAFE_INTEGER;

/** Everything a commit can touch, as a commit that leaves traces everywhere. */
const traces: Commit = {
	writes: [{ key: 'new:1', version: 0, value: 'x' }],
	once: [{ key: 'seen', untilMs: 10 }],
	counters: [{ group: 'g', field: 'f', add: 1 }],
	index: [{ index: 'i', key: 'new:1', value: 1 }],
	log: [{ atMs: 1, type: 't', subject: 'new:1', data: null }],
};

async function expectNoTraces(store: Store): Promise<void> {
	expect(await store.read(['new:1'])).toEqual([{ key: 'new:1', version: 0, value: null }]);
	expect(await store.readCounters('g')).toEqual({});
	expect(await store.walk('i', { limit: 10 })).toEqual([]);
	expect(await store.readLog({ afterSeq: 0, limit: 10 })).toEqual([]);
	expect(await store.sweepOnce({ untilMs: maxSafe, limit: 10 })).toBe(0);
}

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const invalidCommits: Array<[string, unknown]> = [
	['too many documents', { checks: many(33, (i) => ({ key: `a:${i}`, version: 0 })), writes: many(32, (i) => ({ key: `b:${i}`, version: 0, value: 1 })) }],
	['too many index changes', { index: many(commitBounds.index + 1, (i) => ({ index: 'i', key: `k:${i}`, value: 1 })) }],
	['too many log entries', { log: many(commitBounds.log + 1, () => ({ atMs: 1, type: 't', data: 1 })) }],
	['too many once-keys', { once: many(commitBounds.onceKeys + 1, (i) => ({ key: `o:${i}`, untilMs: 1 })) }],
	['too many counters', { counters: many(commitBounds.counters + 1, (i) => ({ group: 'g', field: `f:${i}`, add: 1 })) }],
	['an empty key', { writes: [{ key: '', version: 0, value: 1 }] }],
	['a key of 501 bytes', { writes: [{ key: 'é'.repeat(250) + 'e', version: 0, value: 1 }] }],
	['a key with half a character', { writes: [{ key: 'k:\ud800', version: 0, value: 1 }] }],
	['a key with a NUL', { writes: [{ key: 'k:\0', version: 0, value: 1 }] }],
	['the same document written twice', { writes: [{ key: 'k', version: 0, value: 1 }, { key: 'k', version: 0, value: 2 }] }],
	['a document both checked and written', { checks: [{ key: 'k', version: 0 }], writes: [{ key: 'k', version: 0, value: 2 }] }],
	['the same index entry set twice', { index: [{ index: 'i', key: 'k', value: 1 }, { index: 'i', key: 'k', value: 2 }] }],
	['a document that is undefined', { writes: [{ key: 'k', version: 0, value: undefined }] }],
	['undefined in a list', { writes: [{ key: 'k', version: 0, value: [1, undefined] }] }],
	['NaN inside a document', { writes: [{ key: 'k', version: 0, value: { a: [{ b: NaN }] } }] }],
	['a date inside a document', { writes: [{ key: 'k', version: 0, value: { at: new Date(0) } }] }],
	['a bigint inside a document', { writes: [{ key: 'k', version: 0, value: { n: 1n } }] }],
	['a document that is too large', { writes: [{ key: 'k', version: 0, value: 'x'.repeat(commitBounds.documentBytes) }] }],
	['a version that is not whole', { checks: [{ key: 'k', version: 0.5 }] }],
	['a first version of 0', { writes: [{ key: 'k', version: 0, first: 0, value: 1 }] }],
	['a first version beyond 2^32', { writes: [{ key: 'k', version: 0, first: 2 ** 32 + 1, value: 1 }] }],
	['a negative version', { checks: [{ key: 'k', version: -1 }] }],
	['an index value without end', { index: [{ index: 'i', key: 'k', value: Infinity }] }],
	['an unsafe addition', { counters: [{ group: 'g', field: 'f', add: maxSafe + 1 }] }],
	['additions that are unsafe together', { counters: many(2, () => ({ group: 'g', field: 'f', add: maxSafe })) }],
	['a time that is no number', { log: [{ atMs: NaN, type: 't', data: 1 }] }],
	['log data that is undefined', { log: [{ atMs: 1, type: 't' }] }],
];

export function commitTests(fixture: Fixture): void {
	describe('commit', () => {
		it('begins a new document at the version that the write says, and counts on from there', async () => {
			const store = fixture.newScope();
			const commit = async (version: number, value: Json, first?: number) => (await store.commit({ writes: [{ key: 'a', version, value, ...(first !== undefined && { first }) }] })).status;
			expect(await commit(0, 'one', 2 ** 32)).toBe('committed');
			expect(await commit(1, 'two')).toBe('conflict');
			// Where there is one already, where it would have begun says nothing.
			expect(await commit(2 ** 32, 'two', 5)).toBe('committed');
			expect(await store.read(['a'])).toEqual([{ key: 'a', version: 2 ** 32 + 1, value: 'two' }]);
			expect(await commit(2 ** 32 + 1, null)).toBe('committed');
			expect(await commit(0, 'three', 7)).toBe('committed');
			expect(await commit(2 ** 32 + 1, 'four')).toBe('conflict');
			expect(await store.read(['a'])).toEqual([{ key: 'a', version: 7, value: 'three' }]);
		});

		it('writes documents whose version grows by one, and reads them in the order asked', async () => {
			const store = fixture.newScope();
			expect(await store.commit({ writes: [{ key: 'b', version: 0, value: { n: 1 } }] })).toEqual({ status: 'committed' });
			expect(await store.commit({ writes: [{ key: 'b', version: 1, value: { n: 2 } }] })).toEqual({ status: 'committed' });
			expect(await store.read(['a', 'b', 'b'])).toEqual([
				{ key: 'a', version: 0, value: null },
				{ key: 'b', version: 2, value: { n: 2 } },
				{ key: 'b', version: 2, value: { n: 2 } },
			]);
			expect(await store.read([])).toEqual([]);
		});

		it('answers each of many reads at once with its own documents, as they are now', async () => {
			const store = fixture.newScope();
			for (let from = 0; from < 200; from += 50) await store.commit({ writes: many(50, (n) => ({ key: `d${from + n}`, version: 0, value: from + n })) });
			const wanted = many(8, (lane) => many(300, (n) => `d${(n * 7 + lane) % 250}`));
			const [changed, ...answers] = await Promise.all([store.commit({ writes: [{ key: 'd0', version: 1, value: -1 }] }), ...wanted.map((keys) => store.read(keys))]);
			expect(changed).toEqual({ status: 'committed' });
			for (const [lane, answer] of answers.entries()) {
				expect(answer.map(({ key }) => key)).toEqual(wanted[lane]);
				for (const { key, value } of answer) if (key !== 'd0') expect(value).toBe(Number(key.slice(1)) < 200 ? Number(key.slice(1)) : null);
			}
			expect(await Promise.all([store.read(['d0']), store.read(['d0'])])).toEqual([[{ key: 'd0', version: 2, value: -1 }], [{ key: 'd0', version: 2, value: -1 }]]);
		});

		it('removes a document, which then does not exist', async () => {
			const store = fixture.newScope();
			await store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
			expect(await store.commit({ writes: [{ key: 'a', version: 1, value: null }] })).toEqual({ status: 'committed' });
			expect(await store.read(['a'])).toEqual([{ key: 'a', version: 0, value: null }]);
			expect(await store.commit({ writes: [{ key: 'a', version: 0, value: 2 }] })).toEqual({ status: 'committed' });
		});

		it('changes nothing when a version is stale', async () => {
			const store = fixture.newScope();
			await store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
			for (const version of [0, 2]) {
				const stale = await store.commit({ ...traces, writes: [...(traces.writes ?? []), { key: 'a', version, value: 2 }] });
				expect(stale).toEqual({ status: 'conflict', key: 'a', reason: 'version' });
			}
			await expectNoTraces(store);
			expect(await store.read(['a'])).toEqual([{ key: 'a', version: 1, value: 1 }]);
		});

		it.each(['definition:1', 'alias:ann@example.com'])('is void when %s, which it only read, has changed', async (key) => {
			const store = fixture.newScope();
			await store.commit({ writes: [{ key, version: 0, value: 'old' }] });
			const [read] = await store.read([key]);
			await store.commit({ writes: [{ key, version: 1, value: 'new' }] });
			expect(await store.commit({ ...traces, checks: [{ key, version: read.version }] })).toEqual({ status: 'conflict', key, reason: 'version' });
			await expectNoTraces(store);
			expect(await store.commit({ ...traces, checks: [{ key, version: 2 }] })).toEqual({ status: 'committed' });
			expect(await store.read([key])).toEqual([{ key, version: 2, value: 'new' }]);
		});

		it('is void when a document it took for absent is there', async () => {
			const store = fixture.newScope();
			const absent = { checks: [{ key: 'a', version: 0 }] };
			expect(await store.commit(absent)).toEqual({ status: 'committed' });
			await store.commit({ writes: [{ key: 'a', version: 0, value: 1 }] });
			expect(await store.commit({ ...traces, ...absent })).toEqual({ status: 'conflict', key: 'a', reason: 'version' });
			await expectNoTraces(store);
		});

		it('lets one of many writers at the same version through, and does not disturb its neighbours', async () => {
			const store = fixture.newScope();
			const results = await Promise.all(
				many(60, (i) =>
					store.commit({
						writes: [
							{ key: i % 2 ? `own:${i}` : 'shared', version: 0, value: i },
							{ key: `beside:${i}`, version: 0, value: i },
						],
					}),
				),
			);
			const committed = many(60, (i) => i).filter((i) => results[i].status === 'committed');
			expect(committed.filter((i) => i % 2 === 1)).toHaveLength(30);
			const winners = committed.filter((i) => i % 2 === 0);
			expect(winners).toHaveLength(1);
			expect(await store.read(['shared'])).toEqual([{ key: 'shared', version: 1, value: winners[0] }]);
			const beside = await store.read(many(60, (i) => `beside:${i}`));
			expect(beside.map(({ version }) => version)).toEqual(many(60, (i) => (committed.includes(i) ? 1 : 0)));
		});

		it('does nothing a second time under the same once-key, whatever else is stale', async () => {
			const store = fixture.newScope();
			expect(await store.commit({ once: [{ key: 'seen', untilMs: 10 }], counters: [{ group: 'n', field: 'f', add: 1 }] })).toEqual({ status: 'committed' });
			const again = await store.commit({
				...traces,
				once: [{ key: 'fresh', untilMs: 10 }, { key: 'seen', untilMs: 99 }],
				checks: [{ key: 'absent', version: 7 }],
			});
			expect(again).toEqual({ status: 'duplicate', key: 'seen' });
			expect(await store.readCounters('n')).toEqual({ f: 1 });
			expect(await store.sweepOnce({ untilMs: 9, limit: 10 })).toBe(0);
			expect(await store.sweepOnce({ untilMs: 10, limit: 10 })).toBe(1);
			await expectNoTraces(store);
			expect(await store.commit(traces)).toEqual({ status: 'committed' });
		});

		it('sweeps once-keys up to a limit, the oldest first', async () => {
			const store = fixture.newScope();
			await store.commit({ once: many(5, (i) => ({ key: `o:${i}`, untilMs: 50 - i })) });
			expect(await store.sweepOnce({ untilMs: 49, limit: 3 })).toBe(3);
			expect((await store.commit({ once: [{ key: 'o:0', untilMs: 1 }] })).status).toBe('duplicate');
			expect((await store.commit({ once: [{ key: 'o:1', untilMs: 1 }] })).status).toBe('duplicate');
			expect((await store.commit({ once: [{ key: 'o:2', untilMs: 1 }] })).status).toBe('committed');
		});

		it.each(invalidCommits)('refuses %s before anything is written', async (_what, commit) => {
			const store = fixture.newScope();
			const whole = { ...traces, ...(commit as Commit) };
			await expect(store.commit(whole)).rejects.toMatchObject({ code: 'COMMIT_INVALID' });
			await expectNoTraces(store);
		});

		it('takes a commit at all its bounds', async () => {
			const store = fixture.newScope();
			const result = await store.commit({
				checks: many(32, (i) => ({ key: `a:${i}`, version: 0 })),
				writes: many(32, (i) => ({ key: `${i}:`.padEnd(500, 'k'), version: 0, value: 'x'.repeat(1_000) })),
				once: many(64, (i) => ({ key: `o:${i}`, untilMs: i })),
				counters: many(128, (i) => ({ group: `g:${i % 3}`, field: `f:${i}`, add: i })),
				index: many(512, (i) => ({ index: `i:${i % 5}`, key: `k:${i}`, value: i })),
				log: many(64, (i) => ({ atMs: i, type: 't', subject: `s:${i % 7}`, data: i })),
			});
			expect(result).toEqual({ status: 'committed' });
			const largest = { key: 'large', version: 0, value: 'x'.repeat(commitBounds.documentBytes - 2) };
			expect(await store.commit({ writes: [largest] })).toEqual({ status: 'committed' });
		});

		it('gives back exactly what was stored, as a fresh copy', async () => {
			const store = fixture.newScope();
			const value: Json = {
				text: 'line\nline\r\t\0 "quoted" \\ €uro 😀 \ud800',
				numbers: [0, -1, 0.1 + 0.2, 1.7e12, maxSafe, -maxSafe, 5e-324, 1.7976931348623157e308],
				nested: [[], {}, [null, true, false, '']],
				constructor: 'c',
				[`__proto__`]: { polluted: true },
			};
			const key = 'kind:{tag}:é😀 \n%_*';
			await store.commit({ writes: [{ key, version: 0, value }] });
			const [first] = await store.read<Record<string, unknown>>([key]);
			expect(first.value).toEqual(value);
			expect(JSON.stringify(first.value)).toBe(JSON.stringify(value));
			(first.value as Record<string, unknown>).text = 'changed';
			expect((await store.read([key]))[0].value).toEqual(value);
		});

		it('leaves an undefined property out, as JSON does', async () => {
			const store = fixture.newScope();
			await store.commit({ writes: [{ key: 'a', version: 0, value: { here: 1, gone: undefined } }] });
			expect(Object.keys((await store.read<object>(['a']))[0].value ?? {})).toEqual(['here']);
		});
	});

	describe('counters', () => {
		it('add up whatever comes at once, also twice in one commit', async () => {
			const store = fixture.newScope();
			const add = (field: string, by: number) => ({ group: 'day', field, add: by });
			await Promise.all(many(200, (i) => store.commit({ counters: [add('a', 1), add('b', i), add('a', 2), add('b', -i)] })));
			expect(await store.readCounters('day')).toEqual({ a: 600, b: 0 });
			expect(await store.readCounters('another')).toEqual({});
		});

		it('stay exact up to the largest safe integer and refuse to leave it, with all that came along', async () => {
			const store = fixture.newScope();
			await store.commit({ counters: [{ group: 'big', field: 'up', add: maxSafe - 1 }, { group: 'big', field: 'down', add: -maxSafe }] });
			await store.commit({ counters: [{ group: 'big', field: 'up', add: 1 }] });
			const tooFar = { ...traces, counters: [{ group: 'g', field: 'f', add: 1 }, { group: 'big', field: 'up', add: 1 }] };
			await expect(store.commit(tooFar)).rejects.toMatchObject({ code: 'COMMIT_INVALID' });
			await expect(store.commit({ counters: [{ group: 'big', field: 'down', add: -1 }] })).rejects.toMatchObject({ code: 'COMMIT_INVALID' });
			await expectNoTraces(store);
			expect(await store.readCounters('big')).toEqual({ up: maxSafe, down: -maxSafe });
		});
	});

	describe('hub', () => {
		it('keeps scopes apart', async () => {
			const [one, other] = [fixture.newScope(), fixture.newScope()];
			await one.commit(traces);
			await expectNoTraces(other);
			expect(await other.commit(traces)).toEqual({ status: 'committed' });
			expect(await one.eraseTimeline('new:1', { limit: 10 })).toBe(1);
			expect(await one.claim('i', { dueMs: 9, machineNowMs: 0, leaseUntilMs: 9, limit: 9 })).toHaveLength(1);
			expect(await other.readTimeline('new:1', { limit: 10 })).toHaveLength(1);
			expect(await other.claim('i', { dueMs: 9, machineNowMs: 0, leaseUntilMs: 9, limit: 9 })).toHaveLength(1);
		});

		it('lists the scopes that hold at least one document', async () => {
			const [full, emptied, counted] = [fixture.newScope(), fixture.newScope(), fixture.newScope()];
			await full.commit(traces);
			await emptied.commit(traces);
			await emptied.commit({ writes: [{ key: 'new:1', version: 1, value: null }] });
			await counted.commit({ counters: [{ group: 'g', field: 'f', add: 1 }] });
			const scopes = await fixture.hub.scopes();
			expect(scopes).toContain(full.scope);
			expect(scopes).not.toContain(emptied.scope);
			expect(scopes).not.toContain(counted.scope);
			expect(new Set(scopes).size).toBe(scopes.length);
		});

		it('refuses a scope whose name would break its hash tag', () => {
			expect(() => fixture.hub.scope('a}b')).toThrow(expect.objectContaining({ code: 'COMMIT_INVALID' }));
			expect(() => fixture.hub.scope('')).toThrow(expect.objectContaining({ code: 'COMMIT_INVALID' }));
		});

		it('shares one connection among its users, and closes with the last', async () => {
			const [first, second] = [openPlace(fixture.config), openPlace(fixture.config)];
			await first.close();
			await first.close();
			await second.ping();
			await second.close();
			await fixture.hub.ping();
			await expect(second.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
		});
	});
}
