import { isDeepStrictEqual } from 'node:util';
import type { IDataObject } from 'n8n-workflow';
import { dayMs } from '../../../lib/model/clock';
import type { ShopEvent } from '../../../lib/model/events';
import type { CustomerRecord } from '../../../lib/model/records';
import { type LinkPayload, linkSource } from '../../../lib/messages/links';
import { readCustomer } from '../../../lib/record/identity';
import { digest, itemOf, messageOf } from './message';
import type { Reader } from './reader';
import { type RouteRequest, textOf } from './route';

/** For this long after the first answer to a message another one corrects it. */
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
	/** The newest answer of this kind that the customer's document holds, with its time. */
	newest(customer: CustomerRecord): ({ atMs: number } & object) | undefined;
}

/**
 * Records an answer. The first one of a message counts; a later one within a day is an event of its own that corrects it, and after
 * that nothing changes. The dedupe ids of one message's answers begin alike: `rated:<message>` for the first,
 * `rated:<message>:<time of the answer before>` for corrections, so that a form sent twice at once counts once. The same answer again is none.
 */
export async function recordFeedback({ installation }: RouteRequest, { shop }: Reader, link: LinkPayload, { type, facts, answer, newest }: Feedback): Promise<FeedbackOutcome> {
	const message = await messageOf(shop.store, link);
	const nowMs = installation.clock.journeyNowMs();
	const first = `${type}:${digest(message.id, link.to ?? '')}`;
	const record = async (dedupeId: string): Promise<IDataObject | null> => {
		const outcome = await shop.record({ type, dedupeId, occurredAtMs: nowMs, source: linkSource, customerId: link.customerId, message: message.facts, ...facts });
		return outcome === 'recorded' ? itemOf(type, link, message, answer) : null;
	};
	const answeredAtMs = message.send?.answeredAtMs;
	if (answeredAtMs === undefined) {
		const item = await record(first);
		if (item) return { status: 'taken', item };
	} else if (nowMs - answeredAtMs >= correctableMs) return { status: 'closed' };

	const customer = await readCustomer(shop.store, link.customerId);
	const { atMs = answeredAtMs ?? nowMs, ...before } = (customer && newest(customer)) ?? {};
	const isSame = isDeepStrictEqual(before, facts.rating ?? facts.survey);
	return { status: 'taken', item: isSame ? null : await record(`${first}:${atMs}`) };
}
