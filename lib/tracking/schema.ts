import { z } from 'zod/v4';

/**
 * What tracking.js sends: `{ visitor, events }` as text/plain. Everything in it is the word of a browser, so lengths are
 * bounded, and a field that is unknown is left out rather than refused: an older script in a cache must go on working.
 */

export const mostEvents = 50;
export const mostItems = 100;
export const largestBody = 64 * 1024;

/** Made up by the browser: ends up in keys of the store. */
const token = z.string().regex(/^[\w-]{8,64}$/);
const id = z.string().min(1).max(150);
const text = z.string().max(1000);
const currency = z.string().regex(/^[A-Z]{3}$/);
/** Whole units of the currency, as the data layer has them. */
const amount = z.number().min(0).max(1e9);

const item = z.object({
	id,
	name: text.optional(),
	variant: text.optional(),
	category: text.optional(),
	price: amount.optional(),
	/** Taken off the price of one. */
	discount: amount.optional(),
	quantity: z.int().min(1).max(10_000),
});

const envelope = {
	/** Unique to the event: recognises it when a batch is sent again. */
	id: token,
	/** How long before the sending of the batch it happened, in ms: clocks of browsers are not to be trusted. */
	age: z.number().min(0),
};

const view = {
	path: text.optional(),
	title: text.optional(),
	referrer: text.optional(),
	/** By their names without `utm_`. */
	utm: z.record(z.string().max(20), text).optional(),
	product: id.optional(),
	name: text.optional(),
	category: text.optional(),
	query: text.optional(),
	price: amount.optional(),
	currency: currency.optional(),
	image: text.optional(),
};
const cart = { cart: token, items: z.array(item).max(mostItems), currency: currency.optional() };

export const trackedEvent = z.discriminatedUnion('type', [
	z.object({ ...envelope, ...view, type: z.enum(['visited', 'page_viewed']) }),
	z.object({ ...envelope, ...view, type: z.literal('product_viewed'), product: id }),
	z.object({ ...envelope, ...view, type: z.literal('category_viewed'), category: text.min(1) }),
	z.object({ ...envelope, ...view, type: z.literal('searched'), query: text.min(1) }),
	z.object({ ...envelope, ...view, type: z.literal('dwelled'), seconds: z.number().min(1).max(86_400) }),
	z.object({
		...envelope,
		type: z.literal('identified'),
		email: z.string().max(254).optional(),
		phone: z.string().max(40).optional(),
		customer: id.optional(),
		firstName: z.string().max(200).optional(),
		lastName: z.string().max(200).optional(),
		locale: z.string().max(35).optional(),
	}),
	z.object({
		...envelope,
		type: z.literal('custom'),
		name: z.string().min(1).max(60),
		data: z.record(z.string().max(40), z.union([text, z.number(), z.boolean()])).optional(),
	}),
	z.object({ ...envelope, ...cart, type: z.enum(['cart_updated', 'checkout_updated']) }),
	/** The browser allowed web push, or has got a new address for it. The keys are base64url, which some browsers pad. */
	z.object({
		...envelope,
		type: z.literal('push_subscribed'),
		endpoint: text,
		/** An uncompressed point: 65 bytes, the first of them 4. */
		p256dh: z.string().regex(/^B[\w-]{86}=*$/),
		/** 16 bytes. */
		auth: z.string().regex(/^[\w-]{22}=*$/),
		/** The visitor has just agreed, by a click. */
		asked: z.boolean().optional(),
	}),
	z.object({ ...envelope, type: z.literal('push_unsubscribed'), endpoint: text }),
	/** The visitor was shown the confirmation of an order. `cart` is the one that it emptied. */
	z.object({ ...envelope, ...cart, cart: token.optional(), type: z.literal('purchased'), order: id }),
]);

export const trackedBatch = z.object({ visitor: token, events: z.array(z.unknown()).min(1).max(mostEvents) });

export type TrackedEvent = z.infer<typeof trackedEvent>;
export type TrackedItem = z.infer<typeof item>;
export type TrackedBatch = { visitor: string; events: TrackedEvent[] };
