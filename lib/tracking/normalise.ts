import { isPushEndpoint } from '../messages/push-endpoint';
import { personName, singleLine } from '../messages/safe-text';
import { dayMs } from '../model/clock';
import type { CartFacts, CustomerFacts, LineItem, ShopEvent, ViewFacts } from '../model/events';
import { parseAmountMinor } from '../model/money';
import { trackingSource } from '../record/identity';
import type { ReceivedBatch } from './receive';
import type { TrackedEvent, TrackedItem } from './schema';

/** Older news is dropped: the memory of deliveries, which recognises repetitions, does not reach back further. */
const oldestMs = dayMs;

export interface TrackingContext {
	/** Wall clock: when the batch arrived. */
	receivedAtMs: number;
	toJourneyMs(wallMs: number): number;
	/** The shop's own, ISO 4217. */
	currency: string;
	/** Pictures are taken from these only, else a stranger could choose what a customer's mail shows. */
	allowedOrigins: string[];
	/** Whether browsers are what tells of carts: only for shops that send no webhooks about them. */
	takesCarts: boolean;
	/** In a demo a push service on this machine will do. */
	allowsLoopback?: boolean;
}

type EventOf<T extends TrackedEvent['type']> = Extract<TrackedEvent, { type: T }>;
type Common = Pick<ShopEvent, 'dedupeId' | 'occurredAtMs' | 'source' | 'customer'>;

/** Turns what a browser said into events. Pure; anything that passed the schema is read or left out, never an error. */
export function normaliseBatch({ visitor, events }: Pick<ReceivedBatch, 'visitor' | 'events'>, context: TrackingContext): ShopEvent[] {
	return events.filter(({ age }) => age <= oldestMs).flatMap((event) => toShopEvents(event, visitor, context));
}

function toShopEvents(event: TrackedEvent, visitor: string, context: TrackingContext): ShopEvent[] {
	const common: Common = {
		dedupeId: `${trackingSource}:${visitor}:${event.id}`,
		occurredAtMs: context.toJourneyMs(Math.floor(context.receivedAtMs - event.age)),
		source: trackingSource,
		customer: { visitorId: visitor },
	};
	switch (event.type) {
		case 'identified': {
			const facts = customerOf(event);
			return facts ? [{ ...common, type: event.type, customer: { ...facts, visitorId: visitor } }] : [];
		}
		case 'custom':
			return [{ ...common, type: event.type, custom: { name: singleLine(event.name, 60), ...(event.data && { data: event.data }) } }];
		case 'cart_updated':
		case 'checkout_updated':
			if (context.takesCarts) return [{ ...common, type: event.type, cart: cartOf(event, event.cart, common.occurredAtMs, context) }];
			// The shop itself tells of the cart, but not which visitor it is of.
			return [{ ...common, type: 'custom', custom: { name: event.type, data: { items: event.items.length } } }];
		case 'purchased':
			return purchaseOf(event, common, context);
		case 'push_subscribed':
		case 'push_unsubscribed':
			return pushOf(event, common, context);
		default:
			return [{ ...common, type: event.type, view: viewOf(event, context) }];
	}
}

/**
 * A browser's word is enough to end the reminders of its own cart, and to say which order its visitor was shown. Orders
 * themselves, and what they are worth, come from the shop alone.
 */
function purchaseOf(event: EventOf<'purchased'>, common: Common, context: TrackingContext): ShopEvent[] {
	const { cart, order } = event;
	const purchase: ShopEvent = { ...common, type: 'custom', custom: { name: 'purchase', data: { orderId: order } } };
	if (!cart || !context.takesCarts) return [purchase];
	const closed: CartFacts = { ...cartOf(event, cart, common.occurredAtMs, context), closed: 'completed' };
	return [{ ...common, dedupeId: `${common.dedupeId}:cart`, type: 'checkout_updated', cart: closed }, purchase];
}

/**
 * That the browser subscribed is its own permission, the one consent that a browser's word grants: it asks its user itself. A
 * new address of an old permission grants nothing anew: the customer may have unsubscribed elsewhere meanwhile.
 */
function pushOf(event: EventOf<'push_subscribed' | 'push_unsubscribed'>, common: Common, { allowsLoopback }: TrackingContext): ShopEvent[] {
	const { type, endpoint } = event;
	if (!isPushEndpoint(endpoint, allowsLoopback)) return [];
	if (type === 'push_unsubscribed') return [{ ...common, type, push: { endpoint, p256dh: '', auth: '' } }];
	const push = { endpoint, p256dh: event.p256dh.replace(/=+$/, ''), auth: event.auth.replace(/=+$/, '') };
	const pushConsent = { status: 'subscribed', basis: 'opt_in', atMs: common.occurredAtMs } as const;
	return [{ ...common, type, push, ...(event.asked && { customer: { ...common.customer, pushConsent } }) }];
}

/** What is believed of it, `identify` in lib/record decides. Never consent. */
function customerOf({ email, customer, phone, firstName, lastName, locale }: EventOf<'identified'>): CustomerFacts | undefined {
	const aliases: CustomerFacts = {
		...(isAddress(email) && { email: email!.trim() }),
		...optional('shopCustomerId', customer ?? ''),
		...optional('phone', phone?.trim() ?? ''),
	};
	if (Object.keys(aliases).length === 0) return undefined;
	return {
		...aliases,
		...optional('firstName', personName(firstName)),
		...optional('lastName', personName(lastName)),
		...(locale !== undefined && /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(locale) && { locale }),
	};
}

function isAddress(email: string | undefined): boolean {
	return email !== undefined && /^[^\s@]+@[^\s@]+$/.test(email.trim());
}

function viewOf(event: EventOf<'visited' | 'page_viewed' | 'product_viewed' | 'category_viewed' | 'searched' | 'dwelled'>, context: TrackingContext): ViewFacts {
	const utm = Object.entries(event.utm ?? {}).flatMap(([name, value]) => (utmNames.has(name) && singleLine(value, 100) ? [[name, singleLine(value, 100)]] : []));
	const isInShopsCurrency = event.currency === undefined || event.currency === context.currency;
	return {
		...optional('path', singleLine(event.path, 500)),
		...optional('title', singleLine(event.title, 200)),
		...optional('referrer', singleLine(event.referrer, 500)),
		...(utm.length > 0 && { utm: Object.fromEntries(utm) as Record<string, string> }),
		...(event.product !== undefined && { productId: idsOf(event.product).productId }),
		...optional('productTitle', withoutLinks(event.name)),
		...optional('category', singleLine(event.category, 200)),
		...optional('query', singleLine(event.query, 200)),
		...(event.type === 'dwelled' && { seconds: Math.round(event.seconds) }),
		...(event.image !== undefined && isOfShop(event.image, context) && { imageUrl: event.image }),
		...(event.price !== undefined && isInShopsCurrency && { priceMinor: minor(event.price, context.currency) }),
	};
}

const utmNames = new Set(['source', 'medium', 'campaign', 'term', 'content']);

function cartOf({ type, items, currency = '' }: EventOf<'cart_updated' | 'checkout_updated' | 'purchased'>, cartToken: string, updatedAtMs: number, context: TrackingContext): CartFacts {
	const lines = items.map((item) => lineOf(item, currency || context.currency));
	const isPriced = items.every(({ price }) => price !== undefined);
	return {
		cartToken,
		stage: type === 'cart_updated' ? 'cart' : 'checkout',
		items: lines,
		...optional('currency', currency),
		...(isPriced && { totalMinor: lines.reduce((sum, { unitPriceMinor, quantity }) => sum + unitPriceMinor * quantity, 0) }),
		updatedAtMs,
	};
}

function lineOf({ id, name, variant, category, price = 0, discount = 0, quantity }: TrackedItem, currency: string): LineItem {
	return {
		...idsOf(id),
		title: withoutLinks(name) || id,
		...optional('variantTitle', withoutLinks(variant)),
		...optional('category', singleLine(category, 200)),
		quantity,
		unitPriceMinor: minor(price, currency),
		...(discount > 0 && { fullPriceMinor: minor(price + discount, currency) }),
	};
}

/** Shopify's own Google channel names an item `shopify_DE_<product>_<variant>`. */
function idsOf(id: string): { productId: string; variantId?: string } {
	const match = /^shopify_[A-Z]{2}_(\d+)_(\d+)$/i.exec(id);
	return match ? { productId: match[1], variantId: match[2] } : { productId: id };
}

/** Titles end up in mails to whomever the browser claims to be: mail programs make a link of "name.example". */
function withoutLinks(text: string | undefined): string {
	return singleLine(text, 200).replace(/:\/\//g, ' ').replace(/\.(?=\p{L})/gu, '. ');
}

function isOfShop(url: string, { allowedOrigins }: TrackingContext): boolean {
	return url.length <= 2048 && URL.canParse(url) && allowedOrigins.includes(new URL(url).origin);
}

/** From a float, which the data layer has. The schema bounds it, so that it is exact. */
function minor(amount: number, currency: string): number {
	return parseAmountMinor(amount.toFixed(4), currency);
}

function optional<K extends string>(name: K, value: string): { [key in K]?: string } {
	return (value ? { [name]: value } : {}) as { [key in K]?: string };
}
