import { ShopJourneysError } from '../model/errors';
import type { TrackingSettings } from '../model/settings';
import { EventLimiter, networkOf } from './limits';
import { largestBody, mostEvents, trackedBatch, trackedEvent, type TrackedBatch } from './schema';

/** One POST of tracking.js, before anything of it is believed. */
export interface TrackingRequest {
	/** The Origin header. */
	origin?: string;
	/** IP address of the sender. */
	address: string;
	/** The `key` of the query string. */
	key: string;
	rawBody: Buffer;
	/** Machine time. */
	receivedAtMs: number;
}

export interface ReceivedBatch extends TrackedBatch {
	/** Why events of it were left out, one short sentence each. */
	refused: string[];
}

/** What one visitor, and one address, may send. An address may be an office or a mobile network with many visitors. */
export class TrackingLimits {
	private readonly visitors = new EventLimiter({ burst: 200, perSecond: 2, mostKeys: 20_000 });
	private readonly addresses = new EventLimiter({ burst: 2_000, perSecond: 30, mostKeys: 20_000 });

	/** @throws TRACKING_LIMIT */
	take(visitor: string, address: string, count: number, nowMs: number): void {
		if (!this.addresses.take(networkOf(address), count, nowMs) || !this.visitors.take(visitor, count, nowMs)) {
			throw new ShopJourneysError('TRACKING_LIMIT', 'More events than one visitor or one address may send');
		}
	}
}

// Crawlers that say so, link previews, programs. The Cubot is a phone.
const robots = /(?<!cu)bot\b|bot[/_-]|crawl|spider|slurp|headless|lighthouse|facebookexternalhit|preview|monitor|pingdom|curl|wget|python|okhttp|go-http|java\//i;

/** Whether it is no visitor, as far as it says so itself. */
export function isRobot(userAgent: string | undefined): boolean {
	return !userAgent || robots.test(userAgent);
}

/**
 * Checks a batch from the cheapest test to the dearest. A bad event is left out, alone.
 * @throws TRACKING_REFUSED (origin or key), TRACKING_LIMIT, PAYLOAD_INVALID
 */
export function receiveBatch(request: TrackingRequest, settings: TrackingSettings | undefined, limits: TrackingLimits): ReceivedBatch {
	checkSender(request, settings);
	if (request.rawBody.length > largestBody) throw new ShopJourneysError('PAYLOAD_INVALID', `A batch may have ${largestBody} bytes`);
	let body: unknown;
	try {
		body = JSON.parse(request.rawBody.toString('utf8'));
	} catch (cause) {
		throw new ShopJourneysError('PAYLOAD_INVALID', 'The batch is no JSON', { cause });
	}
	const batch = trackedBatch.safeParse(body);
	if (!batch.success) throw new ShopJourneysError('PAYLOAD_INVALID', `A batch is { visitor, events } with 1 to ${mostEvents} events`);
	const { visitor, events } = batch.data;
	limits.take(visitor, request.address, events.length, request.receivedAtMs);
	const received: ReceivedBatch = { visitor, events: [], refused: [] };
	events.forEach((event, index) => {
		const result = trackedEvent.safeParse(event);
		if (result.success) received.events.push(result.data);
		else received.refused.push(`events[${index}].${result.error.issues[0].path.map(String).join('.')}: ${result.error.issues[0].message}`);
	});
	return received;
}

function checkSender({ origin, key }: TrackingRequest, settings: TrackingSettings | undefined): void {
	if (!settings) throw new ShopJourneysError('TRACKING_REFUSED', 'Tracking is not set up', { hint: 'Publish the workflow with the Shop Webhook Trigger.' });
	if (!origin || !settings.allowedOrigins.includes(origin)) throw new ShopJourneysError('TRACKING_REFUSED', 'Events of this page are not taken: its origin is not among the allowed ones');
	if (key !== settings.publicKey) throw new ShopJourneysError('TRACKING_REFUSED', 'The key in the script’s address is not that of this shop', { hint: 'Copy the line for the shop’s pages anew: open the address of tracking.js, without a key, in a browser.' });
}
