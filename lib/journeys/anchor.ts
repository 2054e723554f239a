import { DateTime } from 'luxon';
import { dayMs } from '../model/clock';
import type { LineItem } from '../model/events';
import { type AppliedRule, ruleFor, type ProductRule } from '../model/productRules';
import type { Anchor, CustomerRecord, OrderRecord, ProductRecord } from '../model/records';
import { daysUntilReturn, localDate, parseYearlyDate, type YearlyDate } from '../segments/calendar';

/** What delays count from where it is not the entry: a date, or the day on which a supply runs out. Pure. */

/** Why somebody is not enrolled although the event or segment is right. Counted as `not_entered.<reason>`. */
export type NotEntered = 'no_date' | 'date_over' | 'no_product_rule' | 'supply_too_short' | 'too_many_open';

/** The start of the day, in the given time zone, on which a date returns next; today counts. Null when it is no date. */
export function nextReturnMs(date: YearlyDate | undefined, nowMs: number, zone: string): number | null {
	if (!date) return null;
	return DateTime.fromMillis(nowMs, { zone }).startOf('day').plus({ days: daysUntilReturn(date, localDate(nowMs, zone, zone)) }).toMillis();
}

/** The date that the journey counts from, or null where the documents do not hold it. */
export function dateMs(of: Extract<Anchor, { type: 'date' }>['of'], customer: CustomerRecord, order: OrderRecord | null, nowMs: number, zone: string): number | null {
	switch (of) {
		case 'birthday':
			return nextReturnMs(parseYearlyDate(customer.birthday ?? ''), nowMs, zone);
		case 'child_birthday': {
			const next = (customer.children ?? []).map(({ birthday }) => nextReturnMs(parseYearlyDate(birthday), nowMs, zone)).filter((timeMs) => timeMs !== null);
			return next.length > 0 ? Math.min(...next) : null;
		}
		case 'payment_due':
			return order?.paymentDueAtMs ?? null;
		case 'first_order':
			return customer.orders.firstAtMs === undefined ? null : nextReturnMs(localDate(customer.orders.firstAtMs, zone, zone), nowMs, zone);
		case 'points_expiry':
			return customer.points?.expiresAtMs ?? null;
		case 'last_order':
			return customer.orders.lastAtMs === undefined ? null : nextReturnMs(localDate(customer.orders.lastAtMs, zone, zone), nowMs, zone);
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
	{ lines, placedAtMs }: Purchase,
	rules: readonly ProductRule[],
	product: ProductRecord | null,
	earlierMs: number | undefined,
): { atMs: number } | { reason: NotEntered } {
	let days = 0;
	let deliveryDays = 0;
	for (const line of lines) {
		const rule = ruleOfLine(rules, line, product);
		if (rule.daysPerUnit === undefined) return { reason: 'no_product_rule' };
		days += line.quantity * (rule.unitsPerPack ?? 1) * rule.daysPerUnit;
		deliveryDays = Math.max(deliveryDays, rule.deliveryDays ?? 0);
	}
	const aheadMs = (deliveryDays + leadDays) * dayMs;
	const leftMs = earlierMs === undefined ? 0 : Math.max(earlierMs + aheadMs - placedAtMs, 0);
	const atMs = placedAtMs + leftMs + Math.round(days * dayMs) - aheadMs;
	return atMs > placedAtMs ? { atMs } : { reason: 'supply_too_short' };
}

/** When what was bought is usually replaced; of several variants the one that is due first. */
export function replacementMs({ lines, placedAtMs }: Purchase, rules: readonly ProductRule[], product: ProductRecord | null): { atMs: number } | { reason: NotEntered } {
	const days = lines.map((line) => ruleOfLine(rules, line, product).replacementDays).filter((found) => found !== undefined);
	return days.length > 0 ? { atMs: placedAtMs + Math.min(...days) * dayMs } : { reason: 'no_product_rule' };
}

/** What the product rules say of a line of an order. */
export function ruleOfLine(rules: readonly ProductRule[], { productId, sku, category }: Pick<LineItem, 'productId' | 'sku' | 'category'>, product: ProductRecord | null): AppliedRule {
	return ruleFor(rules, { productId, sku, tags: product?.tags, category: category ?? product?.category });
}
