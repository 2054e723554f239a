import { codeKeysOf, redeemedBy } from '../discounts/redemption';
import type { Definitions } from '../journeys/definitions';
import { end } from '../journeys/enrolment';
import { type DiscountCodeRecord, type DiscountPurpose, type EnrolmentRecord, indexes, journeyCounters, keys, type OrderRecord, type SendRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import type { Happened } from './orders';
import type { RecordContext } from './identity';

/** Codes that one order may redeem: a commit is bounded, and no shop takes more. */
const codesAtMost = 8;

/** The documents to look at for an order's codes; none for an order without. */
export const orderCodeKeys = (order: Pick<OrderRecord, 'discountCodes'>) => codeKeysOf(order).slice(0, codesAtMost);

/**
 * Books that an order used codes of ours, and credits the journeys that gave them. In whatever order it is told: an order that was cancelled has used its
 * code all the same, and of several the one placed first counts. A code that is still on a list is taken off: the shop takes it no second time.
 * @returns what happened by it: once per code
 */
export async function redeemCodes(tx: Transaction, order: OrderRecord, definitions: Definitions, context: RecordContext): Promise<Happened[]> {
	const codeKeys = orderCodeKeys(order);
	if (codeKeys.length === 0) return [];
	await tx.load(codeKeys);
	let isFirst = false;
	for (const key of codeKeys) {
		const record = tx.get<DiscountCodeRecord>(key);
		if (!record) continue;
		if (record.state === 'free') takeOffList(tx, key, record, order);
		const redeemed = redeemedBy(record, order);
		if (!redeemed) continue;
		tx.set(key, redeemed);
		tx.index(indexes.discountCodes, key, null);
		if (record.redeemed) continue;
		isFirst = true;
		await credit(tx, redeemed.purpose!, order, definitions, context);
	}
	return isFirst ? [{ type: 'code_redeemed', atMs: order.placedAtMs }] : [];
}

function takeOffList(tx: Transaction, key: string, record: DiscountCodeRecord, { orderId, placedAtMs }: OrderRecord): void {
	tx.set(key, { ...record, state: 'redeemed', redeemed: { orderId, atMs: placedAtMs } });
	tx.index(indexes.freeDiscountCodes(record.source.slice('list:'.length)), key, null);
	tx.index(indexes.discountCodes, key, null);
}

/** Notes it on the message that showed the code, counts it for the journey's report, and ends the enrolment where its journey listens. */
async function credit(tx: Transaction, { enrolment: id, openedAtMs, step }: DiscountPurpose, order: OrderRecord, definitions: Definitions, context: RecordContext): Promise<void> {
	if (id === undefined) return;
	const key = keys.enrolment(id);
	await tx.load([key]);
	const enrolment = tx.get<EnrolmentRecord>(key);
	// The same document serves a later entry: that one did not give this code.
	if (!enrolment || enrolment.openedAtMs !== openedAtMs) return;
	const atMs = Math.min(order.placedAtMs, context.journeyNowMs);
	const shown = sendsWithCode(enrolment, step, order.placedAtMs);
	const counters = journeyCounters(enrolment.journey);
	tx.count(counters, 'code_used');
	for (const [, { step: shownStep, variant }] of shown.slice(0, 1)) {
		tx.count(counters, `code_used.${shownStep + 1}`);
		if (variant !== undefined) tx.count(counters, `code_used.${shownStep + 1}.${variant}`);
	}
	const credited: EnrolmentRecord = { ...enrolment, sends: { ...enrolment.sends, ...Object.fromEntries(shown.map(([name, send]) => [name, { ...send, codeUsedAtMs: atMs }])) } };
	tx.set(key, credited);
	const definition = definitions.byId.get(enrolment.journey);
	if (enrolment.status !== 'open' || !definition?.endsOn.includes('code_used')) return;
	await tx.load([keys.customer(enrolment.customerId)]);
	end(tx, definition, credited, 'code_used', context.journeyNowMs);
}

/** The messages of the step that the code was for; where steps share it, the newest that had left by the time of the order. */
function sendsWithCode({ sends }: EnrolmentRecord, step: number | undefined, orderedAtMs: number): Array<[string, SendRecord]> {
	const left = Object.entries(sends).filter(([, { state }]) => state === 'sent' || state === 'unknown');
	if (step !== undefined) return left.filter(([, send]) => send.step === step - 1);
	return left
		.filter(([, { atMs }]) => atMs <= orderedAtMs)
		.toSorted(([, a], [, b]) => b.atMs - a.atMs)
		.slice(0, 1);
}
