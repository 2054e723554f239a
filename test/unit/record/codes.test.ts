import { bookingMs, issueCode } from '../../../lib/discounts/issue';
import { listSource, loadCodes } from '../../../lib/discounts/listSource';
import { namedPurpose } from '../../../lib/discounts/purpose';
import { shopSource } from '../../../lib/discounts/shopSource';
import { sweepCodes } from '../../../lib/discounts/sweep';
import { dayMs } from '../../../lib/model/clock';
import { type DiscountCodeRecord, indexes, keys } from '../../../lib/model/records';
import { exportCustomer } from '../../../lib/record/export';
import { contextOf, memoryShop } from '../discounts/shops';
import { customerByEmail, customerEvent, openShop, type Shop } from './shop';

/* What becomes of a customer's codes when customers are merged, ask for their data, or are forgotten. */

const terms = { value: { kind: 'percentage', percent: 10 }, currency: 'EUR' } as const;
let shop: Shop;
beforeEach(async () => {
	shop = openShop();
	await shop.record(customerEvent(shop.now(), { email: 'anna@example.com' }));
});
afterEach(() => shop.hub.close());

const give = async (customerId: string, purpose = 'x') => await issueCode(shop.store, listSource(shop.store, 'main'), { purpose: namedPurpose(customerId, purpose), terms }, shop.clock);
const recordOf = async (code: string) => (await shop.store.read<DiscountCodeRecord>([keys.discountCode(code)]))[0].value;
const belongings = async (id: string) => (await shop.store.walk(indexes.belongings(id), { limit: 100 })).map(({ key }) => key).filter((key) => key.startsWith('discount'));

it('codes are exported, and handed over when customers prove to be one', async () => {
	await loadCodes(shop.store, 'main', ['A-1', 'A-2']);
	shop.pass(dayMs);
	await shop.record(customerEvent(shop.now(), { email: 'ann@example.com' }));
	await give('customer-1');
	await give('customer-2');
	await shop.record(customerEvent(shop.now(), { email: 'anna@example.com', shopCustomerId: '7' }));
	await shop.record(customerEvent(shop.now(), { email: 'ann@example.com', shopCustomerId: '7' }));
	await shop.workTasks();
	const { id } = (await customerByEmail(shop, 'ann@example.com'))!;
	expect((await belongings(id)).sort()).toEqual(['A-1', 'A-2'].map(keys.discountCode));
	expect((await recordOf('A-2'))!.purpose!.customerId).toBe(id);
	expect((await exportCustomer(shop.store, id))!.discountCodes.map(({ code }) => code).sort()).toEqual(['A-1', 'A-2']);
});

it('an erasure leaves the code, which the shop has too, and no address beside it', async () => {
	const there = memoryShop();
	const source = shopSource(there.api, contextOf({}, shop.now), { pattern: 'TEA-########', clock: shop.clock });
	there.mishaps.push('down');
	const request = { purpose: namedPurpose('customer-1', 'x'), terms, onlyFor: { email: 'anna@example.com' } };
	expect(await issueCode(shop.store, source, request, shop.clock)).toMatchObject({ status: 'unavailable' });
	const [key] = await belongings('customer-1');
	expect((await shop.store.read<DiscountCodeRecord>([key]))[0].value).toMatchObject({ state: 'booked', onlyFor: { email: 'anna@example.com' } });
	await shop.record({ type: 'customer_erased', dedupeId: 'e', occurredAtMs: shop.now(), source: 'test', customer: { email: 'anna@example.com' } });
	await shop.workTasks();
	expect((await shop.store.read<DiscountCodeRecord>([key]))[0].value).not.toHaveProperty('onlyFor');
	expect(await belongings('customer-1')).toEqual([]);
});

it('a booking that never became a code leaves nothing when it is swept; who cannot ask its shop leaves it alone', async () => {
	const there = memoryShop();
	const source = shopSource(there.api, contextOf({}, shop.now), { pattern: 'TEA-########', clock: shop.clock });
	there.mishaps.push('late');
	await issueCode(shop.store, source, { purpose: namedPurpose('customer-1', 'x'), terms }, shop.clock);
	await loadCodes(shop.store, 'main', ['A-1'], { expiresAtMs: shop.now() + dayMs });
	shop.pass(bookingMs + dayMs);
	expect(await sweepCodes(shop.store, () => undefined, shop.clock, { limit: 1 })).toEqual({ expired: 1, forgotten: 0, left: 0 });
	expect(await sweepCodes(shop.store, () => source, shop.clock, { limit: 1 })).toEqual({ expired: 0, forgotten: 1, left: 0 });
	expect([...there.codes.values()].map(({ isActive }) => isActive)).toEqual([false]);
	expect(await belongings('customer-1')).toEqual([]);
	expect(await shop.store.count(indexes.discountCodes, { limit: 10 })).toBe(0);
});
