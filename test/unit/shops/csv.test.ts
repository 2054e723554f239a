import { Readable } from 'node:stream';
import type { ShopEvent } from '../../../lib/model/events';
import { columnsOf } from '../../../lib/shops/csv/columns';
import { type CsvOptions, readCsv } from '../../../lib/shops/csv/read';
import { fingerprint, type Refusal } from '../../../lib/shops/csv/rows';
import { countryCode, moment, plainDecimal } from '../../../lib/shops/csv/values';

const utc = { decimal: '.' as const, timezone: 'UTC' };
const fileAtMs = Date.parse('2026-01-01T00:00:00Z');

async function read(kind: CsvOptions['kind'], text: string, extra: Partial<CsvOptions> = {}): Promise<{ events: ShopEvent[]; refused: Refusal[] }> {
	const refused: Refusal[] = [];
	const events: ShopEvent[] = [];
	const options: CsvOptions = { ...utc, kind, currency: 'EUR', fileAtMs, toJourneyMs: (ms) => ms, encoding: 'utf-8', ...extra };
	for await (const entry of readCsv(Readable.from([Buffer.from(text)]), options, (refusal) => refused.push(refusal))) events.push(...entry);
	return { events, refused };
}

const orderRows = (...rows: string[]) => ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country', ...rows].join('\n');

describe('orders', () => {
	test('are put together from one row per line', async () => {
		const { events, refused } = await read('orders', orderRows('5001,A1,Green Tea,2,2026-03-01 10:00:00,12.50,13047.0,United Kingdom', '5001,B2,"Tea Pot, blue",1,2026-03-01 10:00:00,49,13047.0,United Kingdom', '5002,A1,Green Tea,1,2026-03-02 10:00:00,12.50,13048.0,EIRE'));
		expect(refused).toEqual([]);
		expect(events).toHaveLength(2);
		expect(events[0]).toMatchObject({
			type: 'order_placed',
			source: 'csv',
			occurredAtMs: Date.parse('2026-03-01T10:00:00Z'),
			customer: { shopCustomerId: '13047', country: 'GB' },
			order: { orderId: '5001', totalMinor: 7400, refundedMinor: 0, currency: 'EUR', items: [{ productId: 'A1', title: 'Green Tea', quantity: 2, unitPriceMinor: 1250 }, { productId: 'B2', title: 'Tea Pot, blue', unitPriceMinor: 4900 }] },
		});
		expect(events[1].customer).toMatchObject({ country: 'IE' });
	});

	test('of Shopify’s export have their id, number, states and what was paid back', async () => {
		const { events, refused } = await read(
			'orders',
			[
				'Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Billing Name,Billing City,Billing Zip,Billing Country,Cancelled at,Refunded Amount,Id,Phone',
				"#1002,Mia@example.com,partially_refunded,2026-03-02 10:00:05 +0100,fulfilled,2026-03-03 09:00:00 +0100,yes,EUR,45,5,0,50.00,SPRING,2026-03-02 10:00:00 +0100,2,Green Tea - 100 g,12.50,15.00,TEA100,Mia Maier,Vienna,'1010,AT,,12.50,5012345678901234567,",
				'#1002,Mia@example.com,,,,,,,,,,,,2026-03-02 10:00:00 +0100,1,Tea Pot,20.00,,,,,,,,,,',
				'#1001,ben@example.com,voided,,,,no,EUR,20,0,0,20.00,,2026-03-01 10:00:00 +0100,1,Tea Pot,20.00,,POT,Ben,Linz,4020,AT,2026-03-01 12:00:00 +0100,0.00,5012345678901234566,',
			].join('\r\n'),
		);
		expect(refused).toEqual([]);
		const [mia, ben] = events;
		expect(mia.order).toMatchObject({
			orderId: '5012345678901234567',
			number: '#1002',
			totalMinor: 5000,
			refundedMinor: 1250,
			discountCodes: ['SPRING'],
			placedAtMs: Date.parse('2026-03-02T09:00:00Z'),
			fulfilledAtMs: Date.parse('2026-03-03T08:00:00Z'),
			paymentStatus: 'partially_refunded',
			items: [{ productId: 'TEA100', fullPriceMinor: 1500 }, { productId: 'Tea Pot' }],
		});
		expect(mia.customer).toEqual(expect.objectContaining({ email: 'Mia@example.com', firstName: 'Mia', lastName: 'Maier', city: 'Vienna', postcode: '1010', emailConsent: { status: 'subscribed', basis: 'unknown', atMs: Date.parse('2026-03-02T09:00:00Z') } }));
		expect(ben.order?.cancelledAtMs).toBe(Date.parse('2026-03-01T11:00:00Z'));
		// Not to have ticked a box once is no withdrawal.
		expect(ben.customer?.emailConsent).toBeUndefined();
	});

	test('of WooCommerce’s Advanced Order Export are read without being told', async () => {
		const { events, refused } = await read('orders', ['Order Number;Order Status;Order Date;First Name (Billing);Email (Billing);Country Code (Billing);Order Total Amount;SKU;Item Name;Quantity (- Refund);Item Cost', '77;cancelled;2026-03-01 10:00;Eva;eva@example.com;DE;1.037,50;T1;Tee;83;12,50'].join('\n'), { decimal: ',', timezone: 'Europe/Berlin' });
		expect(refused).toEqual([]);
		expect(events[0]).toMatchObject({ customer: { email: 'eva@example.com', firstName: 'Eva', country: 'DE' }, order: { orderId: '77', totalMinor: 103750, cancelledAtMs: Date.parse('2026-03-01T09:00:00Z') } });
	});

	test('given back within themselves, or by a credit note of their own, are refunds of never more than was paid', async () => {
		const { events, refused } = await read(
			'orders',
			orderRows(
				'C9,A1,Green Tea,-1,2026-03-05 10:00:00,12.50,1,France',
				'C9,D,Discount,-1,2026-03-05 10:00:00,4.00,1,France',
				'1,A1,Green Tea,2,2026-03-01 10:00:00,12.50,1,France',
				'2,B1,Pot,1,2026-03-02 10:00:00,20,1,France',
				'3,B1,Pot,3,2026-03-03 10:00:00,20,2,France',
				'3,B1,Pot,-1,2026-03-03 10:00:00,20,2,France',
				'C8,B1,Pot,-5,2026-03-04 10:00:00,20,2,France',
			),
		);
		expect(events.map(({ type, order, refund }) => [type, order?.orderId, order?.refundedMinor, refund?.amountMinor])).toEqual([
			['order_placed', '1', 0, undefined],
			['order_placed', '2', 0, undefined],
			['order_placed', '3', 2000, undefined],
			['order_refunded', '3', 6000, 4000],
			// The tea from the order that had tea, the discount from the latest order.
			['order_refunded', '1', 1250, 1250],
			['order_refunded', '2', 400, 400],
		]);
		expect(refused).toEqual([expect.objectContaining({ row: 8, problem: expect.stringContaining('C8 gives back more than this customer had ordered') })]);
	});

	test('with a row that cannot be read are left out whole, and the others are taken', async () => {
		const { events, refused } = await read(
			'orders',
			orderRows('1,A1,Tea,1,2026-03-01 10:00:00,"12,50",1,France', '1,B1,Pot,1,2026-03-01 10:00:00,20,1,France', '2,B1,Pot,one,2026-03-01 10:00:00,20,1,France', '3,B1,Pot,1,03/04/2026,20,1,France', ',B1,Pot,1,2026-03-01,20,1,France', '4,B1,Pot,1,2026-03-01 10:00:00,20,1,France'),
		);
		expect(events.map(({ order }) => order?.orderId)).toEqual(['4']);
		expect(refused.map(({ row, column, problem }) => `${row} ${column}: ${problem}`)).toEqual([
			'6 InvoiceNo: is empty: fill it in, or leave the row out',
			'2 UnitPrice: "12,50" is no number with "." before its decimals: set "Decimal Separator". The whole order 1 is left out.',
			'4 Quantity: "one" is no number. The whole order 2 is left out.',
			'5 InvoiceDate: "03/04/2026" is no time that can be read without being told: set "Date Format", e.g. dd/MM/yyyy HH:mm',
		]);
	});

	test('far apart in the file are refused rather than counted twice', async () => {
		const filler = Array.from({ length: 6_000 }, (_, i) => `f${i},A1,Tea,1,2026-03-01 10:00:00,1,9,France`);
		const { events, refused } = await read('orders', orderRows('1,A1,Tea,1,2026-03-01 10:00:00,1,9,France', ...filler, '1,B1,Pot,1,2026-03-01 10:00:00,1,9,France'));
		expect(events).toHaveLength(6_001);
		expect(refused).toEqual([expect.objectContaining({ row: 6_003, value: '1', problem: expect.stringContaining('sort the file') })]);
	});

	test('are the same events in another file, and another event once they have changed', async () => {
		const row = '1,A1,Tea,1,2026-03-01 10:00:00,12.50,1,France';
		const [a] = (await read('orders', orderRows(row))).events;
		const [b] = (await read('orders', orderRows('0,A1,Tea,1,2026-02-01 10:00:00,1,1,France', row))).events.slice(1);
		const [c] = (await read('orders', orderRows(row.replace('12.50', '13')))).events;
		expect(b.dedupeId).toBe(a.dedupeId);
		expect(c.dedupeId).not.toBe(a.dedupeId);
	});
});

describe('customers', () => {
	test('of Shopify’s export, with consent as of the file', async () => {
		const { events, refused } = await read('customers', ["Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address City,Default Address Country Code,Phone,Accepts SMS Marketing,Tags", "'8123,Mia,Maier,mia@example.com,yes,Vienna,AT,'+436641234567,no,\"vip, tea\"", ",Ben,,,no,,,,,"].join('\n'));
		expect(events).toHaveLength(1);
		expect(events[0]).toMatchObject({
			type: 'customer_updated',
			occurredAtMs: fileAtMs,
			customer: { shopCustomerId: '8123', email: 'mia@example.com', phone: '+436641234567', tags: ['vip', 'tea'], emailConsent: { status: 'subscribed', atMs: fileAtMs }, smsConsent: { status: 'unsubscribed' } },
		});
		expect(refused).toEqual([expect.objectContaining({ row: 3, problem: expect.stringContaining('names nobody') })]);
	});
});

describe('products', () => {
	test('of Shopify’s export come with their variants, those of WooCommerce with their parents', async () => {
		const shopify = await read('products', ['Handle,Title,Vendor,Type,Tags,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Image Src', 'tea,Green Tea,Anna,Tea,"green, loose",100 g,T100,5,12.50,https://tea.example/a.png', 'tea,,,,,500 g,T500,0,50.00,', 'tea,,,,,,,,,https://tea.example/b.png'].join('\n'));
		expect(shopify.refused).toEqual([]);
		expect(shopify.events).toHaveLength(1);
		expect(shopify.events[0].product).toMatchObject({ productId: 'tea', title: 'Green Tea', category: 'Tea', vendor: 'Anna', tags: ['green', 'loose'], imageUrl: 'https://tea.example/a.png', variants: [{ variantId: 'T100', priceMinor: 1250, stock: 5 }, { variantId: 'T500', stock: 0 }] });
		const woo = await read('products', ['ID,Type,SKU,Name,Stock,Regular price,Categories,Parent', '44,variable,TEE,Tee,,,"Tee, Grün",', '45,variation,TEE-1,Tee - 100 g,3,12.5,,id:44'].join('\n'));
		expect(woo.events[0].product).toMatchObject({ productId: '44', variants: [{ variantId: 'TEE' }, { variantId: 'TEE-1', priceMinor: 1250, stock: 3 }] });
	});
});

describe('columns', () => {
	test('are as the operator says, the others are guessed', () => {
		const columns = columnsOf('orders', ['Beleg', 'Datum', 'Artikel', 'Menge', 'Preis', 'Email'], [['Beleg', 'orderNumber'], ['datum', 'placedAt'], ['Artikel', 'title'], ['Menge', 'quantity'], ['Preis', 'unitPrice']].map(([column, field]) => ({ column, field })));
		expect(Object.fromEntries(columns)).toEqual({ orderNumber: 0, placedAt: 1, title: 2, quantity: 3, unitPrice: 4, email: 5 });
	});

	test('that are missing are named', () => {
		expect(() => columnsOf('orders', ['Name', 'Email'])).toThrow('No column of the CSV holds "Placed At" (it has: Name, Email)');
		expect(() => columnsOf('customers', ['Email'], [{ column: 'Mail', field: 'email' }])).toThrow('The CSV has no column "Mail"');
	});

	test('mapped to nothing are passed over', () => {
		expect(Object.fromEntries(columnsOf('customers', ['Email', 'Phone'], [{ column: 'Phone', field: '' }]))).toEqual({ email: 0 });
	});
});

describe('values', () => {
	test.each([
		['1,234.50', '.', '1234.50'],
		['€ 12.50', '.', '12.50'],
		['-3', '.', '-3'],
		['1.234,50 EUR', ',', '1234.50'],
		['CHF 1’234.50', '.', '1234.50'],
	] as const)('%s with "%s" is %s', (text, decimal, plain) => expect(plainDecimal(text, decimal)).toBe(plain));

	test.each(['12,50', '1.2.3', '', 'abc', '1,23,456'])('"%s" is no number with a point', (text) => expect(() => plainDecimal(text, '.')).toThrow('is no number'));

	test('times are read in the file’s zone unless they have one of their own', () => {
		expect(moment('2026-07-01 10:00', { decimal: '.', timezone: 'Europe/Vienna' })).toBe(Date.parse('2026-07-01T08:00:00Z'));
		expect(moment('2026-07-01T10:00:00Z', { decimal: '.', timezone: 'Europe/Vienna' })).toBe(Date.parse('2026-07-01T10:00:00Z'));
		expect(moment('1/7/2026 10:00', { decimal: '.', timezone: 'UTC', dateFormat: 'd/M/yyyy HH:mm' })).toBe(Date.parse('2026-07-01T10:00:00Z'));
	});

	test('a date format that says no day is refused before anything is read', async () => {
		await expect(read('customers', 'Email\na@example.com', { dateFormat: 'mm/yyyy' })).rejects.toThrow('does not say day, month and year');
	});

	test('countries by code, by name and by the names that lists use', () => {
		expect(['at', 'Germany', 'USA', 'UK', 'United Kingdom', 'EIRE', 'European Community', 'Channel Islands'].map(countryCode)).toEqual(['AT', 'DE', 'US', 'GB', 'GB', 'IE', undefined, undefined]);
	});
});

describe('files', () => {
	test('in another encoding are refused before anything of them is used, and read when told', async () => {
		const bytes = Buffer.from('Email,City\na@example.com,K\xf6ln\n', 'latin1');
		await expect(fingerprint(Readable.from([bytes]), 'utf-8')).rejects.toThrow('not written in UTF-8');
		expect(await fingerprint(Readable.from([bytes]), 'windows-1252')).toMatch(/^[0-9a-f]{64}$/);
		const events: ShopEvent[] = [];
		for await (const entry of readCsv(Readable.from([bytes]), { ...utc, kind: 'customers', currency: 'EUR', fileAtMs, toJourneyMs: (ms) => ms, encoding: 'windows-1252' }, () => {})) events.push(...entry);
		expect(events[0].customer?.city).toBe('Köln');
	});

	test('that are cut into pieces anywhere read the same', async () => {
		const bytes = Buffer.from('\ufeffEmail;City\r\na@example.com;"Köln\nSüd"\r\nb@example.com;Graz');
		for (const size of [1, 2, 3, 7]) {
			const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
			const cities: unknown[] = [];
			for await (const [event] of readCsv(Readable.from(pieces), { ...utc, kind: 'customers', currency: 'EUR', fileAtMs, toJourneyMs: (ms) => ms, encoding: 'utf-8' }, () => {})) cities.push(event.customer?.city);
			expect(cities).toEqual(['Köln\nSüd', 'Graz']);
		}
	});

	test('without rows, or that are no CSV, say so', async () => {
		await expect(read('customers', '')).rejects.toThrow('The CSV is empty');
		await expect(read('customers', 'Email\n"a@example.com')).rejects.toThrow('cannot be read behind row');
	});
});
