import { isDeepStrictEqual } from 'node:util';
import type { Programme } from '../loyalty/programme';
import { type Clock, dayMs } from '../model/clock';
import type { Definitions, DefinitionsCache } from '../journeys/definitions';
import { applyJourneys } from '../journeys/enrol';
import { type CartFacts, type EventType, type MessageFacts, type OrderFacts, orderIdOf, type ParcelFacts, type ProductFacts, type ReturnFacts, type ShopEvent } from '../model/events';
import { type CustomerRecord, deliveryCounters, type HistoryRecord, keys, type OrderRecord } from '../model/records';
import { maxGoods } from '../picks/fold';
import { indexChanges } from '../segments/indexes';
import type { Json, Store } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import { applyAnswers } from './answers';
import { applyCart, reconsiderCart } from './carts';
import { redeemCodes } from './codes';
import { applyBlock, applyUnblock, applyUnsubscribe, endUnsubscribed } from './endings';
import { applyErasure } from './erasure';
import { withBuyer } from './confirmation';
import { counted, happeningOf } from './history';
import { aliasesOf, identify, type Identified, loadCustomer, normaliseFacts, type RecordContext } from './identity';
import { applyAnswer, applyMessage } from './messages';
import { applyOrderPoints } from './orderPoints';
import { applyOrder, applyParcel, type Happened } from './orders';
import { type PointsChanged, tellPoints } from './points';
import { applyProduct } from './products';
import { withEngagement } from './engagement';
import { askedToConfirm, withRequests } from './optIn';
import { withFacts } from './profile';
import { loadNamed } from './reads';
import { applyRestockRequest, tellRestocked } from './restock';
import { applyReturn } from './returns';

/** How long a delivery is remembered. The longest retry of a shop we know is 4 hours (Shopify); machine time. */
const rememberMs = 7 * dayMs;
/** Customers merged by one commit; `customers_merged` may name more. */
const mergedAtOnce = 3;

export interface RecorderOptions {
	store: Store;
	clock: Clock;
	definitions: DefinitionsCache;
	newId(): string;
	hashAddress(address: string): string;
	/** The shop's country (ISO 3166 alpha-2), for phone numbers without a country code; asked only when an event brings a phone number. */
	country?(): Promise<string | undefined>;
	/** Whether a subscription to e-mail is to be confirmed first; asked only when an event brings consent. */
	doubleOptIn?(): Promise<boolean>;
	/** The shop's loyalty programme, null where it has none; asked only when something happens that points may come of. */
	loyalty?(): Promise<Programme | null>;
	/** Called when a commit has left work for a task (see tasks.ts); not awaited. */
	onTask?(): void;
}

/** `recorded`: taken in. `duplicate`: seen before. `stale`: older than what is known; nothing changed but the memory of it. */
export type RecordOutcome = 'recorded' | 'duplicate' | 'stale';

export type Recorder = (event: ShopEvent) => Promise<RecordOutcome>;

/** What one event came to. */
interface Recorded {
	/** With normalised facts. */
	event: ShopEvent;
	/** Not the repetition of what is known, nor older than it. */
	isNews: boolean;
	/**
	 * What happened by it: the event itself where it is news, what an order has come to by whatever delivery (each once per
	 * order), and what follows: `subscribed`, `opt_in_requested`, `product_restocked`.
	 */
	happened: Happened[];
	/** The journey of the message it is about. */
	journey?: string;
	/** Whose event it is: named by it, else the owner of its cart, order or return. Never somebody who was erased. */
	customer: CustomerRecord | null;
}

/**
 * The one way in: whatever happens, whoever tells us. Updates customer, cart, order, return and product, appends to the log,
 * and opens, postpones or ends enrolments, in one atomic commit.
 * The recorder rejects with STORE_UNAVAILABLE or STORE_BUSY when nothing was stored: the sender is to try again.
 */
export function createRecorder(options: RecorderOptions): Recorder {
	const recordOne = async (event: ShopEvent): Promise<RecordOutcome> => {
		const { store, clock, definitions, country, doubleOptIn, onTask } = options;
		let hasTask = false;
		const mustConfirm = bringsConsent(event) && (await doubleOptIn?.()) === true;
		const told = event.customer ? { ...event, customer: normaliseFacts(event.customer, event.customer.phone ? await country?.() : undefined) } : event;
		const outcome = await transact(
			store,
			async (tx) => {
				const machineNowMs = clock.machineNowMs();
				const context = contextOf(options, event);
				const journeys = await definitions.get(machineNowMs);
				tx.adopt(journeys.document);
				tx.once(event.dedupeId, machineNowMs + rememberMs);
				if (event.signedToken !== undefined) tx.once(event.signedToken, machineNowMs + rememberMs);
				const isNews = await take(tx, told, journeys, context, mustConfirm);
				await indexChanges(tx);
				tx.count(deliveryCounters, `${event.source}.${isNews ? event.type : 'stale'}`);
				hasTask = tx.changed('task:').length > 0;
				return isNews;
			},
			(key) => key === keys.definitions && definitions.clear(),
		);
		if (outcome.status !== 'committed') return 'duplicate';
		if (hasTask) onTask?.();
		return outcome.result ? 'recorded' : 'stale';
	};
	return async (event) => {
		const outcomes: RecordOutcome[] = [];
		for (const part of parts(event)) outcomes.push(await recordOne(part));
		return outcomes.find((outcome) => outcome === 'recorded') ?? outcomes[0];
	};
}

/** A merge of many accounts is told as several merges of a few. */
function parts(event: ShopEvent): ShopEvent[] {
	const { mergedShopCustomerIds: ids = [] } = event;
	if (event.type !== 'customers_merged' || ids.length <= mergedAtOnce) return [event];
	const starts = ids.map((_id, index) => index).filter((index) => index % mergedAtOnce === 0);
	return starts.map((start) => ({ ...event, dedupeId: `${event.dedupeId}/${start}`, mergedShopCustomerIds: ids.slice(start, start + mergedAtOnce) }));
}

/** Each address is hashed once per event. */
function contextOf({ store, clock, newId, hashAddress, loyalty }: RecorderOptions, { isHistory = false }: ShopEvent): RecordContext {
	const hashes = new Map<string, string>();
	let programme: Promise<Programme | null> | undefined;
	return {
		pointsNews: [],
		programme: () => (programme ??= loyalty?.() ?? Promise.resolve(null)),
		journeyNowMs: clock.journeyNowMs(),
		newId,
		hashAddress: (address) => {
			if (!hashes.has(address)) hashes.set(address, hashAddress(address));
			return hashes.get(address)!;
		},
		isHistory,
		store,
	};
}

/** Records an event with normalised facts. Returns whether it was news. */
async function take(tx: Transaction, told: ShopEvent, journeys: Definitions, context: RecordContext, mustConfirm: boolean): Promise<boolean> {
	if (told.type === 'customer_erased') return await applyErasure(tx, told.customerId, aliasesOf(told), journeys, context);
	await loadNamed(tx, told, journeys, context);
	const event = await withBuyer(tx, told);
	const identified = await identify(tx, event, journeys, context);
	const isAsked = identified?.facts !== undefined && (await takeFacts(tx, identified, event, journeys, context, mustConfirm));
	const recorded = await apply(tx, event, identified && current(tx, identified.customer), journeys, context);
	if (identified?.hasChanged) await reconsiderCart(tx, identified.customer.id, journeys, context);
	if (identified && hasSubscribed(identified.customer, current(tx, identified.customer))) recorded.happened.push({ type: 'subscribed', atMs: event.occurredAtMs });
	if (isAsked) recorded.happened.push({ type: 'opt_in_requested', atMs: event.occurredAtMs });
	if (recorded.customer) await keepDoings(tx, recorded, identified !== null, context);
	const points = await applyPoints(tx, event, context);
	// Everything is applied: now the journeys see what happened.
	await applyJourneys(tx, { event, happened: recorded.happened, customerId: recorded.customer?.id ?? null, definitions: journeys, nowMs: context.journeyNowMs });
	keepLog(tx, recorded, context);
	for (const { customerId, news } of [...context.pointsNews, ...points]) if (customerId !== null) await tellPoints(tx, customerId, news, { nowMs: context.journeyNowMs, definitions: journeys, isHistory: context.isHistory });
	return recorded.isNews;
}

/** What the event's order does to points; shops without a programme are not kept up by it. */
async function applyPoints(tx: Transaction, event: ShopEvent, context: RecordContext): Promise<PointsChanged[]> {
	const programme = orderIdOf(event) === undefined ? null : await context.programme();
	return programme ? await applyOrderPoints(tx, event, { programme, nowMs: context.journeyNowMs }) : [];
}

const current = (tx: Transaction, { id }: CustomerRecord) => tx.get<CustomerRecord>(keys.customer(id))!;

/** Returns whether the customer is to be asked to confirm a subscription. */
async function takeFacts(tx: Transaction, { customer, facts, toldAt }: Identified, event: ShopEvent, journeys: Definitions, context: RecordContext, mustConfirm: boolean): Promise<boolean> {
	const told = withFacts(customer, withRequests(customer, facts!, event, mustConfirm), toldAt, event.source);
	const { customer: next, isAsked } = askedToConfirm(customer, told, event, mustConfirm, context.journeyNowMs);
	if (isDeepStrictEqual(next, customer)) return false;
	tx.set(keys.customer(customer.id), next);
	await endUnsubscribed(tx, customer, customer.id, journeys, context);
	return isAsked;
}

const bringsConsent = ({ customer }: ShopEvent) => (customer?.emailConsent ?? customer?.smsConsent ?? customer?.whatsappConsent) !== undefined;

function hasSubscribed(before: CustomerRecord, after: CustomerRecord): boolean {
	return before.consent.email?.status !== 'subscribed' && after.consent.email?.status === 'subscribed';
}

/** Takes the event into the documents that it is about. */
async function apply(tx: Transaction, event: ShopEvent, known: CustomerRecord | null, journeys: Definitions, context: RecordContext): Promise<Recorded> {
	const happenedItself = (isNews: boolean): Happened[] => (isNews ? [{ type: event.type, atMs: event.occurredAtMs }] : []);
	const simply = (isNews: boolean): Recorded => ({ event, isNews, happened: happenedItself(isNews), customer: known });
	const owner = async (id: string | undefined) => known ?? living(await loadCustomer(tx, id));
	switch (event.type) {
		case 'cart_updated':
		case 'checkout_updated': {
			const { isNews, cart } = await applyCart(tx, event as ShopEvent & { cart: CartFacts }, known, journeys, context);
			return { ...simply(isNews), customer: await owner(cart.customerId) };
		}
		case 'order_placed':
		case 'order_updated':
		case 'order_paid':
		case 'order_cancelled':
		case 'order_fulfilled':
		case 'order_delivered':
		case 'order_held':
		case 'order_awaiting_payment':
		case 'order_refunded': {
			const applied = event.order
				? await applyOrder(tx, event as ShopEvent & { order: OrderFacts }, known, journeys, context)
				: event.parcel
					? await applyParcel(tx, event as ShopEvent & { parcel: ParcelFacts }, journeys, context)
					: null;
			if (applied) {
				const { isNews, order } = applied;
				const happened = [...applied.happened, ...(await redeemCodes(tx, order, journeys, context))];
				return { event, isNews, happened: [...happened, ...happenedItself(isNews && !milestones.has(event.type))], customer: await owner(order.customerId) };
			}
			if (!event.refund) return simply(!event.parcel);
			await tx.load([keys.order(event.refund.orderId)]);
			return { ...simply(true), customer: await owner(tx.get<OrderRecord>(keys.order(event.refund.orderId))?.customerId) };
		}
		case 'return_updated': {
			if (!event.return) return simply(true);
			const { isNews, customerId } = await applyReturn(tx, event as ShopEvent & { return: ReturnFacts }, known, context);
			return { ...simply(isNews), customer: await owner(customerId) };
		}
		case 'product_updated':
		case 'product_deleted':
		case 'product_restocked': {
			if (!event.product) return simply(true);
			const { isNews, product, restocked } = await applyProduct(tx, event as ShopEvent & { product: ProductFacts }, context.journeyNowMs);
			await tellRestocked(tx, restocked, product.updatedAtMs, context);
			const isDerived = restocked.length > 0 && event.type !== 'product_restocked';
			return { ...simply(isNews), happened: [...happenedItself(isNews), ...(isDerived ? [{ type: 'product_restocked' as const, atMs: event.occurredAtMs }] : [])] };
		}
		case 'restock_requested':
			return simply(known !== null && (await applyRestockRequest(tx, event, known, context)));
		case 'unsubscribed':
			return simply(known !== null && (await applyUnsubscribe(tx, known, event, journeys, context)));
		case 'blocked':
			return simply(known !== null && (await applyBlock(tx, known, event.note, journeys, context)));
		case 'unblocked':
			return simply(known !== null && applyUnblock(tx, known, context.journeyNowMs));
		case 'message_opened':
		case 'message_clicked':
		case 'message_delivered':
		case 'message_bounced':
		case 'message_complained':
		case 'message_replied': {
			const { isNews, isHeard, journey } = await applyMessage(tx, event, known, journeys, context);
			return { ...simply(isNews), happened: happenedItself(isHeard), ...(journey !== undefined && { journey }) };
		}
		case 'rated':
		case 'surveyed':
		case 'preferences_changed':
		case 'push_subscribed':
		case 'push_unsubscribed': {
			await applyAnswer(tx, event, known, context);
			const hasChanged = known !== null && applyAnswers(tx, event, known, context.journeyNowMs);
			// A language or a consent that came along is news too; a browser told of once more is none.
			return simply(hasChanged || (known !== null && event.type === 'preferences_changed'));
		}
		case 'cart_answered':
			await applyAnswer(tx, event, known, context);
			return simply(true);
		default:
			return simply(true);
	}
}

/** What an order comes to once, by whatever delivery: see orders.ts. */
const milestones = new Set<EventType>(['order_placed', 'order_paid', 'order_cancelled', 'order_fulfilled', 'order_delivered', 'order_held', 'order_awaiting_payment']);

/** What follows from an event of another kind, and conditions count. */
const followers = new Set<EventType>(['subscribed', 'opt_in_requested', 'code_redeemed']);

const living = (customer: CustomerRecord | null) => (customer?.erasedAtMs === undefined ? customer : null);

/** Counts what the customer did: in the history, and where conditions ask for it all the time in the customer's own document. */
async function keepDoings(tx: Transaction, { event, happened, customer }: Recorded, isNamed: boolean, context: RecordContext): Promise<void> {
	const { id } = customer!;
	const before = current(tx, customer!);
	const after = withEngagement(before, event, context.journeyNowMs);
	if (after !== before) tx.set(keys.customer(id), after);
	// An order counts what it has come to by itself. A cart that names nobody tells of nobody, whoever else has it. What a machine does is nobody's doing.
	const counts = !milestones.has(event.type) && (isNamed || !event.cart) && !event.message?.isMachine ? [happeningOf(event, context.journeyNowMs)] : [];
	for (const { type, atMs } of happened) if (followers.has(type)) counts.push({ recent: { atMs: Math.min(atMs, context.journeyNowMs), type }, fields: [type] });
	if (counts.length === 0) return;
	const key = keys.history(id);
	await tx.load([key]);
	tx.set(key, counted(tx.get<HistoryRecord>(key), counts, context.journeyNowMs));
}

/** The event itself where it is news, and what else happened by it. */
function keepLog(tx: Transaction, { event, isNews, happened, customer, journey }: Recorded, context: RecordContext): void {
	const followed = happened.filter(({ type }) => type !== event.type);
	const entries = [...(isNews ? [{ type: event.type, atMs: event.occurredAtMs }] : []), ...followed];
	for (const { type, atMs } of entries) {
		const data = { ...summary(event), ...goodsOf(tx, event, happened.find((one) => one.type === type)), ...(journey !== undefined && { journey }) };
		tx.log({ atMs: Math.min(atMs, context.journeyNowMs), type, subject: customer ? keys.customer(customer.id) : undefined, data });
	}
}

/** What an order held when it was placed or cancelled, told once: what picks are derived from (lib/picks/fold.ts). */
function goodsOf(tx: Transaction, event: ShopEvent, happened: Happened | undefined): { [field: string]: Json } {
	if (!happened || happened.isAgain || (happened.type !== 'order_placed' && happened.type !== 'order_cancelled')) return {};
	const order = tx.get<OrderRecord>(keys.order(orderIdOf(event)!));
	const goods = [...new Set(order?.items.flatMap(({ productId, quantity }) => (quantity > 0 ? [productId] : [])))].slice(0, maxGoods);
	return order && goods.length > 0 ? { goods, placedAtMs: order.placedAtMs } : {};
}

/** What the log keeps of an event: enough for a timeline, nothing that the documents hold already. */
function summary(event: ShopEvent): { [field: string]: Json | undefined } {
	const { cart, order, refund, product, variantId, view, custom, answer, note, message, rating, survey, contact, preferences } = event;
	const told = event.return;
	const orderId = orderIdOf(event) ?? told?.orderId;
	return {
		source: event.source,
		...(cart && { cart: cart.cartToken ?? cart.checkoutToken, items: cart.items.length, ...(cart.closed && { closed: cart.closed }) }),
		...(orderId !== undefined && { order: orderId }),
		...(order && { totalMinor: order.totalMinor, currency: order.currency }),
		...(refund && { amountMinor: refund.amountMinor, currency: refund.currency }),
		...(told && { return: told.returnId, status: told.status }),
		...(product && { product: product.productId }),
		...(variantId !== undefined && { variant: variantId }),
		...(view && { view: viewOf(view) }),
		...(custom && { name: custom.name, ...(custom.data && { data: { ...custom.data } }) }),
		...(event.mergedShopCustomerIds && { merged: event.mergedShopCustomerIds }),
		...(note && { note }),
		...(answer && { reason: answer.reason, ...(answer.comment && { comment: answer.comment }) }),
		...(message && messageOf(message)),
		...(rating && { stars: rating.stars, order: rating.orderId, product: rating.productId, comment: rating.comment?.slice(0, maxWords) }),
		...(survey && { score: survey.score, topics: survey.topics, comment: survey.comment?.slice(0, maxWords) }),
		...(contact && { way: contact.way, topic: contact.topic, text: contact.text?.slice(0, maxWords) }),
		...(preferences && { ...preferences }),
	};
}

/** Of a message what tells it from others; never an address, and never more of a link than the page it led to. */
function messageOf({ channel, journey, campaign, step, variant, productId, category, url, isMachine, bounce, detail }: MessageFacts): { [field: string]: Json | undefined } {
	return { channel, journey, campaign, step, variant, product: productId, category, page: url?.split(/[?#]/)[0].slice(0, maxWords), machine: isMachine, bounce, detail: detail?.slice(0, maxWords) };
}

/** Longer words of customers and providers are cut off in the log. */
const maxWords = 500;

/** Of a view what tells it from others; the rest is in the history for a while. */
function viewOf({ path, productId, productTitle, category, query, seconds }: NonNullable<ShopEvent['view']>): Json {
	return { path, product: productId, title: productTitle, category, query, seconds };
}
