import type { INodeProperties } from 'n8n-workflow';
import { minuteMs } from '../../../lib/model/clock';
import { checkout, referenceOf } from '../reference';
import { change, type Output, pointsOf, type Run } from '../run';

export const description: INodeProperties[] = [];

export const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: { operation: ['reserve'] } },
	options: [{ displayName: 'Hold for Minutes', name: 'holdMinutes', type: 'number', typeOptions: { minValue: 1, maxValue: 43200 }, default: 60, description: 'Then the points are available again by themselves' }],
};

/** Holds points for a checkout. */
export async function execute(run: Run): Promise<Output> {
	const { context, itemIndex, nowMs } = run;
	const { holdMinutes = 60 } = context.getNodeParameter('options', itemIndex, {}) as { holdMinutes?: number };
	const upTo = context.getNodeParameter('upTo', itemIndex) === true;
	const untilMs = nowMs + Math.max(1, Math.round(holdMinutes)) * minuteMs;
	return await change(run, { type: 'reserve', reference: referenceOf(run, checkout), points: pointsOf(run), upTo, untilMs }, ({ points }) => ({ reservedNow: points, heldUntil: new Date(untilMs).toISOString() }));
}
