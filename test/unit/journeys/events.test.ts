import { isHoldout } from '../../../lib/journeys/enrolment';
import { maxOpen } from '../../../lib/journeys/gate';
import { dayMs, hourMs, minuteMs } from '../../../lib/model/clock';
import { indexes, type JourneyDefinition, keys } from '../../../lib/model/records';
import { transact } from '../../../lib/store/transaction';
import { claimEnded, claimSteps, settleFinished } from '../../../lib/journeys/engine';
import { defaultSettings } from '../../../lib/model/settings';
import { anna, beat, ben, cartEvent, customerById, customerEvent, orderEvent, openShop, pot, type Shop, tea } from '../record/shop';
import { browseJourney, countersOf, enrolmentAt, happening, orderJourney, waitingIn } from './triggers';

let shop: Shop;

beforeEach(() => {
	shop = openShop();
});
afterEach(() => shop.hub.close());

const switchOn = (journey: Partial<JourneyDefinition> = {}) => shop.switchOn({ ...orderJourney, ...journey });
/** Days later, n8n having run all the time. */
const later = async (ms: number) => {
	shop.pass(ms);
	await beat(shop, 'events');
};
const order = (id = 'order-1', facts = {}) => shop.record(orderEvent(shop.now(), { orderId: id, ...facts }, { customer: anna }));
const engine = () => ({ store: shop.store, shop: 'main', clock: shop.clock, leaseMs: minuteMs, firstRetryMs: 1000 });
const settings = { ...defaultSettings, currency: 'EUR' };

describe('a journey on events', () => {
	it('begins with its event, for the order it is about, and carries it', async () => {
		const definition = await switchOn();
		await order();
		expect(await enrolmentAt(shop, 'events:order-1')).toMatchObject({ orderId: 'order-1', customerId: 'customer-1', dueAtMs: shop.now() + dayMs, event: { type: 'order_placed' } });
		shop.pass(dayMs);
		const [step] = await claimSteps(engine(), definition, settings, 10);
		expect(step.item).toMatchObject({ order: { id: 'order-1', totalMinor: 1250, paid: false, items: [tea] }, event: { type: 'order_placed' }, customer: { orders: { count: 1 } } });
		expect(step.item.cart).toBeUndefined();
	});

	it('runs once for each order, and once for a customer where it is about customers', async () => {
		await switchOn();
		await switchOn({ id: 'customers', subject: 'customer' });
		await order('order-1');
		shop.pass(1);
		await order('order-2');
		expect((await waitingIn(shop, 'events')).sort()).toEqual(['events:order-1', 'events:order-2']);
		expect(await waitingIn(shop, 'customers')).toEqual(['customers:customer-1']);
	});

	it('runs for each product of an order where it is about products', async () => {
		await switchOn({ subject: 'product' });
		await order('order-1', { items: [tea, pot, { ...tea, quantity: 2 }] });
		expect(await waitingIn(shop, 'events')).toEqual(['events:customer-1/pot', 'events:customer-1/tea']);
	});

	it('takes in only what its conditions say', async () => {
		await switchOn({ where: { all: [{ field: 'order.total', op: 'at_least', value: 5000 }, { field: 'orders.count', op: 'is', value: 2 }] } });
		await order('order-1', { totalMinor: 9000 });
		shop.pass(1);
		await order('order-2', { totalMinor: 4999 });
		expect(await waitingIn(shop, 'events')).toEqual([]);
		await order('order-2', { totalMinor: 5000, updatedAtMs: shop.now() + 1 });
		expect(await waitingIn(shop, 'events')).toEqual([]);
		await shop.record(orderEvent(shop.now(), { orderId: 'order-3', totalMinor: 5000 }, { customer: ben }));
		shop.pass(1);
		await shop.record(orderEvent(shop.now(), { orderId: 'order-4', totalMinor: 5000 }, { customer: ben }));
		expect(await waitingIn(shop, 'events')).toEqual(['events:order-4']);
	});

	it('hears a custom event by its name only, and carries what it says', async () => {
		await switchOn({ events: ['custom'], eventName: 'wishlist_added', subject: 'customer' });
		await shop.record(happening(shop, 'custom', { custom: { name: 'quiz_done' } }));
		expect(await waitingIn(shop, 'events')).toEqual([]);
		await shop.record(happening(shop, 'custom', { custom: { name: 'wishlist_added', data: { size: 'M' } } }));
		expect(await enrolmentAt(shop, 'events:customer-1')).toMatchObject({ event: { name: 'wishlist_added', data: { size: 'M' } } });
	});

	it('hears what the recorder works out: that somebody subscribed', async () => {
		await switchOn({ events: ['subscribed'], subject: 'customer' });
		await shop.record(customerEvent(shop.now(), anna));
		expect(await waitingIn(shop, 'events')).toEqual([]);
		shop.pass(1);
		await shop.record(customerEvent(shop.now(), { ...anna, emailConsent: { status: 'subscribed', basis: 'opt_in', atMs: shop.now() } }));
		expect(await waitingIn(shop, 'events')).toEqual(['events:customer-1']);
	});

	it('takes in nobody from a history import, from before it was on, or older than its maximum age', async () => {
		await switchOn();
		await shop.record(orderEvent(shop.now(), { orderId: 'imported' }, { customer: anna, isHistory: true }));
		await shop.record(orderEvent(shop.now() - 1, { orderId: 'before' }, { customer: anna }));
		const placedAtMs = shop.now() + 1;
		await later(7 * dayMs + 1);
		await shop.record(orderEvent(placedAtMs, { orderId: 'old' }, { customer: anna }));
		expect(await waitingIn(shop, 'events')).toEqual([]);
		await shop.record(orderEvent(placedAtMs + 1, { orderId: 'young' }, { customer: anna }));
		expect(await waitingIn(shop, 'events')).toEqual(['events:young']);
	});

	it('takes in nobody who unsubscribed, unless it is transactional, and nobody who is blocked', async () => {
		await switchOn();
		await switchOn({ id: 'papers', kind: 'transactional' });
		await shop.record(happening(shop, 'unsubscribed'));
		await order();
		expect(await waitingIn(shop, 'events')).toEqual([]);
		expect(await waitingIn(shop, 'papers')).toHaveLength(1);
		await shop.record(happening(shop, 'blocked'));
		await order('order-2');
		expect(await waitingIn(shop, 'papers')).toEqual([]);
	});

	it('is not begun twice by the same happening told by two deliveries, even where it may come again at once', async () => {
		const definition = await switchOn({ subject: 'customer', reentryAfterMs: 0, steps: [{ name: 'At once', delayMs: 0 }] });
		const placed = orderEvent(shop.now(), {}, { customer: anna });
		await shop.record(placed);
		await settleFinished(engine(), definition, await claimSteps(engine(), definition, settings, 10));
		shop.pass(hourMs);
		await shop.record({ ...placed, dedupeId: 'reconciled', type: 'order_updated', occurredAtMs: shop.now() });
		expect(await countersOf(shop, 'events')).toEqual({ entered: 1, 'ended.completed': 1 });
		await order('order-2');
		expect(await countersOf(shop, 'events')).toMatchObject({ entered: 2 });
	});

	it('comes again after its pause only', async () => {
		const definition = await switchOn({ subject: 'customer', reentryAfterMs: 10 * dayMs, steps: [{ name: 'At once', delayMs: 0 }] });
		await order('order-1');
		await settleFinished(engine(), definition, await claimSteps(engine(), definition, settings, 10));
		await later(10 * dayMs - 1);
		await order('order-2');
		expect(await waitingIn(shop, 'events')).toEqual([]);
		shop.pass(1);
		await order('order-3');
		expect(await enrolmentAt(shop, 'events:customer-1')).toMatchObject({ status: 'open', orderId: 'order-3', stepsDone: 0 });
	});

	it(`keeps a customer's enrolments bounded, and counts whom that kept out`, async () => {
		await switchOn({ kind: 'transactional' });
		for (let index = 0; index < maxOpen + 3; index++) await order(`order-${index}`);
		expect(await waitingIn(shop, 'events')).toHaveLength(maxOpen);
		expect(await countersOf(shop, 'events')).toEqual({ entered: maxOpen, 'not_entered.too_many_open': 3 });
		await shop.record(happening(shop, 'blocked'));
		expect(await waitingIn(shop, 'events')).toEqual([]);
	});

	it('begins while the shop’s own copy of the definitions is old: the commit notices', async () => {
		await order('order-0');
		const other = { ...orderJourney };
		await switchOn(other);
		await order('order-1');
		expect(await waitingIn(shop, 'events')).toEqual(['events:order-1']);
	});
});

describe('an order ends', () => {
	it('journeys of its customer, but not the one that it began', async () => {
		await switchOn({ endsOn: ['order'] });
		await order('order-1');
		await order('order-1', { paidAtMs: shop.now() + 5, updatedAtMs: shop.now() + 5 });
		expect(await enrolmentAt(shop, 'events:order-1')).toMatchObject({ status: 'open' });
		shop.pass(minuteMs);
		await shop.record(orderEvent(shop.now() - 2 * minuteMs, { orderId: 'earlier' }, { customer: anna }));
		expect(await enrolmentAt(shop, 'events:order-1')).toMatchObject({ status: 'open' });
		await order('order-2');
		expect(await enrolmentAt(shop, 'events:order-1')).toMatchObject({ status: 'ended', endReason: 'bought' });
		expect((await customerById(shop, 'customer-1'))?.open).toEqual({ 'events:order-2': { journey: 'events' } });
	});

	it('by the same product only, where the journey says so', async () => {
		await switchOn({ subject: 'product', endsOn: ['same_product'] });
		await order('order-1', { items: [tea] });
		shop.pass(minuteMs);
		await order('order-2', { items: [pot] });
		expect(await enrolmentAt(shop, 'events:customer-1/tea')).toMatchObject({ status: 'open' });
		shop.pass(minuteMs);
		await order('order-3', { items: [tea] });
		expect(await countersOf(shop, 'events')).toEqual({ entered: 3, 'ended.bought': 1 });
	});

	it.each([
		['paid', { paidAtMs: 1 }, 'paid'],
		['paid', { awaitsPayment: false }, 'paid'],
		['cancelled', { cancelledAtMs: 1 }, 'cancelled'],
		['released', { waitsFor: [] }, 'released'],
	] as const)('by being %s', async (ending, facts, endReason) => {
		await switchOn({ events: ['order_awaiting_payment'], endsOn: ['paid', 'cancelled', 'released'].filter((word) => word === ending) as JourneyDefinition['endsOn'], kind: 'transactional' });
		await order('order-1', { awaitsPayment: true });
		await order('order-2', { awaitsPayment: true });
		expect(await waitingIn(shop, 'events')).toHaveLength(2);
		shop.pass(hourMs);
		const told = Object.fromEntries(Object.entries(facts).map(([field, value]) => [field, value === 1 ? shop.now() : value]));
		await shop.record(orderEvent(shop.now() - hourMs, { orderId: 'order-1', updatedAtMs: shop.now(), ...told }, { type: 'order_updated', customer: anna }));
		expect(await enrolmentAt(shop, 'events:order-1')).toMatchObject({ status: 'ended', endReason });
		expect(await enrolmentAt(shop, 'events:order-2')).toMatchObject({ status: 'open' });
	});

	it('before it begins: a paid order is not asked to be paid', async () => {
		await switchOn({ endsOn: ['paid', 'cancelled'] });
		await order('order-1', { paidAtMs: shop.now() });
		await order('order-2', { cancelledAtMs: shop.now() });
		expect(await waitingIn(shop, 'events')).toEqual([]);
	});
});

describe('what the product rules say of the goods', () => {
	const delivered = (id: string, items: object[]) => shop.record(happening(shop, 'order_delivered', { order: orderEvent(shop.now(), { orderId: id, items: items as never, deliveredAtMs: shop.now() }).order }));
	const kindOf: Partial<JourneyDefinition> = { events: ['order_delivered'], subject: 'order' };

	it('decides which journey an order begins: hard when one of its goods is, none where no rule says it', async () => {
		await shop.store.commit({ writes: [{ key: keys.productRules, value: { rules: [{ category: 'Tea', goods: 'soft' }, { product: 'pot', goods: 'hard' }], updatedAtMs: 0 } as never, version: 0 }] });
		await shop.switchOn({ ...orderJourney, ...kindOf, id: 'soft', where: { field: 'order.goods', op: 'is', value: 'soft' } });
		await shop.switchOn({ ...orderJourney, ...kindOf, id: 'hard', where: { field: 'order.goods', op: 'is', value: 'hard' } });
		const green = { ...tea, productId: 'green', category: 'Tea' };
		await delivered('soft-1', [green, { ...tea, productId: 'unknown', category: 'Spoons' }]);
		await delivered('hard-1', [green, pot]);
		await delivered('none-1', [{ ...tea, productId: 'unknown', category: 'Spoons' }]);
		expect(await waitingIn(shop, 'soft')).toEqual(['soft:soft-1']);
		expect(await waitingIn(shop, 'hard')).toEqual(['hard:hard-1']);
		expect(await countersOf(shop, 'hard')).toEqual({ entered: 1, 'not_entered.no_product_rule': 1 });
	});
});

describe('clicks in messages', () => {
	const clicked = (message: object, extra = {}) => shop.record(happening(shop, 'message_clicked', { message: { channel: 'email', ...message }, ...extra }));

	it('begin a journey by how often the same product, or category, was clicked; those of machines never', async () => {
		const journey: Partial<JourneyDefinition> = { events: ['message_clicked'], subject: 'customer' };
		const definition = await switchOn({ ...journey, where: { field: 'event.data.productClicks', op: 'at_least', value: 2 } });
		await switchOn({ ...journey, id: 'category', where: { field: 'event.data.categoryClicks', op: 'at_least', value: 3 } });
		await clicked({ productId: 'tea', category: 'Tea' });
		await clicked({ productId: 'pot', category: 'Pots' });
		await clicked({ productId: 'tea', category: 'Tea', isMachine: true });
		expect(await waitingIn(shop, 'events')).toEqual([]);
		await later(dayMs);
		await beat(shop, 'category');
		await clicked({ productId: 'tea', category: 'Tea' });
		expect(await waitingIn(shop, 'events')).toEqual(['events:customer-1']);
		expect(await waitingIn(shop, 'category')).toEqual([]);
		shop.pass(1);
		await clicked({ category: 'tea' });
		expect(await waitingIn(shop, 'category')).toEqual(['category:customer-1']);
		shop.pass(dayMs);
		const [step] = await claimSteps(engine(), definition, settings, 10);
		expect(step.item).toMatchObject({ product: { id: 'tea' }, event: { type: 'message_clicked', data: { product: 'tea', productClicks: 2, categoryClicks: 2 } } });
	});

	it('of more than 30 days ago count no more', async () => {
		await switchOn({ events: ['message_clicked'], subject: 'customer', where: { field: 'event.data.productClicks', op: 'at_least', value: 2 } });
		await clicked({ productId: 'tea' });
		await later(32 * dayMs);
		await clicked({ productId: 'tea' });
		expect(await waitingIn(shop, 'events')).toEqual([]);
	});
});

describe('a subscription', () => {
	it('ends the journey that waits for its confirmation, and no other', async () => {
		await switchOn({ subject: 'customer', kind: 'transactional', events: ['customer_updated'], endsOn: ['subscribed'] });
		await switchOn({ id: 'other', subject: 'customer', kind: 'transactional', events: ['customer_updated'], endsOn: ['order'] });
		const consent = (status: 'pending' | 'subscribed') => happening(shop, 'customer_updated', { customer: { ...anna, emailConsent: { status, basis: 'opt_in', atMs: shop.now() } } });
		await shop.record(consent('pending'));
		expect(await waitingIn(shop, 'events')).toEqual(['events:customer-1']);
		shop.pass(minuteMs);
		await shop.record({ ...consent('subscribed'), type: 'consent_changed' });
		expect(await enrolmentAt(shop, 'events:customer-1')).toMatchObject({ status: 'ended', endReason: 'subscribed' });
		expect(await enrolmentAt(shop, 'other:customer-1')).toMatchObject({ status: 'open' });
	});
});

describe('a return', () => {
	const returned = (facts: object) => shop.record(happening(shop, 'return_updated', { return: { returnId: 'return-1', orderId: 'order-1', status: 'received', updatedAtMs: shop.now(), ...facts } }));
	const journey: Partial<JourneyDefinition> = { events: ['return_updated'], subject: 'return', kind: 'transactional', endsOn: ['return_settled'] };

	it('begins a journey that ends when nothing is missing any more', async () => {
		const definition = await switchOn({ ...journey, where: { field: 'event.data.needsBankDetails', op: 'is_true' } });
		await returned({ needsBankDetails: true, formUrl: 'https://shop.example/form' });
		shop.pass(dayMs);
		const [step] = await claimSteps(engine(), definition, settings, 10);
		expect(step.item.return).toEqual({ id: 'return-1', orderId: 'order-1', status: 'received', needsBankDetails: true, formUrl: 'https://shop.example/form' });
		await returned({ needsBankDetails: false });
		expect(await enrolmentAt(shop, 'events:return-1')).toMatchObject({ status: 'ended', endReason: 'return_settled' });
	});

	it.each(['refunded', 'closed', 'cancelled', 'declined'])('ends it by being %s', async (status) => {
		await switchOn(journey);
		await returned({});
		shop.pass(1);
		await returned({ status });
		expect(await enrolmentAt(shop, 'events:return-1')).toMatchObject({ status: 'ended', endReason: 'return_settled' });
		shop.pass(1);
		await returned({ status, formUrl: 'https://shop.example/again' });
		expect(await countersOf(shop, 'events')).toEqual({ entered: 1, 'ended.return_settled': 1 });
	});
});

describe('a cart that is begun', () => {
	it('ends what waits for it, unless it was begun before', async () => {
		await switchOn({ endsOn: ['cart_started'], subject: 'customer' });
		await order();
		await shop.record(cartEvent(shop.now() - 1, { cartToken: 'before' }, { customer: anna }));
		await shop.record(cartEvent(shop.now() + 1, { cartToken: 'empty', items: [] }, { customer: anna }));
		expect(await waitingIn(shop, 'events')).toHaveLength(1);
		shop.pass(minuteMs);
		await shop.record(cartEvent(shop.now(), { cartToken: 'before', items: [pot] }));
		expect(await enrolmentAt(shop, 'events:customer-1')).toMatchObject({ status: 'ended', endReason: 'cart_started' });
	});
});

describe('delays that follow data', () => {
	it('count from the day on which a payment is due', async () => {
		await switchOn({ anchor: { type: 'date', of: 'payment_due' }, steps: [{ name: '2 days before', delayMs: -2 * dayMs }], maxAgeMs: 30 * dayMs });
		const dueAtMs = shop.now() + 14 * dayMs;
		await order('order-1', { paymentDueAtMs: dueAtMs });
		await order('order-2');
		expect(await enrolmentAt(shop, 'events:order-1')).toMatchObject({ enteredAtMs: dueAtMs, dueAtMs: dueAtMs - 2 * dayMs });
		expect(await countersOf(shop, 'events')).toEqual({ entered: 1, 'not_entered.no_date': 1 });
	});

	it('move along with a date that is put right before anything was sent', async () => {
		const opened = shop.now();
		await switchOn({ anchor: { type: 'date', of: 'payment_due' }, steps: [{ name: '2 days before', delayMs: -2 * dayMs }], maxAgeMs: 30 * dayMs });
		await switchOn({ id: 'birthdays', subject: 'customer', anchor: { type: 'date', of: 'birthday' }, steps: [{ name: 'On the day', delayMs: 0 }] });
		await shop.record(customerEvent(opened, { ...anna, birthday: '1990-05-04' }));
		await order('order-1', { paymentDueAtMs: opened + 14 * dayMs });
		expect(await enrolmentAt(shop, 'birthdays:customer-1')).toMatchObject({ dueAtMs: Date.parse('2026-05-04T00:00+02:00') });
		shop.pass(minuteMs);
		await shop.record(customerEvent(shop.now(), { ...anna, birthday: '1990-06-05' }));
		await shop.record(orderEvent(opened, { orderId: 'order-1', paymentDueAtMs: opened + 20 * dayMs, updatedAtMs: shop.now() }, { type: 'order_updated', customer: anna }));
		expect(await enrolmentAt(shop, 'birthdays:customer-1')).toMatchObject({ dueAtMs: Date.parse('2026-06-05T00:00+02:00') });
		expect(await enrolmentAt(shop, 'events:order-1')).toMatchObject({ dueAtMs: opened + 18 * dayMs });
		expect(await countersOf(shop, 'events')).toEqual({ entered: 1 });
	});

	const rules = async (list: object[]) =>
		await transact(shop.store, async (tx) => {
			await tx.load([keys.productRules]);
			tx.set(keys.productRules, { rules: list, updatedAtMs: shop.now() });
		});
	const replenishment: Partial<JourneyDefinition> = { subject: 'product', anchor: { type: 'supply', leadDays: 3 }, endsOn: ['same_product'], steps: [{ name: 'At once', delayMs: 0 }], maxAgeMs: 10 * dayMs };

	it('remind of a reorder on day 92, and a reorder before then starts anew with what is left', async () => {
		await rules([{ product: 'capsules', daysPerUnit: 1, unitsPerPack: 100, deliveryDays: 5 }]);
		await switchOn(replenishment);
		const items = [{ ...tea, productId: 'capsules' }, pot];
		const placedAtMs = shop.now();
		await order('order-1', { items });
		expect(await enrolmentAt(shop, 'events:customer-1/capsules')).toMatchObject({ dueAtMs: placedAtMs + 92 * dayMs });
		expect(await countersOf(shop, 'events')).toEqual({ entered: 1, 'not_entered.no_product_rule': 1 });
		await later(60 * dayMs);
		await order('order-2', { items });
		// Forty days are left of the first box.
		expect(await enrolmentAt(shop, 'events:customer-1/capsules')).toMatchObject({ status: 'open', orderId: 'order-2', dueAtMs: placedAtMs + 192 * dayMs });
		expect(await countersOf(shop, 'events')).toMatchObject({ entered: 2, 'ended.bought': 1 });
	});

	it('move on by a reorder where nothing ends the journey, once for each order', async () => {
		await rules([{ product: 'tea', daysPerUnit: 100, deliveryDays: 5 }]);
		await switchOn({ ...replenishment, endsOn: [] });
		const placedAtMs = shop.now();
		await order('order-1');
		await later(60 * dayMs);
		await order('order-2');
		await order('order-2', { paidAtMs: shop.now(), updatedAtMs: shop.now() + 1 });
		expect(await enrolmentAt(shop, 'events:customer-1/tea')).toMatchObject({ status: 'open', orderId: 'order-2', dueAtMs: placedAtMs + 192 * dayMs });
		expect(await countersOf(shop, 'events')).toMatchObject({ entered: 1 });
	});
});

describe('replacements', () => {
	const replacement: Partial<JourneyDefinition> = { subject: 'product', anchor: { type: 'replacement' }, endsOn: ['same_category', 'cancelled'], reentryAfterMs: 0, steps: [{ name: 'At once', delayMs: 0 }], maxAgeMs: 10 * dayMs };
	const rules = (list: object[]) => shop.store.commit({ writes: [{ key: keys.productRules, value: { rules: list, updatedAtMs: 0 } as never, version: 0 }] });
	const shoes = (productId: string) => ({ ...tea, productId, category: 'Shoes' });

	it('are due so many days after the order as the rules say; goods without a rule are left out with that reason', async () => {
		await rules([{ category: 'Shoes', replacementDays: 270 }]);
		await switchOn(replacement);
		const placedAtMs = shop.now();
		await order('order-1', { items: [shoes('boots'), pot] });
		expect(await enrolmentAt(shop, 'events:customer-1/boots')).toMatchObject({ dueAtMs: placedAtMs + 270 * dayMs, category: 'Shoes' });
		expect(await waitingIn(shop, 'events')).toEqual(['events:customer-1/boots']);
		expect(await countersOf(shop, 'events')).toEqual({ entered: 1, 'not_entered.no_product_rule': 1 });
	});

	it('are not spoken of when another pair was bought meanwhile, and follow that one', async () => {
		await rules([{ category: 'Shoes', replacementDays: 270 }]);
		await switchOn(replacement);
		await order('order-1', { items: [shoes('boots')] });
		await later(100 * dayMs);
		await order('order-2', { items: [pot] });
		expect(await enrolmentAt(shop, 'events:customer-1/boots')).toMatchObject({ status: 'open' });
		await order('order-3', { items: [{ ...shoes('sandals'), category: 'shoes' }] });
		expect(await enrolmentAt(shop, 'events:customer-1/boots')).toMatchObject({ status: 'ended', endReason: 'bought' });
		expect(await enrolmentAt(shop, 'events:customer-1/sandals')).toMatchObject({ status: 'open', dueAtMs: shop.now() + 270 * dayMs });
	});

	it('move on with the same product bought again where nothing ends the journey', async () => {
		await rules([{ category: 'Shoes', replacementDays: 270 }]);
		await switchOn({ ...replacement, endsOn: [] });
		await order('order-1', { items: [shoes('boots')] });
		await later(100 * dayMs);
		await order('order-2', { items: [shoes('boots')] });
		expect(await enrolmentAt(shop, 'events:customer-1/boots')).toMatchObject({ orderId: 'order-2', dueAtMs: shop.now() + 270 * dayMs });
	});
});

describe('what the product rules say of a product', () => {
	const rules = (list: object[]) => shop.store.commit({ writes: [{ key: keys.productRules, value: { rules: list, updatedAtMs: 0 } as never, version: 0 }] });
	const upgrade: Partial<JourneyDefinition> = { events: ['product_viewed', 'cart_updated'], subject: 'customer', where: { field: 'product.hasUpgrade', op: 'is_true' } };
	const looked = (productId: string, category?: string) => shop.record(happening(shop, 'product_viewed', { customer: anna, view: { path: '/', productId, category } }));

	it('begins a journey for who looked at it, also where the catalogue does not know it, and counts nothing for the others', async () => {
		await rules([{ product: 'basic', upgrade: 'pro' }, { category: 'Tea', goods: 'soft' }]);
		await switchOn(upgrade);
		await looked('plain', 'Tea');
		expect(await waitingIn(shop, 'events')).toEqual([]);
		await looked('basic');
		expect(await enrolmentAt(shop, 'events:customer-1')).toMatchObject({ status: 'open', productId: 'basic' });
		expect(await countersOf(shop, 'events')).toEqual({ entered: 1 });
	});

	it('finds the product of a cart for which the conditions hold', async () => {
		await rules([{ product: 'basic', upgrade: 'pro' }]);
		await switchOn(upgrade);
		const cart = { cartToken: 'cart-1', stage: 'cart' as const, items: [pot, { ...tea, productId: 'basic' }], updatedAtMs: shop.now() };
		await shop.record(happening(shop, 'cart_updated', { customer: anna, cart: cart as never }));
		expect(await waitingIn(shop, 'events')).toEqual(['events:customer-1']);
		expect(await enrolmentAt(shop, 'events:customer-1')).toMatchObject({ productId: 'basic' });
	});

	it('picks those of an order that have a next size or accessories, and counts the rest', async () => {
		await rules([{ product: 'boots-28', nextSize: 'boots-29' }, { product: 'basic', accessories: ['cup'] }]);
		await switchOn({ events: ['order_placed'], subject: 'product', where: { field: 'product.hasNextSize', op: 'is_true' } });
		await switchOn({ id: 'accessories', events: ['order_placed'], subject: 'product', where: { field: 'product.hasAccessories', op: 'is_true' } });
		await order('order-1', { items: [{ ...tea, productId: 'boots-28' }, { ...tea, productId: 'basic' }, pot] });
		expect(await waitingIn(shop, 'events')).toEqual(['events:customer-1/boots-28']);
		expect(await waitingIn(shop, 'accessories')).toEqual(['accessories:customer-1/basic']);
		expect(await countersOf(shop, 'events')).toEqual({ entered: 1, 'not_entered.no_product_rule': 1 });
	});
});

describe('the holdout', () => {
	it('is a fixed share of customers, another in each journey', () => {
		const journey = (id: string) => ({ id, holdoutPercent: 10 });
		const members = (id: string) => Array.from({ length: 10_000 }, (_one, index) => `customer-${index}`).filter((customer) => isHoldout(journey(id), customer));
		const [a, b] = [members('a'), members('b')];
		for (const share of [a.length, b.length]) {
			expect(share).toBeGreaterThan(900);
			expect(share).toBeLessThan(1100);
		}
		const both = a.filter((customer) => b.includes(customer)).length;
		expect(both).toBeGreaterThan(60);
		expect(both).toBeLessThan(140);
		expect(members('a')).toEqual(a);
		expect(isHoldout({ id: 'a', holdoutPercent: 0 }, 'customer-1')).toBe(false);
	});

	it('goes through its steps and ends, counted and never emitted', async () => {
		const definition = await switchOn({ holdoutPercent: 50, subject: 'customer', emitEnded: true });
		for (let index = 0; index < 60; index++) await shop.record(orderEvent(shop.now(), { orderId: `order-${index}` }, { customer: { email: `customer${index}@example.com` } }));
		const { entered, 'holdout.entered': held } = await countersOf(shop, 'events');
		expect(entered + held).toBe(60);
		expect(held).toBeGreaterThan(15);
		const emitted = new Set<string>();
		for (const delayMs of [dayMs, 2 * dayMs]) {
			shop.pass(delayMs);
			const steps = await claimSteps(engine(), definition, settings, 1000);
			expect(steps).toHaveLength(entered);
			for (const { item } of steps) emitted.add(item.customer!.id);
			await settleFinished(engine(), definition, steps);
		}
		expect(await waitingIn(shop, 'events')).toEqual([]);
		expect(await countersOf(shop, 'events')).toEqual({ entered, 'holdout.entered': held, 'holdout.step': 2 * held, 'holdout.ended.completed': held, 'ended.completed': entered });
		expect(emitted.size).toBe(entered);
		expect(await claimEnded(engine(), definition, settings, 1000)).toHaveLength(entered);
	});
});

describe('a browse session', () => {
	const look = (productId: string, seconds?: number, customer = anna) =>
		shop.record(happening(shop, seconds === undefined ? 'product_viewed' : 'dwelled', { customer, view: { path: `/${productId}`, productId, productTitle: productId, category: 'Tea', ...(seconds !== undefined && { seconds }) } }));
	const open = (journey: Partial<JourneyDefinition> = {}) => shop.switchOn({ ...browseJourney, ...journey });

	it('is the same product seen twice within a day, and carries it', async () => {
		await open();
		await look('tea');
		shop.pass(hourMs);
		await look('pot');
		expect(await waitingIn(shop, 'browse')).toEqual([]);
		shop.pass(hourMs);
		await look('tea');
		expect(await enrolmentAt(shop, 'browse:customer-1')).toMatchObject({ view: { productId: 'tea' }, dueAtMs: shop.now() + 4 * hourMs });
	});

	const browser = { endpoint: 'https://push.example/a', p256dh: 'p', auth: 'a' };
	/** A visitor who allowed web push, and of whom nothing else is known. */
	async function lookTwice(visitorId: string): Promise<void> {
		await shop.record(happening(shop, 'push_subscribed', { customer: { visitorId }, push: browser }));
		await look('tea', undefined, { visitorId });
		shop.pass(minuteMs);
		await look('tea', undefined, { visitorId });
	}

	it('takes in who is reached by web push only', async () => {
		await open();
		await lookTwice('visitor-0001');
		expect(await waitingIn(shop, 'browse')).toEqual(['browse:customer-1']);
	});

	it('takes in nobody who refused web push and is reached by nothing else', async () => {
		await open();
		await shop.record(happening(shop, 'push_subscribed', { customer: { visitorId: 'visitor-0001' }, push: browser }));
		await shop.record(happening(shop, 'unsubscribed', { customer: undefined, customerId: 'customer-1', message: { channel: 'push' } }));
		await lookTwice('visitor-0001');
		expect(await waitingIn(shop, 'browse')).toEqual([]);
	});

	it('takes in who left e-mail but allowed web push, and not who only left e-mail', async () => {
		await open();
		for (const customer of [anna, ben]) await shop.record(happening(shop, 'unsubscribed', { customer }));
		await shop.record(happening(shop, 'push_subscribed', { push: browser }));
		for (const customer of [anna, ben, anna, ben]) {
			await look('tea', undefined, customer);
			shop.pass(minuteMs);
		}
		expect(await waitingIn(shop, 'browse')).toEqual(['browse:customer-1']);
	});

	it('is not the same product seen on two days', async () => {
		await open();
		await look('tea');
		shop.pass(dayMs);
		await look('tea');
		expect(await waitingIn(shop, 'browse')).toEqual([]);
	});

	it('is a long look, or several that add up', async () => {
		await open({ browse: { of: 'product', views: 0, seconds: 60 } });
		await look('tea', 40);
		expect(await waitingIn(shop, 'browse')).toEqual([]);
		shop.pass(minuteMs);
		await look('tea', 20);
		expect(await waitingIn(shop, 'browse')).toHaveLength(1);
	});

	it('may be about a category', async () => {
		await open({ browse: { of: 'category', views: 2, seconds: 0 } });
		await look('tea');
		shop.pass(minuteMs);
		await look('pot');
		expect(await waitingIn(shop, 'browse')).toHaveLength(1);
	});

	it('is postponed by each further look before the first message', async () => {
		await open();
		await look('tea');
		shop.pass(minuteMs);
		await look('tea');
		shop.pass(hourMs);
		await look('pot');
		expect(await enrolmentAt(shop, 'browse:customer-1')).toMatchObject({ view: { productId: 'tea' }, dueAtMs: shop.now() + 4 * hourMs });
		shop.pass(minuteMs);
		await look('pot');
		expect(await enrolmentAt(shop, 'browse:customer-1')).toMatchObject({ view: { productId: 'pot' } });
	});

	it('is none once something was put in a cart, or bought', async () => {
		await open();
		await look('tea');
		shop.pass(minuteMs);
		await shop.record(cartEvent(shop.now(), {}, { customer: anna }));
		shop.pass(minuteMs);
		await look('tea');
		expect(await waitingIn(shop, 'browse')).toEqual([]);
	});

	/** Where the shop tells of carts, but not whose they are, the visitor's browser does. */
	const visitorsCart = (name: string, items: number) => happening(shop, 'custom', { source: 'tracking', custom: { name, data: { items } } });

	it('is none once the browser told of a cart', async () => {
		await open();
		await look('tea');
		shop.pass(minuteMs);
		await shop.record(visitorsCart('cart_updated', 1));
		shop.pass(minuteMs);
		await look('tea');
		expect(await waitingIn(shop, 'browse')).toEqual([]);
	});

	it.each([
		['an emptied cart', () => visitorsCart('cart_updated', 0)],
		['something else of the shop’s own', () => visitorsCart('wishlist_updated', 1)],
		['a cart of before', () => ({ ...visitorsCart('cart_updated', 1), occurredAtMs: shop.now() - hourMs })],
	])('goes on after %s', async (_what, event) => {
		await open();
		await look('tea');
		shop.pass(1);
		await look('tea');
		shop.pass(minuteMs);
		await shop.record(event());
		expect(await waitingIn(shop, 'browse')).toHaveLength(1);
	});

	it.each([
		['cart_started', () => cartEvent(shop.now(), {}, { customer: anna })],
		['cart_started', () => visitorsCart('cart_updated', 2)],
		['cart_started', () => visitorsCart('checkout_updated', 1)],
		['bought', () => orderEvent(shop.now(), {}, { customer: anna })],
	] as const)('ends as %s', async (endReason, event) => {
		await open();
		await look('tea');
		shop.pass(1);
		await look('tea');
		shop.pass(minuteMs);
		await shop.record(event());
		expect(await enrolmentAt(shop, 'browse:customer-1')).toMatchObject({ status: 'ended', endReason });
	});

	it('of an unknown visitor counts once it is known whose it is', async () => {
		await open();
		const visitor = { visitorId: 'visitor-1' };
		await look('tea', undefined, visitor as typeof anna);
		shop.pass(minuteMs);
		await look('tea', undefined, visitor as typeof anna);
		expect(await waitingIn(shop, 'browse')).toEqual([]);
		shop.pass(minuteMs);
		await shop.record(happening(shop, 'identified', { customer: { ...visitor, ...anna } }));
		expect(await waitingIn(shop, 'browse')).toHaveLength(1);
		expect(await shop.store.count(indexes.due('browse'), { limit: 5 })).toBe(1);
	});
});
