import type { Node } from './shopify';

/** Customers, products and orders as Shopify's Admin API holds them, with every field that is asked for. */

export const money = (amount: string, currencyCode = 'EUR'): Node => ({ shopMoney: { amount, currencyCode }, presentmentMoney: { amount, currencyCode } });

export function addressNode(overrides: Node = {}): Node {
	return { firstName: null, lastName: null, city: 'Berlin', zip: '10115', countryCodeV2: 'DE', latitude: null, longitude: null, ...overrides };
}

export function customerNode(number: number, overrides: Node = {}): Node {
	return {
		id: `gid://shopify/Customer/${number}`,
		firstName: `First${number}`,
		lastName: 'Last',
		state: 'DISABLED',
		tags: [],
		locale: 'de',
		createdAt: '2024-11-02T07:00:00Z',
		updatedAt: '2025-02-11T08:00:00Z',
		defaultEmailAddress: { emailAddress: `customer${number}@customers.example`, marketingState: 'NOT_SUBSCRIBED', marketingOptInLevel: null, marketingUpdatedAt: null },
		defaultPhoneNumber: null,
		defaultAddress: addressNode(),
		...overrides,
	};
}

export function variantNode(number: number, overrides: Node = {}): Node {
	return {
		id: `gid://shopify/ProductVariant/${number}`,
		title: `Variant ${number}`,
		sku: `SKU-${number}`,
		price: '13.90',
		compareAtPrice: null,
		inventoryPolicy: 'DENY',
		inventoryQuantity: 5,
		inventoryItem: { tracked: true },
		media: [],
		...overrides,
	};
}

export function productNode(number: number, overrides: Node = {}): Node {
	return {
		id: `gid://shopify/Product/${number}`,
		title: `Product ${number}`,
		handle: `product-${number}`,
		status: 'ACTIVE',
		productType: 'Coffee',
		vendor: 'Quay & Co',
		tags: ['beans'],
		createdAt: '2024-01-05T08:00:00Z',
		updatedAt: '2025-02-20T11:00:00Z',
		category: null,
		featuredMedia: null,
		variants: [variantNode(number * 100 + 1)],
		...overrides,
	};
}

/** A picture as media tell of it. */
export const picture = (url: string): Node => ({ id: `gid://shopify/MediaImage/${url.length}`, preview: { image: { url } } });

export function lineNode(number: number, overrides: Node = {}): Node {
	return {
		id: `gid://shopify/LineItem/${number}`,
		title: `Product ${number}`,
		variantTitle: null,
		sku: null,
		quantity: 1,
		product: { id: `gid://shopify/Product/${number}` },
		variant: { id: `gid://shopify/ProductVariant/${number * 100 + 1}` },
		originalUnitPriceSet: money('13.9'),
		discountAllocations: [],
		...overrides,
	};
}

export function orderNode(number: number, overrides: Node = {}): Node {
	return {
		id: `gid://shopify/Order/${number}`,
		name: `#${number}`,
		email: `customer${number}@customers.example`,
		phone: null,
		createdAt: '2025-03-01T09:41:12Z',
		updatedAt: '2025-03-01T09:41:13Z',
		processedAt: '2025-03-01T09:41:11Z',
		cancelledAt: null,
		currencyCode: 'EUR',
		customerLocale: 'de-DE',
		customerAcceptsMarketing: false,
		cartToken: `cart-${number}`,
		displayFinancialStatus: 'PENDING',
		displayFulfillmentStatus: 'UNFULFILLED',
		statusPageUrl: `https://quay.myshopify.example/orders/${number}`,
		paymentGatewayNames: ['shopify_payments'],
		discountCodes: [],
		taxesIncluded: true,
		totalPriceSet: money('13.9'),
		totalRefundedSet: money('0.0'),
		customer: null,
		billingAddress: null,
		shippingAddress: null,
		paymentTerms: null,
		transactions: [],
		fulfillments: [],
		refunds: [],
		lineItems: [lineNode(number)],
		...overrides,
	};
}
