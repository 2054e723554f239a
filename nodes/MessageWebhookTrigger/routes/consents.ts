import type { CustomerFacts, MessageChannel } from '../../../lib/model/events';
import type { ConsentRecord } from '../../../lib/model/records';

/** Under which name the facts of a customer hold the consent to a channel. */
export const consentField = { email: 'emailConsent', sms: 'smsConsent', whatsapp: 'whatsappConsent', push: 'pushConsent' } as const satisfies Record<MessageChannel, keyof CustomerFacts>;

/** What the reader says here and now counts after whatever was told before, also by a shop whose clock is ahead. */
export function laterThan(before: ConsentRecord | undefined, nowMs: number): number {
	return Math.max(nowMs, (before?.atMs ?? -Infinity) + 1);
}
