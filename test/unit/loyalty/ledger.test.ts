import fc from 'fast-check';
import { applyOperation, balanceAt, emptyLedger, type LedgerEntry, type LedgerHead, type LedgerOperation, maxLots, maxPending, nextDueMs, pointsForAmount, type Receipt, settle } from '../../../lib/loyalty/ledger';

/** A ledger with its receipts, as the store keeps them. */
class Ledger {
	head: LedgerHead = emptyLedger();
	receipts: Record<string, Receipt> = {};
	entries: LedgerEntry[] = [];

	do(operation: LedgerOperation, nowMs = 0) {
		const { head, receipts, outcome, entries } = applyOperation(this.head, this.receipts, operation, nowMs);
		// What is read comes from JSON.
		this.head = JSON.parse(JSON.stringify(head)) as LedgerHead;
		Object.assign(this.receipts, JSON.parse(JSON.stringify(receipts)));
		this.entries.push(...entries);
		return outcome;
	}

	available(nowMs = 0): number {
		return balanceAt(this.head, nowMs).available;
	}
}

const reference = fc.constantFrom('a', 'b', 'c', 'd');
const points = fc.integer({ min: 1, max: 120 });
const time = fc.integer({ min: 0, max: 100 });
const operations: fc.Arbitrary<LedgerOperation> = fc.oneof(
	fc
		.record({ type: fc.constant('earn' as const), reference, points: fc.integer({ min: 0, max: 120 }), availableAtMs: fc.option(time, { nil: undefined }), life: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }) })
		.map(({ life, ...earn }) => ({ ...earn, ...(life !== undefined && { expiresAtMs: (earn.availableAtMs ?? 0) + life }) })),
	fc.record({ type: fc.constant('redeem' as const), reference, points, upTo: fc.boolean() }),
	fc.record({ type: fc.constant('reserve' as const), reference, points, upTo: fc.boolean(), untilMs: time }),
	fc.record({ type: fc.constant('confirm' as const), reference }),
	fc.record({ type: fc.constant('release' as const), reference }),
	fc.record({ type: fc.constant('give_back' as const), reference, earnReference: reference, redeemReference: fc.option(reference, { nil: undefined }), refundedMinor: fc.integer({ min: 0, max: 700 }), orderMinor: fc.constant(1000) }),
	fc.record({ type: fc.constant('adjust' as const), reference, points: fc.integer({ min: -80, max: 80 }).filter((value) => value !== 0), by: fc.constant('Ann'), note: fc.constant('goodwill') }),
);

const held = ({ available, pending, reserved }: { available: number; pending: number; reserved: number }) => available + pending + reserved;

function expectSound({ head, entries }: Ledger): void {
	const balance = balanceAt(head, head.atMs);
	const { earned, givenBack, adjusted, redeemed, clawedBack, expired } = head.totals;
	expect(held(balance)).toBe(earned + givenBack + adjusted - redeemed - clawedBack - expired);
	expect(entries.filter(({ type }) => type !== 'available').reduce((sum, entry) => sum + entry.points, 0)).toBe(balance.available + balance.pending);
	for (const lot of [...head.lots, ...head.pending, ...head.lapsed, ...Object.values(head.reservations).flatMap(({ parts }) => parts)]) {
		expect(lot.points).toBeGreaterThan(0);
		expect(Number.isSafeInteger(lot.points)).toBe(true);
	}
	for (const amount of [head.owed, earned, givenBack, redeemed, clawedBack, expired]) expect(amount).toBeGreaterThanOrEqual(0);
	expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index));
	expect(head.entries).toBe(entries.length);
}

describe('the points ledger', () => {
	it('is the sum of its lots, never negative, and counts no reference twice, whatever happens in whatever order', () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(operations, time), { maxLength: 40 }), (steps) => {
				const ledger = new Ledger();
				for (const [operation, nowMs] of steps) {
					const { status, isRepeated } = ledger.do(operation, nowMs);
					expectSound(ledger);
					const before = ledger.head;
					const again = ledger.do(operation, nowMs);
					if (status === 'done') expect(again.isRepeated ?? again.status === 'released').toBe(true);
					else if (!isRepeated) expect(again.status).toBe(status);
					expect(ledger.head).toEqual(before);
				}
				const counted = Object.entries(ledger.receipts);
				const sumOf = (kind: string) => counted.filter(([name]) => name.startsWith(`${kind}:`)).reduce((sum, [, receipt]) => sum + (kind === 'redeem' && receipt.state !== 'redeemed' ? 0 : receipt.points), 0);
				expect(ledger.head.totals).toMatchObject({ earned: sumOf('earn'), redeemed: sumOf('redeem'), adjusted: sumOf('adjust'), givenBack: sumOf('give-back') });
			}),
			{ numRuns: 500 },
		);
	});

	it('gives nobody anything for buying, redeeming, sending back and buying again', () => {
		const order = fc.record({ earns: fc.integer({ min: 0, max: 200 }), redeems: fc.integer({ min: 0, max: 200 }), pendingMs: fc.integer({ min: 0, max: 30 }), refunds: fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 4 }), refundedAfter: fc.integer({ min: 0, max: 6 }) });
		fc.assert(
			fc.property(fc.array(order, { minLength: 1, maxLength: 8 }), (orders) => {
				const ledger = new Ledger();
				const refund = (number: number, part: number, refundedMinor: number) => {
					const redeemReference = ledger.receipts[`redeem:${number}`] && `${number}`;
					ledger.do({ type: 'give_back', reference: `${number}/${part}`, earnReference: `${number}`, redeemReference, refundedMinor, orderMinor: 1000 }, 10 * orders.length);
				};
				orders.forEach(({ earns, redeems, pendingMs }, number) => {
					if (redeems > 0) ledger.do({ type: 'redeem', reference: `${number}`, points: redeems, upTo: true }, number * 10);
					ledger.do({ type: 'earn', reference: `${number}`, points: earns, availableAtMs: number * 10 + pendingMs }, number * 10);
					orders.forEach(({ refundedAfter, refunds }, earlier) => {
						if (earlier + refundedAfter === number) refunds.forEach((amount, part) => refund(earlier, part, amount));
					});
					// What was spent for good was earned for good, what is still pending or owed counted.
					const { earned, givenBack, redeemed } = ledger.head.totals;
					const undone = Object.entries(ledger.receipts).reduce((sum, [name, receipt]) => sum + (name.startsWith('earn:') ? (receipt.undone ?? 0) : 0), 0);
					const balance = balanceAt(ledger.head, ledger.head.atMs);
					expect(held(balance) - balance.owed).toBe(earned - undone - (redeemed - givenBack));
				});
				orders.forEach((_, number) => refund(number, 99, 1000));
				const balance = balanceAt(ledger.head, ledger.head.atMs);
				// All went back: a claw-back rounded up never leaves a point, one given back rounded down never adds one.
				expect(held(balance)).toBe(balance.owed);
				expect(ledger.head.totals.redeemed).toBe(ledger.head.totals.givenBack);
				ledger.do({ type: 'earn', reference: 'rebuy', points: 50 }, 1000);
				const after = balanceAt(ledger.head, 1000);
				expect(held(after) - after.owed).toBe(50);
			}),
			{ numRuns: 300 },
		);
	});

	it('spends what expires soonest first, and gives it back where it was', () => {
		const ledger = new Ledger();
		ledger.do({ type: 'earn', reference: '1', points: 50 });
		ledger.do({ type: 'earn', reference: '2', points: 30, expiresAtMs: 200 });
		ledger.do({ type: 'earn', reference: '3', points: 20, expiresAtMs: 100 });
		expect(ledger.do({ type: 'redeem', reference: 'r', points: 60 })).toEqual({ status: 'done', points: 60 });
		expect(ledger.head.lots).toEqual([{ points: 40 }]);
		// Half the order: what was spent last comes back first.
		expect(ledger.do({ type: 'give_back', reference: 'g', redeemReference: 'r', refundedMinor: 500, orderMinor: 1000 })).toEqual({ status: 'done', points: 30 });
		expect(ledger.head.lots).toEqual([{ points: 20, expiresAtMs: 200 }, { points: 50 }]);
		expect(ledger.do({ type: 'give_back', reference: 'h', redeemReference: 'r', refundedMinor: 700, orderMinor: 1000 })).toEqual({ status: 'done', points: 30 });
		expect(balanceAt(ledger.head, 0)).toEqual({ available: 100, pending: 0, reserved: 0, owed: 0, expiring: [{ expiresAtMs: 100, points: 20 }, { expiresAtMs: 200, points: 30 }] });
		expect(ledger.available(99)).toBe(100);
		expect(ledger.available(100)).toBe(80);
	});

	it('redeems all or nothing, or up to the balance; pending points not at all', () => {
		const ledger = new Ledger();
		ledger.do({ type: 'earn', reference: '1', points: 50, availableAtMs: 10 });
		expect(ledger.do({ type: 'redeem', reference: 'r', points: 1, upTo: true })).toEqual({ status: 'insufficient', points: 0, shortfall: 1 });
		expect(ledger.do({ type: 'redeem', reference: 'r', points: 60 }, 10)).toEqual({ status: 'insufficient', points: 0, shortfall: 10 });
		expect(ledger.do({ type: 'redeem', reference: 'r', points: 60, upTo: true }, 10)).toEqual({ status: 'done', points: 50 });
		expect(ledger.do({ type: 'redeem', reference: 'r', points: 60, upTo: true }, 10)).toEqual({ status: 'done', points: 50, isRepeated: true });
		expect(ledger.entries.map(({ type, points: moved, balance }) => [type, moved, balance])).toEqual([['earned', 50, 0], ['available', 50, 50], ['redeemed', -50, 0]]);
	});

	it('holds a reservation until it is confirmed, released or too old', () => {
		const ledger = new Ledger();
		ledger.do({ type: 'earn', reference: '1', points: 100, expiresAtMs: 50 });
		for (const name of ['x', 'y', 'z']) ledger.do({ type: 'reserve', reference: name, points: 30, untilMs: 60 });
		expect(balanceAt(ledger.head, 0)).toMatchObject({ available: 10, reserved: 90 });
		expect(ledger.do({ type: 'confirm', reference: 'x' })).toEqual({ status: 'done', points: 30 });
		expect(ledger.do({ type: 'release', reference: 'x' })).toEqual({ status: 'redeemed', points: 0 });
		expect(ledger.do({ type: 'release', reference: 'y' })).toEqual({ status: 'done', points: 30 });
		expect(ledger.do({ type: 'confirm', reference: 'y' })).toEqual({ status: 'released', points: 0 });
		expect(balanceAt(ledger.head, 0)).toMatchObject({ available: 40, reserved: 30 });
		// What was held outlives its lot only while it is held.
		expect(balanceAt(ledger.head, 59)).toMatchObject({ available: 0, reserved: 30 });
		expect(ledger.do({ type: 'confirm', reference: 'z' }, 60)).toEqual({ status: 'released', points: 0 });
		expect(ledger.head.totals).toMatchObject({ redeemed: 30, expired: 70 });
		expect(ledger.do({ type: 'confirm', reference: 'nobody' })).toEqual({ status: 'unknown', points: 0 });
	});

	it('reports what a claw-back does not find, and takes it from later points', () => {
		const ledger = new Ledger();
		ledger.do({ type: 'earn', reference: '1', points: 100 });
		ledger.do({ type: 'redeem', reference: 'r', points: 80 });
		expect(ledger.do({ type: 'give_back', reference: 'g', earnReference: '1', refundedMinor: 1000, orderMinor: 1000 })).toEqual({ status: 'done', points: 0, clawedBack: 20, shortfall: 80 });
		expect(balanceAt(ledger.head, 0)).toMatchObject({ available: 0, owed: 80 });
		expect(ledger.do({ type: 'earn', reference: '2', points: 100 })).toEqual({ status: 'done', points: 100, paid: 80 });
		expect(balanceAt(ledger.head, 0)).toMatchObject({ available: 20, owed: 0 });
	});

	it('owes nothing for points that expired unspent', () => {
		const ledger = new Ledger();
		ledger.do({ type: 'earn', reference: '1', points: 100, expiresAtMs: 10 });
		expect(ledger.do({ type: 'give_back', reference: 'g', earnReference: '1', refundedMinor: 1000, orderMinor: 1000 }, 20)).toEqual({ status: 'done', points: 0, clawedBack: 0 });
		expect(balanceAt(ledger.head, 20)).toMatchObject({ available: 0, owed: 0 });
	});

	it('stays small with any number of lots, and no lot ends sooner for it', () => {
		const ledger = new Ledger();
		for (let day = 1; day <= 400; day++) ledger.do({ type: 'earn', reference: `${day}`, points: 1, expiresAtMs: 1000 + day * 10, availableAtMs: day % 2 ? day : undefined });
		expect(ledger.head.lots.length).toBeLessThanOrEqual(maxLots);
		expect(ledger.head.pending.length).toBeLessThanOrEqual(maxPending);
		const later = settle(ledger.head, 999).head;
		expect(balanceAt(later, 999).available).toBe(400);
		for (let day = 1; day <= 400; day++) expect(balanceAt(later, 999 + day * 10).available).toBeGreaterThanOrEqual(401 - day);
		expect(balanceAt(later, 5000)).toMatchObject({ available: 0, pending: 0 });
		expect(nextDueMs(settle(later, 5000).head)).toBeNull();
	});

	it.each([
		[1999, 'EUR', 1, 'down', 19],
		[1999, 'EUR', 1, 'nearest', 20],
		[1901, 'EUR', 1, 'up', 20],
		[1000, 'JPY', 0.01, 'down', 10],
		[12345, 'KWD', 10, 'nearest', 123],
		[2900, 'EUR', 0.1, 'down', 2],
		[110, 'EUR', 0.7, 'up', 1],
		[-500, 'EUR', 1, 'up', 0],
	] as const)('earns for %d minor units of %s at %d a unit, rounded %s: %d', (amountMinor, currency, rate, rounding, expected) => {
		expect(pointsForAmount({ amountMinor, currency }, rate, rounding)).toBe(expected);
	});

	it.each<[string, LedgerOperation]>([
		['parts of points', { type: 'earn', reference: 'a', points: 1.5 }],
		['points below zero', { type: 'redeem', reference: 'a', points: -1 }],
		['no reference', { type: 'earn', reference: '', points: 1 }],
		['an expiry before they are available', { type: 'earn', reference: 'a', points: 1, availableAtMs: 5, expiresAtMs: 5 }],
		['an adjustment by nobody', { type: 'adjust', reference: 'a', points: 1, by: '', note: 'x' }],
		['a refund of an order of nothing', { type: 'give_back', reference: 'a', earnReference: 'a', refundedMinor: 1, orderMinor: 0 }],
	])('refuses %s', (_what, operation) => {
		expect(() => applyOperation(emptyLedger(), {}, operation, 0)).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID' }));
	});
});
