import type { INodeType, INodeTypeDescription, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { eventCatalogue } from '../../lib/model/events';
import { readEventDefinition } from '../../lib/n8n/definition';
import { conditionFields, conditionHints } from '../../lib/n8n/fields/conditions';
import { anchorFields, endsOnField, journeyFields, kindField, reentryDaysField, reentryField, scheduleField, scheduleOutputs, stepsInWords } from '../../lib/n8n/fields/journey';
import { shopField } from '../../lib/n8n/fields/shop';
import { runJourneyTrigger } from '../../lib/n8n/journeyTrigger';

const about = (subject: string) => ({ show: { subject: [subject] } });

/** Any event of the shop or of a message, with a schedule of steps. */
export class ShopEventTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Shop Event Trigger',
		name: 'shopEventTrigger',
		icon: { light: 'file:event.svg', dark: 'file:event.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: `={{ (($parameter["events"] ?? []).map((event) => event.replaceAll("_", " ")).join(", ") || "no event chosen") + " · " + ${stepsInWords} }}`,
		description: 'Starts when something happens (order placed, subscribed, back in stock, message clicked ...), once per step of a schedule',
		defaults: { name: 'Shop Event Trigger' },
		inputs: [],
		outputs: scheduleOutputs as INodeTypeDescription['outputs'],
		hints: conditionHints,
		properties: [
			{
				displayName: 'Trigger On',
				name: 'events',
				type: 'multiOptions',
				required: true,
				noDataExpression: true,
				options: Object.entries(eventCatalogue)
					.map(([value, { label }]) => ({ name: label, value }))
					.toSorted((a, b) => a.name.localeCompare(b.name)),
				default: [],
				description: 'Any one of these begins the journey. What the connected shop cannot tell is refused when you publish.',
			},
			{
				displayName: 'Event Name',
				name: 'eventName',
				type: 'string',
				required: true,
				noDataExpression: true,
				default: '',
				placeholder: 'e.g. wishlist_added',
				displayOptions: { show: { events: ['custom'] } },
				description: 'The name under which your shop sends the custom event',
			},
			{
				displayName: 'One Journey Per',
				name: 'subject',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Customer', value: 'customer', description: 'One at a time for each customer, whatever the event is about' },
					{ name: 'Customer and Product', value: 'product', description: 'For each product of the order, or the product that the event is about' },
					{ name: 'Order', value: 'order', description: 'Each order of a customer runs through its own' },
					{ name: 'Return', value: 'return', description: 'Each return runs through its own' },
				],
				default: 'customer',
				description: 'What one run through the schedule is about: there is one at a time for each of these',
			},
			...conditionFields({ parts: ['order', 'product', 'view', 'event'] }),
			...anchorFields(['entry', 'birthday', 'child_birthday', 'first_order', 'last_order', 'payment_due', 'replacement', 'supply']),
			scheduleField([{ name: '', delay: 1, unit: 'days' }], 'the event, or the date chosen above'),
			endsOnField(['answered', 'cancelled', 'cart_started', 'code_used', 'order', 'paid', 'released', 'replied', 'restocked', 'return_settled', 'same_category', 'same_product', 'subscribed'], []),
			kindField,
			reentryField('customer', about('customer')),
			reentryField('product', about('product')),
			reentryField('order', about('order')),
			reentryField('return', about('return')),
			reentryDaysField,
			...journeyFields({ priority: 50, maxAgeDays: 7 }),
			shopField,
		],
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await runJourneyTrigger(this, readEventDefinition);
	}
}
