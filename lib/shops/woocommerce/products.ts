import type { ProductFacts } from '../../model/events';
import type { NormaliseContext, Normalised } from '../adapter';
import type { Fields } from '../fields';
import { isLinkAddress } from '../links';
import { onceEvent, type Resource, stateEvent } from './delivery';
import { changedAtMs, expectResource, gmtMs, idOrNone, plainText, requiredId } from './wordpress';

type VariantFacts = NonNullable<ProductFacts['variants']>[number];

/**
 * product.created, product.updated and product.restored, and products read from the API. A product with variations names them
 * by id only.
 * @param variations the variations as the API has them, where they were asked for
 */
export function productChanged(resource: Resource, variations?: Fields[]): Normalised {
	const { body, context } = resource;
	expectResource(body, 'product', ['id', 'status', 'permalink'], ['line_items', 'role', 'discount_type']);
	const id = requiredId(body);
	const type = body.text('type');
	// The product's own date stands still while the stock of a variation changes.
	const updatedAtMs = context.toJourneyMs(Math.max(changedAtMs(body), ...(variations ?? []).map(changedAtMs)));
	if (type === 'variation') return variationChanged(resource, id, updatedAtMs);
	const createdMs = gmtMs(body, 'date_created_gmt');
	const isWhole = !hasVariations(body);
	const product: ProductFacts = {
		productId: id,
		title: plainText(body, 'name'),
		url: linkIn(body, 'permalink'),
		imageUrl: firstImage(body),
		tags: namesOf(body, 'tags'),
		category: namesOf(body, 'categories')[0],
		vendor: namesOf(body, 'brands')[0],
		variants: isWhole ? [readVariant(body, id, context)] : variations?.map((variation) => readVariation(variation, body, context)),
		currency: context.currency,
		...(createdMs !== undefined && { createdAtMs: context.toJourneyMs(createdMs) }),
		updatedAtMs,
		// A draft or private product cannot be bought; when it is published again, a later update says so.
		...(body.text('status') !== 'publish' && { deleted: true }),
		...(!isWhole && !variations && { isPartial: true }),
	};
	return { events: [stateEvent(resource, 'product_updated', `product:${id}`, updatedAtMs, { product })] };
}

/** Whether what can be bought are its variations: `variations` lists their ids. One that has none yet cannot be bought at all. */
export function hasVariations(body: Fields): boolean {
	return body.lengthOf('variations') > 0 || (body.text('type') ?? '').startsWith('variable');
}

/** A variation changed: it is delivered as if it were a product. Its product's other variations stay as they are. */
function variationChanged(resource: Resource, id: string, updatedAtMs: number): Normalised {
	const { body, context } = resource;
	const productId = idOrNone(body, 'parent_id');
	if (productId === undefined) throw body.wrong('parent_id', 'is required');
	const product: ProductFacts = { productId, variants: [readVariation(body, undefined, context)], currency: context.currency, updatedAtMs, isPartial: true };
	return { events: [stateEvent(resource, 'product_updated', `product:${productId}/${id}`, updatedAtMs, { product })] };
}

/** product.deleted: the id and nothing else, so the time is the delivery's. */
export function productDeleted(resource: Resource): Normalised {
	const { body, context, readAtMs } = resource;
	expectResource(body, 'deleted product', ['id'], ['name', 'line_items', 'email']);
	const productId = requiredId(body);
	const updatedAtMs = context.toJourneyMs(readAtMs);
	return { events: [onceEvent(resource, 'product_deleted', `product:${productId}`, updatedAtMs, { product: { productId, updatedAtMs, deleted: true } })] };
}

function readVariation(variation: Fields, product: Fields | undefined, context: NormaliseContext): VariantFacts {
	const title = variation.list('attributes').flatMap((attribute) => plainText(attribute, 'option') ?? []).join(', ');
	const image = variation.object('image') ?? variation.list('images')[0];
	return {
		...readVariant(variation, requiredId(variation), context, product),
		...(title !== '' && { title }),
		imageUrl: image && linkIn(image, 'src'),
	};
}

function readVariant(body: Fields, variantId: string, context: NormaliseContext, parent?: Fields): VariantFacts {
	const priceMinor = body.amountMinor('price', context.currency);
	const regularMinor = body.amountMinor('regular_price', context.currency);
	const fullPriceMinor = regularMinor !== undefined && priceMinor !== undefined && regularMinor > priceMinor ? regularMinor : undefined;
	return { variantId, sku: body.text('sku'), priceMinor, fullPriceMinor, stock: stockOf(body, parent) };
}

/**
 * Undefined where nobody counts and where it is sold on at zero (backorders): then a number means nothing. What the shop marks as out
 * of stock is, counted or not. A variation with `manage_stock` "parent" shares its product's number, which it repeats where it is told alone.
 */
function stockOf(body: Fields, parent?: Fields): number | undefined {
	if (body.text('stock_status') === 'outofstock') return 0;
	const isShared = body.text('manage_stock') === 'parent';
	const counted = isShared && parent ? parent : body;
	if (counted.flag('backorders_allowed') || body.text('stock_status') === 'onbackorder') return undefined;
	if (!isShared && counted.flag('manage_stock') !== true) return undefined;
	const stock = counted.decimal('stock_quantity');
	return stock === undefined ? undefined : Math.max(0, Math.floor(stock));
}

function namesOf(body: Fields, name: string): string[] {
	return body.list(name).flatMap((term) => plainText(term, 'name') ?? idOrNone(term, 'name') ?? []);
}

function firstImage(body: Fields): string | undefined {
	const [first] = body.list('images');
	return first && linkIn(first, 'src');
}

function linkIn(fields: Fields, name: string): string | undefined {
	const link = fields.text(name);
	return link && isLinkAddress(link) ? link : undefined;
}
