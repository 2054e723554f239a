import { type EventType, orderIdOf, type ShopEvent } from '../model/events';
import type { ProductRule, ProductRulesRecord } from '../model/productRules';
import { type Anchor, type CustomerRecord, type EnrolmentRecord, type HistoryRecord, type JourneyDefinition, keys, type OrderRecord, type ProductRecord, type ReturnRecord } from '../model/records';
import type { Facts, ProductWithRule } from '../segments/fields';
import type { Transaction } from '../store/transaction';
import { dateMs, ruleOfLine } from './anchor';
import { applyBrowse } from './browse';
import type { Definitions } from './definitions';
import { applyEndings, applyReaction, endOpen, isOverAlready } from './endings';
import { dataOf, type EventSurroundings } from './eventData';
import { type About, end, enrolmentId, entityOf, hasNotBegun, restart } from './enrolment';
import { followsGoods, keptView, tryEnter, whereOf } from './gate';
import { firstStep, zoneOf } from './schedule';
import { applySegments } from './segments';

/** Of one order, so many products begin journeys, all journeys together: a commit is bounded. */
const maxProducts = 12;

/** What the recorder hands over when an event's facts have been applied in the same transaction. */
export interface Happening {
	event: ShopEvent;
	/** What happened by it, and when (journey time): the event itself, and what was worked out from it (`subscribed`, `order_awaiting_payment` ...). */
	happened: ReadonlyArray<{ type: EventType; atMs: number }>;
	/** Whose it is; null when nobody is known. */
	customerId: string | null;
	definitions: Definitions;
	/** Journey time. */
	nowMs: number;
}

/**
 * Lets all journeys but those of carts (lib/record/carts.ts) see an event: ends what it ends, enters whom it brings in, and
 * keeps membership of segments. Runs inside the recorder's transaction, so all of it is true at once or not at all.
 * Nobody enters by a history import.
 */
export async function applyJourneys(tx: Transaction, { event, happened, customerId, definitions, nowMs }: Happening): Promise<void> {
	await applyEndings(tx, event, customerId, definitions, nowMs);
	if (customerId !== null && happened.some(({ type }) => type === 'subscribed')) await endOpen(tx, customerId, ['subscribed'], () => 'subscribed', definitions, nowMs);
	if (happened.some(({ type }) => type === event.type)) await applyReaction(tx, event, customerId, definitions, nowMs);
	const owner = customerId ?? ownerOfOrder(tx, event);
	if (owner === null) return;
	await tx.load([keys.customer(owner)]);
	await followDates(tx, event, owner, definitions, nowMs);
	if (!event.isHistory) {
		await applyEvents(tx, event, happened, owner, definitions, nowMs);
		await applyBrowse(tx, definitions.active, event, owner, nowMs);
	}
	await applySegments(tx, owner, event.isHistory === true, definitions, nowMs);
}

/** Lets journeys see that facts of a customer are others now, where no event tells of it (points held for a checkout): dates move, and segments are entered and left. */
export async function applyFacts(tx: Transaction, { customerId, definitions, nowMs }: Pick<Happening, 'definitions' | 'nowMs'> & { customerId: string }): Promise<void> {
	await followDates(tx, undefined, customerId, definitions, nowMs);
	await applySegments(tx, customerId, false, definitions, nowMs);
}

function ownerOfOrder(tx: Transaction, event: ShopEvent): string | null {
	const orderId = orderIdOf(event);
	return orderId !== undefined && tx.has(keys.order(orderId)) ? (tx.get<OrderRecord>(keys.order(orderId))?.customerId ?? null) : null;
}

/**
 * A birthday was corrected, a payment put off: journeys that count from it and have not begun to write move along. Points that expire are
 * another matter all the time: once they are spent no message of them is true any more, so those journeys move with what expires next, from the step they are at, and end where nothing does.
 */
async function followDates(tx: Transaction, event: ShopEvent | undefined, customerId: string, definitions: Definitions, nowMs: number): Promise<void> {
	const customer = tx.get<CustomerRecord>(keys.customer(customerId));
	const before = tx.before<CustomerRecord>(keys.customer(customerId));
	const dated = Object.entries(customer?.open ?? {}).filter(([, { journey }]) => definitions.byId.get(journey)?.anchor?.type === 'date');
	if (!customer || !before || dated.length === 0) return;
	const orderKey = keys.order((event && orderIdOf(event)) ?? '');
	const [order, orderBefore] = tx.has(orderKey) ? [tx.get<OrderRecord>(orderKey), tx.before<OrderRecord>(orderKey)] : [null, null];
	await tx.load(dated.map(([id]) => keys.enrolment(id)));
	for (const [id, { journey }] of dated) {
		const definition = definitions.byId.get(journey)!;
		const enrolment = tx.get<EnrolmentRecord>(keys.enrolment(id));
		const { of } = definition.anchor as Extract<Anchor, { type: 'date' }>;
		const isOfPoints = of === 'points_expiry';
		if (enrolment?.status !== 'open' || (!isOfPoints && !hasNotBegun(enrolment)) || (of === 'payment_due' && enrolment.orderId !== order?.orderId)) continue;
		const zone = zoneOf(customer, definition);
		const date = dateMs(of, customer, order, nowMs, zone);
		if (date === dateMs(of, before, orderBefore, nowMs, zone)) continue;
		if (date === null) {
			if (isOfPoints) end(tx, definition, enrolment, 'no_date', nowMs);
			continue;
		}
		const first = firstStep(definition, date, nowMs, zone) ?? enrolment.step;
		restart(tx, definition, enrolment, date, hasNotBegun(enrolment) ? first : Math.max(first, enrolment.step));
	}
}

type Happened = Happening['happened'];

/** What a journey listens to of what happened. */
function heard({ trigger, events = [], eventName }: JourneyDefinition, event: ShopEvent, happened: Happened): Happened[number] | undefined {
	if (trigger !== 'event') return undefined;
	return happened.find(({ type }) => events.includes(type) && (type !== 'custom' || event.custom?.name === eventName));
}

/** The documents that an event speaks of. */
interface Subjects {
	order: OrderRecord | null;
	returned: ReturnRecord | null;
	/** Ids, those of an order by the order of its lines. */
	products: string[];
}

async function subjectsOf(tx: Transaction, event: ShopEvent, productJourneys: number): Promise<Subjects> {
	const returned = event.return && tx.has(keys.return(event.return.returnId)) ? tx.get<ReturnRecord>(keys.return(event.return.returnId)) : null;
	const orderId = orderIdOf(event) ?? returned?.orderId ?? event.rating?.orderId;
	const order = orderId === undefined ? null : ((await tx.peek<OrderRecord>([keys.order(orderId)])).get(keys.order(orderId)) ?? null);
	const items = order?.items ?? event.refund?.items ?? event.cart?.items ?? [];
	// A rating of one product of an order is about that one.
	const named = event.product?.productId ?? event.view?.productId ?? event.message?.productId ?? event.rating?.productId;
	const products = [...new Set([named, ...(event.rating?.productId === undefined ? items : []).map(({ productId }) => productId)].filter((id) => id !== undefined))];
	return { order, returned, products: products.slice(0, Math.max(1, Math.floor(maxProducts / Math.max(1, productJourneys)))) };
}

async function applyEvents(tx: Transaction, event: ShopEvent, happened: Happened, customerId: string, definitions: Definitions, nowMs: number): Promise<void> {
	const listening = definitions.active.flatMap((definition) => {
		const what = heard(definition, event, happened);
		return what ? [{ definition, type: what.type, atMs: Math.min(what.atMs, nowMs) }] : [];
	});
	if (listening.length === 0) return;
	const customer = tx.get<CustomerRecord>(keys.customer(customerId));
	if (!customer) return;
	const subjects = await subjectsOf(tx, event, listening.filter(({ definition }) => definition.subject === 'product').length);
	const needsRules = listening.some(({ definition }) => followsGoods(definition) || whereOf(definition).needs.rules);
	const needsProducts = needsRules || listening.some(({ definition }) => whereOf(definition).needs.product);
	const products = needsProducts ? await tx.peek<ProductRecord>(subjects.products.map(keys.product)) : new Map<string, ProductRecord>();
	const rules = needsRules ? ((await tx.peek<ProductRulesRecord>([keys.productRules])).get(keys.productRules) ?? null) : null;
	const goods = subjects.order && rules ? goodsOf(subjects.order, rules, products) : undefined;
	if (event.type === 'message_clicked' || listening.some(({ definition }) => whereOf(definition).needs.history)) await tx.load([keys.history(customerId)]);

	for (const { definition, type, atMs } of listening) {
		if (isOverAlready(definition, subjects.order, subjects.returned, type)) continue;
		const entries = entriesOf(definition, customer, event, type, subjects, atMs, dataOf(event, surroundingsOf(tx, customerId, subjects.returned, nowMs)));
		await tx.load(entries.map(({ entity }) => keys.enrolment(enrolmentId(definition.id, entity))));
		for (const { entity, about } of entries) {
			const productId = about.productId ?? subjects.products[0];
			const product = products.get(keys.product(productId ?? '')) ?? null;
			const lines = subjects.order?.items.filter(({ productId }) => productId === about.productId) ?? [];
			tryEnter(tx, definition, {
				customerId,
				entity,
				about,
				atMs,
				nowMs,
				order: subjects.order,
				product,
				rules,
				...(subjects.order && about.productId !== undefined && { purchase: { productId: about.productId, lines, placedAtMs: subjects.order.placedAtMs } }),
				facts: factsOf(tx, customerId, event, type, { ...subjects, order: subjects.order && { ...subjects.order, goods } }, rules && productId !== undefined ? withRule(productId, product, event, subjects.order, rules) : product, nowMs),
			});
		}
	}
}

/** What the product rules say of an order's goods: hard when any of them is. */
function goodsOf({ items }: OrderRecord, { rules }: ProductRulesRecord, products: Map<string, ProductRecord>): ProductRule['goods'] {
	const kinds = items.map((line) => ruleOfLine(rules, line, products.get(keys.product(line.productId)) ?? null).goods);
	return kinds.includes('hard') ? 'hard' : kinds.find((kind) => kind !== undefined);
}

/** The product that the event is about, with what the product rules say of it. The catalogue need not know it. */
function withRule(productId: string, product: ProductRecord | null, { cart, view, occurredAtMs }: ShopEvent, order: OrderRecord | null, { rules }: ProductRulesRecord): ProductWithRule {
	const line = [...(order?.items ?? []), ...(cart?.items ?? [])].find((item) => item.productId === productId) ?? { productId, category: view?.productId === productId ? view.category : undefined };
	return { ...(product ?? { productId, category: line.category, updatedAtMs: occurredAtMs }), rule: ruleOfLine(rules, line, product) };
}

function surroundingsOf(tx: Transaction, customerId: string, returned: ReturnRecord | null, nowMs: number): EventSurroundings {
	return { returned, history: tx.has(keys.history(customerId)) ? tx.get<HistoryRecord>(keys.history(customerId)) : null, nowMs };
}

function factsOf(tx: Transaction, customerId: string, event: ShopEvent, type: EventType, { order, returned }: Pick<Subjects, 'returned'> & Pick<Facts, 'order'>, product: ProductWithRule | null, nowMs: number): Facts {
	const surroundings = surroundingsOf(tx, customerId, returned, nowMs);
	return { history: surroundings.history, order, product, view: event.view ?? null, event: { type, name: event.custom?.name, data: dataOf(event, surroundings) } };
}

/** What the journey would be about: one for each of its subjects that the event names. */
function entriesOf(definition: JourneyDefinition, customer: CustomerRecord, event: ShopEvent, type: EventType, { order, returned, products }: Subjects, atMs: number, data: ReturnType<typeof dataOf>): Array<{ entity: string; about: About }> {
	const about: About = {
		...(order && { orderId: order.orderId }),
		...(returned && { returnId: returned.returnId }),
		...(event.view && { view: keptView(event.view) }),
		event: { type, atMs, ...(event.custom && { name: event.custom.name }), ...(data && { data }) },
	};
	switch (definition.subject) {
		case 'order':
			return order ? [{ entity: order.orderId, about }] : [];
		case 'return':
			return returned ? [{ entity: returned.returnId, about }] : [];
		case 'product':
			return products.map((productId) => ({
				entity: productEntity(customer.id, productId, event.variantId),
				about: { ...about, productId, ...(event.variantId !== undefined && { variantId: event.variantId }), ...categoryOf(order, productId) },
			}));
		default: {
			const [productId] = products;
			// Of a cart, the first product for which the conditions hold.
			if (products.length > 1 && !order && whereOf(definition).needs.product) return products.map((id) => ({ entity: entityOf(definition, customer), about: { ...about, productId: id } }));
			const hasOne = products.length === 1 && !order;
			return [{ entity: entityOf(definition, customer), about: { ...about, ...(hasOne && { productId }), ...(hasOne && event.variantId !== undefined && { variantId: event.variantId }) } }];
		}
	}
}

function categoryOf(order: OrderRecord | null, id: string): Pick<About, 'category'> {
	const category = order?.items.find(({ productId }) => productId === id)?.category;
	return category === undefined ? {} : { category };
}

/** One enrolment per customer and product. */
export function productEntity(customerId: string, productId: string, variantId?: string): string {
	return `${customerId}/${productId}${variantId === undefined ? '' : `/${variantId}`}`;
}
