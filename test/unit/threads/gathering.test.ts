import { setTimeout as sleep } from 'node:timers/promises';
import { Gathering } from '../../../lib/threads/gathering';

const forMs = 40;

/** Makes calls with so many milliseconds between them. Returns when each of them began, counted from the first call. */
async function beginnings(gathering: Gathering, pauses: number[]): Promise<number[]> {
	const startMs = performance.now();
	const begun: Array<Promise<number>> = [];
	for (const pause of pauses) {
		if (pause > 0) await sleep(pause);
		begun.push(gathering.turn().then(() => performance.now() - startMs));
	}
	return await Promise.all(begun);
}

it('lets a call that comes alone begin at once, again and again', async () => {
	const gathering = new Gathering(forMs);
	for (let call = 0; call < 3; call++) {
		const [at] = await beginnings(gathering, [0]);
		expect(at).toBeLessThan(forMs / 2);
		await sleep(3 * forMs);
	}
});

it('has those begin together that follow closely, and keeps none longer than it said', async () => {
	const [first, ...others] = await beginnings(new Gathering(forMs), [0, 5, 5, 5]);
	expect(first).toBeLessThan(forMs / 2);
	expect(Math.min(...others)).toBeGreaterThanOrEqual(forMs - 2);
	expect(Math.max(...others) - Math.min(...others)).toBeLessThan(5);
});

it('begins anew for those who come later, and forgets nobody', async () => {
	const begun = await beginnings(new Gathering(forMs), Array.from({ length: 40 }, () => 5));
	expect(begun).toHaveLength(40);
	const batches = new Set(begun.map((at) => Math.round(at / 5)));
	expect(batches.size).toBeGreaterThan(2);
	expect(batches.size).toBeLessThan(20);
});
