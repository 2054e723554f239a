import type { INodeProperties } from 'n8n-workflow';
import { referenceOf } from '../reference';
import { change, type Output, pointsOf, type Run } from '../run';

export const description: INodeProperties[] = [
	{ displayName: 'Points', name: 'points', type: 'number', typeOptions: { minValue: 1 }, default: 100, displayOptions: { show: { operation: ['redeem', 'reserve'] } } },
	{
		displayName: 'Up to the Balance',
		name: 'upTo',
		type: 'boolean',
		default: false,
		displayOptions: { show: { operation: ['redeem', 'reserve'] } },
		description: 'Whether as many as there are will do, when there are fewer. Otherwise it is all or nothing.',
	},
];

export const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: { operation: ['redeem'] } },
	options: [{ displayName: 'Note', name: 'note', type: 'string', default: '', placeholder: 'e.g. A cup for 100 points', description: 'Stands in the history' }],
};

/** Spends points, those that expire soonest first. */
export async function execute(run: Run): Promise<Output> {
	const { context, itemIndex } = run;
	const { note = '' } = context.getNodeParameter('options', itemIndex, {}) as { note?: string };
	const upTo = context.getNodeParameter('upTo', itemIndex) === true;
	return await change(run, { type: 'redeem', reference: referenceOf(run, { isOrderItself: true }), points: pointsOf(run), upTo, ...(note.trim() && { note: note.trim() }) }, ({ points }) => ({ redeemed: points }));
}
