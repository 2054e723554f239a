import type { z } from 'zod/v4';
import { ShopJourneysError } from '../../model/errors';
import type { CartFacts, ConsentFact, CustomerFacts, LineItem, OrderFacts, ProductFacts, ReturnFacts, ShopEvent } from '../../model/events';
import { parseAmountMinor } from '../../model/money';
import type { Delivery, NormaliseContext, Normalised } from '../adapter';
import { parseExactJson } from '../exact-json';
import {
	type GenericCart,
	type GenericConsent,
	type GenericCustomer,
	type GenericEvent,
	type GenericItem,
	type GenericOrder,
	type GenericProduct,
	type GenericReturn,
	genericBatch,
	genericEvent,
} from './schema';
import { genericHeaders } from './signature';

export const genericId = 'generic';

/**
 * Reads one event or a batch. One bad event refuses the whole delivery, so that the shop mends and repeats one
 * thing, and nothing of it is half taken.
 * @throws PAYLOAD_INVALID naming the event and the field
 */
export function normaliseGeneric(delivery: Delivery, context: NormaliseContext): Normalised {
	const body = parseExactJson(delivery.rawBody);
	const isBatch = typeof body === 'object' && body !== null && 'events' in body;
	const events = isBatch ? check(genericBatch, body).events : [check(genericEvent, body)];
	const deliveryId = delivery.headers[genericHeaders.id] ?? '';
	return {
		events: events.map((event, index) => {
			// Ids of events and of deliveries are kept apart: a shop may number both from 1.
			const dedupeId = event.id !== undefined ? `${genericId}:event:${event.id}` : `${genericId}:delivery:${deliveryId}:${index}`;
			try {
				return toShopEvent(event, dedupeId, context);
			} catch (error) {
				if (!isBatch || !(error instanceof ShopJourneysError)) throw error;
				throw new ShopJourneysError(error.code, `events[${index}].${error.message}`, { cause: error });
			}
		}),
	};
}

function check<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const [first] = result.error.issues;
	const more = result.error.issues.length - 1;
	throw new ShopJourneysError('PAYLOAD_INVALID', `${fieldPath(first.path)}: ${first.message}${more > 0 ? ` (and ${more} more)` : ''}`);
}

/** `events[3].cart.items[0].quantity`, as a developer would write it. */
function fieldPath(path: PropertyKey[]): string {
	if (path.length === 0) return 'The body';
	return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${String(part)}`)).join('');
}

function toShopEvent(event: GenericEvent, dedupeId: string, context: NormaliseContext): ShopEvent {
	const occurredAtMs = timeOf(event.occurredAt, context);
	const common = { dedupeId, occurredAtMs, source: genericId };
	const customer = 'customer' in event && event.customer ? { customer: toCustomer(event.customer, occurredAtMs, context) } : {};
	switch (event.type) {
		case 'cart_updated':
		case 'checkout_updated':
			return { type: event.type, ...common, ...customer, cart: toCart(event.cart, event.type, occurredAtMs, context) };
		case 'customer_created':
		case 'customer_updated':
		case 'consent_changed':
		case 'data_requested':
		case 'customer_erased':
			return { type: event.type, ...common, ...customer };
		case 'customers_merged':
			return { type: event.type, ...common, ...customer, mergedShopCustomerIds: event.mergedIds.map(String) };
		case 'restock_requested':
			return { type: event.type, ...common, ...customer, product: toProduct(event.product, false, occurredAtMs, context), ...(event.variantId !== undefined && { variantId: String(event.variantId) }) };
		case 'return_updated':
			return { type: event.type, ...common, ...customer, return: toReturn(event.return, occurredAtMs, context) };
		case 'custom':
			return { type: event.type, ...common, ...customer, custom: { name: event.name, ...(event.data && { data: event.data }) } };
		case 'product_updated':
		case 'product_deleted':
			return { type: event.type, ...common, product: toProduct(event.product, event.type === 'product_deleted', occurredAtMs, context) };
		default:
			return { type: event.type, ...common, ...customer, order: toOrder(event.order, event.type, occurredAtMs, context) };
	}
}

function timeOf(value: string, context: NormaliseContext): number {
	return context.toJourneyMs(Date.parse(value));
}

function optionalTime(value: string | undefined, context: NormaliseContext): number | undefined {
	return value === undefined ? undefined : timeOf(value, context);
}

function optionalId(value: string | number | undefined): string | undefined {
	return value === undefined ? undefined : String(value);
}

/** The schema has checked the form; what is left is an amount too large to be exact, or a number such as 1e-7. */
function minor(value: string | number, currency: string, field: string): number {
	try {
		return parseAmountMinor(value, currency);
	} catch (error) {
		throw new ShopJourneysError('PAYLOAD_INVALID', `${field}: ${(error as Error).message}`, { cause: error });
	}
}

function optionalMinor(value: string | number | undefined, currency: string, field: string): number | undefined {
	return value === undefined ? undefined : minor(value, currency, field);
}

function toCustomer({ id, emailConsent, smsConsent, ...facts }: GenericCustomer, occurredAtMs: number, context: NormaliseContext): CustomerFacts {
	return {
		...facts,
		shopCustomerId: optionalId(id),
		emailConsent: emailConsent && toConsent(emailConsent, occurredAtMs, context),
		smsConsent: smsConsent && toConsent(smsConsent, occurredAtMs, context),
	};
}

function toConsent({ status, basis, at }: GenericConsent, occurredAtMs: number, context: NormaliseContext): ConsentFact {
	return { status, basis: basis ?? 'unknown', atMs: optionalTime(at, context) ?? occurredAtMs };
}

function toItems(items: GenericItem[], currency: string, field: string): LineItem[] {
	return items.map(({ productId, variantId, unitPrice, fullPrice, ...rest }, index) => ({
		...rest,
		productId: String(productId),
		variantId: optionalId(variantId),
		unitPriceMinor: minor(unitPrice, currency, `${field}[${index}].unitPrice`),
		fullPriceMinor: optionalMinor(fullPrice, currency, `${field}[${index}].fullPrice`),
	}));
}

function toCart(cart: GenericCart, type: 'cart_updated' | 'checkout_updated', occurredAtMs: number, context: NormaliseContext): CartFacts {
	const currency = cart.currency ?? context.currency;
	const items = toItems(cart.items, currency, 'cart.items');
	return {
		cartToken: optionalId(cart.cartToken),
		checkoutToken: optionalId(cart.checkoutToken),
		stage: cart.stage ?? (type === 'checkout_updated' ? 'checkout' : 'cart'),
		items,
		currency: cart.currency,
		totalMinor: optionalMinor(cart.total, currency, 'cart.total') ?? items.reduce((sum, item) => sum + item.unitPriceMinor * item.quantity, 0),
		recoveryUrl: cart.recoveryUrl,
		updatedAtMs: optionalTime(cart.updatedAt, context) ?? occurredAtMs,
		closed: cart.closed,
		acceptsMarketing: cart.acceptsMarketing,
	};
}

function toOrder(order: GenericOrder, type: string, occurredAtMs: number, context: NormaliseContext): OrderFacts {
	const { currency } = order;
	// A shop that says "paid" has said when, even where it leaves the field out.
	const byType = (wanted: string) => (type === wanted ? occurredAtMs : undefined);
	return {
		orderId: String(order.id),
		number: order.number,
		cartToken: optionalId(order.cartToken),
		checkoutToken: optionalId(order.checkoutToken),
		items: toItems(order.items, currency, 'order.items'),
		currency,
		totalMinor: minor(order.total, currency, 'order.total'),
		refundedMinor: optionalMinor(order.refunded, currency, 'order.refunded'),
		discountCodes: order.discountCodes,
		placedAtMs: timeOf(order.placedAt, context),
		updatedAtMs: optionalTime(order.updatedAt, context) ?? occurredAtMs,
		paidAtMs: optionalTime(order.paidAt, context) ?? byType('order_paid'),
		cancelledAtMs: optionalTime(order.cancelledAt, context) ?? byType('order_cancelled'),
		fulfilledAtMs: optionalTime(order.fulfilledAt, context) ?? byType('order_fulfilled'),
		deliveredAtMs: optionalTime(order.deliveredAt, context) ?? byType('order_delivered'),
		awaitsPayment: order.awaitsPayment,
		paymentDueAtMs: optionalTime(order.paymentDueAt, context),
		waitsFor: order.waitsFor,
		statusUrl: order.statusUrl,
		paymentStatus: order.paymentStatus,
		fulfilmentStatus: order.fulfilmentStatus,
	};
}

function toReturn({ id, orderId, updatedAt, ...facts }: GenericReturn, occurredAtMs: number, context: NormaliseContext): ReturnFacts {
	return { ...facts, returnId: String(id), ...(orderId !== undefined && { orderId: String(orderId) }), updatedAtMs: optionalTime(updatedAt, context) ?? occurredAtMs };
}

function toProduct({ id, variants, createdAt, updatedAt, ...facts }: GenericProduct, isDeleted: boolean, occurredAtMs: number, context: NormaliseContext): ProductFacts {
	const currency = facts.currency ?? context.currency;
	return {
		...facts,
		productId: String(id),
		currency,
		variants: variants?.map(({ id: variantId, price, fullPrice, ...variant }, index) => ({
			...variant,
			variantId: String(variantId),
			priceMinor: optionalMinor(price, currency, `product.variants[${index}].price`),
			fullPriceMinor: optionalMinor(fullPrice, currency, `product.variants[${index}].fullPrice`),
		})),
		...(createdAt !== undefined && { createdAtMs: optionalTime(createdAt, context) }),
		updatedAtMs: optionalTime(updatedAt, context) ?? occurredAtMs,
		...(isDeleted && { deleted: true }),
	};
}
