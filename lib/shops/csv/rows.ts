import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { ShopJourneysError } from '../../model/errors';
import { ValueProblem } from './values';

export type Encoding = 'utf-8' | 'windows-1252';

/** One row that could not be taken, and how to mend it. */
export interface Refusal {
	/** As a spreadsheet counts: the header is row 1. */
	row: number;
	column: string;
	value: string;
	problem: string;
}

/** Thrown for a row, caught by who reads them all. */
export class RowRefused extends Error {
	constructor(readonly refusal: Refusal) {
		super(refusal.problem);
	}
}

/** One row, read by the names of fields. What is blank or has no column is undefined. */
export class Row {
	constructor(
		/** As a spreadsheet counts. */
		readonly number: number,
		private readonly values: readonly string[],
		private readonly columns: ReadonlyMap<string, number>,
		private readonly headers: readonly string[],
	) {}

	text(field: string): string | undefined {
		const position = this.columns.get(field);
		const value = position === undefined ? undefined : this.values[position]?.trim();
		return value ? value : undefined;
	}

	/** @throws RowRefused naming the column when `read` finds a ValueProblem */
	read<T>(field: string, read: (text: string) => T): T | undefined {
		const text = this.text(field);
		if (text === undefined) return undefined;
		try {
			return read(text);
		} catch (error) {
			if (!(error instanceof ValueProblem)) throw error;
			throw this.refused(field, `"${text.slice(0, 80)}" ${error.message}`);
		}
	}

	required<T>(field: string, read: (text: string) => T): T {
		const value = this.read(field, read);
		if (value === undefined) throw this.refused(field, 'is empty: fill it in, or leave the row out');
		return value;
	}

	refused(field: string, problem: string): RowRefused {
		const position = this.columns.get(field);
		return new RowRefused({ row: this.number, column: position === undefined ? '' : this.headers[position], value: this.text(field)?.slice(0, 80) ?? '', problem });
	}
}

/** The hash of a file's bytes. @throws PARAMETER_INVALID when they are not in the encoding: before anything of it is used */
export async function fingerprint(source: Readable, encoding: Encoding): Promise<string> {
	const hash = createHash('sha256');
	const decoder = new TextDecoder(encoding, { fatal: true });
	try {
		for await (const chunk of source) {
			hash.update(chunk as Buffer);
			decoder.decode(chunk as Buffer, { stream: true });
		}
		decoder.decode();
	} catch (error) {
		if ((error as { code?: unknown }).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
		throw new ShopJourneysError('PARAMETER_INVALID', 'The CSV is not written in UTF-8', { hint: 'Choose "Windows-1252" under Encoding (files saved by Excel), or save it as UTF-8.' });
	}
	return hash.digest('hex');
}

/** The rows of a CSV, the header first, as they come from the stream. @throws PARAMETER_INVALID from the row on that is no CSV */
export async function* readRows(source: Readable, { encoding, delimiter }: { encoding: Encoding; delimiter?: string }): AsyncGenerator<{ number: number; values: string[] }> {
	const text = decoded(source, encoding);
	let head = '';
	for (let next = await text.next(); !next.done; next = await text.next()) {
		head += next.value;
		if (/[\r\n]/.test(head.trimStart())) break;
	}
	const parser = parse({ bom: true, relax_column_count: true, relax_quotes: true, delimiter: delimiter ?? likelyDelimiter(head) });
	async function* all() {
		yield head;
		yield* text;
	}
	pipeline(Readable.from(all()), parser, () => {});
	let number = 0;
	try {
		for await (const values of parser as AsyncIterable<string[]>) {
			number++;
			if (values.some((value) => value.trim() !== '')) yield { number, values };
		}
	} catch (error) {
		if (!(error instanceof CsvError)) throw error;
		throw new ShopJourneysError('PARAMETER_INVALID', `The CSV cannot be read behind row ${number}: ${error.message}`, { hint: 'Most often a quotation mark is not closed. Correct that row and import again: what was imported is not taken twice.' });
	}
}

async function* decoded(source: Readable, encoding: Encoding): AsyncGenerator<string> {
	const decoder = new TextDecoder(encoding);
	for await (const chunk of source) yield decoder.decode(chunk as Buffer, { stream: true });
	yield decoder.decode();
}

/** What the header is parted by most often, outside quotation marks. */
function likelyDelimiter(head: string): string {
	const line = head.trimStart().split(/[\r\n]/, 1)[0].replace(/"[^"]*"/g, '');
	const counts = [',', ';', '\t', '|'].map((mark) => ({ mark, count: line.split(mark).length }));
	return counts.reduce((best, candidate) => (candidate.count > best.count ? candidate : best)).mark;
}
