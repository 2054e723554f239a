import { isAllowedRecipient } from '../../journeys/engine';
import { expiresAtMs, standing } from '../../journeys/enrolment';
import { zoneOf } from '../../journeys/schedule';
import { minuteMs } from '../../model/clock';
import type { MessageChannel } from '../../model/events';
import type { CartRecord, CustomerRecord, EnrolmentRecord, JourneyDefinition, SendRecord } from '../../model/records';
import type { NotSentReason } from '../../model/reasons';
import type { ShopSettings } from '../../model/settings';
import { isMailAddress } from '../headers';
import { openFromMs, quietUntilMs, restMs, restUntilMs, type Rival, yieldsUntilMs } from './timing';

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
	/** Over which channel it goes: that one's consent, address and rest count. */
	channel: MessageChannel;
	/** A webhook names the customer, not an address: whoever takes it knows where to. */
	needsAddress: boolean;
	/** The topic of the message, by its id. */
	topic?: string;
	messageKey: string;
	customer: CustomerRecord | null;
	cart: CartRecord | null;
	kind: 'marketing' | 'transactional';
	/** Absent outside a journey. */
	enrolment?: { record: EnrolmentRecord | null; definition: JourneyDefinition | null; step: number; token: string };
	/** Steps of more important journeys that this customer is in. */
	rivals: Rival[];
	/** What is known of this very message. */
	sent: SendRecord | undefined;
	token: string;
	policy: UncertainPolicy;
	/** The provider takes nothing before. */
	throttledUntilMs?: number;
}

export interface Refusal {
	reason: NotSentReason;
	/** Where it only waits: when it may leave as things stand. Journey time. */
	allowedAtMs?: number;
	/** It is about this channel alone: the journey may go on over another one. */
	isOfChannel?: boolean;
}

/**
 * The guard rails 1 to 6, in their order: the first that refuses gives the reason. Null means that the message may leave as far as
 * they go. 1 erased or suppressed, 2 consent and topic, 3 enrolment alive and token valid, 4 sent once, sending mode and address,
 * 5 rest and priority, 6 quiet hours. Then come what it shows (7: truth.ts) and its age (8: `isTooOld`).
 */
export function refusal(facts: GuardFacts): Refusal | null {
	const { customer, settings, enrolment, sent, nowMs } = facts;
	if (!customer) return { reason: 'unknown_customer' };
	if (customer.erasedAtMs !== undefined) return { reason: 'erased' };
	if (customer.suppressed) return { reason: 'suppressed' };
	const unwanted = consentRefusal(facts, customer);
	if (unwanted) return unwanted;
	if (enrolment) {
		if (!enrolment.record) return { reason: 'superseded' };
		if (!standing(enrolment.record, enrolment.step, enrolment.token, nowMs)) return { reason: enrolment.record.status === 'ended' ? 'journey_ended' : 'superseded' };
		if (enrolment.record.status === 'ended' && hasBoughtSince(enrolment, facts, customer)) return { reason: 'journey_ended' };
	}
	if (sent) {
		const isUnderWay = !enrolment && sent.state === 'reserved' && sent.token !== facts.token && nowMs - sent.atMs < underWayMs;
		if (isUnderWay) return { reason: 'superseded' };
		if (sent.state === 'sent' || (sent.state === 'reserved' && sent.token === facts.token)) return { reason: 'already_sent' };
		if (sent.state === 'failed') return { reason: 'rejected' };
		if (facts.policy === 'never_twice') return { reason: 'unknown_delivery' };
	}
	if (settings.sendingMode === 'paused') return { reason: 'paused' };
	if (!isAllowedRecipient(settings, customer.email, customer.phone)) return { reason: 'not_allowed' };
	const unreachable = facts.needsAddress ? addressRefusal(facts.channel, customer) : null;
	if (unreachable) return { reason: unreachable };
	if (facts.kind === 'marketing') {
		const untimely = timeRefusal(facts, customer);
		if (untimely) return untimely;
	}
	return facts.throttledUntilMs !== undefined && facts.throttledUntilMs > nowMs ? { reason: 'throttled', allowedAtMs: facts.throttledUntilMs } : null;
}

/** Guard rail 8. */
export function isTooOld({ enrolment, nowMs }: Pick<GuardFacts, 'enrolment' | 'nowMs'>): boolean {
	return nowMs > lastMs(enrolment);
}

/** Nothing is sent for this enrolment later than this. */
function lastMs(enrolment: GuardFacts['enrolment']): number {
	return enrolment?.record && enrolment.definition ? expiresAtMs(enrolment.definition, enrolment.record) : Infinity;
}

/** Whether a purchase came after the last step: a later node of its branch then has nothing to say any more. */
function hasBoughtSince({ record, definition }: NonNullable<GuardFacts['enrolment']>, { cart }: GuardFacts, customer: CustomerRecord): boolean {
	if (!definition?.endsOn.includes('order')) return false;
	return cart?.closed === 'ordered' || (customer.orders.lastAtMs ?? -Infinity) > (record?.settled?.atMs ?? Infinity);
}

/**
 * Guard rail 2. Transactional messages need no consent; marketing needs an opt-in to its channel (for e-mail the soft one will do that
 * a checkout gives, where the shop allows it), and a topic that the customer did not leave out on the preference page.
 */
function consentRefusal(facts: GuardFacts, customer: CustomerRecord): Refusal | null {
	const { kind, channel, topic } = facts;
	if (kind === 'transactional') return null;
	if (!hasConsent(channel, facts, customer)) {
		const others = (['email', 'sms', 'whatsapp', 'push'] satisfies MessageChannel[]).filter((other) => other !== channel);
		const reason = customer.consent[channel]?.status === 'unsubscribed' ? 'unsubscribed' : 'no_consent';
		return { reason, isOfChannel: others.some((other) => hasConsent(other, facts, customer)) };
	}
	const chosen = customer.preferences?.topics;
	return topic && chosen && !chosen.includes(topic) ? { reason: 'not_interested' } : null;
}

function hasConsent(channel: MessageChannel, { cart, settings }: GuardFacts, { consent }: CustomerRecord): boolean {
	const status = consent[channel]?.status;
	if (status === 'subscribed') return true;
	return channel === 'email' && status !== 'unsubscribed' && settings.softOptIn && cart?.stage === 'checkout';
}

/** E.164: at most 15 digits. */
const phonePattern = /^\+[1-9]\d{5,14}$/;

function addressRefusal(channel: MessageChannel, { email, phone, pushSubscriptions = [] }: CustomerRecord): NotSentReason | null {
	if (channel === 'push') return pushSubscriptions.length === 0 ? 'no_address' : null;
	const address = channel === 'email' ? email : phone;
	if (!address) return 'no_address';
	return (channel === 'email' ? isMailAddress(address) : phonePattern.test(address)) ? null : 'invalid_address';
}

/** Guard rails 5 and 6: rest after the last marketing message on this channel, more important journeys, quiet hours. */
function timeRefusal({ nowMs, settings, channel, messageKey, rivals, enrolment }: GuardFacts, customer: CustomerRecord): Refusal | null {
	const rest = restMs(settings, customer, channel);
	const zone = zoneOf(customer, settings);
	const step = enrolment?.definition?.steps[enrolment.step];
	const waits = (reason: NotSentReason, untilMs: number): Refusal => ({ reason, allowedAtMs: openFromMs(untilMs, settings.quietHours, step, zone) });

	const restedMs = restUntilMs(customer, channel, messageKey, rest);
	if (nowMs < restedMs) return waits('capped', restedMs);
	const turnMs = yieldsUntilMs(rivals, nowMs, rest, lastMs(enrolment));
	if (turnMs !== null) return waits('yields', turnMs);
	const quietMs = quietUntilMs(settings.quietHours, nowMs, zone);
	return quietMs === null ? null : waits('quiet_hours', quietMs);
}
