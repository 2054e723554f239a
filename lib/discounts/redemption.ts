import type { OrderFacts } from '../model/events';
import { type DiscountCodeRecord, keys } from '../model/records';
import { normaliseCode } from './code';

/** No code of ours is longer (see loadCodes). */
const longestCodeBytes = 400;

/** The documents of the codes that an order was placed with, whether or not they are ours. */
export function codeKeysOf({ discountCodes = [] }: Pick<OrderFacts, 'discountCodes'>): string[] {
	return [...new Set(discountCodes.map(normaliseCode).filter((code) => code !== '' && Buffer.byteLength(code) <= longestCodeBytes).map(keys.discountCode))];
}

/**
 * A code after an order that used it, or null where that changes nothing: it is not one that was issued, or is credited to an order already. Of several
 * orders the one placed first counts, in whatever order they are told. One that was revoked or is over may still have been used in time.
 */
export function redeemedBy(record: DiscountCodeRecord, order: Pick<OrderFacts, 'orderId' | 'placedAtMs' | 'discountCodes'>): DiscountCodeRecord | null {
	if (record.state === 'free' || record.state === 'booked' || !record.purpose) return null;
	if (!codeKeysOf(order).includes(keys.discountCode(normaliseCode(record.code)))) return null;
	const { redeemed } = record;
	const isEarlier = !redeemed || order.placedAtMs < redeemed.atMs || (order.placedAtMs === redeemed.atMs && order.orderId < redeemed.orderId);
	return isEarlier ? { ...record, state: 'redeemed', redeemed: { orderId: order.orderId, atMs: order.placedAtMs } } : null;
}
