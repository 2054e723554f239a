import { dayMs, hourMs, minuteMs, secondMs } from '../../../lib/model/clock';
import {
	anna, ben, cartById, cartEvent, checkoutEvent, checkoutJourney, customerByEmail, enrolmentOf, opening, openShop, orderEvent, pot, type Shop, tea, waiting,
} from './shop';

let shop: Shop;
const t = (minutes: number) => opening + minutes * minuteMs;

beforeEach(() => {
	shop = openShop();
	shop.pass(dayMs);
});
afterEach(() => shop.hub.close());

describe('a cart', () => {
	it('is kept as the newest delivery tells it, whatever arrives later', async () => {
		expect(await shop.record(cartEvent(t(2), { items: [tea, pot] }))).toBe('recorded');
		expect(await shop.record(cartEvent(t(1)))).toBe('stale');
		expect(await cartById(shop, 'cart-a')).toMatchObject({ items: [tea, pot], updatedAtMs: t(2) });
	});

	it('goes by the tie-break when two deliveries carry the same time', async () => {
		await shop.record(cartEvent(t(1), { items: [tea, pot] }, { sequenceMs: 20 }));
		expect(await shop.record(cartEvent(t(1), { items: [tea] }, { sequenceMs: 10 }))).toBe('stale');
		expect(await shop.record(cartEvent(t(1), { items: [pot] }, { sequenceMs: 30 }))).toBe('recorded');
		expect((await cartById(shop, 'cart-a'))?.items).toEqual([pot]);
	});

	it('is one with the checkout that names its token', async () => {
		await shop.record(cartEvent(t(1)));
		await shop.record(checkoutEvent(t(2), { items: [tea, pot], recoveryUrl: 'https://shop.example/r' }, { customer: anna }));
		expect(await cartById(shop, 'cart-a')).toMatchObject({ stage: 'checkout', items: [tea, pot], recoveryUrl: 'https://shop.example/r' });
	});

	it('keeps the address of its checkout when the cart changes without one', async () => {
		await shop.record(checkoutEvent(t(1), {}, { customer: anna }));
		await shop.record(cartEvent(t(2), { items: [pot] }));
		const { id } = (await customerByEmail(shop, 'anna@example.com'))!;
		expect(await cartById(shop, 'cart-a')).toMatchObject({ customerId: id, stage: 'checkout', items: [pot] });
	});

	it('keeps the recovery link of the checkout over a newer one of the cart', async () => {
		await shop.record(checkoutEvent(t(1), { recoveryUrl: 'https://shop.example/checkout' }));
		await shop.record(cartEvent(t(2), { recoveryUrl: 'https://shop.example/cart/1:1' }));
		expect((await cartById(shop, 'cart-a'))?.recoveryUrl).toBe('https://shop.example/checkout');
	});

	it('takes the newer of two links while there is no checkout, even an old checkout had none', async () => {
		await shop.record(checkoutEvent(t(1)));
		await shop.record(cartEvent(t(2), { recoveryUrl: 'https://shop.example/cart/1:1' }));
		await shop.record(cartEvent(t(3), { recoveryUrl: 'https://shop.example/cart/1:2' }));
		expect((await cartById(shop, 'cart-a'))?.recoveryUrl).toBe('https://shop.example/cart/1:2');
	});

	it('stays closed once ordered, and still learns what late deliveries tell of it', async () => {
		await shop.record(orderEvent(t(5), { cartToken: 'cart-a', checkoutToken: 'checkout-a' }, { customer: anna }));
		expect(await cartById(shop, 'cart-a')).toMatchObject({ closed: 'ordered', items: [] });
		await shop.record(checkoutEvent(t(4), { items: [pot] }, { customer: anna }));
		expect(await cartById(shop, 'cart-a')).toMatchObject({ closed: 'ordered', items: [pot] });
	});

	it('counts as ordered, not deleted, when the shop clears up its checkout before the order arrives', async () => {
		await shop.record(checkoutEvent(t(1), {}, { customer: anna }));
		await shop.record(checkoutEvent(t(9), { items: [], closed: 'deleted' }));
		await shop.record(orderEvent(t(2), { cartToken: 'cart-a' }, { customer: anna }));
		expect(await cartById(shop, 'cart-a')).toMatchObject({ closed: 'ordered', items: [tea], updatedAtMs: t(1) });
	});
});

describe('a checkout without a cart token', () => {
	const bare = (minutes: number) => checkoutEvent(t(minutes), { cartToken: undefined }, { customer: anna });

	it('is found again by its checkout token', async () => {
		await shop.record(bare(1));
		await shop.record(checkoutEvent(t(2), { cartToken: undefined, items: [pot] }));
		expect(await cartById(shop, 'checkout-checkout-a')).toMatchObject({ items: [pot], stage: 'checkout' });
	});

	it('becomes one with the cart whose token it gets later, and its journey goes on', async () => {
		await shop.switchOn(checkoutJourney);
		shop.pass(dayMs);
		const later = 2 * 24 * 60;
		await shop.record(cartEvent(t(later)));
		await shop.record(bare(later + 1));
		await shop.record(checkoutEvent(t(later + 2), { items: [pot] }, { customer: anna }));
		const open = await waiting(shop, 'checkouts');
		expect(open).toHaveLength(1);
		expect(await cartById(shop, open[0].cart)).toMatchObject({ items: [pot] });

		await shop.record(orderEvent(t(later + 3), { cartToken: 'cart-a' }));
		expect(await waiting(shop, 'checkouts')).toEqual([]);
	});

	it('leaves its journey when it proves to be the cart of an order that came before', async () => {
		await shop.switchOn(checkoutJourney);
		shop.pass(dayMs);
		const later = 2 * 24 * 60 - 10;
		await shop.record(orderEvent(t(later), { cartToken: 'cart-a' }));
		await shop.record(bare(later + 5));
		expect(await waiting(shop, 'checkouts')).toHaveLength(1);
		await shop.record(checkoutEvent(t(later - 1)));
		expect(await waiting(shop, 'checkouts')).toEqual([]);
	});

	it('takes over what a newer bare delivery said before the two were known to be one', async () => {
		await shop.record(cartEvent(t(1)));
		await shop.record(checkoutEvent(t(4), { cartToken: undefined, items: [pot] }, { customer: anna }));
		await shop.record(checkoutEvent(t(3), { items: [tea, pot] }, { customer: anna }));
		await shop.record(cartEvent(t(2)));
		const { latestCart } = (await customerByEmail(shop, 'anna@example.com'))!;
		expect(await cartById(shop, latestCart!.id)).toMatchObject({ items: [pot], updatedAtMs: t(4) });
	});
});

describe('one cart per customer at a time', () => {
	const first = () => cartEvent(shop.now() - 2 * minuteMs, { cartToken: 'cart-a' }, { customer: anna });
	const second = () => cartEvent(shop.now() - minuteMs, { cartToken: 'cart-b' }, { customer: anna });

	beforeEach(async () => {
		await shop.switchOn({});
		shop.pass(hourMs);
	});

	it('is the one touched last, when they arrive in order', async () => {
		await shop.record(first());
		await shop.record(second());
		expect((await waiting(shop, 'carts')).map(({ cart }) => cart)).toEqual(['cart-b']);
		expect(await enrolmentOf(shop, 'carts', 'cart-a')).toMatchObject({ status: 'ended', endReason: 'replaced' });
	});

	it('is the one touched last, when they arrive in reverse', async () => {
		await shop.record(second());
		await shop.record(first());
		expect((await waiting(shop, 'carts')).map(({ cart }) => cart)).toEqual(['cart-b']);
		expect(await enrolmentOf(shop, 'carts', 'cart-a')).toBeNull();
	});

	it('is not an older one that arrives after the newest was emptied', async () => {
		const older = first();
		await shop.record(second());
		await shop.record(cartEvent(shop.now() - 30 * secondMs, { cartToken: 'cart-b', items: [] }, { customer: anna }));
		await shop.record(older);
		expect(await waiting(shop, 'carts')).toEqual([]);
	});

	it('is a replaced cart again once the customer goes back to it', async () => {
		await shop.record(first());
		await shop.record(second());
		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-a', items: [pot] }, { customer: anna }));
		expect(await waiting(shop, 'carts')).toEqual([{ cart: 'cart-a', dueAtMs: shop.now() + hourMs }]);
	});

	it('does not touch the cart of another customer', async () => {
		await shop.record(first());
		await shop.record(cartEvent(shop.now(), { cartToken: 'cart-b' }, { customer: ben }));
		expect(await waiting(shop, 'carts')).toHaveLength(2);
	});
});
