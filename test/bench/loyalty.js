/**
 * Changes of points per second, in both drivers, with all that follows from them: the customer's standing and its indexes, the log, the history.
 * Against the driver's own commit of the very same documents, index changes and log entries (`opsVsRaw`), and for one customer with a hundred
 * thousand entries in the ledger against one with ten (`growth`).
 */
const { ensureRuntime } = require('../../scripts/lib/runtime');
const { say } = require('./harness/console');
const { runBenchmark } = require('./harness/n8n-side');
const options = require('./harness/options');
const { inWords, machineFacts, table, writeResult } = require('./harness/report');
const { ratioOfPairs, spread } = require('./harness/statistics');
const { driversHere, inParallel, openEmptyStore, ours } = require('./harness/stores');

/** Customers at once: as many as n8n works on when a shop is busy. */
const width = 16;
const manyEntries = Number(process.env.BENCH_ENTRIES ?? 100_000);
const fewEntries = 10;
const budgets = { opsVsRaw: 0.5, growth: 1.5 };
const dayMs = 24 * 3_600_000;
const nowMs = Date.UTC(2026, 2, 2, 9);
let passedMs = 0;
/** Time goes by: a customer does no two things in the same millisecond. */
const later = () => nowMs + passedMs++;
const clock = { speed: 1, machineNowMs: () => nowMs, journeyNowMs: later, toJourneyMs: (/** @type {number} */ wallMs) => wallMs };
const programme = {
	earnFromOrders: true,
	rate: 1,
	rounding: 'down',
	excluded: [],
	pendingDays: 0,
	expiresAfterDays: 365,
	tiers: [
		{ id: 'silver', label: 'Silver', from: 500 },
		{ id: 'gold', label: 'Gold', from: 2000 },
	],
	tierBy: 'points',
	tierPeriod: 'rolling_year',
	tierKeptDays: 365,
	currency: 'EUR',
	timezone: 'Europe/Vienna',
};

/** What one customer does, over and over: an order's points, a redemption, a checkout, a refund. @param {number} n */
const round = (n) => [
	{ type: 'earn', reference: `order:${n}`, points: 120, expiresAtMs: nowMs + (30 + (n % 300)) * dayMs },
	{ type: 'redeem', reference: `order:${n}`, points: 40 },
	{ type: 'reserve', reference: `cart:${n}`, points: 20, untilMs: nowMs + dayMs },
	{ type: 'confirm', reference: `cart:${n}` },
	{ type: 'earn', reference: `review:${n}`, points: 10, availableAtMs: nowMs + dayMs },
	{ type: 'give_back', reference: `order:${n}/refund`, earnReference: `order:${n}`, redeemReference: `order:${n}`, refundedMinor: 1000, orderMinor: 4000 },
];
/** Enough for a page of the history and a half. */
const operations = [0, 1, 2, 3, 4, 5].flatMap(round);
/** Customers in each lane of one measurement. */
const customersPerLane = Math.max(1, Math.round((options.seconds * 60) / operations.length));

/** @param {string} id */
const customer = (id) => ({
	id,
	createdAtMs: nowMs - 90 * dayMs,
	profileAtMs: nowMs - 90 * dayMs,
	aliases: [`alias:email:${id}@example.com`],
	email: `${id}@example.com`,
	firstName: 'Mia',
	locale: 'en',
	consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'bench', atMs: nowMs - 90 * dayMs } },
	orders: { count: 3, spentMinor: { EUR: 14_700 } },
	open: {},
});

async function commit(/** @type {any} */ store, /** @type {object} */ what) {
	const result = await store.commit(what);
	if (result.status !== 'committed') throw new Error(`A commit of the benchmark was not taken: ${JSON.stringify(result)}`);
}

const addCustomers = async (/** @type {any} */ store, /** @type {string[]} */ ids) => await inParallel(ids.length, width, async (n) => await commit(store, { writes: [{ key: `customer:${ids[n]}`, version: 0, value: customer(ids[n]) }] }));

/** Points as the Loyalty Points node changes them. @param {any} store @returns {(customerId: string, operation: object) => Promise<void>} */
function changerOf(store) {
	const { DefinitionsCache } = ours('lib/journeys/definitions');
	const { changePointsOf } = ours('lib/record/points');
	const shop = { store, clock, definitions: new DefinitionsCache(store), loyalty: async () => programme };
	return async (customerId, operation) => {
		const { outcome } = await changePointsOf(shop, customerId, operation);
		if (outcome.status !== 'done' || outcome.isRepeated) throw new Error(`${JSON.stringify(operation)} came to ${JSON.stringify(outcome)}`);
	};
}

/** What the operations of a customer commit: the same for every customer but for the id. @param {any} store @returns {Promise<(id: string) => object[]>} */
async function commitsOf(store) {
	const marker = 'the-one-customer';
	/** @type {string[]} */
	const seen = [];
	const watched = new Proxy(store, {
		get: (target, name) => (name === 'commit' ? async (/** @type {object} */ what) => (seen.push(JSON.stringify(what)), await target.commit(what)) : typeof target[name] === 'function' ? target[name].bind(target) : target[name]),
	});
	await addCustomers(store, [marker]);
	const change = changerOf(watched);
	for (const operation of operations) await change(marker, operation);
	if (seen.length !== operations.length) throw new Error(`${operations.length} operations made ${seen.length} commits`);
	return (id) => seen.map((text) => JSON.parse(text.replaceAll(marker, id)));
}

/**
 * Lanes side by side, each with one customer after the other. @param {string[]} ids @param {(id: string) => Array<() => Promise<void>>} workOf made before the clock starts
 * @returns {Promise<number>} operations per second
 */
async function measure(ids, workOf) {
	const work = ids.map(workOf);
	const beganAtMs = performance.now();
	await inParallel(work.length, width, async (position) => {
		for (const each of work[position]) await each();
	});
	return (ids.length * operations.length * 1000) / (performance.now() - beganAtMs);
}

/** Ours and the driver alone, in turn; the first pair warms up. @param {any} store */
async function measureOperations(store) {
	const change = changerOf(store);
	const commitsFor = await commitsOf(store);
	/** @type {{ ours: number[], driver: number[] }} */
	const rates = { ours: [], driver: [] };
	for (let pair = 0; pair <= options.pairs; pair++) {
		const idsOf = (/** @type {string} */ side) => Array.from({ length: width * customersPerLane }, (_, n) => `${side}-${pair}-${n}`);
		const [mine, raw] = [idsOf('ours'), idsOf('raw')];
		await addCustomers(store, [...mine, ...raw]);
		const oursRate = await measure(mine, (id) => operations.map((operation) => async () => await change(id, operation)));
		const rawRate = await measure(raw, (id) => commitsFor(id).map((what) => async () => await commit(store, what)));
		if (pair === 0) continue;
		rates.ours.push(oursRate);
		rates.driver.push(rawRate);
	}
	return rates;
}

/** A customer who earned many times, as the ledger would have left it. @param {any} store @param {string} id @param {number} count */
async function addEntries(store, id, count) {
	const { applyOperation, emptyLedger, pageSize } = ours('lib/loyalty/ledger');
	let head = emptyLedger();
	/** @type {Array<{ key: string, value: object }>} */
	const documents = [];
	for (let n = 0; n < count; n++) {
		const applied = applyOperation(head, {}, { type: 'earn', reference: `past:${n}`, points: 10, expiresAtMs: nowMs + (1 + (n % 700)) * dayMs }, nowMs - dayMs);
		head = applied.head;
		for (const [name, value] of Object.entries(applied.receipts)) documents.push({ key: `points-receipt:${id}:${name}`, value });
		while (head.recent.length >= pageSize) {
			documents.push({ key: `points-page:${id}:${Math.floor(head.recent[0].seq / pageSize)}`, value: { entries: head.recent.slice(0, pageSize) } });
			head = { ...head, recent: head.recent.slice(pageSize) };
		}
	}
	documents.push({ key: `points:${id}`, value: head });
	const perCommit = 60;
	await inParallel(Math.ceil(documents.length / perCommit), width, async (batch) => await commit(store, { writes: documents.slice(batch * perCommit, (batch + 1) * perCommit).map((document) => ({ ...document, version: 0 })) }));
}

/** Operations one after the other of the customer with many entries and of customers with ten, in turn. @param {any} store */
async function measureGrowth(store) {
	const { pointsBalance, pointsHistory } = ours('lib/loyalty/points');
	const change = changerOf(store);
	const perBatch = 20;
	const batches = Math.max(options.pairs, Math.round(options.seconds * 5));
	await addCustomers(store, ['many']);
	await addEntries(store, 'many', manyEntries);
	say(`a customer with ${manyEntries.toLocaleString('en')} entries`);
	/** @type {Record<'few' | 'many', { operations: number[], looks: number[] }>} */
	const times = { few: { operations: [], looks: [] }, many: { operations: [], looks: [] } };
	const timed = async (/** @type {number[]} */ into, /** @type {() => Promise<unknown>} */ work) => {
		const beganAtMs = performance.now();
		for (let n = 0; n < perBatch; n++) await work();
		into.push((performance.now() - beganAtMs) / perBatch);
	};
	let made = 0;
	for (let batch = 0; batch <= batches; batch++) {
		const few = `few-${batch}`;
		await addCustomers(store, [few]);
		await addEntries(store, few, fewEntries);
		for (const [side, id] of /** @type {const} */ ([['few', few], ['many', 'many']])) {
			await timed(times[side].looks, async () => [await pointsBalance(store, id, nowMs), await pointsHistory(store, id, { limit: 10 })]);
			await timed(times[side].operations, async () => await change(id, made++ % 2 === 0 ? { type: 'earn', reference: `now:${made}`, points: 5, expiresAtMs: nowMs + 90 * dayMs } : { type: 'redeem', reference: `now:${made}`, points: 5 }));
		}
	}
	return times;
}

/** Milliseconds as rates, in as many neighbouring groups as there are pairs; the first one warms up. @param {number[]} times */
function ratesOf([, ...times]) {
	const part = Math.max(1, Math.floor(times.length / options.pairs));
	return Array.from({ length: Math.min(options.pairs, times.length) }, (_, group) => {
		const some = times.slice(group * part, (group + 1) * part);
		return (some.length * 1000) / some.reduce((sum, time) => sum + time, 0);
	});
}

void runBenchmark(async (onEnd) => {
	const machine = machineFacts(await ensureRuntime());
	/** @type {Record<string, any>} */
	const figures = {};
	/** @type {Record<string, { median: number, min: number, max: number }>} */
	const ratios = {};
	for (const driver of driversHere()) {
		const hub = await openEmptyStore(driver, onEnd);
		const rates = await measureOperations(hub.scope('operations'));
		say(`${driver}: operations measured`);
		const times = await measureGrowth(hub.scope('growth'));
		const [few, many] = [ratesOf(times.few.operations), ratesOf(times.many.operations)];
		const looks = ratioOfPairs(ratesOf(times.few.looks), ratesOf(times.many.looks));
		ratios[`opsVsRaw.${driver}`] = ratioOfPairs(rates.ours, rates.driver);
		ratios[`growth.${driver}`] = ratioOfPairs(few, many);
		figures[driver] = { perSecond: spread(rates.ours), driverPerSecond: spread(rates.driver), oneCustomerFewPerSecond: spread(few), oneCustomerManyPerSecond: spread(many), growthOfBalanceAndHistory: looks };
	}
	console.log(
		`\n${table([
			['driver', 'changes/s', 'driver/s', `one customer, ${fewEntries} entries/s`, `${manyEntries.toLocaleString('en')} entries/s`, 'balance and history, times'],
			...Object.entries(figures).map(([driver, figure]) => [
				driver,
				inWords(figure.perSecond),
				inWords(figure.driverPerSecond),
				inWords(figure.oneCustomerFewPerSecond),
				inWords(figure.oneCustomerManyPerSecond),
				inWords(figure.growthOfBalanceAndHistory, 2),
			]),
		])}\n`,
	);
	for (const [name, { median: value }] of Object.entries(ratios)) {
		const isGrowth = name.startsWith('growth');
		const isMet = isGrowth ? value <= budgets.growth : value >= budgets.opsVsRaw;
		console.log(`${name}: ${value} (${isGrowth ? `≤ ${budgets.growth}` : `≥ ${budgets.opsVsRaw}`}) ${isMet ? 'met' : 'MISSED'}`);
	}
	const file = writeResult('loyalty', { ratios, budgets, figures, machine, method: { width, operationsPerMeasurement: width * customersPerLane * operations.length, entries: [fewEntries, manyEntries], rounds: options.pairs } });
	say(`written: ${file}`);
});
