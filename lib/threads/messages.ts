import { type ErrorCode, isShopJourneysError, messageOf, ShopJourneysError } from '../model/errors';

/** What a thread is told: calls in the order in which they were made, or that it is to end. Arguments are plain data. */
export type ToThread = { calls: Call[] } | { close: true };
export type Call = [id: number, name: string, args: unknown[]];

/** What it answers, in the order in which calls were done. */
export type FromThread = Reply[];
export type Reply = [id: number, answer: unknown] | [id: number, answer: null, failure: Failure];

/** An error as a message between threads carries it: its class would be lost. */
export interface Failure {
	code?: ErrorCode;
	message: string;
	hint?: string;
	stack?: string;
}

export function failureOf(error: unknown): Failure {
	if (isShopJourneysError(error)) return { code: error.code, message: error.message, hint: error.hint };
	return { message: messageOf(error), ...(error instanceof Error && { stack: error.stack }) };
}

export function errorFrom({ code, message, hint, stack }: Failure): Error {
	if (code) return new ShopJourneysError(code, message, { hint });
	return Object.assign(new Error(message), stack && { stack });
}
