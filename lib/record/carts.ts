import type { Definitions } from '../journeys/definitions';
import { end, enrolmentId, enter, mayEnter, postpone } from '../journeys/enrolment';
import type { CartFacts, ShopEvent } from '../model/events';
import { type AliasRecord, type CartRecord, type CustomerRecord, type EndReason, type EnrolmentRecord, type JourneyDefinition, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import type { RecordContext } from './identity';

/** Reads the carts that a cart token and a checkout token name. Both tokens of one purchase lead to one cart. */
export async function findCart(tx: Transaction, tokens: { cartToken?: string; checkoutToken?: string }): Promise<{ id: string | null; strayId: string | null }> {
	const byCart = tokens.cartToken ? keys.alias('cart', tokens.cartToken) : undefined;
	const byCheckout = tokens.checkoutToken ? keys.alias('checkout', tokens.checkoutToken) : undefined;
	await tx.load([byCart, byCheckout]);
	const cartId = byCart ? tx.get<AliasRecord>(byCart)?.id : undefined;
	const checkoutId = byCheckout ? tx.get<AliasRecord>(byCheckout)?.id : undefined;
	const id = cartId ?? checkoutId ?? null;
	const strayId = checkoutId && checkoutId !== id ? checkoutId : null;
	await tx.load([id && keys.cart(id), strayId && keys.cart(strayId)].map((key) => key ?? undefined));
	return { id, strayId };
}

/** Makes both tokens lead to this cart from now on. */
export async function nameCart(tx: Transaction, id: string, tokens: { cartToken?: string; checkoutToken?: string }): Promise<void> {
	for (const [kind, token] of [['cart', tokens.cartToken], ['checkout', tokens.checkoutToken]] as const) {
		if (!token) continue;
		const key = keys.alias(kind, token);
		await tx.load([key]);
		if (tx.get<AliasRecord>(key)?.id !== id) tx.set(key, { id });
	}
}

export function newCartId(tokens: { cartToken?: string; checkoutToken?: string }): string {
	return tokens.cartToken ?? `checkout-${tokens.checkoutToken}`;
}

/** Loads everything an enrolment decision about this cart may touch: enrolments by journey, and the customers they belong to. */
async function loadEnrolments(tx: Transaction, definitions: Definitions, cartId: string, customer: CustomerRecord | null): Promise<Map<string, EnrolmentRecord | null>> {
	const ofCart = definitions.active.filter(({ trigger }) => trigger === 'cart').map(({ id }) => enrolmentId(id, cartId));
	const ids = [...new Set([...ofCart, ...Object.keys(customer?.open ?? {})])];
	await tx.load(ids.map(keys.enrolment));
	const enrolments = new Map(ids.map((id) => [id, tx.get<EnrolmentRecord>(keys.enrolment(id))]));
	await tx.load([...enrolments.values()].map((enrolment) => enrolment?.status === 'open' ? keys.customer(enrolment.customerId) : undefined));
	return enrolments;
}

/** Ends the open enrolments of a cart, for all journeys that this cart is or was enrolled in. */
export async function endOfCart(tx: Transaction, definitions: Definitions, cart: CartRecord, reason: EndReason, context: RecordContext): Promise<void> {
	if (!cart.customerId) return;
	await tx.load([keys.customer(cart.customerId)]);
	const customer = tx.get<CustomerRecord>(keys.customer(cart.customerId));
	const enrolments = await loadEnrolments(tx, definitions, cart.id, customer);
	for (const enrolment of enrolments.values()) {
		if (enrolment?.status === 'open' && enrolment.cartId === cart.id) {
			end(tx, definitions.byId.get(enrolment.journey) ?? null, enrolment, reason, context.journeyNowMs);
		}
	}
}

type Freshness = readonly [updatedAtMs: number, sequenceMs: number];

function isOlder([updatedAtMs, sequenceMs]: Freshness, [otherUpdatedAtMs, otherSequenceMs]: Freshness): boolean {
	return updatedAtMs < otherUpdatedAtMs || (updatedAtMs === otherUpdatedAtMs && sequenceMs < otherSequenceMs);
}

/**
 * The cart after an event. A shop's cart and checkout have timestamps of their own (Shopify: milliseconds and whole
 * seconds), so each stage is judged against its own last word; contents come from the later of the two.
 * Returns null when the event is stale.
 */
export function withCartFacts(cart: CartRecord | null, id: string, facts: CartFacts, sequenceMs: number): CartRecord | null {
	if (cart?.closed) return null;
	const fresh: Freshness = [facts.updatedAtMs, sequenceMs];
	const lastOfStage = cart?.seen[facts.stage];
	if (lastOfStage && isOlder(fresh, lastOfStage)) return null;
	const seen = { ...cart?.seen, [facts.stage]: fresh };
	const base = { id, createdAtMs: Math.min(cart?.createdAtMs ?? Infinity, facts.updatedAtMs), seen, customerId: cart?.customerId };
	const stage = cart?.stage === 'checkout' ? 'checkout' : facts.stage;
	const closed = facts.closed === 'completed' ? ('ordered' as const) : facts.closed;
	const isLatest = !cart || facts.updatedAtMs > cart.updatedAtMs || (facts.updatedAtMs === cart.updatedAtMs && facts.stage === stage);
	const content = isLatest ? facts : cart;
	return {
		...base,
		stage,
		items: content.items,
		currency: content.currency ?? cart?.currency ?? facts.currency,
		totalMinor: content.totalMinor,
		recoveryUrl: (facts.stage === stage ? facts.recoveryUrl : undefined) ?? cart?.recoveryUrl ?? facts.recoveryUrl,
		acceptsMarketing: facts.acceptsMarketing ?? cart?.acceptsMarketing,
		updatedAtMs: Math.max(facts.updatedAtMs, cart?.updatedAtMs ?? -Infinity),
		...(closed && { closed }),
	};
}

/** Records a cart as it stands and lets the journeys see it. Returns whether the event was news. */
export async function applyCart(tx: Transaction, event: ShopEvent & { cart: CartFacts }, customer: CustomerRecord | null, definitions: Definitions, context: RecordContext): Promise<boolean> {
	const { id: knownId, strayId } = await findCart(tx, event.cart);
	const id = knownId ?? newCartId(event.cart);
	await tx.load([keys.cart(id)]);
	const before = tx.get<CartRecord>(keys.cart(id));
	const updated = withCartFacts(before, id, event.cart, event.sequenceMs ?? 0);
	if (!updated) return false;
	await nameCart(tx, id, event.cart);
	const stray = strayId ? tx.get<CartRecord>(keys.cart(strayId)) : null;
	if (stray && !stray.closed) {
		await endOfCart(tx, definitions, stray, 'replaced', context);
		tx.set(keys.cart(stray.id), { ...stray, closed: 'deleted' });
	}
	const cart: CartRecord = { ...updated, customerId: customer?.id ?? updated.customerId ?? stray?.customerId };
	tx.set(keys.cart(id), cart);
	await enrolCart(tx, cart, definitions, context);
	return true;
}

/** Enters, postpones or ends what the journeys have to do with this cart. */
async function enrolCart(tx: Transaction, cart: CartRecord, definitions: Definitions, context: RecordContext): Promise<void> {
	if (!cart.customerId) return;
	await tx.load([keys.customer(cart.customerId)]);
	const customer = tx.get<CustomerRecord>(keys.customer(cart.customerId));
	if (!customer) return;
	const enrolments = await loadEnrolments(tx, definitions, cart.id, customer);
	const changedAtMs = Math.min(cart.updatedAtMs, context.journeyNowMs);

	for (const enrolment of enrolments.values()) {
		if (enrolment?.status !== 'open' || enrolment.cartId !== cart.id) continue;
		const definition = definitions.byId.get(enrolment.journey) ?? null;
		const reason = endReason(cart, definition);
		if (reason) end(tx, definition, enrolment, reason, context.journeyNowMs);
		else if (definition) {
			if (enrolment.customerId !== customer.id) transfer(tx, enrolment, customer.id);
			postpone(tx, definition, tx.get<EnrolmentRecord>(keys.enrolment(enrolment.id))!, changedAtMs);
		}
	}

	for (const definition of definitions.active) {
		const previous = tx.get<EnrolmentRecord>(keys.enrolment(enrolmentId(definition.id, cart.id)));
		if (!wantsCart(definition, cart, customer, changedAtMs, context.journeyNowMs) || !mayEnter(definition, previous, context.journeyNowMs)) continue;
		const others = [...enrolments.values()].filter((other) => other?.status === 'open' && other.cartId !== undefined && other.cartId !== cart.id);
		// One cart per customer at a time: the one touched last.
		if (others.some((other) => other!.enteredAtMs > changedAtMs)) continue;
		for (const other of others) {
			const current = tx.get<EnrolmentRecord>(keys.enrolment(other!.id))!;
			if (current.status === 'open') end(tx, definitions.byId.get(current.journey) ?? null, current, 'replaced', context.journeyNowMs);
		}
		enter(tx, definition, tx.get<CustomerRecord>(keys.customer(customer.id))!, { cart: cart.id }, changedAtMs);
	}
}

function endReason(cart: CartRecord, definition: JourneyDefinition | null): EndReason | null {
	if (cart.closed === 'ordered') return 'bought';
	if (cart.closed === 'deleted') return 'cart_deleted';
	if (definition && !definition.watch.includes(cart.stage)) return 'checkout_started';
	if (cart.items.length === 0 && (!definition || definition.endsOn.includes('emptied'))) return 'emptied';
	return null;
}

/** Whether a cart is one that this journey takes in: its stage, something in it, changed since the journey is on, not bought since, not too old. */
function wantsCart(definition: JourneyDefinition, cart: CartRecord, customer: CustomerRecord, changedAtMs: number, nowMs: number): boolean {
	return (
		definition.trigger === 'cart' &&
		definition.watch.includes(cart.stage) &&
		!cart.closed &&
		cart.items.length > 0 &&
		changedAtMs >= definition.activeFromMs &&
		changedAtMs > (customer.orders.lastAtMs ?? -Infinity) &&
		nowMs - changedAtMs < definition.maxAgeMs &&
		customer.erasedAtMs === undefined &&
		!customer.suppressed &&
		!(definition.kind === 'marketing' && customer.consent.email?.status === 'unsubscribed')
	);
}

/** The cart turned out to be somebody else's (a corrected address at checkout): the enrolment goes with it. */
function transfer(tx: Transaction, enrolment: EnrolmentRecord, customerId: string): void {
	const from = tx.get<CustomerRecord>(keys.customer(enrolment.customerId));
	if (from) {
		const { [enrolment.id]: entry, ...open } = from.open;
		tx.set(keys.customer(from.id), { ...from, open });
		const to = tx.get<CustomerRecord>(keys.customer(customerId))!;
		tx.set(keys.customer(customerId), { ...to, open: { ...to.open, [enrolment.id]: entry ?? { journey: enrolment.journey, cart: enrolment.cartId } } });
	}
	tx.set(keys.enrolment(enrolment.id), { ...enrolment, customerId });
}
