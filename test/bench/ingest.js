/** Deliveries taken per second: our webhook trigger against the stock Webhook node and against a trigger that does nothing. */
const os = require('node:os');
const path = require('node:path');
const { ensureRuntime } = require('../../scripts/lib/runtime');
const { say } = require('./harness/console');
const { startSide, runBenchmark } = require('./harness/n8n-side');
const options = require('./harness/options');
const { cpuMs, residentMb, startHelper, untilIdle } = require('./harness/processes');
const { inWords, machineFacts, ratioTable, table, writeResult } = require('./harness/report');
const { ratioOfPairs, rounded, spread } = require('./harness/statistics');
const { abandonedCart, connectedShop, credentials, emptyTrigger, signingSecret, stockWebhook } = require('./harness/workflows');

const budgets = { vsDefaultN8n: 10, vsStockWebhook: 5, vsEmptyTrigger: 0.85 };
/** The first load of the warm-up, in deliveries; it grows to a second's worth. */
const firstLoad = 64;

async function startSides() {
	const shop = connectedShop();
	const stock = stockWebhook();
	const empty = emptyTrigger();
	const ours = await startSide({
		name: 'ours',
		withOurPackage: true,
		credentials: [credentials.shop, credentials.smtp(9)],
		workflows: [shop.workflow, abandonedCart()],
		cpuProfileDir: options.cpuProfileDir,
	});
	say('started: Shop Webhook Trigger, with the abandoned-cart journey published');
	const emptySide = await startSide({ name: 'empty', extraPackage: path.join(__dirname, 'empty-trigger'), credentials: [credentials.header], workflows: [empty.workflow] });
	say('started: an empty trigger');
	const stockSide = await startSide({ name: 'stock', workflows: [stock.workflow] });
	say('started: stock Webhook → No-Op under our settings');
	// `scripts/lib/n8n.js` sets what our launcher sets; this is n8n's own default.
	const defaultSide = await startSide({ name: 'default', workflows: [stock.workflow], env: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'false' } });
	say('started: stock Webhook → No-Op on a default n8n');
	// In the order of measuring: ours beside the one it is closest to.
	return [
		{ key: 'defaultN8n', label: 'stock Webhook, default n8n', ...defaultSide, target: defaultSide.url + stock.path },
		{ key: 'stockWebhook', label: 'stock Webhook, our settings', ...stockSide, target: stockSide.url + stock.path },
		{ key: 'emptyTrigger', label: 'empty trigger', ...emptySide, target: emptySide.url + empty.path },
		{ key: 'ours', label: 'Shop Webhook Trigger', ...ours, target: ours.url + shop.path },
	].map((side) => ({ ...side, results: [], acknowledged: 0, busyMb: 0, lastRate: 0 }));
}

async function measure(side, generator, packageDir, amount) {
	const cpuBefore = cpuMs(side.pid);
	const result = await generator.ask('run', { url: side.target, amount: Math.max(Math.round(amount), firstLoad), packageDir, secret: signingSecret });
	const refused = Object.entries(result.statuses).filter(([status]) => status !== '200');
	if (result.failed > 0 || refused.length > 0) throw new Error(`${side.label}: not all deliveries were answered with 200: ${JSON.stringify(result.statuses)}, ${result.failed} without an answer`);
	side.acknowledged += result.answered;
	side.lastRate = result.rate;
	side.busyMb = Math.max(side.busyMb, residentMb(side.pid));
	// n8n answers the stock Webhook before it has run and saved the execution.
	await untilIdle(side.pid);
	return { ...result, cpuMsEach: (cpuMs(side.pid) - cpuBefore) / result.answered };
}

async function warmUp(side, generator, packageDir) {
	let seconds = 0;
	for (let amount = firstLoad; seconds < options.warmUpSeconds; amount = side.lastRate) seconds += (await measure(side, generator, packageDir, amount)).seconds;
}

/** What the store of ours has counted, as another process reads it. */
async function recordedDeliveries({ packageDir, storeFile }) {
	const { openStore } = require(path.join(packageDir, 'dist/lib/store/open.js'));
	const hub = openStore({ driver: 'sqlite', file: storeFile });
	try {
		const store = hub.scope('main');
		const counters = await store.readCounters('deliveries');
		const journeys = (await store.read(['definitions:all']))[0].value.journeys;
		const { entered } = await store.readCounters(`journey:${journeys[0].id}`);
		return { recorded: counters['generic.cart_updated'] ?? 0, stale: counters['generic.stale'] ?? 0, enrolled: entered ?? 0 };
	} finally {
		await hub.close();
	}
}

void runBenchmark(async (onEnd) => {
	const runtime = await ensureRuntime();
	const machine = machineFacts(runtime);
	const generator = startHelper('load-generator');
	onEnd(() => generator.stop());
	const sides = await startSides();
	const ours = sides.find(({ key }) => key === 'ours');

	for (const side of sides) {
		await warmUp(side, generator, ours.packageDir);
		say(`warm: ${side.label}, ${side.lastRate.toFixed(0)}/s`);
	}
	for (let pair = 1; pair <= options.pairs; pair++) {
		for (const side of sides) {
			const result = await measure(side, generator, ours.packageDir, side.lastRate * options.seconds);
			side.results.push(result);
			say(`pair ${pair} of ${options.pairs}: ${side.label} ${result.rate.toFixed(0)}/s, p50 ${result.p50Ms.toFixed(0)} ms, p99 ${result.p99Ms.toFixed(0)} ms, ${result.cpuMsEach.toFixed(2)} ms of processor time each`);
		}
	}

	const store = await recordedDeliveries(ours);
	if (store.recorded + store.stale !== ours.acknowledged) throw new Error(`${ours.acknowledged} deliveries were acknowledged, but the store counts ${store.recorded} recorded and ${store.stale} stale ones`);
	if (store.stale > ours.acknowledged / 100 || store.enrolled < ours.acknowledged / 3) throw new Error(`The deliveries are not what they should be: ${JSON.stringify(store)}`);

	const rates = (key) => sides.find((side) => side.key === key).results.map(({ rate }) => rate);
	const ratios = {
		vsDefaultN8n: ratioOfPairs(rates('ours'), rates('defaultN8n')),
		vsStockWebhook: ratioOfPairs(rates('ours'), rates('stockWebhook')),
		vsEmptyTrigger: ratioOfPairs(rates('ours'), rates('emptyTrigger')),
	};
	const figures = Object.fromEntries(
		sides.map(({ key, results, acknowledged, idleMb, busyMb }) => [
			key,
			{
				perSecond: spread(results.map(({ rate }) => rate)),
				p50Ms: spread(results.map(({ p50Ms }) => p50Ms)),
				p99Ms: spread(results.map(({ p99Ms }) => p99Ms)),
				cpuMsEach: spread(results.map(({ cpuMsEach }) => cpuMsEach)),
				residentMb: { idle: idleMb, busy: busyMb },
				deliveries: acknowledged,
			},
		]),
	);
	console.log(
		`\n${table([
			['16 connections', 'deliveries/s', 'p50 ms', 'p99 ms', 'CPU ms each', 'MB idle', 'MB busy'],
			...sides.map(({ key, label }) => {
				const { perSecond, p50Ms, p99Ms, cpuMsEach, residentMb: memory } = figures[key];
				return [label, inWords(perSecond), inWords(p50Ms), inWords(p99Ms), inWords(cpuMsEach, 2), String(memory.idle), String(memory.busy)];
			}),
		])}\n\n${ratioTable(ratios, budgets)}\n`,
	);
	console.log(`All ${ours.acknowledged} deliveries that our trigger acknowledged are in the store; they opened ${store.enrolled} enrolments.`);
	const file = writeResult('ingest', {
		ratios,
		budgets,
		sides: figures,
		store,
		machine,
		method: { connections: 16, secondsPerMeasurement: options.seconds, warmUpSeconds: options.warmUpSeconds, pairs: options.pairs, loadAtEnd: rounded(os.loadavg()[0]) },
	});
	say(`written: ${file}`);
});
