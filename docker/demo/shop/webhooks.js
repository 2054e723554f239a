/**
 * Tells n8n what happened: signed as Standard Webhooks asks, one after the other, again and again until it is taken.
 * The queue is kept on disk, so that nothing is lost when n8n is not up yet or the shop is restarted.
 */
const { createHmac, randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const firstRetryMs = 500;
const longestRetryMs = 15_000;
const timeoutMs = 10_000;
const kept = 60;
/** Answers that will not change when the same delivery is sent again. 404 may: n8n has not opened the address yet. */
const finalRefusals = [400, 401, 403, 405, 413, 415, 422];

/**
 * @param {{ id: string, sentAtMs: number, body: string, secret: string }} delivery
 * @returns {Record<string, string>}
 */
function signatureHeaders({ id, sentAtMs, body, secret }) {
	const timestamp = String(Math.floor(sentAtMs / 1000));
	const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
	const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
	return { 'X-Shop-Journeys-Id': id, 'X-Shop-Journeys-Timestamp': timestamp, 'X-Shop-Journeys-Signature': `v1,${signature}` };
}

/**
 * @typedef {object} Delivery
 * @property {string} id the same over all attempts
 * @property {string} type
 * @property {string} cartToken which page shows it
 * @property {string} body
 * @property {number} createdAtMs
 * @property {number} attempts
 * @property {'waiting' | 'taken' | 'refused'} state
 * @property {string} [answer] what n8n said last
 * @property {number} [answeredAtMs]
 */

class Webhooks {
	/** @param {{ file: string, url: string, secret: string, send?: typeof fetch, now?: () => number, onChange?: () => void }} options */
	constructor({ file, url, secret, send = fetch, now = Date.now, onChange = () => {} }) {
		Object.assign(this, { file, url, secret, send, now, onChange });
		/** @type {Delivery[]} */
		this.deliveries = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : [];
		this.working = false;
		this.stopped = new AbortController();
	}

	/** What waits is on disk, and goes out when the shop is started again. */
	stop() {
		this.stopped.abort();
	}

	save() {
		// What is still waiting stays, however much it is.
		const surplus = this.deliveries.length - kept;
		if (surplus > 0) this.deliveries = this.deliveries.filter(({ state }, index) => index >= surplus || state === 'waiting');
		fs.mkdirSync(path.dirname(this.file), { recursive: true });
		fs.writeFileSync(`${this.file}.new`, JSON.stringify(this.deliveries));
		fs.renameSync(`${this.file}.new`, this.file);
		this.onChange();
	}

	/** @param {{ type: string }} event @param {string} cartToken */
	tell(event, cartToken) {
		this.deliveries.push({ id: randomUUID(), type: event.type, cartToken, body: JSON.stringify(event), createdAtMs: this.now(), attempts: 0, state: 'waiting' });
		this.save();
		void this.work();
	}

	/** Sends what waits, in order: a later cart must not overtake an earlier one. */
	async work() {
		if (this.working || this.stopped.signal.aborted) return;
		this.working = true;
		try {
			let next;
			while ((next = this.deliveries.find(({ state }) => state === 'waiting'))) {
				await this.attempt(next);
				if (this.stopped.signal.aborted) return;
				if (next.state !== 'waiting') continue;
				const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (next.attempts - 1));
				await sleep(waitMs, undefined, { signal: this.stopped.signal }).catch(() => {});
				if (this.stopped.signal.aborted) return;
			}
		} finally {
			this.working = false;
		}
	}

	/** @param {Delivery} delivery */
	async attempt(delivery) {
		delivery.attempts++;
		try {
			const response = await this.send(this.url, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...signatureHeaders({ id: delivery.id, sentAtMs: this.now(), body: delivery.body, secret: this.secret }) },
				body: delivery.body,
				signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.stopped.signal]),
			});
			const text = (await response.text()).slice(0, 300);
			delivery.answer = `${response.status}${response.ok ? '' : ` ${text}`}`;
			// For a moment of its start n8n answers 200 to anything, before any node is loaded.
			if (response.ok && !text.startsWith('n8n is starting up')) delivery.state = 'taken';
			else if (finalRefusals.includes(response.status)) delivery.state = 'refused';
		} catch (error) {
			delivery.answer = `no answer (${error.cause?.code ?? error.name})`;
		}
		delivery.answeredAtMs = this.now();
		this.save();
	}
}

module.exports = { Webhooks, signatureHeaders };
