import type { INodeProperties } from 'n8n-workflow';
import { pointsHistory } from '../../../lib/loyalty/points';
import { answer, erased, isoTime, type Output, ownerOf, type Run } from '../run';

const shown = { displayOptions: { show: { operation: ['history'] } } };

export const description: INodeProperties[] = [
	{ displayName: 'Limit', name: 'limit', type: 'number', typeOptions: { minValue: 1, maxValue: 200 }, default: 50, ...shown, description: 'Max number of results to return' },
	{ displayName: 'Before Entry', name: 'before', type: 'number', typeOptions: { minValue: 0 }, default: 0, ...shown, description: 'For the next page: what points.next of the page before says. 0: from the newest on.' },
];

/** A page of what happened, newest first. */
export async function execute(run: Run): Promise<Output> {
	const { context, itemIndex, shop } = run;
	const owner = await ownerOf(run);
	if (owner === null) return erased(run);
	const limit = Math.min(Math.max(Math.floor(Number(context.getNodeParameter('limit', itemIndex))) || 1, 1), 200);
	const before = Number(context.getNodeParameter('before', itemIndex)) || 0;
	const entries = await pointsHistory(shop.store, owner, { limit, ...(before > 0 && { beforeSeq: before }) });
	const oldest = entries.at(-1)?.seq ?? 0;
	return answer(run, { status: 'done', history: entries.map(({ seq, atMs, ...entry }) => ({ entry: seq, at: isoTime(atMs), ...entry })), ...(oldest > 0 && { next: oldest }) });
}
