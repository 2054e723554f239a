import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../../lib/store/open';
import type { Store, StoreHub } from '../../../lib/store/store';
import { transact } from '../../../lib/store/transaction';

let hub: StoreHub;
let store: Store;
beforeEach(() => {
	hub = openStore({ driver: 'sqlite', file: ':memory:' });
	store = hub.scope('shop');
});
afterEach(() => hub.close());

const add = (document: string) =>
	transact(store, async (tx) => {
		await tx.load([document]);
		tx.set(document, { n: (tx.get<{ n: number }>(document)?.n ?? 0) + 1 });
	});

it('gets through although others change each of its documents all the time, and loses nothing of theirs', async () => {
	const documents = ['a:1', 'b:1', 'c:1'];
	let isOver = false;
	const counts = new Map(documents.map((document) => [document, 0]));
	const others = documents.flatMap((document) =>
		Array.from({ length: 5 }, async () => {
			while (!isOver) {
				await add(document);
				counts.set(document, counts.get(document)! + 1);
			}
		}),
	);
	let attempts = 0;
	const outcome = await transact(store, async (tx) => {
		attempts++;
		for (const document of documents) {
			await tx.load([document]);
			await sleep(3);
		}
		for (const document of documents) tx.set(document, { n: (tx.get<{ n: number }>(document)?.n ?? 0) + 1_000_000 });
	}).finally(async () => {
		isOver = true;
		await Promise.all(others);
	});
	expect(outcome.status).toBe('committed');
	// Beaten often enough to be let through in the end.
	expect(attempts).toBeGreaterThanOrEqual(10);
	for (const { key, value } of await store.read<{ n: number }>(documents)) expect(value!.n).toBe(1_000_000 + counts.get(key)!);
});
