import type { Definitions } from '../journeys/definitions';
import type { EventType, MessageFacts, ShopEvent } from '../model/events';
import { type CustomerRecord, type EnrolmentRecord, journeyCounters, keys, type SendRecord } from '../model/records';
import type { Transaction } from '../store/transaction';
import { takeBounce, takeComplaint, withReached } from './bounces';
import { withReaction } from './engagement';
import type { RecordContext } from './identity';

/** What becomes of a message, and what the customer does with it: booked where the message is, so that the journey's later steps and its report see it. */

/** Where messages are booked by their send key: an enrolment, or the document of a campaign and a customer. */
interface BookingRecord {
	sends: Record<string, SendRecord>;
}

/** A message as it is booked. */
interface Booking {
	key: string;
	record: BookingRecord;
	sendKey: string;
	entry: SendRecord;
	/** The group its counters stand in. */
	counters: string;
	journey?: string;
}

type Moment = 'deliveredAtMs' | 'bouncedAtMs' | 'openedAtMs' | 'clickedAtMs' | 'answeredAtMs';

/** What an event says of its message. Who clicked has opened, even where the mail program loads no pictures. */
const momentsOf: Partial<Record<EventType, readonly Moment[]>> = {
	message_delivered: ['deliveredAtMs'],
	message_bounced: ['bouncedAtMs'],
	message_opened: ['openedAtMs'],
	message_clicked: ['clickedAtMs', 'openedAtMs'],
	message_replied: ['answeredAtMs'],
	rated: ['answeredAtMs'],
	surveyed: ['answeredAtMs'],
	cart_answered: ['answeredAtMs'],
};

/** How a moment is counted: `opened.<step>`, once per message, and `opened.<step>.<variant>` in an experiment. */
const counterOf: Record<Moment, string> = { deliveredAtMs: 'delivered', bouncedAtMs: 'bounced', openedAtMs: 'opened', clickedAtMs: 'clicked', answeredAtMs: 'answered' };

export interface AppliedMessage {
	/** Something that was not known. */
	isNews: boolean;
	/** Journeys may begin and end by it: what a machine did says nothing about the customer. */
	isHeard: boolean;
	/** The journey of the message, where it is booked in one. */
	journey?: string;
}

/**
 * Takes in an event about a message. Machines (privacy proxies, scanners) are counted apart and change nothing else.
 * @param known whose message it is; null: nobody is known, then only the booking changes
 */
export async function applyMessage(tx: Transaction, event: ShopEvent, known: CustomerRecord | null, definitions: Definitions, context: RecordContext): Promise<AppliedMessage> {
	const { type, message = { channel: 'email' } } = event;
	const booking = await findBooking(tx, message, event.customerId, known);
	const journey = booking?.journey ?? message.journey;
	if (message.isMachine) {
		const counters = booking?.counters ?? (journey === undefined ? undefined : journeyCounters(journey));
		if (counters !== undefined) tx.count(counters, `${type.slice('message_'.length)}.machine`);
		return { isNews: known !== null, isHeard: false, journey };
	}
	// What is booked nowhere cannot be told from what was told of before: each event counts as itself.
	const first = booking ? book(tx, booking, type, atMsOf(event, context)) : (momentsOf[type]?.slice(0, 1) ?? []);
	if (booking && type === 'message_complained') count(tx, booking, 'complained');
	if (!known) return { isNews: false, isHeard: false, journey };
	await takeToCustomer(tx, event, message, known.id, first, definitions, context);
	// An open repeated is no news; each click may lead to something else, each bounce and reply is told once.
	const isNews = type === 'message_opened' || type === 'message_delivered' ? first.length > 0 : true;
	return { isNews, isHeard: isNews, journey };
}

/** Books an answer given to a message: by a button in it, or on the page it led to. */
export async function applyAnswer(tx: Transaction, event: ShopEvent, known: CustomerRecord | null, context: RecordContext): Promise<void> {
	const booking = event.message && (await findBooking(tx, event.message, event.customerId, known));
	if (booking) book(tx, booking, event.type, atMsOf(event, context));
}

const atMsOf = ({ occurredAtMs }: ShopEvent, { journeyNowMs }: RecordContext) => Math.min(occurredAtMs, journeyNowMs);

async function takeToCustomer(tx: Transaction, event: ShopEvent, message: MessageFacts, id: string, first: readonly Moment[], definitions: Definitions, context: RecordContext): Promise<void> {
	const key = keys.customer(id);
	const before = tx.get<CustomerRecord>(key)!;
	const atMs = atMsOf(event, context);
	switch (event.type) {
		case 'message_delivered':
		case 'message_opened':
		case 'message_clicked': {
			const reacted = event.type === 'message_delivered' ? before : withReaction(before, { type: event.type, isFirstOpen: first.includes('openedAtMs'), isFirstClick: first.includes('clickedAtMs') }, atMs);
			const after = message.channel === 'email' ? withReached(reacted, atMs) : reacted;
			if (after !== before) tx.set(key, after);
			return;
		}
		case 'message_bounced':
			return await takeBounce(tx, before, message, atMs, definitions, context);
		case 'message_complained':
			return await takeComplaint(tx, before, message, atMs, event.source, definitions, context);
		default:
			return;
	}
}

/** Where a message is booked: found by its enrolment, or by its campaign under any id the customer ever had. Null when it is not (any more). */
async function findBooking(tx: Transaction, message: MessageFacts, customerId: string | undefined, customer: CustomerRecord | null): Promise<Booking | null> {
	const { enrolment, campaign } = message;
	if (enrolment !== undefined) {
		const key = keys.enrolment(enrolment);
		await tx.load([key]);
		const record = tx.get<EnrolmentRecord>(key);
		return record && bookingIn(key, record, message, journeyCounters(record.journey), record.journey);
	}
	if (campaign === undefined) return null;
	const ids = [customerId, customer?.id, ...(customer?.merged ?? []).slice(0, maxNames)].filter((id) => id !== undefined);
	const places = [...new Set(ids)].map((id) => keys.campaignSend(`${campaign}/${id}`));
	await tx.load(places);
	const found = places.find((key) => tx.get(key) !== null);
	return found === undefined ? null : bookingIn(found, tx.get<BookingRecord>(found)!, message, `campaign:${campaign}`);
}

/** Former ids under which a campaign is looked for: a commit is bounded. */
const maxNames = 10;

function bookingIn(key: string, record: BookingRecord, { sendKey, step, messageId }: MessageFacts, counters: string, journey?: string): Booking | null {
	const ofStep = Object.entries(record.sends).filter(([, send]) => step !== undefined && send.step === step - 1);
	const name = sendKey ?? (ofStep.length === 1 ? ofStep[0][0] : undefined);
	const entry = name === undefined ? undefined : record.sends[name];
	// The customer has entered the journey anew since: that is another message under the same key.
	const isAnother = entry && messageId?.startsWith('<') && entry.messageId.startsWith('<') && entry.messageId !== messageId;
	return entry && !isAnother ? { key, record, sendKey: name!, entry, counters, ...(journey !== undefined && { journey }) } : null;
}

/** Notes when it happened first, whatever order it is told in. Returns what had not happened before. */
function book(tx: Transaction, booking: Booking, type: EventType, atMs: number): Moment[] {
	const { key, record, sendKey, entry } = booking;
	const after = { ...entry };
	const first: Moment[] = [];
	for (const moment of momentsOf[type] ?? []) {
		if (entry[moment] === undefined) first.push(moment);
		after[moment] = Math.min(entry[moment] ?? Infinity, atMs);
	}
	for (const moment of first) count(tx, booking, counterOf[moment]);
	if ((momentsOf[type] ?? []).some((moment) => after[moment] !== entry[moment])) tx.set(key, { ...record, sends: { ...record.sends, [sendKey]: after } });
	return first;
}

function count(tx: Transaction, { counters, entry: { step, variant } }: Booking, what: string): void {
	tx.count(counters, `${what}.${step + 1}`);
	if (variant !== undefined) tx.count(counters, `${what}.${step + 1}.${variant}`);
}
