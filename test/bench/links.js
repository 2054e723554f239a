/** Opens and clicks taken per second: Message Webhook Trigger, which records each, against a trigger that does nothing. */
const os = require('node:os');
const path = require('node:path');
const { randomUUID } = require('node:crypto');
const { ensureRuntime } = require('../../scripts/lib/runtime');
const { say } = require('./harness/console');
const { startSide, runBenchmark } = require('./harness/n8n-side');
const options = require('./harness/options');
const { cpuMs, residentMb, startHelper, untilIdle } = require('./harness/processes');
const { inWords, machineFacts, ratioTable, table, writeResult } = require('./harness/report');
const { ratioOfPairs, rounded, spread } = require('./harness/statistics');
const { connectedShop, credentials, emptyTrigger, messageLinks } = require('./harness/workflows');

/** None is set: what an open or click costs beside an empty trigger is one commit. */
const budgets = {};
/** Messages written to the store in one commit: a customer and an enrolment each. */
const perCommit = 25;
/** The first load of the warm-up, in requests; it grows to a second's worth. */
const firstLoad = 160;
const goods = 'https://tea.example/products/first-flush?utm_source=shop&utm_medium=email';

/** What the addresses of messages need: the secret of the installation, and messages that were sent. */
async function openPost({ packageDir, storeFile }) {
	const lib = (file) => require(path.join(packageDir, 'dist/lib', file));
	const { signLink } = lib('messages/links.js');
	const hub = lib('store/open.js').openStore({ driver: 'sqlite', file: storeFile });
	const [{ value: installation }] = await hub.scope('_installation').read(['installation:this']);
	const secret = Buffer.from(installation.linkSecret, 'base64');
	const store = hub.scope('main');

	const write = async (ids) => {
		const atMs = Date.now() - 3_600_000;
		const { status } = await store.commit({
			writes: ids.flatMap((id) => [
				{ key: `customer:${id}`, version: 0, value: { id, createdAtMs: atMs, profileAtMs: atMs, email: `${id}@example.com`, consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'bench', atMs } }, orders: { count: 0, spentMinor: {} }, open: {} } },
				{
					key: `enrolment:bench:${id}`,
					version: 0,
					value: {
						id: `bench:${id}`, journey: 'bench', customerId: id, kind: 'marketing', status: 'ended', endReason: 'completed', endedAtMs: atMs, openedAtMs: atMs, enteredAtMs: atMs, step: 1, dueAtMs: atMs, stepsDone: 1,
						sends: { '1:mail': { state: 'sent', channel: 'email', step: 0, messageId: `<${id}@tea.example>`, token: 'bench', atMs } },
					},
				},
			]),
		});
		if (status !== 'committed') throw new Error(`The messages could not be written: ${status}`);
	};
	return {
		/** Sends so many messages, as far as the store knows, and gives an address in each. @param {'open' | 'click'} kind @param {number} count */
		async addresses(kind, count) {
			const ids = Array.from({ length: count }, () => randomUUID());
			for (let start = 0; start < count; start += perCommit) await write(ids.slice(start, start + perCommit));
			const sign = (id) => signLink(secret, { kind, shop: 'main', customerId: id, channel: 'email', enrolment: `bench:${id}`, sendKey: '1:mail', step: 1, ...(kind === 'click' && { to: goods }) });
			return ids.map((id) => `?${kind === 'open' ? 'o' : 'c'}=${sign(id)}`);
		},
		counters: async () => await store.readCounters('deliveries'),
		close: () => hub.close(),
	};
}

async function measure(side, generator, amount) {
	const count = Math.max(Math.round(amount), firstLoad);
	const queries = side.kind ? await side.post.addresses(side.kind, count) : Array.from({ length: count }, () => '');
	await untilIdle(side.pid);
	const cpuBefore = cpuMs(side.pid);
	const result = await generator.ask('visit', { url: side.url, paths: queries.map((query) => side.path + query) });
	const expected = side.kind === 'click' ? '302' : '200';
	const refused = Object.entries(result.statuses).filter(([status]) => status !== expected);
	if (result.failed > 0 || refused.length > 0) throw new Error(`${side.label}: not all were answered with ${expected}: ${JSON.stringify(result.statuses)}, ${result.failed} without an answer`);
	side.answered += result.answered;
	side.lastRate = result.rate;
	side.busyMb = Math.max(side.busyMb, residentMb(side.pid));
	await untilIdle(side.pid);
	return { ...result, cpuMsEach: (cpuMs(side.pid) - cpuBefore) / result.answered };
}

void runBenchmark(async (onEnd) => {
	const runtime = await ensureRuntime();
	const machine = machineFacts(runtime);
	const generator = startHelper('load-generator');
	onEnd(() => generator.stop());
	const shop = connectedShop();
	const links = messageLinks();
	const empty = emptyTrigger();
	const ours = await startSide({ name: 'ours', withOurPackage: true, credentials: [credentials.shop], workflows: [shop.workflow, links.workflow], cpuProfileDir: options.cpuProfileDir });
	say('started: Message Webhook Trigger');
	const emptySide = await startSide({ name: 'empty', extraPackage: path.join(__dirname, 'empty-trigger'), credentials: [credentials.header], workflows: [empty.workflow] });
	say('started: an empty trigger');
	const post = await openPost(ours);
	onEnd(() => post.close());
	const sides = [
		{ key: 'emptyTrigger', label: 'empty trigger', ...emptySide, path: empty.path },
		{ key: 'opens', label: 'opens', kind: 'open', ...ours, path: links.path, post },
		{ key: 'clicks', label: 'clicks', kind: 'click', ...ours, path: links.path, post },
	].map((side) => ({ ...side, results: [], answered: 0, busyMb: 0, lastRate: 0 }));

	for (const side of sides) {
		let seconds = 0;
		for (let amount = firstLoad; seconds < options.warmUpSeconds; amount = side.lastRate) seconds += (await measure(side, generator, amount)).seconds;
		say(`warm: ${side.label}, ${side.lastRate.toFixed(0)}/s`);
	}
	for (let pair = 1; pair <= options.pairs; pair++) {
		for (const side of sides) {
			const result = await measure(side, generator, side.lastRate * options.seconds);
			side.results.push(result);
			say(`pair ${pair} of ${options.pairs}: ${side.label} ${result.rate.toFixed(0)}/s, p50 ${result.p50Ms.toFixed(0)} ms, p99 ${result.p99Ms.toFixed(0)} ms, ${result.cpuMsEach.toFixed(2)} ms of processor time each`);
		}
	}

	// What was answered was recorded: each visit is of another message.
	const counters = await post.counters();
	for (const [key, type] of [['opens', 'message_opened'], ['clicks', 'message_clicked']]) {
		const { answered } = sides.find((side) => side.key === key);
		if (counters[`message-link.${type}`] !== answered) throw new Error(`${answered} ${key} were answered, the store counts ${counters[`message-link.${type}`]}`);
	}

	const rates = (key) => sides.find((side) => side.key === key).results.map(({ rate }) => rate);
	const ratios = { opensVsEmptyTrigger: ratioOfPairs(rates('opens'), rates('emptyTrigger')), clicksVsEmptyTrigger: ratioOfPairs(rates('clicks'), rates('emptyTrigger')) };
	const figures = Object.fromEntries(
		sides.map(({ key, results, answered, idleMb, busyMb }) => [
			key,
			{
				perSecond: spread(results.map(({ rate }) => rate)),
				p50Ms: spread(results.map(({ p50Ms }) => p50Ms)),
				p99Ms: spread(results.map(({ p99Ms }) => p99Ms)),
				cpuMsEach: spread(results.map(({ cpuMsEach }) => cpuMsEach)),
				residentMb: { idle: idleMb, busy: busyMb },
				answered,
			},
		]),
	);
	console.log(
		`\n${table([
			['16 connections', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms each'],
			...sides.map(({ key, label }) => {
				const { perSecond, p50Ms, p99Ms, cpuMsEach } = figures[key];
				return [label, inWords(perSecond), inWords(p50Ms), inWords(p99Ms), inWords(cpuMsEach, 2)];
			}),
		])}\n\n${ratioTable(ratios, budgets)}\n`,
	);
	const file = writeResult('links', { ratios, budgets, sides: figures, machine, method: { connections: 16, secondsPerMeasurement: options.seconds, warmUpSeconds: options.warmUpSeconds, pairs: options.pairs, loadAtEnd: rounded(os.loadavg()[0]) } });
	say(`written: ${file}`);
});
