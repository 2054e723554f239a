import type { EndReason } from './records';

/**
 * Why a message was not sent. `then` says what becomes of the enrolment: `end` ends it, `next` goes on to the next
 * step, `retry` tries the same step again and parks it after some attempts, `hold` keeps it for later however often,
 * `keep` changes nothing (somebody else owns it).
 */
export const notSentReasons = {
	erased: { sentence: 'The customer asked to be forgotten.', then: 'end', end: 'erased' },
	suppressed: { sentence: 'This address must not be written to any more (bounce, complaint or your own block).', then: 'end', end: 'suppressed' },
	no_consent: { sentence: 'The customer has not agreed to marketing by e-mail.', then: 'end', end: 'no_consent' },
	unsubscribed: { sentence: 'The customer has unsubscribed.', then: 'end', end: 'unsubscribed' },
	sample: { sentence: 'This is a sample from a test in the editor, so nothing was sent.', then: 'keep' },
	superseded: { sentence: 'Another run has taken over or finished this step, so this one sends nothing.', then: 'keep' },
	journey_ended: { sentence: 'The journey ended for this customer before the message left (bought, emptied the cart, ...).', then: 'keep' },
	already_sent: { sentence: 'This message was sent before; it is never sent twice.', then: 'next' },
	unknown_delivery: { sentence: 'An earlier attempt was cut off after handing the message over; it may have arrived, so it is not sent again.', then: 'next' },
	too_old: { sentence: 'The journey is older than its maximum age; a message now would come too late.', then: 'end', end: 'expired' },
	paused: { sentence: 'Sending is paused in the shop settings; the enrolment is kept.', then: 'hold' },
	not_allowed: { sentence: 'Sending is limited to chosen addresses in the shop settings, and this is none of them; the enrolment is kept.', then: 'hold' },
	no_address: { sentence: 'The customer has no e-mail address.', then: 'next' },
	invalid_address: { sentence: 'The e-mail address is not valid.', then: 'next' },
	unknown_customer: { sentence: 'The item names no customer that the store knows.', then: 'keep' },
	rejected: { sentence: 'The mail server refused this message for good.', then: 'next' },
	provider_unavailable: { sentence: 'The mail server could not take the message now; it is tried again.', then: 'retry' },
	template_invalid: { sentence: 'The message could not be rendered for this customer.', then: 'retry' },
	store_unavailable: { sentence: 'The store could not be reached, so nothing was sent.', then: 'retry' },
} as const satisfies Record<string, { sentence: string } & ({ then: 'end'; end: EndReason } | { then: 'next' | 'retry' | 'hold' | 'keep' })>;

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
	replaced: 'Another cart, or another entry of the same customer, took its place.',
	unsubscribed: 'The customer unsubscribed.',
	no_consent: 'The customer has not agreed to marketing.',
	suppressed: 'This customer must not be written to any more (bounce, complaint or your own block).',
	erased: 'The customer asked to be forgotten.',
	expired: 'The journey reached its maximum age.',
	completed: 'All steps were done.',
	switched_off: 'The journey was switched off.',
} as const satisfies Record<EndReason, string>;
