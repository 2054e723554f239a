import { Readable } from 'node:stream';
import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { messageOf, ShopJourneysError } from '../../../lib/model/errors';
import { rethrow } from '../../../lib/n8n/errors';
import type { Installation } from '../../../lib/n8n/installation';
import type { HistoryKind } from '../../../lib/shops/api';
import { type ColumnMapping, csvFields } from '../../../lib/shops/csv/columns';
import type { CsvOptions } from '../../../lib/shops/csv/read';
import type { Encoding } from '../../../lib/shops/csv/rows';
import { importCsv } from '../../../lib/shops/imports';
import { importItem, importOptions } from '../progress';

const show = (more: Record<string, string[]> = {}) => ({ show: { operation: ['fromCsv'], ...more } });

/** What is told without a time of its own gives way to anything that was told since. */
const longAgoMs = Date.parse('2000-01-01T00:00:00Z');

/** Each kind has columns of its own, under one name. */
const columnsField = (kind: HistoryKind): INodeProperties => ({
	displayName: 'Columns',
	name: 'columns',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true },
	placeholder: 'Add Column',
	noDataExpression: true,
	displayOptions: show({ kind: [kind] }),
	default: {},
	description: 'Only for columns whose header does not tell: those of Shopify’s and WooCommerce’s exports, and usual English ones, are known',
	options: [
		{
			displayName: 'Column',
			name: 'mapping',
			values: [
				{ displayName: 'Column', name: 'column', type: 'string', default: '', placeholder: 'e.g. Bestellnummer', description: 'As the first row of the file has it' },
				{
					displayName: 'Holds',
					name: 'field',
					type: 'options',
					options: [{ name: '(Nothing: Pass It Over)', value: '' }, ...csvFields[kind].map(({ name, label }) => ({ name: label, value: name }))].sort((a, b) => a.name.localeCompare(b.name)),
					default: '',
				},
			],
		},
	],
});

export const description: INodeProperties[] = [
	{
		displayName: 'CSV From',
		name: 'csvFrom',
		type: 'options',
		noDataExpression: true,
		displayOptions: show(),
		options: [
			{ name: 'A File of the Item', value: 'binary', description: 'From a node before this one: a form, Read Files From Disk, HTTP Request, Google Drive' },
			{ name: 'Text', value: 'text' },
		],
		default: 'binary',
	},
	{ displayName: 'Input Binary Field', name: 'binaryProperty', type: 'string', displayOptions: show({ csvFrom: ['binary'] }), default: 'data', required: true, placeholder: 'e.g. data', hint: 'The name of the field that holds the file' },
	{ displayName: 'CSV', name: 'text', type: 'string', typeOptions: { rows: 6 }, displayOptions: show({ csvFrom: ['text'] }), default: '', required: true, placeholder: 'e.g. Order ID,Date,Product,Quantity,Price,Email' },
	{
		displayName: 'Rows Are',
		name: 'kind',
		type: 'options',
		noDataExpression: true,
		displayOptions: show(),
		options: [
			{ name: 'Customers', value: 'customers', description: 'One row per customer' },
			{ name: 'Order Lines', value: 'orders', description: 'One row per product of an order; the rows of an order near each other' },
			{ name: 'Products', value: 'products', description: 'One row per product or variant' },
		],
		default: 'orders',
	},
	columnsField('customers'),
	columnsField('orders'),
	columnsField('products'),
	{
		displayName: 'Options',
		name: 'csvOptions',
		type: 'collection',
		placeholder: 'Add Option',
		noDataExpression: true,
		displayOptions: show(),
		default: {},
		options: [
			{ displayName: 'Currency', name: 'currency', type: 'string', default: '', placeholder: 'e.g. EUR', description: 'For rows that do not say which. Empty: the shop’s.' },
			{ displayName: 'Date Format', name: 'dateFormat', type: 'string', default: '', placeholder: 'e.g. dd/MM/yyyy HH:mm', description: 'With <a href="https://moment.github.io/luxon/#/parsing">Luxon’s tokens</a>: M is the month, m the minute. Empty: year first, as 2026-03-31 10:00.' },
			{
				displayName: 'Decimal Separator',
				name: 'decimal',
				type: 'options',
				options: [
					{ name: 'Comma (1.234,50)', value: ',' },
					{ name: 'Point (1,234.50)', value: '.' },
				],
				default: '.',
			},
			{
				displayName: 'Delimiter',
				name: 'delimiter',
				type: 'options',
				options: [
					{ name: 'Comma', value: ',' },
					{ name: 'Pipe', value: '|' },
					{ name: 'Semicolon', value: ';' },
					{ name: 'Tab', value: '\t' },
					{ name: 'Told From the First Row', value: '' },
				],
				default: '',
			},
			{
				displayName: 'Encoding',
				name: 'encoding',
				type: 'options',
				options: [
					{ name: 'UTF-8', value: 'utf-8' },
					{ name: 'Windows-1252', value: 'windows-1252', description: 'As Excel saves CSV in Western Europe and America' },
				],
				default: 'utf-8',
			},
			{ displayName: 'File Is From', name: 'fileDate', type: 'dateTime', default: '', description: 'When the file was written. What was told later, a withdrawn consent above all, stays as it is. Empty: the file only fills in what is not known.' },
			{ displayName: 'Time Zone', name: 'timezone', type: 'string', default: '', placeholder: 'e.g. Europe/Vienna', description: 'For times that do not say. Empty: the shop’s.' },
		],
	},
];

interface Options {
	currency?: string;
	dateFormat?: string;
	decimal?: '.' | ',';
	delimiter?: string;
	encoding?: Encoding;
	fileDate?: string;
	timezone?: string;
}

/** One item per file. A file that cannot be read fails alone when the node is to continue. */
export async function execute(context: IExecuteFunctions, installation: Installation): Promise<INodeExecutionData[]> {
	const results: INodeExecutionData[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		try {
			results.push({ json: await importFile(context, installation, itemIndex), pairedItem: { item: itemIndex } });
		} catch (error) {
			if (!context.continueOnFail()) rethrow(context.getNode(), error, itemIndex);
			results.push({ json: { state: 'failed', error: messageOf(error) }, pairedItem: { item: itemIndex } });
		}
	}
	return results;
}

async function importFile(context: IExecuteFunctions, installation: Installation, itemIndex: number) {
	const parameter = <T>(name: string, fallback?: T) => context.getNodeParameter(name, itemIndex, fallback) as T;
	const shop = installation.shop(parameter<string>('shop'));
	const settings = await shop.settings();
	const options = parameter<Options>('csvOptions', {});
	const reading: CsvOptions = {
		kind: parameter<HistoryKind>('kind'),
		mapping: parameter<{ mapping?: ColumnMapping[] }>('columns', {}).mapping,
		currency: currencyOf(options.currency?.trim() || settings.currency),
		decimal: options.decimal ?? '.',
		dateFormat: options.dateFormat?.trim() || undefined,
		timezone: options.timezone?.trim() || settings.timezone,
		encoding: options.encoding ?? 'utf-8',
		delimiter: options.delimiter || undefined,
		fileAtMs: fileDateOf(options.fileDate),
		toJourneyMs: installation.clock.toJourneyMs,
	};
	const progress = await importCsv(importOptions(context, installation, shop, parameter<boolean>('startOver', false)), { ...fileOf(context, itemIndex, parameter), reading });
	return importItem(progress);
}

/** The file, which is read from its start more than once. */
function fileOf(context: IExecuteFunctions, itemIndex: number, parameter: <T>(name: string) => T): { name: string; open: () => Promise<Readable> | Readable } {
	if (parameter<string>('csvFrom') === 'text') {
		const bytes = Buffer.from(parameter<string>('text'));
		return { name: 'text', open: () => Readable.from([bytes]) };
	}
	const property = parameter<string>('binaryProperty');
	const file = context.helpers.assertBinaryData(itemIndex, property);
	const { id } = file;
	const open = id ? () => context.helpers.getBinaryStream(id) : async () => Readable.from([await context.helpers.getBinaryDataBuffer(itemIndex, property)]);
	return { name: file.fileName ?? property, open };
}

function currencyOf(text: string): string {
	const currency = text.toUpperCase();
	if (!/^[A-Z]{3}$/.test(currency)) throw new ShopJourneysError('PARAMETER_INVALID', `"Currency" is "${text}", which is no currency code`, { hint: 'Write its three letters, e.g. EUR.' });
	return currency;
}

function fileDateOf(text: string | undefined): number {
	if (!text) return longAgoMs;
	const atMs = Date.parse(text);
	if (Number.isNaN(atMs)) throw new ShopJourneysError('PARAMETER_INVALID', `"File Is From" is "${text}", which is no date`, { hint: 'Choose a date, or leave it empty.' });
	return atMs;
}
