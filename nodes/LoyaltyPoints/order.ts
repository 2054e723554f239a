import type { CategoryOf, EarningOrder, TagsOf } from '../../lib/loyalty/earning';
import { readProducts } from '../../lib/journeys/items';
import { keys, type OrderRecord } from '../../lib/model/records';
import { orderIdOf } from './reference';
import { refused, type Run } from './run';

/** An order as it is known, and what its refunds come to. */
export type KnownOrder = EarningOrder & Pick<OrderRecord, 'orderId' | 'paidAtMs' | 'refundedMinor' | 'cancelledAtMs'>;

/** The order of the item as the shop told it last; as the item shows it, where it is not known. @throws PARAMETER_INVALID when the item has none */
export async function orderOf(run: Run): Promise<KnownOrder> {
	const orderId = orderIdOf(run);
	if (orderId === undefined) throw refused(run, 'it has no order', 'Use items with an order: those of a journey on orders, or with "orderId". Otherwise type the points in: choose "Fixed Number" or type the amounts.');
	const [{ value: known }] = await run.shop.store.read<OrderRecord>([keys.order(orderId)]);
	if (known) return known;
	const { currency, totalMinor, items } = (run.json.order ?? {}) as Partial<EarningOrder>;
	if (typeof currency === 'string' && Number.isSafeInteger(totalMinor) && Array.isArray(items)) return { orderId, currency, totalMinor: totalMinor!, items };
	throw refused(run, `the order "${orderId}" is not known`, 'Check the Shop ID, and that the order’s ID is the shop’s own, not the number that customers see.');
}

/** What the shop told of an order's products: their categories, for lines that do not tell them, and their tags. */
export async function kindsOf({ shop }: Run, order: EarningOrder): Promise<[CategoryOf, TagsOf]> {
	const products = await readProducts(shop.store, [order]);
	const product = (productId: string) => products.get(keys.product(productId));
	return [(productId) => product(productId)?.category, (productId) => product(productId)?.tags];
}
