import type { EventType, ShopEvent } from '../model/events';
import type { CustomerRecord } from '../model/records';

/** The customer after a visit, or after a message was sent. The same customer for every other event. */
export function withEngagement(customer: CustomerRecord, { type, occurredAtMs }: ShopEvent, nowMs: number): CustomerRecord {
	const atMs = Math.min(occurredAtMs, nowMs);
	if (type === 'visited') {
		const { visits } = customer;
		return { ...customer, visits: { count: (visits?.count ?? 0) + 1, firstAtMs: Math.min(visits?.firstAtMs ?? Infinity, atMs), lastAtMs: Math.max(visits?.lastAtMs ?? -Infinity, atMs) } };
	}
	return type === 'message_sent' ? withMessage(customer, ['sent', 'lastSentAtMs'], 1, atMs) : customer;
}

/** The customer after a message was opened or clicked: each message counts once, and who clicked has opened. */
export function withReaction(customer: CustomerRecord, { type, isFirstOpen, isFirstClick }: { type: EventType; isFirstOpen: boolean; isFirstClick: boolean }, atMs: number): CustomerRecord {
	const opened = withMessage(customer, ['opened', 'lastOpenedAtMs'], isFirstOpen ? 1 : 0, atMs);
	return type === 'message_clicked' ? withMessage(opened, ['clicked', 'lastClickedAtMs'], isFirstClick ? 1 : 0, atMs) : opened;
}

type Counted = readonly [count: 'sent' | 'opened' | 'clicked', lastAtMs: 'lastSentAtMs' | 'lastOpenedAtMs' | 'lastClickedAtMs'];

function withMessage(customer: CustomerRecord, [count, lastAtMs]: Counted, add: 0 | 1, atMs: number): CustomerRecord {
	const { engagement = {} } = customer;
	return { ...customer, engagement: { ...engagement, [count]: (engagement[count] ?? 0) + add, [lastAtMs]: Math.max(engagement[lastAtMs] ?? -Infinity, atMs) } };
}
