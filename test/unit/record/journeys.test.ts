import { register, switchOff } from '../../../lib/journeys/definitions';
import { advance } from '../../../lib/journeys/enrolment';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { type EnrolmentRecord, keys } from '../../../lib/model/records';
import { transact } from '../../../lib/store/transaction';
import { anna, beat, cartEvent, cartJourney, checkoutEvent, checkoutJourney, enrolmentOf, openShop, orderEvent, pot, type Shop, waiting } from './shop';

let shop: Shop;
beforeEach(() => {
	shop = openShop();
	shop.pass(dayMs);
});
afterEach(() => shop.hub.close());

const touch = (cart = {}) => shop.record(cartEvent(shop.now(), cart, { customer: anna }));
const carts = async () => (await waiting(shop, 'carts')).length;

/** As if the first step had been sent. */
async function handOut(): Promise<void> {
	await transact(shop.store, async (tx) => {
		const key = keys.enrolment('carts:cart-a');
		await tx.load([key]);
		const enrolment = tx.get<EnrolmentRecord>(key)!;
		await tx.load([keys.customer(enrolment.customerId)]);
		const { byId } = await shop.definitions.get(shop.now());
		advance(tx, byId.get('carts')!, enrolment, 'token', shop.now());
	});
}

describe('a journey that is switched on', () => {
	it('takes nothing in that changed before, even when it is delivered now', async () => {
		const old = cartEvent(shop.now() - 1, {}, { customer: anna });
		await shop.switchOn({});
		await shop.record(old);
		expect(await carts()).toBe(0);
		await touch();
		expect(await carts()).toBe(1);
	});

	it('stays active from where it was over a restart and an edit', async () => {
		const { activeFromMs } = await shop.switchOn({});
		shop.pass(hourMs);
		expect((await shop.switchOn({}, 'init')).activeFromMs).toBe(activeFromMs);
		expect((await shop.switchOn({ maxAgeMs: 10 * dayMs })).activeFromMs).toBe(activeFromMs);
	});

	it('begins anew after it was off, and takes nothing of the time between in', async () => {
		await shop.switchOn({});
		expect(await switchOff(shop.store, 'carts', 'test', shop.now())).toBe(true);
		shop.definitions.clear();
		shop.pass(hourMs);
		const between = cartEvent(shop.now(), {}, { customer: anna });
		await shop.record(between);
		shop.pass(hourMs);
		await shop.switchOn({});
		await shop.record(cartEvent(between.occurredAtMs, { items: [pot] }, { customer: anna, sequenceMs: 5 }));
		expect(await carts()).toBe(0);
	});

	it('is not switched off by an n8n whose heartbeat another one has taken over', async () => {
		await shop.switchOn({});
		expect(await switchOff(shop.store, 'carts', 'another', shop.now())).toBe(false);
		await touch();
		expect(await carts()).toBe(1);
	});

	it('counts as off when its heartbeat is older than 24 hours, and as on again with the next', async () => {
		await shop.switchOn({});
		shop.pass(dayMs + minuteMs);
		await touch();
		expect(await carts()).toBe(0);
		await beat(shop, 'carts');
		shop.pass(minuteMs);
		await touch();
		expect(await carts()).toBe(1);
	});

	it('enrols by the definition as it stands at the commit, though a copy was read before it changed', async () => {
		await shop.switchOn({});
		await shop.definitions.get(shop.now());
		// Another process edits the schedule, and this one does not hear of it.
		const edited = { ...cartJourney, steps: [{ name: '2 hours', delayMs: 2 * hourMs }] };
		await register(shop.store, edited, { mode: 'activate', owner: 'another', journeyNowMs: shop.now(), machineNowMs: shop.now() });
		await touch();
		expect(await waiting(shop, 'carts')).toEqual([{ cart: 'cart-a', dueAtMs: shop.now() + 2 * hourMs }]);
	});

	it('takes nobody in that became too old for it before the delivery arrived', async () => {
		await shop.switchOn({ maxAgeMs: 2 * hourMs });
		const event = cartEvent(shop.now(), {}, { customer: anna });
		shop.pass(2 * hourMs);
		await shop.record(event);
		expect(await carts()).toBe(0);
	});

	it('does not look into the future of a shop whose clock runs ahead', async () => {
		await shop.switchOn({});
		await shop.record(cartEvent(shop.now() + 3 * hourMs, {}, { customer: anna }));
		expect(await waiting(shop, 'carts')).toEqual([{ cart: 'cart-a', dueAtMs: shop.now() + hourMs }]);
	});
});

describe('an enrolment', () => {
	beforeEach(async () => {
		await shop.switchOn({});
		await shop.switchOn(checkoutJourney);
	});

	it('waits until the customer of the cart is known', async () => {
		await shop.record(cartEvent(shop.now()));
		expect(await carts()).toBe(0);
	});

	it('starts its clock anew with each change before the first message', async () => {
		await touch();
		shop.pass(50 * minuteMs);
		await touch({ items: [pot] });
		expect(await waiting(shop, 'carts')).toEqual([{ cart: 'cart-a', dueAtMs: shop.now() + hourMs }]);
	});

	it('goes on as it was when the cart changes after the first message', async () => {
		await touch();
		const enteredAtMs = shop.now();
		shop.pass(hourMs);
		await handOut();
		shop.pass(hourMs);
		await touch({ items: [pot] });
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'open', enteredAtMs, step: 1, dueAtMs: enteredAtMs + hourMs + 23 * hourMs });
	});

	it('ends when the cart is emptied, and begins anew when it is filled again before any message', async () => {
		await touch();
		await touch({ items: [], updatedAtMs: shop.now() + 1 });
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'ended', endReason: 'emptied' });
		shop.pass(minuteMs);
		await touch({ items: [pot] });
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'open', dueAtMs: shop.now() + hourMs });
		expect(await shop.store.walk('ended:carts', { limit: 10 })).toEqual([]);
	});

	it('goes on for an emptied cart where the journey says so', async () => {
		await shop.switchOn({ endsOn: ['order'] });
		await touch();
		await touch({ items: [], updatedAtMs: shop.now() + 1 });
		expect(await carts()).toBe(1);
	});

	it('is once per cart, after a message went out', async () => {
		await touch();
		await handOut();
		await touch({ items: [], updatedAtMs: shop.now() + 1 });
		shop.pass(20 * hourMs);
		await touch();
		expect(await carts()).toBe(0);
	});

	it('may come again after the pause that the journey allows, and not before', async () => {
		await shop.switchOn({ reentryAfterMs: 10 * hourMs });
		await touch();
		await handOut();
		await touch({ items: [], updatedAtMs: shop.now() + 1 });
		shop.pass(10 * hourMs - 1);
		await touch();
		expect(await carts()).toBe(0);
		shop.pass(1);
		await touch();
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'open', step: 0, stepsDone: 0, sends: {} });
	});

	it('moves from the cart journey to the checkout journey, whichever delivery arrives first', async () => {
		const cart = cartEvent(shop.now(), {}, { customer: anna });
		const checkout = checkoutEvent(shop.now() + 1, {}, { customer: anna });
		shop.pass(minuteMs);
		await shop.record(cart);
		await shop.record(checkout);
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'ended', endReason: 'checkout_started' });
		expect(await waiting(shop, 'checkouts')).toHaveLength(1);

		await shop.record({ ...checkoutEvent(shop.now(), { cartToken: 'cart-b', checkoutToken: 'checkout-b' }, { customer: { email: 'eva@example.com' } }) });
		await shop.record(cartEvent(shop.now() - 1, { cartToken: 'cart-b' }, { customer: { email: 'eva@example.com' } }));
		expect(await enrolmentOf(shop, 'carts', 'cart-b')).toBeNull();
		expect(await waiting(shop, 'checkouts')).toHaveLength(2);
	});

	it.each([
		['deleted', 'cart_deleted'],
		['completed', 'bought'],
	] as const)('ends with its checkout %s', async (closed, endReason) => {
		await shop.record(checkoutEvent(shop.now(), {}, { customer: anna }));
		await shop.record(checkoutEvent(shop.now() + 1, { closed }));
		expect(await enrolmentOf(shop, 'checkouts')).toMatchObject({ status: 'ended', endReason });
	});

	it('shows its end on Ended only where the journey asks for it', async () => {
		await shop.switchOn({ emitEnded: false });
		await touch();
		shop.pass(2 * minuteMs);
		await shop.record(orderEvent(shop.now(), {}, { customer: anna }));
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'ended' });
		expect(await shop.store.walk('ended:carts', { limit: 10 })).toEqual([]);
	});

	it('is counted and told in the customer’s timeline', async () => {
		await touch();
		shop.pass(2 * minuteMs);
		await shop.record(orderEvent(shop.now(), {}, { customer: anna }));
		expect(await shop.store.readCounters('journey:carts')).toEqual({ entered: 1, 'ended.bought': 1 });
		const timeline = await shop.store.readTimeline(keys.customer('customer-1'), { limit: 10 });
		expect(timeline.map(({ type }) => type)).toEqual(['order_placed', 'journey_ended', 'cart_updated', 'journey_entered']);
	});

	it('of a journey that one definition describes twice in a row is the same', async () => {
		await shop.switchOn({ ...cartJourney });
		await touch();
		expect(await carts()).toBe(1);
	});
});
