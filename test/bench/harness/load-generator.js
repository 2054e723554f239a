/** A process of its own that plays the shop: signed deliveries over 16 connections that stay open. */
const autocannon = require('autocannon');
const { randomUUID } = require('node:crypto');
const path = require('node:path');
const { createShopper } = require('./deliveries');
const { serveOrders } = require('./processes');
const { quantile } = require('./statistics');

const connections = 16;
const nextEvent = createShopper();

/** @type {(packageDir: string) => typeof import('../../../lib/shops/generic')} */
const genericShop = (packageDir) => require(path.join(packageDir, 'dist/lib/shops/generic'));

/** Made before the clock starts, so that the generator only has to send. @param {number} count @param {string} packageDir @param {string} secret */
function prepare(count, packageDir, secret) {
	const { signGeneric } = genericShop(packageDir);
	return Array.from({ length: count }, () => {
		const body = JSON.stringify(nextEvent());
		return { method: 'POST', body, headers: { 'content-type': 'application/json', ...signGeneric({ id: `msg_${randomUUID()}`, sentAtMs: Date.now(), body, secret }) } };
	});
}

/** Each address is visited once, as a browser does. @param {{ url: string, paths: string[] }} options */
async function visit({ url, paths }) {
	const perConnection = Math.floor(paths.length / connections) - 1;
	let next = 0;
	const headers = { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1' };
	return await load(url, perConnection, (request) => Object.assign(request, { method: 'GET', headers, path: paths[next++] }));
}

/**
 * @param {{ url: string, amount: number, packageDir: string, secret: string }} options `amount` deliveries, each of them answered before this ends
 */
async function run({ url, amount, packageDir, secret }) {
	const perConnection = Math.ceil(amount / connections);
	// Each connection builds one request that it does not send.
	const deliveries = prepare((perConnection + 1) * connections, packageDir, secret);
	let next = 0;
	return await load(url, perConnection, (request) => Object.assign(request, deliveries[next++]));
}

/** @param {string} url @param {number} perConnection requests @param {(request: object) => object} setupRequest */
async function load(url, perConnection, setupRequest) {
	const latencies = [];
	const statuses = {};
	let lastAtMs = 0;
	const instance = autocannon({ url, connections, amount: perConnection * connections, timeout: 60, requests: [{ setupRequest }] });
	const startedAtMs = performance.now();
	instance.on('response', (_client, status, _bytes, responseMs) => {
		lastAtMs = performance.now();
		latencies.push(responseMs);
		statuses[status] = (statuses[status] ?? 0) + 1;
	});
	const { errors, timeouts } = await instance;
	return {
		answered: latencies.length,
		statuses,
		failed: errors + timeouts,
		seconds: (lastAtMs - startedAtMs) / 1000,
		rate: latencies.length / ((lastAtMs - startedAtMs) / 1000),
		p50Ms: quantile(latencies, 0.5),
		p99Ms: quantile(latencies, 0.99),
	};
}

serveOrders({ run, visit });
