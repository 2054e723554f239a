import { lotTimes, orderReference, pointsForOrder } from '../loyalty/earning';
import { type LedgerOperation, maxPoints } from '../loyalty/ledger';
import { receiptsIn } from '../loyalty/points';
import type { Programme } from '../loyalty/programme';
import { dayIn } from '../loyalty/tiers';
import { currencyDigits } from '../model/money';
import { orderIdOf, type RefundFacts, type ShopEvent } from '../model/events';
import { type CustomerRecord, type EarlyRefundsRecord, keys, type OrderPoints, type OrderRecord, type ProductRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import { loadCustomer } from './identity';
import { type Amount, changePoints, keepTier, type PointsChanged, type PointsContext } from './points';

/**
 * What orders do to points by themselves, where the shop's settings say so. Nothing here follows from an event: each time an order is told of, what was earned and given
 * back so far (the receipts say it) is compared with how the order stands. So the order of arrival does not matter, a refund that is told before its payment
 * waits, and nothing counts twice.
 */

/** Refunds kept one by one, of an order. */
const maxRefunds = 50;

/**
 * Brings points up to date with the order that an event speaks of, which is recorded already.
 * @param programme of a shop that has one; orders cost nothing else
 * @returns what happened, for each change; to be told by `tellPoints`
 */
export async function applyOrderPoints(tx: Transaction, event: ShopEvent, { programme, nowMs }: { programme: Programme; nowMs: number }): Promise<PointsChanged[]> {
	const orderId = orderIdOf(event);
	if (orderId === undefined) return [];
	await tx.load(needed(tx, orderId));
	await keepRefunds(tx, orderId, event.order ? undefined : event.refund);
	const order = tx.get<OrderRecord>(keys.order(orderId));
	if (!order) return [];
	const context: PointsContext = { nowMs, programme, orderId };
	const spent = await countSpending(tx, order, programme, context);
	if (!programme.earnFromOrders) return spent;
	const left = await leaveFormer(tx, order, context);
	const earned = await earn(tx, orderId, programme, context, event.isHistory === true);
	return [...spent, ...left, ...earned, ...(await giveBack(tx, orderId, context))];
}

/** Counts what the order is worth now towards its customer's tier, and no longer what it was worth before. */
async function countSpending(tx: Transaction, order: OrderRecord, programme: Programme, context: PointsContext): Promise<PointsChanged[]> {
	const { orderId, customerId, paidAtMs, currency, totalMinor, points } = order;
	const owner = living(await loadCustomer(tx, customerId));
	const minor = paidAtMs === undefined || currency !== programme.currency ? 0 : Math.max(0, totalMinor - undoneMinor(order));
	const before = points?.counted;
	const holder = before && living(await loadCustomer(tx, before.customerId));
	const after = owner && paidAtMs !== undefined ? { customerId: owner.id, day: dayIn(programme.timezone, paidAtMs), minor } : undefined;
	if (before ? holder?.id === after?.customerId && before.day === after?.day && before.minor === after.minor : minor === 0) return [];
	keepPoints(tx, orderId, { counted: after });
	const amounts = new Map<string, Amount[]>();
	const add = (id: string, amount: Amount) => amounts.set(id, [...(amounts.get(id) ?? []), amount]);
	if (before && holder) add(holder.id, { day: before.day, amount: -before.minor });
	if (after) add(after.customerId, { day: after.day, amount: after.minor });
	const changed: PointsChanged[] = [];
	for (const [id, spent] of amounts) changed.push({ outcome: { status: 'done', points: 0 }, entries: [], customerId: id, news: await keepTier(tx, id, { spent }, context) });
	return changed;
}

/** What a paid order is likely to need, in one round trip: the longer a commit takes, the more often it meets another one. */
function needed(tx: Transaction, orderId: string): string[] {
	const key = keys.order(orderId);
	const order = tx.has(key) ? tx.get<OrderRecord>(key) : null;
	const id = order?.points?.earnedBy ?? order?.customerId;
	const isSettled = order?.points?.earnedBy !== undefined && undoneMinor(order) === 0;
	if (!order || id === undefined || order.paidAtMs === undefined || isSettled) return [];
	const receipts = ['earn', 'redeem'].map((kind) => keys.pointsReceipt(id, `${kind}:${orderReference(orderId)}`));
	return [keys.points(id), keys.tier(id), ...receipts];
}

/** Remembers a refund that was told without its order; until the order is known apart from it. */
async function keepRefunds(tx: Transaction, orderId: string, refund: RefundFacts | undefined): Promise<void> {
	const key = keys.order(orderId);
	await tx.load([key]);
	const order = tx.get<OrderRecord>(key);
	const isFirst = order !== null && tx.before(key) === null;
	const earlyKey = keys.earlyRefunds(orderId);
	if (isFirst || (!order && refund)) await tx.load([earlyKey]);
	const early = isFirst || (!order && refund) ? (tx.get<EarlyRefundsRecord>(earlyKey)?.refunds ?? {}) : {};
	const told = { ...early, ...(refund && { [refund.refundId]: { amountMinor: refund.amountMinor, currency: refund.currency } }) };
	if (!order) {
		if (refund && Object.keys(told).length <= maxRefunds) tx.set(earlyKey, { refunds: told } satisfies EarlyRefundsRecord);
		return;
	}
	if (Object.keys(early).length > 0) tx.set(earlyKey, null);
	// An amount in another currency says nothing of the order: its own total will.
	const own = Object.entries(told).filter(([, { currency }]) => currency === order.currency);
	const refunds = { ...order.points?.refunds, ...Object.fromEntries(own.map(([id, { amountMinor }]) => [id, amountMinor])) };
	if (own.length > 0 && Object.keys(refunds).length <= maxRefunds) keepPoints(tx, orderId, { refunds });
}

function keepPoints(tx: Transaction, orderId: string, change: Partial<OrderPoints>): void {
	const order = tx.get<OrderRecord>(keys.order(orderId))!;
	tx.set(keys.order(orderId), { ...order, points: { ...order.points, ...change } });
}

/** What was paid back so far, as far as anybody told: either the order's own total or the refunds one by one, whichever knows more. A cancelled order is undone altogether. */
function undoneMinor({ cancelledAtMs, totalMinor, refundedMinor = 0, points }: OrderRecord): number {
	if (cancelledAtMs !== undefined) return worthMinor(totalMinor);
	const oneByOne = Object.values(points?.refunds ?? {}).reduce((sum, minor) => sum + minor, 0);
	return Math.min(worthMinor(totalMinor), Math.max(0, refundedMinor, oneByOne));
}

/** What shares of an order are measured by: one that costs nothing can only be undone altogether. */
const worthMinor = (totalMinor: number) => Math.max(1, totalMinor);

const living = (customer: CustomerRecord | null) => (customer?.erasedAtMs === undefined ? customer : null);

/** The order proved to be somebody else's: who earned with it gives its points back, and it may earn anew. */
async function leaveFormer(tx: Transaction, { orderId, customerId, points, totalMinor }: OrderRecord, context: PointsContext): Promise<PointsChanged[]> {
	if (!points?.earnedBy) return [];
	const owner = living(await loadCustomer(tx, customerId));
	const former = await loadCustomer(tx, points.earnedBy);
	if (!owner || former?.id === owner.id) return [];
	keepPoints(tx, orderId, { earnedBy: undefined });
	const whole = worthMinor(totalMinor);
	return former ? await undo(tx, former.id, 'earn', { orderId, refundedMinor: whole, orderMinor: whole }, context) : [];
}

async function earn(tx: Transaction, orderId: string, programme: Programme, context: PointsContext, isHistory: boolean): Promise<PointsChanged[]> {
	const order = tx.get<OrderRecord>(keys.order(orderId))!;
	const { paidAtMs, placedAtMs, cancelledAtMs, currency, points } = order;
	if (points?.earnedBy !== undefined || paidAtMs === undefined || cancelledAtMs !== undefined || currency !== programme.currency || placedAtMs < (programme.sinceMs ?? 0)) return [];
	if (isHistory) {
		keepPoints(tx, orderId, { earnedBy: null });
		return [];
	}
	const owner = living(await loadCustomer(tx, order.customerId));
	if (!owner) return [];
	const worth = await worthOf(tx, order, programme);
	if (worth === 0) return [];
	const { nowMs } = context;
	// They wait from the payment on, and live from now on: a payment that is told late takes nothing away.
	const { availableAtMs } = lotTimes(programme, Math.min(paidAtMs, nowMs), programme.timezone);
	const { expiresAtMs } = lotTimes(programme, nowMs, programme.timezone);
	const operation: LedgerOperation = { type: 'earn', reference: orderReference(orderId), points: worth, ...(availableAtMs !== undefined && availableAtMs > nowMs && { availableAtMs }), ...(expiresAtMs !== undefined && { expiresAtMs }) };
	const changed = await changePoints(tx, owner.id, operation, context);
	keepPoints(tx, orderId, { earnedBy: owner.id });
	return [changed];
}

async function worthOf(tx: Transaction, order: OrderRecord, programme: Programme): Promise<number> {
	if ((order.totalMinor / 10 ** currencyDigits(order.currency)) * programme.rate >= maxPoints) return maxPoints;
	const ids = programme.excluded.length > 0 ? [...new Set(order.items.map(({ productId }) => productId))].slice(0, 500) : [];
	const products = await tx.peek<ProductRecord>(ids.map(keys.product));
	const product = (id: string) => products.get(keys.product(id));
	return pointsForOrder({ ...order, totalMinor: Math.max(0, order.totalMinor) }, programme, (id) => product(id)?.category, (id) => product(id)?.tags);
}

/** Gives back, in the proportion that was paid back, what was spent on the order and what was earned with it: what was spent first, since that may be just what is taken. */
async function giveBack(tx: Transaction, orderId: string, context: PointsContext): Promise<PointsChanged[]> {
	const order = tx.get<OrderRecord>(keys.order(orderId))!;
	const share = { orderId, refundedMinor: undoneMinor(order), orderMinor: worthMinor(order.totalMinor) };
	if (share.refundedMinor === 0) return [];
	const owner = living(await loadCustomer(tx, order.customerId));
	const earner = living(await loadCustomer(tx, order.points?.earnedBy ?? order.customerId));
	return [...(owner ? await undo(tx, owner.id, 'redeem', share, context) : []), ...(earner ? await undo(tx, earner.id, 'earn', share, context) : [])];
}

interface Share {
	orderId: string;
	/** All refunds of the order together. */
	refundedMinor: number;
	orderMinor: number;
}

async function undo(tx: Transaction, customerId: string, kind: 'earn' | 'redeem', { orderId, refundedMinor, orderMinor }: Share, context: PointsContext): Promise<PointsChanged[]> {
	const reference = orderReference(orderId);
	const receipt = (await receiptsIn(tx, customerId, [`${kind}:${reference}`]))[`${kind}:${reference}`];
	const isWhole = refundedMinor >= orderMinor;
	if (receipt?.state === 'reserved' && isWhole) return [await changePoints(tx, customerId, { type: 'release', reference }, context)];
	const newMinor = refundedMinor - (receipt?.refundedMinor ?? 0);
	if (!receipt || (kind === 'redeem' && receipt.state !== 'redeemed') || newMinor <= 0) return [];
	const named = kind === 'earn' ? { earnReference: reference } : { redeemReference: reference };
	return [await changePoints(tx, customerId, { type: 'give_back', reference: `${reference}/${kind}/${refundedMinor}`, ...named, refundedMinor: newMinor, orderMinor }, context)];
}
