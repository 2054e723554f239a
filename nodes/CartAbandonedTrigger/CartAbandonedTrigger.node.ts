import type { INodeType, INodeTypeDescription, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { readCartDefinition } from '../../lib/n8n/definition';
import { endsOnField, journeyFields, kindField, reentryDaysField, reentryField, scheduleField, scheduleOutputs, stepsInWords } from '../../lib/n8n/fields/journey';
import { shopField } from '../../lib/n8n/fields/shop';
import { runJourneyTrigger } from '../../lib/n8n/journeyTrigger';

const ofBrowsers = { show: { watch: ['browse'] } };
const ofCarts = { hide: { watch: ['browse'] } };

/** Idle carts, checkouts and browse sessions, one output per step of the schedule. Its timers live in the store, not in executions. */
export class CartAbandonedTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cart Abandoned Trigger',
		name: 'cartAbandonedTrigger',
		icon: { light: 'file:cart.svg', dark: 'file:cart.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: `={{ ($parameter["watch"] ?? []).map((stage) => stage === "browse" ? "browse sessions" : stage + "s").join(" and ") + " · " + ${stepsInWords} }}`,
		description: 'Starts when a customer leaves a cart, a checkout or the shop, once per step of a schedule, and stops when they buy',
		defaults: { name: 'Cart Abandoned Trigger' },
		inputs: [],
		outputs: scheduleOutputs as INodeTypeDescription['outputs'],
		properties: [
			{
				displayName: 'Trigger On',
				name: 'watch',
				type: 'multiOptions',
				required: true,
				noDataExpression: true,
				options: [
					{ name: 'Browse Sessions', value: 'browse', description: 'Something was looked at repeatedly or for long, and nothing put in a cart. Needs tracking.js; not together with the other two.' },
					{ name: 'Carts', value: 'cart', description: 'Something was put in the cart and the checkout was not started' },
					{ name: 'Checkouts', value: 'checkout', description: 'The checkout was started and not finished' },
				],
				default: ['cart'],
				description: 'A cart that reaches the checkout leaves the journeys that watch carts only, so nobody is reminded twice',
			},
			{
				displayName: 'Looked At',
				name: 'browseOf',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'The Same Category', value: 'category' },
					{ name: 'The Same Product', value: 'product' },
				],
				default: 'product',
				displayOptions: ofBrowsers,
			},
			{
				displayName: 'Views',
				name: 'browseViews',
				type: 'number',
				noDataExpression: true,
				typeOptions: { minValue: 0, maxValue: 50 },
				default: 2,
				displayOptions: ofBrowsers,
				description: 'So many views within a day are enough; 0 leaves views out of account',
			},
			{
				displayName: 'Seconds',
				name: 'browseSeconds',
				type: 'number',
				noDataExpression: true,
				typeOptions: { minValue: 0 },
				default: 60,
				displayOptions: ofBrowsers,
				description: 'Or so many seconds in view within a day; 0 leaves the time out of account',
			},
			scheduleField(
				[
					{ name: '', delay: 1, unit: 'hours' },
					{ name: '', delay: 1, unit: 'days' },
					{ name: '', delay: 3, unit: 'days' },
					{ name: '', delay: 5, unit: 'days' },
				],
				'the last change (or view) before the first message',
			),
			endsOnField(['answered', 'code_used', 'emptied', 'order', 'replied'], ['order', 'emptied'], ofCarts),
			endsOnField(['answered', 'cart_started', 'code_used', 'order', 'replied'], ['order', 'cart_started'], ofBrowsers),
			kindField,
			reentryField('cart', ofCarts),
			reentryField('customer', ofBrowsers),
			reentryDaysField,
			...journeyFields({ priority: 80, maxAgeDays: 7 }),
			shopField,
		],
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await runJourneyTrigger(this, readCartDefinition);
	}
}
