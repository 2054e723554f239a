import { ShopJourneysError } from '../../model/errors';
import { parseExactJson } from '../exact-json';
import { Fields, parseTimeMs } from '../fields';

/** What is odd about the values that WordPress sends, whatever the resource. */

/** @throws PAYLOAD_INVALID when the body is no JSON object */
export function readBody(rawBody: Buffer): Fields {
	return bodyOf(parseExactJson(rawBody));
}

/** @throws PAYLOAD_INVALID when it is no object */
export function bodyOf(value: unknown): Fields {
	return Fields.ofBody(withLists(value));
}

/** PHP writes a list from which a plugin took an entry as an object: {"0": ..., "2": ...}. */
function withLists(value: unknown): unknown {
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return value.map(withLists);
	const entries = Object.entries(value).map(([key, child]) => [key, withLists(child)] as const);
	if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) return entries.map(([, child]) => child);
	return Object.fromEntries(entries);
}

/** An id; 0 stands for none. */
export function idOrNone(fields: Fields, name: string): string | undefined {
	const id = fields.id(name);
	return id === '0' ? undefined : id;
}

/** @throws PAYLOAD_INVALID without an id */
export function requiredId(fields: Fields): string {
	const id = idOrNone(fields, 'id');
	if (id === undefined) throw fields.wrong('id', 'is required');
	return id;
}

/** Wall clock of a `*_gmt` field. The fields beside them are in the shop's time zone, which is told nowhere. */
export function gmtMs(fields: Fields, name: string): number | undefined {
	const text = fields.text(name);
	if (text === undefined) return undefined;
	const atMs = parseTimeMs(text) ?? parseTimeMs(`${text}Z`);
	if (atMs === undefined) throw fields.wrong(name, 'has to be a time');
	return atMs;
}

/**
 * When a resource was last changed: what stale deliveries are told by, so it has to be there.
 * @throws PAYLOAD_INVALID
 */
export function changedAtMs(fields: Fields): number {
	const atMs = gmtMs(fields, 'date_modified_gmt') ?? gmtMs(fields, 'date_created_gmt');
	if (atMs === undefined) throw fields.wrong('date_modified_gmt', 'is required');
	return atMs;
}

const namedEntities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ndash: '–', mdash: '—', hellip: '…', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', times: '×', reg: '®', trade: '™', copy: '©', deg: '°' };

/** Titles come with HTML entities, and now and then with tags. What comes out is plain text, to be escaped wherever it is shown. */
export function plainText(fields: Fields, name: string): string | undefined {
	const text = fields
		.text(name)
		?.replace(/<\/?[a-z][^<>]{0,300}>/gi, '')
		.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (entity: string, decimal?: string, hex?: string, named?: string) => {
			if (named !== undefined) return namedEntities[named.toLowerCase()] ?? entity;
			const code = decimal !== undefined ? Number(decimal) : parseInt(hex!, 16);
			return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity;
		})
		.trim();
	return text === '' ? undefined : text;
}

/** ISO 3166 alpha-2. */
export function countryOf(address: Fields | undefined): string | undefined {
	const code = address?.text('country');
	return code && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/** How many pieces: a number, or its digits in text; plugins sell half metres, which count as one. */
export function piecesOf(line: Fields): number {
	const told = line.decimal('quantity');
	if (told === undefined || told < 0) throw line.wrong('quantity', 'has to be a number, 0 or more');
	return told === 0 ? 0 : Math.max(1, Math.round(told));
}

/**
 * The error object that WooCommerce signs and delivers in the place of a resource when the owner of the webhook may not
 * read it (any more). Returns the reason in words; undefined when the body is none.
 */
export function refusalIn(body: Fields): string | undefined {
	if (body.isSent('id') || body.text('code') === undefined || body.text('message') === undefined) return undefined;
	const said = body.text('message')!.slice(0, 200);
	return `The shop says "${said}" instead of what happened: the owner of the REST API key lost the permission to read it. Make that user a shop manager or administrator again, or take a key of another user, and publish the workflow again.`;
}

/** @throws PAYLOAD_INVALID when the body is not one of this resource (the topic is not signed) */
export function expectResource(body: Fields, resource: string, has: readonly string[], hasNot: readonly string[]): void {
	const missing = has.find((name) => !body.isSent(name));
	if (missing) throw new ShopJourneysError('PAYLOAD_INVALID', `${missing} is missing: the body is no ${resource}`);
	const foreign = hasNot.find((name) => body.isSent(name));
	if (foreign) throw new ShopJourneysError('PAYLOAD_INVALID', `${foreign} does not belong here: the body is no ${resource}`);
}
