/**
 * Commits without end on several lanes at once. A lane's commit changes two documents, a counter, an index and the
 * log together; what was acknowledged is said on a line. Goes on where an earlier process was killed.
 */
import { openPlace, type PlaceConfig } from '../suite/place';

const { config, scope, lanes } = JSON.parse(process.argv[2]) as { config: PlaceConfig; scope: string; lanes: number };

async function run(lane: number): Promise<void> {
	const store = openPlace(config).scope(scope);
	const [left, right] = [`left:${lane}`, `right:${lane}`];
	for (;;) {
		const [a, b] = await store.read<{ n: number }>([left, right]);
		const n = (a.value?.n ?? 0) + 1;
		const result = await store.commit({
			writes: [
				{ key: left, version: a.version, value: { n } },
				{ key: right, version: b.version, value: { n } },
			],
			once: [{ key: `once:${lane}:${n}`, untilMs: 1 }],
			counters: [{ group: 'lanes', field: String(lane), add: 1 }],
			index: [{ index: 'lanes', key: left, value: n }],
			log: [{ atMs: n, type: 'step', subject: left, data: { n } }],
		});
		if (result.status !== 'committed') throw new Error(`Lane ${lane} at ${n}: ${JSON.stringify(result)}`);
		process.stdout.write(`${lane} ${n}\n`);
	}
}

for (let lane = 0; lane < lanes; lane++) {
	run(lane).catch((error: unknown) => {
		process.stderr.write(`${String(error)}\n`);
		process.exit(1);
	});
}
