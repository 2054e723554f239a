import type { CartFacts, CustomerFacts, EventType, LineItem, OrderFacts, RefundFacts } from '../../model/events';
import type { Normalised } from '../adapter';
import type { Fields } from '../fields';
import { readCustomer } from './customers';
import { currencyOf, entityIn, eventOf, linkIn, requiredMoneyIn, type Told } from './delivery';
import { variantTitle } from './products';

/** What becomes of an order when it comes to a state (Vendure's own states; a shop may add others). */
const reached: Partial<Record<string, EventType>> = {
	PaymentSettled: 'order_paid',
	Shipped: 'order_fulfilled',
	Delivered: 'order_delivered',
	Cancelled: 'order_cancelled',
};
const sentStates = ['Shipped', 'PartiallyDelivered', 'Delivered'];

/**
 * Any event about an order. Until it is placed, Vendure's order is the cart (its "active order"); its code names both, so the
 * order closes its cart.
 */
export function orderChanged(told: Told): Normalised {
	const body = entityIn(told, 'order');
	const code = body.requiredId('code');
	const updatedAtMs = told.context.toJourneyMs(told.occurredAtMs);
	// An empty cart thrown away, or one that was joined with another one when its customer signed in.
	if (body.flag('deleted')) return { events: [eventOf(told, 'cart_updated', { cart: { cartToken: code, stage: 'cart', items: [], updatedAtMs, closed: 'deleted' } })] };
	if (body.text('type') === 'Seller') return { events: [], ignored: 'Part of an order that is split between sellers: the whole one is told as well' };
	const currency = currencyOf(body, told);
	const address = addressOf(body);
	const customerFields = body.object('customer');
	const customer = customerFields && readCustomer(customerFields, told, address);
	const items = readItems(body, currency, told);
	const totalMinor = requiredMoneyIn(body, 'totalWithTax', currency, told);
	if (body.timeMs('orderPlacedAt') !== undefined) return placed(told, body, { code, currency, items, totalMinor, customer });
	const state = body.text('state') ?? '';
	if (state === 'Draft') return { events: [], ignored: 'A draft that somebody of the shop is writing' };
	const isCheckout = state === 'ArrangingPayment' || address !== undefined;
	const cart: CartFacts = {
		cartToken: code,
		stage: isCheckout ? 'checkout' : 'cart',
		items,
		currency,
		totalMinor,
		recoveryUrl: linkIn(body, 'url'),
		updatedAtMs,
		...(state === 'Cancelled' && { closed: 'deleted' }),
	};
	return { events: [eventOf(told, isCheckout ? 'checkout_updated' : 'cart_updated', { customer, cart })] };
}

/** Vendure has {} for an address that nobody typed in. */
function addressOf(body: Fields): Fields | undefined {
	return [body.object('shippingAddress'), body.object('billingAddress')].find((address) => address?.text('streetLine1') ?? address?.text('postalCode'));
}

function readItems(body: Fields, currency: string, told: Told): LineItem[] {
	return body.requiredList('lines').flatMap((line) => {
		const quantity = line.integer('quantity') ?? 0;
		// A line that was cancelled after the purchase stays with none.
		if (quantity <= 0) return [];
		const variant = line.requiredObject('productVariant');
		const product = variant.requiredObject('product');
		const unitPriceMinor = requiredMoneyIn(line, 'discountedUnitPriceWithTax', currency, told);
		const fullPriceMinor = requiredMoneyIn(line, 'unitPriceWithTax', currency, told);
		const title = product.text('name') ?? variant.text('name') ?? '';
		return [
			{
				productId: product.requiredId('id'),
				variantId: variant.requiredId('id'),
				sku: variant.text('sku'),
				title,
				variantTitle: variantTitle(variant.text('name'), title),
				quantity,
				unitPriceMinor,
				fullPriceMinor: fullPriceMinor > unitPriceMinor ? fullPriceMinor : undefined,
				imageUrl: linkIn(line, 'imageUrl'),
				url: linkIn(line, 'url'),
			},
		];
	});
}

interface Placed {
	code: string;
	currency: string;
	items: LineItem[];
	totalMinor: number;
	customer: CustomerFacts | undefined;
}

function placed(told: Told, body: Fields, { customer, ...facts }: Placed): Normalised {
	const payments = body.list('payments');
	const refunds = payments.flatMap((payment) => payment.list('refunds')).filter((refund) => refund.text('state') === 'Settled');
	const amountOf = (refund: Fields) => requiredMoneyIn(refund, 'total', facts.currency, told);
	const order: OrderFacts = { ...readOrder(told, body, payments, facts), refundedMinor: refunds.reduce((sum, refund) => sum + amountOf(refund), 0) };
	const refund = told.topic === 'RefundStateTransitionEvent' && told.toState === 'Settled' ? refunds.find((one) => one.id('id') === told.refundId) : undefined;
	if (refund) {
		const facts: RefundFacts = { orderId: order.orderId, refundId: refund.requiredId('id'), amountMinor: amountOf(refund), currency: order.currency, items: [] };
		return { events: [eventOf(told, 'order_refunded', { customer, order, refund: facts })] };
	}
	return { events: [eventOf(told, typeOf(told), { customer, order })] };
}

function typeOf({ topic, toState }: Told): EventType {
	if (topic === 'OrderPlacedEvent') return 'order_placed';
	return (topic === 'OrderStateTransitionEvent' && reached[toState ?? '']) || 'order_updated';
}

function readOrder(told: Told, body: Fields, payments: Fields[], { code, currency, items, totalMinor }: Omit<Placed, 'customer'>): OrderFacts {
	const { toJourneyMs } = told.context;
	const state = body.text('state') ?? '';
	const settled = payments.filter((payment) => payment.text('state') === 'Settled');
	const isPaid = settled.length > 0 && settled.reduce((sum, payment) => sum + requiredMoneyIn(payment, 'amount', currency, told), 0) >= totalMinor;
	const fulfillments = body.list('fulfillments');
	/** Vendure dates the parts of an order, not what it has come to as a whole. */
	const latest = (parts: Fields[]) => toJourneyMs(Math.max(...parts.map((part) => part.timeMs('updatedAt') ?? -Infinity).filter(Number.isFinite), body.timeMs('orderPlacedAt')!));
	return {
		orderId: body.requiredId('id'),
		number: code,
		cartToken: code,
		items,
		currency,
		totalMinor,
		discountCodes: body.texts('couponCodes'),
		placedAtMs: toJourneyMs(body.timeMs('orderPlacedAt')!),
		updatedAtMs: toJourneyMs(told.occurredAtMs),
		paidAtMs: isPaid ? latest(settled) : undefined,
		fulfilledAtMs: sentStates.includes(state) ? latest(fulfillments) : undefined,
		deliveredAtMs: state === 'Delivered' ? latest(fulfillments) : undefined,
		cancelledAtMs: state === 'Cancelled' ? toJourneyMs(body.timeMs('updatedAt') ?? told.occurredAtMs) : undefined,
		paymentStatus: paymentStatus(payments, isPaid),
		fulfilmentStatus: fulfilmentStatus(state),
		awaitsPayment: body.flag('awaitsPayment') ?? false,
		statusUrl: linkIn(body, 'url'),
	};
}

function paymentStatus(payments: Fields[], isPaid: boolean): string {
	if (isPaid) return 'paid';
	return payments.some((payment) => payment.text('state') === 'Authorized') ? 'authorized' : 'pending';
}

function fulfilmentStatus(state: string): string | undefined {
	if (sentStates.includes(state)) return 'fulfilled';
	return state === 'PartiallyShipped' ? 'partial' : undefined;
}
