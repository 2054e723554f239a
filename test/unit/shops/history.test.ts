import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { dayMs } from '../../../lib/model/clock';
import { ShopJourneysError } from '../../../lib/model/errors';
import type { Condition } from '../../../lib/model/conditions';
import { type AliasRecord, type CustomerRecord, type HistoryRecord, keys, type OrderRecord } from '../../../lib/model/records';
import { compileCondition } from '../../../lib/segments/compile';
import { listSegment } from '../../../lib/segments/list';
import type { Facts } from '../../../lib/segments/fields';
import { importCsv, importFromShop, type ImportOptions, type ImportRecord, listImports } from '../../../lib/shops/imports';
import { openStore } from '../../../lib/store/open';
import type { Store } from '../../../lib/store/store';
import { mockApiContext, mockShop, type MockShop } from '../../mocks/adapter';
import { cartEvent, customerByEmail, customerEvent, enrolmentOf, openShop, opening, orderById, orderEvent, type Shop } from '../record/shop';

let shop: Shop;
let there: MockShop;
beforeEach(() => {
	shop = openShop();
	there = mockShop();
});
afterEach(() => shop.hub.close());

const options = (extra: Partial<ImportOptions> = {}): ImportOptions => ({ store: shop.store, clock: shop.clock, record: shop.record, startOver: false, ...extra });
const fromShop = (kind: 'customers' | 'products' | 'orders', sinceMs?: number) => ({ system: 'mock', api: there.adapter.api, context: mockApiContext, kind, sinceMs, normalise: { toJourneyMs: (ms: number) => ms, currency: 'EUR', shopUrl: '' } });
const reading = { kind: 'orders' as const, currency: 'GBP', decimal: '.' as const, timezone: 'UTC', fileAtMs: 0, toJourneyMs: (ms: number) => ms, encoding: 'utf-8' as const };

/** Orders of the past, one a day. */
function placeOrders(count: number): void {
	for (let i = 0; i < count; i++) {
		const atMs = opening - (i + 1) * dayMs;
		there.entries.orders.push({ changedAtMs: atMs, event: orderEvent(atMs, { orderId: `o${i}` }, { customer: { email: `c${i % 3}@example.com` }, dedupeId: `o${i}` }) });
	}
}

describe('from a shop', () => {
	test('everything is recorded page by page, as history, and enrols nobody', async () => {
		await shop.switchOn({ id: 'carts' });
		placeOrders(5);
		there.entries.orders.push({ changedAtMs: shop.now(), event: cartEvent(shop.now(), {}, { customer: { email: 'c1@example.com' } }) });
		const seen: Array<[ImportRecord['position'], number]> = [];
		const asHistory: unknown[] = [];
		const record: ImportOptions['record'] = (event) => {
			asHistory.push(event.isHistory);
			return shop.record(event);
		};
		const done = await importFromShop(options({ record, onPage: ({ position, counts }) => seen.push([position, counts.recorded]) }), fromShop('orders'));
		expect(done).toMatchObject({ state: 'done', total: 6, position: null, counts: { found: 6, recorded: 6, duplicate: 0, stale: 0, refused: 0 } });
		expect(seen).toEqual([['2', 2], ['4', 4], [null, 6]]);
		expect(asHistory).toEqual(Array(6).fill(true));
		expect(await enrolmentOf(shop, 'carts')).toBeNull();
		expect((await customerByEmail(shop, 'c0@example.com'))?.orders).toMatchObject({ count: 2, firstAtMs: opening - 4 * dayMs, lastAtMs: opening - dayMs });
	});

	test('what was cut short goes on at its cursor; what is done begins anew and repeats nothing', async () => {
		placeOrders(5);
		there.failures.orders = new ShopJourneysError('SHOP_UNREACHABLE', 'The shop is down');
		await expect(importFromShop(options(), fromShop('orders'))).rejects.toThrow('The shop is down');
		expect(await listImports(shop.store)).toEqual([expect.objectContaining({ state: 'failed', failure: 'The shop is down', position: null })]);
		there.failures = {};
		let pages = 0;
		expect(await importFromShop(options({ isStopped: () => pages++ > 0 }), fromShop('orders'))).toMatchObject({ state: 'running', position: '2' });
		there.calls.length = 0;
		expect(await importFromShop(options(), fromShop('orders'))).toMatchObject({ state: 'done', counts: { found: 5, recorded: 5 } });
		expect(there.calls).toEqual(['orders 2', 'orders 4']);
		expect(await importFromShop(options(), fromShop('orders'))).toMatchObject({ state: 'done', counts: { found: 5, recorded: 0, duplicate: 5 } });
	});

	test('only what changed since a day, where asked; another day begins anew', async () => {
		placeOrders(5);
		expect(await importFromShop(options(), fromShop('orders', opening - 3 * dayMs))).toMatchObject({ counts: { found: 3 } });
		let pages = 0;
		await importFromShop(options({ isStopped: () => pages++ > 0 }), fromShop('orders', opening - 4 * dayMs));
		expect(await importFromShop(options(), fromShop('orders', opening - 5 * dayMs))).toMatchObject({ counts: { found: 5 } });
	});

	test('what the shop withholds is told, with what to grant', async () => {
		there.failures.orders = new ShopJourneysError('SHOP_REFUSED', 'The key may not read orders', { hint: 'Grant read_orders.' });
		expect(await importFromShop(options(), fromShop('orders'))).toMatchObject({ state: 'withheld', failure: 'The key may not read orders Grant read_orders.' });
		there.failures = {};
		placeOrders(1);
		expect(await importFromShop(options(), fromShop('orders'))).toMatchObject({ state: 'done', counts: { recorded: 1 } });
	});
});

describe('from a CSV', () => {
	const csv = (text: string) => ({ name: 'file.csv', open: () => Readable.from([Buffer.from(text)]), reading });
	const header = 'Order ID,Date,Product,Quantity,Price,Email\n';

	test('is recorded once, however often it is imported, and says which rows it could not take', async () => {
		const file = csv(`${header}1,2026-01-01,Tea,2,1.50,a@example.com\n2,2026-01-02,Tea,x,1.50,a@example.com\n`);
		expect(await importCsv(options(), file)).toMatchObject({ state: 'done', position: 1, counts: { found: 1, recorded: 1, refused: 1 }, refused: [{ row: 3, column: 'Quantity', value: 'x' }] });
		expect(await importCsv(options(), file)).toMatchObject({ state: 'done', counts: { found: 1, recorded: 0, duplicate: 1, refused: 1 } });
		expect((await customerByEmail(shop, 'a@example.com'))?.orders).toMatchObject({ count: 1, spentMinor: { GBP: 300 } });
	});

	test('takes nothing back that was told later: consent withdrawn after the file was written stays withdrawn', async () => {
		await shop.record(customerEvent(opening - dayMs, { email: 'a@example.com', firstName: 'Anna', emailConsent: { status: 'unsubscribed', basis: 'unknown', atMs: opening - dayMs } }));
		const file = { ...csv('Email,First Name,City,Accepts Marketing\na@example.com,Anja,Graz,yes\n'), reading: { ...reading, kind: 'customers' as const } };
		await importCsv(options(), file);
		expect(await customerByEmail(shop, 'a@example.com')).toMatchObject({ firstName: 'Anna', city: 'Graz', consent: { email: { status: 'unsubscribed' } } });
	});

	test('killed half-way goes on behind what was recorded, and the end is the same', async () => {
		const folder = mkdtempSync(path.join(tmpdir(), 'shop-journeys-import-'));
		try {
			const rows = Array.from({ length: 3_000 }, (_, i) => `${i},2025-${String(1 + (i % 12)).padStart(2, '0')}-15 10:00:00,Tea,${1 + (i % 3)},2.00,c${i % 200}@example.com`);
			writeFileSync(path.join(folder, 'orders.csv'), header + rows.join('\n'));
			const child = (script: object) => spawn(process.execPath, ['-r', path.join(__dirname, '../../register.js'), path.join(__dirname, 'children/import.ts'), JSON.stringify(script)]);
			const run = async (killAfterPages?: number) => {
				const running = child({ file: path.join(folder, 'store.sqlite'), csv: path.join(folder, 'orders.csv') });
				const closed = once(running, 'close');
				const lines: Array<Record<string, unknown>> = [];
				let errors = '';
				running.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
				createInterface({ input: running.stdout }).on('line', (line) => {
					lines.push(JSON.parse(line) as Record<string, unknown>);
					if (lines.length === killAfterPages) running.kill('SIGKILL');
				});
				await closed;
				return { lines, errors };
			};
			const killed = await run(3);
			expect(killed.lines.at(-1)).not.toHaveProperty('done');
			const { lines, errors } = await run();
			expect(errors).toBe('');
			expect(lines.at(-1)).toEqual({ done: 'done' });
			// The pages before the kill are not done again: at most the one that was under way.
			expect(lines[0].position).toBeGreaterThan(600);
			expect(lines.at(-2)).toMatchObject({ position: 3_000, counts: { found: 3_000, refused: 0, stale: 0 } });
			const hub = openStore({ driver: 'sqlite', file: path.join(folder, 'store.sqlite') });
			const store = hub.scope('main');
			let orders = 0;
			let spentMinor = 0;
			for (let i = 0; i < 200; i++) {
				const customer = await customerBy(store, keys.alias('email', `c${i}@example.com`));
				orders += customer!.orders.count;
				spentMinor += customer!.orders.spentMinor.GBP;
			}
			expect({ orders, spentMinor }).toEqual({ orders: 3_000, spentMinor: rows.reduce((sum, row) => sum + 200 * Number(row.split(',')[3]), 0) });
			await hub.close();
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	}, 60_000);
});

async function customerBy(store: Store, alias: string): Promise<CustomerRecord | null> {
	const [{ value }] = await store.read<AliasRecord>([alias]);
	return value && (await store.read<CustomerRecord>([keys.customer(value.id)]))[0].value;
}

const dataset = path.join(__dirname, '../../../../shared/fixtures/datasets/online_retail_customers_mod10_7.csv');
const hasDataset = existsSync(dataset);

describe(`a real shop's year${hasDataset ? '' : ' (left out: ../shared/fixtures is not there)'}`, () => {
	(hasDataset ? test : test.skip)('imported as CSV agrees with what the file adds up to', async () => {
		const told = addUp(readFileSync(dataset, 'utf8'));
		// The day after the last one of the file.
		const nowMs = Date.parse('2011-12-10T00:00:00Z');
		shop.pass(nowMs - shop.now());
		const result = await importCsv(options(), { name: 'year.csv', open: () => Readable.from([readFileSync(dataset)]), reading });
		expect(result).toMatchObject({ state: 'done', counts: { duplicate: 0, stale: 0, refused: told.overdrawn } });
		expect(told.customers.size).toBe(437);
		const found = new Map<string, unknown>();
		const facts = new Map<string, Facts>();
		for (const id of told.customers.keys()) {
			const customer = await customerBy(shop.store, keys.alias('shop-customer', id));
			if (customer) facts.set(id, { customer, history: (await shop.store.read<HistoryRecord>([keys.history(customer.id)]))[0].value });
			found.set(id, customer && { orders: customer.orders.count, pieces: customer.bought?.items, spentMinor: customer.orders.spentMinor.GBP, lastAtMs: customer.orders.lastAtMs, country: customer.country });
		}
		// Who only gave back has ordered nothing.
		const wanted = [...told.customers].map(([id, { orders, pieces, spentMinor, lastAtMs, country }]) => [id, orders === 0 ? found.get(id) : { orders, pieces, spentMinor, lastAtMs, country }]);
		expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
		const order = await orderById(shop, '536367');
		expect(order).toMatchObject({ totalMinor: told.orders.get('536367'), items: { length: told.lines.get('536367') } } as Partial<OrderRecord>);

		const bought = [...told.customers].filter(([, { orders }]) => orders > 0);
		const day = (ms: number) => Math.floor(ms / dayMs);
		const segments: Array<[string, Condition, (customer: Told) => boolean]> = [
			['spent over 1,000 in the year', { field: 'orders.spent', op: 'more_than', value: 100_000 }, ({ spentMinor }) => spentMinor > 100_000],
			['no order for 180 days', { field: 'orders.last', op: 'days_ago_at_least', value: 180 }, ({ lastAtMs }) => nowMs - lastAtMs! >= 180 * dayMs],
			['from Germany', { field: 'country', op: 'is', value: 'de' }, ({ country }) => country === 'DE'],
			['three orders or more within 90 days', { event: 'order_placed', times: 'at_least', count: 3, withinDays: 90 }, ({ days }) => days.filter((one) => one >= day(nowMs - 90 * dayMs)).length >= 3],
			['good ones abroad that were lost', { all: [{ field: 'orders.spent', op: 'at_least', value: 50_000 }, { not: { field: 'country', op: 'is', value: 'GB' } }, { field: 'orders.last', op: 'days_ago_at_least', value: 60 }] }, ({ spentMinor, country, lastAtMs }) => spentMinor >= 50_000 && country !== 'GB' && nowMs - lastAtMs! >= 60 * dayMs],
		];
		for (const [name, condition, isIn] of segments) {
			const settings = { currency: 'GBP', timezone: 'UTC' };
			const decide = compileCondition(condition, settings);
			const wantedIn = bought.filter(([, customer]) => isIn(customer)).map(([id]) => id).sort();
			expect(wantedIn.length).toBeGreaterThan(0);
			expect({ name, in: bought.map(([id]) => id).filter((id) => decide(facts.get(id)!, nowMs)).sort() }).toEqual({ name, in: wantedIn });
			const { customers } = await listSegment(shop.store, condition, { ...settings, nowMs, limit: 1_000 });
			expect({ name, listed: customers.map(({ shopCustomerId }) => shopCustomerId).sort() }).toEqual({ name, listed: wantedIn });
		}
	}, 120_000);
});

interface Told {
	orders: number;
	pieces: number;
	spentMinor: number;
	/** UTC days of the orders. */
	days: number[];
	lastAtMs?: number;
	country?: string;
}

/** Straight from the text, by other means than the import: what each customer bought, less what came back, never below nothing. */
function addUp(text: string) {
	const customers = new Map<string, Told>();
	const orders = new Map<string, number>();
	const lines = new Map<string, number>();
	const invoices = new Map<string, { id: string; invoice: string; atMs: number }>();
	const countries: Record<string, string> = { 'United Kingdom': 'GB', France: 'FR', Germany: 'DE', Spain: 'ES', Belgium: 'BE', Portugal: 'PT', Switzerland: 'CH', USA: 'US', Iceland: 'IS', Greece: 'GR', Sweden: 'SE', Finland: 'FI', Netherlands: 'NL', Denmark: 'DK', Austria: 'AT', Cyprus: 'CY' };
	const firstAt = new Map<string, number>();
	for (const line of text.trim().split('\n').slice(1)) {
		const parts = /^([^,]*),[^,]*,(?:"(?:[^"]|"")*"|[^,]*),(-?\d+),([^,]*),([^,]*),(\d+)\.0,(.*)$/.exec(line.trim())!;
		const [, invoice, quantity, at, price, id, country] = parts;
		if (!firstAt.has(invoice)) firstAt.set(invoice, Date.parse(`${at.replace(' ', 'T')}Z`));
		const atMs = firstAt.get(invoice)!;
		const minor = Number(quantity) * Math.round(Number(price) * 100);
		const customer: Told = customers.get(id) ?? { orders: 0, pieces: 0, spentMinor: 0, days: [] };
		customers.set(id, customer);
		customer.country = countries[country] ?? customer.country;
		if (!invoice.startsWith('C')) {
			if (!orders.has(invoice)) {
				customer.orders++;
				customer.days.push(Math.floor(atMs / dayMs));
			}
			customer.pieces += Number(quantity);
			customer.lastAtMs = Math.max(customer.lastAtMs ?? 0, atMs);
		}
		orders.set(invoice, (orders.get(invoice) ?? 0) + minor);
		lines.set(invoice, (lines.get(invoice) ?? 0) + 1);
		invoices.set(invoice, { id, invoice, atMs });
	}
	let overdrawn = 0;
	const inTime = [...invoices.values()].map((move) => ({ ...move, minor: orders.get(move.invoice)! })).sort((a, b) => a.atMs - b.atMs || b.minor - a.minor);
	for (const { id, minor } of inTime) {
		const customer = customers.get(id)!;
		if (customer.spentMinor + minor < 0) overdrawn++;
		customer.spentMinor = Math.max(0, customer.spentMinor + minor);
	}
	return { customers, orders, lines, overdrawn };
}
