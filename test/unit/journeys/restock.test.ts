import { journeyTaskHandlers } from '../../../lib/journeys/tasks';
import { dayMs, minuteMs } from '../../../lib/model/clock';
import type { ConsentStatus } from '../../../lib/model/events';
import { type CustomerRecord, indexes, type JourneyDefinition, keys } from '../../../lib/model/records';
import { transact } from '../../../lib/store/transaction';
import { addTask, workTasks } from '../../../lib/tasks/tasks';
import { openShop, orderEvent, type Shop } from '../record/shop';
import { countersOf, enrolmentAt, happening, orderJourney, waitingIn } from './triggers';

let shop: Shop;

beforeEach(() => {
	shop = openShop();
});
afterEach(() => shop.hub.close());

const backInStock: Partial<JourneyDefinition> = { ...orderJourney, id: 'back', events: ['product_restocked'], subject: 'product', steps: [{ name: 'At once', delayMs: 0 }] };
const stillOut: Partial<JourneyDefinition> = { ...orderJourney, id: 'out', events: ['restock_requested'], subject: 'product', steps: [{ name: '21 days', delayMs: 21 * dayMs }], endsOn: ['restocked'], maxAgeMs: 40 * dayMs };

const ask = (name: string, variantId?: string, status: ConsentStatus = 'subscribed') =>
	shop.record(happening(shop, 'restock_requested', { customer: { email: `${name}@example.com`, emailConsent: { status, basis: 'opt_in', atMs: shop.now() } }, product: { productId: 'tea', updatedAtMs: shop.now() }, ...(variantId && { variantId }) }));
const stocked = (stock: number, variantId = 'green') =>
	shop.record(happening(shop, 'product_updated', { customer: undefined, product: { productId: 'tea', title: 'Tea', variants: [{ variantId, stock }], updatedAtMs: shop.now() } }));
const waiting = (variantId?: string) => shop.store.count(indexes.restock('tea', variantId), { limit: 20_000 });
const told = async () => (await waitingIn(shop, 'back')).map((id) => id.slice('back:'.length));

describe('a product that is back', () => {
	it('is told to as many as there are pieces, the oldest request first, and ends their waiting', async () => {
		await shop.switchOn(backInStock);
		await shop.switchOn(stillOut);
		await stocked(0);
		for (const name of ['a', 'b', 'c']) {
			shop.pass(minuteMs);
			await ask(name);
		}
		expect(await waitingIn(shop, 'out')).toHaveLength(3);
		shop.pass(minuteMs);
		await stocked(2);
		await shop.workTasks();
		expect((await told()).sort()).toEqual(['customer-1/tea', 'customer-2/tea']);
		expect(await enrolmentAt(shop, 'back:customer-1/tea')).toMatchObject({ productId: 'tea', event: { type: 'product_restocked' }, enteredAtMs: shop.now() });
		expect(await waiting()).toBe(1);
		expect(await enrolmentAt(shop, 'out:customer-1/tea')).toMatchObject({ status: 'ended', endReason: 'restocked' });
		expect(await enrolmentAt(shop, 'out:customer-3/tea')).toMatchObject({ status: 'open' });
	});

	it('is not told to who bought it since asking, nor does their place count', async () => {
		await shop.switchOn(backInStock);
		await stocked(0);
		for (const name of ['a', 'b']) {
			shop.pass(minuteMs);
			await ask(name);
		}
		await shop.record(orderEvent(shop.now(), {}, { customer: { email: 'a@example.com' } }));
		shop.pass(minuteMs);
		await stocked(1);
		await shop.workTasks();
		expect(await told()).toEqual(['customer-2/tea']);
		expect(await waiting()).toBe(0);
		// Asked anew, it is a new wish.
		await ask('a');
		for (const stock of [0, 1]) {
			shop.pass(minuteMs);
			await stocked(stock);
			await shop.workTasks();
		}
		expect((await told()).sort()).toEqual(['customer-1/tea', 'customer-2/tea']);
	});

	it('is told once however often the same stock is, and to the next when it is out and back again', async () => {
		await shop.switchOn(backInStock);
		await stocked(0);
		for (const name of ['a', 'b']) await ask(name);
		for (const stock of [1, 1, 0, 1]) {
			shop.pass(minuteMs);
			await stocked(stock);
			await shop.workTasks();
		}
		expect((await told()).sort()).toEqual(['customer-1/tea', 'customer-2/tea']);
		expect(await waiting()).toBe(0);
	});

	it('as one variant is told to who wants that one or any, not to who wants another', async () => {
		await shop.switchOn(backInStock);
		await stocked(0);
		await ask('a', 'red');
		shop.pass(1);
		await ask('b', 'green');
		shop.pass(1);
		await ask('c');
		shop.pass(1);
		await stocked(10);
		await shop.workTasks();
		expect((await told()).sort()).toEqual(['customer-2/tea/green', 'customer-3/tea']);
		expect(await waiting('red')).toBe(1);
	});

	it('leaves everybody waiting while no journey tells', async () => {
		await stocked(0);
		await ask('a');
		shop.pass(1);
		await stocked(5);
		await shop.workTasks();
		expect(await waiting()).toBe(1);
		expect(await shop.store.count(indexes.tasks, { limit: 5 })).toBe(0);
	});

	it('passes over who unsubscribed, without counting against the pieces', async () => {
		await shop.switchOn(backInStock);
		await stocked(0);
		await ask('a');
		shop.pass(1);
		await ask('b');
		await shop.record(happening(shop, 'unsubscribed', { customer: { email: 'a@example.com' } }));
		shop.pass(1);
		await stocked(1);
		await shop.workTasks();
		expect(await told()).toEqual(['customer-2/tea']);
	});

	it.each([
		['marketing', ['customer-2/tea']],
		['transactional', ['customer-1/tea']],
	] as const)('as %s is told to %j where who asked first has not agreed to marketing', async (kind, expected) => {
		await shop.switchOn({ ...backInStock, kind });
		await stocked(0);
		await ask('a', undefined, 'pending');
		shop.pass(1);
		await ask('b');
		shop.pass(1);
		await stocked(1);
		await shop.workTasks();
		expect(await told()).toEqual(expected);
	});
});

describe('ten thousand who wait', () => {
	const all = 10_000;
	const pieces = 1_111;
	const crowd = async () => {
		for (let start = 0; start < all; start += 50) {
			await transact(shop.store, async (tx) => {
				const ids = Array.from({ length: 50 }, (_one, index) => `c${start + index}`);
				for (const [index, id] of ids.entries()) tx.index(indexes.restock('tea'), keys.customer(id), start + index);
				// Of those who cannot be reached by the pieces nothing is read.
				if (start >= pieces) return;
				await tx.load(ids.map(keys.customer));
				for (const id of ids) {
					const customer: CustomerRecord = { id, createdAtMs: 0, profileAtMs: 0, email: `${id}@example.com`, consent: { email: { status: 'subscribed', basis: 'opt_in', source: 'test', atMs: 0 } }, orders: { count: 0, spentMinor: {} }, open: {} };
					tx.set(keys.customer(id), customer);
				}
			});
		}
	};

	it('are told by task, killed half-way and run twice, oldest first and no more than there are pieces', async () => {
		await shop.switchOn(backInStock);
		await crowd();
		const about = { productId: 'tea', stock: pieces };
		await transact(shop.store, async (tx) => void (await addTask(tx, { id: 'restock-tea', type: 'restock', about }, shop.now())));

		// Killed twice: the first time between two batches, the second time inside of one, its lease still held.
		let batches = 0;
		await workTasks(shop.store, shop.clock, journeyTaskHandlers, { isStopped: () => ++batches > 20 });
		expect((await told()).length).toBeGreaterThan(0);
		const dying = { restock: async () => Promise.reject(new Error('killed')) };
		await workTasks(shop.store, shop.clock, dying);
		shop.pass(5 * minuteMs);
		await Promise.all([1, 2].map(() => workTasks(shop.store, shop.clock, journeyTaskHandlers)));

		const chosen = new Set(await told());
		expect(chosen.size).toBe(pieces);
		expect(Array.from({ length: pieces }, (_one, index) => `c${index}/tea`).every((entity) => chosen.has(entity))).toBe(true);
		expect(await waiting()).toBe(all - pieces);
		expect(await countersOf(shop, 'back')).toEqual({ entered: pieces });
		expect(await shop.store.count(indexes.tasks, { limit: 5 })).toBe(0);
	}, 60_000);
});
