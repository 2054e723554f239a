import type { ShopEvent } from '../model/events';
import type { CustomerRecord } from '../model/records';

const engagementFields = { message_sent: ['sent', 'lastSentAtMs'], message_opened: ['opened', 'lastOpenedAtMs'], message_clicked: ['clicked', 'lastClickedAtMs'] } as const;

/** The customer after a visit, or after something was done with a message. The same customer for every other event. */
export function withEngagement(customer: CustomerRecord, { type, occurredAtMs }: ShopEvent, nowMs: number): CustomerRecord {
	const atMs = Math.min(occurredAtMs, nowMs);
	if (type === 'visited') {
		const { visits } = customer;
		return { ...customer, visits: { count: (visits?.count ?? 0) + 1, firstAtMs: Math.min(visits?.firstAtMs ?? Infinity, atMs), lastAtMs: Math.max(visits?.lastAtMs ?? -Infinity, atMs) } };
	}
	if (type !== 'message_sent' && type !== 'message_opened' && type !== 'message_clicked') return customer;
	const [count, lastAtMs] = engagementFields[type];
	const { engagement = {} } = customer;
	return { ...customer, engagement: { ...engagement, [count]: (engagement[count] ?? 0) + 1, [lastAtMs]: Math.max(engagement[lastAtMs] ?? -Infinity, atMs) } };
}
