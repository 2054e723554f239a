import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { type Swept, sweepCodes } from '../../../lib/discounts/sweep';
import type { Installation } from '../../../lib/n8n/installation';
import { optionsOf } from '../optionFields';
import { knownSources } from '../source';

export const description: INodeProperties[] = [
	{
		displayName: 'While a shop is connected and a journey is published this happens by itself. Here it is done at once, and counted.',
		name: 'cleanNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { operation: ['clean'] } },
	},
];

const atOnce = 200;

/** One item with what was done. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<[INodeExecutionData[], INodeExecutionData[]]> {
	const shop = installation.shop(optionsOf(context, 0).shop?.trim() || 'main');
	const sources = await knownSources(context, installation, shop);
	const total: Swept = { expired: 0, forgotten: 0, left: 0 };
	for (let isMore = true; isMore; ) {
		const swept = await sweepCodes(shop.store, sources, installation.clock, { limit: atOnce });
		for (const what of Object.keys(total) as Array<keyof Swept>) total[what] += swept[what];
		isMore = swept.expired + swept.forgotten + swept.left === atOnce;
	}
	return [[{ json: { ...total }, pairedItem: { item: 0 } }], []];
}
