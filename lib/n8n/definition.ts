import type { ITriggerFunctions } from 'n8n-workflow';
import { dayMs } from '../model/clock';
import type { Condition } from '../model/conditions';
import { ShopJourneysError } from '../model/errors';
import { eventCatalogue, type EventType } from '../model/events';
import type { EnrolmentSubject, JourneyDefinition } from '../model/records';
import type { ShopSettings } from '../model/settings';
import { checkCondition } from '../segments/validate';
import { readConditions } from './fields/conditions';
import { readAnchor, readSchedule, type StepParameter, wholeNumber } from './fields/journey';

/** What a trigger's parameters say; the store adds since when it is on. */
export type JourneyParameters = Omit<JourneyDefinition, 'activeFromMs' | 'offAtMs'>;

/** What each trigger adds to what all of them share. */
type TriggerPart = Pick<JourneyDefinition, 'trigger' | 'subject' | 'watch' | 'browse' | 'events' | 'eventName' | 'where' | 'segment'>;

/** The settings of the shop that a journey is read with: amounts are in its currency, local times in its zone, and near is what is near its locations. */
export type DefinitionSettings = Pick<ShopSettings, 'currency' | 'timezone' | 'locations'>;

/** Reads what Cart Abandoned Trigger says. @throws PARAMETER_INVALID naming the field */
export function readCartDefinition(context: ITriggerFunctions, settings: DefinitionSettings): JourneyParameters {
	const watch = context.getNodeParameter('watch') as Array<NonNullable<JourneyDefinition['watch']>[number] | 'browse'>;
	if (watch.length === 0) throw new ShopJourneysError('PARAMETER_INVALID', 'The trigger watches neither carts nor checkouts nor browse sessions', { hint: 'Choose at least one under "Trigger On".' });
	const stages = watch.filter((stage) => stage !== 'browse');
	if (stages.length === watch.length) return readDefinition(context, settings, { trigger: 'cart', subject: 'cart', watch: stages });
	if (stages.length > 0) {
		throw new ShopJourneysError('PARAMETER_INVALID', 'The trigger watches carts and browse sessions at once', {
			hint: 'Choose only "Browse Sessions" under "Trigger On", and take a second trigger in a workflow of its own for carts: who has a cart is no browser any more.',
		});
	}
	const browse: NonNullable<JourneyDefinition['browse']> = {
		of: context.getNodeParameter('browseOf') === 'category' ? 'category' : 'product',
		views: wholeNumber(context.getNodeParameter('browseViews'), 'Views', 0, 50),
		seconds: wholeNumber(context.getNodeParameter('browseSeconds'), 'Seconds', 0, 86_400),
	};
	if (browse.views === 0 && browse.seconds === 0) throw new ShopJourneysError('PARAMETER_INVALID', 'Neither views nor seconds are asked for', { hint: 'Set "Views" or "Seconds" above 0.' });
	return readDefinition(context, settings, { trigger: 'browse', subject: 'customer', browse });
}

/** Reads what Shop Event Trigger says. @throws PARAMETER_INVALID naming the field */
export function readEventDefinition(context: ITriggerFunctions, settings: DefinitionSettings): JourneyParameters {
	const events = context.getNodeParameter('events') as EventType[];
	const unknown = events.find((event) => !Object.hasOwn(eventCatalogue, event));
	if (events.length === 0 || unknown) throw new ShopJourneysError('PARAMETER_INVALID', unknown ? `There is no event "${unknown}"` : 'No event is chosen', { hint: 'Choose at least one under "Trigger On".' });
	const eventName = events.includes('custom') ? String(context.getNodeParameter('eventName')).trim() : '';
	if (events.includes('custom') && !eventName) throw new ShopJourneysError('PARAMETER_INVALID', 'The custom event has no name', { hint: 'Fill in "Event Name" as your shop sends it.' });
	const subject = context.getNodeParameter('subject') as EnrolmentSubject;
	const where = readWhere(context, settings);
	const definition = readDefinition(context, settings, { trigger: 'event', subject, events, ...(eventName && { eventName }), ...(where && { where }) });
	if (subject !== 'product' && (definition.anchor?.type === 'supply' || definition.anchor?.type === 'replacement')) {
		const what = definition.anchor.type === 'supply' ? 'Supplies are counted' : 'Replacements are due';
		throw new ShopJourneysError('PARAMETER_INVALID', `${what} for each product, but the journey is not one per product`, { hint: 'Choose "Customer and Product" under "One Journey per".' });
	}
	if (definition.anchor?.type === 'date' && definition.anchor.of === 'payment_due' && subject !== 'order') {
		throw new ShopJourneysError('PARAMETER_INVALID', 'A payment is due for an order, but the journey is not one per order', { hint: 'Choose "Order" under "One Journey per".' });
	}
	return definition;
}

/** Reads what Segment Trigger says. @throws PARAMETER_INVALID naming the field */
export function readSegmentDefinition(context: ITriggerFunctions, settings: DefinitionSettings): JourneyParameters {
	const includeExisting = context.getNodeParameter('includeExisting') === true;
	const perDay = includeExisting ? wholeNumber(context.getNodeParameter('perDay'), 'Customers per Day', 1, 1_000_000) : 0;
	const where = readWhere(context, settings);
	if (!where) throw new ShopJourneysError('PARAMETER_INVALID', 'The segment has no condition, so everybody would be in it', { hint: 'Add at least one condition under "Conditions".' });
	return readDefinition(context, settings, { trigger: 'segment', subject: 'customer', where, segment: { includeExisting, perDay } });
}

/** @throws CONDITION_INVALID in plain words */
function readWhere(context: ITriggerFunctions, settings: DefinitionSettings): Condition | null {
	const where = readConditions({ conditions: context.getNodeParameter('conditions', {}), match: context.getNodeParameter('match', 'all') }, settings);
	if (where) checkCondition(where);
	return where;
}

/** Reads the fields that all journey triggers share. */
function readDefinition(context: ITriggerFunctions, { currency, timezone }: DefinitionSettings, part: TriggerPart): JourneyParameters {
	const workflow = context.getWorkflow();
	const node = context.getNode();
	const anchor = readAnchor(context.getNodeParameter('anchor', 'entry') as string, context.getNodeParameter('leadDays', 0));
	const steps = readSchedule((context.getNodeParameter('schedule') as { steps?: StepParameter[] }).steps, anchor);
	const maxAgeMs = (context.getNodeParameter('maxAgeDays') as number) * dayMs;
	const last = steps[steps.length - 1];
	if (!(maxAgeMs > Math.max(last.delayMs, 0))) {
		throw new ShopJourneysError('PARAMETER_INVALID', `The maximum age is not longer than the last step ("${last.name}"), which would never be sent`, { hint: 'Raise "Maximum Age (Days)".' });
	}
	return {
		id: `${workflow.id ?? 'unsaved'}.${node.id}`,
		name: workflow.name ?? 'Journey',
		workflowId: workflow.id ?? '',
		nodeName: node.name,
		...part,
		kind: context.getNodeParameter('kind') as JourneyDefinition['kind'],
		steps,
		...(anchor.type !== 'entry' && { anchor }),
		endsOn: context.getNodeParameter('endsOn') as JourneyDefinition['endsOn'],
		reentryAfterMs: context.getNodeParameter('reentry') === 'afterPause' ? (context.getNodeParameter('reentryDays') as number) * dayMs : null,
		maxAgeMs,
		priority: wholeNumber(context.getNodeParameter('priority', 50), 'Priority', 0, 100),
		holdoutPercent: wholeNumber(context.getNodeParameter('holdoutPercent', 0), 'Holdout (%)', 0, 50),
		timezone,
		currency,
		emitEnded: context.getNodeParameter('showEnded') as boolean,
	};
}

/**
 * Whether the shop can tell what the journey waits for.
 * @param system the shop's system, where it is known yet
 * @throws PARAMETER_INVALID naming the events that never come
 */
export function checkSupply({ events = [] }: Pick<JourneyDefinition, 'events'>, system: string | undefined): void {
	if (!system) return;
	const missing = events.filter((event) => {
		const supply: Partial<Record<string, unknown>> = eventCatalogue[event].supply;
		return Object.keys(supply).length > 0 && !supply[system];
	});
	if (missing.length === 0) return;
	throw new ShopJourneysError('PARAMETER_INVALID', `The connected shop never tells of ${missing.map((event) => `"${eventCatalogue[event].label}"`).join(', ')}, so this journey would wait for ever`, {
		hint: 'Take the event out of "Trigger On", or let the shop send it as a signed event (docs/generic-shop.md).',
	});
}
