import type { ItemCustomer, ItemLine, ItemPick, ItemProduct, JourneyItem } from '../model/item';
import { formatMoney } from '../model/money';
import type { ShopLocation, ShopSettings } from '../model/settings';
import { type ContextDiscount, contextDiscount, type ContextPoints, contextPoints, noDiscount } from './benefits';
import { personName, pickLocale, singleLine, webUrl } from './safe-text';
import type { RenderData } from './template-functions';
import { wordsFor } from './words';

/** Which addresses of Message Webhook Trigger the message carries. What is absent is not shown. */
export interface MessageLinks {
	/** A page on which the reader can unsubscribe. */
	unsubscribePageUrl?: string;
	/** A page that asks why the cart was not ordered. */
	answerPageUrl?: string;
	/** A page on which the reader chooses topics, channels, frequency and language. */
	preferencesUrl?: string;
	/** Confirms the subscription. */
	confirmUrl?: string;
	/** Takes a rating: `&v=` and 1 to 5 follow. */
	rateUrl?: string;
	/** Takes the answer to a survey: `&v=` and 0 to 10 follow. */
	surveyUrl?: string;
	/** This mail as a page. */
	viewUrl?: string;
	/** The profile form, filled in as the reader, and what is missing of what it asks. */
	profileUrl?: string;
	profileAsks?: 'birthday' | 'phone';
}

/** What a message needs to know besides its item. */
export interface Surroundings {
	/** Journey time: without it nothing is said to end today. */
	nowMs?: number;
	/** The place of the shop that is near the customer. */
	place?: ShopLocation;
}

/** What a mail is rendered from: an item of a journey, or one of the operator's own that may lack any part. */
export type MessageItem = Partial<JourneyItem>;

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

/** A product as templates see it. */
export interface ContextProduct {
	id: string;
	title: string;
	url: string;
	imageUrl: string;
	category: string;
	/** Formatted, or empty. */
	price: string;
	/** Before a reduction, when it differs. */
	fullPrice: string;
	/** For the tile that stands in for a missing picture. */
	initial: string;
	/** Pieces left, where the shop tells. */
	stock?: number;
}

/** A recommended product as templates see it. */
export interface ContextPick extends ContextProduct {
	/** Why it was picked: a way of lib/picks, or ''. */
	reason: string;
}

/** What operators' templates can read. Plain data: own properties only, no functions. docs/mail.md lists it. */
export interface MessageContext {
	customer: Partial<Omit<ItemCustomer, 'consent'>> & { firstName: string; lastName: string; emailConsent: string };
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
	product: ContextProduct;
	/** Recommended products, where a Product Picks node came before. */
	picks: ContextPick[];
	/** How the customer's points stand. */
	points: ContextPoints;
	/** The discount code of this message, and what it gives where that is known. */
	discount: ContextDiscount;
	/** The shop's place nearest to the customer, where one is near. */
	place: { name: string; town: string };
	view: { path: string; title: string; category: string; query: string };
	return: { id: string; status: string; needsBankDetails: boolean; formUrl: string };
	/** With a custom event: its name and data. */
	event: { name: string; data: Record<string, string> };
	shop: { name: string; url: string; logoUrl: string; reviewUrl: string; postalAddress: string; currency: string; locale: string; timezone: string };
	journey: { id: string; name: string; kind: string; step: number; stepName: string; steps: number; enteredAt: string };
	links: { unsubscribe: string; answer: string; preferences: string; confirm: string; rate: string; survey: string; view: string; profile: string };
	/** What the profile form asks the reader for: "birthday", "phone", or ''. */
	profileAsks: string;
	/** The same as `discount.code`. */
	discountCode: string;
}

/** More than these nobody shows in one mail. */
const mostPicks = 12;

/** Builds the context of one mail. Everything in it went through `safe-text`: no control characters, no odd addresses. */
export function buildContext(item: MessageItem, settings: ShopSettings, links: MessageLinks, data: RenderData, { nowMs, place }: Surroundings = {}): MessageContext {
	const { journey, customer, cart } = item;
	const { locale } = data;
	const words = wordsFor(locale);
	const discount = contextDiscount(item.discount, words, data, nowMs);
	const currency = cart?.currency || item.shop?.currency || settings.currency;
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
			birthday: singleLine(customer?.birthday, 20),
			emailConsent: customer?.consent?.email ?? '',
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
		picks: (item.picks ?? []).slice(0, mostPicks).map((pick) => ({ ...productFacts(pick, currency, locale), reason: singleLine(pick.reason, 40) })),
		points: contextPoints(item, words, data),
		discount,
		place: { name: singleLine(place?.name, 100), town: place?.city && !place.name.includes(place.city) ? singleLine(place.city, 80) : '' },
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
			name: singleLine(settings.name || item.shop?.name, 100),
			url: webUrl(settings.url || item.shop?.url),
			logoUrl: webUrl(settings.logoUrl),
			reviewUrl: webUrl(settings.reviewUrl),
			postalAddress: settings.postalAddress,
			currency: settings.currency,
			locale: settings.locale,
			timezone: settings.timezone,
		},
		journey: {
			id: journey?.id ?? '',
			name: journey?.name ?? '',
			kind: journey?.kind ?? '',
			step: journey?.step ?? 0,
			stepName: journey?.stepName ?? '',
			steps: journey?.steps ?? 0,
			enteredAt: journey?.enteredAt ?? '',
		},
		links: {
			unsubscribe: webUrl(links.unsubscribePageUrl),
			answer: webUrl(links.answerPageUrl),
			preferences: webUrl(links.preferencesUrl),
			confirm: webUrl(links.confirmUrl),
			rate: webUrl(links.rateUrl),
			survey: webUrl(links.surveyUrl),
			view: webUrl(links.viewUrl),
			profile: webUrl(links.profileUrl),
		},
		profileAsks: links.profileAsks ?? '',
		discountCode: discount.code,
	};
}

/**
 * Has the message show the operator's own code, where there is one: what the item's code gives holds for that alone.
 * @param own as the node's field has it; '': the item's code
 */
export function withOwnCode(context: MessageContext, own: string): void {
	const code = singleLine(own, 60);
	if (code && code !== context.discount.code) context.discount = { ...noDiscount, code };
	context.discountCode = context.discount.code;
}

function contextOrder({ order }: MessageItem, shopCurrency: string, locale: string): MessageContext['order'] {
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

function contextProduct({ product, view }: MessageItem, shopCurrency: string, locale: string, shopUrl: string): ContextProduct {
	const seen: ItemProduct = {
		id: view?.productId ?? '',
		title: view?.productTitle,
		url: view?.path?.startsWith('/') ? `${shopUrl}${view.path}` : undefined,
		imageUrl: view?.imageUrl,
		category: view?.category,
		priceMinor: view?.priceMinor,
	};
	const told = Object.fromEntries(Object.entries(product ?? {}).filter(([, value]) => value !== undefined && value !== null));
	return productFacts({ ...seen, ...told }, shopCurrency, locale);
}

function productFacts({ id, title, url, imageUrl, category, priceMinor, fullPriceMinor, currency, stock }: ItemPick, shopCurrency: string, locale: string): ContextProduct {
	const name = singleLine(title, 160);
	const formatted = (amountMinor: number) => formatMoney({ amountMinor, currency: currency ?? shopCurrency }, locale);
	return {
		id,
		title: name,
		url: webUrl(url),
		imageUrl: webUrl(imageUrl),
		category: singleLine(category, 100),
		price: priceMinor === undefined ? '' : formatted(priceMinor),
		fullPrice: priceMinor !== undefined && fullPriceMinor !== undefined && fullPriceMinor > priceMinor ? formatted(fullPriceMinor) : '',
		initial: initialOf(name, locale),
		...(stock !== undefined && { stock }),
	};
}

/** For the tile that stands in for a missing picture. A Thai vowel that stands before its consonant is no initial. */
function initialOf(title: string, locale: string): string {
	return (/(?![\u0e40-\u0e44])[\p{L}\p{N}]/u.exec(title)?.[0] ?? '').toLocaleUpperCase(locale);
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
export function localeFor(item: MessageItem, settings: ShopSettings): string {
	return pickLocale(item.customer?.locale, settings.locale, item.shop?.locale);
}
