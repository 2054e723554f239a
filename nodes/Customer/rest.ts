import { DateTime } from 'luxon';
import { zoneOf } from '../../lib/journeys/schedule';
import { restMs, restUntilMs } from '../../lib/messages/send/timing';
import type { MessageChannel } from '../../lib/model/events';
import type { CustomerRecord } from '../../lib/model/records';
import type { ShopSettings } from '../../lib/model/settings';

export interface Rest {
	channel: MessageChannel;
	/** When the marketing message left that the customer has rest after. Journey time, as `untilMs`. */
	sinceMs: number;
	untilMs: number;
	what: string;
}

const byChannel: Record<MessageChannel, string> = { email: 'e-mail', sms: 'SMS', whatsapp: 'WhatsApp', push: 'web push' };

/** On which channels the customer has rest from marketing, and until when, in words by the customer's clock. */
export function restsOf(customer: CustomerRecord, settings: ShopSettings, nowMs: number): Rest[] {
	const zone = zoneOf(customer, settings);
	return (Object.keys(customer.contacts ?? {}) as MessageChannel[]).flatMap((channel) => {
		const untilMs = restUntilMs(customer, channel, null, restMs(settings, customer, channel));
		if (untilMs <= nowMs) return [];
		const until = DateTime.fromMillis(untilMs, { zone, locale: 'en' }).toFormat("d LLLL yyyy, HH:mm '('z')'");
		return [{ channel, sinceMs: customer.contacts![channel]!.atMs, untilMs, what: `The customer has rest from marketing by ${byChannel[channel]} until ${until}.` }];
	});
}
