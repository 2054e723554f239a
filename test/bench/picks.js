/**
 * Product picks: how many products are picked per second, with how many documents read, and how well: what customers bought in the last
 * month of a real shop, predicted from the months before, next to its bestsellers.
 */
const { createHmac, randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { parse } = require('csv-parse/sync');
const { checkoutDir } = require('../../scripts/lib/paths');
const { ensureRuntime } = require('../../scripts/lib/runtime');
const { say } = require('./harness/console');
const { runBenchmark } = require('./harness/n8n-side');
const options = require('./harness/options');
const { inWords, machineFacts, table, writeResult } = require('./harness/report');
const { rounded, spread } = require('./harness/statistics');
const { driversHere, inParallel, openEmptyStore, ours } = require('./harness/stores');

const productCount = Number(process.env.BENCH_PRODUCTS ?? 10_000);
const orderLines = Number(process.env.BENCH_ORDER_LINES ?? 1_000_000);
const linesPerOrder = 4;
const itemsPerExecution = 100;
const dayMs = 86_400_000;
const days = 365;
/** Last month, and by how many picks each customer is judged. */
const holdOutDays = 30;
const cutOffs = [4, 10];

/** The same numbers in every run. @param {number} seed */
function randomNumbers(seed) {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const standing = (/** @type {number} */ nowMs) => ({ speed: 1, machineNowMs: () => Date.now(), journeyNowMs: () => nowMs, toJourneyMs: (/** @type {number} */ wallMs) => wallMs });

/** Products as the recorder leaves them. @param {any} store @param {number} nowMs */
async function addProducts(store, nowMs) {
	const { catalogueEntries, withPast } = ours('lib/picks/catalogue');
	const perCommit = 50;
	await inParallel(Math.ceil(productCount / perCommit), 8, async (batch) => {
		const products = Array.from({ length: Math.min(perCommit, productCount - batch * perCommit) }, (_, index) => {
			const n = batch * perCommit + index;
			const told = { productId: `p${n}`, title: `Product ${n}`, url: `https://shop.example/p${n}`, category: `category ${n % 50}`, currency: 'EUR', variants: [{ variantId: `v${n}`, priceMinor: 1000 + (n % 90) * 50, stock: n % 20 }], updatedAtMs: nowMs, sequenceMs: 0 };
			return withPast(null, told, { occurredAtMs: nowMs - (n % days) * dayMs }, nowMs);
		});
		await store.commit({
			writes: products.map((value) => ({ key: `product:${value.productId}`, version: 0, value })),
			index: products.flatMap((product) => [...catalogueEntries(product)].map(([index, value]) => ({ index, key: `product:${product.productId}`, value }))),
		});
	});
}

/** Orders as the log holds them: a few products sell most, and those of a group are bought together. @param {any} store @param {number} nowMs */
async function addOrders(store, nowMs) {
	const random = randomNumbers(7);
	const orders = Math.ceil(orderLines / linesPerOrder);
	const goodsOf = () => {
		const first = Math.floor(productCount * random() ** 3);
		const group = Math.floor(first / 20) * 20;
		return [...new Set(Array.from({ length: linesPerOrder }, (_, line) => (line === 0 ? first : random() < 0.6 ? group + Math.floor(random() * 20) : Math.floor(productCount * random() ** 3))))].map((n) => `p${Math.min(n, productCount - 1)}`);
	};
	for (let from = 0; from < orders; from += 64) {
		const log = Array.from({ length: Math.min(64, orders - from) }, (_, index) => {
			const atMs = Math.round(nowMs - days * dayMs + ((from + index) / orders) * days * dayMs);
			return { atMs, type: 'order_placed', subject: `customer:c${(from + index) % 50_000}`, data: { source: 'generic', order: `o${from + index}`, goods: goodsOf(), placedAtMs: atMs } };
		});
		await store.commit({ log });
	}
}

/** Items with a cart of two, as a journey emits them: each asks for four products. @param {any} store @param {number} nowMs @param {() => number} random */
async function pickOnce(store, nowMs, random) {
	const { Picker } = ours('lib/picks/pick');
	const picker = new Picker(store, [], nowMs);
	const request = { show: 'goesWith', count: 4, fallBack: true, exceptBoughtDays: 90, periodDays: 30 };
	const subjects = Array.from({ length: itemsPerExecution }, () => {
		const items = Array.from({ length: 2 }, () => ({ productId: `p${Math.floor(productCount * random() ** 2)}`, title: 'Product', quantity: 1, unitPriceMinor: 1000 }));
		return { item: { cart: { items } }, customer: null, history: null };
	});
	await picker.prepare(subjects.map((subject) => ({ subject, show: request.show })));
	let picked = 0;
	for (const subject of subjects) picked += (await picker.pick(subject, request)).map((pick) => picker.item(pick)).length;
	if (picked !== 4 * itemsPerExecution) throw new Error(`${picked} products were picked instead of ${4 * itemsPerExecution}`);
	return picked;
}

/** A store that counts the documents that are read. @param {any} store @param {{ read: number }} counter */
const counting = (store, counter) =>
	new Proxy(store, {
		get: (target, name) => {
			const value = target[name];
			if (typeof value !== 'function') return value;
			if (name !== 'read') return value.bind(target);
			return (/** @type {string[]} */ keys) => {
				counter.read += keys.length;
				return target.read(keys);
			};
		},
	});

/** @param {'sqlite' | 'redis'} driver @param {(cleanUp: () => Promise<void> | void) => void} onEnd */
async function measureSpeed(driver, onEnd) {
	const { foldLog } = ours('lib/picks/fold');
	const hub = await openEmptyStore(driver, onEnd);
	const store = hub.scope('main');
	const nowMs = Date.now();
	await addProducts(store, nowMs);
	await addOrders(store, nowMs);
	say(`${driver}: ${productCount.toLocaleString('en')} products and ${orderLines.toLocaleString('en')} order lines are there`);
	const foldedFromMs = performance.now();
	await foldLog(store, standing(nowMs), { forMs: Infinity });
	const foldedPerSecond = rounded(orderLines / ((performance.now() - foldedFromMs) / 1000));
	say(`${driver}: ${foldedPerSecond} order lines folded per second`);
	const random = randomNumbers(11);
	const counter = { read: 0 };
	const watched = counting(store, counter);
	await pickOnce(watched, nowMs, random);
	const rates = [];
	let executions = 0;
	counter.read = 0;
	for (let round = 0; round < options.pairs; round++) {
		const fromMs = performance.now();
		let picked = 0;
		do {
			picked += await pickOnce(watched, nowMs, random);
			executions++;
		} while (performance.now() - fromMs < options.seconds * 200);
		rates.push(picked / ((performance.now() - fromMs) / 1000));
	}
	return { foldedPerSecond, picksPerSecond: spread(rates), documentsPerItem: rounded(counter.read / (executions * itemsPerExecution)) };
}

/** The real orders: by customer and invoice, in the order of time. Returned goods and what is no product are left out. */
function readOrders() {
	const folder = path.join(checkoutDir, '..', 'shared', 'fixtures', 'datasets');
	const files = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.startsWith('online_retail')) : [];
	if (files.length === 0) return null;
	const rows = parse(fs.readFileSync(path.join(folder, files[0])), { columns: true });
	const orders = new Map();
	for (const { InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID } of rows) {
		if (Number(Quantity) <= 0 || !/^\d{5}/.test(StockCode)) continue;
		const order = orders.get(InvoiceNo) ?? { orderId: InvoiceNo, email: `c${parseInt(CustomerID, 10)}@example.com`, atMs: Date.parse(`${InvoiceDate.replace(' ', 'T')}Z`), items: [] };
		order.items.push({ productId: StockCode, title: Description.trim() || StockCode, quantity: Number(Quantity), unitPriceMinor: Math.round(Number(UnitPrice) * 100) });
		orders.set(InvoiceNo, order);
	}
	return [...orders.values()].sort((a, b) => a.atMs - b.atMs);
}

/** @param {Array<{ hits: number, wanted: number, k: number }>} results */
function quality(results) {
	const hits = results.reduce((sum, { hits }) => sum + hits, 0);
	return { precision: rounded(hits / results.reduce((sum, { k }) => sum + k, 0), 4), hitRate: rounded(results.filter(({ hits }) => hits > 0).length / results.length, 4), judged: results.length };
}

/** Trains on the months before through record() and the folding of the log, and predicts the last one. @param {(cleanUp: () => Promise<void> | void) => void} onEnd */
async function measureQuality(onEnd) {
	const orders = readOrders();
	if (!orders) return null;
	const cutMs = orders[orders.length - 1].atMs - holdOutDays * dayMs;
	const past = orders.filter(({ atMs }) => atMs <= cutMs);
	const future = orders.filter(({ atMs }) => atMs > cutMs);
	const store = (await openEmptyStore('sqlite', onEnd)).scope('main');
	const clock = standing(cutMs);
	const { DefinitionsCache } = ours('lib/journeys/definitions');
	const { keys } = ours('lib/model/records');
	const record = ours('lib/record/record').createRecorder({ store, clock, definitions: new DefinitionsCache(store), newId: randomUUID, hashAddress: (/** @type {string} */ address) => createHmac('sha256', 'bench').update(address).digest('base64url'), loyalty: async () => null });
	const products = new Map(orders.flatMap(({ items }) => items.map((/** @type {any} */ item) => [item.productId, item])));
	const tell = async (/** @type {object} */ event, /** @type {number} */ atMs) => record({ dedupeId: randomUUID(), occurredAtMs: atMs, source: 'generic', isHistory: true, ...event });
	// What came into the shop in the last month nobody could have picked before.
	const known = new Set(past.flatMap(({ items }) => items.map((/** @type {any} */ { productId }) => productId)));
	await inParallel(known.size, 16, async (index) => {
		const { productId, title } = products.get([...known][index]);
		await tell({ type: 'product_updated', product: { productId, title, variants: [{ variantId: productId }], updatedAtMs: orders[0].atMs } }, orders[0].atMs);
	});
	for (const { orderId, email, atMs, items } of past) {
		const order = { orderId, items, currency: 'GBP', totalMinor: 0, placedAtMs: atMs, updatedAtMs: atMs };
		await tell({ type: 'order_placed', customer: { email }, order }, atMs);
	}
	await ours('lib/picks/fold').foldLog(store, clock, { forMs: Infinity });
	say(`quality: ${past.length} orders learnt from, ${future.length} of the last ${holdOutDays} days to be predicted`);
	const { Picker } = ours('lib/picks/pick');
	const picker = new Picker(store, [], cutMs);
	/** @type {Record<string, Record<string, any>>} */
	const figures = {};
	const judge = (/** @type {string} */ task, /** @type {string} */ who, /** @type {Array<{ subject: object, wanted: Set<string> }>} */ cases, /** @type {object} */ request) => judgeCases(picker, figures, task, who, cases, request);
	const customers = [];
	for (const [email, bought] of Map.groupBy(future, ({ email }) => email)) {
		const [{ value: alias }] = await store.read([keys.alias('email', email)]);
		if (!alias) continue;
		const [{ value: customer }] = await store.read([keys.customer(alias.id)]);
		customers.push({ customer, bought: new Set(bought.flatMap(({ items }) => items.map((/** @type {any} */ { productId }) => productId))) });
	}
	const common = { fallBack: true, periodDays: 30 };
	for (const exceptBoughtDays of [90, 0]) {
		const task = exceptBoughtDays > 0 ? 'what a customer buys next, new to them' : 'what a customer buys next, anything';
		const cases = customers.flatMap(({ customer, bought }) => {
			const isRecent = (/** @type {string} */ id) => exceptBoughtDays > 0 && cutMs - (customer.bought?.products[id]?.lastAtMs ?? -Infinity) <= exceptBoughtDays * dayMs;
			const wanted = new Set([...bought].filter((id) => !isRecent(id)));
			return wanted.size > 0 ? [{ subject: { item: {}, customer, history: null }, wanted }] : [];
		});
		await judge(task, 'picks', cases, { ...common, show: 'forCustomer', exceptBoughtDays });
		await judge(task, 'bestsellers', cases, { ...common, show: 'bestsellers', exceptBoughtDays });
	}
	// The first half of a basket is known, the second is to be guessed.
	const baskets = future.filter(({ items }) => items.length >= 4).map(({ items }) => {
		const shown = items.slice(0, Math.floor(items.length / 2));
		const inCart = new Set(shown.map((/** @type {any} */ { productId }) => productId));
		const wanted = new Set(items.map((/** @type {any} */ { productId }) => productId).filter((/** @type {string} */ id) => !inCart.has(id)));
		return { subject: { item: { cart: { items: shown } }, customer: null, history: null }, wanted };
	});
	await judge('the rest of a basket', 'picks', baskets, { ...common, show: 'goesWith', exceptBoughtDays: 0 });
	await judge('the rest of a basket', 'bestsellers', baskets, { ...common, show: 'bestsellers', exceptBoughtDays: 0 });
	return figures;
}

/** @param {any} picker @param {Record<string, Record<string, any>>} figures @param {string} task @param {string} who @param {Array<{ subject: object, wanted: Set<string> }>} cases @param {object} request */
async function judgeCases(picker, figures, task, who, cases, request) {
	for (const k of cutOffs) {
		const results = [];
		for (const { subject, wanted } of cases) {
			const picks = await picker.pick(subject, { ...request, count: k });
			results.push({ hits: picks.filter((/** @type {any} */ { product }) => wanted.has(product.productId)).length, wanted: wanted.size, k });
		}
		((figures[task] ??= {})[who] ??= {})[k] = quality(results);
	}
}

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;

void runBenchmark(async (onEnd) => {
	const machine = machineFacts(await ensureRuntime());
	const figures = await measureQuality(onEnd);
	if (figures) {
		const rows = Object.entries(figures).flatMap(([task, byWho]) => Object.entries(byWho).map(([who, byK]) => [`${task}: ${who}`, ...cutOffs.flatMap((k) => [percent(byK[k].precision), percent(byK[k].hitRate)]), String(byK[cutOffs[0]].judged)]));
		console.log(`\n${table([['predicted', ...cutOffs.flatMap((k) => [`precision@${k}`, `hit rate@${k}`]), 'cases'], ...rows])}\n`);
	} else console.log('The quality of picks is not measured: the dataset is not here.');
	/** @type {Record<string, any>} */
	const speed = {};
	if (orderLines > 0) for (const driver of driversHere()) speed[driver] = await measureSpeed(driver, onEnd);
	console.log(`\n${table([[`${productCount.toLocaleString('en')} products, ${orderLines.toLocaleString('en')} order lines`, 'picks/s', 'documents read per item', 'order lines folded/s'], ...Object.entries(speed).map(([driver, { picksPerSecond, documentsPerItem, foldedPerSecond }]) => [driver, inWords(picksPerSecond), String(documentsPerItem), String(foldedPerSecond)])])}\n`);
	/** How many times as precise as bestsellers. */
	const lift = figures && Object.fromEntries(Object.entries(figures).map(([task, { picks, bestsellers }]) => [task, Object.fromEntries(cutOffs.map((k) => [k, rounded(picks[k].precision / bestsellers[k].precision, 2)]))]));
	if (lift) console.log(`Times as precise as bestsellers: ${JSON.stringify(lift)}`);
	const file = writeResult('picks', { ratios: {}, budgets: {}, quality: figures, lift, speed, machine, method: { productCount, orderLines, linesPerOrder, itemsPerExecution, holdOutDays, rounds: options.pairs } });
	say(`written: ${file}`);
});
