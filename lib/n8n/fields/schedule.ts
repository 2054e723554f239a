import type { INodeProperties } from 'n8n-workflow';
import { dayMs, hourMs, minuteMs } from '../../model/clock';
import { ShopJourneysError } from '../../model/errors';
import type { ScheduleStep } from '../../model/records';

/** The description of schedule, re-entry, age and batches that all journey triggers share. */

const units = { minutes: minuteMs, hours: hourMs, days: dayMs } as const;
export type DelayUnit = keyof typeof units;

/** How a step stands in the node's parameters. */
export type StepParameter = {
	name?: string;
	delay: number;
	unit: DelayUnit;
};

/** The most outputs that still fit on a node. */
export const maxSteps = 10;

export function scheduleField(defaults: StepParameter[]): INodeProperties {
	return {
		displayName: 'Schedule',
		name: 'schedule',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: 'Add Step',
		default: { steps: defaults },
		noDataExpression: true,
		description: 'Each step is an output of this node. Its delay counts from the last change before the first message, not from the step before.',
		options: [
			{
				displayName: 'Steps',
				name: 'steps',
				values: [
					{ displayName: 'Delay', name: 'delay', type: 'number', typeOptions: { minValue: 0 }, default: 1 },
					{
						displayName: 'Unit',
						name: 'unit',
						type: 'options',
						options: [
							{ name: 'Days', value: 'days' },
							{ name: 'Hours', value: 'hours' },
							{ name: 'Minutes', value: 'minutes' },
						],
						default: 'hours',
					},
					{ displayName: 'Name', name: 'name', type: 'string', default: '', placeholder: 'e.g. Reminder', description: 'What the output is called on the canvas. Empty: its delay.' },
				],
			},
		],
	};
}

export const kindField: INodeProperties = {
	displayName: 'Kind',
	name: 'kind',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'Marketing', value: 'marketing', description: 'Needs consent and ends when the customer unsubscribes' },
		{ name: 'Transactional', value: 'transactional', description: 'About a purchase that is under way; no offers in it' },
	],
	default: 'marketing',
};

export const reentryField: INodeProperties = {
	displayName: 'Re-Entry',
	name: 'reentry',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'Once per Cart', value: 'once', description: 'A cart goes through this journey once' },
		{ name: 'Again After a Pause', value: 'afterPause', description: 'A cart that changes again long after its journey ended goes through it anew' },
	],
	default: 'once',
};

export const reentryDaysField: INodeProperties = {
	displayName: 'Pause (Days)',
	name: 'reentryDays',
	type: 'number',
	noDataExpression: true,
	typeOptions: { minValue: 1 },
	default: 30,
	displayOptions: { show: { reentry: ['afterPause'] } },
	description: 'How long after its end a journey may begin again for the same cart',
};

export const maxAgeField: INodeProperties = {
	displayName: 'Maximum Age (Days)',
	name: 'maxAgeDays',
	type: 'number',
	noDataExpression: true,
	typeOptions: { minValue: 0.01 },
	default: 7,
	description: 'After this long nothing is sent any more, even when n8n was down in between. Must be longer than the last step.',
};

export const showEndedField: INodeProperties = {
	displayName: 'Show Ended Output',
	name: 'showEnded',
	type: 'boolean',
	noDataExpression: true,
	default: true,
	description: 'Whether a last output gives one item for each journey that ended, with the reason (bought, emptied, unsubscribed, expired, completed ...)',
};

export const batchSizeField: INodeProperties = {
	displayName: 'Batch Size',
	name: 'batchSize',
	type: 'number',
	noDataExpression: true,
	typeOptions: { minValue: 1, maxValue: 1000 },
	default: 100,
	description: 'How many customers one execution takes at most',
};

/** Reads the schedule. @throws PARAMETER_INVALID naming the step */
export function readSchedule(steps: StepParameter[] | undefined): ScheduleStep[] {
	if (!steps?.length) throw new ShopJourneysError('PARAMETER_INVALID', 'The schedule has no step', { hint: 'Add at least one step to "Schedule".' });
	if (steps.length > maxSteps) throw new ShopJourneysError('PARAMETER_INVALID', `The schedule has ${steps.length} steps, the most is ${maxSteps}`);
	const read = steps.map(({ name, delay, unit }, index) => {
		const delayMs = Number(delay) * (units[unit] ?? NaN);
		if (!Number.isFinite(delayMs) || delayMs < 0) throw new ShopJourneysError('PARAMETER_INVALID', `The delay of step ${index + 1} is not a number`);
		return { name: stepLabel({ name, delay, unit }), delayMs: Math.round(delayMs) };
	});
	const unordered = read.findIndex(({ delayMs }, index) => index > 0 && delayMs <= read[index - 1].delayMs);
	if (unordered > 0) {
		throw new ShopJourneysError('PARAMETER_INVALID', `Step ${unordered + 1} ("${read[unordered].name}") is not later than step ${unordered}`, {
			hint: 'All delays count from the same moment, the last change of the cart: sort the steps by delay.',
		});
	}
	return read;
}

function stepLabel({ name, delay, unit }: StepParameter): string {
	return name?.trim() || `${delay} ${Number(delay) === 1 ? unit.slice(0, -1) : unit}`;
}

/**
 * The outputs of a journey trigger, computed in the editor from its parameters: one per step and Ended. n8n evaluates
 * this text as an expression, so it must stand for itself: it cannot call code of ours.
 */
export const scheduleOutputs = `={{ ((parameters) => [
	...(parameters.schedule?.steps ?? []).map((step) => ({
		type: 'main',
		displayName: (step.name ?? '').trim() || step.delay + ' ' + (Number(step.delay) === 1 ? (step.unit ?? 'hours').slice(0, -1) : (step.unit ?? 'hours')),
	})),
	...(parameters.showEnded === false ? [] : [{ type: 'main', displayName: 'Ended' }]),
])($parameter) }}`;
