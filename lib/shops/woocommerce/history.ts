import { dayMs, secondMs } from '../../model/clock';
import { isShopJourneysError, ShopJourneysError } from '../../model/errors';
import type { ProductFacts, ShopEvent } from '../../model/events';
import type { NormaliseContext, Normalised } from '../adapter';
import type { HistoryKind, HistoryPage, ShopApi, ShopApiContext } from '../api';
import type { Fields } from '../fields';
import { askShop, listIn, totalIn } from './client';
import { customerChanged } from './customers';
import type { Resource } from './delivery';
import { orderChanged } from './orders';
import { hasVariations, productChanged } from './products';
import { bodyOf, gmtMs } from './wordpress';

/** The most that WordPress gives at once. */
const mostPerPage = 100;
/** Each product with variations costs further requests. */
const productsPerPage = 25;
/** A list of what changed since may not hold what changed this long before: then the shop does not know the filter. */
const clearlyOlderMs = dayMs;

/**
 * Where a list ordered by id goes on: behind the row with `lastId`, which stood before `offset`. Rows that came in before it or went
 * meanwhile have moved it: see `readFrom`.
 */
interface Cursor {
	offset: number;
	lastId: number;
}

const start: Cursor = { offset: 0, lastId: 0 };

export const readHistory: ShopApi['history'] = async (context, kind, { sinceMs, cursor, normalise }) => {
	const position = readCursor(cursor);
	if (kind === 'customers' && sinceMs !== undefined) return await newCustomers(context, sinceMs, position, normalise);
	const perPage = kind === 'products' ? productsPerPage : mostPerPage;
	const list = await readFrom(context, kind, position, perPage, sinceMs);
	const events: ShopEvent[] = [];
	const refused: string[] = [];
	for (const row of list.rows) await readRow(context, kind, row, { sinceMs, normalise }, events, refused);
	return { events, cursor: list.next && JSON.stringify(list.next), total: list.total, ...(refused.length > 0 && { refused }) };
};

function readCursor(cursor: string | null): Cursor {
	if (cursor === null) return start;
	const { offset, lastId } = JSON.parse(cursor) as Cursor;
	return { offset, lastId };
}

type Row = Record<string, unknown>;
interface Rows {
	rows: Row[];
	next: Cursor | null;
	total?: number;
}

/**
 * The next rows by id. Each look begins with the last row seen: when that is not the first one, rows before it are gone and others have moved
 * up, so it looks further back. Rows that came in before it are seen twice, and left out.
 */
async function readFrom(context: ShopApiContext, kind: HistoryKind, { offset, lastId }: Cursor, perPage: number, sinceMs: number | undefined): Promise<Rows> {
	const what = `its ${kind}`;
	for (let from = Math.max(0, offset - 1); ; from = Math.max(0, from - perPage)) {
		const query = { per_page: perPage, offset: from, orderby: 'id', order: 'asc', ...(sinceMs !== undefined && changedSince(sinceMs)) };
		const response = await askShop(context, `/${kind}`, what, { method: 'GET', query });
		const rows = listIn(response, what);
		if (from > 0 && (rows.length === 0 || Number(rows[0].id) > lastId)) continue;
		if (sinceMs !== undefined) checkFilter(rows, sinceMs);
		const total = totalIn(response);
		// Rows that the key may not see are left out of a page, so a short one is the last only if nothing else says so.
		const isLast = total === undefined ? rows.length < perPage : from + perPage >= total;
		const fresh = rows.filter(({ id }) => Number(id) > lastId);
		return { rows: fresh, next: isLast ? null : { offset: from + perPage, lastId: fresh.reduce((last, { id }) => Math.max(last, Number(id)), lastId) }, total };
	}
}

/** `modified_after` leaves out the second itself. */
function changedSince(sinceMs: number): Record<string, string> {
	return { modified_after: wordpressTime(sinceMs - secondMs), dates_are_gmt: 'true' };
}

function wordpressTime(wallMs: number): string {
	return new Date(wallMs).toISOString().slice(0, 19);
}

function checkFilter(rows: Row[], sinceMs: number): void {
	const isIgnored = rows.some(({ date_modified_gmt: changed }) => typeof changed === 'string' && Date.parse(`${changed}Z`) < sinceMs - clearlyOlderMs);
	if (isIgnored) throw new ShopJourneysError('SHOP_REFUSED', 'The shop cannot say what has changed since a moment', { hint: 'Update WooCommerce to version 5.8 or later.' });
}

/** Accounts opened since, the newest first: WooCommerce keeps no list of changed ones, and going through all of them every hour would be too much for a shop. */
async function newCustomers(context: ShopApiContext, sinceMs: number, { offset }: Cursor, normalise: NormaliseContext): Promise<HistoryPage> {
	const what = 'its new customers';
	const response = await askShop(context, '/customers', what, { method: 'GET', query: { per_page: mostPerPage, offset, orderby: 'registered_date', order: 'desc' } });
	const rows = listIn(response, what);
	const events: ShopEvent[] = [];
	const refused: string[] = [];
	let isThrough = rows.length < mostPerPage;
	for (const row of rows) {
		const openedAtMs = gmtMs(bodyOf(row), 'date_created_gmt');
		if (openedAtMs !== undefined && openedAtMs < sinceMs) {
			isThrough = true;
			break;
		}
		await readRow(context, 'customers', row, { sinceMs, normalise }, events, refused);
	}
	// Accounts opened while this goes on move the rest down: some are seen twice, none is left out.
	const next: Cursor = { offset: offset + mostPerPage, lastId: 0 };
	return { events, cursor: isThrough ? null : JSON.stringify(next), ...(refused.length > 0 && { refused }) };
}

/** Reads one row; one that cannot be read is told of in a sentence and holds up no other. */
async function readRow(context: ShopApiContext, kind: HistoryKind, row: Row, options: { sinceMs?: number; normalise: NormaliseContext }, events: ShopEvent[], refused: string[]): Promise<void> {
	try {
		const body = bodyOf(row);
		const resource: Resource = { body, context: options.normalise, readAtMs: context.nowMs(), sinceMs: options.sinceMs ?? -Infinity };
		events.push(...wanted(await readResource(context, kind, resource), options.sinceMs));
	} catch (error) {
		if (!isShopJourneysError(error, 'PAYLOAD_INVALID')) throw error;
		refused.push(`${kind} ${String(row.id).slice(0, 20)}: ${error.message}`);
	}
}

/** Checkouts that were given up long ago are no history of anybody's. */
function wanted({ events }: Normalised, sinceMs: number | undefined): ShopEvent[] {
	return sinceMs === undefined ? events.filter(({ type }) => type !== 'checkout_updated') : events;
}

async function readResource(context: ShopApiContext, kind: HistoryKind, resource: Resource): Promise<Normalised> {
	if (kind === 'customers') return customerChanged(resource);
	if (kind === 'orders') return orderChanged(resource);
	return productChanged(resource, hasVariations(resource.body) ? await variationsOf(context, resource.body.requiredId('id')) : undefined);
}

/** See ShopApi.products. What is a draft or private by now comes as deleted too. */
export const readProducts: NonNullable<ShopApi['products']> = async (context, ids, normalise) => {
	const found = new Map<string, ProductFacts>();
	for (let start = 0; start < ids.length; start += mostPerPage) {
		const asked = ids.slice(start, start + mostPerPage);
		const what = 'products';
		const rows = listIn(await askShop(context, '/products', what, { method: 'GET', query: { include: asked.join(','), per_page: mostPerPage, status: 'any' } }), what);
		for (const row of rows) {
			const { events } = await readResource(context, 'products', { body: bodyOf(row), context: normalise, readAtMs: context.nowMs(), sinceMs: -Infinity });
			for (const { product } of events) if (product) found.set(product.productId, product);
		}
	}
	return ids.map((productId) => found.get(productId) ?? { productId, deleted: true, updatedAtMs: normalise.toJourneyMs(context.nowMs()) });
};

/** All variations of a product; undefined when it is gone by now. */
async function variationsOf(context: ShopApiContext, productId: string): Promise<Fields[] | undefined> {
	const what = `the variations of product ${productId}`;
	const variations = new Map<string, Fields>();
	for (let page = 1; ; page++) {
		const response = await askShop(context, `/products/${encodeURIComponent(productId)}/variations`, what, { method: 'GET', query: { per_page: mostPerPage, page, orderby: 'id', order: 'asc' }, accept: [404] });
		if (response.status === 404) return undefined;
		const rows = listIn(response, what).map(bodyOf);
		for (const row of rows) variations.set(row.requiredId('id'), row);
		const total = totalIn(response);
		if (total === undefined ? rows.length < mostPerPage : page * mostPerPage >= total) return [...variations.values()];
	}
}
