import type { ItemCustomer, ItemLine, JourneyItem } from '../model/item';
import { formatMoney } from '../model/money';
import type { ShopSettings } from '../model/settings';
import { personName, pickLocale, singleLine, webUrl } from './safe-text';

/** Which addresses the message carries besides the cart's. */
export interface MessageLinks {
	/** A page on which the reader can unsubscribe. Without it the mail shows no such link. */
	unsubscribePageUrl?: string;
	/** A page that asks why the cart was not ordered. */
	answerPageUrl?: string;
}

/** A line of the cart as templates see it: clean text, formatted prices, and the raw numbers beside them. */
export interface ContextItem extends Omit<ItemLine, 'title'> {
	title: string;
	/** One piece, e.g. "€19.99". */
	price: string;
	/** Before a discount, when it differs. */
	fullPrice: string;
	lineTotal: string;
	/** The line before a discount, when it differs. */
	fullLineTotal: string;
	lineTotalMinor: number;
	/** For the tile that stands in for a missing picture. */
	initial: string;
}

/** What operators' templates can read. Plain data: own properties only, no functions. docs/mail.md lists it. */
export interface MessageContext {
	customer: Partial<Omit<ItemCustomer, 'consent'>> & { firstName: string; lastName: string };
	cart: {
		id: string;
		stage: string;
		currency: string;
		url: string;
		total: string;
		totalMinor: number;
		/** Pieces, not lines. */
		quantity: number;
		updatedAt: string;
		items: ContextItem[];
	};
	/** Empty where the journey is not about an order. */
	order: { id: string; number: string; url: string; total: string; totalMinor: number; currency: string; placedAt: string; paymentDueAt: string; waitsFor: string[]; items: ContextItem[] };
	/** The product the journey is about: a restocked one, or the one looked at. */
	product: { id: string; title: string; url: string; imageUrl: string; category: string; price: string; initial: string; stock?: number };
	view: { path: string; title: string; category: string; query: string };
	return: { id: string; status: string; needsBankDetails: boolean; formUrl: string };
	/** With a custom event: its name and data. */
	event: { name: string; data: Record<string, string> };
	shop: { name: string; url: string; logoUrl: string; postalAddress: string; currency: string; locale: string; timezone: string };
	journey: { id: string; name: string; kind: string; step: number; stepName: string; steps: number; enteredAt: string };
	links: { unsubscribe: string; answer: string };
	discountCode: string;
}

/** Builds the context of one mail. Everything in it went through `safe-text`: no control characters, no odd addresses. */
export function buildContext(item: JourneyItem, settings: ShopSettings, links: MessageLinks, locale: string): MessageContext {
	const { journey, customer, cart } = item;
	const currency = cart?.currency || item.shop.currency || settings.currency;
	return {
		customer: {
			id: customer?.id,
			email: singleLine(customer?.email, 320),
			phone: singleLine(customer?.phone, 40),
			firstName: personName(customer?.firstName),
			lastName: personName(customer?.lastName),
			locale: singleLine(customer?.locale, 40),
			timezone: singleLine(customer?.timezone, 60),
			country: singleLine(customer?.country, 40),
			orders: { count: customer?.orders?.count ?? 0, spentMinor: customer?.orders?.spentMinor ?? 0 },
		},
		cart: {
			id: cart?.id ?? '',
			stage: cart?.stage ?? '',
			currency,
			url: webUrl(cart?.url),
			total: cart ? formatMoney({ amountMinor: cart.totalMinor, currency }, locale) : '',
			totalMinor: cart?.totalMinor ?? 0,
			quantity: (cart?.items ?? []).reduce((sum, line) => sum + line.quantity, 0),
			updatedAt: cart?.updatedAt ?? '',
			items: (cart?.items ?? []).map((line) => contextItem(line, currency, locale)),
		},
		order: contextOrder(item, currency, locale),
		product: contextProduct(item, currency, locale, settings.url),
		view: {
			path: singleLine(item.view?.path, 200),
			title: singleLine(item.view?.title, 200),
			category: singleLine(item.view?.category, 100),
			query: singleLine(item.view?.query, 100),
		},
		return: {
			id: singleLine(item.return?.id, 100),
			status: singleLine(item.return?.status, 40),
			needsBankDetails: item.return?.needsBankDetails ?? false,
			formUrl: webUrl(item.return?.formUrl),
		},
		event: {
			name: singleLine(item.event?.name, 100),
			data: Object.fromEntries(Object.entries(item.event?.data ?? {}).map(([name, value]) => [name, singleLine(String(value), 200)])),
		},
		shop: {
			name: singleLine(settings.name || item.shop.name, 100),
			url: webUrl(settings.url || item.shop.url),
			logoUrl: webUrl(settings.logoUrl),
			postalAddress: settings.postalAddress,
			currency: settings.currency,
			locale: settings.locale,
			timezone: settings.timezone,
		},
		journey: {
			id: journey.id,
			name: journey.name,
			kind: journey.kind,
			step: journey.step,
			stepName: journey.stepName,
			steps: journey.steps,
			enteredAt: journey.enteredAt,
		},
		links: { unsubscribe: webUrl(links.unsubscribePageUrl), answer: webUrl(links.answerPageUrl) },
		discountCode: '',
	};
}

function contextOrder({ order }: JourneyItem, shopCurrency: string, locale: string): MessageContext['order'] {
	const currency = order?.currency ?? shopCurrency;
	return {
		id: order?.id ?? '',
		number: singleLine(order?.number, 60),
		url: webUrl(order?.url),
		total: order ? formatMoney({ amountMinor: order.totalMinor, currency }, locale) : '',
		totalMinor: order?.totalMinor ?? 0,
		currency,
		placedAt: order?.placedAt ?? '',
		paymentDueAt: order?.paymentDueAt ?? '',
		waitsFor: (order?.waitsFor ?? []).map((title) => singleLine(title, 160)),
		items: (order?.items ?? []).map((line) => contextItem(line, currency, locale)),
	};
}

function contextProduct({ product, view }: JourneyItem, shopCurrency: string, locale: string, shopUrl: string): MessageContext['product'] {
	const title = singleLine(product?.title ?? view?.productTitle, 160);
	const priceMinor = product?.priceMinor ?? view?.priceMinor;
	return {
		id: product?.id ?? view?.productId ?? '',
		title,
		url: webUrl(product?.url ?? (view?.path?.startsWith('/') ? `${shopUrl}${view.path}` : undefined)),
		imageUrl: webUrl(product?.imageUrl ?? view?.imageUrl),
		category: singleLine(product?.category ?? view?.category, 100),
		price: priceMinor === undefined ? '' : formatMoney({ amountMinor: priceMinor, currency: product?.currency ?? shopCurrency }, locale),
		initial: initialOf(title, locale),
		...(product?.stock !== undefined && { stock: product.stock }),
	};
}

/** For the tile that stands in for a missing picture. */
function initialOf(title: string, locale: string): string {
	return (/[\p{L}\p{N}]/u.exec(title)?.[0] ?? '').toLocaleUpperCase(locale);
}

function contextItem(line: ItemLine, currency: string, locale: string): ContextItem {
	const title = singleLine(line.title, 160);
	const lineTotalMinor = line.unitPriceMinor * line.quantity;
	const isReduced = line.fullPriceMinor !== undefined && line.fullPriceMinor > line.unitPriceMinor;
	const price = formatMoney({ amountMinor: line.unitPriceMinor, currency }, locale);
	return {
		productId: line.productId,
		variantId: line.variantId,
		sku: line.sku,
		title,
		variantTitle: singleLine(line.variantTitle, 100),
		quantity: line.quantity,
		stock: line.stock,
		unitPriceMinor: line.unitPriceMinor,
		fullPriceMinor: line.fullPriceMinor,
		lineTotalMinor,
		price,
		fullPrice: isReduced ? formatMoney({ amountMinor: line.fullPriceMinor as number, currency }, locale) : '',
		fullLineTotal: isReduced ? formatMoney({ amountMinor: (line.fullPriceMinor as number) * line.quantity, currency }, locale) : '',
		lineTotal: line.quantity === 1 ? price : formatMoney({ amountMinor: lineTotalMinor, currency }, locale),
		imageUrl: webUrl(line.imageUrl),
		url: webUrl(line.url),
		initial: initialOf(title, locale),
	};
}

/** The language to write in: the customer's, else the shop's. */
export function localeFor(item: JourneyItem, settings: ShopSettings): string {
	return pickLocale(item.customer?.locale, settings.locale, item.shop.locale);
}
