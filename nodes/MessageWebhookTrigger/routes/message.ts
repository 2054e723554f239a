import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import type { EventType, MessageFacts } from '../../../lib/model/events';
import { type EnrolmentRecord, keys, type SendRecord } from '../../../lib/model/records';
import type { LinkPayload } from '../../../lib/messages/links';
import { channelOf } from '../../../lib/messages/pages';
import type { Store } from '../../../lib/store/store';

/** The message that a link was in. */
export interface LinkedMessage {
	facts: MessageFacts;
	/** How it is booked; absent when it is not (any more). */
	send?: SendRecord;
	/** Tells it from every other message of the shop. */
	id: string;
}

/** @throws STORE_UNAVAILABLE */
export async function messageOf(store: Store, link: LinkPayload): Promise<LinkedMessage> {
	const { enrolment, campaign, sendKey, customerId } = link;
	const key = enrolment !== undefined ? keys.enrolment(enrolment) : campaign !== undefined ? keys.campaignSend(`${campaign}/${customerId}`) : undefined;
	const booked = key ? (await store.read<Pick<EnrolmentRecord, 'sends'> & Partial<EnrolmentRecord>>([key]))[0].value : null;
	const send = sendKey !== undefined && booked && Object.hasOwn(booked.sends, sendKey) ? booked.sends[sendKey] : undefined;
	const facts: MessageFacts = {
		channel: channelOf(link.channel),
		...(send && { messageId: send.messageId }),
		...(enrolment !== undefined && { enrolment }),
		...(campaign !== undefined && { campaign }),
		...(sendKey !== undefined && { sendKey }),
		...(booked?.journey !== undefined && { journey: booked.journey }),
		...(link.step !== undefined && { step: link.step }),
		...(send?.variant !== undefined && { variant: send.variant }),
	};
	// An enrolment that begins anew has the id of the one before; its messages have not.
	return { facts, send, id: send?.messageId ?? digest(enrolment ?? campaign ?? '', customerId, sendKey ?? '', String(link.step ?? '')) };
}

/** Short, and the same for the same texts: for dedupe ids, which have a bounded length. */
export function digest(...texts: string[]): string {
	return createHash('sha256').update(JSON.stringify(texts)).digest('base64url').slice(0, 32);
}

/** The item that starts the workflow: what happened, to whom, with which message, and what was answered. */
export function itemOf(event: EventType, link: LinkPayload, { facts }: Pick<LinkedMessage, 'facts'>, answer: IDataObject = {}): IDataObject {
	const { shop, customerId } = link;
	const { channel, journey, enrolment, campaign, step, messageId, variant } = facts;
	const named = Object.entries({ channel, journey, enrolment, campaign, step, messageId, variant }).filter(([, value]) => value !== undefined);
	return { event, shop, customerId, ...Object.fromEntries(named), ...answer };
}
