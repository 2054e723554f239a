import type { INodeProperties } from 'n8n-workflow';
import { pointsBalance } from '../../../lib/loyalty/points';
import { answer, balanceFields, erased, isoTime, type Output, ownerOf, type Run } from '../run';

export const description: INodeProperties[] = [];

/** The balance as it is now, without changing anything. */
export async function execute(run: Run): Promise<Output> {
	const owner = await ownerOf(run);
	if (owner === null) return erased(run);
	const balance = await pointsBalance(run.shop.store, owner, run.nowMs);
	return answer(run, { status: 'done', ...balanceFields(balance), expiringByDate: balance.expiring.map(({ expiresAtMs, points }) => ({ expiresAt: isoTime(expiresAtMs), points })) });
}
