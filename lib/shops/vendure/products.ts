import type { ProductFacts } from '../../model/events';
import type { Normalised } from '../adapter';
import type { Fields } from '../fields';
import { currencyOf, entityIn, eventOf, linkIn, moneyIn, type Told } from './delivery';

type VariantFacts = NonNullable<ProductFacts['variants']>[number];

/** Any event about a product, its variants or their stock: the whole product is told. */
export function productChanged(told: Told): Normalised {
	const body = entityIn(told, 'product');
	const productId = body.requiredId('id');
	const updatedAtMs = told.context.toJourneyMs(told.occurredAtMs);
	if (body.flag('deleted')) return { events: [eventOf(told, 'product_deleted', { product: { productId, updatedAtMs, deleted: true } })] };
	const variants = body.requiredList('variants');
	const currency = variants.length > 0 ? currencyOf(variants[0], told) : currencyOf(body, told);
	const product: ProductFacts = {
		productId,
		title: body.text('name'),
		url: linkIn(body, 'url'),
		imageUrl: linkIn(body, 'imageUrl'),
		tags: namesOf(body, 'facetValues'),
		category: namesOf(body, 'collections')[0],
		variants: variants.map((variant) => readVariant(variant, body.text('name'), currency, told)),
		currency,
		updatedAtMs,
		// Cannot be bought; when it is enabled again, a later event says so.
		...(body.flag('enabled') === false && { deleted: true }),
		...(body.flag('hasMoreVariants') && { isPartial: true }),
	};
	return { events: [eventOf(told, 'product_updated', { product })] };
}

function readVariant(variant: Fields, productName: string | undefined, currency: string, told: Told): VariantFacts {
	const stock = variant.integer('saleableStock');
	return {
		variantId: variant.requiredId('id'),
		sku: variant.text('sku'),
		title: variantTitle(variant.text('name'), productName),
		priceMinor: moneyIn(variant, 'priceWithTax', currency, told),
		imageUrl: linkIn(variant, 'imageUrl'),
		// Below zero once more is allocated than there is.
		stock: stock === undefined ? undefined : Math.max(0, stock),
	};
}

/** Vendure names a variant "Green Tea 50 g", the product and its options; the only variant of a product like the product. */
export function variantTitle(name: string | undefined, productName: string | undefined): string | undefined {
	if (name === undefined || productName === undefined || !name.startsWith(productName)) return name;
	const rest = name.slice(productName.length).trim();
	return rest === '' ? undefined : rest;
}

function namesOf(body: Fields, name: string): string[] {
	return body.list(name).flatMap((entry) => entry.text('name') ?? []);
}
