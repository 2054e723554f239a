import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { codesLeft, loadCodes } from '../../../lib/discounts/listSource';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { Installation } from '../../../lib/n8n/installation';
import { optionsOf } from '../optionFields';
import { listName } from '../source';

const shown = { show: { operation: ['load'] } };

export const description: INodeProperties[] = [
	{ displayName: 'List', name: 'list', type: 'string', noDataExpression: true, default: 'main', required: true, displayOptions: shown, description: 'Name of the list that the codes are added to' },
	{
		displayName: 'Codes From',
		name: 'codesFrom',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'The Field Below', value: 'text', description: 'Typed in, or pasted from a file' },
			{ name: 'The Items', value: 'items', description: 'One code per item: rows of a data table, or of a file (Extract From File)' },
		],
		default: 'text',
		displayOptions: shown,
	},
	{
		displayName: 'Codes',
		name: 'codes',
		type: 'string',
		typeOptions: { rows: 10 },
		default: '',
		placeholder: 'e.g. TEA-7KDM4RWX',
		displayOptions: { show: { operation: ['load'], codesFrom: ['text'] } },
		description: 'One per line, or separated by spaces, commas or semicolons. Each has to exist in the shop, good for one order.',
	},
	{
		displayName: 'Field With the Code',
		name: 'codeName',
		type: 'string',
		noDataExpression: true,
		default: 'code',
		displayOptions: { show: { operation: ['load'], codesFrom: ['items'] } },
		description: 'Which field of an item holds its code',
	},
	{
		displayName: 'Codes End',
		name: 'codesEnd',
		type: 'dateTime',
		default: '',
		displayOptions: shown,
		description: 'When the shop ends these codes: none is handed out from then on. Empty: never.',
	},
];

/** One item that says how many were added and how many were known. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<[INodeExecutionData[], INodeExecutionData[]]> {
	const { store } = installation.shop(optionsOf(context, 0).shop?.trim() || 'main');
	const list = listName(context);
	const isText = context.getNodeParameter('codesFrom', 0) === 'text';
	const codes = isText ? String(context.getNodeParameter('codes', 0)).split(/[\s,;]+/) : codesOfItems(context);
	if (codes.every((code) => code === '')) throw new ShopJourneysError('PARAMETER_INVALID', 'There is no code to load', { hint: isText ? 'Paste at least one under "Codes".' : 'Check "Field With the Code".' });
	const { added, known } = await loadCodes(store, list, codes, { expiresAtMs: endOf(context, installation) });
	return [[{ json: { list, added, known, left: await codesLeft(store, list) }, pairedItem: isText ? { item: 0 } : context.getInputData().map((_item, item) => ({ item })) }], []];
}

function codesOfItems(context: IExecuteFunctions): string[] {
	const field = String(context.getNodeParameter('codeName', 0)).trim();
	return context.getInputData().map(({ json }) => {
		const code = json[field];
		return typeof code === 'string' || typeof code === 'number' ? String(code).trim() : '';
	});
}

/** Journey time. @throws PARAMETER_INVALID */
function endOf(context: IExecuteFunctions, { clock }: Installation): number | undefined {
	const text = String(context.getNodeParameter('codesEnd', 0) ?? '').trim();
	if (text === '') return undefined;
	const atMs = clock.toJourneyMs(Date.parse(text));
	if (!(atMs > clock.journeyNowMs())) throw new ShopJourneysError('PARAMETER_INVALID', `"Codes End" is "${text.slice(0, 40)}", which is no time to come`, { hint: 'Choose a later one, or leave it empty.' });
	return atMs;
}
