import { createHmac, randomUUID } from 'node:crypto';
import { signGeneric } from '../../lib/shops/generic';
import { secrets } from './installation';

/** A shop that sends real signed deliveries: what the demo shop does, driven by a test. */
export class Shop {
	constructor(private readonly url: string) {}

	/** Sends one event of the generic format. */
	async send(event: Record<string, unknown>, options: { id?: string; secret?: string } = {}): Promise<{ status: number; body: Record<string, unknown> }> {
		const body = JSON.stringify(event);
		const id = options.id ?? `msg_${randomUUID()}`;
		return this.post(body, { ...signGeneric({ id, sentAtMs: Date.now(), body, secret: options.secret ?? secrets.generic }) });
	}

	async post(body: string | Buffer, headers: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
		const response = await fetch(this.url, { method: 'POST', body: body as string, headers: { 'content-type': 'application/json', ...headers } });
		const text = await response.text();
		let parsed: Record<string, unknown> = {};
		try {
			parsed = JSON.parse(text) as Record<string, unknown>;
		} catch {
			parsed = { text };
		}
		return { status: response.status, body: parsed };
	}
}

/** The signature headers of a Shopify delivery. */
export function shopifyHeaders(topic: string, body: string, id: string = randomUUID()): Record<string, string> {
	return {
		'x-shopify-topic': topic,
		'x-shopify-hmac-sha256': createHmac('sha256', secrets.shopify).update(body).digest('base64'),
		'x-shopify-shop-domain': 'tea.myshopify.com',
		'x-shopify-webhook-id': id,
		'x-shopify-triggered-at': new Date().toISOString(),
	};
}

const tea = { productId: 'p1', title: 'Green Tea', quantity: 2, unitPrice: '12.50', imageUrl: 'https://tea.example/green.png', url: 'https://tea.example/green' };

export interface CartOptions {
	token: string;
	email?: string;
	firstName?: string;
	consent?: boolean;
	items?: unknown[];
	stage?: 'cart' | 'checkout';
	updatedAt?: Date;
}

/** A whole-cart event. The customer has agreed to marketing unless told otherwise. */
export function cartEvent({ token, email, firstName = 'Mia', consent = true, items = [tea], stage = 'cart', updatedAt = new Date() }: CartOptions): Record<string, unknown> {
	const at = updatedAt.toISOString();
	return {
		type: stage === 'cart' ? 'cart_updated' : 'checkout_updated',
		occurredAt: at,
		...(email && { customer: { email, firstName, ...(consent && { emailConsent: { status: 'subscribed', basis: 'opt_in', at } }) } }),
		cart: { cartToken: token, ...(stage === 'checkout' && { checkoutToken: `co-${token}` }), currency: 'EUR', items, updatedAt: at, recoveryUrl: `https://tea.example/cart?token=${token}` },
	};
}

export function orderEvent({ token, email, orderId = randomUUID(), placedAt = new Date() }: { token?: string; email: string; orderId?: string; placedAt?: Date }): Record<string, unknown> {
	const at = placedAt.toISOString();
	return {
		type: 'order_placed',
		occurredAt: at,
		customer: { email },
		order: { id: orderId, ...(token && { cartToken: token }), items: [tea], currency: 'EUR', total: '25.00', placedAt: at, updatedAt: at },
	};
}
