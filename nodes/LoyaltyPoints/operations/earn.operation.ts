import type { INodeProperties } from 'n8n-workflow';
import { type EarningRules, type LineRule, lotTimes, pointsForLines, pointsForOrder } from '../../../lib/loyalty/earning';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { LoyaltySettings } from '../../../lib/model/settings';
import { ofItem } from '../../../lib/n8n/errors';
import { kindsOf, type KnownOrder, orderOf } from '../order';
import { referenceOf } from '../reference';
import { answer, change, type Output, pointsOf, refused, type Run } from '../run';

const shown = (...earnBy: string[]) => ({ displayOptions: { show: { operation: ['earn'], earnBy } } });
const shownAmong = (...earnBy: string[]) => ({ displayOptions: { show: { '/earnBy': earnBy } } });

export const description: INodeProperties[] = [
	{
		displayName: 'Earn By',
		name: 'earnBy',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Fixed Number', value: 'fixed', description: 'So many points, e.g. for a review or a birthday' },
			{ name: 'Order Lines', value: 'line', description: 'So many points for each piece or for what each line costs' },
			{ name: 'Order Total', value: 'order', description: 'So many points for each whole unit of the currency, as the shop’s loyalty settings say' },
		],
		default: 'order',
		displayOptions: { show: { operation: ['earn'] } },
	},
	{ displayName: 'Points', name: 'points', type: 'number', typeOptions: { minValue: 1 }, default: 100, ...shown('fixed') },
	{ displayName: 'Points per Piece', name: 'points', type: 'number', typeOptions: { minValue: 0 }, default: 1, ...shown('line'), description: 'For all goods that no row below names. 0: only those earn.' },
	{
		displayName: 'Other Rates',
		name: 'lineRates',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: 'Add Goods',
		default: {},
		...shown('line'),
		description: 'Goods that earn otherwise; the first row that fits a line counts',
		options: [
			{
				displayName: 'Rows',
				name: 'rows',
				values: [
					{ displayName: 'Goods', name: 'of', type: 'string', default: '', placeholder: 'e.g. Tea, TEAPOT-RED', description: 'IDs, article numbers, titles, categories or tags, separated by commas' },
					{ displayName: 'Points', name: 'points', type: 'number', typeOptions: { minValue: 0 }, default: 1 },
					{
						displayName: 'For Each',
						name: 'per',
						type: 'options',
						options: [
							{ name: 'Piece', value: 'piece' },
							{ name: 'Whole Unit of the Price', value: 'unit', description: 'For each euro, for example' },
						],
						default: 'piece',
					},
				],
			},
		],
	},
];

export const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: { operation: ['earn'] } },
	description: 'What is not added here is as in the loyalty settings of the shop (on its Shop Webhook Trigger)',
	options: [
		{ displayName: 'Expire After Days', name: 'expiresAfterDays', type: 'number', typeOptions: { minValue: 0, maxValue: 36500 }, default: 365, description: 'At the end of that day, in the shop’s time zone. 0: never.' },
		{ displayName: 'Leave Out', name: 'excluded', type: 'string', default: '', placeholder: 'e.g. Gift Cards, SALE-1', ...shownAmong('order', 'line'), description: 'Goods that earn nothing: IDs, article numbers, titles, categories or tags, separated by commas' },
		{ displayName: 'Note', name: 'note', type: 'string', default: '', placeholder: 'e.g. For your review', description: 'Stands in the history' },
		{ displayName: 'Pending for Days', name: 'pendingDays', type: 'number', typeOptions: { minValue: 0, maxValue: 3650 }, default: 14, description: 'So long they cannot be spent yet, e.g. until the goods cannot be sent back any more' },
		{ displayName: 'Points per Unit', name: 'rate', type: 'number', typeOptions: { minValue: 0 }, default: 1, ...shownAmong('order'), description: 'For each whole unit of the shop’s currency. 0.5: one point for two euros.' },
		{
			displayName: 'Rounding',
			name: 'rounding',
			type: 'options',
			options: [
				{ name: 'Down', value: 'down' },
				{ name: 'To the Nearest', value: 'nearest' },
				{ name: 'Up', value: 'up' },
			],
			default: 'down',
			...shownAmong('order', 'line'),
		},
	],
};

interface EarnOptions {
	rate?: number;
	rounding?: EarningRules['rounding'];
	excluded?: string;
	pendingDays?: number;
	expiresAfterDays?: number;
	note?: string;
}
interface LineRow {
	of?: string;
	points?: number;
	per?: LineRule['per'];
}

/** Gives points, once per reference. An order counts once, also when orders earn by themselves. */
export async function execute(run: Run): Promise<Output> {
	const { context, itemIndex, settings, nowMs } = run;
	const earnBy = context.getNodeParameter('earnBy', itemIndex) as 'order' | 'line' | 'fixed';
	const own = context.getNodeParameter('options', itemIndex, {}) as EarnOptions;
	const order = earnBy === 'fixed' ? undefined : await orderOf(run);
	const lineRules = earnBy === 'line' ? lineRulesOf(run) : [];
	const goesByPrice = earnBy === 'order' || lineRules.some(({ per }) => per === 'unit');
	if (order && goesByPrice && order.currency !== settings.currency) {
		return answer(run, { status: 'other_currency', message: `The order is in ${order.currency}, and points are counted in the shop’s ${settings.currency}. Give a fixed number of points, or points per piece.` }, false);
	}
	const points = earnBy === 'fixed' ? pointsOf(run) : await ofItem(itemIndex, async () => await pointsForGoods(run, order!, earnBy, own, lineRules));
	const { loyalty } = settings;
	const times = lotTimes({ pendingDays: daysOf(run, 'Pending for Days', own.pendingDays ?? loyalty?.pendingDays), expiresAfterDays: daysOf(run, 'Expire After Days', own.expiresAfterDays ?? loyalty?.expiresAfterDays) }, nowMs, settings.timezone);
	const note = own.note?.trim();
	const reference = referenceOf(run, { isOrderItself: order !== undefined });
	return await change(run, { type: 'earn', reference, points, ...times, ...(note && { note }) }, (outcome) => ({ earned: outcome.points, ...(outcome.paid && { paidOwed: outcome.paid }) }));
}

async function pointsForGoods(run: Run, order: KnownOrder, earnBy: 'order' | 'line', own: EarnOptions, lineRules: LineRule[]): Promise<number> {
	const { loyalty } = run.settings;
	const shared = { rounding: own.rounding ?? loyalty?.rounding ?? 'down', excluded: own.excluded === undefined ? (loyalty?.excluded ?? []) : namesOf(own.excluded) };
	const kinds = await kindsOf(run, order);
	if (earnBy === 'line') return pointsForLines(order, lineRules, shared, ...kinds);
	return pointsForOrder(order, { ...shared, rate: rateOf(own, loyalty) }, ...kinds);
}

/** @throws PARAMETER_INVALID */
function rateOf({ rate }: EarnOptions, loyalty: LoyaltySettings | undefined): number {
	const found = rate ?? loyalty?.rate;
	if (found === undefined) {
		throw new ShopJourneysError('PARAMETER_INVALID', 'how many points an order earns is said nowhere', { hint: 'Add "Points per Unit" under "Options", or fill in the loyalty settings of the shop on its Shop Webhook Trigger.' });
	}
	return found;
}

function lineRulesOf(run: Run): LineRule[] {
	const { rows = [] } = run.context.getNodeParameter('lineRates', run.itemIndex, {}) as { rows?: LineRow[] };
	const named = rows.map(({ of = '', points = 0, per = 'piece' }) => ({ of: namesOf(of), points, per }));
	// A row without goods would fit every line.
	if (named.some(({ of }) => of.length === 0)) throw refused(run, 'a row of "Other Rates" names no goods', 'Fill in "Goods", or remove the row.');
	return [...named, { of: [], points: Number(run.context.getNodeParameter('points', run.itemIndex)), per: 'piece' }];
}

function daysOf(run: Run, field: string, value: number | undefined = 0): number {
	if (Number.isSafeInteger(value) && value >= 0) return value;
	throw refused(run, `"${field}" is ${JSON.stringify(value)}`, 'Fill in a whole number of days, 0 or more.');
}

const namesOf = (text: string): string[] => String(text).split(',').map((name) => name.trim()).filter((name) => name !== '');
