/** Claims until nothing is free, and says which keys it got: one line for each claim. Waits for a line before it starts. */
import { openPlace, type PlaceConfig } from '../suite/place';

const { config, scope } = JSON.parse(process.argv[2]) as { config: PlaceConfig; scope: string };

async function main(): Promise<void> {
	const hub = openPlace(config);
	await hub.ping();
	process.stdout.write('ready\n');
	await new Promise((resolve) => process.stdin.once('data', resolve));
	process.stdin.destroy();
	for (;;) {
		const claimed = await hub.scope(scope).claim('due', { dueMs: 1_000, machineNowMs: 0, leaseUntilMs: 60_000, limit: 5 });
		if (claimed.length === 0) break;
		process.stdout.write(`${JSON.stringify(claimed.map(({ key }) => key))}\n`);
	}
	await hub.close();
}

void main();
