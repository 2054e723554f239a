import { type IExecuteFunctions, type INodeExecutionData, type INodeProperties, type INodeType, type INodeTypeDescription, NodeConnectionTypes } from 'n8n-workflow';
import { eachByCustomer } from '../../lib/n8n/customerOfItem';
import { rethrow } from '../../lib/n8n/errors';
import { customerFields } from '../../lib/n8n/fields/customer';
import { shopField, shopIdOf } from '../../lib/n8n/fields/shop';
import type { Installation } from '../../lib/n8n/installation';
import { installationFor } from '../../lib/n8n/runOperation';
import * as adjust from './operations/adjust.operation';
import * as balance from './operations/balance.operation';
import * as confirm from './operations/confirm.operation';
import * as earn from './operations/earn.operation';
import * as expire from './operations/expire.operation';
import * as giveBack from './operations/giveBack.operation';
import * as history from './operations/history.operation';
import * as redeem from './operations/redeem.operation';
import * as release from './operations/release.operation';
import * as reserve from './operations/reserve.operation';
import * as tier from './operations/tier.operation';
import { referenceField } from './reference';
import type { Output, Run } from './run';
import { messageOf } from '../../lib/model/errors';

interface Operation {
	description: INodeProperties[];
	execute(run: Run): Promise<Output>;
}
const operations: Record<string, Operation> = { adjust, balance, confirm, earn, expire, giveBack, history, redeem, release, reserve, tier };

/** A customer's points by hand or in a workflow: earned, spent, held, given back, adjusted, looked up. */
export class LoyaltyPoints implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Loyalty Points',
		name: 'loyaltyPoints',
		icon: { light: 'file:points.svg', dark: 'file:points.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ { adjust: "adjust", balance: "balance", confirm: "confirm reservation", earn: "earn", expire: "expire", giveBack: "give back", history: "history", redeem: "redeem", release: "release reservation", reserve: "reserve", tier: "tier" }[$parameter["operation"]] }}',
		description: 'Gives points, takes them, holds them for a checkout, gives them back after a refund; tells balance, history and tier',
		defaults: { name: 'Loyalty Points' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Done', 'Not Done'],
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Adjust', value: 'adjust', action: 'Adjust points by hand', description: 'Gives or takes points, with who did it and why' },
					{ name: 'Confirm Reservation', value: 'confirm', action: 'Confirm reserved points', description: 'The checkout was paid: what was held is spent' },
					{ name: 'Earn', value: 'earn', action: 'Earn points', description: 'By the order’s total, by its lines, or a fixed number; once per reference' },
					{ name: 'Expire', value: 'expire', action: 'Expire points', description: 'Settles now what fell due: expired points, pending points, reservations that ran out' },
					{ name: 'Get Balance', value: 'balance', action: 'Get the balance of points', description: 'Available, pending, reserved, owed, and what expires when' },
					{ name: 'Get History', value: 'history', action: 'Get the history of points', description: 'What was earned, spent and taken, newest first' },
					{ name: 'Get Tier', value: 'tier', action: 'Get the tier', description: 'Present tier, until when it is kept, and how far it is to the next' },
					{ name: 'Give Back', value: 'giveBack', action: 'Give points back after a refund', description: 'In proportion to the refund: redeemed points come back, earned ones are taken away' },
					{ name: 'Redeem', value: 'redeem', action: 'Redeem points', description: 'All or nothing, or up to the balance; once per reference' },
					{ name: 'Release Reservation', value: 'release', action: 'Release reserved points', description: 'The checkout was given up: what was held is available again' },
					{ name: 'Reserve', value: 'reserve', action: 'Reserve points', description: 'Holds points for a checkout until it is paid or given up' },
				],
				default: 'earn',
			},
			...customerFields.map((field) => ({ ...field, displayOptions: { ...field.displayOptions, hide: { expireFor: ['all'] } } })),
			...Object.values(operations).flatMap(({ description }) => description),
			referenceField,
			...Object.values(operations).flatMap((operation) => ('options' in operation ? [operation.options as INodeProperties] : [])),
			shopField,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await executeLoyaltyPoints(this, await installationFor(this));
	}
}

/** @throws n8n's own errors */
export async function executeLoyaltyPoints(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const done: Array<Output | undefined> = new Array(items.length);
	const { execute } = operations[context.getNodeParameter('operation', 0) as string];
	let failed: { error: unknown; itemIndex: number } | undefined;
	const work = async (itemIndex: number) => {
		try {
			const { json } = items[itemIndex];
			const shop = installation.shop(shopIdOf(json, context.getNodeParameter('shop', itemIndex) as string));
			done[itemIndex] = await execute({ context, itemIndex, json, installation, shop, settings: await shop.settings(), nowMs: installation.clock.journeyNowMs() });
		} catch (error) {
			if (!context.continueOnFail()) failed ??= { error, itemIndex };
			done[itemIndex] = { json: { error: messageOf(error) }, isDone: false };
		}
	};
	await eachByCustomer(context, items, work, () => failed !== undefined);
	if (failed) rethrow(context.getNode(), failed.error, failed.itemIndex);
	const outputs = done.flatMap((output, item) => (output ? [{ isDone: output.isDone, item: { json: output.json, pairedItem: { item } } }] : []));
	return [true, false].map((wanted) => outputs.filter(({ isDone }) => isDone === wanted).map(({ item }) => item));
}
