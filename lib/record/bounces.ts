import type { Definitions } from '../journeys/definitions';
import type { MessageFacts } from '../model/events';
import { type CustomerRecord, keys } from '../model/records';
import type { Transaction } from '../store/transaction';
import { endAll } from './endings';
import { normaliseEmail, type RecordContext } from './identity';
import { strongerConsent } from './profile';

/**
 * When an address must not be written to any more. A hard bounce or a complaint suppresses at once, soft bounces when five came in
 * a row; whatever order providers tell them in, the customer stands the same in the end. Only e-mail: what becomes of an SMS says
 * something about a phone that was off.
 */

/** So many soft bounces in a row suppress. */
const softLimit = 5;

type Suppression = NonNullable<CustomerRecord['suppressed']>;

/** Soft bounces are the weakest reason, since a later delivery takes it back; of the others the earliest counts. */
export function strongerSuppression(a: Suppression | undefined, b: Suppression | undefined): Suppression | undefined {
	if (!a || !b) return a ?? b;
	const isSoft = ({ reason }: Suppression) => reason === 'soft_bounces';
	if (isSoft(a) !== isSoft(b)) return isSoft(a) ? b : a;
	return b.atMs < a.atMs || (b.atMs === a.atMs && b.reason < a.reason) ? b : a;
}

/** A bounce about an address that the customer no longer has says nothing about the one they have. */
const isOfToday = ({ email }: CustomerRecord, { channel, address }: MessageFacts) => channel === 'email' && (address === undefined || normaliseEmail(address) === email);

export async function takeBounce(tx: Transaction, customer: CustomerRecord, message: MessageFacts, atMs: number, definitions: Definitions, context: RecordContext): Promise<void> {
	if (!isOfToday(customer, message)) return;
	const after = message.bounce === 'hard' ? suppressed(customer, 'hard_bounce', atMs) : withSoftBounces(customer, [atMs], undefined);
	await keep(tx, customer, after, definitions, context);
}

/** Marked as spam: nothing more, and the consent is gone too, so that lifting the block by hand does not bring marketing back. */
export async function takeComplaint(tx: Transaction, customer: CustomerRecord, message: MessageFacts, atMs: number, source: string, definitions: Definitions, context: RecordContext): Promise<void> {
	if (!isOfToday(customer, message)) return;
	const consent = { ...customer.consent, email: strongerConsent(customer.consent.email, { status: 'unsubscribed', basis: 'unknown', source, atMs }) };
	await keep(tx, customer, { ...suppressed(customer, 'complaint', atMs), consent }, definitions, context);
}

/** The address works: soft bounces before count no more, and if they had suppressed it, it is free again. */
export function withReached(customer: CustomerRecord, atMs: number): CustomerRecord {
	return (customer.reachedAtMs ?? -Infinity) >= atMs ? customer : withSoftBounces(customer, [], atMs);
}

/** Both customers' soft bounces, put together, and what follows from them. */
export function mergeSoftBounces(customer: CustomerRecord, other: CustomerRecord): CustomerRecord {
	return withSoftBounces(customer, other.softBouncesAtMs ?? [], other.reachedAtMs);
}

function suppressed(customer: CustomerRecord, reason: string, atMs: number): CustomerRecord {
	return { ...customer, suppressed: strongerSuppression(customer.suppressed, { reason, atMs }) };
}

/** Worked out anew from the times alone, so that it does not matter when each was told. */
function withSoftBounces(customer: CustomerRecord, more: number[], reached: number | undefined): CustomerRecord {
	const { softBouncesAtMs = [], reachedAtMs, suppressed: before, ...rest } = customer;
	const lastReachedAtMs = Math.max(reachedAtMs ?? -Infinity, reached ?? -Infinity);
	const inARow = [...new Set([...softBouncesAtMs, ...more])].filter((atMs) => atMs > lastReachedAtMs).sort((a, b) => b - a).slice(0, softLimit);
	const others = before?.reason === 'soft_bounces' ? undefined : before;
	const after = inARow.length === softLimit ? strongerSuppression(others, { reason: 'soft_bounces', atMs: inARow[0] }) : others;
	return {
		...rest,
		...(after && { suppressed: after }),
		...(inARow.length > 0 && { softBouncesAtMs: inARow }),
		...(lastReachedAtMs > -Infinity && { reachedAtMs: lastReachedAtMs }),
	};
}

async function keep(tx: Transaction, before: CustomerRecord, after: CustomerRecord, definitions: Definitions, { journeyNowMs }: RecordContext): Promise<void> {
	tx.set(keys.customer(before.id), after);
	if (after.suppressed && !before.suppressed) await endAll(tx, before.id, 'suppressed', false, definitions, journeyNowMs);
}
