import { hourMs, minuteMs } from '../../../lib/model/clock';
import type { ConsentFact, CustomerFacts } from '../../../lib/model/events';
import { anna, ben, cartById, cartEvent, checkoutEvent, checkoutJourney, customerByEmail, customerById, customerEvent, enrolmentOf, opening, openShop, pot, type Shop, waiting } from './shop';

let shop: Shop;
const t = (minutes: number) => opening + minutes * minuteMs;
const consent = (status: ConsentFact['status'], minutes: number): CustomerFacts => ({ ...anna, emailConsent: { status, basis: 'opt_in', atMs: t(minutes) } });
const statusOf = async () => (await customerByEmail(shop, 'anna@example.com'))?.consent.email?.status;
const linkUsed = async () => {
	const { id } = (await customerByEmail(shop, 'anna@example.com'))!;
	return await shop.record({ type: 'unsubscribed', dedupeId: `link-${shop.now()}`, occurredAtMs: shop.now(), source: 'message-link', customerId: id });
};

beforeEach(async () => {
	shop = openShop();
	await shop.switchOn({});
	await shop.switchOn(checkoutJourney);
	shop.pass(hourMs);
});
afterEach(() => shop.hub.close());

describe('what is known of a customer', () => {
	it('is the latest word on each field, in whatever order three deliveries arrive', async () => {
		const deliveries = [customerEvent(t(1), { ...anna, city: 'Graz' }), customerEvent(t(2), { ...anna, city: 'Linz' }), customerEvent(t(3), { ...anna, lastName: 'Koch' })];
		for (const index of [2, 0, 1]) await shop.record(deliveries[index]);
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ firstName: 'Anna', lastName: 'Koch', city: 'Linz' });
	});

	it('goes by the tie-break within one second', async () => {
		await shop.record(customerEvent(t(1), { ...anna, city: 'Linz' }, { sequenceMs: 2 }));
		await shop.record(customerEvent(t(1), { ...anna, city: 'Graz' }, { sequenceMs: 1 }));
		expect((await customerByEmail(shop, 'anna@example.com'))?.city).toBe('Linz');
	});

	it('belongs to one customer, however the address is written', async () => {
		await shop.record(customerEvent(t(1), { email: ' ANNA@example.com ' }));
		await shop.record(customerEvent(t(2), { email: 'anna@EXAMPLE.com', phone: '+43 (1) 234-5678' }));
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ id: 'customer-1', phone: '+4312345678' });
	});

	it('is kept apart for two addresses', async () => {
		await shop.record(customerEvent(t(1), anna));
		await shop.record(customerEvent(t(1), ben));
		expect((await customerByEmail(shop, 'ben@example.com'))?.id).not.toBe((await customerByEmail(shop, 'anna@example.com'))?.id);
	});

	it.each(['', 'nobody', 'a b@example.com'])('makes no customer of the address %p', async (email) => {
		await shop.record(customerEvent(t(1), { email }));
		expect(await customerById(shop, 'customer-1')).toBeNull();
	});
});

describe('consent to e-mail', () => {
	it('is the newest word, not the last to arrive', async () => {
		await shop.record(customerEvent(t(5), consent('unsubscribed', 5)));
		await shop.record(customerEvent(t(9), consent('subscribed', 1)));
		expect(await statusOf()).toBe('unsubscribed');
		await shop.record(customerEvent(t(10), consent('subscribed', 6)));
		expect(await statusOf()).toBe('subscribed');
	});

	it.each([[['subscribed', 'unsubscribed']], [['unsubscribed', 'subscribed']]] as const)('is a no when %p carry the same time', async (statuses) => {
		for (const status of statuses) await shop.record(customerEvent(t(5), consent(status, 5)));
		expect(await statusOf()).toBe('unsubscribed');
	});

	it('is left alone by deliveries that say nothing of it', async () => {
		await shop.record(customerEvent(t(1), consent('subscribed', 1)));
		await shop.record(customerEvent(t(2), anna));
		expect(await statusOf()).toBe('subscribed');
	});

	it('withdrawn through the shop ends marketing journeys and keeps new carts out', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		await shop.record(customerEvent(shop.now(), { ...anna, emailConsent: { status: 'unsubscribed', basis: 'unknown', atMs: shop.now() } }));
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'ended', endReason: 'unsubscribed' });
		shop.pass(hourMs);
		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-b' }, { customer: anna }));
		expect(await waiting(shop, 'carts')).toEqual([]);
	});

	it('withdrawn through a link ends marketing journeys, but not transactional ones', async () => {
		await shop.switchOn({ id: 'notices', kind: 'transactional' });
		shop.pass(minuteMs);
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		expect(await linkUsed()).toBe('recorded');
		expect(await waiting(shop, 'carts')).toEqual([]);
		expect(await waiting(shop, 'notices')).toHaveLength(1);
	});

	it('withdrawn through a link is not undone by an older yes of a shop whose clock runs ahead', async () => {
		await shop.record(customerEvent(t(1), { ...anna, emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: shop.now() + hourMs } }));
		await linkUsed();
		expect(await statusOf()).toBe('unsubscribed');
	});

	it('withdrawn a second time, through a link, outlasts a yes given before that', async () => {
		await shop.record(customerEvent(shop.now(), { ...anna, emailConsent: { status: 'unsubscribed', basis: 'unknown', atMs: shop.now() } }));
		const betweenMs = shop.now() + minuteMs;
		shop.pass(hourMs);
		expect(await linkUsed()).toBe('stale');
		await shop.record(customerEvent(betweenMs, { ...anna, emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: betweenMs } }));
		expect(await statusOf()).toBe('unsubscribed');
	});
});

describe('a cart that changes hands', () => {
	it('goes on for the corrected address, from the time it was corrected', async () => {
		await shop.record(checkoutEvent(shop.now(), {}, { customer: { email: 'ana@example.com' } }));
		shop.pass(5 * minuteMs);
		await shop.record(checkoutEvent(shop.now(), {}, { customer: anna }));
		const right = (await customerByEmail(shop, 'anna@example.com'))!;
		const wrong = (await customerByEmail(shop, 'ana@example.com'))!;
		expect(await enrolmentOf(shop, 'checkouts')).toMatchObject({ status: 'open', customerId: right.id, dueAtMs: shop.now() + hourMs });
		expect(right.open).toEqual({ 'checkouts:cart-a': { journey: 'checkouts', cart: 'cart-a' } });
		expect(wrong.open).toEqual({});
	});

	it('goes with it in a journey too whose n8n is away at the moment', async () => {
		await shop.record(checkoutEvent(shop.now(), {}, { customer: { email: 'ana@example.com' } }));
		shop.pass(25 * hourMs);
		await shop.record(checkoutEvent(shop.now(), {}, { customer: anna }));
		const { id } = (await customerByEmail(shop, 'anna@example.com'))!;
		expect(await enrolmentOf(shop, 'checkouts')).toMatchObject({ status: 'open', customerId: id });
	});

	it('leaves its journey when its new owner has unsubscribed', async () => {
		await shop.record(customerEvent(t(1), consent('unsubscribed', 1)));
		await shop.record(checkoutEvent(shop.now(), {}, { customer: { email: 'ana@example.com' } }));
		await shop.record(checkoutEvent(shop.now() + 1, {}, { customer: anna }));
		expect(await enrolmentOf(shop, 'checkouts')).toMatchObject({ status: 'ended', endReason: 'unsubscribed' });
	});

	it('stays with the corrected address when the wrong one arrives late', async () => {
		const wrong = checkoutEvent(shop.now() - minuteMs, {}, { customer: { email: 'ana@example.com' } });
		await shop.record(checkoutEvent(shop.now(), { items: [pot] }, { customer: anna }));
		await shop.record(wrong);
		const { id } = (await customerByEmail(shop, 'anna@example.com'))!;
		expect(await cartById(shop, 'cart-a')).toMatchObject({ customerId: id, items: [pot] });
		expect(await enrolmentOf(shop, 'checkouts')).toMatchObject({ status: 'open', customerId: id });
	});

	it('does not leave its new owner with two carts to be reminded of', async () => {
		await shop.record(checkoutEvent(shop.now(), {}, { customer: { email: 'ana@example.com' } }));
		shop.pass(minuteMs);
		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-b' }, { customer: anna }));
		shop.pass(minuteMs);
		await shop.record(checkoutEvent(shop.now(), {}, { customer: anna }));
		expect(await waiting(shop, 'checkouts')).toHaveLength(1);
		expect(await waiting(shop, 'carts')).toEqual([]);
	});
});
