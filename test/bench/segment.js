/** Decisions per second of Segment Filter against the stock Filter node and a hand-written loop; customers listed at growing sizes. */
const os = require('node:os');
const path = require('node:path');
const { ensureRuntime } = require('../../scripts/lib/runtime');
const { journeyItem, isMatch } = require('./decisions/items');
const { say } = require('./harness/console');
const { runBenchmark, startSide } = require('./harness/n8n-side');
const options = require('./harness/options');
const { machineFacts, ratioTable, table, writeResult } = require('./harness/report');
const { median, ratioOfPairs, rounded, spread } = require('./harness/statistics');
const { driversHere, inParallel, openEmptyStore, ours } = require('./harness/stores');
const { connectedShop, credentials, segmentFilter, stockFilter } = require('./harness/workflows');

const budgets = { vsStockFilter: 500, vsStockFilterFromStore: 50, vsHandLoop: 0.5 };
const listBudgets = { listDocsPerMatch: 5, listTimeGrowth: 3, compoundDocsRead: 1.1, countedAtMost: 1_000 };
/** Items of one execution. The stock Filter takes as long for a thousand as we for a million. */
const stockItems = Math.round(options.seconds * 100);
const carriedItems = Math.round(options.seconds * 10_000);
const storeItems = Math.round(options.seconds * 1_000);
/** Deciding a hundred thousand items takes some ten milliseconds, in which much else may happen: the median of so many executions counts. */
const roundsOfLoop = 9;
const sizes = (process.env.BENCH_CUSTOMERS ?? '10000,100000,1000000').split(',').map(Number);
const dayMs = 86_400_000;
const nowMs = Date.parse('2026-03-02T08:00:00Z');
const settings = { currency: 'EUR', timezone: 'Europe/Vienna', nowMs };

/** @param {import('./harness/n8n-side').Side} side @param {string} path @param {object} body */
async function decide({ url }, webhookPath, body) {
	const response = await fetch(url + webhookPath, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
	const text = await response.text();
	if (!response.ok) throw new Error(`${webhookPath} was answered with ${response.status}: ${text.slice(0, 500)}`);
	const report = JSON.parse(text);
	if (report.matched !== report.expected) throw new Error(`${webhookPath} matched ${report.matched} items, the hand-written loop ${report.expected}`);
	return report.ms;
}

/** Decisions per second, inside one real n8n: n8n's stock Filter, our node in both ways, the loop. */
async function measureDecisions() {
	const shop = connectedShop();
	const [stock, carried, fromStore] = [stockFilter(), segmentFilter('carried', true), segmentFilter('from-store', false)];
	const runtime = await ensureRuntime();
	const side = await startSide({ name: 'segment', withOurPackage: true, extraPackage: path.join(__dirname, 'decisions'), credentials: [credentials.shop], workflows: [shop.workflow, stock.workflow, carried.workflow, fromStore.workflow] });
	await recordCustomers(side, storeItems);
	const stockClass = { file: path.join(runtime.dir, 'node_modules/n8n-nodes-base/dist/nodes/Filter/V2/FilterV2.node.js'), className: 'FilterV2' };
	const ourClass = { file: path.join(side.packageDir, 'dist/nodes/SegmentFilter/SegmentFilter.node.js'), className: 'SegmentFilter' };
	const sides = {
		stockFilter: { run: async () => stockItems / (await decide(side, stock.path, { ...stockClass, count: stockItems })).FilterV2 },
		fromStore: { run: async () => storeItems / (await decide(side, fromStore.path, { ...ourClass, count: storeItems })).SegmentFilter },
		carried: {
			run: async () => {
				const executions = [];
				for (let round = 0; round < roundsOfLoop; round++) executions.push(await decide(side, carried.path, { ...ourClass, count: carriedItems }));
				loop.push((carriedItems / median(executions.map(({ handLoop }) => handLoop))) * 1000);
				return carriedItems / median(executions.map(({ SegmentFilter }) => SegmentFilter));
			},
		},
	};
	/** @type {number[]} */
	const loop = [];
	/** @type {Record<string, number[]>} */
	const rates = { stockFilter: [], fromStore: [], carried: [] };
	for (const [name, { run }] of Object.entries(sides)) {
		for (const startedAt = Date.now(); Date.now() - startedAt < options.warmUpSeconds * 1000; ) await run();
		say(`warm: ${name}`);
	}
	loop.length = 0;
	for (let pair = 1; pair <= options.pairs; pair++) {
		for (const [name, { run }] of Object.entries(sides)) rates[name].push((await run()) * 1000);
		say(`pair ${pair} of ${options.pairs}: ${Object.entries({ ...rates, handLoop: loop }).map(([name, list]) => `${name} ${list[list.length - 1].toFixed(0)}/s`).join(', ')}`);
	}
	return {
		rates: { ...rates, handLoop: loop },
		ratios: { vsStockFilter: ratioOfPairs(rates.carried, rates.stockFilter), vsStockFilterFromStore: ratioOfPairs(rates.fromStore, rates.stockFilter), vsHandLoop: ratioOfPairs(rates.carried, loop) },
	};
}

/** The customers that the items name, as n8n's store holds them. */
async function recordCustomers({ packageDir, storeFile }, count) {
	const hub = require(path.join(packageDir, 'dist/lib/store/open.js')).openStore({ driver: 'sqlite', file: storeFile });
	const store = hub.scope('main');
	await addInBatches(store, 0, count, (number) => {
		const { customer } = journeyItem(number);
		return {
			...customer,
			createdAtMs: nowMs - 100 * dayMs,
			profileAtMs: nowMs,
			consent: { email: { status: customer.consent.email, basis: 'opt_in', source: 'bench', atMs: nowMs } },
			orders: { count: customer.orders.count, spentMinor: { EUR: customer.orders.spentMinor } },
			open: {},
		};
	});
	await hub.close();
}

/** Writes customers with the entries of their indexes. @param {any} store @param {number} from @param {number} to @param {(n: number) => any} make */
async function addInBatches(store, from, to, make) {
	const { indexEntries } = ours('lib/segments/indexes');
	const perCommit = 30;
	await inParallel(Math.ceil((to - from) / perCommit), 16, async (batch) => {
		const customers = Array.from({ length: Math.min(perCommit, to - from - batch * perCommit) }, (_, index) => make(from + batch * perCommit + index));
		const result = await store.commit({
			writes: customers.map((value) => ({ key: `customer:${value.id}`, version: 0, value })),
			index: customers.flatMap((value) => [...indexEntries(value)].map(([index, entry]) => ({ index, key: `customer:${value.id}`, value: entry }))),
		});
		if (result.status !== 'committed') throw new Error(`The customers could not be written: ${JSON.stringify(result)}`);
	});
}

/** A number below 1 that looks random and is the same in every run (murmur3's last steps). @param {number} n @param {number} salt */
function share(n, salt) {
	let hash = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** 1.5 % are wholesale, 70 % Austrian; 3 % live in Linz, 3 % bought tea. @param {number} n */
function listedCustomer(n) {
	const count = Math.floor(share(n, 1) * 5);
	return {
		id: `c${String(n).padStart(8, '0')}`,
		email: `customer-${n}@example.com`,
		firstName: 'Mia',
		createdAtMs: nowMs - Math.floor(share(n, 2) * 1000 * dayMs),
		profileAtMs: nowMs,
		country: share(n, 3) < 0.7 ? 'AT' : 'DE',
		city: share(n, 4) < 0.03 ? 'Linz' : 'Vienna',
		...(share(n, 5) < 0.015 && { tags: ['wholesale'] }),
		consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'bench', atMs: nowMs } },
		orders: { count, spentMinor: count > 0 ? { EUR: count * 4900 } : {}, ...(count > 0 && { lastAtMs: nowMs - Math.floor(share(n, 6) * 400 * dayMs) }) },
		bought: { items: count, saleItems: 0, categories: { [share(n, 7) < 0.03 ? 'Tea' : 'Coffee']: { items: 1, lastAtMs: nowMs } }, products: {} },
		open: {},
	};
}

const tea = { field: 'bought.categories', op: 'includes', value: 'tea' };
const linz = { field: 'city', op: 'is', value: 'Linz' };
const segments = {
	selective: { all: [{ field: 'tags', op: 'includes', value: 'wholesale' }, { field: 'country', op: 'is', value: 'AT' }] },
	compound: { all: [tea, linz] },
};

/** A store that says how many entries it was asked to count. @param {any} store @param {{ most: number }} counted */
const watched = (store, counted) =>
	new Proxy(store, {
		get: (target, name) => {
			if (name !== 'count') return typeof target[name] === 'function' ? target[name].bind(target) : target[name];
			return async (index, range) => {
				const count = await target.count(index, range);
				counted.most = Math.max(counted.most, count);
				return count;
			};
		},
	});

/** @param {any} store @param {object} condition @param {number} limit */
async function timeListing(store, condition, limit) {
	const { listSegment } = ours('lib/segments/list');
	const counted = { most: 0 };
	const times = [];
	let listing;
	for (let round = 0; round <= options.pairs * 2; round++) {
		const startedAt = performance.now();
		listing = await listSegment(watched(store, counted), condition, { ...settings, limit });
		if (round > 0) times.push(performance.now() - startedAt);
	}
	return { ms: spread(times), found: listing.customers.length, documentsRead: listing.documentsRead, counted: counted.most };
}

async function measureListing(onEnd) {
	/** @type {Record<string, Record<number, any>>} */
	const figures = {};
	for (const driver of driversHere()) {
		const hub = await openEmptyStore(driver, onEnd);
		const store = hub.scope('main');
		let known = 0;
		for (const size of sizes) {
			await addInBatches(store, known, size, listedCustomer);
			known = size;
			say(`${driver}: ${size.toLocaleString('en')} customers`);
			const selective = await timeListing(store, segments.selective, 100);
			const compound = await timeListing(store, segments.compound, 100);
			const { listSegment } = ours('lib/segments/list');
			const whole = await listSegment(store, segments.compound, { ...settings, limit: Infinity });
			const smaller = Math.min(...(await Promise.all(['customers:city=linz', 'customers:bought.categories=tea'].map((index) => store.count(index, { limit: size })))));
			(figures[driver] ??= {})[size] = { selective, compound, whole: { found: whole.customers.length, documentsRead: whole.documentsRead, smallerRange: smaller } };
			say(`${driver}, ${size.toLocaleString('en')}: ${selective.ms.median.toFixed(1)} ms for ${selective.found} (${selective.documentsRead} documents); compound ${compound.ms.median.toFixed(1)} ms for ${compound.found} (${compound.documentsRead} documents; all ${whole.customers.length}: ${whole.documentsRead} of ${smaller})`);
		}
	}
	return figures;
}

/** What the budgets of listing are about, over both drivers and all sizes: the worst. @param {Record<string, Record<number, any>>} figures */
function listingRatios(figures) {
	const all = Object.values(figures).flatMap((bySize) => Object.values(bySize));
	const [smallest, largest] = [sizes[0], sizes[sizes.length - 1]];
	return {
		listDocsPerMatch: Math.max(...all.map(({ selective }) => selective.documentsRead / selective.found)),
		listTimeGrowth: Math.max(...Object.values(figures).map((bySize) => bySize[largest].selective.ms.median / bySize[smallest].selective.ms.median)),
		compoundDocsRead: Math.max(...all.map(({ whole }) => whole.documentsRead / whole.smallerRange)),
		countedAtMost: Math.max(...all.flatMap(({ selective, compound }) => [selective.counted, compound.counted])),
	};
}

void runBenchmark(async (onEnd) => {
	const machine = machineFacts(await ensureRuntime());
	if (!isMatch(journeyItem(6))) throw new Error('The items do not hold what the conditions ask for');
	const decisions = await measureDecisions();
	const listing = await measureListing(onEnd);
	const listed = listingRatios(listing);

	const perSecond = Object.fromEntries(Object.entries(decisions.rates).map(([name, rates]) => [name, spread(rates)]));
	console.log(`\n${table([['inside n8n', 'decisions/s', 'min', 'max'], ...Object.entries(perSecond).map(([name, { median: middle, min, max }]) => [name, ...[middle, min, max].map((rate) => Math.round(rate).toLocaleString('en'))])])}`);
	console.log(`\n${ratioTable(decisions.ratios, budgets)}`);
	console.log(`\n${table([['listing, worst of drivers and sizes', 'value', 'at most', ''], ...Object.entries(listed).map(([name, value]) => [name, value.toFixed(2), String(listBudgets[name]), value <= listBudgets[name] ? 'met' : 'MISSED'])])}\n`);
	const file = writeResult('segment', {
		ratios: decisions.ratios,
		budgets,
		decisions: perSecond,
		listing: { worst: Object.fromEntries(Object.entries(listed).map(([name, value]) => [name, rounded(value)])), budgets: listBudgets, figures: listing },
		machine,
		method: { stockItems, carriedItems, storeItems, pairs: options.pairs, sizes, loadAtEnd: rounded(os.loadavg()[0]) },
	});
	say(`written: ${file}`);
});
