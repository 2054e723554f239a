import { createHash, randomUUID } from 'node:crypto';
import { DefinitionsCache, register, renewHeartbeat } from '../../../lib/journeys/definitions';
import type { Programme } from '../../../lib/loyalty/programme';
import { type Clock, createClock, dayMs, hourMs } from '../../../lib/model/clock';
import type { CartFacts, CustomerFacts, LineItem, OrderFacts, ShopEvent, ViewFacts } from '../../../lib/model/events';
import { type CartRecord, type CustomerRecord, type EnrolmentRecord, type HistoryRecord, indexes, type JourneyDefinition, keys, type OrderRecord } from '../../../lib/model/records';
import { findCustomer } from '../../../lib/record/identity';
import { createRecorder, type Recorder } from '../../../lib/record/record';
import { journeyTaskHandlers } from '../../../lib/journeys/tasks';
import { recordTaskHandlers } from '../../../lib/record/tasks';
import { workTasks } from '../../../lib/tasks/tasks';
import { openStore } from '../../../lib/store/open';
import type { Store, StoreConfig, StoreHub } from '../../../lib/store/store';

/** When every test's shop opens. */
export const opening = Date.parse('2026-03-02T08:00:00Z');

/** A shop on a real store, in memory unless told otherwise, with a clock that only moves when told. */
export interface Shop {
	hub: StoreHub;
	store: Store;
	clock: Clock;
	definitions: DefinitionsCache;
	record: Recorder;
	/** The shop's country, for phone numbers. */
	country?: string;
	/** Whether the shop wants subscriptions confirmed. */
	doubleOptIn?: boolean;
	/** Its loyalty programme. */
	programme: Programme | null;
	loyalty(): Promise<Programme | null>;
	/** Works off all tasks that are free. */
	workTasks(): Promise<number>;
	/** Moves both clocks. */
	pass(ms: number): void;
	/** Both clocks stand here. */
	now(): number;
	switchOn(journey: Partial<JourneyDefinition>, mode?: 'init' | 'activate'): Promise<JourneyDefinition>;
}

let shops = 0;

/** @param watch stands between the shop and its store, to count or to fail */
export function openShop(where: string | StoreConfig = ':memory:', watch = (store: Store) => store): Shop {
	let nowMs = opening;
	const hub = openStore(typeof where === 'string' ? { driver: 'sqlite', file: where } : where);
	// The memory store is one per process: a scope of its own keeps shops apart.
	const store = watch(hub.scope(`shop-${++shops}`));
	const clock = createClock({ machineMs: opening, journeyMs: opening, speed: 1 }, () => nowMs);
	const definitions = new DefinitionsCache(store);
	let customers = 0;
	const shop: Shop = {
		hub,
		store,
		clock,
		definitions,
		record: createRecorder({ store, clock, definitions, newId: () => `customer-${++customers}`, hashAddress: (address) => createHash('sha256').update(address).digest('hex'), country: async () => shop.country, doubleOptIn: async () => shop.doubleOptIn === true, loyalty: () => shop.loyalty() }),
		programme: null,
		loyalty: async () => shop.programme,
		workTasks: () => workTasks(store, clock, { ...recordTaskHandlers, ...journeyTaskHandlers }),
		pass: (ms) => {
			nowMs += ms;
		},
		now: () => nowMs,
		async switchOn(journey, mode = 'activate') {
			const full = { ...cartJourney, ...journey };
			const { definition } = await register(store, full, { mode, owner: 'test', journeyNowMs: nowMs, machineNowMs: nowMs });
			definitions.clear();
			return definition;
		},
	};
	return shop;
}

export const cartJourney: Omit<JourneyDefinition, 'activeFromMs'> = {
	id: 'carts',
	name: 'Abandoned Cart',
	workflowId: 'workflow',
	nodeName: 'Cart Abandoned Trigger',
	trigger: 'cart',
	subject: 'cart',
	watch: ['cart'],
	kind: 'marketing',
	steps: [
		{ name: '1 hour', delayMs: hourMs },
		{ name: '1 day', delayMs: dayMs },
		{ name: '3 days', delayMs: 3 * dayMs },
	],
	endsOn: ['order', 'emptied'],
	reentryAfterMs: null,
	maxAgeMs: 7 * dayMs,
	emitEnded: true,
};

export const checkoutJourney: typeof cartJourney = { ...cartJourney, id: 'checkouts', name: 'Abandoned Checkout', watch: ['checkout'] };

/** Renews the heartbeat as a running trigger does. */
export async function beat(shop: Shop, journey: string): Promise<void> {
	await renewHeartbeat(shop.store, journey, 'test', shop.now());
}

export const tea: LineItem = { productId: 'tea', title: 'Green Tea', quantity: 1, unitPriceMinor: 1250 };
export const pot: LineItem = { productId: 'pot', title: 'Tea Pot', quantity: 1, unitPriceMinor: 4900 };

export const anna: CustomerFacts = { email: 'Anna@Example.com', firstName: 'Anna' };
export const ben: CustomerFacts = { email: 'ben@example.com', firstName: 'Ben' };

type Extra = Partial<ShopEvent>;

/** A cart as it stood at a time. */
export function cartEvent(atMs: number, cart: Partial<CartFacts> = {}, extra: Extra = {}): ShopEvent {
	const stage = cart.stage ?? 'cart';
	return {
		type: stage === 'cart' ? 'cart_updated' : 'checkout_updated',
		dedupeId: randomUUID(),
		occurredAtMs: atMs,
		source: 'test',
		...extra,
		cart: { cartToken: 'cart-a', stage, items: [tea], currency: 'EUR', updatedAtMs: atMs, ...cart },
	};
}

/** A checkout as it stood at a time. */
export function checkoutEvent(atMs: number, cart: Partial<CartFacts> = {}, extra: Extra = {}): ShopEvent {
	return cartEvent(atMs, { checkoutToken: 'checkout-a', ...cart, stage: 'checkout' }, extra);
}

/** An order placed, and last changed, at a time. */
export function orderEvent(atMs: number, order: Partial<OrderFacts> = {}, extra: Extra = {}): ShopEvent {
	return {
		type: 'order_placed',
		dedupeId: randomUUID(),
		occurredAtMs: order.updatedAtMs ?? atMs,
		source: 'test',
		...extra,
		order: { orderId: 'order-1', items: [tea], currency: 'EUR', totalMinor: 1250, placedAtMs: atMs, updatedAtMs: atMs, ...order },
	};
}

/** What the shop says of a customer at a time. */
export function customerEvent(atMs: number, customer: CustomerFacts, extra: Extra = {}): ShopEvent {
	return { type: 'customer_updated', dedupeId: randomUUID(), occurredAtMs: atMs, source: 'test', customer, ...extra };
}

/** What a browser saw. */
export function viewEvent(atMs: number, view: ViewFacts, extra: Extra = {}): ShopEvent {
	return { type: 'product_viewed', dedupeId: randomUUID(), occurredAtMs: atMs, source: 'tracking', view, ...extra };
}

/** Anything else that happened. */
export function eventOf(type: ShopEvent['type'], atMs: number, extra: Extra = {}): ShopEvent {
	return { type, dedupeId: randomUUID(), occurredAtMs: atMs, source: 'test', ...extra };
}

async function value<T>({ store }: Shop, key: string): Promise<T | null> {
	return (await store.read<T>([key]))[0].value;
}

export const customerById = (shop: Shop, id: string) => value<CustomerRecord>(shop, keys.customer(id));
export const cartById = (shop: Shop, id: string) => value<CartRecord>(shop, keys.cart(id));
export const orderById = (shop: Shop, id: string) => value<OrderRecord>(shop, keys.order(id));

export const historyOf = (shop: Shop, id: string) => value<HistoryRecord>(shop, keys.history(id));
export const customerByEmail = (shop: Shop, email: string) => findCustomer(shop.store, keys.alias('email', email));
export const customerByVisitor = (shop: Shop, visitorId: string) => findCustomer(shop.store, keys.alias('visitor', visitorId));
export const customerByAccount = (shop: Shop, id: string) => findCustomer(shop.store, keys.alias('shop-customer', id));

/** All counters of a customer, whatever the day. */
export async function countersOf(shop: Shop, id: string): Promise<Record<string, number>> {
	const totals: Record<string, number> = {};
	for (const day of Object.values((await historyOf(shop, id))?.days ?? {})) for (const [field, count] of Object.entries(day)) totals[field] = (totals[field] ?? 0) + count;
	return totals;
}

/** The enrolment of a cart in a journey, whatever became of it. */
export function enrolmentOf(shop: Shop, journey: string, cart = 'cart-a'): Promise<EnrolmentRecord | null> {
	return value<EnrolmentRecord>(shop, keys.enrolment(`${journey}:${cart}`));
}

/** Carts that wait for their next step in a journey. */
export async function waiting(shop: Shop, journey: string): Promise<Array<{ cart: string; dueAtMs: number }>> {
	const entries = await shop.store.walk(indexes.due(journey), { limit: 1000 });
	return entries.map(({ key, value: dueAtMs }) => ({ cart: key.slice(keys.enrolment(`${journey}:`).length), dueAtMs }));
}
