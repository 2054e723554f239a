import type { IDataObject } from 'n8n-workflow';
import { dayMs } from '../../../lib/model/clock';
import type { ShopEvent } from '../../../lib/model/events';
import type { LinkPayload } from '../../../lib/messages/links';
import { digest, itemOf, messageOf } from './message';
import type { Reader } from './reader';
import { type RouteRequest, textOf } from './route';

/** For this long after the first answer of a link another one corrects it. */
const correctableMs = dayMs;

/** A mark of a scale that a reader gave, by the button in the mail or on the page; undefined when it is none. */
export function markOf(given: unknown, from: number, to: number): number | undefined {
	const text = textOf(given);
	const mark = /^\d{1,2}$/.test(text) ? Number(text) : NaN;
	return mark >= from && mark <= to ? mark : undefined;
}

export type FeedbackOutcome = { status: 'taken'; item: IDataObject | null } | { status: 'closed' };

export interface Feedback {
	type: 'rated' | 'surveyed';
	facts: Pick<ShopEvent, 'rating' | 'survey'>;
	/** What the item says of it. */
	answer: IDataObject;
	/** When the customer's document says that the same was answered, journey time. */
	answeredAtMs?: number;
}

/**
 * Records an answer. The first one of a link counts; a later one within a day is an event of its own that corrects it, and after
 * that nothing changes. The dedupe ids of one link's answers begin alike: `rated:<link>` for the first, `rated:<link>:<answer>`
 * for corrections. The same answer again is none.
 */
export async function recordFeedback({ installation }: RouteRequest, { shop }: Reader, link: LinkPayload, { type, facts, answer, answeredAtMs }: Feedback): Promise<FeedbackOutcome> {
	const message = await messageOf(shop.store, link);
	const nowMs = installation.clock.journeyNowMs();
	const first = `${type}:${digest(message.id, link.to ?? '')}`;
	const same = digest(JSON.stringify(facts));
	const record = (dedupeId: string) => shop.record({ type, dedupeId, occurredAtMs: nowMs, source: 'message-link', customerId: link.customerId, message: message.facts, ...facts });
	const before = message.send?.answeredAtMs ?? answeredAtMs;
	if (before !== undefined && nowMs - before >= correctableMs) return { status: 'closed' };
	let outcome = before === undefined ? await record(first) : 'duplicate';
	if (outcome === 'duplicate') outcome = await record(`${first}:${same}`);
	return { status: 'taken', item: outcome === 'recorded' ? itemOf(type, link, message, answer) : null };
}
