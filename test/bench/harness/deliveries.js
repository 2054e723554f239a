/** What a shop sends: carts of many customers, half of them new, half touched again. */
const { randomUUID } = require('node:crypto');

const products = [
	{ productId: 'p1', title: 'Green Tea', unitPrice: '12.50', imageUrl: 'https://tea.example/green.png', url: 'https://tea.example/green' },
	{ productId: 'p2', title: 'Cast-Iron Teapot', variantTitle: '0.8 l', unitPrice: '49.00', imageUrl: 'https://tea.example/pot.png', url: 'https://tea.example/pot' },
	{ productId: 'p3', title: 'Honey from the Alps', unitPrice: '8.90', imageUrl: 'https://tea.example/honey.png', url: 'https://tea.example/honey' },
];
/** Carts that may change again. Many, so that two changes of one cart are never under way at once and overtake each other. */
const recentCarts = 2_000;

/** @param {string} name @param {Date} at */
function cartEvent(name, at, quantity = 1) {
	const time = at.toISOString();
	const items = products.slice(0, 2).map((product, index) => ({ ...product, quantity: index === 0 ? quantity : 1 }));
	return {
		type: 'cart_updated',
		occurredAt: time,
		customer: { email: `${name}@example.com`, firstName: 'Mia', lastName: 'Muster', locale: 'en', emailConsent: { status: 'subscribed', basis: 'opt_in', at: time } },
		cart: { cartToken: name, currency: 'EUR', items, updatedAt: time, recoveryUrl: `https://tea.example/cart?token=${name}` },
	};
}

/** Makes one event after the other, no two the same: half of them of new customers, half of carts seen before. */
function createShopper() {
	const run = randomUUID().slice(0, 8);
	const recent = [];
	let made = 0;
	let next = 0;
	return () => {
		made++;
		const isNew = made % 2 === 1 || recent.length < recentCarts / 10;
		if (isNew) {
			const name = `${run}-${made}`;
			recent[(recent.length < recentCarts ? recent.length : made) % recentCarts] = { name, quantity: 1 };
			return cartEvent(name, new Date());
		}
		next = (next + 1) % recent.length;
		const cart = recent[next];
		return cartEvent(cart.name, new Date(), ++cart.quantity);
	};
}

module.exports = { cartEvent, createShopper };
