import type { EndReason } from './records';

/**
 * Why a message was not sent. `then` says what becomes of the enrolment: `end` ends it, `next` goes on to the next
 * step, `retry` tries the same step again and parks it after some attempts, `hold` keeps it for later however often,
 * `put_off` moves the step to when the message may leave (which uses up no attempt), `keep` changes nothing (somebody else
 * owns it).
 */
export const notSentReasons = {
	erased: { sentence: 'The customer asked to be forgotten.', then: 'end', end: 'erased' },
	suppressed: { sentence: 'This address must not be written to any more (bounce, complaint or your own block).', then: 'end', end: 'suppressed' },
	no_consent: { sentence: 'The customer has not agreed to marketing on this channel.', then: 'end', end: 'no_consent' },
	unsubscribed: { sentence: 'The customer has unsubscribed from this channel.', then: 'end', end: 'unsubscribed' },
	not_interested: { sentence: 'The customer chose topics on the preference page, and this message’s is none of them.', then: 'next' },
	sample: { sentence: 'This is a sample from a test in the editor, so nothing was sent.', then: 'keep' },
	other_variant: { sentence: 'The customer is in a variant that another node sends.', then: 'keep' },
	superseded: { sentence: 'Another run has taken over or finished this step, so this one sends nothing.', then: 'keep' },
	journey_ended: { sentence: 'The journey ended for this customer before the message left (bought, emptied the cart, ...).', then: 'keep' },
	already_sent: { sentence: 'This message was sent before; it is never sent twice.', then: 'next' },
	unknown_delivery: { sentence: 'An earlier attempt was cut off after handing the message over; it may have arrived, so it is not sent again.', then: 'next' },
	capped: { sentence: 'The customer had a marketing message on this channel not long ago and has rest until then; this one waits, unless it would come too late.', then: 'put_off' },
	yields: { sentence: 'A more important journey writes to this customer soon and goes first; this message waits.', then: 'put_off' },
	quiet_hours: { sentence: 'It is night (or another quiet hour of yours) where the customer is; the message waits until it is over.', then: 'put_off' },
	sold_out: { sentence: 'What the message is about is sold out now.', then: 'next' },
	code_invalid: { sentence: 'The discount code is not valid in the shop now; it is tried again.', then: 'retry' },
	code_unavailable: { sentence: 'The discount code could not be had or checked now (the shop does not answer, or the list is empty); it is tried again.', then: 'hold' },
	too_old: { sentence: 'The journey is older than its maximum age; a message now would come too late.', then: 'end', end: 'expired' },
	paused: { sentence: 'Sending is paused in the shop settings; the enrolment is kept.', then: 'hold' },
	not_allowed: { sentence: 'Sending is limited to chosen addresses in the shop settings, and this is none of them; the enrolment is kept.', then: 'hold' },
	no_address: { sentence: 'The customer has no address on this channel (e-mail, phone number, or a browser that takes web push).', then: 'next' },
	invalid_address: { sentence: 'The customer’s address on this channel is not valid.', then: 'next' },
	unknown_customer: { sentence: 'The item names no customer that the store knows.', then: 'keep' },
	rejected: { sentence: 'The provider refused this message for good.', then: 'next' },
	provider_unavailable: { sentence: 'The provider could not take the message now; it is tried again.', then: 'retry' },
	throttled: { sentence: 'The provider takes no more messages for now; this one is sent as soon as it does.', then: 'put_off' },
	template_invalid: { sentence: 'The message could not be rendered for this customer.', then: 'retry' },
	store_unavailable: { sentence: 'The store could not be reached, so nothing was sent.', then: 'retry' },
} as const satisfies Record<string, { sentence: string } & ({ then: 'end'; end: EndReason } | { then: 'next' | 'retry' | 'hold' | 'put_off' | 'keep' })>;

export type NotSentReason = keyof typeof notSentReasons;

/** Why a journey ended for a customer, for people. */
export const endReasons = {
	bought: 'The customer bought.',
	cart_started: 'The customer put something in the cart.',
	paid: 'The order was paid.',
	cancelled: 'The order was cancelled.',
	released: 'The order waits for no goods any more.',
	return_settled: 'The return needs nothing more.',
	left_segment: 'The customer is no longer in the segment.',
	emptied: 'The cart was emptied.',
	checkout_started: 'The checkout was started, which another journey looks after.',
	cart_deleted: 'The shop deleted the cart.',
	restocked: 'The product is back in stock.',
	answered: 'The customer has answered.',
	replied: 'The customer replied to a message, so a person takes over.',
	subscribed: 'The customer subscribed.',
	code_used: 'The discount code was used.',
	replaced: 'Another cart, or another entry of the same customer, took its place.',
	unsubscribed: 'The customer unsubscribed.',
	no_consent: 'The customer has not agreed to marketing.',
	suppressed: 'This customer must not be written to any more (bounce, complaint or your own block).',
	erased: 'The customer asked to be forgotten.',
	expired: 'The journey reached its maximum age.',
	no_date: 'The points that were to expire are gone.',
	completed: 'All steps were done.',
	switched_off: 'The journey was switched off.',
} as const satisfies Record<EndReason, string>;

/** Why a Discount Code node gives no code, for people. */
export const notIssuedReasons = {
	used_up: 'The list has no code left. The step waits until codes are loaded.',
	unavailable: 'The code could not be had now. The step waits and is tried again.',
	refused: 'The shop does not make this discount code. The step is tried again some times and then listed as failed.',
	over: 'The code of this purpose was used or revoked, or ran out after its message had left. There is no second one.',
	superseded: 'Another run has taken over or finished this step, so this one asks for no code.',
	journey_ended: 'The journey ended for this customer, so no code is asked for.',
	erased: 'The customer asked to be forgotten.',
	unknown_customer: 'The item names no customer that the store knows.',
} as const;

export type NotIssuedReason = keyof typeof notIssuedReasons;
