/** Events recorded per second by each driver, by kind of event, with ten thousand and a million customers known. */
const { createHmac, randomUUID } = require('node:crypto');
const { ensureRuntime } = require('../../scripts/lib/runtime');
const { say } = require('./harness/console');
const { runBenchmark } = require('./harness/n8n-side');
const options = require('./harness/options');
const { inWords, machineFacts, table, writeResult } = require('./harness/report');
const { median, quantile, rounded, spread } = require('./harness/statistics');
const { driversHere, inParallel, openEmptyStore, ours } = require('./harness/stores');

const sizes = (process.env.BENCH_CUSTOMERS ?? '10000,1000000').split(',').map(Number);
/** As many as n8n works on at once when a shop is busy. */
const width = 16;
const perMeasurement = Math.round(options.seconds * 200);
const hourMs = 3_600_000;

const email = (/** @type {number} */ n) => `customer-${n}@example.com`;
const line = (/** @type {number} */ n) => ({ productId: `p${n % 500}`, title: `Product ${n % 500}`, category: `category ${n % 20}`, quantity: 1 + (n % 3), unitPriceMinor: 1000 + (n % 50) * 100 });

/**
 * What a shop tells, by kind. `n` numbers the event, `who` the customer.
 * @type {Record<string, (n: number, who: number, atMs: number) => object>}
 */
const kinds = {
	cart: (n, who, atMs) => ({ type: 'cart_updated', customer: { email: email(who) }, cart: { cartToken: `cart-${who}`, stage: 'cart', items: [line(n), line(n + 7)], currency: 'EUR', updatedAtMs: atMs } }),
	order: (n, who, atMs) => ({ type: 'order_placed', customer: { email: email(who) }, order: { orderId: `order-${n}`, items: [line(n)], currency: 'EUR', totalMinor: 4900, placedAtMs: atMs, updatedAtMs: atMs } }),
	customer: (n, who) => ({ type: 'customer_updated', customer: { email: email(who), firstName: `Mia ${n}`, tags: ['vip', `t${n % 10}`] } }),
	view: (n, who) => ({ type: 'product_viewed', customer: { email: email(who) }, view: { productId: `p${n % 500}`, category: `category ${n % 20}`, path: `/p/${n % 500}` } }),
	product: (n, _who, atMs) => ({ type: 'product_updated', product: { productId: `p${n % 500}`, title: `Product ${n % 500}`, variants: [{ variantId: `v${n % 500}`, stock: n % 40 }], updatedAtMs: atMs } }),
};

const clock = { speed: 1, machineNowMs: () => Date.now(), journeyNowMs: () => Date.now(), toJourneyMs: (/** @type {number} */ wallMs) => wallMs };

/** Customers as the recorder leaves them, written in bulk. @param {any} store @param {number} from @param {number} to */
async function addCustomers(store, from, to) {
	const perCommit = 30;
	const nowMs = Date.now();
	await inParallel(Math.ceil((to - from) / perCommit), width, async (batch) => {
		const numbers = Array.from({ length: Math.min(perCommit, to - from - batch * perCommit) }, (_, index) => from + batch * perCommit + index);
		const result = await store.commit({
			writes: numbers.flatMap((n) => {
				const id = `c${n}`;
				const alias = `alias:email:${email(n)}`;
				const value = {
					id,
					createdAtMs: nowMs - hourMs,
					profileAtMs: nowMs - hourMs,
					aliases: [alias],
					email: email(n),
					firstName: 'Mia',
					locale: 'en',
					consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'bench', atMs: nowMs - hourMs } },
					orders: { count: n % 5, spentMinor: { EUR: (n % 5) * 4900 } },
					open: {},
				};
				return [
					{ key: `customer:${id}`, version: 0, value },
					{ key: alias, version: 0, value: { id } },
				];
			}),
			log: numbers.map((n) => ({ atMs: nowMs - hourMs, type: 'customer_updated', subject: `customer:c${n}`, data: { source: 'bench' } })),
		});
		if (result.status !== 'committed') throw new Error(`The customers could not be written: ${JSON.stringify(result)}`);
	});
}

/** An abandoned-cart journey and one on orders are on, as in a shop that uses us. @param {any} store */
async function switchOnJourneys(store) {
	const { register } = ours('lib/journeys/definitions');
	const nowMs = Date.now();
	const common = { workflowId: 'w', nodeName: 'Trigger', kind: 'marketing', steps: [{ name: '1 hour', delayMs: hourMs }, { name: '1 day', delayMs: 24 * hourMs }], reentryAfterMs: null, maxAgeMs: 7 * 24 * hourMs, emitEnded: true };
	for (const definition of [
		{ ...common, id: 'carts', name: 'Abandoned Cart', trigger: 'cart', subject: 'cart', watch: ['cart'], endsOn: ['order', 'emptied'] },
		{ ...common, id: 'thanks', name: 'Thank You', trigger: 'event', subject: 'order', events: ['order_placed'], endsOn: [] },
	]) {
		await register(store, definition, { mode: 'activate', owner: 'bench', journeyNowMs: nowMs, machineNowMs: nowMs });
	}
}

function createRecorder(store) {
	const { DefinitionsCache } = ours('lib/journeys/definitions');
	const hashAddress = (/** @type {string} */ address) => createHmac('sha256', 'bench').update(address).digest('base64url');
	return ours('lib/record/record').createRecorder({ store, clock, definitions: new DefinitionsCache(store), newId: randomUUID, hashAddress });
}

/** @param {(event: object) => Promise<string>} record @param {string} kind @param {number} known how many customers there are @param {{ made: number }} counter */
async function measure(record, kind, known, counter) {
	const latencies = new Array(perMeasurement);
	const startedAtMs = performance.now();
	await inParallel(perMeasurement, width, async (index) => {
		const n = counter.made++;
		const atMs = Date.now();
		// A stride without common divisors spreads the events over all customers.
		const event = { ...kinds[kind](n, (n * 7919) % known, atMs), dedupeId: `${kind}:${n}`, occurredAtMs: atMs, sequenceMs: n, source: 'generic' };
		const beganAtMs = performance.now();
		const outcome = await record(event);
		latencies[index] = performance.now() - beganAtMs;
		if (outcome !== 'recorded') throw new Error(`A ${kind} event was ${outcome}`);
	});
	return { rate: (perMeasurement / (performance.now() - startedAtMs)) * 1000, p50Ms: median(latencies), p99Ms: quantile(latencies, 0.99) };
}

void runBenchmark(async (onEnd) => {
	const machine = machineFacts(await ensureRuntime());
	/** @type {Record<string, any>} */
	const figures = {};
	for (const driver of driversHere()) {
		const hub = await openEmptyStore(driver, onEnd);
		const store = hub.scope('main');
		await switchOnJourneys(store);
		const record = createRecorder(store);
		const counter = { made: 0 };
		let known = 0;
		for (const size of sizes) {
			await addCustomers(store, known, size);
			known = size;
			say(`${driver}: ${size.toLocaleString('en')} customers known`);
			for (const kind of Object.keys(kinds)) {
				await measure(record, kind, known, counter);
				const results = [];
				for (let round = 1; round <= options.pairs; round++) results.push(await measure(record, kind, known, counter));
				const figure = { perSecond: spread(results.map(({ rate }) => rate)), p50Ms: spread(results.map(({ p50Ms }) => p50Ms)), p99Ms: spread(results.map(({ p99Ms }) => p99Ms)) };
				((figures[driver] ??= {})[kind] ??= {})[size] = figure;
				say(`${driver}, ${kind}: ${figure.perSecond.median.toFixed(0)}/s, p50 ${figure.p50Ms.median.toFixed(1)} ms, p99 ${figure.p99Ms.median.toFixed(1)} ms`);
			}
		}
	}
	const rows = Object.entries(figures).flatMap(([driver, byKind]) =>
		Object.entries(byKind).flatMap(([kind, bySize]) => Object.entries(bySize).map(([size, { perSecond, p50Ms, p99Ms }]) => [`${driver}, ${kind}`, Number(size).toLocaleString('en'), inWords(perSecond), inWords(p50Ms, 1), inWords(p99Ms, 1)])),
	);
	console.log(`\n${table([[`${width} at once`, 'customers', 'events/s', 'p50 ms', 'p99 ms'], ...rows])}\n`);
	const [smallest, largest] = [sizes[0], sizes[sizes.length - 1]];
	/** How much slower with the most customers than with the fewest, by driver and kind. */
	const growth = Object.fromEntries(Object.entries(figures).flatMap(([driver, byKind]) => Object.entries(byKind).map(([kind, bySize]) => [`${driver}.${kind}`, rounded(bySize[smallest].perSecond.median / bySize[largest].perSecond.median)])));
	console.log(`Slower with ${largest.toLocaleString('en')} than with ${smallest.toLocaleString('en')} customers, times: ${JSON.stringify(growth)}`);
	const file = writeResult('record', { ratios: {}, budgets: {}, figures, growth, machine, method: { width, eventsPerMeasurement: perMeasurement, rounds: options.pairs } });
	say(`written: ${file}`);
});
