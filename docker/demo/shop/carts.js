/** Carts, their customers, and what is told about them: everything the shop remembers, kept in one file. */
const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { currency, productsById, toMinor, toPrice } = require('./catalogue');

const newToken = () => randomBytes(12).toString('hex');
const mostOfOne = 20;

/**
 * @typedef {object} Cart
 * @property {string} token
 * @property {'cart' | 'checkout' | 'ordered'} stage
 * @property {string} [checkoutToken]
 * @property {string} [orderNumber]
 * @property {Record<string, number>} quantities by product
 * @property {{ email: string, firstName?: string, optIn: boolean, withdrawn?: boolean }} [customer]
 * @property {number} updatedAtMs
 */

class Carts {
	/** @param {{ file: string, shopUrl: string, now?: () => number }} options */
	constructor({ file, shopUrl, now = Date.now }) {
		this.file = file;
		this.shopUrl = shopUrl;
		this.now = now;
		/** @type {{ carts: Record<string, Cart>, lastOrder: number }} */
		this.state = { carts: {}, lastOrder: 1000 };
		if (fs.existsSync(file)) this.state = JSON.parse(fs.readFileSync(file, 'utf8'));
	}

	save() {
		fs.mkdirSync(path.dirname(this.file), { recursive: true });
		fs.writeFileSync(`${this.file}.new`, JSON.stringify(this.state));
		fs.renameSync(`${this.file}.new`, this.file);
	}

	/** @param {string | undefined} token @returns {Cart | undefined} */
	find(token) {
		return token && Object.hasOwn(this.state.carts, token) ? this.state.carts[token] : undefined;
	}

	/** A new, empty cart; the customer of the one before stays signed in. @param {Cart['customer']} [customer] */
	create(customer) {
		const token = newToken();
		/** @type {Cart} */
		const cart = { token, stage: 'cart', quantities: {}, updatedAtMs: this.now(), ...(customer && { customer }) };
		this.state.carts[token] = cart;
		this.save();
		return cart;
	}

	/** @param {Cart} cart @param {string} productId @param {number} quantity */
	setQuantity(cart, productId, quantity) {
		if (!productsById.has(productId)) throw new Error(`There is no product "${productId}"`);
		if (!Number.isInteger(quantity) || quantity < 0 || quantity > mostOfOne) throw new Error(`The quantity has to be from 0 to ${mostOfOne}`);
		if (quantity === 0) delete cart.quantities[productId];
		else cart.quantities[productId] = quantity;
		this.touch(cart);
	}

	/** @param {Cart} cart @param {{ email: string, firstName?: string, optIn: boolean }} customer */
	setCustomer(cart, { email, firstName, optIn }) {
		if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254) throw new Error('That is not an e-mail address');
		// Not ticking the box says nothing; taking the tick away says no.
		const withdrawn = !optIn && (cart.customer?.email === email && (cart.customer.optIn || cart.customer.withdrawn));
		cart.customer = { email, optIn, ...(firstName && { firstName: firstName.slice(0, 100) }), ...(withdrawn && { withdrawn }) };
		this.touch(cart);
	}

	/** @param {Cart} cart */
	startCheckout(cart) {
		cart.stage = 'checkout';
		cart.checkoutToken ??= newToken();
		this.touch(cart);
	}

	/** @param {Cart} cart */
	order(cart) {
		cart.stage = 'ordered';
		cart.orderNumber = `#${++this.state.lastOrder}`;
		this.touch(cart);
	}

	/** @param {Cart} cart */
	touch(cart) {
		cart.updatedAtMs = this.now();
		this.save();
	}

	/** @param {Cart} cart */
	items(cart) {
		return Object.entries(cart.quantities).map(([id, quantity]) => {
			const product = productsById.get(id);
			return {
				productId: id,
				title: product.title,
				quantity,
				unitPrice: product.price,
				imageUrl: `${this.shopUrl}/products/${id}.svg`,
				url: `${this.shopUrl}/#${id}`,
			};
		});
	}

	/** @param {Cart} cart */
	total(cart) {
		return toPrice(Object.entries(cart.quantities).reduce((sum, [id, quantity]) => sum + toMinor(productsById.get(id).price) * quantity, 0));
	}

	/** Everything that is told carries who it was. @param {Cart} cart */
	customerFacts(cart) {
		if (!cart.customer) return {};
		const { email, firstName, optIn, withdrawn } = cart.customer;
		return {
			customer: {
				email,
				...(firstName && { firstName }),
				...(optIn && { emailConsent: { status: 'subscribed', basis: 'opt_in' } }),
				...(withdrawn && { emailConsent: { status: 'unsubscribed' } }),
			},
		};
	}

	// The events below are bodies of the generic shop's schema (docs/schema/generic-shop.schema.json).

	/** @param {Cart} cart */
	customerEvent(cart) {
		return { type: 'customer_updated', occurredAt: new Date(cart.updatedAtMs).toISOString(), ...this.customerFacts(cart) };
	}

	/** @param {Cart} cart */
	cartEvent(cart) {
		const at = new Date(cart.updatedAtMs).toISOString();
		const checkout = cart.stage === 'checkout';
		return {
			type: checkout ? 'checkout_updated' : 'cart_updated',
			occurredAt: at,
			...this.customerFacts(cart),
			cart: {
				cartToken: cart.token,
				...(cart.checkoutToken && { checkoutToken: cart.checkoutToken }),
				stage: checkout ? 'checkout' : 'cart',
				items: this.items(cart),
				currency,
				total: this.total(cart),
				recoveryUrl: `${this.shopUrl}/cart?token=${cart.token}`,
				updatedAt: at,
				...(cart.customer?.optIn && { acceptsMarketing: true }),
			},
		};
	}

	/** @param {Cart} cart */
	orderEvent(cart) {
		const at = new Date(cart.updatedAtMs).toISOString();
		return {
			type: 'order_placed',
			occurredAt: at,
			...this.customerFacts(cart),
			order: {
				id: cart.checkoutToken,
				number: cart.orderNumber,
				cartToken: cart.token,
				checkoutToken: cart.checkoutToken,
				items: this.items(cart),
				currency,
				total: this.total(cart),
				placedAt: at,
				paidAt: at,
				paymentStatus: 'paid',
			},
		};
	}
}

module.exports = { Carts };
