import { ChildProcess } from './childProcess';
import type { Fixture } from './contractSuite';

/** Several processes start, each with its own compiler; a busy machine takes its time. */
const slowMs = 60_000;

export function processTests(fixture: Fixture): void {
	describe('several processes', () => {
		it('never claim the same entry', async () => {
			const store = fixture.newScope();
			const total = 2_500;
			const keys = Array.from({ length: total }, (_, i) => `e${i}`);
			for (let from = 0; from < total; from += 125) {
				await store.commit({ index: keys.slice(from, from + 125).map((key, i) => ({ index: 'due', key, value: i })) });
			}
			const children = [1, 2].map(() => new ChildProcess('claim', { config: fixture.config, scope: store.scope }));
			await Promise.all(children.map((child) => child.untilLines(1)));
			children.forEach((child) => child.say('go'));
			await Promise.all(children.map((child) => child.ended()));
			const shares = children.map((child) => child.lines.slice(1).flatMap((line) => JSON.parse(line) as string[]));
			expect(shares.flat().sort()).toEqual([...keys].sort());
			for (const share of shares) expect(share.length).toBeGreaterThan(0);
		}, slowMs);

		it('leave no half commit behind when one is killed in the middle of a stream, and lose nothing acknowledged', async () => {
			const store = fixture.newScope();
			const lanes = 8;
			for (const linesBeforeKill of [1, 40, 111, 300]) {
				const child = new ChildProcess('stream', { config: fixture.config, scope: store.scope, lanes });
				await child.untilLines(linesBeforeKill);
				await child.kill();
				const acknowledged = Array.from({ length: lanes }, () => 0);
				for (const line of child.lines) {
					const [lane, n] = line.split(' ').map(Number);
					acknowledged[lane] = n;
				}
				const counters = await store.readCounters('lanes');
				const index = await store.walk('lanes', { limit: 100 });
				for (let lane = 0; lane < lanes; lane++) {
					const [left, right] = await store.read<{ n: number }>([`left:${lane}`, `right:${lane}`]);
					const n = left.value?.n ?? 0;
					expect(n).toBeGreaterThanOrEqual(acknowledged[lane]);
					expect(right).toMatchObject({ version: n, value: left.value });
					expect(left.version).toBe(n);
					expect(counters[lane] ?? 0).toBe(n);
					expect(index.find(({ key }) => key === `left:${lane}`)?.value ?? 0).toBe(n);
					const timeline = await store.readTimeline(`left:${lane}`, { limit: 10_000 });
					expect(timeline.map(({ atMs }) => atMs)).toEqual(Array.from({ length: n }, (_, i) => n - i));
				}
				const total = Object.values(counters).reduce((sum, n) => sum + n, 0);
				expect((await store.readLog({ afterSeq: 0, limit: 10_000 })).map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
			}
		}, slowMs);

		it('record every delivery exactly once, though one is killed between deliveries again and again', async () => {
			const store = fixture.newScope();
			const deliveries = 600;
			const argument = { config: fixture.config, scope: store.scope, deliveries };
			for (const linesBeforeKill of [1, 7, 20, 33, 48]) {
				const child = new ChildProcess('deliver', argument);
				await child.untilLines(linesBeforeKill);
				await child.kill();
			}
			await new ChildProcess('deliver', argument).ended();
			const orders = await store.read<{ n: number }>(Array.from({ length: deliveries }, (_, i) => `order:${i}`));
			expect(orders.map(({ version, value }) => [version, value?.n])).toEqual(Array.from({ length: deliveries }, (_, i) => [1, i]));
			expect(await store.readCounters('orders')).toEqual({ placed: deliveries });
			const log = await store.readLog({ afterSeq: 0, limit: 10_000 });
			expect(log.map(({ data }) => data as number).sort((a, b) => a - b)).toEqual(Array.from({ length: deliveries }, (_, i) => i));
			expect(await store.sweepOnce({ untilMs: 1_000, limit: 10_000 })).toBe(deliveries);
		}, slowMs);
	});
}
