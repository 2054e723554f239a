import { createHmac } from 'node:crypto';
import type { Delivery, NormaliseContext } from '../../../lib/shops/adapter';
import { shopifyAdapter } from '../../../lib/shops/shopify';
import { context, fixture } from './context';

export const secret = 'the-app-secret-of-the-tests';
export const receivedAtMs = Date.parse('2025-03-10T00:00:00Z');

/** A delivery as Shopify sends it, signed here with node:crypto rather than with the code under test. */
export function shopifyDelivery(topic: string, body: string | Buffer, headers: Record<string, string | undefined> = {}): Delivery {
	const rawBody = Buffer.from(body);
	return {
		rawBody,
		receivedAtMs,
		headers: {
			'x-shopify-topic': topic,
			'x-shopify-hmac-sha256': createHmac('sha256', secret).update(rawBody).digest('base64'),
			'x-shopify-shop-domain': 'quay.myshopify.example',
			'x-shopify-api-version': '2025-01',
			'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
			'x-shopify-triggered-at': '2025-03-09T23:59:58.123456789Z',
			...headers,
		},
	};
}

/** A fixture with some fields changed in its text, so that long ids stay as they are written. */
export function changed(name: string, ...changes: Array<[from: string, to: string]>): string {
	return changes.reduce((text, [from, to]) => {
		if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
		return text.replace(from, to);
	}, fixture(`shopify/${name}`).toString());
}

export function normalise(topic: string, body: string | Buffer, headers: Record<string, string | undefined> = {}, within: Partial<NormaliseContext> = {}) {
	return shopifyAdapter.normalise(shopifyDelivery(topic, body, headers), { ...context, ...within });
}
