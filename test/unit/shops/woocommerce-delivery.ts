import { createHmac } from 'node:crypto';
import type { Delivery, NormaliseContext } from '../../../lib/shops/adapter';
import { woocommerceAdapter } from '../../../lib/shops/woocommerce';
import { context, fixture } from './context';

export const secret = 'the-webhook-secret-of-the-tests';
export const receivedAtMs = Date.parse('2025-03-01T12:00:00Z');

/** A delivery as WooCommerce sends it, signed here with node:crypto rather than with the code under test. */
export function wooDelivery(topic: string, body: string | Buffer, headers: Record<string, string | undefined> = {}): Delivery {
	const rawBody = Buffer.from(body);
	const [resource, event] = topic.split('.');
	return {
		rawBody,
		receivedAtMs,
		headers: {
			'content-type': 'application/json',
			'x-wc-webhook-source': 'https://shop.example/',
			'x-wc-webhook-topic': topic,
			'x-wc-webhook-resource': resource,
			'x-wc-webhook-event': event,
			'x-wc-webhook-signature': createHmac('sha256', secret).update(rawBody).digest('base64'),
			'x-wc-webhook-id': '5',
			'x-wc-webhook-delivery-id': '9f5c3bd1a2b84e6f8d1c0a7b6e5f4d3c',
			...headers,
		},
	};
}

export function normalise(topic: string, body: unknown, within: Partial<NormaliseContext> = {}) {
	const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
	return woocommerceAdapter.normalise(wooDelivery(topic, text), { ...context, ...within });
}

/** A fixture with some of its fields set anew. */
export function sample(name: 'order' | 'customer' | 'product', changes: Record<string, unknown> = {}): Record<string, unknown> {
	return { ...(JSON.parse(fixture(`woocommerce/${name}.json`).toString()) as Record<string, unknown>), ...changes };
}
