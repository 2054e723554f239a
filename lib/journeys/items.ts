import type { LineItem } from '../model/events';
import type { ItemCustomer, ItemLine, ItemOrder, ItemProduct, JourneyItem, JourneyMessage } from '../model/item';
import { type CartRecord, type CustomerRecord, type EnrolmentRecord, type JourneyDefinition, keys, type OrderRecord, type PointsStanding, type ProductRecord, type ReturnRecord, type SendRecord } from '../model/records';
import type { ShopSettings } from '../model/settings';
import { nextTierPercent } from '../segments/fields';
import type { Store } from '../store/store';

/** The documents that an enrolment's item is made of. */
export interface EnrolmentFacts {
	enrolment: EnrolmentRecord;
	customer: CustomerRecord | null;
	cart: CartRecord | null;
	order?: OrderRecord | null;
	product?: ProductRecord | null;
	return?: ReturnRecord | null;
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

/** Enrolments with the documents they are about, in the order asked. What is gone is left out. */
export async function readFacts(store: Store, enrolmentKeys: string[]): Promise<EnrolmentFacts[]> {
	const enrolments = await readMany<EnrolmentRecord>(store, enrolmentKeys);
	const related = [...enrolments.values()].flatMap((enrolment) => Object.values(relatedKeys(enrolment)).filter((key) => key !== undefined));
	const documents = await readMany<object>(store, related);
	return enrolmentKeys.flatMap((key) => {
		const enrolment = enrolments.get(key);
		if (!enrolment) return [];
		const parts = Object.entries(relatedKeys(enrolment)).map(([part, related]) => [part, (related && documents.get(related)) ?? null]);
		return [{ enrolment, ...(Object.fromEntries(parts) as Omit<EnrolmentFacts, 'enrolment'>) }];
	});
}

function relatedKeys({ customerId, cartId, orderId, productId, returnId }: EnrolmentRecord): Record<Exclude<keyof EnrolmentFacts, 'enrolment'>, string | undefined> {
	return {
		customer: keys.customer(customerId),
		cart: cartId && keys.cart(cartId),
		order: orderId && keys.order(orderId),
		product: productId && keys.product(productId),
		return: returnId && keys.return(returnId),
	};
}

/** The products that carts and orders name, for the pictures and links that deliveries lack. */
export function readProducts(store: Store, holders: Array<{ items: LineItem[] } | null>): Promise<Map<string, ProductRecord>> {
	const productKeys = holders.flatMap((holder) => holder?.items.map(({ productId }) => keys.product(productId)) ?? []);
	return readMany<ProductRecord>(store, productKeys);
}

/** The products that these enrolments' items show. */
export function productsOf(store: Store, facts: EnrolmentFacts[]): Promise<Map<string, ProductRecord>> {
	return readProducts(store, facts.flatMap(({ cart, order }) => [cart, order ?? null]));
}

const isoTime = (timeMs: number) => new Date(timeMs).toISOString();

/** What the trigger emits for one enrolment. Kept small: n8n stores every execution with all its items. */
export function journeyItem(
	{ enrolment, customer, cart, order, product, return: returned }: EnrolmentFacts,
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
			messages: Object.values(enrolment.sends).map(itemMessage),
		},
		shop: { name: settings.name, url: settings.url, currency: settings.currency, locale: settings.locale, timezone: settings.timezone },
		customer: customer && itemCustomer(customer, settings),
		...(cart && { cart: itemCart(cart, settings, products) }),
		...(order && { order: itemOrder(order, products) }),
		...(enrolment.productId !== undefined && { product: itemProduct(enrolment.productId, enrolment.variantId, product ?? null) }),
		...(returned && {
			return: { id: returned.returnId, orderId: returned.orderId, status: returned.status, needsBankDetails: returned.needsBankDetails === true, formUrl: returned.formUrl },
		}),
		...(enrolment.view && { view: enrolment.view }),
		...(enrolment.event && { event: { type: enrolment.event.type, at: isoTime(enrolment.event.atMs), name: enrolment.event.name, data: enrolment.event.data } }),
	};
}

function itemMessage({ step, channel, state, atMs, openedAtMs, clickedAtMs, answeredAtMs, codeUsedAtMs }: SendRecord): JourneyMessage {
	return {
		step: step + 1,
		channel,
		state,
		...(state === 'sent' && { sentAt: isoTime(atMs) }),
		...(openedAtMs !== undefined && { openedAt: isoTime(openedAtMs) }),
		...(clickedAtMs !== undefined && { clickedAt: isoTime(clickedAtMs) }),
		...(answeredAtMs !== undefined && { answeredAt: isoTime(answeredAtMs) }),
		...(codeUsedAtMs !== undefined && { codeUsedAt: isoTime(codeUsedAtMs) }),
	};
}

/** A customer as items show them. */
export function itemCustomer(customer: CustomerRecord, settings: ShopSettings): ItemCustomer {
	const { consent, orders, points } = customer;
	const tags = [...new Set([...(customer.tags ?? []), ...(customer.ownTags ?? [])])];
	return {
		id: customer.id,
		email: customer.email,
		phone: customer.phone,
		firstName: customer.firstName,
		lastName: customer.lastName,
		locale: customer.locale,
		timezone: customer.timezone,
		country: customer.country,
		city: customer.city,
		birthday: customer.birthday,
		...(tags.length > 0 && { tags }),
		attributes: customer.attributes,
		consent: { email: consent.email?.status ?? 'none', sms: consent.sms?.status ?? 'none', ...(consent.whatsapp && { whatsapp: consent.whatsapp.status }), ...(consent.push && { push: consent.push.status }) },
		orders: {
			count: orders.count,
			spentMinor: orders.spentMinor[settings.currency] ?? 0,
			...(orders.firstAtMs !== undefined && { firstAt: isoTime(orders.firstAtMs) }),
			...(orders.lastAtMs !== undefined && { lastAt: isoTime(orders.lastAtMs) }),
		},
		...(points && { points: itemPoints(points, settings) }),
	};
}

/** Tiers by the labels that they have now. */
function itemPoints(points: PointsStanding, { loyalty }: ShopSettings): NonNullable<ItemCustomer['points']> {
	const { available, pending, expiresAtMs, expiring, tier, tierLabel, nextTier, nextTierLabel, toNextTier, progressCurrency } = points;
	const labelOf = (id: string | undefined, label: string | undefined) => loyalty?.tiers.find((known) => known.id === id)?.label ?? label;
	return {
		available,
		pending,
		...(expiresAtMs !== undefined && { expiresAt: isoTime(expiresAtMs), expiring }),
		...(tier !== undefined && { tier: labelOf(tier, tierLabel) }),
		...(nextTier !== undefined && { nextTier: labelOf(nextTier, nextTierLabel), toNextTier, ...(progressCurrency && { toNextTierCurrency: progressCurrency }), nextTierPercent: nextTierPercent(points) }),
	};
}

/** An order as items show it. */
export function itemOrder(order: OrderRecord, products: Map<string, ProductRecord>): ItemOrder {
	return {
		id: order.orderId,
		number: order.number,
		currency: order.currency,
		totalMinor: order.totalMinor,
		placedAt: isoTime(order.placedAtMs),
		paid: order.paidAtMs !== undefined,
		awaitsPayment: order.awaitsPayment === true,
		...(order.paymentDueAtMs !== undefined && { paymentDueAt: isoTime(order.paymentDueAtMs) }),
		waitsFor: order.waitsFor,
		url: order.statusUrl,
		items: order.items.map((item) => withProduct(item, products.get(keys.product(item.productId)))),
	};
}

/** A product, or its variant where only that one is meant, as items show it. */
export function itemProduct(id: string, variantId: string | undefined, product: ProductRecord | null): ItemProduct {
	const variants = product?.variants?.filter((variant) => variantId === undefined || variant.variantId === variantId) ?? [];
	const tracked = variants.filter(({ stock }) => stock !== undefined);
	return {
		id,
		title: product?.title,
		url: product?.url,
		imageUrl: (variantId !== undefined ? variants[0]?.imageUrl : undefined) ?? product?.imageUrl,
		category: product?.category,
		priceMinor: variants[0]?.priceMinor,
		currency: product?.currency,
		...(tracked.length > 0 && { stock: tracked.reduce((sum, { stock }) => sum + stock!, 0) }),
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
