import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import type { OrderFacts, ProductFacts } from '../../../lib/model/events';
import { indexes, keys, type ReturnRecord } from '../../../lib/model/records';
import { recordTaskHandlers } from '../../../lib/record/tasks';
import { type TaskHandler, workTasks } from '../../../lib/tasks/tasks';
import { anna, ben, countersOf, customerByEmail, eventOf, openShop, orderById, orderEvent, pot, type Shop, tea } from './shop';

let shop: Shop;
beforeEach(() => {
	shop = openShop();
	shop.pass(hourMs);
});
afterEach(() => shop.hub.close());

const order = (facts: Partial<OrderFacts> = {}, minutes = 0) => shop.record(orderEvent(shop.now(), { updatedAtMs: shop.now() + minutes * minuteMs, ...facts }, { customer: anna, type: minutes ? 'order_updated' : 'order_placed' }));
const bought = async () => (await customerByEmail(shop, 'anna@example.com'))?.bought;
const logged = async () => (await shop.store.readTimeline(keys.customer('customer-1'), { limit: 50 })).map(({ type }) => type).reverse();
const product = (facts: Partial<ProductFacts>, type: 'product_updated' | 'product_restocked' | 'restock_requested' = 'product_updated', extra = {}) =>
	shop.record(eventOf(type, shop.now(), { product: { productId: 'tea', updatedAtMs: shop.now(), ...facts }, ...extra }));

describe('what was bought', () => {
	it('adds up by product and by category: the line’s, else the product’s', async () => {
		await product({ productId: 'pot', category: 'Ware' });
		await order({ items: [{ ...tea, quantity: 3, category: 'Drinks', unitPriceMinor: 900, fullPriceMinor: 1000 }, pot] });
		const at = shop.now();
		const total = (items: number) => ({ items, lastAtMs: at });
		expect(await bought()).toEqual({ items: 4, saleItems: 3, categories: { Drinks: total(3), Ware: total(1) }, products: { tea: total(3), pot: total(1) } });
		expect(await orderById(shop, 'order-1')).toMatchObject({ items: [{ category: 'Drinks' }, { category: 'Ware' }] });
	});

	it.each(['in order', 'the cancellation first'])('leaves no trace of a cancelled order (%s)', async (arrival) => {
		await order({ orderId: 'o-1', items: [tea] });
		const placedAtMs = shop.now();
		shop.pass(dayMs);
		const later = [orderEvent(shop.now(), { orderId: 'o-2', items: [tea, pot] }, { customer: anna }), orderEvent(shop.now(), { orderId: 'o-2', items: [tea, pot], updatedAtMs: shop.now() + 1, cancelledAtMs: shop.now() + 1 }, { customer: anna })];
		for (const event of arrival === 'in order' ? later : later.reverse()) await shop.record(event);
		expect(await bought()).toEqual({ items: 1, saleItems: 0, categories: {}, products: { tea: { items: 1, lastAtMs: placedAtMs } } });
	});

	it('goes along when an order turns out to be somebody else’s', async () => {
		await order();
		await shop.record({ ...orderEvent(shop.now(), { updatedAtMs: shop.now() + 1 }), customer: ben });
		expect(await bought()).toBeUndefined();
		expect((await customerByEmail(shop, 'ben@example.com'))?.bought).toMatchObject({ items: 1 });
		expect(await countersOf(shop, 'customer-1')).toEqual({});
		expect(await countersOf(shop, 'customer-2')).toEqual({ order_placed: 1 });
	});

	it('keeps the products bought last', async () => {
		for (let day = 0; day < 5; day++) {
			const items = Array.from({ length: 50 }, (_item, index) => ({ ...tea, productId: `p-${day}-${index}`, category: `c-${day}-${index % 20}` }));
			await order({ orderId: `o-${day}`, items });
			shop.pass(dayMs);
		}
		const { products, categories, items } = (await bought())!;
		expect([items, Object.keys(products).length, Object.keys(categories).length]).toEqual([250, 200, 50]);
		expect(products).not.toHaveProperty('p-0-0');
		expect(products).toHaveProperty('p-4-49');
	});
});

describe('what an order comes to', () => {
	it('happens once, whatever delivery tells it and however often', async () => {
		await order({ awaitsPayment: true, waitsFor: ['Tea Pot'] });
		await order({ awaitsPayment: true, waitsFor: ['Tea Pot'] }, 1);
		await order({ awaitsPayment: false, paidAtMs: shop.now(), waitsFor: [] }, 2);
		await order({ awaitsPayment: true, waitsFor: ['Green Tea'] }, 3);
		await order({ deliveredAtMs: shop.now() }, 4);
		const once = ['order_placed', 'order_awaiting_payment', 'order_held', 'order_paid', 'order_delivered'];
		expect((await logged()).filter((type) => type !== 'order_updated').sort()).toEqual([...once].sort());
		expect(await countersOf(shop, 'customer-1')).toEqual({ ...Object.fromEntries(once.map((type) => [type, 1])), order_updated: 4 });
		expect(await orderById(shop, 'order-1')).toMatchObject({ awaitsPayment: true, waitsFor: ['Green Tea'], deliveredAtMs: shop.now() });
	});

	it('is told no more when it is past by the time it is known', async () => {
		await order({ awaitsPayment: false, paidAtMs: shop.now() }, 2);
		await order({ awaitsPayment: true });
		expect(await logged()).not.toContain('order_awaiting_payment');
		expect(await countersOf(shop, 'customer-1')).toMatchObject({ order_awaiting_payment: 1, order_paid: 1, order_placed: 1 });
	});

	it('is placed though only a later word of it arrives', async () => {
		await order({}, 5);
		expect(await logged()).toContain('order_placed');
		expect(await countersOf(shop, 'customer-1')).toEqual({ order_placed: 1, order_updated: 1 });
	});

	it('has arrived when a carrier says so that knows the order by its id only', async () => {
		await order();
		const arrived = () => eventOf('order_delivered', shop.now(), { parcel: { orderId: 'order-1', deliveredAtMs: shop.now() } });
		expect(await shop.record(arrived())).toBe('recorded');
		expect(await shop.record(arrived())).toBe('stale');
		expect(await orderById(shop, 'order-1')).toMatchObject({ deliveredAtMs: shop.now(), totalMinor: 1250 });
		expect(await logged()).toEqual(['order_placed', 'order_delivered']);
		expect(await shop.record(eventOf('order_delivered', shop.now(), { parcel: { orderId: 'unknown', deliveredAtMs: 1 } }))).toBe('stale');
	});

	it('finds its customer for a refund that names the order only', async () => {
		await order();
		await shop.record(eventOf('order_refunded', shop.now(), { refund: { orderId: 'order-1', refundId: 'r', amountMinor: 100, currency: 'EUR', items: [] } }));
		expect(await logged()).toEqual(['order_placed', 'order_refunded']);
	});
});

describe('a return', () => {
	const told = (status: ReturnRecord['status'], minutes: number, facts = {}) => shop.record(eventOf('return_updated', shop.now(), { return: { returnId: 'r-1', orderId: 'order-1', status, updatedAtMs: shop.now() + minutes * minuteMs, ...facts } }));
	const stored = async () => (await shop.store.read<ReturnRecord>([keys.return('r-1')]))[0].value;

	it('is as it was told last, and its order’s customer’s', async () => {
		await order();
		await told('received', 2, { needsBankDetails: true });
		expect(await told('requested', 1)).toBe('stale');
		expect(await stored()).toMatchObject({ status: 'received', needsBankDetails: true, customerId: 'customer-1' });
		await told('refunded', 3);
		expect(await stored()).not.toHaveProperty('needsBankDetails');
		expect(await shop.store.walk(indexes.belongings('customer-1'), { limit: 9 })).toHaveLength(2);
	});
});

describe('a product', () => {
	const variants = (stock?: number) => ({ variants: [{ variantId: 'green', ...(stock !== undefined && { stock }) }, { variantId: 'black', stock: 4 }] });
	const ask = (variantId?: string) => product({}, 'restock_requested', { customer: anna, variantId });
	const tasks = async () => (await shop.store.walk(indexes.tasks, { limit: 50 })).map(({ key }) => key.slice('task:restock-'.length));

	it('that is back is told to who asked, by variant, and the same restock is one task', async () => {
		await product(variants(0));
		await ask('green');
		shop.pass(minuteMs);
		await product(variants(5));
		await product(variants(5), 'product_restocked');
		expect(await tasks()).toEqual([`tea/green@${shop.now()}`]);
	});

	it.each([
		['nobody asked', async () => void (await product(variants(0)))],
		['it had stock before', async () => void (await Promise.all([ask(), product(variants(1))]))],
		['its stock was not tracked before', async () => void (await Promise.all([ask(), product(variants())]))],
		['it is new', async () => void (await ask())],
		['somebody asked for another variant', async () => void (await Promise.all([ask('black'), product(variants(0))]))],
	])('is told to nobody when %s', async (_why, before) => {
		await before();
		shop.pass(minuteMs);
		await product(variants(5));
		expect(await tasks()).toEqual([]);
	});

	it('is told by all its variants, though these are more than a commit holds', async () => {
		const all = (stock: number) => ({ variants: Array.from({ length: 70 }, (_variant, index) => ({ variantId: `v-${index}`, stock })) });
		await product(all(0));
		await ask();
		shop.pass(minuteMs);
		await product(all(3));
		const told: string[] = [];
		const restock: TaskHandler = async ({ about }) => {
			told.push((about as { variantId: string }).variantId);
			return { done: true };
		};
		await workTasks(shop.store, shop.clock, { ...recordTaskHandlers, restock });
		expect(new Set(told).size).toBe(70);
		expect(told).toHaveLength(70);
	});

	it('told in part keeps the rest', async () => {
		await product({ title: 'Green Tea', ...variants(0) });
		shop.pass(minuteMs);
		await product({ variants: [{ variantId: 'green', stock: 2 }] }, 'product_restocked');
		expect((await shop.store.read([keys.product('tea')]))[0].value).toMatchObject({ title: 'Green Tea', variants: [{ variantId: 'green', stock: 2 }, { variantId: 'black', stock: 4 }] });
	});

	it('is asked for once, since the oldest time, until the customer was told', async () => {
		const first = shop.now();
		const waits = () => shop.store.walk(indexes.restock('tea'), { limit: 9 });
		await ask();
		shop.pass(dayMs);
		expect(await ask()).toBe('stale');
		expect(await waits()).toEqual([{ key: keys.customer('customer-1'), value: first }]);
		await shop.store.commit({ index: [{ index: indexes.restock('tea'), key: keys.customer('customer-1'), value: null }] });
		expect(await ask()).toBe('recorded');
		expect(await waits()).toEqual([{ key: keys.customer('customer-1'), value: shop.now() }]);
		await shop.record(eventOf('customer_erased', shop.now(), { customer: anna }));
		expect(await waits()).toEqual([]);
	});
});
