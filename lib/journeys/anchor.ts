import { DateTime } from 'luxon';
import { dayMs } from '../model/clock';
import type { LineItem } from '../model/events';
import { ruleFor, type ProductRule } from '../model/productRules';
import type { Anchor, CustomerRecord, OrderRecord, ProductRecord } from '../model/records';

/** What delays count from where it is not the entry: a date, or the day on which a supply runs out. Pure. */

/** Why somebody is not enrolled although the event or segment is right. Counted as `not_entered.<reason>`. */
export type NotEntered = 'no_date' | 'date_over' | 'no_product_rule' | 'supply_too_short' | 'too_many_open';

/**
 * The next return of a day of the year, today included: its start in the given time zone. The 29th of February is
 * kept on the 28th in other years.
 * @param day `YYYY-MM-DD` or `--MM-DD`
 */
export function nextReturnMs(day: string, nowMs: number, zone: string): number | null {
	const [, month, date] = /(\d{2})-(\d{2})$/.exec(day) ?? [];
	if (!month) return null;
	const today = DateTime.fromMillis(nowMs, { zone }).startOf('day');
	const inYear = (year: number) => {
		const isKept = month === '02' && date === '29' && !DateTime.utc(year).isInLeapYear;
		return DateTime.fromObject({ year, month: Number(month), day: isKept ? 28 : Number(date) }, { zone });
	};
	const thisYear = inYear(today.year);
	if (!thisYear.isValid) return null;
	return (thisYear >= today ? thisYear : inYear(today.year + 1)).toMillis();
}

/** The date that the journey counts from, or null where the documents do not hold it. */
export function dateMs(of: Extract<Anchor, { type: 'date' }>['of'], customer: CustomerRecord, order: OrderRecord | null, nowMs: number, zone: string): number | null {
	const returnOf = (momentMs: number | undefined) => {
		if (momentMs === undefined) return null;
		const local = DateTime.fromMillis(momentMs, { zone });
		// The day itself is no anniversary.
		const returns = nextReturnMs(local.toISODate()!, nowMs, zone);
		return returns !== null && returns <= momentMs ? nextReturnMs(local.toISODate()!, local.plus({ days: 1 }).toMillis(), zone) : returns;
	};
	switch (of) {
		case 'birthday':
			return customer.birthday ? nextReturnMs(customer.birthday, nowMs, zone) : null;
		case 'child_birthday': {
			const next = (customer.children ?? []).map(({ birthday }) => nextReturnMs(birthday, nowMs, zone)).filter((timeMs) => timeMs !== null);
			return next.length > 0 ? Math.min(...next) : null;
		}
		case 'payment_due':
			return order?.paymentDueAtMs ?? null;
		case 'first_order':
			return returnOf(customer.orders.firstAtMs);
		case 'last_order':
			return returnOf(customer.orders.lastAtMs);
	}
}

/** What was bought of one product in one order. */
export interface Purchase {
	productId: string;
	lines: LineItem[];
	placedAtMs: number;
}

/**
 * When a reorder is to be thought of: quantity x units per pack x days per unit after the order, less the days of
 * delivery and lead. What is left of an earlier purchase is added.
 * @param earlierMs when the earlier purchase was to be thought of, by the same rule
 */
export function supplyMs(
	{ leadDays }: Extract<Anchor, { type: 'supply' }>,
	{ productId, lines, placedAtMs }: Purchase,
	rules: readonly ProductRule[],
	product: ProductRecord | null,
	earlierMs: number | undefined,
): { atMs: number } | { reason: NotEntered } {
	let days = 0;
	let deliveryDays = 0;
	for (const { sku, category, quantity } of lines) {
		const rule = ruleFor(rules, { productId, sku, tags: product?.tags, category: category ?? product?.category });
		if (rule.daysPerUnit === undefined) return { reason: 'no_product_rule' };
		days += quantity * (rule.unitsPerPack ?? 1) * rule.daysPerUnit;
		deliveryDays = Math.max(deliveryDays, rule.deliveryDays ?? 0);
	}
	const aheadMs = (deliveryDays + leadDays) * dayMs;
	const leftMs = earlierMs === undefined ? 0 : Math.max(earlierMs + aheadMs - placedAtMs, 0);
	const atMs = placedAtMs + leftMs + Math.round(days * dayMs) - aheadMs;
	return atMs > placedAtMs ? { atMs } : { reason: 'supply_too_short' };
}
