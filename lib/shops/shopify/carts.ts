import type { LineItem } from '../../model/events';
import type { Normalised } from '../adapter';
import type { Fields } from '../fields';
import { isLinkAddress } from '../links';
import { readBuyer } from './customers';
import { expectShape, type ShopifyDelivery } from './delivery';
import { readCartItems, readPurchaseItems } from './line-items';

/** carts/create and carts/update: neither customer nor total, and often no currency. */
export function cartUpdated(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { has: ['line_items', 'token'], hasNot: ['admin_graphql_api_id', 'total_price', 'financial_status'] });
	const { body, context } = delivery;
	const lines = body.requiredList('line_items');
	const toldCurrency = lines[0]?.object('price_set')?.object('shop_money')?.currency('currency_code');
	const items = readCartItems(lines, toldCurrency ?? context.currency);
	const updatedAtMs = context.toJourneyMs(requiredChangeMs(body));
	return {
		events: [
			{
				...delivery.event('cart_updated', updatedAtMs),
				cart: {
					cartToken: body.requiredId('token'),
					stage: 'cart',
					items,
					currency: toldCurrency,
					totalMinor: items.reduce((sum, item) => sum + item.unitPriceMinor * item.quantity, 0),
					recoveryUrl: cartLink(context.shopUrl, items),
					updatedAtMs,
				},
			},
		],
	};
}

/**
 * Shopify gives carts no link, but any shop opens a cart spelled out in the address
 * (https://shopify.dev/docs/apps/build/checkout/create-cart-permalinks).
 */
export function cartLink(shopUrl: string, items: LineItem[]): string | undefined {
	const lines = items.filter(({ variantId }) => variantId !== undefined && /^\d+$/.test(variantId));
	if (!shopUrl || lines.length === 0) return undefined;
	const link = `${shopUrl}/cart/${lines.map(({ variantId, quantity }) => `${variantId}:${quantity}`).join(',')}`;
	return isLinkAddress(link) ? link : undefined;
}

/** checkouts/create and checkouts/update. Nothing ever says "abandoned": that is our timer's work. */
export function checkoutUpdated(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { has: ['line_items', 'token', 'total_price'], hasNot: ['admin_graphql_api_id', 'financial_status'] });
	const { body, context } = delivery;
	const toldCurrency = body.currency('currency');
	const currency = toldCurrency ?? context.currency;
	const changedAtMs = requiredChangeMs(body);
	const updatedAtMs = context.toJourneyMs(changedAtMs);
	const recoveryUrl = body.text('abandoned_checkout_url');
	return {
		events: [
			{
				...delivery.event('checkout_updated', updatedAtMs),
				customer: readBuyer(body, body.timeMs('created_at') ?? changedAtMs, context),
				cart: {
					cartToken: body.id('cart_token'),
					checkoutToken: body.requiredId('token'),
					stage: 'checkout',
					items: readPurchaseItems(body.requiredList('line_items'), currency),
					currency: toldCurrency,
					totalMinor: body.amountMinor('total_price', currency),
					recoveryUrl: recoveryUrl && isLinkAddress(recoveryUrl) ? recoveryUrl : undefined,
					updatedAtMs,
					closed: body.timeMs('completed_at') === undefined ? undefined : 'completed',
					acceptsMarketing: body.flag('buyer_accepts_marketing'),
				},
			},
		],
	};
}

/** checkouts/delete: little more than the tokens, no time. A whole checkout here is another topic's body. */
export function checkoutDeleted(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { hasNot: ['line_items', 'admin_graphql_api_id', 'order_id', 'variants'] });
	const { body, context } = delivery;
	const checkoutToken = body.id('token');
	const cartToken = body.id('cart_token');
	if (!checkoutToken && !cartToken) return { events: [], ignored: 'The deleted checkout carries no token to find its cart by' };
	const updatedAtMs = context.toJourneyMs(delivery.triggeredAtMs);
	const cart = { cartToken, checkoutToken, stage: 'checkout' as const, items: [], updatedAtMs, closed: 'deleted' as const };
	return { events: [{ ...delivery.event('checkout_updated', updatedAtMs), cart }] };
}

/** When the thing last changed, by the shop's own clock: what stale deliveries are told by, so it has to be there. */
function requiredChangeMs(body: Fields): number {
	const changedAtMs = body.timeMs('updated_at') ?? body.timeMs('created_at');
	if (changedAtMs === undefined) throw body.wrong('updated_at', 'is required');
	return changedAtMs;
}
