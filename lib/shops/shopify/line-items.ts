import type { LineItem } from '../../model/events';
import type { Fields } from '../fields';

/** Shopify's name for the only variant of a product without options. */
const onlyVariant = 'Default Title';

/** An amount in the shop's own currency: from the `_set` beside it where there is one, else as it stands. */
export function shopMoneyMinor(fields: Fields, name: string, currency: string): number | undefined {
	return fields.object(`${name}_set`)?.object('shop_money')?.amountMinor('amount', currency) ?? fields.amountMinor(name, currency);
}

/** Lines of a cart: `price` is for one before discounts, `discounted_price` after them. */
export function readCartItems(lines: Fields[], currency: string): LineItem[] {
	return lines.flatMap((line) => {
		const priceMinor = shopMoneyMinor(line, 'price', currency);
		const unitPriceMinor = shopMoneyMinor(line, 'discounted_price', currency) ?? priceMinor;
		if (unitPriceMinor === undefined) throw line.wrong('price', 'is required');
		return toItem(line, quantityOf(line), unitPriceMinor, priceMinor);
	});
}

/** Lines of a checkout or an order: `price` is before discounts, which are shares of the line. */
export function readPurchaseItems(lines: Fields[], currency: string): LineItem[] {
	return lines.flatMap((line) => {
		const priceMinor = line.requiredAmountMinor('price', currency);
		const quantity = quantityOf(line);
		const allocations = line.list('discount_allocations');
		const discountMinor =
			allocations.length > 0
				? allocations.reduce((sum, allocation) => sum + (allocation.amountMinor('amount', currency) ?? 0), 0)
				: (line.amountMinor('total_discount', currency) ?? 0);
		const unitPriceMinor = quantity > 0 ? Math.max(0, Math.round((priceMinor * quantity - discountMinor) / quantity)) : priceMinor;
		return toItem(line, quantity, unitPriceMinor, priceMinor);
	});
}

function quantityOf(line: Fields): number {
	const quantity = line.integer('quantity');
	if (quantity === undefined || quantity < 0) throw line.wrong('quantity', 'has to be a whole number, 0 or more');
	return quantity;
}

/** None for a line that was taken down to zero. */
function toItem(line: Fields, quantity: number, unitPriceMinor: number, fullPriceMinor: number | undefined): LineItem[] {
	if (quantity === 0) return [];
	const sku = line.text('sku');
	const title = line.text('title') ?? line.text('presentment_title') ?? line.text('name') ?? sku ?? '';
	const variantTitle = line.text('variant_title');
	return [
		{
			// Tips, protection plans and hand-written lines are no products of the shop: they get a stable name of
			// their own, so that they neither vanish from the cart nor pass for a product.
			productId: line.id('product_id') ?? `custom:${(sku ?? title).slice(0, 100)}`,
			variantId: line.id('variant_id'),
			sku,
			title,
			variantTitle: variantTitle === onlyVariant ? undefined : variantTitle,
			quantity,
			unitPriceMinor,
			fullPriceMinor: fullPriceMinor !== undefined && fullPriceMinor > unitPriceMinor ? fullPriceMinor : undefined,
		},
	];
}
