import type { ItemDiscount } from '../model/item';
import type { DiscountTerms } from '../model/records';

/** A code as items carry it to messages. What it gives is as it was issued, whatever the node says by now. */
export function itemDiscount({ code, terms: { value, currency, minimumMinor }, expiresAtMs }: { code: string; terms: DiscountTerms; expiresAtMs?: number }): ItemDiscount {
	return {
		code,
		kind: value.kind,
		...(value.kind === 'percentage' && { percent: value.percent }),
		...(value.kind === 'amount' && { amountMinor: value.amountMinor }),
		...(value.kind === 'gift' && { amountMinor: value.worthMinor }),
		...(minimumMinor !== undefined && { minimumMinor }),
		currency,
		...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
		isUnique: true,
	};
}
