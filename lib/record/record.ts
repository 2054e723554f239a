import { isDeepStrictEqual } from 'node:util';
import { type Clock, dayMs } from '../model/clock';
import type { DefinitionsCache } from '../journeys/definitions';
import { applyJourneys } from '../journeys/enrol';
import type { CartFacts, CustomerFacts, OrderFacts, ShopEvent } from '../model/events';
import { type CustomerRecord, deliveryCounters, keys } from '../model/records';
import type { Json, Store } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import { applyCart } from './carts';
import { applyBlock, applyErasure, applyUnblock, applyUnsubscribe, endUnsubscribed, finishErasures } from './customers';
import { aliasKeys, identify, type RecordContext, withFacts } from './identity';
import { applyOrder } from './orders';
import { applyProduct } from './products';

/** How long a delivery is remembered. The longest retry of a shop we know is 4 hours (Shopify); machine time. */
const rememberMs = 7 * dayMs;

export interface RecorderOptions {
	store: Store;
	clock: Clock;
	definitions: DefinitionsCache;
	newId(): string;
	hashAddress(address: string): string;
}

/** `recorded`: taken in. `duplicate`: seen before. `stale`: older than what is known; nothing changed but the memory of it. */
export type RecordOutcome = 'recorded' | 'duplicate' | 'stale';

export type Recorder = (event: ShopEvent) => Promise<RecordOutcome>;

/**
 * The one way in: whatever happens, whoever tells us. Updates customer, cart, order and product, appends to the log, and
 * opens, postpones or ends enrolments, in one atomic commit.
 * The recorder rejects with STORE_UNAVAILABLE or STORE_BUSY when nothing was stored: the sender is to try again.
 */
export function createRecorder({ store, clock, definitions, newId, hashAddress }: RecorderOptions): Recorder {
	return async (event) => {
		const outcome = await transact(
			store,
			async (tx) => {
				const machineNowMs = clock.machineNowMs();
				const context: RecordContext = { journeyNowMs: clock.journeyNowMs(), newId, hashAddress };
				const journeys = await definitions.get(machineNowMs);
				tx.adopt(journeys.document);
				tx.once(event.dedupeId, machineNowMs + rememberMs);

				const customer = await identify(tx, event, context);
				const isErasure = event.type === 'customer_erased';
				if (customer && event.customer && !isErasure) await takeFacts(tx, customer, event.customer, event, context, journeys);
				const known = customer && tx.get<CustomerRecord>(keys.customer(customer.id));

				let isNews = true;
				switch (event.type) {
					case 'cart_updated':
					case 'checkout_updated':
						isNews = await applyCart(tx, event as ShopEvent & { cart: CartFacts }, known, journeys, context);
						break;
					case 'order_placed':
					case 'order_updated':
					case 'order_paid':
					case 'order_cancelled':
					case 'order_fulfilled':
					case 'order_refunded':
						if (event.order) isNews = await applyOrder(tx, event as ShopEvent & { order: OrderFacts }, known, journeys, context);
						break;
					case 'product_updated':
					case 'product_deleted':
						if (event.product) isNews = await applyProduct(tx, event.product, event.sequenceMs ?? 0);
						break;
					case 'unsubscribed':
						isNews = known !== null && (await applyUnsubscribe(tx, known, event.source, journeys, context));
						break;
					case 'blocked':
						isNews = known !== null && (await applyBlock(tx, known, event.note, journeys, context));
						break;
					case 'unblocked':
						isNews = known !== null && applyUnblock(tx, known);
						break;
					case 'customer_erased':
						isNews = known !== null && (await applyErasure(tx, known, event.customer ? aliasKeys(event.customer) : [], journeys, context));
						break;
					default:
						break;
				}
				if (!isErasure) await applyJourneys(tx, { event, types: [event.type], customerId: customer?.id ?? null, definitions: journeys, nowMs: context.journeyNowMs });
				tx.count(deliveryCounters, `${event.source}.${isNews ? event.type : 'stale'}`);
				if (isNews && !isErasure) {
					tx.log({ atMs: Math.min(event.occurredAtMs, context.journeyNowMs), type: event.type, subject: customer ? keys.customer(customer.id) : undefined, data: summary(event) });
				}
				return isNews;
			},
			(key) => key === keys.definitions && definitions.clear(),
		);
		if (event.type === 'customer_erased') await finishErasures(store);
		if (outcome.status !== 'committed') return 'duplicate';
		return outcome.result ? 'recorded' : 'stale';
	};
}

async function takeFacts(tx: Transaction, customer: CustomerRecord, facts: CustomerFacts, event: ShopEvent, context: RecordContext, journeys: Awaited<ReturnType<DefinitionsCache['get']>>): Promise<void> {
	const next = withFacts(customer, facts, [event.occurredAtMs, event.sequenceMs ?? 0], event.source);
	if (isDeepStrictEqual(next, customer)) return;
	tx.set(keys.customer(customer.id), next);
	await endUnsubscribed(tx, customer, customer.id, journeys, context);
}

/** What the log keeps of an event: enough for a timeline, nothing that the documents hold already. */
function summary(event: ShopEvent): Json {
	const { cart, order, product, answer } = event;
	return {
		source: event.source,
		...(cart && { cart: cart.cartToken ?? cart.checkoutToken, items: cart.items.length, ...(cart.closed && { closed: cart.closed }) }),
		...(order && { order: order.orderId, totalMinor: order.totalMinor, currency: order.currency }),
		...(product && { product: product.productId }),
		...(event.note && { note: event.note }),
		...(answer && { reason: answer.reason, ...(answer.comment && { comment: answer.comment }) }),
	};
}
