import { z } from 'zod/v4';
import { isLinkAddress } from '../links';

/**
 * What a shop of any kind sends us. Plain data in and out, without transforms, so that the published JSON
 * schema (docs/schema) says exactly what is checked here. Unknown fields are refused: a misspelt optional
 * field would otherwise be lost without a word.
 */

/** Deliveries larger than this are to be split: a commit per event, all within one answer. */
export const mostEvents = 100;
const mostItems = 500;

const shortText = z.string().max(500);
const id = z
	.union([z.string().min(1).max(150), z.int()], { error: 'has to be an id: text or a whole number' })
	.meta({ id: 'Id', description: "The shop's own id. Numbers beyond 2^53 are kept exactly." });
const time = z.iso
	.datetime({ offset: true, error: 'has to be a time with its zone, such as 2025-03-01T09:30:00Z' })
	.meta({ id: 'Time', description: 'ISO 8601 with a zone: Z or an offset.' });
const amount = z
	.union([z.string().regex(/^\d+(\.\d+)?$/), z.number().min(0)], { error: 'has to be an amount such as "19.99"' })
	.meta({ id: 'Amount', description: 'A decimal amount in whole units of the currency, e.g. "19.99". Text is preferred: it is exact.' });
const currency = z.string().regex(/^[A-Z]{3}$/, 'has to be a currency code such as EUR').meta({ id: 'Currency', description: 'ISO 4217.' });
const link = z
	.string()
	.max(2048)
	.regex(/^https?:\/\//, 'has to be an absolute https address')
	.refine(isLinkAddress, 'has to be an absolute https address')
	.meta({ id: 'Link', description: 'Absolute https address (http only on localhost).' });

const day = z.iso.date({ error: 'has to be a day such as 1990-04-23' });
const birthday = z.union([day, z.string().regex(/^--(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/)], { error: 'has to be a day such as 1990-04-23, or --04-23' });
const data = z.record(z.string().min(1).max(60), z.union([z.string().max(500), z.number(), z.boolean()]));

const consent = z
	.strictObject({
		status: z.enum(['subscribed', 'unsubscribed', 'pending']),
		basis: z.enum(['opt_in', 'double_opt_in', 'soft_opt_in', 'unknown']).optional(),
		at: time.optional().meta({ description: 'When it was given or withdrawn; occurredAt when absent.' }),
	})
	.meta({ id: 'Consent' });

const customer = z
	.strictObject({
		id: id.optional(),
		email: z.string().max(254).regex(/^[^\s@]+@[^\s@]+$/, 'has to be an e-mail address').optional(),
		phone: z.string().min(3).max(40).optional().meta({ description: 'With the country code, e.g. +4930123456.' }),
		firstName: shortText.optional(),
		lastName: shortText.optional(),
		locale: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'has to be a language tag such as de-DE').optional(),
		country: z.string().regex(/^[A-Z]{2}$/, 'has to be a country code such as DE').optional(),
		city: shortText.optional(),
		postcode: z.string().min(1).max(20).optional(),
		latitude: z.number().min(-90).max(90).optional(),
		longitude: z.number().min(-180).max(180).optional(),
		birthday: birthday.optional().meta({ description: 'YYYY-MM-DD, or --MM-DD without the year.' }),
		children: z.array(z.strictObject({ name: shortText.optional(), birthday: day })).max(20).optional(),
		hasAccount: z.boolean().optional(),
		attributes: z
			.record(z.string().min(1).max(60), z.union([z.string().max(500), z.number(), z.boolean(), z.null()]))
			.optional()
			.meta({ description: 'Anything else worth keeping, by name: sizes, a favourite branch. null takes one out; names left out stay.' }),
		timezone: z.string().min(1).max(60).optional().meta({ description: 'IANA name, e.g. Europe/Berlin.' }),
		tags: z.array(shortText).max(250).optional(),
		emailConsent: consent.optional(),
		smsConsent: consent.optional(),
	})
	.refine((facts) => facts.id !== undefined || facts.email !== undefined || facts.phone !== undefined, 'needs an id, an email or a phone')
	.meta({ id: 'Customer', description: 'At least one of id, email and phone.' });

const item = z
	.strictObject({
		productId: id,
		variantId: id.optional(),
		sku: shortText.optional(),
		title: z.string().min(1).max(500),
		variantTitle: shortText.optional(),
		category: shortText.optional(),
		quantity: z.int().min(1).max(1_000_000),
		unitPrice: amount.meta({ description: 'Price of one, after discounts on the line.' }),
		fullPrice: amount.optional().meta({ description: 'Price of one before discounts, when it differs.' }),
		imageUrl: link.optional(),
		url: link.optional(),
	})
	.meta({ id: 'LineItem' });

const cart = z
	.strictObject({
		cartToken: id.optional(),
		checkoutToken: id.optional(),
		stage: z.enum(['cart', 'checkout']).optional().meta({ description: 'By default what the type of the event says.' }),
		items: z.array(item).max(mostItems).meta({ description: 'The whole cart as it now stands; [] is an emptied cart.' }),
		currency: currency.optional().meta({ description: "The shop's own currency when absent." }),
		total: amount.optional(),
		recoveryUrl: link.optional().meta({ description: 'Brings this very cart back, on any device.' }),
		updatedAt: time.optional().meta({ description: 'When the cart changed; occurredAt when absent. Older news than this is dropped.' }),
		closed: z.enum(['completed', 'deleted']).optional(),
		acceptsMarketing: z.boolean().optional(),
	})
	.refine((facts) => facts.cartToken !== undefined || facts.checkoutToken !== undefined, 'needs a cartToken or a checkoutToken')
	.meta({ id: 'Cart', description: 'At least one of cartToken and checkoutToken.' });

const order = z
	.strictObject({
		id,
		number: shortText.optional().meta({ description: 'What the customer calls it, e.g. #1001.' }),
		cartToken: id.optional(),
		checkoutToken: id.optional(),
		items: z.array(item).max(mostItems),
		currency,
		total: amount,
		refunded: amount.optional().meta({ description: 'Paid back so far, all refunds together.' }),
		discountCodes: z.array(z.string().min(1).max(200)).max(50).optional(),
		placedAt: time,
		updatedAt: time.optional().meta({ description: 'occurredAt when absent. Older news than this is dropped.' }),
		paidAt: time.optional(),
		cancelledAt: time.optional(),
		fulfilledAt: time.optional(),
		deliveredAt: time.optional(),
		awaitsPayment: z.boolean().optional().meta({ description: 'true while the customer still has to pay by transfer or invoice; false once that is no longer so.' }),
		paymentDueAt: time.optional(),
		waitsFor: z.array(z.string().min(1).max(500)).max(100).optional().meta({ description: 'Titles of the goods for which the order is held; [] once it is not.' }),
		statusUrl: link.optional().meta({ description: 'The page on which the customer sees this order.' }),
		paymentStatus: shortText.optional(),
		fulfilmentStatus: shortText.optional(),
	})
	.meta({ id: 'Order' });

const product = z
	.strictObject({
		id,
		title: shortText.optional(),
		url: link.optional(),
		imageUrl: link.optional(),
		tags: z.array(shortText).max(250).optional(),
		category: shortText.optional(),
		vendor: shortText.optional(),
		currency: currency.optional(),
		variants: z
			.array(
				z.strictObject({
					id,
					sku: shortText.optional(),
					title: shortText.optional(),
					price: amount.optional(),
					fullPrice: amount.optional().meta({ description: 'What it costs when it is not reduced.' }),
					imageUrl: link.optional(),
					stock: z.int().optional().meta({ description: 'Absent: the shop does not track stock for it.' }),
				}),
			)
			.max(2500)
			.optional(),
		createdAt: time.optional().meta({ description: 'Since when the shop has it: what is new is told by it.' }),
		updatedAt: time.optional(),
	})
	.meta({ id: 'Product' });

const returned = z
	.strictObject({
		id,
		orderId: id.optional(),
		status: z.enum(['requested', 'approved', 'declined', 'received', 'refunded', 'closed', 'cancelled']),
		needsBankDetails: z.boolean().optional().meta({ description: 'The goods are back, but you do not know where to send the money.' }),
		formUrl: link.optional().meta({ description: 'Your form for what is missing.' }),
		updatedAt: time.optional(),
	})
	.meta({ id: 'Return' });

const envelope = {
	id: z.string().min(1).max(150).optional().meta({ description: 'Recognises the event when it is sent again; by default the delivery id and its place in the delivery.' }),
	occurredAt: time,
};
const cartEvent = { ...envelope, customer: customer.optional(), cart };
const orderEvent = { ...envelope, customer: customer.optional(), order };
const customerEvent = { ...envelope, customer };
const productEvent = { ...envelope, product };

export const genericEvent = z
	.discriminatedUnion('type', [
		z.strictObject({ type: z.enum(['cart_updated', 'checkout_updated']), ...cartEvent }),
		z.strictObject({ type: z.enum(['order_placed', 'order_updated', 'order_paid', 'order_cancelled', 'order_fulfilled', 'order_delivered', 'order_held', 'order_refunded']), ...orderEvent }),
		z.strictObject({ type: z.enum(['customer_created', 'customer_updated', 'consent_changed', 'data_requested', 'customer_erased']), ...customerEvent }),
		z.strictObject({ type: z.literal('customers_merged'), ...customerEvent, mergedIds: z.array(id).min(1).max(20).meta({ description: 'Your ids of the customers that are this one from now on.' }) }),
		z.strictObject({ type: z.enum(['product_updated', 'product_deleted']), ...productEvent }),
		z.strictObject({ type: z.literal('restock_requested'), ...customerEvent, product, variantId: id.optional().meta({ description: 'When only this variant will do.' }) }),
		z.strictObject({ type: z.literal('return_updated'), ...envelope, customer: customer.optional(), return: returned }),
		z.strictObject({ type: z.literal('custom'), ...customerEvent, name: z.string().min(1).max(60).meta({ description: 'What you call it; journeys listen to this name.' }), data: data.optional() }),
	])
	.meta({ id: 'Event' });

export const genericBatch = z.strictObject({ events: z.array(genericEvent).min(1).max(mostEvents) }).meta({ id: 'Batch' });

export type GenericEvent = z.infer<typeof genericEvent>;
export type GenericCustomer = z.infer<typeof customer>;
export type GenericConsent = z.infer<typeof consent>;
export type GenericCart = z.infer<typeof cart>;
export type GenericOrder = z.infer<typeof order>;
export type GenericProduct = z.infer<typeof product>;
export type GenericItem = z.infer<typeof item>;
export type GenericReturn = z.infer<typeof returned>;

/** The text of docs/schema/generic-shop.schema.json. */
export function genericJsonSchema(): string {
	const schema = z.toJSONSchema(z.union([genericEvent, genericBatch]), {
		target: 'draft-2020-12',
		io: 'input',
		override: ({ jsonSchema }) => {
			// A whole number may be longer than JavaScript's safe ones: exact-json.ts keeps its digits.
			if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
			if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
		},
	});
	// zod repeats the name of a definition as `id`, which is no keyword of this draft.
	for (const definition of Object.values(schema.$defs ?? {})) delete definition.id;
	const { $schema, ...rest } = schema;
	const titled = { $schema, title: 'A delivery to the generic shop of Shop Journeys: one event, or a batch of them', ...rest };
	return `${JSON.stringify(titled, null, '\t')}\n`;
}
