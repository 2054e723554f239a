import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { type Installation, openInstallation } from '../../../lib/n8n/installation';
import { executeImportHistory, ImportHistory } from '../../../nodes/ImportHistory/ImportHistory.node';
import { customerByEmail, type Shop } from '../record/shop';
import { type Execution, fakeExecution } from './execution';

let folder: string;
let installation: Installation;

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), 'import-history-'));
	installation = await openInstallation({ N8N_USER_FOLDER: folder }, () => Date.parse('2026-03-02T08:00:00Z'));
	await installation.shop('main').saveSettings({ currency: 'EUR', timezone: 'Europe/Vienna' });
});
afterEach(async () => {
	await installation.hub.close();
	rmSync(folder, { recursive: true, force: true });
});

const { description } = new ImportHistory();
const said: string[] = [];
async function run(execution: Execution, more: Record<string, unknown> = {}): Promise<INodeExecutionData[]> {
	const context = fakeExecution(description, execution);
	Object.assign(context, { logger: { info: (text: string) => said.push(text) }, ...more });
	Object.assign(context.helpers, more.helpers ?? {});
	return (await executeImportHistory(context as IExecuteFunctions, installation))[0];
}
const mia = () => customerByEmail({ store: installation.shop('main').store } as Shop, 'mia@example.com');
const rows = 'Bestellung;Datum;Artikel;Menge;Preis;Email\n1;1.3.2026 10:00;Tee;2;12,50;mia@example.com\n2;2.3.2026 10:00;Tee;zwei;12,50;mia@example.com';
const german = {
	operation: 'fromCsv',
	columns: { mapping: [['Bestellung', 'orderNumber'], ['Datum', 'placedAt'], ['Artikel', 'title'], ['Menge', 'quantity'], ['Preis', 'unitPrice']].map(([column, field]) => ({ column, field })) },
	csvOptions: { decimal: ',', dateFormat: 'd.M.yyyy HH:mm' },
};

test('takes a CSV typed in, in the shop’s currency and zone, and lists what it could not read', async () => {
	const [{ json }] = await run({ parameters: { ...german, csvFrom: 'text', text: rows } });
	expect(json).toMatchObject({ kind: 'orders', state: 'done', found: 1, recorded: 1, refused: 1, refusedRows: [{ row: 3, column: 'Menge', value: 'zwei' }] });
	expect((await mia())?.orders).toMatchObject({ count: 1, spentMinor: { EUR: 2500 }, lastAtMs: Date.parse('2026-03-01T09:00:00Z') });
});

test('takes the file of each item; one that is no such file fails alone when the node is to continue', async () => {
	const helpers = {
		assertBinaryData: (itemIndex: number) => ({ id: `file-${itemIndex}`, fileName: `orders-${itemIndex}.csv` }),
		getBinaryStream: async (id: string) => Readable.from([Buffer.from(id === 'file-0' ? 'Farbe\nrot' : rows)]),
	};
	const output = await run({ items: [{}, {}], parameters: german, continueOnFail: true }, { helpers });
	expect(output).toEqual([
		{ json: { state: 'failed', error: expect.stringContaining('no column "Bestellung"') }, pairedItem: { item: 0 } },
		{ json: expect.objectContaining({ source: 'orders-1.csv', recorded: 1 }), pairedItem: { item: 1 } },
	]);
	await expect(run({ items: [{}], parameters: german }, { helpers })).rejects.toMatchObject({ message: expect.stringContaining('no column "Bestellung"'), description: 'Correct it under "Columns".' });
});

test('shows how far imports are', async () => {
	expect((await run({ parameters: { operation: 'status' } }))[0].json).toEqual({ state: 'none', message: 'Nothing was imported yet' });
	await run({ parameters: { ...german, csvFrom: 'text', text: rows } });
	expect((await run({ parameters: { operation: 'status' } }))[0].json).toMatchObject({ source: 'text', kind: 'orders', state: 'done', recorded: 1, finishedAt: '2026-03-02T08:00:00.000Z' });
});

test('from a shop without a credential says what to choose', async () => {
	const getCredentials = async () => {
		throw new Error('none');
	};
	await expect(run({ parameters: { operation: 'fromShop' } }, { getCredentials })).rejects.toMatchObject({ message: expect.stringContaining('No credential'), description: 'Choose or create the credential in the node.' });
});

test('a date or a currency that is none is refused before anything is read', async () => {
	const text = { operation: 'fromCsv', csvFrom: 'text', text: rows };
	await expect(run({ parameters: { ...text, csvOptions: { currency: 'euro' } } })).rejects.toThrow('no currency code');
	await expect(run({ parameters: { ...text, csvOptions: { fileDate: 'yesterday' } } })).rejects.toThrow('which is no date');
	await expect(run({ parameters: { operation: 'fromShop', what: [] } }, { getCredentials: async () => ({}) })).rejects.toThrow('Nothing is chosen');
});
