import { randomUUID } from 'node:crypto';
import { type DefinitionsCache } from '../../journeys/definitions';
import { retryDelayMs } from '../../journeys/engine';
import { itemCart, readProducts } from '../../journeys/items';
import type { Clock } from '../../model/clock';
import { isShopJourneysError, ShopJourneysError } from '../../model/errors';
import type { JourneyItem } from '../../model/item';
import { indexes, keys, type CartRecord, type CustomerRecord, type SendRecord } from '../../model/records';
import { notSentReasons, type NotSentReason } from '../../model/reasons';
import type { ShopSettings } from '../../model/settings';
import type { Store } from '../../store/store';
import { transact } from '../../store/transaction';
import type { OutgoingMessage, SendChannel, SendOutcome } from '../channels/channel';
import { Ledger } from './ledger';
import { refusal, sampleToken, standing, type UncertainPolicy } from './guards';

/** One message to send: an item of a journey, or an item of the operator's with a campaign key. */
export interface SendJob {
	item: Partial<JourneyItem> & { [field: string]: unknown };
	/** Canonical customer, for items outside a journey. */
	customerId: string | null;
	/** Position in the node's input. */
	itemIndex: number;
	/** Recognises this message within its enrolment or campaign: step and node. */
	sendKey: string;
	/** Recognises it in the whole installation; its Message-ID is made from it. */
	messageKey: string;
	/** Outside a journey: the campaign, in which each customer gets this message once. Null inside one. */
	campaign: string | null;
}

export interface SenderOptions {
	store: Store;
	clock: Clock;
	definitions: DefinitionsCache;
	defaultSettings: ShopSettings;
	channel: SendChannel;
	/** Machine time before the second attempt at a step. */
	firstRetryMs: number;
	policy: UncertainPolicy;
	/** Outside a journey; inside, the journey's kind counts. */
	kind: 'marketing' | 'transactional';
	/** Renders a message to this customer. @throws TEMPLATE_INVALID */
	compose(job: SendJob, customer: CustomerRecord, settings: ShopSettings): OutgoingMessage;
}

export type SendResult =
	| { status: 'sent'; messageId: string; to?: string; subject?: string; response: string }
	| { status: 'not_sent'; reason: NotSentReason; sentence: string; detail?: string };

const slots = new WeakMap<SendChannel, { free: number; waiting: Array<() => void> }>();

/** Runs `work` when one of the channel's connections is free: nothing is reserved further ahead than that. */
async function withConnection<T>(channel: SendChannel, work: () => Promise<T>): Promise<T> {
	let slot = slots.get(channel);
	if (!slot) slots.set(channel, (slot = { free: channel.connections, waiting: [] }));
	if (slot.free > 0) slot.free--;
	else await new Promise<void>((resolve) => slot.waiting.push(resolve));
	try {
		return await work();
	} finally {
		const next = slot.waiting.shift();
		if (next) next();
		else slot.free++;
	}
}

/** What a batch is sent with. */
interface Run extends SenderOptions {
	/** Tells this run from others that send the same campaign. */
	id: string;
}

/**
 * Sends a batch behind the guard rails, as many at once as the channel has connections. Results come in the order of
 * the jobs; one bad job never stops the others. What is wrong with all of them is thrown once all have ended.
 */
export async function sendBatch(jobs: SendJob[], options: SenderOptions): Promise<SendResult[]> {
	const run: Run = { ...options, id: randomUUID() };
	const outcomes = await Promise.allSettled(jobs.map((job) => withConnection(options.channel, () => sendOne(job, run))));
	return outcomes.map((outcome) => {
		if (outcome.status === 'rejected') throw outcome.reason;
		return outcome.value;
	});
}

function notSent(reason: NotSentReason, detail?: string): SendResult {
	return { status: 'not_sent', reason, sentence: notSentReasons[reason].sentence, ...(detail && { detail }) };
}

async function sendOne(job: SendJob, run: Run): Promise<SendResult> {
	if (job.item.journey?.token === sampleToken) return notSent('sample');
	const reserved = await unlessStoreFails(() => reserve(job, run));
	if (reserved instanceof ShopJourneysError) return notSent('store_unavailable', reserved.message);
	if ('status' in reserved) return reserved;
	const { message } = reserved;
	return await conclude(job, message, await run.channel.send(message), run);
}

/** Does `work`; that the store cannot be reached is an answer. */
async function unlessStoreFails<T>(work: () => Promise<T>): Promise<T | ShopJourneysError> {
	try {
		return await work();
	} catch (error) {
		if (isShopJourneysError(error, 'STORE_UNAVAILABLE', 'STORE_BUSY')) return error;
		throw error;
	}
}

/**
 * Passes the guard rails and books the message in one commit that is void when customer, cart, enrolment, settings or
 * lease change at the same moment: a purchase a second ago stops it.
 */
async function reserve(job: SendJob, options: Run): Promise<{ message: OutgoingMessage } | SendResult> {
	const { store, clock, definitions, policy } = options;
	let detail: string | undefined;
	const outcome = await transact(
		store,
		async (tx): Promise<{ message: OutgoingMessage } | { reason: NotSentReason }> => {
			detail = undefined;
			const nowMs = clock.journeyNowMs();
			const journeys = await definitions.get(clock.machineNowMs());
			tx.adopt(journeys.document);
			const ledger = new Ledger(tx, job, journeys, options.id);
			const { customer, cart, settings } = await ledger.load(options.defaultSettings);
			const { enrolment, definition, token, step } = ledger;
			const isOwner = enrolment !== null && standing(enrolment, step, token, nowMs) === 'owner';
			if (isOwner) tx.requireLease({ index: indexes.due(enrolment.journey), key: keys.enrolment(enrolment.id), token });
			let reason = refusal({
				nowMs,
				settings,
				customer,
				cart,
				kind: enrolment?.kind ?? options.kind,
				enrolment: job.campaign === null ? { record: enrolment, definition, step, token } : undefined,
				sent: ledger.entry,
				token,
				policy,
			});
			let message: OutgoingMessage | null = null;
			if (!reason) {
				try {
					message = options.compose(await upToDate(job, cart, settings, store), customer!, settings);
				} catch (error) {
					if (!isShopJourneysError(error, 'TEMPLATE_INVALID')) throw error;
					reason = 'template_invalid';
					detail = error.message;
				}
			}
			if (reason || !message) {
				ledger.refuse(reason!, nowMs, detail);
				return { reason: reason! };
			}
			ledger.put({ state: 'reserved', channel: 'email', step, messageId: message.messageId, token, atMs: nowMs });
			return { message };
		},
		(key) => key === keys.definitions && definitions.clear(),
	);
	if (outcome.status !== 'committed') return notSent('superseded');
	if ('message' in outcome.result) return outcome.result;
	await retryLater(job, outcome.result.reason, options);
	return notSent(outcome.result.reason, detail);
}

/** The job with the cart as it is now: what the mail shows is true when it leaves, however long the item was under way. */
async function upToDate(job: SendJob, cart: CartRecord | null, settings: ShopSettings, store: Store): Promise<SendJob> {
	if (!cart || !job.item.cart || Date.parse(job.item.cart.updatedAt) === cart.updatedAtMs) return job;
	return { ...job, item: { ...job.item, cart: itemCart(cart, settings, await readProducts(store, [cart])) } };
}

/** Books what became of a message that was handed over, and says it. */
async function conclude(job: SendJob, message: OutgoingMessage, outcome: SendOutcome, options: Run): Promise<SendResult> {
	let reason: NotSentReason | null = null;
	if (outcome.status === 'refused') reason = outcome.permanent && outcome.scope === 'recipient' ? 'rejected' : 'provider_unavailable';
	else if (outcome.status === 'unknown') reason = options.policy === 'never_twice' ? 'unknown_delivery' : 'provider_unavailable';

	// The store may be gone by now; what became of the message is so all the same. The next attempt then finds the
	// reservation open, and the policy decides.
	await unlessStoreFails(async () => {
		await book(job, message, outcome.response, reason, options);
		if (reason) await retryLater(job, reason, options);
	});
	if (reason) return notSent(reason, outcome.response);
	return { status: 'sent', messageId: message.messageId, ...(message.channel === 'email' && 'from' in message && { to: message.to, subject: message.subject }), response: outcome.response };
}

async function book(job: SendJob, message: OutgoingMessage, answer: string, reason: NotSentReason | null, options: Run): Promise<void> {
	const { store, clock, definitions } = options;
	await transact(
		store,
		async (tx) => {
			const nowMs = clock.journeyNowMs();
			const journeys = await definitions.get(clock.machineNowMs());
			tx.adopt(journeys.document);
			const ledger = new Ledger(tx, job, journeys, options.id);
			await ledger.loadOwn();
			if (!ledger.exists) return;
			const entry: SendRecord = { state: 'sent', channel: 'email', step: ledger.step, messageId: message.messageId, token: ledger.token, atMs: nowMs };
			if (!reason) {
				ledger.put(entry);
				ledger.sent(nowMs);
				return;
			}
			// The lease ran out meanwhile and another run took over: what it booked stands.
			if (!ledger.isOurs) return;
			const response = withoutAddress(answer, message).slice(0, 200);
			if (reason === 'provider_unavailable') ledger.put(null);
			else ledger.put({ ...entry, state: reason === 'rejected' ? 'failed' : 'unknown', response });
			ledger.refuse(reason, nowMs, response);
		},
		(key) => key === keys.definitions && definitions.clear(),
	);
}

/** A server's answer as it may be kept: an erasure does not find an address in there. */
function withoutAddress(answer: string, { to }: OutgoingMessage): string {
	const addresses = typeof to === 'string' ? [to] : 'customerId' in to ? [to.email, to.phone] : [];
	return addresses.reduce<string>((text, address) => (address ? without(text, address) : text), answer);
}

function without(answer: string, address: string): string {
	return answer.replace(new RegExp(address.replace(/[^\w@]/g, '\\$&'), 'gi'), '(address)');
}

/** Gives the lease back for another attempt; the engine parks what was tried too often. */
async function retryLater(job: SendJob, reason: NotSentReason, { store, clock, firstRetryMs }: SenderOptions): Promise<void> {
	const { journey } = job.item;
	if (!journey || notSentReasons[reason].then !== 'retry') return;
	await store.release(indexes.due(journey.id), [{ key: keys.enrolment(journey.enrolment), token: journey.token }], clock.machineNowMs() + retryDelayMs(journey.attempt, firstRetryMs));
}
