import { minuteMs } from '../../model/clock';
import type { ProductFacts } from '../../model/events';
import type { NormaliseContext, Normalised } from '../adapter';
import type { Fields } from '../fields';
import { isLinkAddress } from '../links';
import { readTags } from './customers';
import { expectShape, type ShopifyDelivery } from './delivery';

type VariantFacts = NonNullable<ProductFacts['variants']>[number];

/** products/create and products/update: the whole product, stock included. */
export function productUpdated(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Product', has: ['id', 'title', 'variants'], hasNot: ['line_items', 'order_id'] });
	const product = readProduct(delivery.body, delivery.context);
	return { events: [{ ...delivery.event('product_updated', product.updatedAtMs), product }] };
}

/** A whole product. */
export function readProduct(body: Fields, context: NormaliseContext): ProductFacts {
	const changedAtMs = body.timeMs('updated_at') ?? body.timeMs('created_at');
	if (changedAtMs === undefined) throw body.wrong('updated_at', 'is required');
	const images = body.list('images');
	const status = body.text('status');
	const createdMs = body.timeMs('created_at');
	return {
		productId: body.requiredId('id'),
		title: body.text('title'),
		url: productLink(context.shopUrl, body.text('handle')),
		imageUrl: imageUrl(body.object('image') ?? images[0]),
		tags: readTags(body),
		category: body.text('product_type') ?? body.object('category')?.text('name'),
		vendor: body.text('vendor'),
		variants: body.requiredList('variants').map((variant) => readVariant(variant, images, context)),
		currency: context.currency,
		...(createdMs !== undefined && { createdAtMs: context.toJourneyMs(createdMs) }),
		updatedAtMs: context.toJourneyMs(changedAtMs),
		// A draft or archived product cannot be bought; when it is active again, a later update says so.
		...(status !== undefined && status !== 'active' && { deleted: true }),
	};
}

/** How much earlier than its product a variant's stock counts: the whole product, told of the same change, is to win. */
const behindProductMs = minuteMs;

/**
 * variants/in_stock and variants/out_of_stock: one variant with its stock, often before products/update tells the same with
 * all the rest. Its `updated_at` does not move with the stock, so the time is the delivery's.
 */
export function variantStockChanged(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'ProductVariant', has: ['id', 'product_id', 'inventory_quantity'], hasNot: ['line_items', 'order_id', 'variants'] });
	const { body, context } = delivery;
	const updatedAtMs = context.toJourneyMs(delivery.triggeredAtMs - behindProductMs);
	// The picture is named by an id only here: left out, so that the one known stays.
	const { imageUrl: _, ...variant } = readVariant(body, [], context);
	const product: ProductFacts = { productId: body.requiredId('product_id'), variants: [variant], currency: context.currency, updatedAtMs, isPartial: true };
	return { events: [{ ...delivery.event('product_updated', context.toJourneyMs(delivery.triggeredAtMs)), product }] };
}

function fullPriceOf(variant: Fields, { currency }: NormaliseContext): number | undefined {
	const fullPriceMinor = variant.amountMinor('compare_at_price', currency);
	return fullPriceMinor !== undefined && fullPriceMinor > (variant.amountMinor('price', currency) ?? Infinity) ? fullPriceMinor : undefined;
}

function readVariant(variant: Fields, images: Fields[], context: NormaliseContext): VariantFacts {
	const title = variant.text('title');
	const imageId = variant.id('image_id');
	return {
		variantId: variant.requiredId('id'),
		sku: variant.text('sku'),
		title: title === 'Default Title' ? undefined : title,
		priceMinor: variant.amountMinor('price', context.currency),
		fullPriceMinor: fullPriceOf(variant, context),
		imageUrl: imageId === undefined ? undefined : imageUrl(images.find((image) => image.id('id') === imageId)),
		stock: stockOf(variant),
	};
}

/** Undefined where nobody counts, and where it is sold on when it has run out: then the number means nothing. */
function stockOf(variant: Fields): number | undefined {
	const isUncounted = variant.isSent('inventory_management') && variant.text('inventory_management') === undefined;
	if (isUncounted || variant.text('inventory_policy') === 'continue') return undefined;
	const stock = variant.integer('inventory_quantity');
	return stock === undefined ? undefined : Math.max(0, stock);
}

/** products/delete: an id and nothing else, so the time is the delivery's. */
export function productDeleted(delivery: ShopifyDelivery): Normalised {
	expectShape(delivery, { kind: 'Product', has: ['id'], hasNot: ['title', 'line_items', 'cart_token', 'order_id', 'updated_at'] });
	const { body, context } = delivery;
	const updatedAtMs = context.toJourneyMs(delivery.triggeredAtMs);
	const product: ProductFacts = { productId: body.requiredId('id'), updatedAtMs, deleted: true };
	return { events: [{ ...delivery.event('product_deleted', updatedAtMs), product }] };
}

function productLink(shopUrl: string, handle: string | undefined): string | undefined {
	if (!shopUrl || !handle) return undefined;
	const link = `${shopUrl}/products/${encodeURIComponent(handle)}`;
	return isLinkAddress(link) ? link : undefined;
}

function imageUrl(image: Fields | undefined): string | undefined {
	const source = image?.text('src');
	return source && isLinkAddress(source) ? source : undefined;
}
