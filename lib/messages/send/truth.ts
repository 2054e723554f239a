import type { ItemCart, ItemLine, ItemPick, ItemProduct, JourneyItem } from '../../model/item';
import type { ProductRecord } from '../../model/records';

/**
 * Whether what a message shows is still true when it leaves: in stock, and not dearer than it says. Pure.
 *
 * - What is sold out is left out. When nothing is left of a cart, or it is the product that the message is about, there is
 *   no message.
 * - Whose price rose is shown at the present price, and the total with it. A cart's price that is above the product's is
 *   left as it is: it may hold taxes or a choice that the product's price does not.
 * - A pick that sold out is left out; no message is held back for it.
 */

/** A product, or a variant of it, that a message shows. */
export interface Shown {
	productId: string;
	variantId?: string;
}

/** What is known of it now. What is absent is not known, and then nothing is held against the message. */
export interface Offer extends Shown {
	/** Pieces left; absent also where the shop tracks no stock. */
	stock?: number;
	priceMinor?: number;
	/** ISO 4217. Absent: the shop's own. */
	currency?: string;
	/** The shop sells it no more. */
	isGone?: boolean;
}

/** The parts of an item that offer something. */
export type OfferedParts = Partial<Pick<JourneyItem, 'cart' | 'product' | 'view' | 'picks'>>;

/** What the shop told of a product, as an offer. Null where that product, or that variant, is not known. */
export function offerOf(product: ProductRecord | null | undefined, { productId, variantId }: Shown): Offer | null {
	if (!product) return null;
	if (product.deleted) return { productId, variantId, isGone: true };
	const all = product.variants ?? [];
	const meant = variantId === undefined || all.length === 1 ? all : all.filter((variant) => variant.variantId === variantId);
	if (meant.length === 0) return null;
	const isTracked = meant.every(({ stock }) => stock !== undefined);
	return {
		productId,
		variantId,
		// A shop may sell more than it has: below zero is none left, and takes nothing from the other variants.
		...(isTracked && { stock: meant.reduce((sum, { stock }) => sum + Math.max(stock!, 0), 0) }),
		priceMinor: meant[0].priceMinor,
		currency: product.currency,
	};
}

/** What an item shows, each once. `variantId`: of the product that the item is about. */
export function shownIn({ cart, product, view, picks }: OfferedParts, variantId?: string): Shown[] {
	const shown: Shown[] = [...(cart?.items ?? []), ...(product ? [{ productId: product.id, variantId }] : []), ...(view?.productId !== undefined ? [{ productId: view.productId }] : []), ...(Array.isArray(picks) ? picks : []).flatMap(({ id }) => (typeof id === 'string' ? [{ productId: id }] : []))];
	return [...new Map(shown.map((one) => [nameOf(one), { productId: one.productId, variantId: one.variantId }])).values()];
}

const nameOf = ({ productId, variantId }: Shown) => `${productId}\n${variantId ?? ''}`;

const isSoldOut = (offer: Offer | undefined) => offer !== undefined && (offer.isGone === true || (offer.stock !== undefined && offer.stock <= 0));

/**
 * The item's parts as they are true now; the very same ones where nothing has changed. Null when what it is about is sold out.
 * @param offers what is known now of what it shows
 * @param variantId of the product that the item is about
 */
export function truthful<T extends OfferedParts>(item: T, offers: Offer[], shopCurrency: string, variantId?: string): T | null {
	const byName = new Map(offers.map((offer) => [nameOf(offer), offer]));
	const priceIn = (offer: Offer | undefined, currency: string | undefined) => ((offer?.currency ?? shopCurrency) === (currency ?? shopCurrency) ? offer?.priceMinor : undefined);
	let told: T = item;

	if (item.product) {
		const offer = byName.get(nameOf({ productId: item.product.id, variantId }));
		if (isSoldOut(offer)) return null;
		const product = productNow(item.product, offer, priceIn(offer, item.product.currency));
		if (product !== item.product) told = { ...told, product };
	}
	if (item.view?.productId !== undefined) {
		const offer = byName.get(nameOf({ productId: item.view.productId }));
		if (isSoldOut(offer)) return null;
		const price = priceIn(offer, undefined);
		if (item.view.priceMinor !== undefined && price !== undefined && price > item.view.priceMinor) told = { ...told, view: { ...item.view, priceMinor: price } };
	}
	const { cart } = item;
	if (cart && cart.items.length > 0) {
		const items = cart.items.filter((line) => !isSoldOut(byName.get(nameOf(line)))).map((line) => lineNow(line, byName.get(nameOf(line)), priceIn(byName.get(nameOf(line)), cart.currency)));
		if (items.length === 0) return null;
		if (items.length < cart.items.length || items.some((line, index) => line !== cart.items[index])) told = { ...told, cart: { ...cart, items, totalMinor: totalNow(cart, items) } };
	}
	if (item.picks) {
		const offered = item.picks.flatMap((pick) => {
			const offer = byName.get(nameOf({ productId: pick.id }));
			return isSoldOut(offer) ? [] : [pickNow(pick, offer, priceIn(offer, pick.currency))];
		});
		if (offered.length < item.picks.length || offered.some((pick, index) => pick !== item.picks![index])) told = { ...told, picks: offered };
	}
	return told;
}

/** A pick with the stock and price of now; what it is said to have cost before stays only where that is still more. */
function pickNow(pick: ItemPick, offer: Offer | undefined, priceMinor: number | undefined): ItemPick {
	const now: ItemPick = productNow(pick, offer, priceMinor);
	if (now === pick || now.fullPriceMinor === undefined || now.priceMinor === undefined || now.fullPriceMinor > now.priceMinor) return now;
	const { fullPriceMinor: _, ...rest } = now;
	return rest;
}

function productNow(product: ItemProduct, offer: Offer | undefined, priceMinor: number | undefined): ItemProduct {
	const stock = offer?.stock ?? product.stock;
	const price = priceMinor ?? product.priceMinor;
	return stock === product.stock && price === product.priceMinor ? product : { ...product, priceMinor: price, stock };
}

/** A line with the stock of now. A price that rose since it was put into the cart is raised by as much; what the customer saves on the line stays. */
function lineNow(line: ItemLine, offer: Offer | undefined, priceMinor: number | undefined): ItemLine {
	const stock = offer?.stock ?? line.stock;
	const rise = Math.max((priceMinor ?? -Infinity) - (line.fullPriceMinor ?? line.unitPriceMinor), 0);
	if (stock === line.stock && rise === 0) return line;
	return { ...line, stock, unitPriceMinor: line.unitPriceMinor + rise, ...(line.fullPriceMinor !== undefined && { fullPriceMinor: line.fullPriceMinor + rise }) };
}

/** The total less what was taken out, and with what became dearer: what else is in it (shipping, taxes) stays. */
function totalNow({ totalMinor, items: before }: ItemCart, items: ItemLine[]): number {
	const sum = (lines: ItemLine[]) => lines.reduce((total, { unitPriceMinor, quantity }) => total + unitPriceMinor * quantity, 0);
	return Math.max(totalMinor - sum(before) + sum(items), 0);
}
