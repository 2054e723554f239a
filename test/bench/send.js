/** Mails per second: Send Reminder against the stock Send Email node and against bare pooled nodemailer. */
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { randomUUID } = require('node:crypto');
const PostalMime = require('postal-mime').default;
const { ensureRuntime } = require('../../scripts/lib/runtime');
const { say } = require('./harness/console');
const { cartEvent } = require('./harness/deliveries');
const { startSide, runBenchmark } = require('./harness/n8n-side');
const options = require('./harness/options');
const { cpuMs, residentMb, startHelper, untilIdle } = require('./harness/processes');
const { inWords, machineFacts, ratioTable, table, writeResult } = require('./harness/report');
const { ratioOfPairs, rounded, spread } = require('./harness/statistics');
const { messageAddress } = require('./harness/message-links');
const { stockMail } = require('./harness/stock-mail');
const { abandonedCart, connectedShop, credentials, signingSecret, stockSendEmail } = require('./harness/workflows');

const budgets = { vsStockSendEmail: 50, vsBareNodemailer: 0.6 };
const connections = 5;
const batchSize = 100;
/** Events in one delivery while carts are recorded. */
const eventsPerDelivery = 50;
/** A round that brings no mail for this long is broken. */
const silenceLimitMs = 60_000;
/** As long as our nodes trust a copy of the shop's settings, and a little more. */
const settingsLifeMs = 2_500;

/** Waits until so many mails have arrived, and says how fast they came from the first to the last. */
async function untilArrived(sink, mails) {
	let seen = -1;
	for (let lastNewsMs = Date.now(); ; await sleep(50)) {
		const arrivals = await sink.ask('arrivals');
		if (arrivals.mails !== seen) {
			seen = arrivals.mails;
			lastNewsMs = Date.now();
		}
		if (seen >= mails) {
			if (seen !== mails || arrivals.recipients !== mails) throw new Error(`${mails} mails were due, ${seen} arrived for ${arrivals.recipients} recipients`);
			const seconds = (arrivals.lastMs - arrivals.firstMs) / 1000;
			return { mails, seconds, rate: (mails - 1) / seconds, sample: arrivals.sample };
		}
		if (Date.now() - lastNewsMs > silenceLimitMs) throw new Error(`Only ${seen} of ${mails} mails arrived`);
	}
}

/** Send Reminder in a real n8n, fed by the abandoned-cart journey with a single step that is due at once. */
async function startOurs(sink, smtpPort) {
	const shop = connectedShop();
	const journey = abandonedCart({ schedule: { steps: [{ name: 'now', delay: 0, unit: 'hours' }] }, showEnded: false, batchSize });
	const side = await startSide({ name: 'ours', withOurPackage: true, credentials: [credentials.shop, credentials.smtp(smtpPort)], workflows: [shop.workflow, journey], cpuProfileDir: options.cpuProfileDir });
	const lib = (file) => require(path.join(side.packageDir, 'dist/lib', file));
	const { signGeneric } = lib('shops/generic');
	const store = lib('store/open.js').openStore({ driver: 'sqlite', file: side.storeFile }).scope('main');

	/** What the Sending Mode of Shop Webhook Trigger does when the workflow is published anew. */
	const setSendingMode = async (sendingMode) => {
		const [{ key, version, value }] = await store.read(['settings:shop']);
		const { status } = await store.commit({ writes: [{ key, version, value: { ...value, sendingMode } }] });
		if (status !== 'committed') throw new Error(`The settings could not be changed: ${status}`);
	};
	/** What Message Webhook Trigger does when it is published. */
	const publishLinks = async () => {
		const [{ key, version, value }] = await store.read(['settings:addresses']);
		const { status } = await store.commit({ writes: [{ key, version, value: { ...value, messages: messageAddress } }] });
		if (status !== 'committed') throw new Error(`The address could not be set: ${status}`);
	};
	await publishLinks();
	const recordCarts = async (names) => {
		for (let start = 0; start < names.length; start += eventsPerDelivery) {
			const body = JSON.stringify({ events: names.slice(start, start + eventsPerDelivery).map((name) => cartEvent(name, new Date())) });
			const headers = { 'content-type': 'application/json', ...signGeneric({ id: `msg_${randomUUID()}`, sentAtMs: Date.now(), body, secret: signingSecret }) };
			const response = await fetch(side.url + shop.path, { method: 'POST', body, headers });
			if (!response.ok) throw new Error(`Recording the carts was answered with ${response.status}: ${await response.text()}`);
			await response.arrayBuffer();
		}
	};
	return {
		...side,
		store,
		settings: (await store.read(['settings:shop']))[0].value,
		/** Records carts while sending is paused, then lets all their reminders go. */
		async measure(mails) {
			await setSendingMode('paused');
			await sleep(settingsLifeMs);
			await recordCarts(Array.from({ length: mails }, () => randomUUID()));
			await untilIdle(side.pid);
			await sink.ask('reset');
			const cpuBefore = cpuMs(side.pid);
			await setSendingMode('live');
			const result = await untilArrived(sink, mails);
			await untilIdle(side.pid);
			return { ...result, cpuMsEach: (cpuMs(side.pid) - cpuBefore) / mails };
		},
	};
}

/** Items as Cart Abandoned Trigger emits them, for those who get none from it. */
function journeyItems(count, settings) {
	const template = cartEvent('any', new Date());
	return Array.from({ length: count }, () => {
		const name = randomUUID();
		const items = template.cart.items.map(({ unitPrice, ...item }) => ({ ...item, unitPriceMinor: Math.round(Number(unitPrice) * 100) }));
		const at = new Date().toISOString();
		return {
			journey: { id: 'bench', name: 'Abandoned Cart', kind: 'marketing', shop: 'main', enrolment: name, token: name, step: 1, stepName: 'now', steps: 1, enteredAt: at, messages: [] },
			shop: { name: settings.name, url: settings.url, currency: 'EUR', locale: 'en', timezone: 'UTC' },
			customer: { id: name, email: `${name}@example.com`, firstName: 'Mia', lastName: 'Muster', locale: 'en', consent: { email: 'subscribed', sms: 'none' }, orders: { count: 0, spentMinor: 0 } },
			cart: { id: name, stage: 'cart', currency: 'EUR', totalMinor: items.reduce((sum, { unitPriceMinor, quantity }) => sum + unitPriceMinor * quantity, 0), url: `https://tea.example/cart?token=${name}`, updatedAt: at, items },
		};
	});
}

async function startBare(sink, { packageDir, settings }, smtpPort, onEnd) {
	const helper = startHelper('bare-nodemailer');
	onEnd(() => helper.stop());
	const { version, workers } = await helper.ask('open', { packageDir, port: smtpPort, connections });
	return {
		pid: helper.pid,
		version,
		idleMb: residentMb(helper.pid),
		async measure(mails) {
			await sink.ask('reset');
			const cpuBefore = cpuMs(helper.pid);
			await helper.ask('send', { items: journeyItems(mails, settings), settings, workers });
			const result = await untilArrived(sink, mails);
			return { ...result, cpuMsEach: (cpuMs(helper.pid) - cpuBefore) / mails };
		},
	};
}

async function startStock(sink, { packageDir, settings }, smtpPort) {
	const { workflow, path: webhookPath } = stockSendEmail(stockMail(packageDir, settings, journeyItems(1, settings)[0]));
	const side = await startSide({ name: 'stock', credentials: [credentials.smtp(smtpPort)], workflows: [workflow] });
	return {
		...side,
		async measure(mails) {
			await sink.ask('reset');
			const cpuBefore = cpuMs(side.pid);
			const response = await fetch(side.url + webhookPath, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ items: journeyItems(mails, settings) }) });
			if (!response.ok) throw new Error(`The workflow with Send Email was answered with ${response.status}`);
			const result = await untilArrived(sink, mails);
			await untilIdle(side.pid);
			return { ...result, cpuMsEach: (cpuMs(side.pid) - cpuBefore) / mails };
		},
	};
}

/**
 * All three send the same mail, or the comparison is none; but for what only ours has: signed links, which are read back
 * here, and those to unsubscribe. @param {string} raw
 */
async function textOf(raw) {
	const { subject, text, html } = await PostalMime.parse(Buffer.from(raw, 'latin1'));
	const target = (token) => {
		const fields = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString());
		// The invisible link that only machines follow is ours alone.
		return fields.includes(true) ? '' : (fields.find((field) => typeof field === 'string' && /^https?:/.test(field)) ?? messageAddress);
	};
	const plain = html.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&').replace(new RegExp(`${messageAddress}\\?c=([\\w.-]+)`, 'g'), (_link, token) => target(token));
	const own = (content) => content.replace(/<[^>]*>/g, (tag) => (/^<a /.test(tag) ? (/href="([^"]*)"/.exec(tag)?.[1] ?? '') : ' '));
	const lines = (content) => content.replace(/https:\/\/n8n\.tea\.example\S*/g, '').replace(/token=[\w-]+/g, 'token').replace(/\s+/g, ' ').trim();
	return [subject, lines(text), lines(own(plain))].join('\n');
}

/** @param {Array<{ label: string, text: string }>} sides */
function checkSameText([first, ...others]) {
	for (const { label, text } of others) {
		const at = [...text].findIndex((character, index) => character !== first.text[index]);
		if (text !== first.text) throw new Error(`${label} sends another mail than ${first.label}: "${text.slice(at, at + 80)}" instead of "${first.text.slice(at, at + 80)}"`);
	}
}

async function measure(side) {
	const result = await side.measure(side.mails);
	side.busyMb = Math.max(side.busyMb, residentMb(side.pid));
	side.text = await textOf(result.sample);
	return result;
}

void runBenchmark(async (onEnd) => {
	const runtime = await ensureRuntime();
	const machine = machineFacts(runtime);
	const sink = startHelper('smtp-sink');
	onEnd(() => sink.stop());
	const smtpPort = await sink.ask('listen');
	const ours = await startOurs(sink, smtpPort);
	say('started: Send Reminder behind Cart Abandoned Trigger');
	const stock = await startStock(sink, ours, smtpPort);
	say('started: stock Send Email');
	const bare = await startBare(sink, ours, smtpPort, onEnd);
	say(`started: nodemailer ${bare.version} alone`);
	const sides = [
		{ key: 'stockSendEmail', label: 'stock Send Email', mails: options.stockMails, ...stock },
		{ key: 'bareNodemailer', label: 'bare pooled nodemailer', mails: options.mails, ...bare },
		{ key: 'ours', label: 'Send Reminder', mails: options.mails, ...ours },
	].map((side) => Object.assign(side, { results: [], busyMb: 0, text: '' }));

	for (const side of sides) {
		let result;
		for (let seconds = 0; seconds < options.warmUpSeconds; seconds += result.seconds) result = await measure(side);
		say(`warm: ${side.label}, ${result.rate.toFixed(1)}/s`);
	}
	checkSameText(sides);
	for (let pair = 1; pair <= options.pairs; pair++) {
		for (const side of sides) {
			const result = await measure(side);
			side.results.push(result);
			say(`pair ${pair} of ${options.pairs}: ${side.label} ${result.rate.toFixed(1)}/s, ${result.cpuMsEach.toFixed(2)} ms of processor time each`);
		}
	}

	const rates = (key) => sides.find((side) => side.key === key).results.map(({ rate }) => rate);
	const ratios = { vsStockSendEmail: ratioOfPairs(rates('ours'), rates('stockSendEmail')), vsBareNodemailer: ratioOfPairs(rates('ours'), rates('bareNodemailer')) };
	const figures = Object.fromEntries(
		sides.map(({ key, results, mails, idleMb, busyMb }) => [
			key,
			{
				perSecond: spread(results.map(({ rate }) => rate)),
				cpuMsEach: spread(results.map(({ cpuMsEach }) => cpuMsEach)),
				residentMb: { idle: idleMb, busy: busyMb },
				mailsPerMeasurement: mails,
			},
		]),
	);
	console.log(
		`\n${table([
			[`${connections} connections`, 'mails/s', 'CPU ms each', 'MB idle', 'MB busy'],
			...sides.map(({ key, label }) => {
				const { perSecond, cpuMsEach, residentMb: memory } = figures[key];
				return [label, inWords(perSecond, 1), inWords(cpuMsEach, 2), String(memory.idle), String(memory.busy)];
			}),
		])}\n\n${ratioTable(ratios, budgets)}\n`,
	);
	const file = writeResult('send', {
		ratios,
		budgets,
		sides: figures,
		machine,
		method: { connections, batchSize, nodemailer: bare.version, warmUpSeconds: options.warmUpSeconds, pairs: options.pairs, loadAtEnd: rounded(os.loadavg()[0]) },
	});
	say(`written: ${file}`);
});
