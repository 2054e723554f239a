import { isDeepStrictEqual } from 'node:util';
import type { Definitions } from '../journeys/definitions';
import { purchaseEchoMs } from '../journeys/endings';
import { end, enrolmentId, enter, mayEnter, postpone } from '../journeys/enrolment';
import { takesMarketing } from '../journeys/gate';
import type { CartFacts, ShopEvent } from '../model/events';
import { type AliasRecord, cartAliases, type CartRecord, type CustomerRecord, type EndReason, type EnrolmentRecord, type JourneyDefinition, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import { belongs, namelessCart } from './belongings';
import { cartOf, mergeCarts } from './cartWords';
import { loadCustomer, type RecordContext } from './identity';
import { isKnown, laterCart } from './mergeCustomers';

type Tokens = Pick<CartFacts, 'cartToken' | 'checkoutToken'>;

/**
 * Finds the cart that the tokens name, or the id for a new one, and makes both tokens lead to it from now on. When they
 * prove two carts to be one, the two are merged (`isJoined`), and the caller sees to what is under way for it. The cart is loaded.
 */
export async function openCart(tx: Transaction, tokens: Tokens, definitions: Definitions, context: RecordContext): Promise<{ id: string; isJoined: boolean }> {
	const aliases = cartAliases(tokens);
	await tx.load(aliases);
	const ids = [...new Set(aliases.map((alias) => tx.get<AliasRecord>(alias)?.id).filter((id) => id !== undefined))];
	await tx.load(ids.map(keys.cart));
	// A cart with a customer may have a series under way, which goes on; the anonymous one joins it.
	const withCustomer = ids.find((id) => tx.get<CartRecord>(keys.cart(id))?.customerId !== undefined);
	const id = withCustomer ?? ids[0] ?? tokens.cartToken ?? `checkout-${tokens.checkoutToken}`;
	await tx.load([keys.cart(id)]);
	for (const known of new Set([id, ...ids])) await followOwner(tx, known);
	for (const stray of ids) if (stray !== id) await joinCart(tx, stray, id, definitions, context);
	for (const alias of aliases) if (tx.get<AliasRecord>(alias)?.id !== id) tx.set(alias, { id });
	return { id, isJoined: ids.length > 1 };
}

/** A cart whose customer was merged into another one is that one's, though the task has not come to it yet. */
async function followOwner(tx: Transaction, id: string): Promise<void> {
	const key = keys.cart(id);
	const cart = tx.get<CartRecord>(key);
	const owner = await loadCustomer(tx, cart?.customerId);
	if (!cart || !owner || owner.id === cart.customerId) return;
	belongs(tx, key, cart.createdAtMs, owner.id, cart.customerId);
	tx.set(key, { ...cart, customerId: owner.id });
}

/** Merges a cart into the one that it proved to be. */
async function joinCart(tx: Transaction, strayId: string, id: string, definitions: Definitions, context: RecordContext): Promise<void> {
	const stray = tx.get<CartRecord>(keys.cart(strayId));
	if (!stray) return;
	await endOfCart(tx, definitions, stray, 'replaced', context);
	const customer = stray.customerId ? tx.get<CustomerRecord>(keys.customer(stray.customerId)) : null;
	if (customer?.latestCart?.id === strayId) tx.set(keys.customer(customer.id), { ...customer, latestCart: { ...customer.latestCart, id } });
	const before = tx.get<CartRecord>(keys.cart(id));
	const joined = mergeCarts(before, { ...stray, id });
	tx.set(keys.cart(id), joined);
	tx.set(keys.cart(strayId), null);
	belongs(tx, keys.cart(strayId), 0, undefined, stray.customerId);
	belongs(tx, keys.cart(id), joined.createdAtMs, joined.customerId, before?.customerId);
}

/** The enrolments that a cart may have in the journeys that are on. */
export function cartEnrolments(definitions: Definitions, cartId: string): string[] {
	return definitions.active.filter(({ trigger }) => trigger === 'cart').map(({ id }) => keys.enrolment(enrolmentId(id, cartId)));
}

/** Loads everything an enrolment decision about this cart may touch, for its owners as well. Returns what is open for it, in journeys that are off too. */
async function loadEnrolments(tx: Transaction, definitions: Definitions, cartId: string, owners: string[]): Promise<EnrolmentRecord[]> {
	await tx.load(owners.map(keys.customer));
	const ofOwners = owners.flatMap((owner) => Object.keys(tx.get<CustomerRecord>(keys.customer(owner))?.open ?? {}).map(keys.enrolment));
	const enrolments = [...new Set([...cartEnrolments(definitions, cartId), ...ofOwners])];
	await tx.load(enrolments);
	const open = enrolments.map((key) => tx.get<EnrolmentRecord>(key)).filter((enrolment) => enrolment?.status === 'open') as EnrolmentRecord[];
	await tx.load(open.map(({ customerId }) => keys.customer(customerId)));
	return open.filter((enrolment) => enrolment.cartId === cartId);
}

/** Ends the open enrolments of a cart, for all journeys that this cart is or was enrolled in. */
export async function endOfCart(tx: Transaction, definitions: Definitions, cart: CartRecord, reason: EndReason, context: RecordContext): Promise<void> {
	if (!cart.customerId) return;
	for (const enrolment of await loadEnrolments(tx, definitions, cart.id, [cart.customerId])) {
		end(tx, definitions.byId.get(enrolment.journey) ?? null, enrolment, reason, context.journeyNowMs);
	}
}

/**
 * Records a cart as it stands and lets the journeys see it. Returns whether the event was news, and the cart as it is now.
 */
export async function applyCart(
	tx: Transaction,
	event: ShopEvent & { cart: CartFacts },
	customer: CustomerRecord | null,
	definitions: Definitions,
	context: RecordContext,
): Promise<{ isNews: boolean; cart: CartRecord }> {
	const { id, isJoined } = await openCart(tx, event.cart, definitions, context);
	const before = tx.get<CartRecord>(keys.cart(id));
	const owner = await loadCustomer(tx, before?.customerId);
	// A browser without a name neither takes a cart from somebody known nor keeps it from one.
	const teller = owner && customer && isKnown(owner) && !isKnown(customer) ? null : customer;
	const earlier = before && owner && teller && !isKnown(owner) && isKnown(teller) ? withoutOwner(before) : before;
	const merged = mergeCarts(earlier, cartOf(id, event.cart, event.sequenceMs ?? 0, teller?.id));
	const cart = (merged.customerId === owner?.id ? owner : teller)?.erasedAtMs === undefined ? merged : namelessCart(merged);
	const isNews = isJoined || !before || !isDeepStrictEqual({ ...cart, createdAtMs: before.createdAtMs }, before);
	if (isNews) tx.set(keys.cart(id), cart);
	belongs(tx, keys.cart(id), cart.createdAtMs, cart.customerId, before?.customerId);

	const owners = [...new Set([teller?.id, cart.customerId, before?.customerId])].filter((owner) => owner !== undefined);
	// The shop deletes old checkouts by itself, so a deletion says nothing of what the customer is at.
	if (teller && event.cart.closed !== 'deleted') touch(tx, teller.id, id, Math.min(event.cart.updatedAtMs, context.journeyNowMs));
	if (cart.customerId && cart.seen.content) touch(tx, cart.customerId, id, Math.min(cart.updatedAtMs, context.journeyNowMs));
	if (isNews) await settleOpen(tx, cart, owners, definitions, context);
	for (const owner of owners) await keepOneCart(tx, owner, definitions, context);
	if (isNews) enrolCart(tx, cart, definitions, context);
	return { isNews, cart };
}

function withoutOwner({ customerId: _owner, seen: { customer: _told, ...seen }, ...cart }: CartRecord): CartRecord {
	return { ...cart, seen };
}

/**
 * A customer has become known, or was put together from several: the cart touched last is the one to be reminded of, and
 * may be so from now on.
 */
export async function reconsiderCart(tx: Transaction, customerId: string, definitions: Definitions, context: RecordContext): Promise<void> {
	await keepOneCart(tx, customerId, definitions, context);
	const latest = tx.get<CustomerRecord>(keys.customer(customerId))?.latestCart;
	if (!latest) return;
	const key = keys.cart(latest.id);
	await tx.load([key, ...cartEnrolments(definitions, latest.id)]);
	const cart = tx.get<CartRecord>(key);
	if (cart?.customerId === customerId) enrolCart(tx, cart, definitions, context);
}

/** Notes that the customer was at this cart, when it is the latest such word. */
function touch(tx: Transaction, customerId: string, cartId: string, atMs: number): void {
	const key = keys.customer(customerId);
	const customer = tx.get<CustomerRecord>(key);
	if (!customer || customer.erasedAtMs !== undefined) return;
	const latestCart = laterCart(customer.latestCart, { id: cartId, atMs });
	if (latestCart !== customer.latestCart) tx.set(key, { ...customer, latestCart });
}

/** Postpones or ends what is under way for this cart. */
async function settleOpen(tx: Transaction, cart: CartRecord, owners: string[], definitions: Definitions, context: RecordContext): Promise<void> {
	if (!cart.customerId) return;
	for (const enrolment of await loadEnrolments(tx, definitions, cart.id, owners)) {
		const definition = definitions.byId.get(enrolment.journey) ?? null;
		const changedAtMs = Math.min(cart.updatedAtMs, context.journeyNowMs);
		const isMoved = enrolment.customerId !== cart.customerId;
		const owner = tx.get<CustomerRecord>(keys.customer(cart.customerId));
		const reason = endReason(cart, definition) ?? (isMoved && definition && owner ? keptOut(definition, owner, changedAtMs) : null);
		if (reason) end(tx, definition, enrolment, reason, context.journeyNowMs);
		else if (definition) {
			if (isMoved) transfer(tx, enrolment, cart.customerId);
			postpone(tx, definition, tx.get<EnrolmentRecord>(keys.enrolment(enrolment.id))!, changedAtMs);
		}
	}
}

/** One cart per customer at a time: the one touched last, whatever became of it. The others leave their journeys. */
async function keepOneCart(tx: Transaction, customerId: string, definitions: Definitions, context: RecordContext): Promise<void> {
	const customer = tx.get<CustomerRecord>(keys.customer(customerId));
	const open = Object.keys(customer?.open ?? {});
	await tx.load(open.map(keys.enrolment));
	for (const id of open) {
		const enrolment = tx.get<EnrolmentRecord>(keys.enrolment(id));
		if (enrolment?.status !== 'open' || enrolment.cartId === undefined || enrolment.cartId === customer?.latestCart?.id) continue;
		end(tx, definitions.byId.get(enrolment.journey) ?? null, enrolment, 'replaced', context.journeyNowMs);
	}
}

/** Enters the cart into the journeys that want it. Its enrolments and its customer are loaded. */
function enrolCart(tx: Transaction, cart: CartRecord, definitions: Definitions, context: RecordContext): void {
	if (!cart.customerId || context.isHistory) return;
	const key = keys.customer(cart.customerId);
	if (tx.get<CustomerRecord>(key)?.latestCart?.id !== cart.id) return;
	if (!canBeReached(tx.get<CustomerRecord>(key)!)) return;
	const changedAtMs = Math.min(cart.updatedAtMs, context.journeyNowMs);
	for (const definition of definitions.active) {
		if (definition.trigger !== 'cart') continue;
		const previous = tx.get<EnrolmentRecord>(keys.enrolment(enrolmentId(definition.id, cart.id)));
		const customer = tx.get<CustomerRecord>(key)!;
		if (!wantsCart(definition, cart, customer, changedAtMs, context.journeyNowMs) || !mayEnter(definition, previous, context.journeyNowMs)) continue;
		enter(tx, definition, customer, { entity: cart.id, about: { cartId: cart.id }, atMs: changedAtMs });
	}
}

/** Nobody can be written to whose name, address or browser is not known. */
function canBeReached(customer: CustomerRecord): boolean {
	return isKnown(customer) || customer.consent.push?.status === 'subscribed';
}

function endReason(cart: CartRecord, definition: JourneyDefinition | null): EndReason | null {
	if (cart.closed === 'ordered') return 'bought';
	if (cart.closed === 'deleted') return 'cart_deleted';
	if (definition?.watch && !definition.watch.includes(cart.stage)) return 'checkout_started';
	if (cart.items.length === 0 && (!definition || definition.endsOn.includes('emptied'))) return 'emptied';
	return null;
}

/** What keeps a customer out of a journey, whatever is in the cart. */
function keptOut(definition: JourneyDefinition, customer: CustomerRecord, changedAtMs: number): EndReason | null {
	const { erasedAtMs, suppressed, orders } = customer;
	if (erasedAtMs !== undefined) return 'erased';
	if (suppressed) return 'suppressed';
	if (definition.kind === 'marketing' && !takesMarketing(customer)) return 'unsubscribed';
	return changedAtMs <= (orders.lastAtMs ?? -Infinity) + purchaseEchoMs ? 'bought' : null;
}

/** Whether a cart is one that this journey takes in: its stage, something in it, changed since the journey is on and the customer bought last, not too old. */
function wantsCart(definition: JourneyDefinition, cart: CartRecord, customer: CustomerRecord, changedAtMs: number, nowMs: number): boolean {
	return (
		!!definition.watch?.includes(cart.stage) &&
		!cart.closed &&
		cart.items.length > 0 &&
		changedAtMs >= definition.activeFromMs &&
		nowMs - changedAtMs < definition.maxAgeMs &&
		keptOut(definition, customer, changedAtMs) === null
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
	belongs(tx, keys.enrolment(enrolment.id), enrolment.openedAtMs, customerId, enrolment.customerId);
}
