import { hourMs, minuteMs } from '../../../lib/model/clock';
import type { CustomerFacts } from '../../../lib/model/events';
import { keys } from '../../../lib/model/records';
import { normalisePhone } from '../../../lib/model/phone';
import { anna, cartById, cartEvent, countersOf, customerByAccount, customerByEmail, customerById, customerByVisitor, customerEvent, enrolmentOf, eventOf, openShop, orderEvent, type Shop, viewEvent, waiting } from './shop';

let shop: Shop;
beforeEach(async () => {
	shop = openShop();
	await shop.switchOn({});
	shop.pass(hourMs);
});
afterEach(() => shop.hub.close());

const tell = (facts: CustomerFacts) => shop.record(customerEvent(shop.now(), facts));
const identified = (facts: CustomerFacts) => shop.record(eventOf('identified', shop.now(), { source: 'tracking', customer: facts }));
const looked = (visitorId: string, productId = 'tea') => shop.record(viewEvent(shop.now(), { productId, category: 'Drinks' }, { customer: { visitorId } }));
const idOf = async (email: string) => (await customerByEmail(shop, email))?.id;

describe('a phone number', () => {
	it.each([
		['+43 664 1234567', undefined, '+436641234567'],
		['0664 1234567', 'AT', '+436641234567'],
		['0664 1234567', undefined, undefined],
		['(555) 123', 'US', undefined],
		['call me', 'AT', undefined],
		['+1 212 555 0100 ext. 9', 'US', undefined],
		['0664 1234567', 'XX', undefined],
	])('%p of a customer in %p is %p', (phone, country, number) => {
		expect(normalisePhone(phone, country)).toBe(number);
	});

	it('leads to its customer, however it is written', async () => {
		await tell({ ...anna, phone: '0664 1234567', country: 'AT' });
		await tell({ phone: '+43664 1234567', city: 'Graz' });
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ phone: '+436641234567', city: 'Graz' });
	});

	it('without a country code is one of the customer’s country, else of the shop’s', async () => {
		shop.country = 'AT';
		await tell({ ...anna, phone: '0664 1234567' });
		await tell({ email: 'ben@example.com', phone: '030 901820', country: 'DE' });
		expect((await customerByEmail(shop, 'anna@example.com'))?.phone).toBe('+436641234567');
		expect((await customerByEmail(shop, 'ben@example.com'))?.phone).toBe('+4930901820');
	});

	it('without a country code is not understood where the shop names no country', async () => {
		await tell({ ...anna, phone: '0664 1234567' });
		expect((await customerByEmail(shop, 'anna@example.com'))?.phone).toBeUndefined();
	});

	it('shared by two addresses joins nobody', async () => {
		await tell({ ...anna, phone: '+436641234567' });
		await tell({ email: 'ben@example.com', phone: '+436641234567' });
		expect(await idOf('ben@example.com')).not.toBe(await idOf('anna@example.com'));
		await tell({ phone: '+436641234567', city: 'Graz' });
		expect((await customerByEmail(shop, 'anna@example.com'))?.city).toBe('Graz');
	});

	it('shared by two accounts joins nobody', async () => {
		await tell({ shopCustomerId: '1', phone: '+436641234567' });
		await tell({ shopCustomerId: '2', phone: '+436641234567' });
		expect((await customerByAccount(shop, '2'))?.id).not.toBe((await customerByAccount(shop, '1'))?.id);
	});

	it('joins an account without an address and a customer known by it', async () => {
		await tell({ phone: '+436641234567', firstName: 'Anna' });
		await tell({ shopCustomerId: '1', lastName: 'Koch' });
		await tell({ shopCustomerId: '1', phone: '+436641234567' });
		expect(await customerByAccount(shop, '1')).toMatchObject({ firstName: 'Anna', lastName: 'Koch', phone: '+436641234567' });
	});
});

describe('a visitor', () => {
	it('is a customer of its own that nobody can write to', async () => {
		await looked('v1');
		await shop.record(cartEvent(shop.now(), {}, { customer: { visitorId: 'v1' }, source: 'tracking' }));
		expect(await customerByVisitor(shop, 'v1')).toMatchObject({ aliases: [keys.alias('visitor', 'v1')], open: {} });
		expect(await waiting(shop, 'carts')).toEqual([]);
	});

	it('that says who it is becomes that customer, with its history and its cart', async () => {
		await looked('v1');
		const cart = cartEvent(shop.now(), {}, { customer: { visitorId: 'v1' }, source: 'tracking' });
		await shop.record(cart);
		shop.pass(minuteMs);
		await identified({ email: 'anna@example.com', visitorId: 'v1' });
		const customer = (await customerByEmail(shop, 'anna@example.com'))!;
		expect((await customerByVisitor(shop, 'v1'))?.id).toBe(customer.id);
		expect(await countersOf(shop, customer.id)).toMatchObject({ product_viewed: 1, 'product_viewed:product=tea': 1, 'product_viewed:category=drinks': 1, cart_updated: 1 });
		expect(await waiting(shop, 'carts')).toEqual([{ cart: 'cart-a', dueAtMs: cart.occurredAtMs + hourMs }]);
	});

	it('that turns out to be a known customer is stitched into that one, though it is older', async () => {
		await looked('v1');
		await shop.record(cartEvent(shop.now(), {}, { customer: { visitorId: 'v1', attributes: { size: 'M' } }, source: 'tracking' }));
		await shop.record(eventOf('visited', shop.now(), { source: 'tracking', customer: { visitorId: 'v1' } }));
		const visitor = (await customerByVisitor(shop, 'v1'))!;
		shop.pass(minuteMs);
		await tell(anna);
		const known = (await customerByEmail(shop, 'anna@example.com'))!;
		await identified({ email: 'anna@example.com', visitorId: 'v1' });
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ id: known.id, merged: [visitor.id], visits: { count: 1 }, attributes: { size: 'M' } });
		expect(await customerById(shop, visitor.id)).toMatchObject({ mergedInto: known.id });
		expect(await countersOf(shop, known.id)).toMatchObject({ product_viewed: 1, visited: 1 });
		expect(await cartById(shop, 'cart-a')).toMatchObject({ customerId: known.id });
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'open', customerId: known.id });
	});

	it('that others used before belongs to who uses it now, and the two stay apart', async () => {
		await identified({ email: 'anna@example.com', visitorId: 'v1' });
		await tell({ email: 'ben@example.com' });
		await identified({ email: 'ben@example.com', visitorId: 'v1' });
		expect(await idOf('ben@example.com')).not.toBe(await idOf('anna@example.com'));
		expect((await customerByVisitor(shop, 'v1'))?.id).toBe(await idOf('ben@example.com'));
		expect((await customerByEmail(shop, 'anna@example.com'))?.aliases).toEqual([keys.alias('email', 'anna@example.com')]);
	});

	it('of somebody known who names a new address is a shared computer too', async () => {
		await identified({ email: 'anna@example.com', visitorId: 'v1' });
		await identified({ email: 'ben@example.com', visitorId: 'v1' });
		expect(await idOf('ben@example.com')).not.toBe(await idOf('anna@example.com'));
	});

	it('does not take a cart from somebody known', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		shop.pass(minuteMs);
		await shop.record(cartEvent(shop.now(), { items: [] }, { customer: { visitorId: 'v1' }, source: 'tracking' }));
		expect(await cartById(shop, 'cart-a')).toMatchObject({ customerId: await idOf('anna@example.com') });
	});

	it('gives a cart up to somebody known, though that was told of an earlier moment', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: { visitorId: 'v1' }, source: 'tracking' }));
		await shop.record(cartEvent(shop.now() - minuteMs, {}, { customer: anna }));
		expect(await cartById(shop, 'cart-a')).toMatchObject({ customerId: await idOf('anna@example.com') });
	});
});

describe('a customer of many browsers', () => {
	const browsers = Array.from({ length: 90 }, (_browser, index) => `v-${index}`);

	it('is found by each of them, has a document of bounded size, and is forgotten under every name', async () => {
		for (const [index, visitorId] of browsers.entries()) await identified({ email: index % 2 ? 'anna@example.com' : 'a.koch@example.com', visitorId });
		await tell({ shopCustomerId: '1', email: 'anna@example.com' });
		await tell({ shopCustomerId: '1', email: 'a.koch@example.com' });
		await shop.workTasks();
		const customer = (await customerByAccount(shop, '1'))!;
		expect(customer.aliases).toHaveLength(40);
		expect(customer.aliases).toEqual(expect.arrayContaining([keys.alias('email', 'anna@example.com'), keys.alias('email', 'a.koch@example.com'), keys.alias('shop-customer', '1')]));
		for (const visitorId of browsers) expect((await customerByVisitor(shop, visitorId))?.id).toBe(customer.id);
		await shop.record(eventOf('customer_erased', shop.now(), { customer: { shopCustomerId: '1' } }));
		await shop.workTasks();
		const aliases = await shop.store.read([...browsers.map((visitorId) => keys.alias('visitor', visitorId)), keys.alias('email', 'a.koch@example.com')]);
		expect(aliases.filter(({ value }) => value !== null)).toEqual([]);
	});
});

describe('what a browser says', () => {
	it('merges nobody and adds no address to an account', async () => {
		await tell({ shopCustomerId: '1', firstName: 'Anna' });
		await identified({ shopCustomerId: '1', email: 'stranger@example.com', visitorId: 'v1' });
		expect(await customerByAccount(shop, '1')).not.toHaveProperty('email');
		expect(await customerByEmail(shop, 'stranger@example.com')).toBeNull();
		await tell({ email: 'ben@example.com' });
		await identified({ shopCustomerId: '1', email: 'ben@example.com', visitorId: 'v2' });
		expect(await idOf('ben@example.com')).not.toBe((await customerByAccount(shop, '1'))?.id);
	});

	it('does not change what the shop said, and gives way to what it says later', async () => {
		await tell({ ...anna, city: 'Graz' });
		shop.pass(hourMs);
		await identified({ email: 'anna@example.com', firstName: 'Buy at evil.example', lastName: 'Koch', visitorId: 'v1' });
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ firstName: 'Anna', lastName: 'Koch' });
		await shop.record(customerEvent(shop.now() - minuteMs, { ...anna, lastName: 'Berger' }));
		expect(await customerByEmail(shop, 'anna@example.com')).toMatchObject({ lastName: 'Berger' });
	});

	it('grants no consent to e-mail and SMS, but to push', async () => {
		const yes = { status: 'subscribed', basis: 'opt_in', atMs: shop.now() } as const;
		await identified({ email: 'anna@example.com', visitorId: 'v1', emailConsent: yes, smsConsent: yes, pushConsent: yes });
		expect((await customerByEmail(shop, 'anna@example.com'))?.consent).toEqual({ push: { ...yes, source: 'tracking' } });
	});
});

describe('the shop’s id and an address in one signed delivery', () => {
	it('make one customer of guest and account', async () => {
		await shop.record(orderEvent(shop.now(), {}, { customer: anna }));
		shop.pass(minuteMs);
		await tell({ shopCustomerId: '1', city: 'Graz' });
		await tell({ shopCustomerId: '1', email: 'anna@example.com' });
		expect(await customerByAccount(shop, '1')).toMatchObject({ id: 'customer-1', firstName: 'Anna', city: 'Graz', orders: { count: 1 }, merged: ['customer-2'] });
		expect(await customerById(shop, 'customer-2')).toEqual({ id: 'customer-2', createdAtMs: shop.now(), profileAtMs: shop.now(), mergedInto: 'customer-1', consent: {}, orders: { count: 0, spentMinor: {} }, open: {} });
	});

	it('move an address that its account gave up to the account that has it now', async () => {
		await tell({ shopCustomerId: '1', email: 'family@example.com' });
		await shop.record(customerEvent(shop.now() + 1, { shopCustomerId: '1', email: 'anna@example.com' }));
		await shop.record(customerEvent(shop.now() + 2, { shopCustomerId: '2', email: 'family@example.com' }));
		expect(await idOf('family@example.com')).toBe((await customerByAccount(shop, '2'))?.id);
		expect(await idOf('anna@example.com')).toBe((await customerByAccount(shop, '1'))?.id);
		expect((await customerByAccount(shop, '2'))?.id).not.toBe((await customerByAccount(shop, '1'))?.id);
	});

	it('make one customer of two accounts of the same address, as after a move to another shop system', async () => {
		await tell({ shopCustomerId: '1', email: 'anna@example.com' });
		await tell({ shopCustomerId: 'gid-900', email: 'anna@example.com' });
		expect((await customerByAccount(shop, 'gid-900'))?.id).toBe((await customerByAccount(shop, '1'))?.id);
	});
});

describe('accounts that the shop merged', () => {
	it('are one customer from then on, however many they are', async () => {
		const ids = ['1', '2', '3', '4', '5', '6', '7'];
		for (const [index, shopCustomerId] of ids.entries()) await shop.record(orderEvent(shop.now(), { orderId: `order-${index}` }, { customer: { shopCustomerId, email: `${shopCustomerId}@example.com` } }));
		await shop.record(eventOf('customers_merged', shop.now(), { customer: { shopCustomerId: '7' }, mergedShopCustomerIds: [...ids, 'never-seen'] }));
		const all = await Promise.all([...ids, 'never-seen'].map((id) => customerByAccount(shop, id)));
		expect(new Set(all.map((customer) => customer?.id))).toEqual(new Set(['customer-1']));
		expect(all[0]).toMatchObject({ orders: { count: 7 }, shopCustomerId: '7' });
		expect(await shop.record(eventOf('unsubscribed', shop.now(), { customerId: 'customer-6' }))).toBe('recorded');
		expect((await customerById(shop, 'customer-1'))?.consent.email?.status).toBe('unsubscribed');
	});
});
