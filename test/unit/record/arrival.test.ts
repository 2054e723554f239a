import fc from 'fast-check';
import { minuteMs } from '../../../lib/model/clock';
import type { CartFacts, CustomerFacts, ShopEvent } from '../../../lib/model/events';
import { type CartRecord, type CustomerRecord, keys, type OrderRecord } from '../../../lib/model/records';
import { anna, ben, cartEvent, checkoutEvent, checkoutJourney, customerByEmail, customerEvent, opening, openShop, orderEvent, pot, type Shop, tea, waiting } from './shop';

/**
 * Deliveries of a few customers and carts, in any order and any number, come to the same customers, carts, orders and
 * open enrolments as in order. Left out, because the outcome rightly depends on what was known when:
 * - ids, `createdAtMs`, and when an enrolment was opened first: how it came about, not how it stands;
 * - the time of a cart that was never seen, only its order or its deletion;
 * - a customer who subscribes again: an enrolment that the earlier no ended does not come back, but when the yes arrives
 *   first it was never ended;
 * - a delivery without an address, of a cart for which two different people are named: it counts as a visit of whom the
 *   cart was known to belong to when it arrived;
 * - facts with the same time and the same tie-break that contradict each other: the one that arrives last counts.
 * One person under several names: see persons.test.ts.
 */
const emails = ['anna@example.com', 'ben@example.com'];
const people = [anna, ben];
const cartTokens = ['cart-a', 'cart-b'];
const journeys = ['carts', 'checkouts'];
const orderIds = ['order-1', 'order-2'];

/** What a delivery is about; its place in the list is when it happened. */
type Told =
	| { kind: 'cart'; cart: number; items: number; link: boolean }
	| { kind: 'checkout'; cart: number; items: number; who: number | null; tokens: 'both' | 'checkout'; closed?: CartFacts['closed'] }
	| { kind: 'order'; order: number; who: number; cart: number | null; change: 'none' | 'cancelled' | 'refunded' }
	| { kind: 'customer'; who: number; city: string | undefined; consent: 'unsubscribed' | undefined };

const baskets = [[], [tea], [tea, pot]];
const cartToken = fc.nat(cartTokens.length - 1);
const who = fc.nat(people.length - 1);
const told: fc.Arbitrary<Told> = fc.oneof(
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant('cart' as const), cart: cartToken, items: fc.nat(2), link: fc.boolean() }) },
	{
		weight: 5,
		arbitrary: fc.record({
			kind: fc.constant('checkout' as const),
			cart: cartToken,
			items: fc.nat(2),
			who: fc.option(who),
			tokens: fc.constantFrom('both' as const, 'checkout' as const),
			closed: fc.option(fc.constantFrom('completed' as const, 'deleted' as const), { nil: undefined, freq: 12 }),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant('order' as const),
			order: fc.nat(orderIds.length - 1),
			who,
			cart: fc.option(cartToken),
			change: fc.constantFrom('none' as const, 'cancelled' as const, 'refunded' as const),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('customer' as const), who, city: fc.constantFrom(undefined, 'Graz', 'Linz'), consent: fc.constantFrom(undefined, undefined, 'unsubscribed' as const) }) },
);

/** Whom a checkout names; shops name nobody with a deletion. */
function whoOf({ who, closed }: Extract<Told, { kind: 'checkout' }>): CustomerFacts | undefined {
	return who === null || closed === 'deleted' ? undefined : people[who];
}

/** Whether a cart for which different people are named goes without anonymous deliveries from the first name on. */
function isClear(history: Told[]): boolean {
	return cartTokens.every((_token, cart) => {
		const named = history.flatMap((what) => (what.kind === 'cart' && what.cart === cart ? [undefined] : what.kind === 'checkout' && what.cart === cart ? [whoOf(what)] : []));
		const first = named.findIndex((someone) => someone !== undefined);
		const since = named.slice(Math.max(first, 0));
		return !since.includes(undefined) || new Set(since).size <= 2;
	});
}

function eventOf(what: Told, index: number, history: Told[]): ShopEvent {
	const atMs = opening + (index + 1) * 3 * minuteMs;
	const dedupeId = `delivery-${index}`;
	switch (what.kind) {
		case 'cart':
			return cartEvent(atMs, { cartToken: cartTokens[what.cart], items: baskets[what.items], recoveryUrl: what.link ? `https://shop.example/cart/${index}` : undefined }, { dedupeId });
		case 'checkout': {
			const token = what.tokens === 'both' ? cartTokens[what.cart] : undefined;
			const facts = { cartToken: token, checkoutToken: `checkout-${what.cart}`, items: what.closed === 'deleted' ? [] : baskets[what.items], closed: what.closed };
			return checkoutEvent(atMs, facts, { dedupeId, customer: whoOf(what) });
		}
		case 'order': {
			const first = history.findIndex((other) => other.kind === 'order' && other.order === what.order);
			const original = history[first] as Extract<Told, { kind: 'order' }>;
			const placedAtMs = opening + (first + 1) * 3 * minuteMs;
			const change = { ...(what.change === 'cancelled' && { cancelledAtMs: atMs }), ...(what.change === 'refunded' && { refundedMinor: 250 }) };
			const facts = { orderId: orderIds[what.order], cartToken: original.cart === null ? undefined : cartTokens[original.cart], updatedAtMs: atMs, ...change };
			return orderEvent(placedAtMs, facts, { dedupeId, customer: people[original.who] });
		}
		case 'customer':
			return customerEvent(
				atMs,
				{ email: emails[what.who], firstName: `Name ${index}`, city: what.city, ...(what.consent && { emailConsent: { status: what.consent, basis: 'unknown', atMs } }) },
				{ dedupeId },
			);
	}
}

/** How a shop stands, told without ids that depend on the order of arrival. */
async function standing(shop: Shop): Promise<object> {
	const read = async <T>(key: string) => (await shop.store.read<T>([key]))[0].value;
	const customers = await Promise.all(emails.map((email) => customerByEmail(shop, email)));
	const emailOf = (id: string | undefined) => customers.find((customer) => customer?.id === id)?.email;
	const aliases = [...cartTokens.map((token) => keys.alias('cart', token)), ...cartTokens.map((_token, index) => keys.alias('checkout', `checkout-${index}`))];
	const cartIds = await Promise.all(aliases.map(async (alias) => (await read<{ id: string }>(alias))?.id));
	/** A cart is called by the tokens that lead to it. */
	const nameOf = (id: string | undefined) => aliases.filter((_alias, index) => id !== undefined && cartIds[index] === id).join(' + ');
	const open = await Promise.all(journeys.map((journey) => waiting(shop, journey)));
	return {
		customers: customers.map((customer) => customer && withoutHistory(customer, nameOf)),
		carts: await Promise.all(
			[...new Set(cartIds)].map(async (id) => {
				const cart = id === undefined ? null : await read<CartRecord>(keys.cart(id));
				return cart && { ...cart, id: nameOf(id), customerId: emailOf(cart.customerId), createdAtMs: 0, updatedAtMs: cart.seen.content ? cart.updatedAtMs : 0 };
			}),
		),
		orders: await Promise.all(
			orderIds.map(async (id) => {
				const order = await read<OrderRecord>(keys.order(id));
				return order && { ...order, customerId: emailOf(order.customerId) };
			}),
		),
		open: open.map((entries) => entries.map(({ cart, dueAtMs }) => ({ cart: nameOf(cart), dueAtMs }))),
	};
}

function withoutHistory({ id: _id, createdAtMs: _created, aliases, open, latestCart, ...customer }: CustomerRecord, nameOf: (cart: string | undefined) => string): object {
	return { ...customer, aliases: [...(aliases ?? [])].sort(), open: Object.values(open).map(({ journey, cart }) => [journey, nameOf(cart)]), latestCart: latestCart && [nameOf(latestCart.id), latestCart.atMs] };
}

async function run(events: ShopEvent[]): Promise<object> {
	const shop = openShop();
	try {
		await shop.switchOn({});
		await shop.switchOn(checkoutJourney);
		shop.pass(60 * minuteMs);
		for (const event of events) await shop.record(event);
		return await standing(shop);
	} finally {
		await shop.hub.close();
	}
}

describe('deliveries in any order', () => {
	it('come to the same customers, carts, orders and open enrolments', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(told, { minLength: 2, maxLength: 9 }).filter(isClear), fc.infiniteStream(fc.nat()), async (history, stream) => {
				const events = history.map((what, index) => eventOf(what, index, history));
				// Any order, and about every third one twice.
				const rank = () => stream.next().value;
				const arrivals = [...events, ...events.filter(() => rank() % 3 === 0)].map((event) => ({ event, rank: rank() })).sort((a, b) => a.rank - b.rank);
				expect(await run(arrivals.map(({ event }) => event))).toEqual(await run(events));
			}),
			{ numRuns: 150 },
		);
	}, 60_000);
});
