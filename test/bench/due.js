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
const { ratioOfPairs, spread } = require('./harness/statistics');
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

/**
 * @typedef {object} Shop a store of its own with so many waiting: what waits in one must not be in the way of another
 * @property {number} size
 * @property {any} store
 * @property {(claim: any) => Promise<string[]>} bare
 */

/** @param {'sqlite' | 'redis'} driver @param {number} size @param {(cleanUp: () => Promise<void> | void) => void} onEnd @returns {Promise<Shop>} */
async function openShop(driver, size, onEnd) {
	const { hub, config } = await openEmptyStoreAt(driver, onEnd);
	const store = hub.scope(scope);
	await addProducts(store);
	await add(store, 'waiting', 0, size);
	await add(store, 'due', 0, dueCount);
	say(`${driver}: ${size.toLocaleString('en')} wait, ${dueCount.toLocaleString('en')} are due`);
	return { size, store, bare: driver === 'sqlite' ? rawSqlite(config.file, onEnd) : rawRedis(config.url, onEnd) };
}

/** Three ways to claim a batch of what is due. @param {Shop} shop @returns {Record<string, () => Promise<string[]>>} */
function sidesOf({ store, bare }) {
	const { claimSteps } = ours('lib/journeys/engine');
	const { defaultSettings } = ours('lib/model/settings');
	const settings = { ...defaultSettings, currency: 'EUR', url: 'https://shop.example' };
	const engine = { store, shop: scope, clock, leaseMs: hourMs, firstRetryMs: 15_000 };
	return {
		ours: async () => (await claimSteps(engine, definition, settings, batchSize)).map(({ key }) => key),
		driver: async () => {
			const keys = (await store.claim(index, { dueMs: nowMs, machineNowMs: nowMs, leaseUntilMs: nowMs + hourMs, limit: batchSize })).map(({ key }) => key);
			if (keys.length > 0) for (const documents of [keys, keys.flatMap(related), products]) await store.read(documents);
			return keys;
		},
		bare: () => bare({ scope, index, limit: batchSize, dueMs: nowMs, untilMs: nowMs + hourMs, related, products }),
	};
}

/**
 * Batch by batch, all sides of all shops in turn, until nothing is due: what else the machine does touches all of them. Between
 * two batches what was claimed moves on to its next step, which is not measured.
 * @param {Shop[]} shops
 * @returns {Promise<Array<Record<string, number[]>>>} milliseconds per batch, by shop and side
 */
async function measure(shops) {
	const runs = shops.map((shop) => ({ shop, sides: Object.entries(sidesOf(shop)), claimed: 0, /** @type {Record<string, number[]>} */ times: { ours: [], driver: [], bare: [] } }));
	for (let turn = 0; runs.some(({ claimed }) => claimed < dueCount); turn++) {
		for (const run of runs) {
			const [side, claim] = run.sides[turn % run.sides.length];
			const beganAtMs = performance.now();
			const keys = await claim();
			const tookMs = performance.now() - beganAtMs;
			if (new Set(keys).size !== Math.min(batchSize, dueCount - run.claimed)) throw new Error(`${side} claimed ${keys.length} of ${dueCount - run.claimed} that are due`);
			run.claimed += keys.length;
			if (keys.length > 0) await run.shop.store.commit({ index: keys.map((key) => ({ index, key, value: nowMs + 365 * dayMs })) });
			if (keys.length === batchSize) run.times[side].push(tookMs);
		}
	}
	return runs.map(({ times }) => times);
}

/** Batches per second in as many neighbouring groups as there are pairs; the first tenth warms up. @param {number[]} times */
function ratesOf(times) {
	const kept = times.slice(Math.floor(times.length / 10));
	const part = Math.max(1, Math.floor(kept.length / options.pairs));
	return Array.from({ length: Math.min(options.pairs, kept.length) }, (_, group) => {
		const some = kept.slice(group * part, (group + 1) * part);
		return (some.length * batchSize * 1000) / some.reduce((sum, time) => sum + time, 0);
	});
}

void runBenchmark(async (onEnd) => {
	const machine = machineFacts(await ensureRuntime());
	/** @type {Record<string, any>} */
	const figures = {};
	/** @type {Record<string, { median: number, min: number, max: number }>} */
	const ratios = {};
	for (const driver of driversHere()) {
		const shops = [];
		for (const size of sizes) shops.push(await openShop(driver, size, onEnd));
		const rates = (await measure(shops)).map((times) => ({ ours: ratesOf(times.ours), driver: ratesOf(times.driver), bare: ratesOf(times.bare) }));
		figures[driver] = Object.fromEntries(
			rates.map((rate, position) => [
				sizes[position],
				{ perSecond: spread(rate.ours), driverPerSecond: spread(rate.driver), barePerSecond: spread(rate.bare), vsRaw: ratioOfPairs(rate.ours, rate.driver), vsBare: ratioOfPairs(rate.ours, rate.bare) },
			]),
		);
		ratios[`claimVsRaw.${driver}`] = figures[driver][sizes[sizes.length - 1]].vsRaw;
		ratios[`claimGrowth.${driver}`] = ratioOfPairs(rates[0].ours, rates[rates.length - 1].ours);
	}
	console.log(
		`\n${table([
			['driver', 'waiting', 'claimed/s', 'driver/s', 'vs raw', 'bare/s', 'vs bare'],
			...Object.entries(figures).flatMap(([driver, bySize]) =>
				sizes.map((size) => {
					const { perSecond, driverPerSecond, vsRaw, barePerSecond, vsBare } = bySize[size];
					return [driver, size.toLocaleString('en'), inWords(perSecond), inWords(driverPerSecond), inWords(vsRaw, 2), inWords(barePerSecond), inWords(vsBare, 2)];
				}),
			),
		])}\n`,
	);
	for (const [name, { median: value }] of Object.entries(ratios)) {
		const isGrowth = name.startsWith('claimGrowth');
		const isMet = isGrowth ? value <= budgets.claimGrowth : value >= budgets.claimVsRaw;
		console.log(`${name}: ${value} (${isGrowth ? `≤ ${budgets.claimGrowth}` : `≥ ${budgets.claimVsRaw}`}) ${isMet ? 'met' : 'MISSED'}`);
	}
	const file = writeResult('due', { ratios, budgets, figures, machine, method: { batchSize, due: dueCount, rounds: options.pairs } });
	say(`written: ${file}`);
});
