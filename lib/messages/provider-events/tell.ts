import { createHash } from 'node:crypto';
import type { Clock } from '../../model/clock';
import { isShopJourneysError } from '../../model/errors';
import type { CustomerFacts, MessageFacts, ShopEvent } from '../../model/events';
import { deliveryCounters, keys } from '../../model/records';
import { normalisePhone } from '../../model/phone';
import { findCustomer, normaliseEmail } from '../../record/identity';
import type { Recorder, RecordOutcome } from '../../record/record';
import type { Store } from '../../store/store';
import { type LinkPayload, readLink } from '../links';
import type { EventProvider, ReadDelivery, ToldEvent } from './provider';

export interface TellOptions {
	linkSecret: Buffer | string;
	clock: Clock;
	/** The shop that the address belongs to: of events without a reference of ours. */
	shopId: string;
	shop(id: string): { store: Store; record: Recorder };
	/** Our own address, without a query: a click on it is told by ourselves. */
	ownAddress: string;
}

export interface Told {
	outcomes: Partial<Record<RecordOutcome | 'ignored', number>>;
	/** What was news, in the order told. */
	news: Array<{ shop: string; event: ShopEvent }>;
}

/** How many events are recorded at a time: the store takes them together. */
const atOnce = 8;

/**
 * Records what a provider tells. The message is found by the signed reference that travelled with it. What has none is of mail that
 * somebody else sent: only what matters for whoever it went to is taken (bounces, complaints, STOP, replies), by the address;
 * the rest is counted.
 * @throws STORE_UNAVAILABLE, STORE_BUSY: the provider is to tell all of it again; what was recorded is known then
 */
export async function tellEvents(provider: EventProvider, { events, ignored }: ReadDelivery, options: TellOptions): Promise<Told> {
	const told: Told = { outcomes: {}, news: [] };
	const count = (outcome: RecordOutcome | 'ignored', add = 1) => (told.outcomes[outcome] = (told.outcomes[outcome] ?? 0) + add);
	let passedOver = ignored;
	for (let start = 0; start < events.length; start += atOnce) {
		const results = await Promise.allSettled(events.slice(start, start + atOnce).map((event) => tellOne(provider, event, options)));
		for (const result of results) {
			if (result.status === 'rejected') throw result.reason;
			if (!result.value) passedOver++;
			else {
				const { outcome, ...news } = result.value;
				count(outcome);
				if (outcome === 'recorded') told.news.push(news);
			}
		}
	}
	if (passedOver > 0) {
		count('ignored', passedOver);
		await options.shop(options.shopId).store.commit({ counters: [{ group: deliveryCounters, field: `${provider.id}.ignored`, add: passedOver }] });
	}
	return told;
}

async function tellOne(provider: EventProvider, told: ToldEvent, options: TellOptions): Promise<{ outcome: RecordOutcome; shop: string; event: ShopEvent } | null> {
	const link = linkOf(told, options);
	const shopId = link?.shop ?? options.shopId;
	const shop = options.shop(shopId);
	const customerId = link?.customerId ?? (await customerByAddress(told, shop.store));
	if (customerId === undefined || isOwnClick(told, options)) return null;
	const event: ShopEvent = {
		...contentOf(told, link, options.clock),
		dedupeId: dedupeId(`${provider.id}:${told.type}:`, told.id),
		...(told.signedToken !== undefined && { signedToken: dedupeId(`${provider.id}-token:`, told.signedToken) }),
		occurredAtMs: options.clock.toJourneyMs(told.atMs),
		source: provider.id,
		customerId,
	};
	return { outcome: await shop.record(event), shop: shopId, event };
}

/** @returns null for none, and for one that is not ours: what was changed proves nothing */
function linkOf({ ref }: ToldEvent, { linkSecret, clock }: TellOptions): LinkPayload | null {
	if (ref === undefined) return null;
	try {
		return readLink(ref, linkSecret, clock.machineNowMs(), 'message');
	} catch (error) {
		if (isShopJourneysError(error, 'LINK_INVALID', 'LINK_EXPIRED')) return null;
		throw error;
	}
}

const takenByAddress: Array<ToldEvent['type']> = ['message_bounced', 'message_complained', 'message_replied', 'unsubscribed', 'subscribed'];

async function customerByAddress({ type, address, message: { channel } }: ToldEvent, store: Store): Promise<string | undefined> {
	if (!takenByAddress.includes(type)) return undefined;
	const [kind, value] = channel === 'email' ? (['email', normaliseEmail(address)] as const) : (['phone', normalisePhone(address)] as const);
	return value === undefined ? undefined : (await findCustomer(store, keys.alias(kind, value)))?.id;
}

const isOwnClick = ({ type, message: { url } }: ToldEvent, { ownAddress }: TellOptions) => type === 'message_clicked' && url?.split('?')[0] === ownAddress;

const dedupeId = (prefix: string, id: string) => (prefix.length + id.length <= 200 ? prefix + id : prefix + createHash('sha256').update(id).digest('base64url'));

function contentOf({ type, atMs, address, message }: ToldEvent, link: LinkPayload | null, clock: Clock): Pick<ShopEvent, 'type' | 'message' | 'customer'> {
	if (type === 'subscribed') {
		const name = ({ email: 'emailConsent', sms: 'smsConsent', whatsapp: 'whatsappConsent', push: 'pushConsent' } as const)[message.channel];
		return { type: 'consent_changed', customer: { [name]: { status: 'subscribed', basis: 'opt_in', atMs: clock.toJourneyMs(atMs) } } as CustomerFacts };
	}
	if (type === 'unsubscribed') return { type, message: { channel: message.channel } };
	const { enrolment, campaign, sendKey, step } = link ?? {};
	const isOfAddress = type === 'message_bounced' || type === 'message_complained';
	const booked = Object.fromEntries(Object.entries({ enrolment, campaign, sendKey, step }).filter(([, value]) => value !== undefined));
	return { type, message: { ...message, ...booked, ...(isOfAddress && address !== undefined && { address }) } as MessageFacts };
}
