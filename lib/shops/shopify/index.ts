import type { Delivery, NormaliseContext, Normalised, ShopAdapter } from '../adapter';
import { shopifyApi } from './api';
import { cartUpdated, checkoutDeleted, checkoutUpdated } from './carts';
import { customerErased, customersMerged, customerUpdated, dataRequested, emailConsentChanged, smsConsentChanged } from './customers';
import { readDelivery, shopifyId, type ShopifyDelivery, topicOf, verifyShopify } from './delivery';
import { discountLink } from './discountLink';
import { orderChanged, orderRefunded } from './orders';
import { carrierTold, parcelChanged, returnChanged } from './parcels';
import { productDeleted, productUpdated, variantStockChanged } from './products';

/** What is recorded, by topic. docs/shopify.md lists the same for the operator. */
const readers = new Map<string, (delivery: ShopifyDelivery) => Normalised>([
	['carts/create', cartUpdated],
	['carts/update', cartUpdated],
	['checkouts/create', checkoutUpdated],
	['checkouts/update', checkoutUpdated],
	['checkouts/delete', checkoutDeleted],
	['orders/create', orderChanged],
	['orders/updated', orderChanged],
	['orders/paid', orderChanged],
	['orders/cancelled', orderChanged],
	['orders/fulfilled', orderChanged],
	['orders/partially_fulfilled', orderChanged],
	['refunds/create', orderRefunded],
	['fulfillments/create', parcelChanged],
	['fulfillments/update', parcelChanged],
	['fulfillment_events/create', carrierTold],
	['returns/request', returnChanged],
	['returns/approve', returnChanged],
	['returns/decline', returnChanged],
	['returns/cancel', returnChanged],
	['returns/close', returnChanged],
	['returns/reopen', returnChanged],
	['returns/update', returnChanged],
	['customers/create', customerUpdated],
	['customers/update', customerUpdated],
	['customers/enable', customerUpdated],
	['customers/disable', customerUpdated],
	['customers/email_marketing_consent_update', emailConsentChanged],
	['customers/marketing_consent_update', smsConsentChanged],
	['customers/merge', customersMerged],
	['customers/redact', customerErased],
	['customers/data_request', dataRequested],
	['products/create', productUpdated],
	['products/update', productUpdated],
	['products/delete', productDeleted],
	['variants/in_stock', variantStockChanged],
	['variants/out_of_stock', variantStockChanged],
]);

/** Genuine, known, and of no use: the reason is shown to whoever wonders. */
const reasons = new Map<string, string>([
	['orders/edited', 'orders/updated carries the order as it is after the edit'],
	['orders/delete', 'An order deleted in the shop stays part of what its customer has bought'],
	// A merge deletes one of two customers as well: taking that for an erasure would suppress the other one's address.
	['customers/delete', 'A deleted customer is kept until the shop asks for erasure with customers/redact'],
	['shop/redact', 'The shop asked for all its data to be erased: delete its store'],
	['app/uninstalled', 'The app was removed from the shop, and its webhooks with it: install it again, then publish the workflow again'],
	['order_transactions/create', 'orders/paid and refunds/create carry the same'],
	['inventory_levels/update', 'products/update and variants/in_stock carry the stock that can be sold'],
	['inventory_items/update', 'products/update and variants/in_stock carry the stock that can be sold'],
	['shop/update', 'What the shop is called and sells in stands in the settings of the Shop Webhook Trigger'],
]);

function normaliseShopify(delivery: Delivery, context: NormaliseContext): Normalised {
	const topic = topicOf(delivery);
	const read = readers.get(topic);
	if (read) return read(readDelivery(delivery, topic, context));
	return { events: [], ignored: reasons.get(topic) ?? `The topic "${topic.slice(0, 100)}" is not one that is used` };
}

export const shopifyAdapter: ShopAdapter = {
	id: shopifyId,
	label: 'Shopify',
	credential: { type: 'shopifyAccessTokenApi', secretField: 'appSecretKey' },
	verify: verifyShopify,
	normalise: normaliseShopify,
	discountLink,
	api: shopifyApi,
};
