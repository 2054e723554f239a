import { type LedgerOperation, type LedgerOutcome, maxReservations } from '../../lib/loyalty/ledger';

/** What the node does under a reference. */
export type ReferencedOperation = Exclude<LedgerOperation, { type: 'settle' }>;

/** Why nothing was changed, in words for a marketer. */
export function notDoneWords({ status, shortfall = 0 }: LedgerOutcome, operation: ReferencedOperation, locale: string): string {
	const wanted = 'points' in operation ? operation.points : 0;
	const count = (points: number) => numberIn(locale, points);
	switch (status) {
		case 'insufficient': {
			const available = wanted - shortfall;
			return available === 0 ? `There are no points to spend; ${count(wanted)} were asked for.` : `There are only ${count(available)} points to spend; ${count(wanted)} were asked for, so none were taken.`;
		}
		case 'unknown':
			return operation.type === 'give_back'
				? `With "${operation.redeemReference ?? operation.earnReference}" nothing was earned or redeemed, so there is nothing to give back.`
				: `Under "${operation.reference}" no points were reserved.`;
		case 'released':
			return operation.type === 'confirm' ? 'The reservation is over: it was released, or its time ran out. Redeem the points under another reference.' : 'A reservation under this reference is over: it was released, or its time ran out. Use another reference.';
		case 'reserved':
			return 'Under this reference points are held already. Confirm the reservation to spend them.';
		case 'redeemed':
			return 'The reservation was confirmed and the points are spent. Only a refund (Give Back) returns them.';
		case 'too_many':
			return `There are ${maxReservations} reservations open for this customer already. Confirm or release one first.`;
		case 'done':
			return '';
	}
}

function numberIn(locale: string, value: number): string {
	try {
		return value.toLocaleString(locale);
	} catch {
		return value.toLocaleString('en');
	}
}
