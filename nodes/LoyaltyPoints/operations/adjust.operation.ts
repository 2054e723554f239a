import type { INodeProperties } from 'n8n-workflow';
import { lotTimes } from '../../../lib/loyalty/earning';
import { referenceOf } from '../reference';
import { change, type Output, pointsOf, refused, type Run, textOf } from '../run';

const shown = { displayOptions: { show: { operation: ['adjust'] } } };

export const description: INodeProperties[] = [
	{ displayName: 'Points', name: 'points', type: 'number', default: 100, ...shown, description: 'Below zero takes points away, as far as there are any' },
	{ displayName: 'Who', name: 'by', type: 'string', default: '', required: true, placeholder: 'e.g. Clara, customer service', ...shown },
	{ displayName: 'Why', name: 'note', type: 'string', default: '', required: true, placeholder: 'e.g. Parcel came late', ...shown },
];

export const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	...shown,
	options: [{ displayName: 'Expire After Days', name: 'expiresAfterDays', type: 'number', typeOptions: { minValue: 0, maxValue: 36500 }, default: 365, description: 'At the end of that day, in the shop’s time zone. 0: never.' }],
};

/** Gives or takes points by hand; who and why stay in the history. */
export async function execute(run: Run): Promise<Output> {
	const { context, itemIndex, nowMs, settings } = run;
	const [by, note] = [needed(run, 'Who', 'by'), needed(run, 'Why', 'note')];
	const { expiresAfterDays = settings.loyalty?.expiresAfterDays ?? 0 } = context.getNodeParameter('options', itemIndex, {}) as { expiresAfterDays?: number };
	const { expiresAtMs } = lotTimes({ pendingDays: 0, expiresAfterDays }, nowMs, settings.timezone);
	return await change(run, { type: 'adjust', reference: referenceOf(run), points: pointsOf(run, { mayBeNegative: true }), by, note, expiresAtMs }, ({ points, shortfall }) => ({ adjusted: points, ...(shortfall && { notThere: shortfall }) }));
}

function needed(run: Run, field: string, name: string): string {
	const value = textOf(run, name);
	if (!value) throw refused(run, `"${field}" is empty`, `Fill in "${field}": an adjustment by hand says who made it and why.`);
	return value;
}
