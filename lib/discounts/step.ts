import { holdMs, putOff, standing } from '../journeys/enrolment';
import type { Clock } from '../model/clock';
import { isShopJourneysError, withHint } from '../model/errors';
import type { JourneyItem } from '../model/item';
import { type CustomerRecord, type EnrolmentRecord, indexes, journeyCounters, keys } from '../model/records';
import type { NotIssuedReason, NotSentReason } from '../model/reasons';
import type { Store } from '../store/store';
import { transact } from '../store/transaction';
import { issueCode, type IssueOutcome, type IssueRequest } from './issue';
import type { CodeSource } from './source';

/** A step of an enrolment that is at work: whom it is for, and whether its message has left. */
export interface OpenStep {
	enrolment: EnrolmentRecord;
	customer: CustomerRecord;
}

/**
 * Whether an item still speaks for its step, so that nothing is asked of a shop for an enrolment that ended, is in the holdout, or was taken over. The owner's lease is
 * prolonged, as what follows may take its time.
 * @param leaseMs machine time
 */
export async function openStep(store: Store, { id, enrolment: enrolmentId, step, token }: JourneyItem['journey'], clock: Clock, leaseMs: number): Promise<OpenStep | { refused: NotIssuedReason }> {
	const key = keys.enrolment(enrolmentId);
	const [{ value: enrolment }] = await store.read<EnrolmentRecord>([key]);
	const how = enrolment && !enrolment.holdout ? standing(enrolment, step - 1, token, clock.journeyNowMs()) : null;
	if (!enrolment || !how) return { refused: enrolment?.status === 'ended' ? 'journey_ended' : 'superseded' };
	if (how === 'owner' && (await store.renew(indexes.due(id), [{ key, token }], clock.machineNowMs() + leaseMs)).length === 0) return { refused: 'superseded' };
	const [{ value: customer }] = await store.read<CustomerRecord>([keys.customer(enrolment.customerId)]);
	if (!customer) return { refused: 'unknown_customer' };
	return customer.erasedAtMs === undefined ? { enrolment, customer } : { refused: 'erased' };
}

/** Whether somebody may have seen the code: a message left, or may have. @param step 1-based; absent: of any step */
export function mayBeSeen({ sends }: EnrolmentRecord, step?: number): boolean {
	return Object.values(sends).some((send) => send.state !== 'failed' && (step === undefined || send.step === step - 1));
}

/** The code of a purpose; that the shop refuses to make it is an answer, in words. @throws PARAMETER_INVALID, STORE_UNAVAILABLE, STORE_BUSY */
export async function askFor(store: Store, source: CodeSource, request: IssueRequest, clock: Clock): Promise<IssueOutcome | { status: 'refused'; reason: string }> {
	try {
		return await issueCode(store, source, request, clock);
	} catch (error) {
		if (isShopJourneysError(error, 'SHOP_REFUSED')) return { status: 'refused', reason: withHint(error) };
		throw error;
	}
}

/**
 * Puts a step off for which there is no code now, as Send Reminder does with a message that may not leave: it is handed out again later, however
 * often, until the journey is too old. Nothing happens where the token speaks for it no more.
 */
export async function holdStep(store: Store, { id, enrolment: enrolmentId, step, token }: JourneyItem['journey'], failure: string, clock: Clock): Promise<void> {
	const reason: NotSentReason = 'code_unavailable';
	const key = keys.enrolment(enrolmentId);
	await transact(store, async (tx) => {
		await tx.load([key]);
		const enrolment = tx.get<EnrolmentRecord>(key);
		const nowMs = clock.journeyNowMs();
		const how = enrolment && standing(enrolment, step - 1, token, nowMs);
		if (!enrolment || !how) return;
		if (how === 'owner') tx.requireLease({ index: indexes.due(id), key, token });
		const customerKey = keys.customer(enrolment.customerId);
		await tx.load([customerKey]);
		putOff(tx, { ...enrolment, failure: failure.slice(0, 500) }, { step: step - 1, token }, nowMs + holdMs);
		tx.count(journeyCounters(id), `not_sent.${reason}`);
		tx.log({ atMs: nowMs, type: 'message_not_sent', subject: customerKey, data: { journey: id, step, reason } });
	});
}
