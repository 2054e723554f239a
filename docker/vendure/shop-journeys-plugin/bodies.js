/**
 * What a delivery says of an order, a customer or a product: Vendure's own entities under the names they have in its
 * API, cut down to what Shop Journeys reads. Add a field here and read it in the adapter, and nowhere else.
 */

const { ProductVariant } = require('@vendure/core');

/** Of a product with more variants than this only the first are told. */
const mostVariants = 500;

class Bodies {
	constructor(options, orders, customers, products, variants, collections, translator, config, connection) {
		Object.assign(this, { links: options.links ?? {}, transferMethods: options.transferMethods ?? [], orders, customers, products, variants, collections, translator, config, connection });
	}

	/** An id as the storefront knows it: what Vendure's APIs call it. */
	idOf(id) {
		return this.config.entityOptions.entityIdStrategy.encodeId(id);
	}

	/** @param {object} from an entity @param {string[]} names its fields, beside its id */
	pick(from, names) {
		return { id: this.idOf(from.id), ...Object.fromEntries(names.map((name) => [name, from[name] ?? null])) };
	}

	/** Decimal places that the shop's amounts have: 2 unless its MoneyStrategy says otherwise, whatever the currency. */
	get moneyPrecision() {
		return this.config.entityOptions.moneyStrategy.precision ?? 2;
	}

	/** @returns {Promise<object | null>} null when there is no such order in the channel (any more) */
	async order(ctx, id) {
		const order = await this.orders.findOne(ctx, id, [
			'lines',
			'lines.featuredAsset',
			'lines.productVariant',
			'lines.productVariant.product',
			'lines.productVariant.product.translations',
			'customer',
			'customer.user',
			'payments',
			'payments.refunds',
			'fulfillments',
			'shippingLines',
			'surcharges',
		]);
		if (!order) return null;
		const payments = order.payments ?? [];
		return {
			...this.pick(order, ['code', 'type', 'state', 'active', 'createdAt', 'updatedAt', 'orderPlacedAt', 'currencyCode', 'totalWithTax', 'couponCodes', 'shippingAddress', 'billingAddress']),
			customer: order.customer ? this.customerFields(order.customer) : null,
			lines: order.lines.map((line) => this.line(ctx, line)),
			payments: payments.map((payment) => ({
				...this.pick(payment, ['method', 'state', 'amount', 'createdAt', 'updatedAt']),
				refunds: (payment.refunds ?? []).map((refund) => this.pick(refund, ['state', 'total', 'updatedAt'])),
			})),
			fulfillments: (order.fulfillments ?? []).map((fulfillment) => this.pick(fulfillment, ['state', 'updatedAt'])),
			awaitsPayment: payments.some(({ method, state }) => state === 'Authorized' && this.transferMethods.includes(method)),
			url: (order.orderPlacedAt ? this.links.order?.(this.pick(order, ['code'])) : this.links.cart?.(this.pick(order, ['code']))) ?? null,
		};
	}

	line(ctx, line) {
		const variant = line.productVariant;
		const product = this.translator.translate(variant.product, ctx);
		return {
			...this.pick(line, ['quantity', 'unitPriceWithTax', 'discountedUnitPriceWithTax']),
			productVariant: { ...this.pick(variant, ['sku', 'name']), product: this.pick(product, ['name', 'slug']) },
			imageUrl: this.imageUrl(line.featuredAsset),
			url: this.links.product?.(this.pick(product, ['slug'])) ?? null,
		};
	}

	/** @returns {Promise<object | null>} */
	async customer(ctx, { id, userId }) {
		const relations = ['user', 'groups', 'addresses', 'addresses.country'];
		const found = userId === undefined ? { id } : await this.customers.findOneByUserId(ctx, userId);
		const customer = found && (await this.customers.findOne(ctx, found.id, relations));
		if (!customer) return null;
		const addresses = customer.addresses ?? [];
		const address = addresses.find(({ defaultShippingAddress }) => defaultShippingAddress) ?? addresses[0];
		return {
			...this.customerFields(customer),
			groups: (customer.groups ?? []).map(({ name }) => ({ name })),
			address: address ? { ...this.pick(address, ['city', 'postalCode', 'phoneNumber']), countryCode: address.country?.code ?? null } : null,
		};
	}

	customerFields(customer) {
		return { ...this.pick(customer, ['firstName', 'lastName', 'emailAddress', 'phoneNumber', 'createdAt', 'updatedAt']), user: customer.user ? this.pick(customer.user, ['verified', 'createdAt']) : null };
	}

	/** The product of a variant. @returns {Promise<string | number | undefined>} */
	async productOf(ctx, variantId) {
		return (await this.connection.getRepository(ctx, ProductVariant).findOne({ where: { id: variantId }, select: { id: true, productId: true } }))?.productId;
	}

	/** @returns {Promise<object | null>} */
	async product(ctx, id) {
		const product = await this.products.findOne(ctx, id, ['featuredAsset', 'facetValues']);
		if (!product) return null;
		const { items, totalItems } = await this.variants.getVariantsByProductId(ctx, id, { take: mostVariants }, ['featuredAsset', 'options']);
		const collections = await this.collections.getCollectionsByProductId(ctx, id, true);
		return {
			...this.pick(product, ['name', 'slug', 'enabled', 'createdAt', 'updatedAt']),
			facetValues: (product.facetValues ?? []).map(({ name }) => ({ name })),
			collections: collections.map(({ name }) => ({ name })),
			hasMoreVariants: totalItems > items.length,
			variants: await Promise.all(items.filter(({ enabled }) => enabled).map((variant) => this.variant(ctx, variant))),
			imageUrl: this.imageUrl(product.featuredAsset),
			url: this.links.product?.(this.pick(product, ['slug'])) ?? null,
		};
	}

	async variant(ctx, variant) {
		const stock = await this.variants.getSaleableStockLevel(ctx, variant);
		return {
			...this.pick(variant, ['sku', 'name', 'priceWithTax', 'currencyCode']),
			// Vendure says "as many as there are numbers" where stock is not tracked.
			saleableStock: stock === Number.MAX_SAFE_INTEGER ? null : stock,
			imageUrl: this.imageUrl(variant.featuredAsset),
		};
	}

	imageUrl(asset) {
		return (asset && this.links.image?.(asset)) ?? null;
	}
}

module.exports = { Bodies };
