/**
 * Due enrolments claimed per second, items made, with ten thousand and a million waiting. Against what the driver itself needs
 * to claim and read the same (`claimVsRaw`), and, without a budget, against bare SQL and Redis commands that parse nothing.
 */
const { ensureRuntime } = require('../../scripts/lib/runtime');
const { say } = require('./harness/console');
const { runBenchmark } = require('./harness/n8n-side');
const options = require('./harness/options');
const { rawRedis, rawSqlite } = require('./harness/raw-claims');
const { inWords, machineFacts, table, writeResult } = require('./harness/report');
const { median, ratioOfPairs, rounded, spread } = require('./harness/statistics');
const { driversHere, inParallel, openEmptyStoreAt, ours } = require('./harness/stores');

/** How many wait, one measurement each: ascending. */
const sizes = (process.env.BENCH_WAITING ?? '10000,1000000').split(',').map(Number);
/** How many are due in each measurement. */
const dueCount = Number(process.env.BENCH_DUE ?? 100_000);
const batchSize = 100;
const productCount = 200;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = Date.UTC(2026, 2, 2, 9);
const scope = 'main';
const journey = 'carts';
const index = `due:${journey}`;
const budgets = { claimVsRaw: 0.5, claimGrowth: 1.5 };

const clock = { speed: 1, machineNowMs: () => nowMs, journeyNowMs: () => nowMs, toJourneyMs: (/** @type {number} */ wallMs) => wallMs };
const definition = {
	id: journey,
	name: 'Abandoned Cart',
	workflowId: 'w',
	nodeName: 'Cart Abandoned Trigger',
	trigger: 'cart',
	subject: 'cart',
	watch: ['cart'],
	kind: 'marketing',
	steps: [
		{ name: '1 hour', delayMs: hourMs },
		{ name: '1 day', delayMs: dayMs },
	],
	endsOn: ['order', 'emptied'],
	reentryAfterMs: null,
	maxAgeMs: 7 * dayMs,
	emitEnded: true,
	activeFromMs: 0,
};

/** An abandoned cart as the recorder leaves it. @param {string} id @param {number} n @param {number} dueAtMs */
function enrolment(id, n, dueAtMs) {
	const enteredAtMs = dueAtMs - hourMs;
	return { id: `${journey}:${id}`, journey, customerId: id, cartId: id, kind: 'marketing', status: 'open', openedAtMs: enteredAtMs, enteredAtMs, step: 0, dueAtMs, stepsDone: 0, sends: {} };
}

const line = (/** @type {number} */ n) => ({ productId: `p${n % productCount}`, title: `Product ${n % productCount}`, quantity: 1, unitPriceMinor: 1995 });

/** Enrolments in bulk; those that are due with the documents that their items show. @param {any} store @param {'due' | 'waiting'} kind @param {number} from @param {number} to */
async function add(store, kind, from, to) {
	const perCommit = kind === 'due' ? 20 : 60;
	await inParallel(Math.ceil((to - from) / perCommit), 16, async (batch) => {
		const numbers = Array.from({ length: Math.min(perCommit, to - from - batch * perCommit) }, (_, position) => from + batch * perCommit + position);
		const entries = numbers.map((n) => {
			const id = `${kind}${n}`;
			const dueAtMs = kind === 'due' ? nowMs - (n % dayMs) : nowMs + hourMs + n;
			return { id, n, dueAtMs };
		});
		const result = await store.commit({
			writes: entries.flatMap(({ id, n, dueAtMs }) => [
				{ key: `enrolment:${journey}:${id}`, version: 0, value: enrolment(id, n, dueAtMs) },
				...(kind === 'due'
					? [
							{
								key: `customer:${id}`,
								version: 0,
								value: {
									id,
									createdAtMs: nowMs,
									profileAtMs: nowMs,
									email: `${id}@example.com`,
									firstName: 'Mia',
									locale: 'en',
									consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'bench', atMs: nowMs } },
									orders: { count: 1, spentMinor: { EUR: 4900 } },
									open: { [`${journey}:${id}`]: { journey, cart: id } },
								},
							},
							{ key: `cart:${id}`, version: 0, value: { id, customerId: id, stage: 'cart', items: [line(n), line(n + 7)], currency: 'EUR', createdAtMs: nowMs, updatedAtMs: dueAtMs - hourMs, seen: { content: [nowMs] } } },
						]
					: []),
			]),
			index: entries.map(({ id, dueAtMs }) => ({ index, key: `enrolment:${journey}:${id}`, value: dueAtMs })),
		});
		if (result.status !== 'committed') throw new Error(`The enrolments could not be written: ${JSON.stringify(result)}`);
	});
}

async function addProducts(/** @type {any} */ store) {
	for (let start = 0; start < productCount; start += 50) {
		const numbers = Array.from({ length: 50 }, (_, position) => start + position);
		await store.commit({ writes: numbers.map((n) => ({ key: `product:p${n}`, version: 0, value: { productId: `p${n}`, title: `Product ${n}`, url: `https://shop.example/p${n}`, variants: [{ variantId: `v${n}`, stock: 9 }], updatedAtMs: nowMs, sequenceMs: 0 } })) });
	}
}

const related = (/** @type {string} */ key) => {
	const id = key.slice(`enrolment:${journey}:`.length);
	return [`customer:${id}`, `cart:${id}`];
};
const products = Array.from({ length: productCount }, (_, n) => `product:p${n}`);

/** Batches of ours, of the driver alone and of bare commands in turn, until nothing is due. Between two batches what was claimed moves on to its next step, which is not measured. @param {any} store @param {(claim: any) => Promise<string[]>} bare */
async function measure(store, bare) {
	const { claimSteps } = ours('lib/journeys/engine');
	const { defaultSettings } = ours('lib/model/settings');
	const settings = { ...defaultSettings, currency: 'EUR', url: 'https://shop.example' };
	const engine = { store, shop: scope, clock, leaseMs: hourMs, firstRetryMs: 15_000 };
	const sides = {
		ours: async () => (await claimSteps(engine, definition, settings, batchSize)).map(({ key }) => key),
		driver: async () => {
			const keys = (await store.claim(index, { dueMs: nowMs, machineNowMs: nowMs, leaseUntilMs: nowMs + hourMs, limit: batchSize })).map(({ key }) => key);
			if (keys.length > 0) for (const documents of [keys, keys.flatMap(related), products]) await store.read(documents);
			return keys;
		},
		bare: () => bare({ scope, index, limit: batchSize, dueMs: nowMs, untilMs: nowMs + hourMs, related, products }),
	};
	/** @type {Record<string, number[]>} */
	const times = { ours: [], driver: [], bare: [] };
	const order = Object.keys(sides);
	let claimed = 0;
	for (let turn = 0; ; turn++) {
		const side = order[turn % order.length];
		const beganAtMs = performance.now();
		const keys = await sides[side]();
		const tookMs = performance.now() - beganAtMs;
		if (keys.length > 0) await store.commit({ index: keys.map((key) => ({ index, key, value: nowMs + 365 * dayMs })) });
		claimed += new Set(keys).size;
		if (keys.length < batchSize) break;
		times[side].push(tookMs);
	}
	if (claimed !== dueCount) throw new Error(`${claimed} were claimed, ${dueCount} were due`);
	const rates = (/** @type {number[]} */ all) => {
		// The first tenth warms both sides up.
		const kept = all.slice(Math.floor(all.length / 10));
		const part = Math.max(1, Math.floor(kept.length / options.pairs));
		return Array.from({ length: Math.min(options.pairs, kept.length) }, (_, group) => {
			const some = kept.slice(group * part, (group + 1) * part);
			return (some.length * batchSize * 1000) / some.reduce((sum, time) => sum + time, 0);
		});
	};
	return { ours: rates(times.ours), driver: rates(times.driver), bare: rates(times.bare), medianMs: median(times.ours) };
}

void runBenchmark(async (onEnd) => {
	const machine = machineFacts(await ensureRuntime());
	/** @type {Record<string, any>} */
	const figures = {};
	for (const driver of driversHere()) {
		const { hub, config } = await openEmptyStoreAt(driver, onEnd);
		const store = hub.scope(scope);
		await addProducts(store);
		const bare = driver === 'sqlite' ? rawSqlite(config.file, onEnd) : rawRedis(config.url, onEnd);
		let waiting = 0;
		for (const [round, size] of sizes.entries()) {
			await add(store, 'waiting', waiting, size);
			waiting = size;
			await add(store, 'due', round * dueCount, (round + 1) * dueCount);
			say(`${driver}: ${size.toLocaleString('en')} wait, ${dueCount.toLocaleString('en')} are due`);
			const { medianMs, ...rates } = await measure(store, bare);
			const figure = { perSecond: spread(rates.ours), rawPerSecond: spread(rates.driver), barePerSecond: spread(rates.bare), vsRaw: ratioOfPairs(rates.ours, rates.driver), vsBare: ratioOfPairs(rates.ours, rates.bare), msPerBatch: rounded(medianMs) };
			(figures[driver] ??= {})[size] = figure;
			say(`${driver}: ${figure.perSecond.median.toFixed(0)}/s, raw ${figure.rawPerSecond.median.toFixed(0)}/s`);
		}
	}
	const [smallest, largest] = [sizes[0], sizes[sizes.length - 1]];
	const ratios = Object.fromEntries(Object.entries(figures).flatMap(([driver, bySize]) => [[`claimVsRaw.${driver}`, bySize[largest].vsRaw], [`claimGrowth.${driver}`, spread([bySize[largest].msPerBatch / bySize[smallest].msPerBatch])]]));
	console.log(
		`\n${table([
			['driver', 'waiting', 'claimed/s', 'driver/s', 'vs raw', 'bare/s', 'vs bare', 'ms per 100'],
			...Object.entries(figures).flatMap(([driver, bySize]) => sizes.map((size) => [driver, size.toLocaleString('en'), inWords(bySize[size].perSecond), inWords(bySize[size].rawPerSecond), inWords(bySize[size].vsRaw, 2), inWords(bySize[size].barePerSecond), inWords(bySize[size].vsBare, 2), String(bySize[size].msPerBatch)])),
		])}\n`,
	);
	for (const [name, { median: value }] of Object.entries(ratios)) {
		const isMet = name.startsWith('claimVsRaw') ? value >= budgets.claimVsRaw : value <= budgets.claimGrowth;
		console.log(`${name}: ${value} (${name.startsWith('claimVsRaw') ? `≥ ${budgets.claimVsRaw}` : `≤ ${budgets.claimGrowth}`}) ${isMet ? 'met' : 'MISSED'}`);
	}
	const file = writeResult('due', { ratios, budgets, figures, machine, method: { batchSize, due: dueCount, rounds: options.pairs } });
	say(`written: ${file}`);
});
