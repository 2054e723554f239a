import { createHash } from 'node:crypto';
import type { DiscountPurpose } from '../model/records';
import { keys } from '../model/records';

/** A step of a journey: one code for each enrolment and step, however often it runs. Steps that are to show the same code name the same step. */
export function stepPurpose({ customerId, journey, enrolment, step }: { customerId: string; journey: string; enrolment: string; step: number }): DiscountPurpose {
	return { customerId, reference: `step ${step}`, journey, enrolment, step };
}

/** Where the purpose's code is found. An enrolment belongs to one customer even after customers were merged, so its codes do not hang on the customer's id. */
export function purposeKey({ customerId, enrolment, reference }: DiscountPurpose): string {
	const parts = enrolment === undefined ? ['customer', customerId, reference] : ['enrolment', enrolment, reference];
	return keys.discountPurpose(createHash('sha256').update(JSON.stringify(parts)).digest('base64url'));
}
