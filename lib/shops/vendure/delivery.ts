import { ShopJourneysError } from '../../model/errors';
import type { EventType, ShopEvent } from '../../model/events';
import { currencyDigits } from '../../model/money';
import type { Delivery, NormaliseContext } from '../adapter';
import { parseExactJson } from '../exact-json';
import { Fields } from '../fields';
import { isLinkAddress } from '../links';

export const vendureId = 'vendure';

/** Decimal places that Vendure's amounts have, unless the shop's MoneyStrategy says otherwise. */
const usualPrecision = 2;
const highestPrecision = 6;

/** One delivery of the plugin (docker/vendure/shop-journeys-plugin): what happened, and the entity as it stood when it was sent. */
export interface Told {
	/** The name of Vendure's event. */
	topic: string;
	/** Of the event: the same however often its delivery is tried. */
	id: string;
	/** `created`, `updated`, `deleted` and the like, where the event has a type. */
	type?: string;
	toState?: string;
	/** With events about a refund. */
	refundId?: string;
	/** When the event was, wall clock. The entities' own dates stand still while what belongs to them changes. */
	occurredAtMs: number;
	/** When the entity was read, wall clock: puts events of the same moment in order. */
	readAtMs: number;
	/** BCP 47, as the storefront asked in. */
	locale?: string;
	/** Of the channel. */
	currency?: string;
	/** Decimal places of all amounts, whatever the currency. */
	precision: number;
	/** The entity: `{ order: {...} }`, `{ customer: {...} }` or `{ product: {...} }`. */
	data: Fields;
	context: NormaliseContext;
}

/** @throws PAYLOAD_INVALID with the field that is wrong */
export function readDelivery(delivery: Delivery, context: NormaliseContext): Told {
	const body = Fields.ofBody(parseExactJson(delivery.rawBody));
	const topic = body.text('topic');
	if (topic === undefined) throw body.wrong('topic', 'is required');
	const occurredAtMs = body.timeMs('occurredAt');
	if (occurredAtMs === undefined) throw body.wrong('occurredAt', 'is required');
	const precision = body.integer('moneyPrecision') ?? usualPrecision;
	if (precision < 0 || precision > highestPrecision) throw body.wrong('moneyPrecision', `has to be between 0 and ${highestPrecision}`);
	return {
		topic,
		id: body.requiredId('id'),
		type: body.text('type'),
		toState: body.text('toState'),
		refundId: body.id('refundId'),
		occurredAtMs,
		readAtMs: body.timeMs('readAt') ?? occurredAtMs,
		// Vendure writes pt_BR.
		locale: body.text('languageCode')?.replaceAll('_', '-'),
		currency: body.currency('currencyCode'),
		precision,
		data: body.requiredObject('data'),
		context,
	};
}

/** An event of ours from a delivery. @param once what may happen only once to a thing, whichever deliveries tell of it: the name of the thing */
export function eventOf({ id, occurredAtMs, readAtMs, context }: Told, type: EventType, facts: Pick<ShopEvent, 'customer' | 'cart' | 'order' | 'refund' | 'product'>, once?: string): ShopEvent {
	return {
		type,
		dedupeId: once === undefined ? `${vendureId}:event:${id}` : `${vendureId}:${once}:${type}`,
		occurredAtMs: context.toJourneyMs(occurredAtMs),
		sequenceMs: context.toJourneyMs(readAtMs),
		source: vendureId,
		...facts,
	};
}

/**
 * An amount in minor units of its currency. Vendure keeps whole numbers with the same decimal places for all currencies: with
 * its usual two, 1,900 yen are 190000.
 */
export function moneyIn(fields: Fields, name: string, currency: string, { precision }: Pick<Told, 'precision'>): number | undefined {
	const amount = fields.integer(name);
	if (amount === undefined) return undefined;
	const digits = currencyDigits(currency);
	const minor = digits >= precision ? amount * 10 ** (digits - precision) : Math.round(amount / 10 ** (precision - digits));
	if (!Number.isSafeInteger(minor)) throw fields.wrong(name, 'is too large an amount of money');
	return minor;
}

export function requiredMoneyIn(fields: Fields, name: string, currency: string, told: Pick<Told, 'precision'>): number {
	const minor = moneyIn(fields, name, currency, told);
	if (minor === undefined) throw fields.wrong(name, 'is required');
	return minor;
}

/** The channel's currency where the entity does not say, else the shop's. */
export function currencyOf(fields: Fields, { currency, context }: Told): string {
	return fields.currency('currencyCode') ?? currency ?? context.currency;
}

/** A link that may go into a message; others count as left out. */
export function linkIn(fields: Fields, name: string): string | undefined {
	const link = fields.text(name);
	return link !== undefined && isLinkAddress(link) ? link : undefined;
}

/** The entity that a delivery is about. @throws PAYLOAD_INVALID */
export function entityIn({ topic, data }: Told, kind: 'order' | 'customer' | 'product'): Fields {
	if (!data.isSent(kind)) throw new ShopJourneysError('PAYLOAD_INVALID', `data.${kind} is missing: ${topic} is about one`);
	return data.requiredObject(kind);
}
