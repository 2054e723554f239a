import type { ITriggerFunctions } from 'n8n-workflow';
import { dayMs } from '../model/clock';
import { ShopJourneysError } from '../model/errors';
import type { JourneyDefinition } from '../model/records';
import { readSchedule, type StepParameter } from './fields/schedule';

/**
 * What the parameters of a cart trigger say.
 * @throws PARAMETER_INVALID naming the field
 */
export function readCartDefinition(context: ITriggerFunctions): Omit<JourneyDefinition, 'activeFromMs' | 'offAtMs'> {
	const workflow = context.getWorkflow();
	const node = context.getNode();
	const steps = readSchedule((context.getNodeParameter('schedule') as { steps?: StepParameter[] }).steps);
	const watch = context.getNodeParameter('watch') as NonNullable<JourneyDefinition['watch']>;
	if (watch.length === 0) throw new ShopJourneysError('PARAMETER_INVALID', 'The trigger watches neither carts nor checkouts', { hint: 'Choose at least one under "Trigger On".' });
	const maxAgeMs = (context.getNodeParameter('maxAgeDays') as number) * dayMs;
	const last = steps[steps.length - 1];
	if (!(maxAgeMs > last.delayMs)) {
		throw new ShopJourneysError('PARAMETER_INVALID', `The maximum age is not longer than the last step ("${last.name}"), which would never be sent`, { hint: 'Raise "Maximum Age (Days)".' });
	}
	return {
		id: `${workflow.id ?? 'unsaved'}.${node.id}`,
		name: workflow.name ?? 'Journey',
		workflowId: workflow.id ?? '',
		nodeName: node.name,
		trigger: 'cart',
		subject: 'cart',
		watch,
		kind: context.getNodeParameter('kind') as JourneyDefinition['kind'],
		steps,
		endsOn: context.getNodeParameter('endsOn') as JourneyDefinition['endsOn'],
		reentryAfterMs: context.getNodeParameter('reentry') === 'afterPause' ? (context.getNodeParameter('reentryDays') as number) * dayMs : null,
		maxAgeMs,
		emitEnded: context.getNodeParameter('showEnded') as boolean,
	};
}
