import { ShopJourneysError } from '../model/errors';
import { currencyDigits } from '../model/money';

/**
 * The rules of points, pure: the state of a customer's ledger and an operation give the next state. Points are whole numbers.
 * Each credit is a lot with its own expiry; what expires soonest is spent first; nothing ever goes below zero. A claw-back that finds too
 * little is reported as a shortfall and remembered (`owed`): later points pay it first, so that buying, redeeming and sending back gains nobody anything.
 */

/** Points that expire together; without a time, never. */
export interface Lot {
	points: number;
	/** Journey time from which on they are gone. */
	expiresAtMs?: number;
}

/** Earned, and not to be spent before a time. */
export interface PendingLot extends Lot {
	availableAtMs: number;
}

/** Held for a checkout: neither available nor spent. */
export interface Reservation {
	/** Given back by itself from then on (journey time). */
	untilMs: number;
	parts: Lot[];
}

export type EntryType = 'earned' | 'available' | 'redeemed' | 'reserved' | 'released' | 'given_back' | 'clawed_back' | 'adjusted' | 'expired';

/** One line of the history; lines are only ever added. All `points` but those of `available` (which say what is no longer pending) add up to what is available and pending. */
export interface LedgerEntry {
	/** 0 is the first of the customer's. */
	seq: number;
	atMs: number;
	type: EntryType;
	/** What moved; below zero when it was taken away. */
	points: number;
	/** Available right after the operation that wrote the entry. */
	balance: number;
	reference?: string;
	/** A claw-back's points that were not there, to be taken from later ones. */
	shortfall?: number;
	/** Who adjusted, and why. */
	by?: string;
	note?: string;
}

/** Since the beginning. earned + givenBack + adjusted - redeemed - clawedBack - expired is what is in the lots, those pending and reserved included. */
export interface LedgerTotals {
	earned: number;
	givenBack: number;
	/** May be below zero. */
	adjusted: number;
	redeemed: number;
	clawedBack: number;
	expired: number;
}

/** The head of a customer's ledger: small however long the history is. */
export interface LedgerHead {
	/** The latest journey time it was settled at: time does not run backwards for it. */
	atMs: number;
	/** Soonest expiry first, those that never expire last; one per expiry, at most `maxLots`. */
	lots: Lot[];
	/** Soonest available first, at most `maxPending`. */
	pending: PendingLot[];
	/** By the name of their receipt, at most `maxReservations`. */
	reservations: Record<string, Reservation>;
	/** Clawed back and not found yet. */
	owed: number;
	/** Unspent points of the lots that expired last, newest first: a claw-back of an order whose points expired takes these first. At most `maxLapsed`. */
	lapsed: Lot[];
	totals: LedgerTotals;
	/** How many entries there ever were. */
	entries: number;
	/** The newest entries, oldest first: fewer than `pageSize`; the others are in pages. */
	recent: LedgerEntry[];
	/** Customers who were merged into this one, in that order: their entries, all in pages, stay under their ids, and so do their receipts, which count on. */
	chapters?: Chapter[];
}

export interface Chapter {
	customerId: string;
	entries: number;
}

export const maxLots = 48;
export const maxPending = 32;
export const maxReservations = 20;
const maxLapsed = 8;
/** Entries in a page of the history. */
export const pageSize = 20;
/** Characters of a reference: shops' ids of orders, which references name, have up to 150. */
export const maxReference = 200;
/** Of one operation. */
export const maxPoints = 1_000_000_000;

export type LedgerOperation =
	/** Counts once per reference. Pending until `availableAtMs` when given; gone at `expiresAtMs` when given. */
	| { type: 'earn'; reference: string; points: number; availableAtMs?: number; expiresAtMs?: number; note?: string }
	/** All or nothing; with `upTo` as many as are available. */
	| { type: 'redeem'; reference: string; points: number; upTo?: boolean; note?: string }
	/** The same for a checkout: held until it is confirmed or released, or until `untilMs`. A reference that was released is not reserved again. */
	| { type: 'reserve'; reference: string; points: number; upTo?: boolean; untilMs: number }
	| { type: 'confirm'; reference: string }
	| { type: 'release'; reference: string }
	/**
	 * An order was refunded in part or altogether: points redeemed on it go back to their lots, points earned with it are taken back, both in the
	 * proportion that all its refunds together are of `orderMinor`. `reference` names the refund, the other two are those of earning and redeeming.
	 * `isTotal`: `refundedMinor` is what all refunds so far come to, not this one alone.
	 */
	| { type: 'give_back'; reference: string; earnReference?: string; redeemReference?: string; refundedMinor: number; orderMinor: number; isTotal?: boolean }
	/** By hand. Below zero takes points away, as far as there are any. Does not pay what is owed. */
	| { type: 'adjust'; reference: string; points: number; by: string; note: string; expiresAtMs?: number }
	/** Nothing but what fell due. */
	| { type: 'settle' };

export interface LedgerOutcome {
	/**
	 * `insufficient`: too few points available. `unknown`: nothing was earned, redeemed or reserved under the reference yet. `released`: the reservation is over;
	 * `redeemed`: it was confirmed, and only a refund gives the points back; `reserved`: points are held under the reference, to be confirmed rather than redeemed. `too_many`: too many reservations are open. In all of these nothing has changed, and the reference may still be used.
	 */
	status: 'done' | 'insufficient' | 'unknown' | 'released' | 'redeemed' | 'reserved' | 'too_many';
	/** The operation had been done before; this is what it came to then. */
	isRepeated?: boolean;
	/** Earned, redeemed, reserved, confirmed, released, adjusted (below zero: taken away), or back in their lots. */
	points: number;
	/** give_back: earned points that were taken away. */
	clawedBack?: number;
	/** give_back: of the claw-back, what was not there; adjust: what could not be taken away. */
	shortfall?: number;
	/** Of the points credited, those that paid an earlier shortfall. */
	paid?: number;
}

/** What is remembered of a reference for good: that it counted, and what a refund needs. */
export interface Receipt {
	atMs: number;
	points: number;
	outcome: LedgerOutcome;
	/** earn: which lot. */
	expiresAtMs?: number;
	availableAtMs?: number;
	/** redeem: from which lots. */
	parts?: Lot[];
	/** redeem: a reservation that ran out stays `reserved` here; the head no longer has it. */
	state?: 'reserved' | 'redeemed' | 'released';
	/** Of the refunds so far, in minor units; and the points undone by them. */
	refundedMinor?: number;
	undone?: number;
}

export interface Applied {
	head: LedgerHead;
	/** Receipts to be written, by `receiptNames`. */
	receipts: Record<string, Receipt>;
	outcome: LedgerOutcome;
	/** New entries, oldest first: all that happened, with what fell due meanwhile. Also in `head.recent`, which the caller cuts into pages. */
	entries: LedgerEntry[];
}

export function emptyLedger(): LedgerHead {
	return { atMs: 0, lots: [], pending: [], reservations: {}, owed: 0, lapsed: [], totals: { earned: 0, givenBack: 0, adjusted: 0, redeemed: 0, clawedBack: 0, expired: 0 }, entries: 0, recent: [] };
}

/** The receipts that an operation is decided by: the first is its own. */
export function receiptNames(operation: LedgerOperation): string[] {
	if (operation.type === 'settle') return [];
	const own = { earn: 'earn', redeem: 'redeem', reserve: 'redeem', confirm: 'redeem', release: 'redeem', give_back: 'give-back', adjust: 'adjust' }[operation.type];
	const names = [`${own}:${operation.reference}`];
	if (operation.type === 'give_back') {
		if (operation.earnReference) names.push(`earn:${operation.earnReference}`);
		if (operation.redeemReference) names.push(`redeem:${operation.redeemReference}`);
	}
	return names;
}

/**
 * Applies an operation at a time, what fell due until then first. The arguments stay as they are.
 * @param receipts those of `receiptNames` that exist
 * @throws PARAMETER_INVALID
 */
export function applyOperation(before: LedgerHead, receipts: Record<string, Receipt | undefined>, operation: LedgerOperation, nowMs: number): Applied {
	validate(operation);
	const draft = new Draft(before, nowMs);
	const outcome = decide(draft, receipts, operation);
	return { ...draft.finished(), outcome };
}

/** What falls due by a time: pending points become available, reservations that ran out are released, expired lots go. */
export function settle(before: LedgerHead, nowMs: number): { head: LedgerHead; entries: LedgerEntry[] } {
	const { head, entries } = new Draft(before, nowMs).finished();
	return { head, entries };
}

/**
 * Two ledgers of customers who proved to be one. Not a point is won or lost by it: what is owed stays owed until points are earned. Where both hold points under the
 * same reference, those of `goes` are let go.
 * @returns the ledger that stays, and the entries of the other that stand in no page yet
 */
export function mergeLedgers(stays: LedgerHead, goes: LedgerHead, goesId: string): { head: LedgerHead; tail: LedgerEntry[] } {
	const draft = new Draft(goes, goes.atMs);
	for (const name of Object.keys(goes.reservations)) if (name in stays.reservations && name in draft.reservations) draft.releaseReservation(name);
	const left = draft.finished().head;
	const chapters: Chapter[] = [...(stays.chapters ?? []), ...(left.chapters ?? []), ...(left.entries > 0 ? [{ customerId: goesId, entries: left.entries }] : [])];
	const totals = Object.fromEntries(Object.entries(stays.totals).map(([name, points]) => [name, points + left.totals[name as keyof LedgerTotals]])) as unknown as LedgerTotals;
	const lots = joined([...stays.lots, ...left.lots], expiryOf);
	const pending = joined([...stays.pending, ...left.pending], ({ availableAtMs }) => availableAtMs);
	while (lots.length > maxLots) joinNearest(lots, expiryOf);
	while (pending.length > maxPending) joinNearest(pending, ({ availableAtMs }) => availableAtMs);
	const lapsed = joined([...stays.lapsed, ...left.lapsed], (lot) => -expiryOf(lot)).slice(0, maxLapsed);
	const reservations = { ...left.reservations, ...stays.reservations };
	const head = { ...stays, atMs: Math.max(stays.atMs, left.atMs), lots, pending, reservations, owed: stays.owed + left.owed, lapsed, totals, ...(chapters.length > 0 && { chapters }) };
	return { head, tail: left.recent };
}

/** Lots of the same times are one; in the order of `timeOf`. */
function joined<T extends Lot & { availableAtMs?: number }>(lots: T[], timeOf: (lot: T) => number): T[] {
	const all: T[] = [];
	for (const lot of lots) {
		const same = all.find((other) => other.expiresAtMs === lot.expiresAtMs && other.availableAtMs === lot.availableAtMs);
		if (same) same.points += lot.points;
		else all.push({ ...lot });
	}
	return all.sort((a, b) => timeOf(a) - timeOf(b));
}

/** The receipts that an entry tells of: every receipt is told of by one. */
export function receiptNameOf({ type, reference }: LedgerEntry): string | null {
	const kind = { earned: 'earn', redeemed: 'redeem', reserved: 'redeem', released: 'redeem', given_back: 'give-back', clawed_back: 'give-back', adjusted: 'adjust', available: null, expired: null }[type];
	return kind === null || reference === undefined ? null : `${kind}:${reference}`;
}

/** When something falls due next; null: never. */
export function nextDueMs(head: LedgerHead): number | null {
	const times = [head.lots[0]?.expiresAtMs, head.pending[0]?.availableAtMs, ...Object.values(head.reservations).map(({ untilMs }) => untilMs)].filter((time) => time !== undefined);
	return times.length === 0 ? null : Math.min(...times);
}

export interface PointsBalance {
	/** May be spent now. */
	available: number;
	/** Earned, not to be spent yet. */
	pending: number;
	/** Held for checkouts. */
	reserved: number;
	/** Still to be taken from points to come. */
	owed: number;
	/** Available points that expire, soonest first. */
	expiring: Array<{ expiresAtMs: number; points: number }>;
}

/** The balance as it is at a time, without writing anything. */
export function balanceAt(head: LedgerHead, nowMs: number): PointsBalance {
	const dueMs = nextDueMs(head);
	const { lots, pending, reservations, owed } = dueMs !== null && dueMs <= Math.max(head.atMs, nowMs) ? settle(head, nowMs).head : head;
	const expiring = lots.flatMap(({ points, expiresAtMs }) => (expiresAtMs === undefined ? [] : [{ expiresAtMs, points }]));
	return { available: sum(lots), pending: sum(pending), reserved: sum(Object.values(reservations).flatMap(({ parts }) => parts)), owed, expiring };
}

/**
 * Points for an amount: `rate` points for each whole unit of the currency (0.5: one point for two euros), without going through binary fractions.
 * @param amountMinor an integer; below zero counts as nothing
 * @throws PARAMETER_INVALID
 */
export function pointsForAmount({ amountMinor, currency }: { amountMinor: number; currency: string }, rate: number, rounding: 'down' | 'nearest' | 'up' = 'down'): number {
	return pointsTimes({ count: amountMinor, decimals: currencyDigits(currency) }, rate, rounding);
}

/**
 * `rate` points for each of `count`, which is an integer with its last `decimals` digits behind the point; below zero counts as nothing. Exact.
 * @throws PARAMETER_INVALID
 */
export function pointsTimes({ count, decimals }: { count: number; decimals: number }, rate: number, rounding: 'down' | 'nearest' | 'up'): number {
	const match = /^(\d+)(?:\.(\d{1,6}))?$/.exec(String(rate));
	if (!match) throw invalid(`${rate} is not a number of points per unit (at most six decimals, not below zero)`);
	const [, whole, fraction = ''] = match;
	const divisor = 10n ** BigInt(fraction.length + decimals);
	const product = BigInt(Math.max(0, count)) * BigInt(whole + fraction);
	const add = { down: 0n, nearest: divisor / 2n, up: divisor - 1n }[rounding];
	const points = Number((product + add) / divisor);
	if (points > maxPoints) throw invalid(`${points} points are more than one operation may move`);
	return points;
}

const sum = (lots: Lot[]) => lots.reduce((total, { points }) => total + points, 0);
const never = Number.MAX_SAFE_INTEGER;
const expiryOf = ({ expiresAtMs }: Lot) => expiresAtMs ?? never;
const invalid = (message: string) => new ShopJourneysError('PARAMETER_INVALID', message);

function validate(operation: LedgerOperation): void {
	if (operation.type === 'settle') return;
	const { reference } = operation;
	if (reference === '' || reference.length > maxReference) throw invalid(`A reference has 1 to ${maxReference} characters`);
	if ('points' in operation) {
		const least = operation.type === 'earn' ? 0 : operation.type === 'adjust' ? -maxPoints : 1;
		if (!Number.isSafeInteger(operation.points) || operation.points < least || operation.points > maxPoints || (operation.type === 'adjust' && operation.points === 0)) {
			throw invalid(`${operation.points} is not a number of points that can be moved: whole points, at most ${maxPoints}`);
		}
	}
	for (const time of ['availableAtMs', 'expiresAtMs', 'untilMs'] as const) {
		const value = (operation as Partial<Record<typeof time, number>>)[time];
		if (value !== undefined && !Number.isSafeInteger(value)) throw invalid(`${time} is not a time`);
	}
	if (operation.type === 'earn' && operation.availableAtMs !== undefined && expiryOf({ points: 0, expiresAtMs: operation.expiresAtMs }) <= operation.availableAtMs) throw invalid('Points cannot expire before they are available');
	if (operation.type === 'adjust' && (operation.by === '' || operation.note === '')) throw invalid('An adjustment says who made it and why');
	if (operation.type === 'give_back') {
		const { refundedMinor, orderMinor, earnReference, redeemReference } = operation;
		if (!Number.isSafeInteger(refundedMinor) || refundedMinor < 0 || !Number.isSafeInteger(orderMinor) || orderMinor <= 0) throw invalid('A refund needs its amount and that of the order, in minor units');
		if (!earnReference && !redeemReference) throw invalid('A refund names what was earned or what was redeemed with the order');
	}
}

function decide(draft: Draft, receipts: Record<string, Receipt | undefined>, operation: LedgerOperation): LedgerOutcome {
	const [name] = receiptNames(operation);
	const receipt = receipts[name];
	switch (operation.type) {
		case 'settle':
			return { status: 'done', points: 0 };
		case 'confirm':
		case 'release':
			return settleReservation(draft, name, receipt, operation);
		case 'redeem':
		case 'reserve':
			if (receipt) return spentBefore(draft, name, receipt, operation);
			break;
		default:
			if (receipt) return { ...receipt.outcome, isRepeated: true };
	}
	switch (operation.type) {
		case 'earn':
			return earn(draft, name, operation);
		case 'redeem':
		case 'reserve':
			return spend(draft, name, operation);
		case 'adjust':
			return adjust(draft, name, operation);
		case 'give_back':
			return giveBack(draft, name, receipts, operation);
	}
}

type Of<T extends LedgerOperation['type']> = Extract<LedgerOperation, { type: T }>;

function earn(draft: Draft, name: string, { reference, points, availableAtMs, expiresAtMs, note }: Of<'earn'>): LedgerOutcome {
	draft.totals.earned += points;
	const lot = { points, ...(expiresAtMs !== undefined && { expiresAtMs }) };
	const isPending = availableAtMs !== undefined && availableAtMs > draft.nowMs;
	draft.enter({ type: 'earned', points, reference, ...(note !== undefined && { note }) });
	const paid = isPending ? draft.credit({ ...lot, availableAtMs }) : draft.credit(lot);
	const outcome: LedgerOutcome = { status: 'done', points, ...(paid > 0 && { paid }) };
	draft.receipts[name] = { atMs: draft.nowMs, points, outcome, ...(expiresAtMs !== undefined && { expiresAtMs }), ...(isPending && { availableAtMs }) };
	return outcome;
}

function spend(draft: Draft, name: string, operation: Of<'redeem' | 'reserve'>): LedgerOutcome {
	const available = sum(draft.lots);
	if (available === 0 || (available < operation.points && !operation.upTo)) return { status: 'insufficient', points: 0, shortfall: operation.points - available };
	const isReservation = operation.type === 'reserve';
	if (isReservation && Object.keys(draft.reservations).length >= maxReservations) return { status: 'too_many', points: 0 };
	const parts = draft.take(Math.min(available, operation.points));
	const points = sum(parts);
	if (isReservation) draft.reservations[name] = { untilMs: operation.untilMs, parts };
	else draft.totals.redeemed += points;
	draft.enter({ type: isReservation ? 'reserved' : 'redeemed', points: -points, reference: operation.reference, ...(!isReservation && operation.note !== undefined && { note: operation.note }) });
	const outcome: LedgerOutcome = { status: 'done', points };
	draft.receipts[name] = { atMs: draft.nowMs, points, outcome, parts, state: isReservation ? 'reserved' : 'redeemed' };
	return outcome;
}

/** A repetition, unless the reference is that of a reservation: one that is over holds nothing, and one that is open is not spent yet. */
function spentBefore(draft: Draft, name: string, { state, outcome }: Receipt, { type }: Of<'redeem' | 'reserve'>): LedgerOutcome {
	if (state === 'redeemed') return { ...outcome, isRepeated: true };
	if (!(name in draft.reservations)) return { status: 'released', points: 0 };
	return type === 'reserve' ? { ...outcome, isRepeated: true } : { status: 'reserved', points: 0 };
}

function settleReservation(draft: Draft, name: string, receipt: Receipt | undefined, { type, reference }: Of<'confirm' | 'release'>): LedgerOutcome {
	if (!receipt) return { status: 'unknown', points: 0 };
	const reservation = draft.reservations[name] as Reservation | undefined;
	if (!reservation) {
		const isRedeemed = receipt.state === 'redeemed';
		// Confirming what was redeemed, or releasing what is released already, is a repetition; the opposite is not possible any more.
		if (isRedeemed) return type === 'confirm' ? { ...receipt.outcome, isRepeated: true } : { status: 'redeemed', points: 0 };
		return type === 'release' ? { ...receipt.outcome, isRepeated: true } : { status: 'released', points: 0 };
	}
	if (type === 'release') {
		const paid = draft.releaseReservation(name);
		draft.receipts[name] = { ...receipt, state: 'released' };
		return { status: 'done', points: receipt.points, ...(paid > 0 && { paid }) };
	}
	delete draft.reservations[name];
	draft.totals.redeemed += receipt.points;
	// The points left the balance when they were reserved.
	draft.enter({ type: 'redeemed', points: 0, reference });
	draft.receipts[name] = { ...receipt, state: 'redeemed' };
	return { status: 'done', points: receipt.points };
}

function adjust(draft: Draft, name: string, { reference, points, by, note, expiresAtMs }: Of<'adjust'>): LedgerOutcome {
	let moved = points;
	if (points > 0) draft.add({ points, ...(expiresAtMs !== undefined && { expiresAtMs }) });
	// Nothing is 0, not -0.
	else moved = 0 - sum(draft.take(-points));
	draft.totals.adjusted += moved;
	draft.enter({ type: 'adjusted', points: moved, reference, by, note });
	const outcome: LedgerOutcome = { status: 'done', points: moved, ...(moved !== points && { shortfall: moved - points }) };
	draft.receipts[name] = { atMs: draft.nowMs, points: moved, outcome };
	return outcome;
}

function giveBack(draft: Draft, name: string, receipts: Record<string, Receipt | undefined>, operation: Of<'give_back'>): LedgerOutcome {
	const { reference, earnReference, redeemReference } = operation;
	const earned = earnReference ? receipts[`earn:${earnReference}`] : undefined;
	const redeemed = redeemReference ? receipts[`redeem:${redeemReference}`] : undefined;
	// A refund told of before its order waits: nothing is changed, and the caller tries again.
	if ((earnReference && !earned) || (redeemReference && redeemed?.state !== 'redeemed')) return { status: 'unknown', points: 0 };
	const outcome: LedgerOutcome = { status: 'done', points: 0 };
	// Redeemed points first: they may be just those that the claw-back needs.
	if (redeemed) {
		const { refundedMinor, undone } = share(redeemed, operation, 'down');
		const from = redeemed.undone ?? 0;
		const parts = slice([...redeemed.parts!].reverse(), from, undone);
		outcome.points = sum(parts);
		draft.totals.givenBack += outcome.points;
		if (outcome.points > 0) draft.enter({ type: 'given_back', points: outcome.points, reference });
		const paid = parts.reduce((total, part) => total + draft.credit(part), 0);
		if (paid > 0) outcome.paid = paid;
		draft.receipts[`redeem:${redeemReference}`] = { ...redeemed, refundedMinor, undone };
	}
	if (earned) {
		const { refundedMinor, undone } = share(earned, operation, 'up');
		const wanted = undone - (earned.undone ?? 0);
		const { taken, shortfall } = draft.clawBack(wanted, earned);
		outcome.clawedBack = taken;
		if (shortfall > 0) outcome.shortfall = shortfall;
		if (wanted > 0) draft.enter({ type: 'clawed_back', points: 0 - taken, reference, ...(shortfall > 0 && { shortfall }) });
		draft.receipts[`earn:${earnReference}`] = { ...earned, refundedMinor, undone };
	}
	// Every receipt is named by an entry: that is how an erasure finds it.
	if (!draft.hasEntered(reference)) draft.enter({ type: 'given_back', points: 0, reference });
	draft.receipts[name] = { atMs: draft.nowMs, points: outcome.points, outcome };
	return outcome;
}

/** How much of a receipt's points is undone once this refund is counted too: never more than all, never less than before. */
function share(receipt: Receipt, { refundedMinor, orderMinor, isTotal }: Of<'give_back'>, rounding: 'down' | 'up'): { refundedMinor: number; undone: number } {
	const before = receipt.refundedMinor ?? 0;
	const refunded = isTotal ? Math.max(before, refundedMinor) : before + refundedMinor;
	const add = rounding === 'up' ? BigInt(orderMinor) - 1n : 0n;
	const target = Number((BigInt(receipt.points) * BigInt(Math.min(refunded, orderMinor)) + add) / BigInt(orderMinor));
	return { refundedMinor: refunded, undone: Math.max(receipt.undone ?? 0, target) };
}

/** The points from the `from`th to before the `to`th, by lot. */
function slice(parts: Lot[], from: number, to: number): Lot[] {
	let position = 0;
	return parts.flatMap((part) => {
		const start = Math.max(from, position);
		position += part.points;
		const points = Math.min(to, position) - start;
		return points > 0 ? [{ ...part, points }] : [];
	});
}

/** A copy of the head that an operation works on. */
class Draft {
	readonly nowMs: number;
	readonly receipts: Record<string, Receipt> = {};
	readonly reservations: Record<string, Reservation>;
	readonly totals: LedgerTotals;
	lots: Lot[];
	private pending: PendingLot[];
	private lapsed: Lot[];
	private owed: number;
	private readonly entered: Array<Omit<LedgerEntry, 'seq' | 'balance'>> = [];

	constructor(
		private readonly before: LedgerHead,
		nowMs: number,
	) {
		this.nowMs = Math.max(before.atMs, nowMs);
		this.reservations = { ...before.reservations };
		this.totals = { ...before.totals };
		this.lots = before.lots.map((lot) => ({ ...lot }));
		this.pending = before.pending.map((lot) => ({ ...lot }));
		this.lapsed = before.lapsed.map((lot) => ({ ...lot }));
		this.owed = before.owed;
		this.fallDue();
	}

	/** The next head, with what fell due by the operation itself (points given back to a lot that is over). */
	finished(): Omit<Applied, 'outcome'> {
		this.fallDue();
		this.bound();
		const balance = sum(this.lots);
		const entries = this.entered.map((entry, index) => ({ ...entry, seq: this.before.entries + index, balance }));
		const { lots, pending, reservations, owed, lapsed, totals } = this;
		const head = { atMs: this.nowMs, lots, pending, reservations, owed, lapsed, totals, entries: this.before.entries + entries.length, recent: [...this.before.recent, ...entries], ...(this.before.chapters && { chapters: this.before.chapters }) };
		return { head, receipts: this.receipts, entries };
	}

	enter(entry: Omit<LedgerEntry, 'seq' | 'balance' | 'atMs'>): void {
		this.entered.push({ ...entry, atMs: this.nowMs });
	}

	hasEntered(reference: string): boolean {
		return this.entered.some((entry) => entry.reference === reference);
	}

	/** Pays what is owed, then puts the rest in its lot. @returns what was paid */
	credit(lot: Lot | PendingLot): number {
		const paid = Math.min(this.owed, lot.points);
		this.owed -= paid;
		this.totals.clawedBack += paid;
		if (paid > 0) this.enter({ type: 'clawed_back', points: -paid });
		this.add({ ...lot, points: lot.points - paid });
		return paid;
	}

	add(lot: Lot | PendingLot): void {
		if (lot.points === 0) return;
		if ('availableAtMs' in lot) {
			const same = this.pending.find(({ availableAtMs, expiresAtMs }) => availableAtMs === lot.availableAtMs && expiresAtMs === lot.expiresAtMs);
			if (same) same.points += lot.points;
			else this.pending = [...this.pending, { ...lot }].sort((a, b) => a.availableAtMs - b.availableAtMs);
			return;
		}
		const same = this.lots.find(({ expiresAtMs }) => expiresAtMs === lot.expiresAtMs);
		if (same) same.points += lot.points;
		else this.lots = [...this.lots, { ...lot }].sort((a, b) => expiryOf(a) - expiryOf(b));
	}

	/** Takes available points, soonest expiry first, as far as there are any. */
	take(points: number): Lot[] {
		const taken = takeFrom(this.lots, points);
		this.lots = this.lots.filter(isLeft);
		return taken;
	}

	/** Takes an order's points back: its own lot first, then what of it expired unspent, then others. What is not there is owed. */
	clawBack(wanted: number, { expiresAtMs, availableAtMs }: Receipt): { taken: number; shortfall: number } {
		const isOwn = (lot: Lot) => lot.expiresAtMs === expiresAtMs;
		let left = wanted;
		const takeOf = (lots: Lot[]) => {
			const points = sum(takeFrom(lots, left));
			left -= points;
			return points;
		};
		takeOf(this.pending.filter((lot) => isOwn(lot) && lot.availableAtMs === availableAtMs));
		takeOf(this.lots.filter(isOwn));
		const ofExpired = takeOf(this.lapsed.filter(isOwn));
		takeOf(this.lots);
		takeOf(this.pending);
		this.lots = this.lots.filter(isLeft);
		this.pending = this.pending.filter(isLeft);
		this.lapsed = this.lapsed.filter(isLeft);
		this.totals.clawedBack += wanted - left;
		this.totals.expired -= ofExpired;
		this.owed += left;
		// What had expired was gone before: nothing more leaves the balance for it.
		return { taken: wanted - left - ofExpired, shortfall: left };
	}

	/** @returns what of it paid an earlier shortfall */
	releaseReservation(name: string): number {
		const { parts } = this.reservations[name];
		delete this.reservations[name];
		this.enter({ type: 'released', points: sum(parts), reference: name.slice(name.indexOf(':') + 1) });
		return parts.reduce((total, part) => total + this.credit(part), 0);
	}

	private fallDue(): void {
		const available = this.pending.filter(({ availableAtMs }) => availableAtMs <= this.nowMs);
		if (available.length > 0) {
			this.pending = this.pending.filter(({ availableAtMs }) => availableAtMs > this.nowMs);
			for (const { availableAtMs: _now, ...lot } of available) this.add(lot);
			this.enter({ type: 'available', points: sum(available) });
		}
		for (const [name, { untilMs }] of Object.entries(this.reservations)) if (untilMs <= this.nowMs) this.releaseReservation(name);
		const expired = this.lots.filter((lot) => expiryOf(lot) <= this.nowMs);
		if (expired.length === 0) return;
		this.lots = this.lots.filter((lot) => expiryOf(lot) > this.nowMs);
		for (const lot of expired) {
			const same = this.lapsed.find(({ expiresAtMs }) => expiresAtMs === lot.expiresAtMs);
			if (same) same.points += lot.points;
			else this.lapsed.push(lot);
		}
		this.totals.expired += sum(expired);
		this.enter({ type: 'expired', points: -sum(expired) });
	}

	/** Lots beyond the bounds join the neighbour that expires next: points may live a little longer, never shorter. */
	private bound(): void {
		while (this.lots.length > maxLots) joinNearest(this.lots, expiryOf);
		while (this.pending.length > maxPending) joinNearest(this.pending, ({ availableAtMs }) => availableAtMs);
		this.lapsed = this.lapsed.sort((a, b) => expiryOf(b) - expiryOf(a)).slice(0, maxLapsed);
	}
}

const isLeft = ({ points }: Lot) => points > 0;

/** Takes points out of lots, in their order; lots may be left empty. */
function takeFrom(lots: Lot[], points: number): Lot[] {
	let left = points;
	return lots.flatMap((lot) => {
		const part = Math.min(left, lot.points);
		left -= part;
		lot.points -= part;
		return part > 0 ? [{ points: part, ...(lot.expiresAtMs !== undefined && { expiresAtMs: lot.expiresAtMs }) }] : [];
	});
}

/** Joins the two neighbours that are closest, at the later of their times. */
function joinNearest<T extends Lot>(lots: T[], timeOf: (lot: T) => number): void {
	let nearest = 0;
	for (let i = 1; i < lots.length - 1; i++) if (timeOf(lots[i + 1]) - timeOf(lots[i]) < timeOf(lots[nearest + 1]) - timeOf(lots[nearest])) nearest = i;
	const [earlier] = lots.splice(nearest, 1);
	const later = lots[nearest];
	later.points += earlier.points;
	const expiry = Math.max(expiryOf(earlier), expiryOf(later));
	if (expiry === never) delete later.expiresAtMs;
	else later.expiresAtMs = expiry;
}
