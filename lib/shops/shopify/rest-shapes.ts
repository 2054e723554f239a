import { idOfGlobalId } from './delivery';
import { asRecord, textOf } from './graphql';

/**
 * What the Admin API (GraphQL) answers, in the shapes in which webhooks (REST) tell the same: so that one set of readers
 * understands both, and an order that was imported is the very order that a webhook tells of.
 */

type Node = Record<string, unknown>;

/** Fields of a customer as asked of the API: see `customerBody`. */
export const addressFields = 'city zip countryCodeV2 latitude longitude firstName lastName';
export const customerFields = `id firstName lastName state tags locale createdAt updatedAt
	defaultEmailAddress { emailAddress marketingState marketingOptInLevel marketingUpdatedAt }
	defaultPhoneNumber { phoneNumber marketingState marketingOptInLevel marketingUpdatedAt }
	defaultAddress { ${addressFields} }`;

/** customers/update of a Customer. */
export function customerBody(node: Node): Node {
	const email = asRecord(node.defaultEmailAddress);
	const phone = asRecord(node.defaultPhoneNumber);
	return {
		id: idOf(node, 'Customer'),
		email: email.emailAddress,
		phone: phone.phoneNumber,
		first_name: node.firstName,
		last_name: node.lastName,
		state: lower(node.state),
		locale: node.locale,
		created_at: node.createdAt,
		updated_at: node.updatedAt,
		default_address: addressBody(node.defaultAddress),
		...(Array.isArray(node.tags) && { tags: node.tags.join(',') }),
		email_marketing_consent: consentBody(email),
		sms_marketing_consent: consentBody(phone),
	};
}

function consentBody(contact: Node): Node | null {
	const state = lower(contact.marketingState);
	return state === undefined ? null : { state, opt_in_level: lower(contact.marketingOptInLevel), consent_updated_at: contact.marketingUpdatedAt };
}

function addressBody(value: unknown): Node | null {
	const address = asRecord(value);
	if (Object.keys(address).length === 0) return null;
	const { city, zip, countryCodeV2, latitude, longitude, firstName, lastName } = address;
	return { city, zip, country_code: countryCodeV2, latitude, longitude, first_name: firstName, last_name: lastName };
}

const shopMoney = '{ shopMoney { amount currencyCode } }';
export const variantFields = 'id title sku price compareAtPrice inventoryPolicy inventoryQuantity inventoryItem { tracked } media(first: 1) { nodes { preview { image { url } } } }';
/** Fields of a product; its variants are asked for beside them: see `productBody`. */
export const productFields = 'id title handle status productType vendor tags createdAt updatedAt category { name } featuredMedia { preview { image { url } } }';

/** products/update of a Product and all its variants. */
export function productBody(node: Node, variants: Node[]): Node {
	const image = imageOf(node.featuredMedia);
	const pictures = variants.map((variant) => imageOf(nodesOf(variant.media)[0]));
	return {
		id: idOf(node, 'Product'),
		title: node.title,
		handle: node.handle,
		status: lower(node.status),
		product_type: node.productType,
		category: asRecord(node.category),
		vendor: node.vendor,
		created_at: node.createdAt,
		updated_at: node.updatedAt,
		...(Array.isArray(node.tags) && { tags: node.tags.join(',') }),
		image: image === undefined ? null : { src: image },
		// Webhooks name a variant's picture by an id among those of the product.
		images: pictures.flatMap((src, index) => (src === undefined ? [] : [{ id: index + 1, src }])),
		variants: variants.map((variant, index) => ({
			id: idOf(variant, 'ProductVariant'),
			title: variant.title,
			sku: variant.sku,
			price: variant.price,
			compare_at_price: variant.compareAtPrice,
			inventory_policy: lower(variant.inventoryPolicy),
			inventory_quantity: variant.inventoryQuantity,
			...(asRecord(variant.inventoryItem).tracked === false && { inventory_management: null }),
			image_id: pictures[index] === undefined ? null : index + 1,
		})),
	};
}

function imageOf(media: unknown): string | undefined {
	return textOf(asRecord(asRecord(asRecord(media).preview).image).url);
}

export const lineFields = `id title variantTitle sku quantity product { id } variant { id } originalUnitPriceSet ${shopMoney} discountAllocations { allocatedAmountSet ${shopMoney} }`;
/** Every level multiplies what a question costs: few orders have more refunds than this, and their sum is told apart. */
const refundsAtMost = 5;
/** Fields of an order; its lines are asked for beside them: see `orderBody`. */
export const orderFields = `id name email phone createdAt updatedAt processedAt cancelledAt currencyCode customerLocale customerAcceptsMarketing cartToken
	displayFinancialStatus displayFulfillmentStatus statusPageUrl paymentGatewayNames discountCodes taxesIncluded totalPriceSet ${shopMoney}
	customer { id firstName lastName state defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } defaultAddress { ${addressFields} } }
	billingAddress { ${addressFields} } shippingAddress { ${addressFields} }
	totalRefundedSet ${shopMoney}
	paymentTerms { paymentSchedules(first: 5) { nodes { dueAt completedAt } } }
	transactions(first: 10) { kind status processedAt }
	fulfillments(first: 10) { status displayStatus createdAt updatedAt deliveredAt }
	refunds(first: ${refundsAtMost}) { id createdAt
		transactions(first: 3) { nodes { kind status processedAt amountSet { presentmentMoney { amount currencyCode } } } }
		refundLineItems(first: 10) { nodes { quantity subtotalSet ${shopMoney} totalTaxSet ${shopMoney} lineItem { id } } } }`;

/** orders/updated of an Order and all its lines. */
export function orderBody(node: Node, lines: Node[]): Node {
	const { amount, currencyCode } = asRecord(asRecord(node.totalPriceSet).shopMoney);
	const customer = asRecord(node.customer);
	const refunds = listOf(node.refunds);
	return {
		id: idOf(node, 'Order'),
		name: node.name,
		email: node.email,
		phone: node.phone,
		created_at: node.createdAt,
		updated_at: node.updatedAt,
		processed_at: node.processedAt,
		cancelled_at: node.cancelledAt,
		currency: node.currencyCode ?? currencyCode,
		customer_locale: node.customerLocale,
		buyer_accepts_marketing: node.customerAcceptsMarketing,
		cart_token: node.cartToken,
		financial_status: lower(node.displayFinancialStatus),
		fulfillment_status: fulfilmentStatuses.get(String(node.displayFulfillmentStatus)) ?? null,
		order_status_url: node.statusPageUrl,
		payment_gateway_names: node.paymentGatewayNames,
		discount_codes: Array.isArray(node.discountCodes) ? node.discountCodes.map((code) => ({ code: code as unknown })) : [],
		taxes_included: node.taxesIncluded,
		total_price: amount,
		customer: Object.keys(customer).length === 0 ? null : customerBody(customer),
		billing_address: addressBody(node.billingAddress),
		shipping_address: addressBody(node.shippingAddress),
		payment_terms: node.paymentTerms ? { payment_schedules: nodesOf(asRecord(node.paymentTerms).paymentSchedules).map(({ dueAt, completedAt }) => ({ due_at: dueAt, completed_at: completedAt })) } : null,
		line_items: lines.map(lineBody),
		fulfillments: listOf(node.fulfillments).map(({ status, displayStatus, createdAt, updatedAt, deliveredAt }) => ({
			status: lower(status),
			shipment_status: lower(displayStatus),
			created_at: createdAt,
			updated_at: updatedAt,
			delivered_at: deliveredAt,
		})),
		refunds: refunds.map((refund) => refundBody(refund, idOf(node, 'Order'), lines)),
		...(refunds.length >= refundsAtMost && { total_refunded: asRecord(asRecord(node.totalRefundedSet).shopMoney).amount }),
	};
}

/** refunds/create of a Refund. */
function refundBody(refund: Node, orderId: string | undefined, lines: Node[]): Node {
	const lineById = new Map(lines.map((line) => [line.id, line]));
	const transactions = nodesOf(refund.transactions);
	return {
		id: idOf(refund, 'Refund'),
		order_id: orderId,
		created_at: refund.createdAt,
		processed_at: transactions[0]?.processedAt ?? refund.createdAt,
		transactions: transactions.map(({ kind, status, amountSet }) => {
			const { amount, currencyCode } = asRecord(asRecord(amountSet).presentmentMoney);
			return { kind: lower(kind), status: lower(status), amount, currency: currencyCode };
		}),
		refund_line_items: nodesOf(refund.refundLineItems).map(({ quantity, subtotalSet, totalTaxSet, lineItem }) => {
			const line = lineById.get(asRecord(lineItem).id);
			return { quantity, subtotal_set: moneyBody(subtotalSet), total_tax_set: moneyBody(totalTaxSet), line_item: line ? lineBody(line) : null };
		}),
	};
}

function lineBody(line: Node): Node {
	return {
		title: line.title,
		variant_title: line.variantTitle,
		sku: line.sku,
		quantity: line.quantity,
		product_id: idOf(asRecord(line.product), 'Product') ?? null,
		variant_id: idOf(asRecord(line.variant), 'ProductVariant') ?? null,
		price: asRecord(asRecord(line.originalUnitPriceSet).shopMoney).amount,
		discount_allocations: listOf(line.discountAllocations).map(({ allocatedAmountSet }) => ({ amount: asRecord(asRecord(allocatedAmountSet).shopMoney).amount })),
	};
}

/** Webhooks know three states; what is on its way in any other manner is not sent yet. */
const fulfilmentStatuses = new Map([
	['FULFILLED', 'fulfilled'],
	['PARTIALLY_FULFILLED', 'partial'],
	['RESTOCKED', 'restocked'],
]);

function moneyBody(bag: unknown): Node | null {
	const { amount, currencyCode } = asRecord(asRecord(bag).shopMoney);
	return amount === undefined ? null : { shop_money: { amount, currency_code: currencyCode } };
}

function idOf(node: Node, kind: string): string | undefined {
	return idOfGlobalId(textOf(node.id), kind);
}

function lower(value: unknown): string | undefined {
	return textOf(value)?.toLowerCase();
}

function listOf(value: unknown): Node[] {
	return Array.isArray(value) ? value.map(asRecord) : [];
}

/** Of a connection. */
export function nodesOf(connection: unknown): Node[] {
	return listOf(asRecord(connection).nodes);
}
