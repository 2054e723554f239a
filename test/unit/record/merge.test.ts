import fc from 'fast-check';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import type { ConsentStatus } from '../../../lib/model/events';
import { type CustomerRecord, indexes, keys } from '../../../lib/model/records';
import { maxOpen } from '../../../lib/journeys/gate';
import { exportCustomer } from '../../../lib/record/export';
import { mergeCustomers } from '../../../lib/record/mergeCustomers';
import { recordTaskHandlers } from '../../../lib/record/tasks';
import { readCustomerTimeline } from '../../../lib/record/timeline';
import { type TaskHandler, workTasks } from '../../../lib/tasks/tasks';
import { anna, cartById, cartEvent, countersOf, customerByAccount, customerByEmail, customerById, customerEvent, enrolmentOf, eventOf, historyOf, opening, openShop, orderById, orderEvent, type Shop, viewEvent, waiting } from './shop';

const at = fc.integer({ min: 1, max: 5 });
const totals = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.record({ items: fc.integer({ min: 1, max: 3 }), lastAtMs: at }), { maxKeys: 3 });
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const consent = fc.record({ status: fc.constantFrom<ConsentStatus>('subscribed', 'unsubscribed', 'pending'), basis: fc.constantFrom('opt_in' as const, 'unknown' as const), source: fc.constantFrom('a', 'b'), atMs: at });
const word = fc.constantFrom('tag:vip', 'attribute:size');

/** Any customer; of the fields that may be missing some are. */
const customers = (id: string): fc.Arbitrary<CustomerRecord> =>
	fc
		.record({
			createdAtMs: at,
			email: some(fc.constantFrom('anna@example.com', 'ben@example.com')),
			shopCustomerId: some(fc.constantFrom('1', '2')),
			city: some(fc.constantFrom('Graz', 'Linz')),
			profileAtMs: at,
			earlier: some(at),
			told: fc.dictionary(word, fc.tuple(at, fc.constantFrom(0, 1)).map(([time]) => [time, 0]), { maxKeys: 2 }),
			isVip: fc.boolean(),
			size: some(fc.constantFrom('M', 'L')),
			consent: fc.record({ email: some(consent), sms: some(consent) }),
			suppressed: some(fc.record({ reason: fc.constantFrom('bounced', 'blocked'), atMs: at })),
			orders: fc.record({ count: fc.nat(3), spentMinor: fc.dictionary(fc.constantFrom('EUR', 'JPY'), fc.nat(100)), firstAtMs: at, lastAtMs: at }),
			bought: some(fc.record({ items: fc.nat(9), saleItems: fc.nat(9), categories: totals, products: totals })),
			visits: some(fc.record({ count: at, firstAtMs: at, lastAtMs: at })),
			engagement: some(fc.record({ sent: at, lastSentAtMs: at })),
			latestCart: some(fc.record({ id: fc.constantFrom('x', 'y'), atMs: at })),
			restock: some(fc.dictionary(fc.constantFrom('restock:a', 'restock:b'), at)),
			merged: some(fc.constant([`${id}-earlier`])),
		})
		.map(({ earlier, told, isVip, size, consent: { email, sms }, ...rest }) => {
			const toldAt: Record<string, number[]> = { ...told };
			if (isVip) toldAt['tag:vip'] ??= [1, 0];
			if (size) toldAt['attribute:size'] ??= [1, 0];
			const record = {
				...rest,
				id,
				...(earlier !== undefined && rest.city && earlier < rest.profileAtMs && { profileEarlier: { city: [earlier, 0] } }),
				...(Object.keys(toldAt).length > 0 && { toldAt }),
				...(isVip && { ownTags: ['vip'] }),
				...(size && { attributes: { size } }),
				consent: { ...(email && { email }), ...(sms && { sms }) },
				aliases: [keys.alias('visitor', id), ...(rest.email ? [keys.alias('email', rest.email)] : [])],
				open: {},
			};
			return JSON.parse(JSON.stringify(record)) as CustomerRecord;
		});

/** Lists whose order says nothing, in one order. */
const settled = (customer: CustomerRecord) => ({ ...customer, merged: [...(customer.merged ?? [])].sort(), aliases: [...(customer.aliases ?? [])].sort() });

describe('two customers that proved to be one', () => {
	it('come to the same, whichever is named first', () => {
		fc.assert(fc.property(customers('a'), customers('b'), (a, b) => expect(mergeCustomers(a, b)).toEqual(mergeCustomers(b, a))), { numRuns: 500 });
	});

	it('come to the same with a third, whichever two are merged first', () => {
		fc.assert(
			fc.property(customers('a'), customers('b'), customers('c'), (a, b, c) => {
				const left = settled(mergeCustomers(mergeCustomers(a, b), c));
				const right = settled(mergeCustomers(a, mergeCustomers(b, c)));
				expect({ ...left, id: '', merged: [] }).toEqual({ ...right, id: '', merged: [] });
				expect([...left.merged, left.id].sort()).toEqual([...right.merged, right.id].sort());
			}),
			{ numRuns: 500 },
		);
	});

	it('keep the newer word on consent, and the no of the same moment', () => {
		const base: CustomerRecord = { id: 'a', createdAtMs: 1, profileAtMs: 1, consent: {}, orders: { count: 0, spentMinor: {} }, open: {} };
		const says = (id: string, status: ConsentStatus, atMs: number): CustomerRecord => ({ ...base, id, consent: { email: { status, basis: 'opt_in', source: 'shop', atMs } } });
		expect(mergeCustomers(says('a', 'unsubscribed', 3), says('b', 'subscribed', 3)).consent.email?.status).toBe('unsubscribed');
		expect(mergeCustomers(says('a', 'subscribed', 3), says('b', 'unsubscribed', 4)).consent.email?.status).toBe('unsubscribed');
		expect(mergeCustomers(says('a', 'unsubscribed', 3), says('b', 'subscribed', 4)).consent.email?.status).toBe('subscribed');
	});
});

let shop: Shop;
const guest = { email: 'anna@example.com', firstName: 'Anna' };
const account = { shopCustomerId: '1', lastName: 'Koch' };
const proof = () => shop.record(customerEvent(shop.now(), { shopCustomerId: '1', email: 'anna@example.com' }));
const merged = async () => (await customerByAccount(shop, '1'))!;
const index = async (name: string) => (await shop.store.walk(name, { limit: 10_000 })).map(({ key }) => key).sort();

describe('a merge', () => {
	beforeEach(async () => {
		shop = openShop();
		await shop.switchOn({});
		shop.pass(hourMs);
	});
	afterEach(() => shop.hub.close());

	it('moves the open enrolment of the cart touched last, and ends the other', async () => {
		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-a' }, { customer: guest }));
		shop.pass(minuteMs);
		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-b' }, { customer: account }));
		await proof();
		const { id } = await merged();
		expect(id).toBe('customer-1');
		expect(await enrolmentOf(shop, 'carts', 'cart-a')).toMatchObject({ status: 'ended', endReason: 'replaced' });
		expect(await enrolmentOf(shop, 'carts', 'cart-b')).toMatchObject({ status: 'open', customerId: id });
		expect((await merged()).open).toEqual({ 'carts:cart-b': { journey: 'carts', cart: 'cart-b' } });
		expect(await cartById(shop, 'cart-b')).toMatchObject({ customerId: id });
		await shop.workTasks();
		expect(await cartById(shop, 'cart-a')).toMatchObject({ customerId: id });
		expect((await customerById(shop, 'customer-2'))?.open).toEqual({});
	});

	it('ends the younger of two enrolments about the same', async () => {
		await shop.switchOn({ id: 'welcome', trigger: 'event', subject: 'customer', events: ['custom'], eventName: 'signed_up', endsOn: [] });
		shop.pass(minuteMs);
		const signedUp = (customer: object) => shop.record(eventOf('custom', shop.now(), { customer, custom: { name: 'signed_up' } }));
		await signedUp(account);
		shop.pass(minuteMs);
		await signedUp(guest);
		expect(await waiting(shop, 'welcome')).toHaveLength(2);
		await proof();
		const open = Object.keys((await merged()).open);
		expect(open).toEqual(['welcome:customer-1']);
		expect(await waiting(shop, 'welcome')).toHaveLength(1);
		expect(await shop.store.readCounters('journey:welcome')).toEqual({ entered: 2, 'ended.replaced': 1 });
	});

	it('ends what one of the two has said no to, or bought out of', async () => {
		await shop.record(cartEvent(shop.now(), {}, { customer: guest }));
		await shop.record(customerEvent(shop.now() + 1, { ...account, emailConsent: { status: 'unsubscribed', basis: 'unknown', atMs: shop.now() } }));
		await proof();
		expect(await enrolmentOf(shop, 'carts')).toMatchObject({ status: 'ended', endReason: 'unsubscribed' });

		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-e' }, { customer: { email: 'eva@example.com' } }));
		shop.pass(minuteMs);
		await shop.record(orderEvent(shop.now(), {}, { customer: { shopCustomerId: '2' } }));
		await shop.record(customerEvent(shop.now(), { shopCustomerId: '2', email: 'eva@example.com' }));
		expect(await enrolmentOf(shop, 'carts', 'cart-e')).toMatchObject({ status: 'ended', endReason: 'bought' });
	});

	it('hands over carts, orders, returns, enrolments, names and requests, and adds up the totals', async () => {
		await shop.record(orderEvent(shop.now(), { orderId: 'o-1' }, { customer: guest }));
		await shop.record(eventOf('restock_requested', shop.now(), { customer: guest, product: { productId: 'tea', updatedAtMs: 0 } }));
		shop.pass(minuteMs);
		await shop.record(orderEvent(shop.now(), { orderId: 'o-2' }, { customer: account }));
		await shop.record(cartEvent(shop.now() + 1, {}, { customer: { ...account, visitorId: 'v1' } }));
		await shop.record(eventOf('return_updated', shop.now(), { return: { returnId: 'r-1', orderId: 'o-2', status: 'requested', updatedAtMs: shop.now() } }));
		await shop.record(eventOf('restock_requested', shop.now(), { customer: account, product: { productId: 'tea', updatedAtMs: 0 } }));
		await shop.record(eventOf('restock_requested', shop.now(), { customer: account, product: { productId: 'pot', updatedAtMs: 0 }, variantId: 'red' }));
		await proof();
		const { id } = await merged();
		expect(await merged()).toMatchObject({ orders: { count: 2, spentMinor: { EUR: 2500 } }, bought: { items: 2, products: { tea: { items: 2 } } } });
		await shop.workTasks();
		expect(await index(indexes.belongings('customer-2'))).toEqual([]);
		expect(await index(indexes.belongings(id))).toEqual(['cart:cart-a', 'customer:customer-2', 'order:o-1', 'order:o-2', 'return:r-1']);
		expect(await shop.store.walk(indexes.restock('tea'), { limit: 9 })).toEqual([{ key: keys.customer(id), value: opening + hourMs }]);
		expect(await index(indexes.restock('pot', 'red'))).toEqual([keys.customer(id)]);
		expect(await orderById(shop, 'o-2')).toMatchObject({ customerId: id });
		expect((await shop.store.read([keys.alias('visitor', 'v1')]))[0].value).toEqual({ id });
		expect(await index(indexes.tasks)).toEqual([]);
	});

	it('keeps one timeline of both, newest first, in pages', async () => {
		for (let minute = 0; minute < 6; minute++) {
			await shop.record(viewEvent(shop.now(), { path: `/${minute}` }, { customer: minute % 2 ? guest : account, source: 'test' }));
			shop.pass(minuteMs);
		}
		await proof();
		const customer = await merged();
		const first = await readCustomerTimeline(shop.store, customer, { limit: 3 });
		const second = await readCustomerTimeline(shop.store, customer, { limit: 10, beforeSeq: first[2].seq });
		expect([...first, ...second].map(({ type }) => type)).toEqual(['customer_updated', ...Array.from({ length: 6 }, () => 'product_viewed')]);
		expect(second.map(({ data }) => (data as { view: { path: string } }).view.path)).toEqual(['/3', '/2', '/1', '/0']);
	});

	it('finds the other’s late order and cart before the task has come to them', async () => {
		await shop.record(orderEvent(shop.now(), { totalMinor: 500 }, { customer: guest }));
		await shop.record(customerEvent(shop.now(), account));
		const proofs = customerEvent(shop.now(), { shopCustomerId: '1', email: 'anna@example.com' });
		await shop.record(proofs);
		await shop.record(orderEvent(shop.now(), { totalMinor: 500, refundedMinor: 200, updatedAtMs: shop.now() + 1 }, { type: 'order_updated' }));
		expect(await merged()).toMatchObject({ orders: { count: 1, spentMinor: { EUR: 300 } } });
		expect(await shop.record(proofs)).toBe('duplicate');
	});

	it.each([
		['and one of them said no', { status: 'unsubscribed', basis: 'unknown' } as const],
		['and nobody said no', undefined],
	])('of two who are in as many journeys as can be is one commit and a task (%s)', async (_what, said) => {
		const journeys = Array.from({ length: maxOpen }, (_journey, index) => `j-${index}`);
		for (const id of journeys) await shop.switchOn({ id, trigger: 'event', subject: 'order', events: ['order_placed'], endsOn: [] });
		shop.pass(minuteMs);
		await shop.record(orderEvent(shop.now(), { orderId: 'o-1' }, { customer: { ...guest, phone: '+436641234567', visitorId: 'v1' } }));
		await shop.record(orderEvent(shop.now(), { orderId: 'o-2' }, { customer: { ...account, visitorId: 'v2', ...(said && { emailConsent: { ...said, atMs: shop.now() } }) } }));
		await shop.record(cartEvent(shop.now() + hourMs, {}, { customer: { visitorId: 'v3' } }));
		const openOf = async (id: string) => Object.keys((await customerById(shop, id))?.open ?? {});
		expect([(await openOf('customer-1')).length, (await openOf('customer-2')).length]).toEqual([maxOpen, said ? 0 : maxOpen]);
		shop.pass(2 * hourMs);
		await shop.record(cartEvent(shop.now(), { checkoutToken: 'checkout-a' }, { customer: { shopCustomerId: '1', email: 'anna@example.com', phone: '+436641234567', visitorId: 'v3' } }));
		await shop.workTasks();
		expect(await openOf('customer-2')).toEqual([]);
		// All of both, and the cart's.
		expect(await openOf('customer-1')).toHaveLength(said ? 0 : 2 * maxOpen + 1);
		for (const journey of journeys) expect(await waiting(shop, journey)).toHaveLength(said ? 0 : 2);
	});

	it('ends those journeys too that its task moves, where the other said no', async () => {
		const journeys = Array.from({ length: maxOpen }, (_journey, index) => `j-${index}`);
		for (const id of journeys) await shop.switchOn({ id, trigger: 'event', subject: 'order', events: ['order_placed'], endsOn: [] });
		shop.pass(minuteMs);
		await shop.record(customerEvent(shop.now(), { ...guest, emailConsent: { status: 'unsubscribed', basis: 'unknown', atMs: shop.now() } }));
		shop.pass(minuteMs);
		await shop.record(orderEvent(shop.now(), {}, { customer: account }));
		await proof();
		await shop.workTasks();
		for (const journey of journeys) expect(await waiting(shop, journey)).toEqual([]);
		expect(await merged()).toMatchObject({ id: 'customer-1', open: {} });
	});

	it('of merges leads from the first id to the last', async () => {
		await shop.record(customerEvent(shop.now(), { email: 'a@example.com' }));
		shop.pass(1);
		await shop.record(orderEvent(shop.now(), {}, { customer: { shopCustomerId: '1' } }));
		shop.pass(1);
		await shop.record(cartEvent(shop.now(), {}, { customer: { phone: '+436641234567' } }));
		await shop.record(customerEvent(shop.now(), { shopCustomerId: '1', phone: '+436641234567' }));
		await shop.record(customerEvent(shop.now(), { shopCustomerId: '1', email: 'a@example.com' }));
		await shop.workTasks();
		expect(await orderById(shop, 'order-1')).toMatchObject({ customerId: 'customer-1' });
		expect(await cartById(shop, 'cart-a')).toMatchObject({ customerId: 'customer-1' });
		expect(await merged()).toMatchObject({ id: 'customer-1', merged: ['customer-2', 'customer-3'], phone: '+436641234567' });
	});
});

/** Handlers that die before their n-th batch, as a killed process does: nothing of that batch is committed. */
function dying(deadly: number): Record<string, TaskHandler> {
	let batches = 0;
	const die = (handler: TaskHandler): TaskHandler => async (...args) => {
		const step = await handler(...args);
		if (++batches === deadly) throw new Error('killed');
		return step;
	};
	return Object.fromEntries(Object.entries(recordTaskHandlers).map(([type, handler]) => [type, die(handler)]));
}

/** Works until all is done, killed at every second batch and stopped in between. */
async function workAndDie(): Promise<number> {
	let deaths = 0;
	for (let round = 0; (await index(indexes.tasks)).length > 0; round++) {
		let batches = 0;
		await workTasks(shop.store, shop.clock, round % 2 ? dying(2) : recordTaskHandlers, { isStopped: () => round % 2 === 0 && ++batches > 3, onFailure: () => void deaths++ });
		shop.pass(hourMs);
		if (round > 1_000) throw new Error('the tasks come to no end');
	}
	return deaths;
}

describe('a customer with a hundred thousand log entries', () => {
	const entries = 100_000;

	beforeAll(async () => {
		shop = openShop();
		await shop.switchOn({});
		shop.pass(hourMs);
		await shop.record(customerEvent(shop.now(), guest));
		shop.pass(1);
		await shop.record(customerEvent(shop.now(), { ...account, city: 'Gumpoldskirchen', visitorId: 'v1' }));
		for (let order = 0; order < 200; order++) await shop.record(orderEvent(shop.now() - order, { orderId: `o-${order}`, totalMinor: 100, statusUrl: 'https://shop.example/o' }, { customer: account }));
		shop.pass(2 * minuteMs);
		await shop.record(cartEvent(shop.now(), { recoveryUrl: 'https://shop.example/r' }, { customer: account }));
		for (let written = 0; written < entries; written += 50) {
			await shop.store.commit({ log: Array.from({ length: 50 }, () => ({ atMs: shop.now(), type: 'page_viewed', subject: keys.customer('customer-2'), data: { path: '/gumpoldskirchen' } })) });
		}
		shop.pass(dayMs);
	}, 60_000);
	afterAll(() => shop.hub.close());

	it('is merged though it is killed half-way, again and again', async () => {
		await proof();
		expect(await workAndDie()).toBeGreaterThan(2);
		expect(await merged()).toMatchObject({ id: 'customer-1', orders: { count: 200, spentMinor: { EUR: 20_000 } }, city: 'Gumpoldskirchen' });
		expect(await index(indexes.belongings('customer-2'))).toEqual([]);
		// 200 orders, the cart and its enrolment, and the tombstone.
		expect(await index(indexes.belongings('customer-1'))).toHaveLength(203);
		for (const order of [0, 99, 199]) expect(await orderById(shop, `o-${order}`)).toMatchObject({ customerId: 'customer-1' });
		expect(await countersOf(shop, 'customer-1')).toMatchObject({ order_placed: 200, customer_updated: 3 });
		expect(await historyOf(shop, 'customer-2')).toBeNull();
		const held = (await exportCustomer(shop.store, 'customer-2'))!;
		expect(held.orders).toHaveLength(200);
		expect(held).toMatchObject({ customer: { id: 'customer-1' }, carts: [{ id: 'cart-a' }], enrolments: [{ journey: 'carts' }], returns: [] });
		expect(held.timeline.length).toBeGreaterThan(entries + 200);
	}, 60_000);

	it('is erased though it is killed half-way, again and again', async () => {
		expect(await shop.record(eventOf('customer_erased', shop.now(), { customer: { email: guest.email } }))).toBe('recorded');
		expect(await waiting(shop, 'carts')).toEqual([]);
		expect(await workAndDie()).toBeGreaterThan(2);
		for (const id of ['customer-1', 'customer-2']) expect(await shop.store.readTimeline(keys.customer(id), { limit: 1 })).toEqual([]);
		expect(await index(indexes.belongings('customer-1'))).toEqual([]);
		expect(await exportCustomer(shop.store, 'customer-1')).toBeNull();
		expect(await customerByEmail(shop, guest.email)).toBeNull();
		expect(await customerByAccount(shop, '1')).toBeNull();
		expect((await shop.store.read([keys.alias('visitor', 'v1')]))[0].value).toBeNull();
		expect(await cartById(shop, 'cart-a')).not.toHaveProperty('recoveryUrl');
		for (const order of [0, 99, 199]) expect(await orderById(shop, `o-${order}`)).not.toHaveProperty('statusUrl');
		expect(await orderById(shop, 'o-7')).toMatchObject({ customerId: 'customer-1', totalMinor: 100 });
		expect(await index(indexes.tasks)).toEqual([]);
		await shop.record(customerEvent(shop.now(), anna));
		expect(await customerByEmail(shop, guest.email)).toMatchObject({ suppressed: { reason: 'erased' } });
	}, 60_000);
});
