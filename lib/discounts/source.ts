import type { DiscountCodeRecord } from '../model/records';
import type { Transaction } from '../store/transaction';

/** A code picked for a purpose. */
export interface ChosenCode {
	code: string;
	/** It exists already (an operator's list): issued with the booking. */
	isReady: boolean;
	/** Journey time: when it is over in any case. */
	expiresAtMs?: number;
}

/** What a source says of a code at this moment. */
export interface LiveCode {
	exists: boolean;
	/** It is the one that was booked, not somebody else's of the same name. */
	isOurs: boolean;
	isUsed: boolean;
	isActive: boolean;
}

/** Where codes come from. What reaches out (create, revoke, check) throws SHOP_UNREACHABLE and SHOP_REFUSED, and does nothing more when it is repeated. */
export interface CodeSource {
	/** As records name it: `shop`, or `list:` and a name. */
	readonly name: string;
	/** Picks a code in the transaction that books it. @returns null when there is none left */
	choose(tx: Transaction, nowMs: number): Promise<ChosenCode | null>;
	/** Makes a booked code. */
	create(record: DiscountCodeRecord): Promise<'created' | 'taken'>;
	/** Makes a code unusable, where it is ours and there. */
	revoke(record: DiscountCodeRecord): Promise<void>;
	/** @returns null where the source knows no more than our own record */
	check(record: DiscountCodeRecord): Promise<LiveCode | null>;
}
