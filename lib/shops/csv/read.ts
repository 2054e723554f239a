import type { Readable } from 'node:stream';
import { ShopJourneysError } from '../../model/errors';
import type { ShopEvent } from '../../model/events';
import type { HistoryKind } from '../api';
import { columnsOf, type ColumnMapping } from './columns';
import { type CsvReading, type EntryReader, plainReaders } from './entries';
import { orders } from './orders';
import { type Encoding, readRows, type Refusal, Row } from './rows';
import { checkNotation } from './values';

export interface CsvOptions extends CsvReading {
	kind: HistoryKind;
	encoding: Encoding;
	/** Absent: told from the header. */
	delimiter?: string;
	mapping?: readonly ColumnMapping[];
}

const readers: Record<HistoryKind, EntryReader> = { ...plainReaders, orders };

/**
 * What a CSV says, as events: one array for each customer, order, product or refund, always the same ones in the same
 * order for the same file. Rows that cannot be read go to `refuse` and stop nothing.
 * @throws PARAMETER_INVALID when a column is missing, or what follows is no CSV
 */
export async function* readCsv(source: Readable, options: CsvOptions, refuse: (refusal: Refusal) => void): AsyncGenerator<ShopEvent[]> {
	checkNotation(options);
	const lines = readRows(source, options);
	const header = await lines.next();
	if (header.done) throw new ShopJourneysError('PARAMETER_INVALID', 'The CSV is empty', { hint: 'Its first row has to name the columns.' });
	const headers = header.value.values.map((name) => name.trim());
	const columns = columnsOf(options.kind, headers, options.mapping);
	async function* rows() {
		for await (const { number, values } of lines) yield new Row(number, values, columns, headers);
	}
	yield* readers[options.kind](rows(), options, refuse);
}
