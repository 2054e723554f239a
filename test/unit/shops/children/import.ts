/** Imports a CSV into a store, a line for each page. Goes on where an earlier process was killed. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { DefinitionsCache } from '../../../../lib/journeys/definitions';
import { createClock } from '../../../../lib/model/clock';
import { createRecorder } from '../../../../lib/record/record';
import { importCsv } from '../../../../lib/shops/imports';
import { openStore } from '../../../../lib/store/open';

const { file, csv } = JSON.parse(process.argv[2]) as { file: string; csv: string };

async function main(): Promise<void> {
	const hub = openStore({ driver: 'sqlite', file });
	const store = hub.scope('main');
	const clock = createClock({ machineMs: 0, journeyMs: 0, speed: 1 }, () => Date.now());
	const record = createRecorder({ store, clock, definitions: new DefinitionsCache(store), newId: randomUUID, hashAddress: (address) => createHash('sha256').update(address).digest('hex') });
	const reading = { kind: 'orders' as const, currency: 'GBP', decimal: '.' as const, timezone: 'UTC', fileAtMs: 0, toJourneyMs: (ms: number) => ms, encoding: 'utf-8' as const };
	const onPage = ({ position, counts }: { position: unknown; counts: unknown }) => process.stdout.write(`${JSON.stringify({ position, counts })}\n`);
	const progress = await importCsv({ store, clock, record, startOver: false, onPage }, { name: 'orders.csv', open: () => createReadStream(csv), reading });
	process.stdout.write(`${JSON.stringify({ done: progress.state })}\n`);
	await hub.close();
}

main().catch((error: unknown) => {
	process.stderr.write(`${String(error)}\n`);
	process.exit(1);
});
