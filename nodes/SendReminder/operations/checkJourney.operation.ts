import type { IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import { codesLeft as codesOnList } from '../../../lib/discounts/listSource';
import { checkJourney, listsOf } from '../../../lib/n8n/checkJourney';
import type { Installation } from '../../../lib/n8n/installation';
import { workflowAround } from '../../../lib/n8n/workflowGraph';
import { servedBy } from '../compose/compose';

export const description: INodeProperties[] = [
	{
		displayName: 'Lists what is unfinished in this workflow and in the shop’s settings. Test this step whenever you like: it sends nothing.',
		name: 'checkNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { operation: ['checkJourney'] } },
	},
	{
		displayName: 'Shop ID',
		name: 'checkShop',
		type: 'string',
		default: 'main',
		noDataExpression: true,
		displayOptions: { show: { operation: ['checkJourney'] } },
		description: 'Which shop the journey is for, where one n8n serves several',
	},
];

/** One item per finding, problems first; one that says so when nothing is unfinished. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[][]> {
	const workflow = workflowAround(context);
	if (!workflow) throw new ShopJourneysError('CONFIG_INVALID', 'This n8n does not show its nodes the workflow they are in, so it cannot be checked', { hint: 'Use the n8n version that the README names.' });
	const shop = installation.shop(context.getNodeParameter('checkShop', 0, 'main') as string);
	const codesLeft = Object.fromEntries(await Promise.all(listsOf(workflow).map(async (list) => [list, await codesOnList(shop.store, list, 1)] as const)));
	const { address, profileForm } = await servedBy(shop);
	const findings = checkJourney(workflow, { codesLeft, settings: await shop.settings(), address, hasProfileForm: profileForm !== undefined, isDemo: installation.isDemo });
	const told = findings.length > 0 ? findings : [{ level: 'ready', about: 'Journey', says: 'Nothing is unfinished.', toDo: workflow.isPublished ? 'It is published.' : 'Publish it.' }];
	return [told.map((finding) => ({ json: { ...finding } as unknown as IDataObject, pairedItem: { item: 0 } })), []];
}
