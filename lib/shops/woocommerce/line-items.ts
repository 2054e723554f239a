import type { LineItem } from '../../model/events';
import type { Fields } from '../fields';
import { isLinkAddress } from '../links';
import { idOrNone, piecesOf, plainText } from './wordpress';

/**
 * Lines of an order or checkout. `subtotal` is before discounts and `total` after them, both for the whole line and without
 * tax; a shop that enters its prices with tax shows them with it, so it is added there.
 */
export function readItems(lines: Fields[], currency: string, isTaxIncluded: boolean): LineItem[] {
	return lines.flatMap((line) => {
		const quantity = piecesOf(line);
		if (quantity === 0) return [];
		const each = (name: string): number | undefined => {
			const netMinor = line.amountMinor(name, currency);
			if (netMinor === undefined) return undefined;
			const taxMinor = isTaxIncluded ? (line.amountMinor(`${name}_tax`, currency) ?? 0) : 0;
			return Math.round((netMinor + taxMinor) / quantity);
		};
		const unitPriceMinor = each('total');
		if (unitPriceMinor === undefined) throw line.wrong('total', 'is required');
		const fullPriceMinor = each('subtotal');
		const sku = line.text('sku');
		const { title, variantTitle } = titlesOf(line, sku);
		const imageUrl = line.object('image')?.text('src');
		return [
			{
				// The product may be gone by now: a stable name of its own keeps the line from passing for another product.
				productId: idOrNone(line, 'product_id') ?? `custom:${(sku ?? title).slice(0, 100)}`,
				variantId: idOrNone(line, 'variation_id'),
				sku,
				title,
				variantTitle,
				quantity,
				unitPriceMinor,
				fullPriceMinor: fullPriceMinor !== undefined && fullPriceMinor > unitPriceMinor ? fullPriceMinor : undefined,
				imageUrl: imageUrl && isLinkAddress(imageUrl) ? imageUrl : undefined,
			},
		];
	});
}

/** `parent_name` is the product, `name` is "product - variation". Older versions send the name alone. */
function titlesOf(line: Fields, sku: string | undefined): { title: string; variantTitle?: string } {
	const name = plainText(line, 'name') ?? sku ?? '';
	const parent = plainText(line, 'parent_name');
	if (parent === undefined || parent === name) return { title: parent ?? name };
	const variantTitle = name.startsWith(parent) ? name.slice(parent.length).replace(/^[\s:–-]+/, '') : '';
	return { title: parent, ...(variantTitle !== '' && { variantTitle }) };
}
