import fc from 'fast-check';
import { hourMs, minuteMs } from '../../../lib/model/clock';
import type { CustomerFacts, ShopEvent } from '../../../lib/model/events';
import { type CustomerRecord, indexes } from '../../../lib/model/records';
import { cartEvent, customerByAccount, customerByEmail, customerByVisitor, customerEvent, eventOf, historyOf, opening, openShop, orderEvent, pot, type Shop, tea, viewEvent } from './shop';

/**
 * One person under three names (address, account, browser), in any order of arrival and with repetitions: once it is proved
 * that they are one, the customer is the same, down to history, purchases, tags and attributes. Left out, because the
 * outcome rightly depends on what was known when: who is asked for as `subscribed` (a yes after which a no has arrived never
 * began), and carts and journeys of several people (arrival.test.ts).
 */
const names: CustomerFacts[] = [{ email: 'anna@example.com' }, { shopCustomerId: '1' }, { visitorId: 'v1' }];
const signed = fc.constantFrom(...names.slice(0, 2));
const anyName = fc.constantFrom(...names);

type Telling = (atMs: number) => ShopEvent;

const source = ({ visitorId }: CustomerFacts) => (visitorId ? { source: 'tracking' } : {});
const facts = fc.record({
	city: fc.constantFrom(undefined, 'Graz', 'Linz'),
	postcode: fc.constantFrom(undefined, '8010'),
	birthday: fc.constantFrom(undefined, '--05-01', '1990-05-01'),
	tagsAdded: fc.subarray(['vip', 'tall']),
	tagsRemoved: fc.subarray(['vip']),
	attributes: fc.dictionary(fc.constantFrom('size', 'shop'), fc.constantFrom('M', 'L', 7, null), { maxKeys: 2 }),
});

const told: fc.Arbitrary<Telling> = fc.oneof(
	fc.tuple(anyName, facts, fc.constantFrom(undefined, 'subscribed' as const, 'unsubscribed' as const)).map(
		([name, said, sms]) =>
			(atMs: number) =>
				customerEvent(atMs, { ...name, ...said, ...(sms && { smsConsent: { status: sms, basis: 'opt_in' as const, atMs } }), ...(sms === 'unsubscribed' && { emailConsent: { status: sms, basis: 'unknown' as const, atMs } }) }, source(name)),
	),
	fc.tuple(anyName, fc.constantFrom('tea', 'pot'), fc.constantFrom('product_viewed' as const, 'visited' as const)).map(
		([name, productId, type]) =>
			(atMs: number) =>
				viewEvent(atMs, { productId, category: 'Drinks' }, { customer: name, type }),
	),
	fc
		.record({
			name: signed,
			orderId: fc.constantFrom('o-1', 'o-2'),
			items: fc.subarray([{ ...tea, category: 'Drinks', fullPriceMinor: 1500 }, pot], { minLength: 1 }),
			facts: fc.constantFrom<object>({}, { awaitsPayment: true }, { awaitsPayment: false, paidAtMs: opening + hourMs }, { cancelledAtMs: opening + hourMs }, { refundedMinor: 100 }, { deliveredAtMs: opening + hourMs }, { waitsFor: ['Tea Pot'] }, { waitsFor: [] }),
		})
		.map(
			({ name, orderId, items, facts: said }) =>
				(atMs: number) =>
					orderEvent(opening + (orderId === 'o-1' ? 1 : 2) * minuteMs, { orderId, items, updatedAtMs: atMs, ...said }, { customer: name, type: 'order_updated' }),
		),
	fc.tuple(signed, fc.constantFrom('tea', 'pot')).map(
		([name, productId]) =>
			(atMs: number) =>
				eventOf('restock_requested', atMs, { customer: name, product: { productId, updatedAtMs: 0 } }),
	),
	fc.tuple(anyName, fc.constantFrom('cart-a', 'cart-b')).map(
		([name, cartToken]) =>
			(atMs: number) =>
				cartEvent(atMs, { cartToken }, { customer: name, ...source(name) }),
	),
);

const proofs: Telling[] = [
	(atMs) => customerEvent(atMs, { shopCustomerId: '1', email: 'anna@example.com' }),
	(atMs) => eventOf('identified', atMs, { source: 'tracking', customer: { email: 'anna@example.com', visitorId: 'v1' } }),
];

/** How the person stands, without what tells how that came about. */
async function standing(shop: Shop): Promise<object> {
	const found = await Promise.all([customerByEmail(shop, 'anna@example.com'), customerByAccount(shop, '1'), customerByVisitor(shop, 'v1')]);
	expect(new Set(found.map((customer) => customer?.id)).size).toBe(1);
	const { id, createdAtMs: _created, merged: _merged, aliases, ...customer } = found[0] as CustomerRecord;
	const waits = await Promise.all(['tea', 'pot'].map((product) => shop.store.walk(indexes.restock(product), { limit: 9 })));
	const belongings = (await shop.store.walk(indexes.belongings(id), { limit: 50 })).map(({ key }) => key).filter((key) => !key.startsWith('customer:'));
	return {
		customer: { ...customer, aliases: [...(aliases ?? [])].sort() },
		history: await historyOf(shop, id),
		waits: waits.map((entries) => entries.map(({ key, value }) => [key === `customer:${id}`, value])),
		belongings: belongings.sort(),
		tasks: await shop.store.walk(indexes.tasks, { limit: 9 }),
	};
}

async function run(events: ShopEvent[], worksAtOnce: boolean): Promise<object> {
	const shop = openShop();
	try {
		shop.pass(2 * hourMs);
		for (const event of events) {
			await shop.record(event);
			if (worksAtOnce) await shop.workTasks();
		}
		await shop.workTasks();
		return await standing(shop);
	} finally {
		await shop.hub.close();
	}
}

describe('one person under three names', () => {
	it('is the same customer, whatever order the deliveries and the proofs arrive in', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(told, { minLength: 1, maxLength: 9 }), fc.nat(9), fc.nat(9), fc.infiniteStream(fc.nat()), async (tellings, first, second, stream) => {
				const all = [...tellings];
				all.splice(first % (all.length + 1), 0, proofs[0]);
				all.splice(second % (all.length + 1), 0, proofs[1]);
				const events = all.map((telling, index) => telling(opening + (index + 1) * 3 * minuteMs));
				const rank = () => stream.next().value;
				const arrivals = [...events, ...events.filter(() => rank() % 3 === 0)].map((event) => ({ event, rank: rank() })).sort((a, b) => a.rank - b.rank);
				expect(await run(arrivals.map(({ event }) => event), false)).toEqual(await run(events, true));
			}),
			{ numRuns: 120 },
		);
	}, 60_000);
});
