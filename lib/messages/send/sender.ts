import { randomUUID } from 'node:crypto';
import { type DefinitionsCache } from '../../journeys/definitions';
import { giveBack } from '../../journeys/engine';
import { standing } from '../../journeys/enrolment';
import { itemCart } from '../../journeys/items';
import { type Clock, dayMs, secondMs } from '../../model/clock';
import { isShopJourneysError, ShopJourneysError } from '../../model/errors';
import type { MessageChannel } from '../../model/events';
import type { JourneyItem } from '../../model/item';
import { indexes, keys, type CustomerRecord, type ProductRecord, type SendRecord } from '../../model/records';
import { notSentReasons, type NotSentReason } from '../../model/reasons';
import type { ShopSettings } from '../../model/settings';
import type { Store, Versioned } from '../../store/store';
import { prepare, transact, type Transaction, type TransactionResult } from '../../store/transaction';
import type { OutgoingMessage, SendChannel, SendOutcome } from '../channels/channel';
import { isTooOld, type Refusal, refusal, sampleToken, type GuardFacts, type UncertainPolicy } from './guards';
import { Ledger } from './ledger';
import { type Offer, type OfferedParts, offerOf, type Shown, shownIn, truthful } from './truth';
import { keepWebView, trimWebViewsSometimes, zipPage } from './webViews';

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
	/** The customer's variant, where the node has an experiment. */
	variant?: string;
	/** Outside a journey: the campaign, in which each customer gets this message once. Null inside one. */
	campaign: string | null;
}

export type CodeVerdict = boolean | 'unavailable';

export interface SenderOptions {
	store: Store;
	clock: Clock;
	definitions: DefinitionsCache;
	defaultSettings: ShopSettings;
	/** The way out. */
	channel: SendChannel;
	/** What kind of message goes that way: whose consent, address and rest count. */
	messageChannel: MessageChannel;
	/** Where the way out stands for another channel (a webhook), its name. It needs no address of the customer's. */
	provider?: string;
	/** Machine time before the second attempt at a step. */
	firstRetryMs: number;
	policy: UncertainPolicy;
	/** Outside a journey; inside, the journey's kind counts. */
	kind: 'marketing' | 'transactional';
	/** Id of a topic of the shop's: marketing reaches only those who did not leave it out. */
	topic?: string;
	/** Whether the message shows what the item says, unchecked. */
	isUnchecked?: boolean;
	/**
	 * Asks the shop itself what it offers, at the moment of sending; once per message. What it cannot tell it leaves out: there what
	 * the store knows counts. Its rejections end the batch, so it should answer [] when the shop does not.
	 */
	checkLive?(shown: Shown[], job: SendJob): Promise<Offer[]>;
	/** Whether the code that a message shows can be redeemed, asked at the moment of sending; once per message. What cannot be found out now keeps the message back. */
	codeIsValid?(code: string, job: SendJob): Promise<CodeVerdict>;
	/** Whether the job's variant is one that another node sends. */
	isElsewhere?(job: SendJob): boolean;
	/** Renders a message to this customer. @throws TEMPLATE_INVALID */
	compose(job: SendJob, customer: CustomerRecord, settings: ShopSettings): OutgoingMessage;
}

export type SendResult =
	| { status: 'sent'; channel: MessageChannel; messageId: string; to?: string; subject?: string; variant?: string; providerId?: string; response: string }
	| {
			status: 'not_sent';
			channel: MessageChannel;
			reason: NotSentReason;
			sentence: string;
			detail?: string;
			/** Where it only waits: when it may leave as things stand (ISO 8601, journey time). In a journey it is tried again then by itself. */
			allowedAt?: string;
	  };

/** Lets so many in at once; the others wait in line. */
class Gate {
	private readonly waiting: Array<() => void> = [];

	constructor(private free: number) {}

	async enter(): Promise<void> {
		if (this.free > 0) this.free--;
		else await new Promise<void>((resolve) => this.waiting.push(resolve));
	}

	leave(): void {
		const next = this.waiting.shift();
		if (next) next();
		else this.free++;
	}
}

/** A message is worked out before its turn comes, but not longer than this (machine time): then once more, for what counts is the moment of sending. */
const freshMs = secondMs;

/** One call's turn at the channel: needed for what it books, from the first booking until the store was asked to confirm it all. */
class Turn {
	private entered: Promise<void> | undefined;
	private isOver = false;

	constructor(
		private readonly gate: Gate,
		private readonly clock: Clock,
	) {}

	/** Waits for the turn. Whether it came so soon that what was worked out before still counts. */
	async take(): Promise<boolean> {
		const sinceMs = this.clock.machineNowMs();
		await (this.entered ??= this.gate.enter());
		return this.clock.machineNowMs() - sinceMs <= freshMs;
	}

	/**
	 * Lets the next call book. It may do so while a confirmation is under way: the store does what it is asked in the order in which it is
	 * asked, so what was booked before is confirmed first, mostly in one transaction with what is booked now.
	 */
	giveBack(): void {
		if (this.entered && !this.isOver) this.gate.leave();
		this.isOver = true;
	}
}

/** Calls that are worked on, at most three for each connection: one ahead, one on its way, one being confirmed. Of those the ones that have booked something: as many as the channel has connections, and not more. */
const gates = new WeakMap<SendChannel, { all: Gate; booked: Gate }>();

async function inTurn<T>(channel: SendChannel, clock: Clock, work: (turn: Turn) => Promise<T>): Promise<T> {
	let gate = gates.get(channel);
	if (!gate) gates.set(channel, (gate = { all: new Gate(3 * channel.connections), booked: new Gate(channel.connections) }));
	await gate.all.enter();
	const turn = new Turn(gate.booked, clock);
	try {
		return await work(turn);
	} finally {
		turn.giveBack();
		gate.all.leave();
	}
}

/** What a batch is sent with. */
interface Run extends SenderOptions {
	/** Tells this run from others that send the same campaign. */
	id: string;
	products: Products;
}

/**
 * Sends messages behind the guard rails, as many at once as the channel has connections, each with as many messages as it takes in
 * one call. Results come in the order of the jobs; one bad job never stops the others. What is wrong with all of them is thrown once
 * all have ended.
 */
export async function sendBatch(jobs: SendJob[], options: SenderOptions): Promise<SendResult[]> {
	const { channel, store, clock } = options;
	const run: Run = { ...options, id: randomUUID(), products: new Products(store, clock) };
	const size = channel.sendMany ? Math.max(channel.batchSize ?? 1, 1) : 1;
	const loads: SendJob[][] = [];
	for (let start = 0; start < jobs.length; start += size) loads.push(jobs.slice(start, start + size));
	const outcomes = (await Promise.all(loads.map((load) => inTurn(channel, clock, (turn) => sendLoad(load, run, turn))))).flat();
	await unlessStoreFails(() => trimWebViewsSometimes(store, clock.journeyNowMs(), clock.machineNowMs()));
	return outcomes.map((outcome) => {
		if (outcome.status === 'rejected') throw outcome.reason;
		return outcome.value;
	});
}

/** A message that is booked and not handed over yet. */
interface Reserved {
	job: SendJob;
	message: OutgoingMessage;
	/** The booking and its customer as that commit left them: what the confirmation starts from. */
	documents: Array<Versioned<unknown>>;
}

/** Reserves what goes out in one call, hands it over, and books what became of it. */
async function sendLoad(jobs: SendJob[], run: Run, turn: Turn): Promise<Array<PromiseSettledResult<SendResult>>> {
	const passed = await Promise.allSettled(jobs.map((job) => passGuards(job, run, turn)));
	const reserved = passed.flatMap((one) => (one.status === 'fulfilled' && 'message' in one.value ? [one.value] : []));
	const handedOver = await Promise.allSettled([handOver(reserved, run)]);
	let unconfirmed = reserved.length;
	const onConfirming = () => {
		if (--unconfirmed === 0) turn.giveBack();
	};
	return await Promise.allSettled(
		passed.map(async (one) => {
			if (one.status === 'rejected') throw one.reason;
			if (!('message' in one.value)) return one.value;
			const [outcomes] = handedOver;
			if (outcomes.status === 'rejected') throw outcomes.reason;
			const outcome = outcomes.value[reserved.indexOf(one.value)] ?? { status: 'unknown', response: 'The provider did not say what became of it' };
			return await conclude(one.value, outcome, run, onConfirming);
		}),
	);
}

async function handOver(reserved: Reserved[], { channel }: Run): Promise<SendOutcome[]> {
	const messages = reserved.map(({ message }) => message);
	if (messages.length > 1) return await channel.sendMany!(messages);
	return await Promise.all(messages.map((message) => channel.send(message)));
}

async function passGuards(job: SendJob, run: Run, turn: Turn): Promise<Reserved | SendResult> {
	if (job.item.journey?.token === sampleToken) return notSent(run, { reason: 'sample' });
	if (run.isElsewhere?.(job)) return notSent(run, { reason: 'other_variant' });
	const reserved = await unlessStoreFails(() => reserve(job, run, turn));
	return reserved instanceof ShopJourneysError ? notSent(run, { reason: 'store_unavailable' }, reserved.message) : reserved;
}

function notSent({ messageChannel }: SenderOptions, { reason, allowedAtMs }: Refusal, detail?: string): SendResult {
	const { sentence } = notSentReasons[reason];
	return { status: 'not_sent', channel: messageChannel, reason, sentence, ...(detail && { detail }), ...(allowedAtMs !== undefined && { allowedAt: new Date(allowedAtMs).toISOString() }) };
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

type Decision = { message: OutgoingMessage; documents: Array<Versioned<unknown>> } | { refused: Refusal; detail?: string };

/**
 * Passes the guard rails and books the message, and that it takes the customer's attention, in one commit that is void when
 * customer, cart, enrolment, settings or lease change at the same moment: a purchase a second ago stops it, and of two messages
 * that fall into one rest only one is booked, whichever processes send them.
 */
async function reserve(job: SendJob, run: Run, turn: Turn): Promise<Reserved | SendResult> {
	const { clock, definitions } = run;
	const asked = new Asked(job, run);
	let isViewKnown = false;
	const body = async (tx: Transaction): Promise<Decision> => {
		const nowMs = clock.journeyNowMs();
		const ledger = await openLedger(tx, job, run);
		const { customer, cart, settings } = await ledger.load(run.defaultSettings);
		const { enrolment, definition, token, step } = ledger;
		const isOwner = enrolment !== null && standing(enrolment, step, token, nowMs) === 'owner';
		if (isOwner) tx.requireLease({ index: indexes.due(enrolment.journey), key: keys.enrolment(enrolment.id), token });
		const kind = enrolment?.kind ?? run.kind;
		const facts: GuardFacts = {
			nowMs,
			settings,
			channel: run.messageChannel,
			needsAddress: run.provider === undefined,
			topic: run.topic,
			messageKey: job.messageKey,
			customer,
			cart,
			kind,
			enrolment: job.campaign === null ? { record: enrolment, definition, step, token } : undefined,
			rivals: kind === 'marketing' ? await ledger.rivals(customer) : [],
			sent: ledger.entry,
			token,
			policy: run.policy,
			throttledUntilMs: throttledUntilMs(run),
		};
		const decided = await decide(facts, job, asked, run);
		if ('refused' in decided) {
			ledger.refuse(decided.refused, nowMs, decided.detail);
			const { reason, allowedAtMs } = decided.refused;
			return allowedAtMs === undefined || ledger.isInTime(allowedAtMs) ? decided : { refused: { reason }, detail: 'By then the journey is older than its maximum age.' };
		}
		const { message } = decided;
		ledger.put({ state: 'reserved', channel: run.messageChannel, step, messageId: message.messageId, token, atMs: nowMs, ...(message.variant !== undefined && { variant: message.variant }), ...(run.provider !== undefined && { provider: run.provider }) });
		if (kind === 'marketing') ledger.bookContact(nowMs);
		if ('webViewHtml' in message && message.webViewHtml !== undefined) {
			const key = keys.webView(message.messageId);
			// It is there already only when this message was tried before.
			if (isViewKnown) await tx.load([key]);
			else tx.adopt({ key, version: 0, value: null });
			keepWebView(tx, message.messageId, { customerId: customer!.id, atMs: nowMs, html: zipPage(message.webViewHtml) });
		}
		return { message, documents: ledger.committed() };
	};
	const onConflict = (key: string) => {
		if (key === keys.definitions) definitions.clear();
		isViewKnown = true;
	};
	const outcome = await commitInTurn(run, body, onConflict, turn);
	if (outcome.status !== 'committed') return notSent(run, { reason: 'superseded' });
	const decision = outcome.result;
	if ('message' in decision) return { job, ...decision };
	await retryLater(job, decision.refused.reason, run);
	return notSent(run, decision.refused, decision.detail);
}

/** Works a message out, waits for its turn only then, and books it. Nobody who waits for a document keeps a turn from others, and the other way round. */
async function commitInTurn(run: Run, body: (tx: Transaction) => Promise<Decision>, onConflict: (key: string) => void, turn: Turn): Promise<TransactionResult<Decision>> {
	const knownThrottle = throttledUntilMs(run);
	const prepared = await prepare(run.store, body);
	// What does not leave needs no turn. What was sent meanwhile may have told that the provider asks for time.
	if ('refused' in prepared.result || ((await turn.take()) && throttledUntilMs(run) === knownThrottle)) {
		const outcome = await prepared.commit();
		if (outcome.status !== 'conflict') return outcome;
		onConflict(outcome.key);
		await turn.take();
	}
	return await transact(run.store, body, onConflict);
}

async function openLedger(tx: Transaction, job: SendJob, { clock, definitions, messageChannel, id }: Run): Promise<Ledger> {
	const journeys = await definitions.get(clock.machineNowMs());
	tx.adopt(journeys.document);
	return new Ledger(tx, job, journeys, messageChannel, id);
}

/** The guard rails in their order, and between them the message itself. */
async function decide(facts: GuardFacts, job: SendJob, asked: Asked, run: Run): Promise<{ message: OutgoingMessage } | { refused: Refusal; detail?: string }> {
	const refused = refusal(facts);
	if (refused) return { refused };
	const item = await itemOfNow(facts, job, asked, run);
	if (!item) return { refused: { reason: 'sold_out' } };
	if (isTooOld(facts)) return { refused: { reason: 'too_old' } };
	let message: OutgoingMessage;
	try {
		message = run.compose(item === job.item ? job : { ...job, item }, facts.customer!, facts.settings);
	} catch (error) {
		if (!isShopJourneysError(error, 'TEMPLATE_INVALID')) throw error;
		return { refused: { reason: 'template_invalid' }, detail: error.message };
	}
	const { discountCode } = message;
	const verdict = discountCode ? await asked.codeIsValid(discountCode) : true;
	return verdict === true ? { message } : { refused: { reason: verdict === 'unavailable' ? 'code_unavailable' : 'code_invalid' }, detail: discountCode };
}

/** Guard rail 7: the item with the cart as it is now and nothing in it that is sold out or dearer than it says, however long it was under way. Null when nothing is left to offer. */
async function itemOfNow({ cart, enrolment, settings, kind }: GuardFacts, job: SendJob, asked: Asked, { products, isUnchecked }: Run): Promise<SendJob['item'] | null> {
	let { item } = job;
	if (cart && item.cart && Date.parse(item.cart.updatedAt) !== cart.updatedAtMs) {
		item = { ...item, cart: itemCart(cart, settings, await products.get(cart.items)) };
	}
	if (isUnchecked) return item;
	const parts = offeredParts(item, kind, enrolment);
	const variantId = enrolment?.record?.variantId;
	const shown = shownIn(parts, variantId);
	if (shown.length === 0) return item;
	const known = await products.get(shown);
	const stored = shown.map((one) => offerOf(known.get(keys.product(one.productId)), one)).filter((offer) => offer !== null);
	// The last word on a product counts: the shop's own.
	const now = truthful(parts, [...stored, ...(await asked.live(shown))], settings.currency, variantId);
	return now === parts || now === null ? now && item : { ...item, ...now };
}

/**
 * What of an item offers something. The product of a journey that waits for its return is known to be sold out. A product of an order
 * that was placed is only spoken of, unless it is to be ordered again; so is what a message about a purchase names.
 */
function offeredParts({ cart, product, view, picks, order }: SendJob['item'], kind: 'marketing' | 'transactional', enrolment: GuardFacts['enrolment']): OfferedParts {
	const { endsOn = [], anchor } = enrolment?.definition ?? {};
	const isAboutOrder = order !== undefined || enrolment?.record?.orderId !== undefined;
	const isReorder = kind === 'marketing' && anchor?.type === 'supply';
	const isOffered = !endsOn.includes('restocked') && (!isAboutOrder || isReorder);
	return {
		...(Array.isArray(cart?.items) && { cart }),
		...(isOffered && typeof product?.id === 'string' && { product }),
		...(isOffered && typeof view?.productId === 'string' && { view }),
		...(Array.isArray(picks) && picks.length > 0 && { picks }),
	};
}

/** What is asked outside for one message: once, however often its commit has to be tried. */
class Asked {
	private offers: Promise<Offer[]> | null = null;
	private readonly codes = new Map<string, Promise<CodeVerdict>>();

	constructor(
		private readonly job: SendJob,
		private readonly options: SenderOptions,
	) {}

	live(shown: Shown[]): Promise<Offer[]> {
		return (this.offers ??= this.options.checkLive?.(shown, this.job) ?? Promise.resolve([]));
	}

	codeIsValid(code: string): Promise<CodeVerdict> {
		let answer = this.codes.get(code);
		if (!answer) this.codes.set(code, (answer = this.options.codeIsValid?.(code, this.job) ?? Promise.resolve(true)));
		return answer;
	}
}

/** How long a product that was read serves for further messages of a batch: they mostly show the same ones. Machine time. */
const productLifeMs = secondMs;

class Products {
	private readonly found = new Map<string, { readAtMs: number; product: Promise<ProductRecord | null> }>();

	constructor(
		private readonly store: Store,
		private readonly clock: Clock,
	) {}

	/** Products by their keys. */
	async get(shown: Array<Pick<Shown, 'productId'>>): Promise<Map<string, ProductRecord>> {
		const nowMs = this.clock.machineNowMs();
		const wanted = [...new Set(shown.map(({ productId }) => keys.product(productId)))];
		const missing = wanted.filter((key) => nowMs - (this.found.get(key)?.readAtMs ?? -Infinity) > productLifeMs);
		if (missing.length > 0) {
			const reading = this.store.read<ProductRecord>(missing);
			missing.forEach((key, position) => {
				const product = reading.then((documents) => documents[position].value);
				product.catch(() => this.found.delete(key));
				this.found.set(key, { readAtMs: nowMs, product });
			});
		}
		const products = await Promise.all(wanted.map(async (key) => [key, await this.found.get(key)!.product] as const));
		return new Map(products.filter((entry): entry is [string, ProductRecord] => entry[1] !== null));
	}
}

/** Until when a provider has asked us to wait. Machine time. */
const throttles = new WeakMap<SendChannel, number>();
/** Nobody is believed who asks for longer. */
const longestThrottleMs = dayMs;

/** The same as journey time; undefined where nothing is to be waited for. */
function throttledUntilMs({ channel, clock }: Run): number | undefined {
	const leftMs = (throttles.get(channel) ?? -Infinity) - clock.machineNowMs();
	return leftMs > 0 ? clock.journeyNowMs() + leftMs * clock.speed : undefined;
}

/** Books what became of a message that was handed over, and says it. @param onConfirming called once the store has been asked to book it */
async function conclude(reserved: Reserved, outcome: SendOutcome, run: Run, onConfirming: () => void): Promise<SendResult> {
	const refused = refusalBy(outcome, run);
	// The store may be gone by now; what became of the message is so all the same. The next attempt then finds the
	// reservation open, and the policy decides.
	await unlessStoreFails(async () => {
		await book(reserved, outcome, refused, run, onConfirming);
		if (refused) await retryLater(reserved.job, refused.reason, run);
	});
	if (refused) return notSent(run, refused, outcome.response);
	const { message } = reserved;
	return {
		status: 'sent',
		channel: run.messageChannel,
		messageId: message.messageId,
		...(typeof message.to === 'string' && { to: message.to }),
		...('subject' in message && { subject: message.subject }),
		...(message.variant !== undefined && { variant: message.variant }),
		...(outcome.status === 'sent' && outcome.providerId !== undefined && { providerId: outcome.providerId }),
		response: outcome.response,
	};
}

/** What an outcome means for the message, other than that it left. */
function refusalBy(outcome: SendOutcome, { channel, clock, policy }: Run): Refusal | null {
	if (outcome.status === 'sent') return null;
	if (outcome.status === 'unknown') return { reason: policy === 'never_twice' ? 'unknown_delivery' : 'provider_unavailable' };
	if (outcome.permanent && outcome.scope === 'recipient') return { reason: 'rejected' };
	if (outcome.retryAfterMs === undefined) return { reason: 'provider_unavailable' };
	const waitMs = Math.min(Math.max(outcome.retryAfterMs, secondMs), longestThrottleMs);
	if (outcome.scope === 'provider') throttles.set(channel, Math.max(throttles.get(channel) ?? 0, clock.machineNowMs() + waitMs));
	return { reason: 'throttled', allowedAtMs: Math.ceil(clock.journeyNowMs() + waitMs * clock.speed) };
}

async function book({ job, message, documents }: Reserved, outcome: SendOutcome, refused: Refusal | null, run: Run, onConfirming: () => void): Promise<void> {
	const { store, clock, definitions } = run;
	let isFirst = true;
	await transact(
		store,
		async (tx) => {
			// Mostly nothing has happened since it was reserved: then nothing needs to be read.
			if (isFirst) documents.forEach((document) => tx.adopt(document));
			isFirst = false;
			const nowMs = clock.journeyNowMs();
			const ledger = await openLedger(tx, job, run);
			await ledger.loadOwn();
			if (!ledger.exists) return;
			if ('goneEndpoints' in outcome && outcome.goneEndpoints?.length) ledger.forgetEndpoints(outcome.goneEndpoints);
			if ('isUnsubscribed' in outcome) ledger.unsubscribe(nowMs);
			const entry: SendRecord = {
				state: 'sent',
				channel: run.messageChannel,
				step: ledger.step,
				messageId: message.messageId,
				token: ledger.token,
				atMs: nowMs,
				...(message.variant !== undefined && { variant: message.variant }),
				...(run.provider !== undefined && { provider: run.provider }),
			};
			if (!refused) {
				// What the provider tells of it may come before its own answer does.
				const { response: _response, ...told }: Partial<SendRecord> = ledger.entry ?? {};
				ledger.put({ ...told, ...entry, ...(outcome.status === 'sent' && outcome.providerId !== undefined && { providerId: outcome.providerId }) });
				ledger.sent(nowMs, message.variant);
				return;
			}
			// The lease ran out meanwhile and another run took over: what it booked stands.
			if (!ledger.isOurs) return;
			// It did not leave: others may write to the customer instead. What is uncertain may have arrived.
			if (outcome.status === 'refused') ledger.giveContactBack();
			const response = withoutAddress(outcome.response, message).slice(0, 200);
			if (refused.reason === 'provider_unavailable' || refused.reason === 'throttled') ledger.put(null);
			else ledger.put({ ...entry, state: refused.reason === 'rejected' ? 'failed' : 'unknown', response });
			ledger.refuse(refused, nowMs, response);
		},
		(key) => key === keys.definitions && definitions.clear(),
		onConfirming,
	);
}

/** A provider's answer as it may be kept: an erasure does not find an address in there. */
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
	await giveBack({ store, clock, firstRetryMs }, journey, [{ key: keys.enrolment(journey.enrolment), token: journey.token, attempt: journey.attempt }]);
}
