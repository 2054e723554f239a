import type { INodeType, INodeTypeDescription, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { readSegmentDefinition } from '../../lib/n8n/definition';
import { conditionFields, conditionHints } from '../../lib/n8n/fields/conditions';
import { anchorFields, endsOnField, journeyFields, kindField, reentryDaysField, reentryField, scheduleField, scheduleOutputs, stepsInWords } from '../../lib/n8n/fields/journey';
import { shopField } from '../../lib/n8n/fields/shop';
import { runJourneyTrigger } from '../../lib/n8n/journeyTrigger';

/** Customers who enter a segment, by what they do or by time passing, with a schedule of steps. */
export class SegmentTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Segment Trigger',
		name: 'segmentTrigger',
		icon: { light: 'file:segment.svg', dark: 'file:segment.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: `={{ ${stepsInWords} }}`,
		description: 'Starts when a customer enters a segment (no order for 180 days, birthday in 7 days ...), once per step of a schedule',
		defaults: { name: 'Segment Trigger' },
		inputs: [],
		outputs: scheduleOutputs as INodeTypeDescription['outputs'],
		hints: conditionHints,
		properties: [
			...conditionFields(),
			{
				displayName: 'Include Those Already in the Segment',
				name: 'includeExisting',
				type: 'boolean',
				noDataExpression: true,
				default: false,
				description: 'Whether customers who are in the segment when the workflow is published go through the journey too. "Test step" shows how many they are. Off: only who enters from then on.',
			},
			{
				displayName: 'Customers per Day',
				name: 'perDay',
				type: 'number',
				noDataExpression: true,
				typeOptions: { minValue: 1 },
				default: 500,
				displayOptions: { show: { includeExisting: [true] } },
				description: 'How many of those already in the segment begin per day, so that they are not written to all at once',
			},
			...anchorFields(['entry', 'birthday', 'child_birthday', 'first_order', 'last_order', 'points_expiry']),
			scheduleField([{ name: '', delay: 0, unit: 'minutes' }], 'the entry into the segment, or the date chosen above'),
			endsOnField(['answered', 'cart_started', 'code_used', 'order', 'replied', 'left_segment'], ['order']),
			kindField,
			reentryField('customer'),
			reentryDaysField,
			...journeyFields({ priority: 40, maxAgeDays: 30 }),
			shopField,
		],
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await runJourneyTrigger(this, readSegmentDefinition);
	}
}
