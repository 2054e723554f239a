import {
	type IDataObject,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
} from 'n8n-workflow';
import { rethrow } from '../../lib/n8n/errors';
import {
	batchSizeField,
	kindField,
	maxAgeField,
	reentryDaysField,
	reentryField,
	scheduleField,
	scheduleOutputs,
	showEndedField,
} from '../../lib/n8n/fields/schedule';
import { readCartDefinition } from '../../lib/n8n/definition';
import { shopField } from '../../lib/n8n/fields/shop';
import { getInstallation } from '../../lib/n8n/installation';
import { JourneyRunner } from '../../lib/n8n/journeyRunner';
import { cancelLater, nowOrLater } from '../../lib/n8n/nowOrLater';
import { sampleItem } from '../../lib/n8n/sample';

/** Idle carts and checkouts, one output per step of the schedule. Its timers live in the store, not in executions. */
export class CartAbandonedTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cart Abandoned Trigger',
		name: 'cartAbandonedTrigger',
		icon: { light: 'file:cart.svg', dark: 'file:cart.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ ($parameter["watch"] ?? []).map((stage) => stage + "s").join(" and ") + " · " + ($parameter["schedule"]?.steps?.length ?? 0) + " steps" }}',
		description: 'Starts when a customer leaves a cart or a checkout, once per step of a schedule, and stops when they buy',
		defaults: { name: 'Cart Abandoned Trigger' },
		inputs: [],
		outputs: scheduleOutputs as INodeTypeDescription['outputs'],
		properties: [
			{
				displayName: 'Trigger On',
				name: 'watch',
				type: 'multiOptions',
				noDataExpression: true,
				options: [
					{ name: 'Carts', value: 'cart', description: 'Something was put in the cart and the checkout was not started' },
					{ name: 'Checkouts', value: 'checkout', description: 'The checkout was started and not finished' },
				],
				default: ['cart'],
				description: 'A cart that reaches the checkout leaves the journeys that watch carts only, so nobody is reminded twice',
			},
			scheduleField([
				{ name: '', delay: 1, unit: 'hours' },
				{ name: '', delay: 1, unit: 'days' },
				{ name: '', delay: 3, unit: 'days' },
				{ name: '', delay: 5, unit: 'days' },
			]),
			{
				displayName: 'Ends On',
				name: 'endsOn',
				type: 'multiOptions',
				noDataExpression: true,
				options: [
					{ name: 'Cart Emptied', value: 'emptied' },
					{ name: 'Order Placed', value: 'order' },
				],
				default: ['order', 'emptied'],
				description: 'What stops the series for a customer. Unsubscribing, erasure and a closed address always do.',
			},
			kindField,
			reentryField,
			reentryDaysField,
			maxAgeField,
			showEndedField,
			batchSizeField,
			shopField,
		],
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		try {
			const shopId = this.getNodeParameter('shop') as string;
			const definition = readCartDefinition(this);

			if (this.getMode() === 'manual') {
				const installation = await getInstallation();
				const manualTriggerFunction = async () => {
					const { item, output } = await sampleItem(installation, installation.shop(shopId), definition);
					const outputs: INodeExecutionData[][] = Array.from({ length: output + 1 }, () => []);
					outputs[output].push({ json: item as unknown as IDataObject });
					this.emit(outputs);
				};
				return { manualTriggerFunction };
			}

			const batchSize = this.getNodeParameter('batchSize') as number;
			let runner: JourneyRunner | null = null;
			let isClosed = false;
			await nowOrLater(this, async () => {
				const installation = await getInstallation();
				const starting = new JourneyRunner(this, installation, installation.shop(shopId), batchSize);
				await starting.start(definition);
				runner = starting;
				if (isClosed) runner.close();
			});
			return {
				closeFunction: async () => {
					isClosed = true;
					cancelLater(this);
					runner?.close();
				},
			};
		} catch (error) {
			rethrow(this.getNode(), error);
		}
	}
}
