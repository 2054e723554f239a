/** Takes in a list of deliveries from the start, as a shop does that tries again: each is recorded under a once-key. */
import { openPlace, type PlaceConfig } from '../suite/place';

const { config, scope, deliveries } = JSON.parse(process.argv[2]) as { config: PlaceConfig; scope: string; deliveries: number };

async function main(): Promise<void> {
	const hub = openPlace(config);
	const store = hub.scope(scope);
	for (let first = 0; first < deliveries; first += 10) {
		const batch = Array.from({ length: 10 }, (_, i) => first + i);
		const results = await Promise.all(
			batch.map((n) =>
				store.commit({
					once: [{ key: `delivery:${n}`, untilMs: 1_000 }],
					writes: [{ key: `order:${n}`, version: 0, value: { n } }],
					counters: [{ group: 'orders', field: 'placed', add: 1 }],
					log: [{ atMs: n, type: 'order', data: n }],
				}),
			),
		);
		// A conflict would mean that an order was written without its once-key.
		for (const { status } of results) if (status === 'conflict') throw new Error('An order is there without its once-key.');
		process.stdout.write(`${first + 10}\n`);
	}
	await hub.close();
}

main().catch((error: unknown) => {
	process.stderr.write(`${String(error)}\n`);
	process.exit(1);
});
