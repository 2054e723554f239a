import type { INodeProperties } from 'n8n-workflow';
import { type LedgerEntry } from '../../../lib/loyalty/ledger';
import { dueLedgers, pointsBalance } from '../../../lib/loyalty/points';
import { answer, balanceFields, erased, isSample, type Output, ownerOf, type Run, withStanding } from '../run';

export const description: INodeProperties[] = [
	{
		displayName: 'For',
		name: 'expireFor',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'All Customers', value: 'all', description: 'Everybody for whom something fell due. Journey triggers do the same by themselves every minute.' },
			{ name: 'The Customer', value: 'customer' },
		],
		default: 'customer',
		displayOptions: { show: { operation: ['expire'] } },
	},
];

/** Settles what fell due by now. */
export async function execute(run: Run): Promise<Output> {
	return run.context.getNodeParameter('expireFor', run.itemIndex) === 'all' ? await settleAll(run) : await settleOne(run);
}

async function settleOne(run: Run): Promise<Output> {
	const owner = await ownerOf(run);
	if (owner === null) return erased(run);
	const { store } = run.shop;
	const moved = isSample(run) ? {} : movedBy((await run.shop.changePoints(owner, { type: 'settle' })).entries);
	return answer({ ...run, json: await withStanding(run, owner) }, { status: 'done', ...moved, ...balanceFields(await pointsBalance(store, owner, run.nowMs)) });
}

async function settleAll(run: Run): Promise<Output> {
	let customers = 0;
	const entries: LedgerEntry[] = [];
	if (!isSample(run)) {
		for await (const customerId of dueLedgers(run.shop.store, run.nowMs)) {
			entries.push(...(await run.shop.changePoints(customerId, { type: 'settle' })).entries);
			customers++;
		}
	}
	return answer(run, { status: 'done', customers, ...movedBy(entries) });
}

/** What fell due, in points. */
function movedBy(entries: LedgerEntry[]): { expired: number; becameAvailable: number; released: number } {
	const sum = (type: LedgerEntry['type']) => entries.reduce((total, entry) => total + (entry.type === type ? Math.abs(entry.points) : 0), 0);
	return { expired: sum('expired'), becameAvailable: sum('available'), released: sum('released') };
}
