import { createHash } from 'node:crypto';
import type { DiscountPurpose } from '../model/records';
import { keys } from '../model/records';

/**
 * A step of a journey: one code for each enrolment and step, however often it runs. Who enters the journey anew gets a new one.
 * @param name steps that are to share a code name the same purpose
 */
export function stepPurpose({ customerId, journey, enrolment, openedAtMs, step }: { customerId: string; journey: string; enrolment: string; openedAtMs: number; step: number }, name?: string): DiscountPurpose {
	return { customerId, reference: `${name ? `purpose ${name}` : `step ${step}`} since ${openedAtMs}`, journey, enrolment, openedAtMs, ...(!name && { step }) };
}

/** A purpose of the operator's, outside a journey. */
export function namedPurpose(customerId: string, name: string): DiscountPurpose {
	return { customerId, reference: `purpose ${name}` };
}

/** Where the purpose's code is found. An enrolment belongs to one customer even after customers were merged, so its codes do not hang on the customer's id. */
export function purposeKey({ customerId, enrolment, reference }: DiscountPurpose): string {
	const parts = enrolment === undefined ? ['customer', customerId, reference] : ['enrolment', enrolment, reference];
	return keys.discountPurpose(createHash('sha256').update(JSON.stringify(parts)).digest('base64url'));
}
