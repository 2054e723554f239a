import { type IExecuteFunctions, type INodeExecutionData, type INodeProperties, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import { eachByCustomer } from '../../lib/n8n/customerOfItem';
import { rethrow } from '../../lib/n8n/errors';
import { customerFields } from '../../lib/n8n/fields/customer';
import { shopField, shopIdOf } from '../../lib/n8n/fields/shop';
import type { Installation } from '../../lib/n8n/installation';
import { installationFor } from '../../lib/n8n/runOperation';
import * as block from './operations/block.operation';
import * as changeTags from './operations/changeTags.operation';
import * as erase from './operations/erase.operation';
import * as exportData from './operations/export.operation';
import * as get from './operations/get.operation';
import * as recordEvent from './operations/recordEvent.operation';
import * as setConsent from './operations/setConsent.operation';
import * as timeline from './operations/timeline.operation';
import * as unblock from './operations/unblock.operation';
import * as upsert from './operations/upsert.operation';
import type { Output, Run } from './run';
import { messageOf } from '../../lib/model/errors';

interface Operation {
	description: INodeProperties[];
	execute(run: Run): Promise<Output>;
}
const operations: Record<string, Operation> = { get, upsert, changeTags, setConsent, recordEvent, timeline, export: exportData, erase, block, unblock };

/** One customer by hand: profile, tags, consent, events, timeline, export and erasure. */
export class Customer implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Customer',
		name: 'customer',
		icon: { light: 'file:customer.svg', dark: 'file:customer.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ { block: "block", changeTags: "change tags", erase: "erase", export: "export", get: "get", recordEvent: "record event", setConsent: "set consent", timeline: "timeline", unblock: "unblock", upsert: "create or update" }[$parameter["operation"]] }}',
		description: 'Looks a customer up or changes what is known: profile, tags, consent, events; shows why a message was sent or not; exports and erases',
		defaults: { name: 'Customer' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Block', value: 'block', action: 'Block a customer', description: 'No message of any kind any more' },
					{ name: 'Change Tags', value: 'changeTags', action: 'Change tags of a customer', description: 'Adds and removes tags' },
					{ name: 'Create or Update', value: 'upsert', action: 'Create or update a customer', description: 'Create a new record, or update the current one if it already exists (upsert)' },
					{ name: 'Erase', value: 'erase', action: 'Erase a customer', description: 'Forgets everything but that this address must not be written to' },
					{ name: 'Export', value: 'export', action: 'Export a customer', description: 'Everything that is held, as JSON or a file' },
					{ name: 'Get', value: 'get', action: 'Get a customer', description: 'Profile, consent, totals, tags, segments and open journeys' },
					{ name: 'Record Event', value: 'recordEvent', action: 'Record an event of a customer', description: 'Tells what the shop cannot: contacts, held orders, returns, your own events' },
					{ name: 'Set Consent', value: 'setConsent', action: 'Set consent of a customer', description: 'For one channel, with its basis and a note' },
					{ name: 'Timeline', value: 'timeline', action: 'Get the timeline of a customer', description: 'What happened, and why a message was sent or not' },
					{ name: 'Unblock', value: 'unblock', action: 'Unblock a customer', description: 'Lifts a block, a bounce or a complaint' },
				],
				default: 'get',
			},
			...customerFields,
			...Object.values(operations).flatMap(({ description }) => description),
			shopField,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await executeCustomer(this, await installationFor(this));
	}
}

/** @throws n8n's own errors */
export async function executeCustomer(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const outputs: INodeExecutionData[][] = new Array(items.length);
	const { execute } = operations[context.getNodeParameter('operation', 0) as string];
	let failed: { error: unknown; itemIndex: number } | undefined;
	const work = async (itemIndex: number) => {
		try {
			const { json } = items[itemIndex];
			const shop = installation.shop(shopIdOf(json, context.getNodeParameter('shop', itemIndex) as string));
			const run: Run = { context, itemIndex, json, installation, shop, settings: await shop.settings(), nowMs: installation.clock.journeyNowMs() };
			outputs[itemIndex] = (await execute(run)).map((output) => ({ ...output, pairedItem: { item: itemIndex } }));
		} catch (error) {
			if (!context.continueOnFail()) failed ??= { error, itemIndex };
			outputs[itemIndex] = [{ json: { error: messageOf(error) }, pairedItem: { item: itemIndex } }];
		}
	};
	await eachByCustomer(context, items, work, () => failed !== undefined);
	if (failed) rethrow(context.getNode(), failed.error, failed.itemIndex);
	return [outputs.flat()];
}
