import type { LineItem, ProductFacts } from '../../../lib/model/events';
import { type CustomerRecord, indexes, keys, type ProductRecord } from '../../../lib/model/records';
import { foldLog } from '../../../lib/picks/fold';
import { Picker, type PickRequest } from '../../../lib/picks/pick';
import type { Subject } from '../../../lib/picks/seeds';
import type { ProductSignals } from '../../../lib/picks/signals';
import { eventOf, orderEvent, type Shop, viewEvent } from '../record/shop';

export type Facts = Partial<Omit<ProductFacts, 'variants'>> & { priceMinor?: number; fullPriceMinor?: number; stock?: number };

let told = 0;

/** The shop tells of a product, as it stands now. */
export async function tell(shop: Shop, productId: string, { priceMinor = 1000, fullPriceMinor, stock = 5, ...facts }: Facts = {}, isHistory = false): Promise<void> {
	const variants = [{ variantId: `${productId}-1`, sku: `SKU-${productId}`, priceMinor, fullPriceMinor, stock }];
	const product = { productId, title: `Product ${productId}`, url: `https://shop.example/${productId}`, currency: 'EUR', variants, updatedAtMs: shop.now(), ...facts };
	await shop.record(eventOf('product_updated', shop.now(), { product, isHistory, sequenceMs: ++told }));
}

export const line = (productId: string, facts: Partial<LineItem> = {}): LineItem => ({ productId, title: `Product ${productId}`, quantity: 1, unitPriceMinor: 1000, ...facts });

/** Somebody orders these products at once. */
export async function order(shop: Shop, email: string, productIds: string[], facts: { orderId?: string; cancelledAtMs?: number; visitorId?: string; isHistory?: boolean; atMs?: number } = {}): Promise<string> {
	const { orderId = `order-${++told}`, cancelledAtMs, visitorId, isHistory, atMs = shop.now() } = facts;
	const at = { placedAtMs: atMs, updatedAtMs: cancelledAtMs ?? atMs, ...(cancelledAtMs !== undefined && { cancelledAtMs }) };
	await shop.record(orderEvent(shop.now(), { orderId, number: orderId, items: productIds.map((id) => line(id)), cartToken: undefined, ...at }, { type: cancelledAtMs === undefined ? 'order_placed' : 'order_cancelled', dedupeId: `o-${++told}`, customer: { email, ...(visitorId && { visitorId }) }, isHistory }));
	return orderId;
}

export async function look(shop: Shop, visitorId: string, productId: string): Promise<void> {
	await shop.record(viewEvent(shop.now(), { path: `/${productId}`, productId, productTitle: `Product ${productId}` }, { type: 'product_viewed', dedupeId: `v-${++told}`, customer: { visitorId } }));
}

export async function document<T>(shop: Shop, key: string): Promise<T | null> {
	return (await shop.store.read<T>([key]))[0].value;
}

export const productOf = (shop: Shop, id: string) => document<ProductRecord>(shop, keys.product(id));
export const signalsOf = (shop: Shop, id: string) => document<ProductSignals>(shop, keys.signals(id));
export const fold = (shop: Shop) => foldLog(shop.store, shop.clock, { forMs: Infinity });

export const plain: PickRequest = { show: 'goesWith', count: 4, fallBack: true, exceptBoughtDays: 90, periodDays: 30 };
export const nobody: Subject = { item: {}, customer: null, history: null };

export const cartWith = (...productIds: string[]): Subject['item'] => ({ cart: { id: 'c', stage: 'cart', currency: 'EUR', totalMinor: 0, url: '', updatedAt: '', items: productIds.map((id) => line(id)) } });

/** What is picked, as `id:way`. */
export async function picked(shop: Shop, request: Partial<PickRequest>, subject: Partial<Subject> = {}, rules: ConstructorParameters<typeof Picker>[1] = []): Promise<string[]> {
	const picks = await new Picker(shop.store, rules, shop.now()).pick({ ...nobody, ...subject }, { ...plain, ...request });
	return picks.map(({ product, way }) => `${product.productId}:${way}`);
}

export async function customerOf(shop: Shop, email: string): Promise<CustomerRecord> {
	const alias = await document<{ id: string }>(shop, keys.alias('email', email));
	return (await document<CustomerRecord>(shop, keys.customer(alias!.id)))!;
}

/** The entries of an index, as ids. */
export async function entriesOf(shop: Shop, index: string): Promise<string[]> {
	return (await shop.store.walk(index, { limit: 1_000 })).map(({ key }) => key.slice(keys.product('').length));
}

export { indexes, keys };
