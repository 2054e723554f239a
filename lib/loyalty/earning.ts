import { DateTime } from 'luxon';
import type { LineItem } from '../model/events';
import { pointsForAmount, pointsTimes } from './ledger';

/** How many points an order is worth, pure: for the Loyalty Points node and for orders that earn by themselves. */

/** What earns at all, and how parts of points are rounded. */
export interface EarningRules {
	/** Points for each whole unit of the order's currency, at most six decimals. */
	rate: number;
	rounding: 'down' | 'nearest' | 'up';
	/** Products and categories that earn nothing: product, variant or article ids, titles, categories, and where `TagsOf` knows them tags, compared without regard to case. */
	excluded: string[];
}

/** What is read of an order. */
export interface EarningOrder {
	currency: string;
	totalMinor: number;
	items: LineItem[];
}

/** The category of a product, for lines that do not tell it. */
export type CategoryOf = (productId: string) => string | undefined;

/** The tags of a product. */
export type TagsOf = (productId: string) => readonly string[] | undefined;

/** What lines of certain goods earn. */
export interface LineRule {
	/** Which lines, named as in `EarningRules.excluded`; empty: all. */
	of: string[];
	/** Points for each piece, or for each whole unit of the currency that the line costs; at most six decimals. */
	points: number;
	per: 'piece' | 'unit';
}

/** Under which reference an order's points are earned and spent, so that the node and what happens by itself count it once. What else belongs to the order is `order:<id>/...`. */
export const orderReference = (orderId: string) => `order:${orderId}`;

/**
 * By the order's total (shipping and discounts included), less the share of it that the excluded lines have in all lines: a discount on the order, and what it costs to send it, are shared out.
 * @throws PARAMETER_INVALID for a rate that is none
 */
export function pointsForOrder(order: EarningOrder, { rate, rounding, excluded }: EarningRules, categoryOf: CategoryOf = () => undefined, tagsOf: TagsOf = () => undefined): number {
	const sumOf = (lines: LineItem[]) => lines.reduce((total, line) => total + lineMinor(line), 0);
	const earning = order.items.filter((line) => !isNamed(line, excluded, categoryOf, tagsOf));
	const all = sumOf(order.items);
	const amountMinor = earning.length === order.items.length ? order.totalMinor : all > 0 ? Number((BigInt(order.totalMinor) * BigInt(sumOf(earning))) / BigInt(all)) : 0;
	return pointsForAmount({ amountMinor, currency: order.currency }, rate, rounding);
}

/**
 * By line: the first rule that fits a line counts, for all its pieces; each line is rounded by itself. Lines that are excluded, or that no rule fits, earn nothing.
 * @throws PARAMETER_INVALID for a rate that is none
 */
export function pointsForLines({ currency, items }: Omit<EarningOrder, 'totalMinor'>, rules: LineRule[], { rounding, excluded }: Omit<EarningRules, 'rate'>, categoryOf: CategoryOf = () => undefined, tagsOf: TagsOf = () => undefined): number {
	return items.reduce((total, line) => {
		const rule = isNamed(line, excluded, categoryOf, tagsOf) ? undefined : rules.find(({ of }) => of.length === 0 || isNamed(line, of, categoryOf, tagsOf));
		if (!rule) return total;
		return total + (rule.per === 'piece' ? pointsTimes({ count: line.quantity, decimals: 0 }, rule.points, rounding) : pointsForAmount({ amountMinor: lineMinor(line), currency }, rule.points, rounding));
	}, 0);
}

/**
 * When points that are earned at a time may be spent, and when they expire: days on the shop's calendar, whatever its clocks do. They expire at the end of a day, so that
 * whoever is told "until the 31st" has that day, and so that a day's points are one lot.
 * @param timezone IANA; an unknown one counts as UTC
 */
export function lotTimes({ pendingDays, expiresAfterDays }: { pendingDays: number; expiresAfterDays: number }, atMs: number, timezone: string): { availableAtMs?: number; expiresAtMs?: number } {
	const local = DateTime.fromMillis(atMs, { zone: timezone });
	const at = local.isValid ? local : DateTime.fromMillis(atMs, { zone: 'UTC' });
	return {
		...(pendingDays > 0 && { availableAtMs: at.plus({ days: pendingDays }).toMillis() }),
		...(expiresAfterDays > 0 && { expiresAtMs: at.plus({ days: expiresAfterDays + 1 }).startOf('day').toMillis() }),
	};
}

const lineMinor = ({ quantity, unitPriceMinor }: LineItem) => quantity * unitPriceMinor;

function isNamed(line: LineItem, names: string[], categoryOf: CategoryOf, tagsOf: TagsOf): boolean {
	if (names.length === 0) return false;
	const wanted = new Set(names.map(folded));
	return [line.productId, line.variantId, line.sku, line.title, line.category ?? categoryOf(line.productId), ...(tagsOf(line.productId) ?? [])].some((name) => name !== undefined && wanted.has(folded(name)));
}

const folded = (name: string) => name.trim().toLowerCase();
