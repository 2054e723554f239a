import type { Delivery, NormaliseContext, Normalised, ShopAdapter } from '../adapter';
import { customerChanged, customerDeleted } from './customers';
import { isWooCommercePing, type Resource, topicOf, verifyWooCommerce, woocommerceId } from './delivery';
import { discounts } from './discounts';
import { readHistory, readProducts } from './history';
import { orderChanged, orderDeleted } from './orders';
import { productChanged, productDeleted } from './products';
import { registerWebhooks, unregisterWebhooks } from './webhooks';
import { readBody, refusalIn } from './wordpress';

/** What is read, by topic. docs/woocommerce.md lists the same for the operator. */
const readers = new Map<string, (resource: Resource) => Normalised>([
	['order.created', orderChanged],
	['order.updated', orderChanged],
	['order.restored', orderChanged],
	['order.deleted', orderDeleted],
	['customer.created', customerChanged],
	['customer.updated', customerChanged],
	['customer.deleted', customerDeleted],
	['product.created', (resource) => productChanged(resource)],
	['product.updated', (resource) => productChanged(resource)],
	['product.restored', (resource) => productChanged(resource)],
	['product.deleted', productDeleted],
]);

function normaliseWooCommerce(delivery: Delivery, context: NormaliseContext): Normalised {
	const topic = topicOf(delivery);
	const read = readers.get(topic);
	if (!read) {
		const reason = topic.startsWith('coupon.') ? 'Discount codes are kept by the Discount Code node' : `The topic "${topic.slice(0, 100)}" is not one that is used`;
		return { events: [], ignored: reason };
	}
	const body = readBody(delivery.rawBody);
	const refusal = refusalIn(body);
	return refusal ? { events: [], ignored: refusal } : read({ body, context, readAtMs: delivery.receivedAtMs });
}

export const woocommerceAdapter: ShopAdapter = {
	id: woocommerceId,
	label: 'WooCommerce',
	// The secret is made by the installation and handed over on registration.
	credential: { type: 'wooCommerceApi' },
	isPing: isWooCommercePing,
	verify: verifyWooCommerce,
	normalise: normaliseWooCommerce,
	api: { register: registerWebhooks, unregister: unregisterWebhooks, history: readHistory, products: readProducts, discounts },
};
