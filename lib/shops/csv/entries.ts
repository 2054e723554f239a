import { createHash } from 'node:crypto';
import type { CustomerFacts, ShopEvent } from '../../model/events';
import type { HistoryKind } from '../api';
import { type CsvNotation, countryCode, day, identifier, money, moment, wholeNumber, yesOrNo } from './values';
import { type Refusal, type Row, RowRefused } from './rows';

/** How the rows of a file are to be read. */
export interface CsvReading extends CsvNotation {
	/** ISO 4217: for rows that do not say. */
	currency: string;
	/** Wall clock: as of when facts without a time of their own are true. Nothing that was told later gives way to them. */
	fileAtMs: number;
	toJourneyMs(wallMs: number): number;
}

/** Turns rows into the events of customers, orders or products, one array for each. */
export type EntryReader = (rows: AsyncIterable<Row>, reading: CsvReading, refuse: (refusal: Refusal) => void) => AsyncGenerator<ShopEvent[]>;

export const csvSource = 'csv';

/** An event of a file: the same content in the same or another file is the same event. */
export function csvEvent(event: Omit<ShopEvent, 'dedupeId' | 'source'>): ShopEvent {
	const hash = createHash('sha256').update(JSON.stringify(event)).digest('base64url');
	return { ...event, source: csvSource, dedupeId: `csv:${hash}` };
}

/** Who a row of any kind speaks of. */
export function readCustomer(row: Row): CustomerFacts | undefined {
	const [first, ...rest] = (row.text('fullName') ?? '').split(/\s+/);
	const facts: CustomerFacts = {
		shopCustomerId: row.read('customerId', identifier),
		email: row.text('email'),
		phone: row.text('phone')?.replace(/^'/, ''),
		firstName: row.text('firstName') ?? (first || undefined),
		lastName: row.text('lastName') ?? (rest.join(' ') || undefined),
		country: countryCode(row.text('country') ?? ''),
		city: row.text('city'),
		postcode: row.text('postcode')?.replace(/^'/, ''),
	};
	return facts.shopCustomerId || facts.email || facts.phone ? facts : undefined;
}

/** Rows that belong together stand near each other; when one has not been seen for so many rows, it is complete. */
const nearRows = 5_000;

/**
 * Puts rows with the same key together, in the order of their first rows. A row with a key that was complete already is
 * refused: the file is not sorted. Holds only what is not complete.
 */
export async function* grouped(rows: AsyncIterable<Row>, keyOf: (row: Row) => { field: string; key: string }, refuse: (refusal: Refusal) => void): AsyncGenerator<{ key: string; rows: Row[] }> {
	const open = new Map<string, Row[]>();
	const complete = new Set<string>();
	for await (const row of rows) {
		try {
			const { field, key } = keyOf(row);
			if (complete.has(key)) throw row.refused(field, `belongs to "${key}", whose other rows are far above: sort the file by this column`);
			const group = open.get(key);
			if (group) group.push(row);
			else open.set(key, [row]);
		} catch (error) {
			refuse(refusalOf(error));
		}
		const [oldest] = open;
		if (oldest && row.number - oldest[1].at(-1)!.number > nearRows) {
			open.delete(oldest[0]);
			complete.add(oldest[0]);
			yield { key: oldest[0], rows: oldest[1] };
		}
	}
	for (const [key, group] of open) yield { key, rows: group };
}

/** What `read` gives for a row; null when the row is refused. */
export function orRefused<T>(refuse: (refusal: Refusal) => void, read: () => T): T | null {
	try {
		return read();
	} catch (error) {
		refuse(refusalOf(error));
		return null;
	}
}

/** @throws what is no refusal of a row */
function refusalOf(error: unknown): Refusal {
	if (error instanceof RowRefused) return error.refusal;
	throw error;
}

/** The first of several rows in which a field is filled in: exports repeat what concerns the whole, or do not. */
export function first<T>(rows: readonly Row[], field: string, read: (text: string) => T): T | undefined {
	return rows.find((row) => row.text(field) !== undefined)?.read(field, read);
}

const list = (text: string) => text.split(/[,;|]/).map((entry) => entry.trim()).filter(Boolean);

async function* customers(...[rows, reading, refuse]: Parameters<EntryReader>): AsyncGenerator<ShopEvent[]> {
	for await (const row of rows) {
		const event = orRefused(refuse, () => {
			const facts = readCustomer(row);
			if (!facts) throw row.refused('email', 'names nobody: neither an id nor an e-mail address nor a phone number');
			const atMs = reading.toJourneyMs(row.read('changedAt', (text) => moment(text, reading)) ?? reading.fileAtMs);
			const consent = (field: string) => {
				const accepts = row.read(field, yesOrNo);
				return accepts === undefined ? undefined : { status: accepts ? ('subscribed' as const) : ('unsubscribed' as const), basis: 'unknown' as const, atMs };
			};
			const customer: CustomerFacts = {
				...facts,
				locale: row.text('locale'),
				birthday: row.read('birthday', (text) => day(text, reading)),
				tags: row.read('tags', list),
				emailConsent: consent('acceptsMarketing'),
				smsConsent: consent('acceptsSms'),
			};
			return csvEvent({ type: 'customer_updated', occurredAtMs: atMs, customer });
		});
		if (event) yield [event];
	}
}

async function* products(...[rows, reading, refuse]: Parameters<EntryReader>): AsyncGenerator<ShopEvent[]> {
	// WooCommerce writes a variant's parent as "id:44" or as its SKU.
	const keyOf = (row: Row) => {
		const parent = row.read('parent', (text) => identifier(text.replace(/^id:/, '')));
		const field = row.text('productId') ? 'productId' : 'sku';
		return { field, key: parent ?? row.required(field, identifier) };
	};
	for await (const { key, rows: group } of grouped(rows, keyOf, refuse)) {
		const event = orRefused(refuse, () => {
			const currency = first(group, 'currency', (text) => text.toUpperCase()) ?? reading.currency;
			const atMs = reading.toJourneyMs(reading.fileAtMs);
			const variants = group
				.filter((row) => group.length === 1 || row.text('sku') !== undefined || row.text('price') !== undefined)
				.map((row, position) => ({
					variantId: row.text('sku') ?? `${key}-${position + 1}`,
					sku: row.text('sku'),
					title: row.text('variantTitle'),
					priceMinor: row.read('price', (text) => money(text, currency, reading.decimal)),
					stock: row.read('stock', (text) => wholeNumber(text, reading.decimal)),
				}));
			const product = {
				productId: key,
				title: first(group, 'title', String),
				url: first(group, 'url', String),
				imageUrl: first(group, 'imageUrl', (text) => list(text)[0]),
				category: first(group, 'category', (text) => list(text)[0]),
				vendor: first(group, 'vendor', String),
				tags: first(group, 'tags', list),
				variants,
				currency,
				updatedAtMs: atMs,
			};
			return csvEvent({ type: 'product_updated', occurredAtMs: atMs, product });
		});
		if (event) yield [event];
	}
}

export const plainReaders: Record<Exclude<HistoryKind, 'orders'>, EntryReader> = { customers, products };
