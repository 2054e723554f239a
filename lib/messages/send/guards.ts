import { isAllowedRecipient } from '../../journeys/engine';
import { expiresAtMs } from '../../journeys/enrolment';
import { minuteMs } from '../../model/clock';
import type { CartRecord, CustomerRecord, EnrolmentRecord, JourneyDefinition, SendRecord } from '../../model/records';
import type { NotSentReason } from '../../model/reasons';
import type { ShopSettings } from '../../model/settings';
import { isMailAddress } from '../headers';

/** The token of items made by "Test step": they own nothing, and nothing is sent for them. */
export const sampleToken = 'sample';

/** What to do with a message that a crash or a cut connection left uncertain. */
export type UncertainPolicy = 'never_twice' | 'never_lost';

/** Outside a journey no lease says whether another run is still sending: a reservation this young is taken to be under way. Journey time. */
const underWayMs = 15 * minuteMs;

export interface GuardFacts {
	/** Journey time. */
	nowMs: number;
	settings: ShopSettings;
	customer: CustomerRecord | null;
	cart: CartRecord | null;
	kind: 'marketing' | 'transactional';
	/** Absent outside a journey. */
	enrolment?: { record: EnrolmentRecord | null; definition: JourneyDefinition | null; step: number; token: string };
	/** What is known of this very message. */
	sent: SendRecord | undefined;
	token: string;
	policy: UncertainPolicy;
}

/** How an item stands to its enrolment: it owns the step under its lease, or follows a node of the same branch that settled it. */
export type Standing = 'owner' | 'follower';

/** Whether the token still speaks for the step, as far as the document tells; the lease itself is checked by the commit. */
export function standing(enrolment: EnrolmentRecord, step: number, token: string, nowMs: number): Standing | null {
	if (enrolment.settled?.token === token && enrolment.settled.step === step) {
		if (enrolment.status === 'open') return nowMs < enrolment.dueAtMs ? 'follower' : null;
		return enrolment.endReason === 'completed' ? 'follower' : null;
	}
	return enrolment.status === 'open' && enrolment.step === step ? 'owner' : null;
}

/**
 * The guard rails, in their order: the first that refuses gives the reason. Null means that the message may leave.
 * 1 erased or suppressed, 2 consent, 3 enrolment alive and token valid, 4 sent once, sending mode and address, 8 age.
 */
export function refusal(facts: GuardFacts): NotSentReason | null {
	const { customer, settings, enrolment, sent, nowMs } = facts;
	if (!customer) return 'unknown_customer';
	if (customer.erasedAtMs !== undefined) return 'erased';
	if (customer.suppressed) return 'suppressed';
	const consent = consentRefusal(facts, customer);
	if (consent) return consent;
	if (enrolment) {
		if (!enrolment.record) return 'superseded';
		if (!standing(enrolment.record, enrolment.step, enrolment.token, nowMs)) return enrolment.record.status === 'ended' ? 'journey_ended' : 'superseded';
		if (enrolment.record.status === 'ended' && hasBoughtSince(enrolment, facts, customer)) return 'journey_ended';
	}
	if (sent) {
		const isUnderWay = !enrolment && sent.state === 'reserved' && sent.token !== facts.token && nowMs - sent.atMs < underWayMs;
		if (isUnderWay) return 'superseded';
		if (sent.state === 'sent' || (sent.state === 'reserved' && sent.token === facts.token)) return 'already_sent';
		if (sent.state === 'failed') return 'rejected';
		if (facts.policy === 'never_twice') return 'unknown_delivery';
	}
	if (settings.sendingMode === 'paused') return 'paused';
	if (!isAllowedRecipient(settings, customer.email)) return 'not_allowed';
	if (!customer.email) return 'no_address';
	if (!isMailAddress(customer.email)) return 'invalid_address';
	if (enrolment?.record && enrolment.definition && nowMs > expiresAtMs(enrolment.definition, enrolment.record)) return 'too_old';
	return null;
}

/** Whether a purchase came after the last step: a later node of its branch then has nothing to say any more. */
function hasBoughtSince({ record, definition }: NonNullable<GuardFacts['enrolment']>, { cart }: GuardFacts, customer: CustomerRecord): boolean {
	if (!definition?.endsOn.includes('order')) return false;
	return cart?.closed === 'ordered' || (customer.orders.lastAtMs ?? -Infinity) > (record?.settled?.atMs ?? Infinity);
}

/** Guard rail 2. Transactional messages need no consent; marketing needs an opt-in, or the soft one that a checkout gives where the shop allows it. */
function consentRefusal({ kind, cart, settings }: GuardFacts, customer: CustomerRecord): NotSentReason | null {
	if (kind === 'transactional') return null;
	const status = customer.consent.email?.status;
	if (status === 'unsubscribed') return 'unsubscribed';
	if (status === 'subscribed') return null;
	if (settings.softOptIn && cart?.stage === 'checkout') return null;
	return 'no_consent';
}
