import type { ItemLine, JourneyItem } from '../model/item';
import { type CartRecord, type CustomerRecord, type EnrolmentRecord, type JourneyDefinition, keys, type ProductRecord } from '../model/records';
import type { ShopSettings } from '../model/settings';
import type { LineItem } from '../model/events';
import type { Store } from '../store/store';

/** The documents that an enrolment's item is made of. */
export interface EnrolmentFacts {
	enrolment: EnrolmentRecord;
	customer: CustomerRecord | null;
	cart: CartRecord | null;
}

/** Documents read per round trip: a batch of a hundred enrolments stays below it. */
const readBatch = 500;

export async function readMany<T>(store: Store, documentKeys: string[]): Promise<Map<string, T>> {
	const found = new Map<string, T>();
	const unique = [...new Set(documentKeys)];
	for (let start = 0; start < unique.length; start += readBatch) {
		for (const { key, value } of await store.read<T>(unique.slice(start, start + readBatch))) if (value !== null) found.set(key, value);
	}
	return found;
}

/** Enrolments with their customers and carts, in the order asked. What is gone is left out. */
export async function readFacts(store: Store, enrolmentKeys: string[]): Promise<EnrolmentFacts[]> {
	const enrolments = await readMany<EnrolmentRecord>(store, enrolmentKeys);
	const related = [...enrolments.values()].flatMap(({ customerId, cartId }) => [keys.customer(customerId), ...(cartId ? [keys.cart(cartId)] : [])]);
	const documents = await readMany<CustomerRecord | CartRecord>(store, related);
	return enrolmentKeys.flatMap((key) => {
		const enrolment = enrolments.get(key);
		if (!enrolment) return [];
		return [
			{
				enrolment,
				customer: (documents.get(keys.customer(enrolment.customerId)) as CustomerRecord | undefined) ?? null,
				cart: enrolment.cartId ? ((documents.get(keys.cart(enrolment.cartId)) as CartRecord | undefined) ?? null) : null,
			},
		];
	});
}

/** The products that carts name, for the pictures and links that cart deliveries lack. */
export function readProducts(store: Store, carts: Array<CartRecord | null>): Promise<Map<string, ProductRecord>> {
	const productKeys = carts.flatMap((cart) => cart?.items.map(({ productId }) => keys.product(productId)) ?? []);
	return readMany<ProductRecord>(store, productKeys);
}

const isoTime = (timeMs: number) => new Date(timeMs).toISOString();

/** What the trigger emits for one enrolment. Kept small: n8n stores every execution with all its items. */
export function journeyItem(
	{ enrolment, customer, cart }: EnrolmentFacts,
	definition: JourneyDefinition,
	settings: ShopSettings,
	products: Map<string, ProductRecord>,
	shop: string,
	{ token, attempt }: { token: string; attempt: number },
): JourneyItem {
	const stepIndex = Math.min(enrolment.step, definition.steps.length - 1);
	return {
		journey: {
			id: definition.id,
			name: definition.name,
			kind: enrolment.kind,
			shop,
			enrolment: enrolment.id,
			token,
			attempt,
			step: stepIndex + 1,
			stepName: definition.steps[stepIndex].name,
			steps: definition.steps.length,
			enteredAt: isoTime(enrolment.enteredAtMs),
			...(enrolment.endedAtMs !== undefined && { endedAt: isoTime(enrolment.endedAtMs), endReason: enrolment.endReason }),
			messages: Object.values(enrolment.sends).map(({ step, channel, state, atMs }) => ({ step: step + 1, channel, state, ...(state === 'sent' && { sentAt: isoTime(atMs) }) })),
		},
		shop: { name: settings.name, url: settings.url, currency: settings.currency, locale: settings.locale, timezone: settings.timezone },
		customer: customer && {
			id: customer.id,
			email: customer.email,
			phone: customer.phone,
			firstName: customer.firstName,
			lastName: customer.lastName,
			locale: customer.locale,
			timezone: customer.timezone,
			country: customer.country,
			consent: { email: customer.consent.email?.status ?? 'none', sms: customer.consent.sms?.status ?? 'none' },
			orders: { count: customer.orders.count, spentMinor: customer.orders.spentMinor[settings.currency] ?? 0 },
		},
		...(cart && { cart: itemCart(cart, settings, products) }),
	};
}

/** The cart as items and mails show it, with what the products know of pictures and links. */
export function itemCart(cart: CartRecord, settings: ShopSettings, products: Map<string, ProductRecord>): NonNullable<JourneyItem['cart']> {
	const items = cart.items.map((item) => withProduct(item, products.get(keys.product(item.productId))));
	return {
		id: cart.id,
		stage: cart.stage,
		currency: cart.currency ?? settings.currency,
		totalMinor: cart.totalMinor ?? items.reduce((sum, { unitPriceMinor, quantity }) => sum + unitPriceMinor * quantity, 0),
		url: cart.recoveryUrl ?? `${settings.url}/cart`,
		updatedAt: isoTime(cart.updatedAtMs),
		items,
	};
}

function withProduct(item: LineItem, product: ProductRecord | undefined): ItemLine {
	if (!product) return item;
	const variant = product.variants?.find(({ variantId }) => variantId === item.variantId) ?? (product.variants?.length === 1 ? product.variants[0] : undefined);
	return { ...item, stock: variant?.stock, imageUrl: item.imageUrl ?? variant?.imageUrl ?? product.imageUrl, url: item.url ?? product.url };
}
