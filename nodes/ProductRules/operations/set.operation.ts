import { type IDataObject, type IExecuteFunctions, type INodeExecutionData, type INodeProperties } from 'n8n-workflow';
import { ShopJourneysError } from '../../../lib/model/errors';
import { parseProductRules, type RowProblem } from '../../../lib/model/productRules';
import type { Installation } from '../../../lib/n8n/installation';
import { readTable, saveProductRules } from '../../../lib/n8n/productRules';

const shown = { show: { operation: ['set'] } };
/** How many wrong rows a message names. */
const namedProblems = 10;

export const description: INodeProperties[] = [
	{
		displayName: 'Rows From',
		name: 'source',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'The Items', value: 'items', description: 'One rule per item: rows of a data table, or of a file (Extract From File)' },
			{ name: 'The Field Below', value: 'text', description: 'A table typed in, or pasted from a spreadsheet' },
		],
		default: 'items',
		displayOptions: shown,
	},
	{
		displayName: 'Rows',
		name: 'rows',
		type: 'string',
		typeOptions: { rows: 12 },
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. category,goods,deliveryDays',
		displayOptions: { show: { operation: ['set'], source: ['text'] } },
		description: 'The first line names the columns, each further line is a rule. Columns: product, tag or category; daysPerUnit, unitsPerPack, goods, replacementDays, accessories, upgrade, nextSize, season, deliveryDays; note.',
	},
	{
		displayName: 'Rules That Exist',
		name: 'existing',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Keep and Add', value: 'merge', description: 'A rule for the same product, tag or category is replaced' },
			{ name: 'Replace All', value: 'replace', description: 'Afterwards there are only the rules given here' },
		],
		default: 'replace',
		displayOptions: shown,
	},
];

/** Keeps rules for a shop. Without "continue on fail" one wrong row keeps all from being stored; with it, the others are. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[]> {
	const items = context.getInputData();
	const isText = context.getNodeParameter('source', 0) === 'text';
	const rows: Array<Record<string, unknown>> = isText ? readTable(context.getNodeParameter('rows', 0) as string) : items.map(({ json }) => json);
	const { rules, problems } = parseProductRules(rows);
	if (problems.length > 0 && !context.continueOnFail()) throw refusal(problems, isText);
	if (rules.length === 0 && problems.length === 0) throw new ShopJourneysError('PARAMETER_INVALID', 'There is no rule', { hint: 'Give at least one row below the line that names the columns.' });
	const itemOf = (row: number) => (isText ? 0 : row);
	const output: INodeExecutionData[] = [];
	if (rules.length > 0) {
		const shop = installation.shop(context.getNodeParameter('shop', 0) as string);
		const total = await saveProductRules(shop.store, rules.map(({ rule }) => rule), context.getNodeParameter('existing', 0) as 'merge' | 'replace', installation.clock.journeyNowMs());
		const pairedItem = [...new Set(rules.map(({ row }) => itemOf(row)))].map((item) => ({ item }));
		output.push({ json: { rulesStored: rules.length, rulesInAll: total }, pairedItem });
	}
	for (const problem of problems) output.push({ json: { error: sentence(problem), row: problem.row + 1 } as IDataObject, pairedItem: { item: itemOf(problem.row) } });
	return output;
}

function sentence({ row, column, message }: RowProblem): string {
	return `Row ${row + 1}${column ? `, column "${column}",` : ''} ${message}`;
}

function refusal(problems: RowProblem[], isText: boolean): ShopJourneysError {
	const more = problems.length - namedProblems;
	const all = problems.slice(0, namedProblems).map(sentence).join('. ') + (more > 0 ? `. And ${more} more` : '');
	return new ShopJourneysError('PARAMETER_INVALID', sentence(problems[0]), {
		hint: `Nothing was stored. Correct the ${isText ? 'field "Rows"' : 'rows that come in'}: ${all}.`,
	});
}
