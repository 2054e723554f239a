import type { Delivery, NormaliseContext, Normalised, ShopAdapter } from '../adapter';
import { cartUpdated, checkoutDeleted, checkoutUpdated } from './carts';
import { customerErased, customerUpdated, emailConsentChanged, smsConsentChanged } from './customers';
import { readDelivery, shopifyId, type ShopifyDelivery, topicOf, verifyShopify } from './delivery';
import { orderChanged, orderRefunded } from './orders';
import { productDeleted, productUpdated } from './products';

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
	['customers/create', customerUpdated],
	['customers/update', customerUpdated],
	['customers/enable', customerUpdated],
	['customers/disable', customerUpdated],
	['customers/email_marketing_consent_update', emailConsentChanged],
	['customers/marketing_consent_update', smsConsentChanged],
	['customers/redact', customerErased],
	['products/create', productUpdated],
	['products/update', productUpdated],
	['products/delete', productDeleted],
]);

/** Genuine, known, and of no use (yet): the reason is shown to whoever wonders. */
const reasons = new Map<string, string>([
	['orders/edited', 'orders/updated carries the order as it is after the edit'],
	['orders/delete', 'An order deleted in the shop stays part of what its customer has bought'],
	// A merge deletes one of two customers as well: taking that for an erasure would suppress the other one's address.
	['customers/delete', 'A deleted customer is kept until the shop asks for erasure with customers/redact'],
	['customers/merge', 'Merged customers are told apart by their addresses; customers/update carries what they have become'],
	['customers/data_request', 'A customer asked for their data: export it with the Customer node'],
	['shop/redact', 'The shop asked for all its data to be erased: delete its store'],
	['app/uninstalled', 'The app was removed from the shop: no more deliveries will come'],
	['fulfillments/create', 'orders/fulfilled and orders/updated carry the same'],
	['fulfillments/update', 'orders/fulfilled and orders/updated carry the same'],
	['fulfillment_events/create', 'Events of the carrier are not used yet'],
	['order_transactions/create', 'orders/paid and refunds/create carry the same'],
	['variants/in_stock', 'products/update carries the stock of all variants'],
	['variants/out_of_stock', 'products/update carries the stock of all variants'],
]);

function normaliseShopify(delivery: Delivery, context: NormaliseContext): Normalised {
	const topic = topicOf(delivery);
	const read = readers.get(topic);
	if (read) return read(readDelivery(delivery, topic, context));
	const reason = reasons.get(topic) ?? (topic.startsWith('returns/') ? 'Returns are not used yet' : undefined);
	return { events: [], ignored: reason ?? `The topic "${topic.slice(0, 100)}" is not one that is used` };
}

export const shopifyAdapter: ShopAdapter = {
	id: shopifyId,
	label: 'Shopify',
	credential: { type: 'shopifyAccessTokenApi', secretField: 'appSecretKey' },
	verify: verifyShopify,
	normalise: normaliseShopify,
};
