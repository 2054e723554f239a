import { randomUUID } from 'node:crypto';
import { type Clock, dayMs, minuteMs } from '../model/clock';
import { isShopJourneysError, ShopJourneysError } from '../model/errors';
import { type DiscountCodeRecord, type DiscountPurpose, type DiscountTerms, indexes, keys } from '../model/records';
import type { Store } from '../store/store';
import { transact, type Transaction } from '../store/transaction';
import { belongs } from '../record/belongings';
import { normaliseCode } from './code';
import { purposeKey } from './purpose';
import type { ChosenCode, CodeSource } from './source';

export interface IssueRequest {
	purpose: DiscountPurpose;
	terms: DiscountTerms;
	/** Whom alone the shop is to let use it. */
	onlyFor?: DiscountCodeRecord['onlyFor'];
	/** Journey time. */
	expiresAtMs?: number;
	/** Other ids that the customer had before merges: a code that was given under one of them is this customer's. */
	earlierIds?: string[];
	/** Whether a code of this purpose that ran out unseen is replaced by a fresh one. */
	mayRenew?: boolean;
}

export type IssueOutcome =
	/** The code exists and may be shown. */
	| { status: 'issued'; code: string; terms: DiscountTerms; expiresAtMs?: number; isNew: boolean }
	/** Its code was used, revoked or is over: a purpose gets no second one. */
	| { status: 'over'; code: string; state: 'redeemed' | 'revoked' | 'expired' }
	/** The list is empty. */
	| { status: 'used_up' }
	/** The shop could not be asked, or somebody else is asking it for this purpose: to be tried again later. */
	| { status: 'unavailable'; reason: string };

/** Longer than a shop is waited for, so that nobody else asks for the same code meanwhile. */
const claimMs = 5 * minuteMs;
/** After an unclear answer: a request that is still under way in the shop is over by then. */
const restMs = minuteMs;
/** How long a code that was never issued stays booked. Journey time. */
export const bookingMs = 7 * dayMs;
const codesAtMost = 5;
const choicesAtMost = 30;

type Booking = { outcome: IssueOutcome } | { record: DiscountCodeRecord; token: string };

/**
 * The code of a purpose: the same one however often and wherever it is asked for. It is booked before the shop is asked, and issued once the shop has it,
 * so that a crash in between is made good by the next call, with the same code.
 * @throws PARAMETER_INVALID, SHOP_REFUSED (nothing is left then that the shop may have made), STORE_UNAVAILABLE, STORE_BUSY
 */
export async function issueCode(store: Store, source: CodeSource, request: IssueRequest, clock: Clock): Promise<IssueOutcome> {
	requireTerms(request, clock);
	let booking = await book(store, source, request, clock);
	for (let code = 1; 'record' in booking; code++) {
		const made = await make(store, source, booking, clock);
		if (made !== 'foreign') return made;
		if (code === codesAtMost) {
			await forget(store, booking);
			throw new ShopJourneysError('SHOP_REFUSED', `The shop has ${codesAtMost} codes of the same pattern already that are not ours`, { hint: 'Use a pattern with more #, or with letters of its own.' });
		}
		// Somebody else's code of that name: another one takes its place.
		await forget(store, booking);
		booking = await book(store, source, request, clock);
	}
	return booking.outcome;
}

/** @throws PARAMETER_INVALID */
function requireTerms({ terms: { value, currency, minimumMinor, productIds }, expiresAtMs }: IssueRequest, clock: Clock): void {
	const isAmount = (minor: number) => Number.isSafeInteger(minor) && minor > 0;
	const wrong =
		value.kind === 'percentage' && !(value.percent > 0 && value.percent <= 100) ? 'the percentage has to be above 0 and at most 100'
		: value.kind === 'amount' && !isAmount(value.amountMinor) ? 'the amount has to be above 0'
		: value.kind === 'gift' && (!isAmount(value.worthMinor) || value.productId === '') ? 'a gift needs its product and price'
		: minimumMinor !== undefined && !(Number.isSafeInteger(minimumMinor) && minimumMinor >= 0) ? 'the minimum may not be below 0'
		: productIds?.length === 0 ? 'the list of products is empty'
		: !/^[A-Z]{3}$/.test(currency) ? 'the currency has to be a code of three letters'
		: expiresAtMs !== undefined && !(expiresAtMs > clock.journeyNowMs()) ? 'it would be over already'
		: undefined;
	if (wrong) throw new ShopJourneysError('PARAMETER_INVALID', `The discount code cannot be issued: ${wrong}`);
}

/** Finds the purpose's code, or books one; what comes back as a record is for the caller to make. */
async function book(store: Store, source: CodeSource, request: IssueRequest, clock: Clock): Promise<Booking> {
	const outcome = await transact(store, async (tx): Promise<Booking> => {
		const pointers = pointersOf(request);
		await tx.load(pointers);
		const known = pointers.map((pointer) => tx.get<{ code: string }>(pointer)).find((pointer) => pointer !== null);
		if (!known) return await bookNew(tx, source, request, clock);
		const key = codeKey(known.code);
		await tx.load([key]);
		const record = tx.get<DiscountCodeRecord>(key);
		return record === null || (request.mayRenew && hasRunOut(record, clock)) ? await bookNew(tx, source, request, clock) : takeUp(tx, record, source, clock);
	});
	if (outcome.status !== 'committed') throw new ShopJourneysError('STORE_BUSY', 'A discount code could not be booked');
	return outcome.result;
}

/** Ids beyond these were merged long ago; a commit is bounded. */
const earlierAtMost = 30;

/** Where the purpose's code may be found. An enrolment keeps its id through merges. */
function pointersOf({ purpose, earlierIds = [] }: IssueRequest): string[] {
	const earlier = purpose.enrolment === undefined ? earlierIds.slice(0, earlierAtMost) : [];
	return [purposeKey(purpose), ...earlier.map((customerId) => purposeKey({ ...purpose, customerId }))];
}

async function bookNew(tx: Transaction, source: CodeSource, { purpose, terms, onlyFor, expiresAtMs }: IssueRequest, clock: Clock): Promise<Booking> {
	const nowMs = clock.journeyNowMs();
	const chosen = await chooseFree(tx, source, nowMs);
	if (chosen === 'contested') return { outcome: { status: 'unavailable', reason: 'Many take codes from the list at once' } };
	if (chosen === null) return { outcome: { status: 'used_up' } };
	const key = codeKey(chosen.code);
	const listed = tx.get<DiscountCodeRecord>(key);
	const endsAtMs = earliest(expiresAtMs, chosen.expiresAtMs);
	const token = randomUUID();
	const pointer = purposeKey(purpose);
	const record: DiscountCodeRecord = {
		...listed,
		code: chosen.code,
		source: source.name,
		purpose,
		pointer,
		terms,
		...(onlyFor && !chosen.isReady && { onlyFor }),
		...(endsAtMs !== undefined && { expiresAtMs: endsAtMs }),
		...(chosen.isReady ? { state: 'issued', issuedAtMs: nowMs } : { state: 'booked', mark: `Shop Journeys ${token.slice(0, 13)}`, claim: { token, untilMs: clock.machineNowMs() + claimMs } }),
	};
	tx.set(key, record);
	await tx.load([pointer]);
	tx.set(pointer, { code: chosen.code });
	belongs(tx, key, nowMs, purpose.customerId);
	tx.index(indexes.discountCodes, key, chosen.isReady ? (endsAtMs ?? null) : earliest(endsAtMs, nowMs + bookingMs)!);
	return chosen.isReady ? { outcome: issued(record, true) } : { record, token };
}

/** A code may be taken between being chosen and being loaded: then the next one is. */
async function chooseFree(tx: Transaction, source: CodeSource, nowMs: number): Promise<ChosenCode | null | 'contested'> {
	for (let choice = 1; choice <= choicesAtMost; choice++) {
		const chosen = await source.choose(tx, nowMs);
		if (chosen === null) return null;
		await tx.load([codeKey(chosen.code)]);
		const record = tx.get<DiscountCodeRecord>(codeKey(chosen.code));
		if (record === null || record.state === 'free') return chosen;
	}
	return 'contested';
}

function hasRunOut({ state, expiresAtMs }: DiscountCodeRecord, clock: Clock): boolean {
	return state === 'expired' || (state === 'issued' && expiresAtMs !== undefined && expiresAtMs <= clock.journeyNowMs());
}

/** What is there for the purpose: issued, over, or booked by somebody who may have died over it. */
function takeUp(tx: Transaction, record: DiscountCodeRecord, source: CodeSource, clock: Clock): Booking {
	const isOver = record.expiresAtMs !== undefined && record.expiresAtMs <= clock.journeyNowMs();
	if (record.state === 'issued') return { outcome: hasRunOut(record, clock) ? { status: 'over', code: record.code, state: 'expired' } : issued(record, false) };
	if (record.state !== 'booked') return { outcome: { status: 'over', code: record.code, state: record.state as 'redeemed' | 'revoked' | 'expired' } };
	if (record.source !== source.name || isOver) return { outcome: { status: 'unavailable', reason: 'A code that was booked before is still to be swept' } };
	if (record.claim && record.claim.untilMs > clock.machineNowMs()) return { outcome: { status: 'unavailable', reason: 'The shop is being asked for this code' } };
	const token = randomUUID();
	// Whoever booked it may have asked the shop before it died.
	const taken: DiscountCodeRecord = { ...record, isUnclear: true, claim: { token, untilMs: clock.machineNowMs() + claimMs } };
	tx.set(codeKey(record.code), taken);
	return { record: taken, token };
}

/** Has the shop make a booked code. @returns `foreign` where the shop has one of that name that is not ours */
async function make(store: Store, source: CodeSource, { record, token }: { record: DiscountCodeRecord; token: string }, clock: Clock): Promise<IssueOutcome | 'foreign'> {
	try {
		const before = record.isUnclear ? await source.check(record) : null;
		if (!before?.exists && (await source.create(record)) === 'created') return await settle(store, record, token, clock);
		const there = before?.exists ? before : await source.check(record);
		return there?.isOurs ? await settle(store, record, token, clock) : 'foreign';
	} catch (error) {
		if (isShopJourneysError(error, 'SHOP_UNREACHABLE')) {
			await rest(store, record, token, clock);
			return { status: 'unavailable', reason: error.message };
		}
		if (!isShopJourneysError(error, 'SHOP_REFUSED', 'PARAMETER_INVALID')) throw error;
		if (record.isUnclear) await rest(store, record, token, clock);
		else await forget(store, { record, token });
		throw error;
	}
}

/** The shop has it: from now on it may be shown. */
async function settle(store: Store, { code }: DiscountCodeRecord, token: string, clock: Clock): Promise<IssueOutcome> {
	const outcome = await changeOurs(store, code, token, (tx, record) => {
		const { claim: _claim, isUnclear: _isUnclear, onlyFor: _onlyFor, ...rest } = record;
		const settled: DiscountCodeRecord = { ...rest, state: 'issued', issuedAtMs: clock.journeyNowMs() };
		tx.set(codeKey(code), settled);
		tx.index(indexes.discountCodes, codeKey(code), settled.expiresAtMs ?? null);
		return issued(settled, true);
	});
	return outcome ?? { status: 'unavailable', reason: 'Somebody else took the code up meanwhile' };
}

async function rest(store: Store, { code }: DiscountCodeRecord, token: string, clock: Clock): Promise<void> {
	await changeOurs(store, code, token, (tx, record) => tx.set(codeKey(code), { ...record, isUnclear: true, claim: { token, untilMs: clock.machineNowMs() + restMs } }));
}

/** Takes a booking back of which the shop has nothing. */
async function forget(store: Store, { record: { code }, token }: { record: DiscountCodeRecord; token: string }): Promise<void> {
	await changeOurs(store, code, token, (tx, record) => removeBooking(tx, codeKey(code), record));
}

/** Takes a booking out of the store, with what leads to it. */
export async function removeBooking(tx: Transaction, key: string, { purpose, pointer }: DiscountCodeRecord): Promise<void> {
	await tx.load([pointer]);
	tx.set(key, null);
	tx.set(pointer!, null);
	tx.index(indexes.discountCodes, key, null);
	belongs(tx, key, 0, undefined, purpose!.customerId);
}

/** Changes a booking as long as it is still held under this token. */
async function changeOurs<R>(store: Store, code: string, token: string, change: (tx: Transaction, record: DiscountCodeRecord) => R | Promise<R>): Promise<R | undefined> {
	const outcome = await transact(store, async (tx) => {
		await tx.load([codeKey(code)]);
		const record = tx.get<DiscountCodeRecord>(codeKey(code));
		return record?.state === 'booked' && record.claim?.token === token ? await change(tx, record) : undefined;
	});
	return outcome.status === 'committed' ? outcome.result : undefined;
}

const codeKey = (code: string) => keys.discountCode(normaliseCode(code));

function issued({ code, terms, expiresAtMs }: DiscountCodeRecord, isNew: boolean): IssueOutcome {
	return { status: 'issued', code, terms: terms!, ...(expiresAtMs !== undefined && { expiresAtMs }), isNew };
}

function earliest(...times: Array<number | undefined>): number | undefined {
	const known = times.filter((time) => time !== undefined);
	return known.length > 0 ? Math.min(...known) : undefined;
}
